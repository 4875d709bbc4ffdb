//! What triggers ask of a list of users, and whether there is anybody of whom it can be asked.

use super::Way;
use crate::ids::{AppId, UserId};
use crate::scenario::contract::Call;
use crate::scenario::plan::Plan;
use crate::scenario::problems::Problems;
use crate::scenario::template::{Name, Template};

/// A template of a trigger, and for which pushes it is filled in.
pub struct Place<'a> {
    /// Its key.
    pub key: &'static str,
    /// The template.
    pub template: &'a Template,
    /// For pushes at one user.
    pub one: bool,
    /// For pushes at everyone.
    pub everyone: bool,
}

impl Way {
    /// Its templates that may have columns of a list of users.
    pub fn places(&self) -> Vec<Place<'_>> {
        let place = |key, template, one, everyone| Place {
            key,
            template,
            one,
            everyone,
        };
        match self {
            Self::Http(way) => {
                let (one, all) = (&way.one, &way.all);
                let key = |own: &Template, shared: &Template, key, broadcast| {
                    if own == shared { key } else { broadcast }
                };
                let path = key(&all.path, &one.path, "path", "broadcast_path");
                let body = key(&all.body, &one.body, "body", "broadcast_body");
                let mut places = vec![
                    place("path", &one.path, true, false),
                    place(path, &all.path, false, true),
                    place("body", &one.body, true, false),
                    place(body, &all.body, false, true),
                ];
                // They are the same for both.
                let headers = one.headers.iter();
                places.extend(headers.map(|(_, value)| place("headers", value, true, true)));
                let binary = way.binary.as_deref().map(|[call, _]: &[Call; 2]| call);
                places.extend(
                    binary
                        .into_iter()
                        .map(|call| place("binary_body", &call.body, true, true)),
                );
                places
            }
            Self::Socket(way) => vec![place("args", &way.args, true, true)],
            Self::Redis(way) => vec![place("room", &way.room, true, false)],
            Self::Command(way) => {
                let words = way.command.iter();
                words
                    .map(|word| place("command", word, true, true))
                    .chain([place("stdin", &way.stdin, true, true)])
                    .collect()
            }
        }
    }
}

impl Problems {
    /// Checks what triggers ask of a list of users, and of the publishers.
    pub(in crate::scenario) fn triggers(&mut self, plan: &Plan) {
        let several = plan.contract.given.triggers.is_some();
        let mut found = Problems::default();
        for (n, trigger) in plan.contract.triggers.iter().enumerate() {
            let mut told = Problems::default();
            for place in trigger.way.places() {
                for column in place.template.columns() {
                    told.column(plan, &place, column);
                }
            }
            if let Way::Socket(way) = &trigger.way {
                let apps = (0..plan.apps.len() as u32).map(AppId);
                let mut unknown =
                    apps.filter(|app| plan.somebody(*app, &way.user).token(0).is_none());
                let known = way.token.is_some()
                    || !plan.contract.shows(Name::Token)
                    || unknown.next().is_none();
                told.check(known, "token", || {
                    format!("no token is known for {:?}; write it here, as token = \"${{PUBLISHER_TOKEN}}\", or list the user", way.user)
                });
            }
            told.0.dedup();
            for problem in told.0 {
                if several {
                    found.add_to_entry("target.triggers", n, problem.to_string());
                } else {
                    found.add(of_the_only_one(problem.key), problem.message);
                }
            }
        }
        self.0.append(&mut found.0);
    }

    fn column(
        &mut self,
        plan: &Plan,
        place: &Place<'_>,
        column: crate::scenario::template::Column,
    ) {
        if let Err(why) = plan.people.has_column(column) {
            return self.add(place.key, why);
        }
        self.check(!place.everyone || plan.broadcast <= 0.0, place.key, || {
            let own = match place.key {
                "path" => "write broadcast_path for those, or ",
                "body" => "write broadcast_body for those, or ",
                _ => "",
            };
            format!("a push at everyone has no {{{{user.{column}}}}}; {own}ask for none: pushes.broadcast = 0")
        });
        if !place.one {
            return;
        }
        self.check(plan.absent <= 0.0, place.key, || {
            format!("no list has a {{{{user.{column}}}}} of absent users; ask for no push at them: pushes.absent = 0")
        });
        let mut users = (0..plan.users).map(UserId);
        let without = users.find(|user| {
            let listed = plan.people.listed(*user);
            listed.is_some_and(|listed| listed.column(column).is_empty())
        });
        let row = without.and_then(|user| plan.people.row(user));
        self.check(row.is_none(), place.key, || {
            let place = row.map_or("", |row| row.place.as_str());
            format!("{place}: the user has no {column}, and pushes at it are asked for with {{{{user.{column}}}}}")
        });
    }
}

/// The key of `[target.trigger]`.
fn of_the_only_one(key: &str) -> &'static str {
    match key {
        "path" => "target.trigger.path",
        "broadcast_path" => "target.trigger.broadcast_path",
        "headers" => "target.trigger.headers",
        "body" => "target.trigger.body",
        "broadcast_body" => "target.trigger.broadcast_body",
        "binary_body" => "target.trigger.binary_body",
        _ => "target.trigger",
    }
}
