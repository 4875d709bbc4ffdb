//! A user as a list has it.

use super::{People, Row};
use crate::ids::UserId;
use crate::scenario::template::Column;

/// The row of a user, and what its columns are called.
#[derive(Clone, Copy)]
pub struct Listed<'a> {
    columns: &'a [String],
    row: &'a Row,
}

impl<'a> Listed<'a> {
    /// The row.
    pub fn row(self) -> &'a Row {
        self.row
    }

    /// What it has in a column; empty: nothing.
    pub fn column(self, column: Column) -> &'a str {
        let place = self.columns.iter().position(|name| column.is(name));
        let value = place.and_then(|place| self.row.more.get(place));
        value.map_or("", String::as_str)
    }
}

impl People {
    fn listed_in<'a>(&'a self, row: &'a Row) -> Listed<'a> {
        let columns = &self.loaded.columns;
        Listed { columns, row }
    }

    /// A user of the plan; `None`: users are not listed.
    pub fn listed(&self, user: UserId) -> Option<Listed<'_>> {
        Some(self.listed_in(self.row(user)?))
    }

    /// Whoever is listed by this name in an app, though it may be none of the plan's users: these are the first of the list.
    pub(super) fn listed_as(&self, name: &str, app: &str) -> Option<Listed<'_>> {
        let mut rows = self.rows().iter();
        let here = |row: &&Row| row.app.as_deref().is_none_or(|own| own == app);
        let row = rows.find(|row| row.name == name && here(row))?;
        Some(self.listed_in(row))
    }
}
