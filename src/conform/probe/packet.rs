//! Socket.IO packets as they came, whole, with their attachments.

use std::time::Duration;

use serde_json::Value;

use super::socket::MARK;
use crate::client::listener::Hello;
use crate::protocol::socket::{self, PacketType};

/// A packet of Socket.IO, with its attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// What it is.
    pub kind: PacketType,
    /// Its namespace, `/` for the main one.
    pub namespace: String,
    /// Its ack id.
    pub id: Option<u64>,
    /// Its data as it stands: JSON, or nothing. An event's is without its offset.
    pub data: String,
    /// What an event has behind its own arguments where the target recovers connections: the place to recover from.
    pub offset: Option<String>,
    /// Its attachments, in the order they came.
    pub attachments: Vec<Vec<u8>>,
    /// When the last of it came, from the beginning of the case.
    pub at: Duration,
}

impl Packet {
    /// Reads the text of one, behind the Engine.IO type, and how many attachments are to follow. `recovers`: the target recovers connections.
    pub(in crate::conform) fn read(
        text: &str,
        recovers: bool,
        at: Duration,
    ) -> Option<(Self, usize)> {
        let packet = socket::decode(text).ok()?;
        let mut read = Self {
            kind: packet.kind,
            namespace: packet.namespace.to_owned(),
            id: packet.id,
            data: packet.data.to_owned(),
            offset: None,
            attachments: Vec::new(),
            at,
        };
        if recovers {
            read.split_offset();
        }
        Some((read, packet.attachments))
    }

    /// The name and the arguments of an event, these as they stand between the brackets. None: it is no event.
    pub fn event(&self) -> Option<(String, &str)> {
        if !matches!(self.kind, PacketType::Event | PacketType::BinaryEvent) {
            return None;
        }
        let event = socket::event(&self.data).ok()?;
        Some((event.name.into_owned(), event.args))
    }

    fn split_offset(&mut self) {
        let split = self.event().and_then(|(name, args)| {
            let (before, offset) = socket::last_string(args)?;
            let name = serde_json::Value::from(name);
            let comma = if before.is_empty() { "" } else { "," };
            let offset = serde_json::from_str(offset).ok()?;
            Some((format!("[{name}{comma}{before}]"), offset))
        });
        if let Some((data, offset)) = split {
            self.data = data;
            self.offset = Some(offset);
        }
    }

    /// Whether it is an event of another case of the suite, as told by its mark.
    pub(super) fn is_noise(&self, mark: &str) -> bool {
        self.event().is_some() && self.data.contains(MARK) && !self.data.contains(mark)
    }

    /// The data as a value, null where it is none.
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_default()
    }

    /// In a line.
    pub fn told(&self) -> String {
        let id = self.id.map_or_else(String::new, |id| format!(" {id}"));
        let attached = match self.attachments.len() {
            0 => String::new(),
            n => format!(" with {n} attachments"),
        };
        let data = super::trace::escaped(&self.data);
        format!("{:?} {}{id} {data}{attached}", self.kind, self.namespace)
    }
}

/// The namespace that a hello is for.
pub fn namespace_of(hello: &Hello) -> &str {
    hello.namespace.as_deref().unwrap_or(socket::MAIN_NAMESPACE)
}

/// The packet of Engine.IO that asks to join.
pub fn connect(hello: &Hello) -> String {
    written(PacketType::Connect, namespace_of(hello), &hello.auth)
}

/// A packet without data, as it is written: `41`, `41/custom,`.
pub fn bare(kind: PacketType, namespace: &str) -> String {
    written(kind, namespace, "")
}

fn written(kind: PacketType, namespace: &str, data: &str) -> String {
    let mut text = "4".to_owned();
    let packet = socket::Packet {
        kind,
        attachments: 0,
        namespace,
        id: None,
        data,
    };
    socket::encode(&packet, &mut text);
    text
}

/// An event as it is written, with an id if an ack is wanted, and the arguments as they stand between the brackets.
pub fn event(namespace: &str, id: Option<u64>, name: &str, args: &str) -> String {
    let mut text = "4".to_owned();
    socket::encode_event(namespace, id, name, args, &mut text);
    text
}
