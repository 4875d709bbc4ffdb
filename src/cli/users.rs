//! What the section `users` of a scenario names: a file or a command that lists users, and the key that tokens are signed with.

mod command;
mod table;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::scenario::file::Users;
use crate::scenario::people::{Loaded, Row};
use crate::scenario::template::Column;
use crate::scenario::{MOST_SOCKETS, Problem};

/// Most bytes of a list: a million users with a token of a few hundred bytes each.
const MOST_BYTES: u64 = 512 << 20;
/// Most bytes of a key.
const MOST_KEY: u64 = 1 << 16;
/// Most further columns.
const MOST_COLUMNS: usize = 100;
const FILE: &str = "users.file";
const COMMAND: &str = "users.command";
const KEY: &str = "users.jwt.key";

/// Reads what is named, relative to where the scenario is.
pub(super) fn load(users: &Users, beside: &Path) -> Result<Loaded, Problem> {
    let mut loaded = Loaded::default();
    if let Some(file) = &users.file {
        let bytes = read(FILE, file, beside, MOST_BYTES)?;
        loaded = table::read(file, &bytes).map_err(|why| Problem::new(FILE, why))?;
    } else if let Some(command) = &users.command {
        loaded = command::run(command, beside).map_err(|why| Problem::new(COMMAND, why))?;
    }
    if let Some(key) = users.jwt.as_ref().and_then(|jwt| jwt.key.as_ref()) {
        let pem = read(KEY, key, beside, MOST_KEY)?;
        let pem = String::from_utf8(pem);
        loaded.key =
            Some(pem.map_err(|_| {
                Problem::new(KEY, format!("{key} is no text; give the key in PEM"))
            })?);
    }
    Ok(loaded)
}

fn read(key: &'static str, name: &str, beside: &Path, most: u64) -> Result<Vec<u8>, Problem> {
    let path = place(name, beside);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&path);
    let read = file.and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => Err(Problem::new(
            key,
            format!("cannot read {}: {error}", path.display()),
        )),
        Ok(_) if bytes.len() as u64 > most => Err(Problem::new(
            key,
            format!("{} has more than {most} bytes", path.display()),
        )),
        Ok(_) => Ok(bytes),
    }
}

fn place(name: &str, beside: &Path) -> PathBuf {
    beside.join(name)
}

/// Gathers the users of a list.
struct List {
    rows: Vec<Row>,
    columns: Vec<String>,
}

impl List {
    fn new() -> Self {
        Self {
            rows: Vec::new(),
            columns: Vec::new(),
        }
    }

    /// The place of a further column, which may be new.
    fn column(&mut self, name: &str) -> Result<usize, String> {
        if let Some(place) = self.columns.iter().position(|column| column == name) {
            return Ok(place);
        }
        if Column::new(name).is_none() || name.contains(['{', '}']) {
            let most = Column::LONGEST;
            return Err(format!(
                "{name:?} is no name of a column; take 1 to {most} bytes without braces"
            ));
        }
        if self.columns.len() == MOST_COLUMNS {
            return Err(format!("there are more than {MOST_COLUMNS} columns"));
        }
        self.columns.push(name.to_owned());
        Ok(self.columns.len() - 1)
    }

    fn add(&mut self, row: Row) -> Result<(), String> {
        let place = &row.place;
        if row.name.is_empty() {
            return Err(format!("{place}: the user has no name"));
        }
        if row.name == "*" {
            return Err(format!("{place}: `*` is everyone, and no user's name"));
        }
        if self.rows.len() as u64 == MOST_SOCKETS {
            return Err(format!("there are more than {MOST_SOCKETS} users"));
        }
        self.rows.push(row);
        Ok(())
    }

    fn loaded(self) -> Loaded {
        Loaded {
            rows: Some(self.rows),
            columns: self.columns,
            key: None,
        }
    }
}

/// Puts a value where it belongs. One that is empty is as good as none.
fn put(row: &mut Row, more: Option<usize>, column: &str, value: String) {
    let value = Some(value).filter(|value| !value.is_empty());
    match (column, more) {
        ("name", _) => row.name = value.unwrap_or_default(),
        ("password", _) => row.password = value,
        ("token", _) => row.token = value,
        ("app", _) => row.app = value,
        (_, Some(place)) => {
            if row.more.len() <= place {
                row.more.resize(place + 1, String::new());
            }
            row.more[place] = value.unwrap_or_default();
        }
        _ => {}
    }
}

/// Columns that every list knows.
const KNOWN: [&str; 4] = ["name", "password", "token", "app"];
