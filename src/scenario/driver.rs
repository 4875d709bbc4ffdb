//! Which client holds the sockets, and what the second one cannot do.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::neglect::Neglect;
use super::payload::Content;
use super::plan::Plan;
use super::problems::{Problem, Problems};
use super::transport::{Transport, Transports};

/// Event names that `rust_socketio` takes for its own, in whatever case they are written. It would not tell `Message` from `message` either.
const ITS_NAMES: [&str; 4] = ["close", "error", "message", "open"];
/// The one of them that it hands on as it is.
const HANDED_ON: &str = "message";

/// Which client holds the sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Driver {
    /// pushproof's own.
    #[default]
    Lean,
    /// The crate `rust_socketio`: a second, independent opinion on a target, not for load. Only in builds with that feature.
    RustSocketio,
}

impl Driver {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Lean, Self::RustSocketio];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lean => "lean",
            Self::RustSocketio => "rust_socketio",
        }
    }

    /// How to get a build that has it, in words; `None`: this one has.
    pub fn lacking(self) -> Option<&'static str> {
        let has = self == Self::Lean || cfg!(feature = "rust_socketio");
        (!has).then_some(
            "this pushproof was built without the driver rust_socketio. Build one that has it with cargo build --release --features \
             rust_socketio; it needs pkg-config and the headers of OpenSSL (on Debian: apt-get install pkg-config libssl-dev)",
        )
    }

    /// What of a plan this driver cannot do.
    pub(super) fn check(self, plan: &Plan, problems: &mut Problems) {
        if self == Self::Lean {
            return;
        }
        let transports = plan.clients.transports;
        let websocket = transports == Transports::One(Transport::WebSocket);
        let key = match transports {
            Transports::One(_) => "clients.transport",
            Transports::Mix(_) => "clients.transports",
        };
        problems.check(websocket, key, || {
            "the driver rust_socketio does not say when it polls, so nothing could be said of what lay unread; leave it out for websocket, or take the driver lean".to_owned()
        });
        let mut urls = plan.target.iter().chain(&plan.nodes);
        problems.check(!urls.any(|url| url.starts_with("https:")), "target.url", || {
            "the driver rust_socketio trusts by rules of its own, and goes through no proxy; take the driver lean for https://".to_owned()
        });
        problems.check(plan.churn.is_none(), "churn", || {
            "the driver rust_socketio cannot end a connection when it is told to; leave the section out, or take the driver lean".to_owned()
        });
        problems.check(plan.requests.is_none(), "requests", || {
            "the driver rust_socketio keeps the ids of acks to itself and drops those that nobody asked for, so a wrong one would go unseen; leave the section out, or take the driver lean".to_owned()
        });
        problems.check(plan.source_addrs.is_empty(), "generator.source_addrs", || {
            "the driver rust_socketio lets the system choose; leave them out, or take the driver lean".to_owned()
        });
        let bare = plan
            .carried()
            .iter()
            .any(|payload| payload.content == Content::None);
        problems.check(!bare, "pushes.payloads", || {
            "the driver rust_socketio loses the name of an event without arguments; leave the payload none out, or take the driver lean".to_owned()
        });
        let binary = plan
            .carried()
            .iter()
            .any(|payload| payload.content == Content::Binary);
        problems.check(!binary, "pushes.payloads", || {
            "the driver rust_socketio hands on bytes without what they stood among, so they cannot be compared; leave the payload binary out, or take the driver lean".to_owned()
        });
        let behaves = plan.clients.neglect == Neglect::default();
        problems.check(behaves, "clients", || {
            "the driver rust_socketio reads and answers pings by itself; leave slow, stuck and mute out, or take the driver lean".to_owned()
        });
        for event in &plan.events {
            let its = event != HANDED_ON && ITS_NAMES.contains(&event.to_lowercase().as_str());
            problems.check(!its, "pushes.events", || {
                format!("the driver rust_socketio takes {event:?} for a word of its own; choose another name, or take the driver lean")
            });
        }
    }
}

impl Plan {
    /// The same for another driver, or what that cannot do of it.
    pub fn by(&self, driver: Driver) -> Result<Self, Vec<Problem>> {
        let mut plan = self.clone();
        plan.clients.driver = driver;
        let mut problems = Problems::default();
        driver.check(&plan, &mut problems);
        if problems.0.is_empty() {
            Ok(plan)
        } else {
            Err(problems.0)
        }
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Driver {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| format!("{text:?} is no driver; write lean or rust_socketio"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::scenario::file::File;

    fn plan(text: &str) -> Plan {
        Plan::from_file(&File::parse(text).unwrap(), 1).unwrap()
    }

    /// What no report shows, as tokens and rows read from files, is part of it.
    #[test]
    fn another_drivers_plan_differs_in_the_driver_alone() {
        let lean = plan("[users]\ntoken = \"secret-{n}\"\n");
        let second = lean.by(Driver::RustSocketio).unwrap();
        assert_eq!(second.clients.driver, Driver::RustSocketio);
        assert_eq!(second.token_of(UserId(4), 0, None), "secret-2");
        assert_eq!(second.by(Driver::Lean).unwrap(), lean);
    }

    #[test]
    fn what_it_cannot_do_is_told_with_its_key() {
        let problems = plan("[churn]\nrate = \"5/s\"\n").by(Driver::RustSocketio);
        assert_eq!(problems.unwrap_err()[0].key, "churn");
    }
}
