//! Keys, and tables of what they do: one for each dashboard, its help and its documentation.

/// A key, as far as the dashboard knows any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// One that writes a character.
    Char(char),
    /// The same, with Ctrl held down.
    Ctrl(char),
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow to the left.
    Left,
    /// Arrow to the right.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// Tab.
    Tab,
    /// Tab with shift.
    BackTab,
    /// Escape.
    Escape,
    /// Enter.
    Enter,
    /// Any other.
    Other,
}

/// One row of a table.
#[derive(Debug)]
pub struct Binding<A: 'static> {
    /// How the keys are called.
    pub keys: &'static str,
    /// What they do, in words.
    pub what: &'static str,
    /// What they do where a run is only watched, if that is something else.
    pub watching: Option<&'static str>,
    /// Each key with what it asks for.
    pub actions: &'static [(Key, A)],
}

impl<A> Binding<A> {
    /// What its keys do, in words.
    pub fn told(&self, watching: bool) -> &'static str {
        match self.watching {
            Some(told) if watching => told,
            _ => self.what,
        }
    }
}

/// What a key asks for by a table, if for anything.
pub fn action<A: Copy>(table: &[Binding<A>], key: Key) -> Option<A> {
    let mut all = table.iter().flat_map(|binding| binding.actions);
    all.find(|(own, _)| *own == key).map(|(_, action)| *action)
}

/// A table in Markdown.
pub fn reference<A>(table: &[Binding<A>]) -> String {
    let rows = table.iter();
    let rows = rows.map(|one| format!("| {} | {} |\n", one.keys, one.what));
    format!(
        "| keys | what they do |\n|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// The names of keys and what they do.
pub fn rows<A>(table: &'static [Binding<A>], watching: bool) -> Vec<(&'static str, &'static str)> {
    let rows = table.iter();
    rows.map(|one| (one.keys, one.told(watching))).collect()
}
