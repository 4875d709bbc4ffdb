//! Asking the target for pushes.
//!
//! A [`lane`] is one sequential worker: it asks for its next push only after the last one was answered, and records both in the
//! ledger. How it asks is a matter of its own: one file for each way, and [`Asker`] over all of them. [`turns`] says which pushes no two
//! lanes may ask for at once.

mod command;
pub mod http;
pub mod lane;
mod msgpack;
mod patience;
pub mod progress;
mod redis;
pub mod sender;
mod socket;
pub mod turns;

use std::sync::Arc;
use std::time::Duration;

use crate::client::endpoint::Endpoint;
use crate::client::http::{Answer, Call, Http};
use crate::client::publisher::PLACEHOLDER;
use crate::clock::Clock;
use crate::history::Outcome;
use crate::scenario::Plan;
use crate::scenario::people::Listed;
use crate::scenario::template::{Column, Escape, Name, Template};
use crate::scenario::triggers::{Emitter, Trigger, Way};
use sender::{Speaker, Speakers};

pub use msgpack::emitted;

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The app id.
    pub app: &'a str,
    /// The user's name; `None`: everyone.
    pub user: Option<&'a str>,
    /// What a list has of the user.
    pub listed: Option<Listed<'a>>,
    /// The event name.
    pub event: &'a str,
    /// The payload as JSON; empty: none, which asks for an event without arguments.
    pub message: &'a str,
    /// The payload as bytes, in place of JSON.
    pub bytes: Option<&'a [u8]>,
}

impl<'a> Wanted<'a> {
    /// What a list has of the user in a column.
    fn column(&self, column: Column) -> &'a str {
        self.listed.map_or("", |listed| listed.column(column))
    }
}

/// How the asking ended, with the target's words where it was not a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is known of it.
    pub outcome: Outcome,
    /// Why it is not accepted.
    pub why: Option<String>,
    /// What the generator's machine ran out of, if that is why.
    pub shortage: Option<String>,
}

impl Asked {
    fn accepted() -> Self {
        Self {
            outcome: Outcome::Accepted,
            why: None,
            shortage: None,
        }
    }

    fn rejected(why: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Rejected,
            why: Some(why.into()),
            shortage: None,
        }
    }

    fn unknown(why: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Unknown,
            why: Some(why.into()),
            shortage: None,
        }
    }
}

/// A way of asking, with the connection that one lane asks over.
pub struct Asker(Kind);

enum Kind {
    Http(Box<http::HttpTrigger>),
    Socket(Box<socket::Publisher>),
    Users(Speakers),
    Redis(redis::Emitter),
    Command(command::Command),
}

/// A push that is ready to be asked for.
pub struct Ready(Said);

enum Said {
    Call(Call),
    Event {
        app: String,
        args: String,
        bytes: Option<Vec<u8>>,
    },
    Message(redis::Message),
    Command(command::Started),
}

impl Asker {
    /// A lane's own; where users of the run send, they are its `speakers`. It asks at the node that is the lane's, or wherever else the trigger goes. Nothing is waited
    /// for longer than `timeout`, or what the trigger says.
    pub fn new(
        plan: &Arc<Plan>,
        trigger: usize,
        (http, endpoint): (&Http, &Endpoint),
        speakers: Vec<Speaker>,
        timeout: Duration,
        clock: Clock,
    ) -> Self {
        let Trigger {
            timeout: own, way, ..
        } = &plan.contract.triggers[trigger];
        let waits = own.unwrap_or(timeout);
        Self(match way {
            Way::Http(_) => {
                let http = http.within(waits);
                let contract = Arc::clone(&plan.contract);
                Kind::Http(http::HttpTrigger::new(http, contract, trigger).into())
            }
            Way::Socket(way) if way.from == Emitter::Users => {
                Kind::Users(Speakers::new(way.clone(), waits, speakers))
            }
            Way::Socket(way) => Kind::Socket(Box::new(socket::Publisher::new(
                way.clone(),
                Arc::clone(plan),
                http.clone(),
                endpoint.clone(),
                waits,
                clock,
            ))),
            Way::Redis(way) => Kind::Redis(redis::Emitter::new(plan, way.clone(), waits, clock)),
            Way::Command(way) => Kind::Command(command::Command::new(way.clone(), waits)),
        })
    }

    /// Makes its connection, if it needs one before the first push. That it cannot, the first push will tell.
    pub async fn open(&mut self, apps: &[String]) {
        match &mut self.0 {
            Kind::Http(_) | Kind::Command(_) | Kind::Users(_) => {}
            Kind::Socket(publisher) => publisher.open(apps).await,
            Kind::Redis(emitter) => emitter.open().await,
        }
    }

    /// Whether whoever asks in this app is there to do so.
    pub fn is_there(&self, app: &str) -> bool {
        match &self.0 {
            Kind::Users(speakers) => speakers.is_there(app),
            // They see to their connections when they ask.
            Kind::Http(_) | Kind::Socket(_) | Kind::Redis(_) | Kind::Command(_) => true,
        }
    }

    /// Waits until that is so, for as long as an answer may take.
    pub async fn there(&mut self, app: &str) {
        if let Kind::Users(speakers) = &mut self.0 {
            speakers.there(app).await;
        }
    }

    /// All that can be done before a push is asked for.
    pub fn ready(&self, wanted: &Wanted<'_>) -> Ready {
        Ready(match &self.0 {
            Kind::Http(http) => Said::Call(http.call(wanted)),
            Kind::Socket(publisher) => Said::Event {
                app: wanted.app.to_owned(),
                args: publisher.args(wanted),
                bytes: wanted.bytes.map(<[u8]>::to_vec),
            },
            Kind::Users(speakers) => Said::Event {
                app: wanted.app.to_owned(),
                args: speakers.args(wanted),
                bytes: wanted.bytes.map(<[u8]>::to_vec),
            },
            Kind::Redis(emitter) => Said::Message(emitter.message(wanted)),
            Kind::Command(command) => Said::Command(command.filled(wanted)),
        })
    }

    /// As [`Asker::ask`], with the HTTP answer itself, if there was one.
    pub async fn ask_in_full(&mut self, ready: Ready) -> (Asked, Option<Answer>) {
        match (&self.0, ready) {
            (Kind::Http(http), Ready(Said::Call(call))) => http.ask_in_full(call).await,
            (_, ready) => (self.ask(ready).await, None),
        }
    }

    /// Asks for a push, and waits for the answer.
    pub async fn ask(&mut self, Ready(said): Ready) -> Asked {
        match (&mut self.0, said) {
            (Kind::Http(http), Said::Call(call)) => http.ask(call).await,
            (Kind::Socket(publisher), Said::Event { app, args, bytes }) => {
                publisher.emit(&app, &args, bytes).await
            }
            (Kind::Users(speakers), Said::Event { app, args, bytes }) => {
                speakers.emit(&app, args, bytes).await
            }
            (Kind::Redis(emitter), Said::Message(message)) => emitter.publish(&message).await,
            (Kind::Command(command), Said::Command(started)) => command.run(started).await,
            _ => unreachable!("made ready by another trigger"),
        }
    }
}

/// A template with the values of a push. Where there is no message, it is `null`.
/// Bytes are attached, and their placeholder stands there.
fn fill(template: &Template, escape: Escape, wanted: &Wanted<'_>, everyone: &str) -> String {
    fill_from(template, escape, wanted, everyone, "")
}

/// The same, with the name of whoever asks.
fn fill_from(
    template: &Template,
    escape: Escape,
    wanted: &Wanted<'_>,
    everyone: &str,
    from: &str,
) -> String {
    let message = match (wanted.bytes, wanted.message) {
        (Some(_), _) => PLACEHOLDER,
        (None, "") => "null",
        (None, message) => message,
    };
    template.fill(escape, |name| match name {
        Name::App => wanted.app,
        Name::User => wanted.user.unwrap_or(everyone),
        Name::Column(column) => wanted.column(column),
        Name::From => from,
        Name::Event => wanted.event,
        Name::Message | Name::MessageText => message,
        Name::Password | Name::Session | Name::Token | Name::MessageBase64 => "",
    })
}
