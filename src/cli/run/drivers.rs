//! By which client sockets are held.

use std::str::FromStr;

use crate::scenario::Driver;

/// The drivers of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drivers {
    One(Driver),
    /// The lean one, then the second.
    Both,
}

impl FromStr for Drivers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "both" => Ok(Self::Both),
            one => one
                .parse()
                .map(Self::One)
                .map_err(|_| format!("{text:?} is no driver; write lean, rust_socketio or both")),
        }
    }
}

impl Drivers {
    /// The one whose verdict counts.
    pub(super) fn first(self) -> Driver {
        match self {
            Self::One(driver) => driver,
            Self::Both => Driver::Lean,
        }
    }
}
