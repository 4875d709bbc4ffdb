//! Who the users are, and what they show: made from patterns, listed by a file or command, with tokens of their own.
//!
//! *Invariant:* names are no secret, and stand in reports; passwords, tokens and keys are one, and nothing here prints or serializes them but
//! what another process of the run is told.

mod checks;
mod listed;
mod of_file;
mod rows;
mod seats;
mod shown;
mod somebody;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use listed::Listed;
pub use of_file::ByHand;
pub(super) use of_file::people;
pub use rows::{Loaded, Row};
pub use somebody::Somebody;

use super::file::Users;
use super::jwt::Jwt;
use super::problems::Problems;
use super::refused::Kind;
use super::template::Column;
use crate::ids::{AppId, UserId};

/// Who the users are, and what they show.
#[derive(Clone, Default)]
pub struct People {
    /// The keys that say so.
    given: Users,
    /// What these name.
    loaded: Arc<Loaded>,
    /// The rows by [`UserId`]; empty: names are made.
    order: Vec<u32>,
    by_name: HashMap<String, Vec<UserId>>,
    jwt: Option<Jwt>,
}

/// Without secrets.
impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "People({} listed)", self.order.len())
    }
}

/// The same as far as a report tells.
impl PartialEq for People {
    fn eq(&self, other: &Self) -> bool {
        self.shown() == other.shown()
    }
}

/// What [`People::new`] finds besides.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The apps that the rows name, in the order in which they are named first.
    pub(super) apps: Vec<String>,
    /// How many rows there are; `None`: no users are listed.
    pub(super) rows: Option<u32>,
}

impl People {
    /// Of a scenario, and of what was read for it.
    pub(super) fn new(
        given: &Users,
        loaded: Option<Arc<Loaded>>,
        problems: &mut Problems,
    ) -> (Self, Found) {
        let listed = [
            ("users.list", given.list.is_some()),
            ("users.file", given.file.is_some()),
            ("users.command", given.command.is_some()),
        ];
        let mut said = listed.iter().filter(|(_, said)| *said);
        if let (Some((one, _)), Some((other, _))) = (said.next(), said.next()) {
            problems.add(
                other,
                format!("{one} says who the users are; leave one of the two out"),
            );
        }
        let mut loaded = loaded.unwrap_or_default();
        if let Some(names) = &given.list {
            loaded = Arc::new(Loaded {
                rows: Some(rows::named(names)),
                ..Loaded::clone(&loaded)
            });
        }
        let people = Self {
            jwt: given
                .jwt
                .as_ref()
                .and_then(|jwt| Jwt::new(jwt, loaded.key.as_deref(), problems)),
            given: given.people(),
            ..Self {
                loaded,
                ..Self::default()
            }
        };
        people.one_token(problems);
        let rows = people.rows();
        let mut found = Found {
            apps: Vec::new(),
            rows: people.loaded.rows.as_ref().map(|rows| rows.len() as u32),
        };
        for app in rows.iter().filter_map(|row| row.app.as_ref()) {
            if !found.apps.contains(app) {
                found.apps.push(app.clone());
            }
        }
        (people, found)
    }

    /// Which key lists the users; for messages.
    fn key(&self) -> &'static str {
        match &self.given {
            Users { file: Some(_), .. } => "users.file",
            Users {
                command: Some(_), ..
            } => "users.command",
            _ => "users.list",
        }
    }

    fn one_token(&self, problems: &mut Problems) {
        let column = self.rows().iter().any(|row| row.token.is_some());
        let said = [column, self.given.token.is_some(), self.given.jwt.is_some()];
        let one = said.iter().filter(|said| **said).count() < 2;
        let key = if self.given.jwt.is_some() {
            "users.jwt"
        } else {
            "users.token"
        };
        problems.check(one, key, || {
            "tokens are given twice; take a column `token`, users.token or [users.jwt]".to_owned()
        });
        let all = !column || self.rows().iter().all(|row| row.token.is_some());
        problems.check(all, self.key(), || {
            let without = self.rows().iter().find(|row| row.token.is_none());
            let place = without.map_or("", |row| &row.place);
            format!("{place}: the user has no token, and others have one")
        });
    }

    fn rows(&self) -> &[Row] {
        self.loaded.rows.as_deref().unwrap_or_default()
    }

    /// The row of a user; `None`: users are not listed.
    pub fn row(&self, user: UserId) -> Option<&Row> {
        let place = self.order.get(user.index())?;
        self.rows().get(*place as usize)
    }

    /// Whether names come from a list.
    pub fn are_listed(&self) -> bool {
        !self.order.is_empty()
    }

    /// How many users the list has room for; `None`: as many as you like.
    pub fn most(&self) -> Option<u32> {
        self.are_listed().then_some(self.order.len() as u32)
    }

    /// The users of this name, in all apps; `None`: nobody is listed.
    pub fn named(&self, name: &str) -> Option<Vec<UserId>> {
        self.are_listed()
            .then(|| self.by_name.get(name).cloned().unwrap_or_default())
    }

    /// The names of all who are listed.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rows().iter().map(|row| row.name.as_str())
    }

    /// Whether two apps have a user of the same name.
    pub fn share_names(&self) -> bool {
        self.by_name.values().any(|users| users.len() > 1)
    }

    /// Checks that a column of this name is there. The error is in words.
    pub(super) fn has_column(&self, column: Column) -> Result<(), String> {
        if self.loaded.columns.iter().any(|name| column.is(name)) {
            return Ok(());
        }
        Err(match self.loaded.columns.as_slice() {
            _ if !self.are_listed() => format!(
                "there is no {{{{user.{column}}}}}: columns come with users.file or users.command"
            ),
            [] => format!("there is no {{{{user.{column}}}}}: the users have no further columns"),
            all => format!(
                "there is no {{{{user.{column}}}}}; the users have {}",
                all.join(", ")
            ),
        })
    }

    /// The columns that tokens ask for, with the key that does.
    pub(super) fn claimed(&self) -> impl Iterator<Item = (&'static str, Column)> {
        let claims = self.jwt.iter().flat_map(Jwt::columns);
        claims.map(|column| ("users.jwt.claims", column))
    }

    /// Whether users have tokens.
    pub fn has_tokens(&self) -> bool {
        self.has_jwt()
            || self.given.token.is_some()
            || self.rows().iter().any(|row| row.token.is_some())
    }

    /// Whether these are signed by us.
    pub fn has_jwt(&self) -> bool {
        self.given.jwt.is_some()
    }

    /// The token that somebody shows at a time in seconds since 1970, with what is to be wrong with it; empty: users have none. `None`: they
    /// have some, and this one's is not known.
    pub(super) fn token(
        &self,
        listed: Option<Listed<'_>>,
        who: Who<'_>,
        now: u64,
        wrong: Option<Kind>,
    ) -> Option<String> {
        if let Some(jwt) = &self.jwt {
            let column = |column| listed.map_or("", |listed| listed.column(column));
            return Some(jwt.sign(who, column, now, wrong));
        }
        if !self.has_tokens() {
            return Some(String::new());
        }
        let row = listed.and_then(|listed| listed.row().token.clone());
        let token = row.or_else(|| who.numbered(self.given.token.as_deref()?));
        match wrong {
            Some(Kind::Invalid) if token.is_some() => {
                let id = who.place.map_or(0, |(_, id)| id);
                Some(format!("invalid-{id}"))
            }
            _ => token,
        }
    }
}

/// Whose token it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who<'a> {
    /// The app.
    pub(super) app: &'a str,
    /// The name.
    pub(super) user: &'a str,
    /// The number in the app, and that over all apps; `None`: it has none.
    pub(super) place: Option<(u32, u32)>,
}

impl Who<'_> {
    /// A pattern with the numbers in it; `None`: it asks for them, and there are none.
    pub(super) fn numbered(&self, text: &str) -> Option<String> {
        match self.place {
            Some((n, id)) => Some(
                text.replace("{n}", &n.to_string())
                    .replace("{id}", &id.to_string()),
            ),
            None => (!text.contains("{n}") && !text.contains("{id}")).then(|| text.to_owned()),
        }
    }
}

/// The app of a user, and its number in it.
pub(super) fn place_of(user: UserId, apps: usize) -> (AppId, u32) {
    let apps = apps.max(1) as u32;
    (AppId(user.0 % apps), user.0 / apps)
}
