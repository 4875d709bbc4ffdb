//! What a judge goes by, what it is told, and what it says.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Class;
use super::tag::{Tag, Tagger};
use crate::history::Push;
use crate::ids::{EventId, PushId};
use crate::time::Time;

/// Which orders are promised, and therefore checked. Always happens-before by answers, never by send times alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ordering {
    /// Nothing.
    None,
    /// Pushes of one lane: each is sent after the answer to the one before.
    Lane,
    /// Any two pushes of which one was accepted before the other was sent, whatever their lanes.
    #[default]
    Realtime,
}

/// What a judge goes by.
#[derive(Debug)]
pub struct Rules {
    /// Reads the tags of this run.
    pub tagger: Tagger,
    /// Event names by [`crate::ids::EventId`].
    pub events: Vec<String>,
    /// The events under which nothing goes but one payload without a tag, each with that payload as JSON.
    pub untagged: Vec<(EventId, String)>,
    /// The trigger of each lane, for counts of their own; empty: there is but one.
    pub triggers: Vec<u16>,
    /// Which orders are checked.
    pub ordering: Ordering,
    /// How long after it was sent a push may arrive without being late.
    pub deadline: Duration,
    /// How long after its answer a push may still arrive at all.
    pub settle: Duration,
}

impl Rules {
    /// Whether nothing goes under this event name but a payload without a tag.
    pub fn is_untagged(&self, name: &str) -> bool {
        let mut events = self.untagged.iter().map(|(event, _)| event.index());
        events.any(|event| self.events.get(event).is_some_and(|asked| asked == name))
    }
}

/// Makes the payload of a push again, for the rare delivery that is not byte for byte what was sent.
pub trait Source: Send + Sync {
    /// The payload, as JSON, of the push this tag belongs to.
    fn payload(&self, tag: &Tag) -> String;

    /// Whether that push carries bytes, so that it has to come as one attachment and nothing else.
    fn is_binary(&self, _tag: &Tag) -> bool {
        false
    }
}

/// An event as it arrived at a socket.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// It reached this machine after this: the latest moment at which everything that had come at this socket had certainly been read.
    /// Not after `at`.
    pub not_before: Time,
    /// When the harness had it.
    pub at: Time,
    /// The event name.
    pub event: &'a str,
    /// The arguments, as JSON without the outer brackets.
    pub payload: &'a str,
    /// Whether CONNECT had not been accepted yet.
    pub premature: bool,
}

/// How an event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As text, where it should.
    Text,
    /// With attachments.
    Binary,
    /// In a namespace that the socket never joined.
    Elsewhere,
}

/// What a delivery was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// The first arrival of a push at a socket of its audience, perhaps harmed: it has a latency.
    Delivered(PushId, Push),
    /// The same of a push that the socket had missed, at a connection that goes on where another ended. How long that took says when the
    /// socket was back.
    Recovered(PushId, Push),
    /// Anything else. It has been counted, and says nothing about latency.
    Violation(Class),
}
