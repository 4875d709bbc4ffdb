//! Somebody of whom the name is known: a publisher, or who is named by hand.

use super::{Listed, Who, place_of};
use crate::ids::{AppId, UserId};
use crate::scenario::plan::Plan;

/// Somebody of an app, as far as a plan knows them: of its list, by a name that it makes, or by the name alone.
#[derive(Clone, Copy)]
pub struct Somebody<'a> {
    plan: &'a Plan,
    app: AppId,
    name: &'a str,
    listed: Option<Listed<'a>>,
    user: Option<UserId>,
}

impl Plan {
    /// Who has this name in an app. It may be none of the plan's users.
    pub fn somebody<'a>(&'a self, app: AppId, name: &'a str) -> Somebody<'a> {
        let here = |user: &UserId| self.app_of(*user) == app;
        let user = match self.people.named(name) {
            Some(named) => named.into_iter().find(here),
            None => self.numbered_as(name).into_iter().find(here),
        };
        let listed = user.and_then(|user| self.people.listed(user));
        Somebody {
            plan: self,
            app,
            name,
            listed: listed.or_else(|| self.people.listed_as(name, &self.apps[app.index()])),
            user,
        }
    }
}

impl<'a> Somebody<'a> {
    /// What a list has of them.
    pub fn listed(&self) -> Option<Listed<'a>> {
        self.listed
    }

    /// Which user of the plan, if it is one by name or number.
    pub fn user(&self) -> Option<UserId> {
        self.user
    }

    /// A text with their number in it; `None`: it asks for one, and there is none.
    pub fn numbered(&self, text: &str) -> Option<String> {
        self.who().numbered(text)
    }

    /// The password: that of the list, or the plan's for their number. `None`: it is not known.
    pub fn password(&self) -> Option<String> {
        let own = self.listed.and_then(|listed| listed.row().password.clone());
        own.or_else(|| self.who().numbered(&self.plan.password))
    }

    /// The token that they show at a time in seconds since 1970; empty: users have none. `None`: it is not known.
    pub fn token(&self, now: u64) -> Option<String> {
        let people = &self.plan.people;
        people.token(self.listed, self.who(), now, None)
    }

    fn who(&self) -> Who<'a> {
        let apps = self.plan.apps.len();
        Who {
            app: &self.plan.apps[self.app.index()],
            user: self.name,
            place: self.user.map(|user| (place_of(user, apps).1, user.0)),
        }
    }
}
