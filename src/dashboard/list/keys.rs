//! What keys do on a list of things that are tried.

use crate::dashboard::around::General;
use crate::dashboard::keys::{self, Binding, Key};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// What it asks for everywhere.
    General(General),
    /// Choose one that is so many lines further down.
    Move(isize),
    /// The same, in pages.
    Page(isize),
    /// Choose the first.
    First,
    /// Choose none: show the newest.
    Newest,
    /// Choose the next one that somebody should look at, or the one before.
    Problem(isize),
    /// Show other results only.
    Filter(isize),
    /// Show only what somebody should look at, or all again.
    Problems,
    /// Show all there is to say of the one chosen, or the list again.
    Details,
}

/// All keys.
pub const BINDINGS: &[Binding<Action>] = &[
    Binding {
        keys: "arrows, j, k",
        what: "choose another line; in the details: scroll",
        watching: None,
        actions: &[
            (Key::Up, Action::Move(-1)),
            (Key::Char('k'), Action::Move(-1)),
            (Key::Down, Action::Move(1)),
            (Key::Char('j'), Action::Move(1)),
        ],
    },
    Binding {
        keys: "PgUp, PgDn",
        what: "the same by a page",
        watching: None,
        actions: &[
            (Key::PageUp, Action::Page(-1)),
            (Key::PageDown, Action::Page(1)),
        ],
    },
    Binding {
        keys: "Home, g",
        what: "choose the first line",
        watching: None,
        actions: &[(Key::Home, Action::First), (Key::Char('g'), Action::First)],
    },
    Binding {
        keys: "End, G",
        what: "choose none: show the newest lines as they come",
        watching: None,
        actions: &[(Key::End, Action::Newest), (Key::Char('G'), Action::Newest)],
    },
    Binding {
        keys: "n, N",
        what: "choose the next line that is not as it should be, or the one before",
        watching: None,
        actions: &[
            (Key::Char('n'), Action::Problem(1)),
            (Key::Char('N'), Action::Problem(-1)),
        ],
    },
    Binding {
        keys: "Enter",
        what: "show all there is to say of the line chosen, and the list again",
        watching: None,
        actions: &[(Key::Enter, Action::Details)],
    },
    Binding {
        keys: "f",
        what: "show only what is not as it should be, or all again",
        watching: None,
        actions: &[(Key::Char('f'), Action::Problems)],
    },
    Binding {
        keys: "left, right, h, l",
        what: "show one result only, or all again",
        watching: None,
        actions: &[
            (Key::Left, Action::Filter(-1)),
            (Key::Char('h'), Action::Filter(-1)),
            (Key::Right, Action::Filter(1)),
            (Key::Char('l'), Action::Filter(1)),
        ],
    },
    Binding {
        keys: "Space, p",
        what: "freeze the view and let it go on; the work goes on meanwhile",
        watching: None,
        actions: &[
            (Key::Char(' '), Action::General(General::Pause)),
            (Key::Char('p'), Action::General(General::Pause)),
        ],
    },
    Binding {
        keys: "q, e",
        what: "end early, with a report of what has ended; asks once, and q or y says yes",
        watching: None,
        actions: &[
            (Key::Char('q'), Action::General(General::End)),
            (Key::Char('e'), Action::General(General::End)),
            (Key::Char('y'), Action::General(General::Yes)),
        ],
    },
    Binding {
        keys: "Ctrl-C",
        what: "the same without asking",
        watching: None,
        actions: &[(Key::Ctrl('c'), Action::General(General::Interrupt))],
    },
    Binding {
        keys: "Ctrl-L",
        what: "draw the screen anew",
        watching: None,
        actions: &[(Key::Ctrl('l'), Action::General(General::Redraw))],
    },
    Binding {
        keys: "?, Esc",
        what: "show or hide these keys; Esc closes the details too",
        watching: None,
        actions: &[
            (Key::Char('?'), Action::General(General::Help)),
            (Key::Escape, Action::General(General::Close)),
        ],
    },
];

/// The table of keys of docs/dashboard.md.
pub fn reference() -> String {
    keys::reference(BINDINGS)
}
