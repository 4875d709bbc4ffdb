//! Users as they are listed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A user as a file or command lists it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Where it stands, as `users.csv line 7`.
    pub place: String,
    /// The name, by which pushes are aimed.
    pub name: String,
    /// The password.
    pub password: Option<String>,
    /// The token.
    pub token: Option<String>,
    /// The app; left out: the apps are taken in turn.
    pub app: Option<String>,
    /// Every other column, in the order of [`Loaded::columns`].
    pub more: Vec<String>,
}

/// What the keys of [`crate::scenario::file::Users`] name, read by whoever may read files.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// The users; `None`: none are listed.
    pub rows: Option<Vec<Row>>,
    /// Columns besides those that every list knows.
    pub columns: Vec<String>,
    /// The text of the key that tokens are signed with.
    pub key: Option<String>,
}

/// Without what is in it.
impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.as_ref().map_or(0, Vec::len);
        write!(f, "Loaded({rows} rows)")
    }
}

/// Users of whom no more than the names is known.
pub(super) fn named(names: &[String]) -> Vec<Row> {
    let row = |(n, name): (usize, &String)| Row {
        place: format!("entry {}", n + 1),
        name: name.clone(),
        ..Row::default()
    };
    names.iter().enumerate().map(row).collect()
}
