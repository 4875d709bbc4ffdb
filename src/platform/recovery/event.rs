//! Events that are kept.

use super::Away;
use crate::platform::conn::{array, encode_binary, encode_event, with_offset};
use crate::platform::frame::Frame;
use crate::platform::said::Said;
use crate::platform::token::Token;
use crate::protocol::binary::ONLY_PLACEHOLDER;
use crate::protocol::socket::PacketType;
use crate::time::Time;
use bytes::Bytes;
use std::sync::Arc;

/// What an event takes beside its texts.
const EVENT_BYTES: usize = 128;

/// Whom an event is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum To {
    Everyone,
    User(Box<str>),
    Socket(Token),
}

/// An event that is kept.
#[derive(Debug)]
pub(crate) struct Event {
    pub(super) to: To,
    /// Its name, as JSON.
    pub(super) name: Box<str>,
    /// Its arguments as JSON, comma-separated.
    pub(super) args: Box<str>,
    pub(super) attachments: Vec<Bytes>,
    pub(super) at: Time,
}

impl Event {
    /// Its name as it is.
    pub(crate) fn plain_name(&self) -> String {
        serde_json::from_str(&self.name).unwrap_or_default()
    }

    /// When it was queued.
    pub(crate) fn at(&self) -> Time {
        self.at
    }

    pub(super) fn is_for(&self, socket: &Away) -> bool {
        match &self.to {
            To::Everyone => true,
            To::User(user) => **user == *socket.login.user,
            To::Socket(sid) => *sid == socket.sid,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let attached = self.attachments.iter().map(Bytes::len);
        self.name.len() + self.args.len() + attached.sum::<usize>() + EVENT_BYTES
    }

    /// The packets that it goes out as.
    fn frames(&self, namespace: &str, offset: u64) -> Vec<Frame> {
        let (name, offset) = (&*self.name, Some(offset));
        match &self.attachments[..] {
            [] => vec![encode_event(
                namespace,
                name,
                Some(Said::Json(&self.args)),
                offset,
            )],
            [one] if *self.args == *ONLY_PLACEHOLDER => {
                vec![encode_event(
                    namespace,
                    name,
                    Some(Said::Bytes(one)),
                    offset,
                )]
            }
            several => {
                let data = array(name, &with_offset(&self.args, offset));
                let kind = PacketType::BinaryEvent;
                let head = encode_binary(kind, namespace, None, &data, several.len());
                let attached = several.iter().map(|bytes| Frame::binary(bytes));
                std::iter::once(head).chain(attached).collect()
            }
        }
    }
}

/// An event that a socket has missed, and its offset.
pub(crate) type Missed = (u64, Arc<Event>);

/// The packets that events go out as, in their order.
pub(crate) fn frames(missed: &[Missed], namespace: &str) -> Vec<Frame> {
    let all = missed.iter();
    all.flat_map(|(offset, event)| event.frames(namespace, *offset))
        .collect()
}
