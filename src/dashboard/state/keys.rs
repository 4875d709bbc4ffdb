//! What keys do: one table, for the dashboard, its help and its documentation.

use super::Tab;
pub use crate::dashboard::keys::Key;
use crate::dashboard::keys::{self, Binding};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Show this tab.
    Show(Tab),
    /// Show the next tab.
    Next,
    /// Show the one before.
    Previous,
    /// Freeze the view, or let it go on.
    Pause,
    /// Down by so many lines, or up.
    Scroll(isize),
    /// Down by so many pages, or up.
    Page(isize),
    /// To the first line.
    First,
    /// To the last line.
    Last,
    /// The next class of violations, or the one before.
    Class(isize),
    /// More pushes a second, or fewer: in steps.
    Rate(i32),
    /// End the run early, after having asked.
    End,
    /// The same; where a run is only watched, leave the dashboard.
    Quit,
    /// Yes.
    Yes,
    /// As Ctrl-C elsewhere.
    Interrupt,
    /// Show or hide the help.
    Help,
    /// Draw everything anew.
    Redraw,
    /// Close what lies above the view.
    Close,
}

/// All keys.
pub const BINDINGS: &[Binding<Action>] = &[
    Binding {
        keys: "1-5",
        what: "show Overview, Latency, Violations, Parts or Generator",
        watching: None,
        actions: &[
            (Key::Char('1'), Action::Show(Tab::Overview)),
            (Key::Char('2'), Action::Show(Tab::Latency)),
            (Key::Char('3'), Action::Show(Tab::Violations)),
            (Key::Char('4'), Action::Show(Tab::Parts)),
            (Key::Char('5'), Action::Show(Tab::Generator)),
        ],
    },
    Binding {
        keys: "Tab, Shift-Tab",
        what: "show the next tab, or the one before",
        watching: None,
        actions: &[(Key::Tab, Action::Next), (Key::BackTab, Action::Previous)],
    },
    Binding {
        keys: "Space, p",
        what: "freeze the view and let it go on; the run goes on meanwhile",
        watching: None,
        actions: &[
            (Key::Char(' '), Action::Pause),
            (Key::Char('p'), Action::Pause),
        ],
    },
    Binding {
        keys: "arrows, j, k",
        what: "scroll by a line",
        watching: None,
        actions: &[
            (Key::Up, Action::Scroll(-1)),
            (Key::Char('k'), Action::Scroll(-1)),
            (Key::Down, Action::Scroll(1)),
            (Key::Char('j'), Action::Scroll(1)),
        ],
    },
    Binding {
        keys: "PgUp, PgDn",
        what: "scroll by a page",
        watching: None,
        actions: &[
            (Key::PageUp, Action::Page(-1)),
            (Key::PageDown, Action::Page(1)),
        ],
    },
    Binding {
        keys: "Home, End, g, G",
        what: "scroll to the first line, or the last",
        watching: None,
        actions: &[
            (Key::Home, Action::First),
            (Key::Char('g'), Action::First),
            (Key::End, Action::Last),
            (Key::Char('G'), Action::Last),
        ],
    },
    Binding {
        keys: "left, right, h, l",
        what: "on Violations: show one class only, or all again",
        watching: None,
        actions: &[
            (Key::Left, Action::Class(-1)),
            (Key::Char('h'), Action::Class(-1)),
            (Key::Right, Action::Class(1)),
            (Key::Char('l'), Action::Class(1)),
        ],
    },
    Binding {
        keys: "+, -",
        what: "push faster or slower, by a tenth of the schedule's rate; the report tells of it",
        watching: Some("nothing: what is watched is not steered from here"),
        actions: &[
            (Key::Char('+'), Action::Rate(1)),
            (Key::Char('='), Action::Rate(1)),
            (Key::Char('-'), Action::Rate(-1)),
            (Key::Char('_'), Action::Rate(-1)),
        ],
    },
    Binding {
        keys: "q, e",
        what: "end the run early: no more pushes, settle, report; asks once, and q or y says yes",
        watching: Some("q leaves, and a run elsewhere goes on; e does nothing"),
        actions: &[
            (Key::Char('q'), Action::Quit),
            (Key::Char('e'), Action::End),
            (Key::Char('y'), Action::Yes),
        ],
    },
    Binding {
        keys: "Ctrl-C",
        what: "the same without asking; once more ends at once, without a report",
        watching: Some("leaves, as q does"),
        actions: &[(Key::Ctrl('c'), Action::Interrupt)],
    },
    Binding {
        keys: "Ctrl-L",
        what: "draw the screen anew",
        watching: None,
        actions: &[(Key::Ctrl('l'), Action::Redraw)],
    },
    Binding {
        keys: "?, Esc",
        what: "show or hide these keys",
        watching: None,
        actions: &[(Key::Char('?'), Action::Help), (Key::Escape, Action::Close)],
    },
];

/// What a key asks for, if for anything.
pub fn action(key: Key) -> Option<Action> {
    keys::action(BINDINGS, key)
}

/// The table of keys of docs/dashboard.md.
pub fn reference() -> String {
    let rows = BINDINGS.iter();
    let rows = rows.map(|one| {
        let watching = one.watching.unwrap_or("the same");
        format!("| {} | {} | {watching} |\n", one.keys, one.what)
    });
    format!(
        "| keys | what they do | in `pushproof watch` |\n|---|---|---|\n{}",
        rows.collect::<String>()
    )
}
