//! What reports and journals have of the users, and what other processes of the run are told.

use std::sync::Arc;

use super::{Loaded, People};
use crate::ids::UserId;
use crate::scenario::file::Users;
use crate::scenario::problems::Problems;

impl Users {
    /// Only what says who the users are and what they show.
    pub(super) fn people(&self) -> Self {
        Self {
            list: self.list.clone(),
            file: self.file.clone(),
            command: self.command.clone(),
            token: self.token.clone(),
            jwt: self.jwt.clone(),
            ..Self::default()
        }
    }

    /// Takes out what a report has of it, which means nothing where it is read: the secrets are not there.
    pub(in crate::scenario) fn take_people(&mut self) -> Self {
        let shown = self.people();
        self.file = None;
        self.command = None;
        self.token = None;
        self.jwt = None;
        shown
    }
}

impl People {
    /// The keys as a report has them: with names, and without secrets.
    pub(in crate::scenario) fn shown(&self) -> Users {
        let mut shown = self.given.people();
        shown.token = None;
        // What its arguments are, and what is claimed, may have come from the environment.
        if let Some(command) = shown.command.as_mut().filter(|command| command.len() > 1) {
            command.truncate(1);
            command.push("…".to_owned());
        }
        if let Some(jwt) = &mut shown.jwt {
            jwt.secret = None;
            jwt.claims = None;
        }
        if self.are_listed() {
            let users = (0..self.order.len() as u32).map(UserId);
            let rows = users.filter_map(|user| self.row(user));
            shown.list = Some(rows.map(|row| row.name.clone()).collect());
        }
        shown
    }

    /// The same people with what a report had of them.
    pub(in crate::scenario) fn with_shown(mut self, shown: Users) -> Self {
        self.given = Users {
            list: self.given.list.take(),
            ..shown
        };
        self
    }

    /// The same people as another process was told of them. The error is in words.
    pub fn of_given(
        users: &Users,
        loaded: Loaded,
        apps: &[String],
        count: u32,
    ) -> Result<Self, String> {
        let mut problems = Problems::default();
        let (mut people, _) = Self::new(users, Some(Arc::new(loaded)), &mut problems);
        people.seat(apps, count, true, &mut problems);
        match problems.0.first() {
            None => Ok(people),
            Some(problem) => Err(problem.to_string()),
        }
    }

    /// The keys as they are meant, and what was read for them: for another process of the run, never for a report.
    pub fn meant(&self) -> (Users, &Loaded) {
        (self.given.clone(), &self.loaded)
    }
}
