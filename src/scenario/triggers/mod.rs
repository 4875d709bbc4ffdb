//! The ways in which pushes are asked for, and which of them each push and lane takes.

mod deal;
mod entry;
mod places;
mod read;

use std::time::Duration;

pub use deal::Deal;
pub use entry::{Emitter, Entry, Kind};
pub use places::Place;
pub(super) use read::several;

use super::contract::Call;
use super::template::{Name, Template};

/// A way of asking for a push.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// What it is called in reports.
    pub name: String,
    /// Its share of the pushes, compared with the others.
    pub weight: u32,
    /// How long an answer is waited for; `None`: as long as for any.
    pub timeout: Option<Duration>,
    /// How it asks.
    pub way: Way,
}

impl Trigger {
    /// The base URL of its requests, if they go elsewhere than to the target's.
    pub fn url(&self) -> Option<&str> {
        match &self.way {
            Way::Http(way) => way.url.as_deref(),
            _ => None,
        }
    }
}

/// How a trigger asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// By an HTTP request.
    Http(HttpWay),
    /// By an event that a socket emits.
    Socket(SocketWay),
    /// By a message over Redis.
    Redis(RedisWay),
    /// By a program.
    Command(CommandWay),
}

/// Requests for pushes.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpWay {
    /// Base URL without a slash at its end; `None`: the target's nodes.
    pub url: Option<String>,
    /// How a push at one user is asked for.
    pub one: Call,
    /// How a push at everyone is.
    pub all: Call,
    /// How a push without a payload is asked for, at one user and at everyone; `None`: as any other, with `null` for one.
    pub bare: Option<Box<[Call; 2]>>,
    /// How a push of bytes is asked for, at one user and at everyone; `None`: it cannot be.
    pub binary: Option<Box<[Call; 2]>>,
    /// What the user is called in a push at everyone.
    pub everyone: String,
}

/// An event that a socket emits.
#[derive(Debug, Clone, PartialEq)]
pub struct SocketWay {
    /// Whose socket.
    pub from: Emitter,
    /// Its name.
    pub emit: String,
    /// Its arguments, a JSON array.
    pub args: Template,
    /// What the user is called in a push at everyone.
    pub everyone: String,
    /// Who publishes; empty where the run's users do.
    pub user: String,
    /// The publisher's password; `None`: what the users' would be.
    pub password: Option<String>,
    /// The publisher's token; `None`: what the users' would be.
    pub token: Option<String>,
    /// Whether an ack is waited for.
    pub ack: bool,
    /// Where the ack says whether, and what stands there if it is a yes; `None`: any is a yes.
    pub answer: Option<(String, String)>,
}

/// A message over Redis, as `@socket.io/redis-emitter` writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisWay {
    /// Where Redis is, as `redis://`.
    pub url: String,
    /// Whether TLS is spoken there: it was written as `rediss://`.
    pub tls: bool,
    /// What its channels begin with.
    pub key: String,
    /// The namespace.
    pub namespace: String,
    /// The room of a user.
    pub room: Template,
    /// The room of everyone; empty: none.
    pub broadcast_room: Template,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandWay {
    /// The program and its arguments; never empty.
    pub command: Vec<Template>,
    /// What it gets on its standard input.
    pub stdin: Template,
    /// What the user is called in a push at everyone.
    pub everyone: String,
}

impl Way {
    /// What to do where this trigger cannot carry bytes, in words; `None`: it can.
    pub fn cannot_carry_bytes(&self) -> Option<&'static str> {
        match self {
            Self::Http(way) if way.binary.is_none() => Some(
                "its body has a place for JSON alone; write in binary_body how it says bytes, with {{message_base64}} where they go",
            ),
            Self::Socket(way) if !way.args.has(Name::Message) => Some(
                "they stand in its args as {{message}}, not as a text; write that where they go",
            ),
            Self::Command(_) => {
                Some("a program is handed text alone; take another kind of trigger")
            }
            Self::Http(_) | Self::Socket(_) | Self::Redis(_) => None,
        }
    }

    /// Whether sockets of the run's users emit it.
    pub fn is_from_users(&self) -> bool {
        matches!(self, Self::Socket(way) if way.from == Emitter::Users)
    }

    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Http(_) => Kind::Http,
            Self::Socket(_) => Kind::Socket,
            Self::Redis(_) => Kind::Redis,
            Self::Command(_) => Kind::Command,
        }
    }
}
