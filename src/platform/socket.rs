//! The server's half of one connection's Socket.IO layer, sans-IO: namespaces, packets, attachments.
//!
//! It decides what a message of the client asks for; who may join, and what an event does, its owner decides. Invariants:
//! - a namespace is joined at most once at a time, and never re-authenticated;
//! - an event for a namespace that is not joined is fatal, unless the server itself ended that membership;
//! - at most one packet waits for attachments, for a bounded time and with bounded bytes.

mod wrong_au;

use self::wrong_au::{join_by, joins_again};
use super::config::PlatformConfig;
use super::mutants::Mutant;
use super::token::Token;
use super::wrong;
use crate::protocol::binary::{self, Assembler};
use crate::protocol::socket::{self, Packet, PacketType, RESERVED_EVENTS};
use crate::time::Time;
use bytes::Bytes;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Longest namespace name that is worth an answer.
const MAX_NAMESPACE: usize = 256;
/// How much longer than one message all attachments of one packet may be together.
const ATTACHED_MESSAGES: usize = 4;

/// What a message of the client asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request<'a> {
    Nothing,
    /// Join a served namespace with this auth object (empty: none was sent).
    Connect {
        namespace: usize,
        auth: &'a str,
    },
    /// Join a namespace that is not served.
    Unknown {
        namespace: &'a str,
    },
    /// The client left a namespace.
    Leave(Membership),
    /// An event in a joined namespace.
    Event(ClientEvent<'a>),
    /// The protocol was broken: the connection must end.
    Fatal(&'static str),
}

/// An event sent by a client, checked to be well-formed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ClientEvent<'a> {
    pub(crate) namespace: usize,
    /// The ack id, if an answer is wanted.
    pub(crate) id: Option<u64>,
    /// The event's name.
    pub(crate) name: String,
    /// The arguments as JSON, comma-separated, as they stand.
    pub(crate) args: Cow<'a, str>,
    /// Binary attachments, which placeholders in the arguments refer to.
    pub(crate) attachments: Vec<Bytes>,
}

/// One joined namespace: one socket, in the sense of the push platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Membership {
    /// The socket's public id.
    pub(crate) sid: Token,
    /// The namespace.
    pub(crate) namespace: usize,
    /// The app that the login belongs to.
    pub(crate) app: usize,
    /// When the login ends.
    pub(crate) until: Time,
    /// The private id by which it can be recovered, if it can.
    pub(crate) pid: Option<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Free,
    Joined(Membership),
    /// The server ended the membership; packets still on their way are not the client's fault.
    Kicked,
}

/// The Socket.IO layer of one connection.
#[derive(Debug)]
pub(crate) struct Sockets {
    slots: Vec<Slot>,
    assembler: Assembler,
    /// When attachments that are awaited must have come.
    assembled_by: Time,
    /// When a connection that has joined no namespace must end.
    join_by: Time,
}

impl Sockets {
    pub(crate) fn new(config: &PlatformConfig, now: Time) -> Self {
        Self {
            slots: Vec::new(),
            assembler: Assembler::new(config.max_payload.saturating_mul(ATTACHED_MESSAGES)),
            assembled_by: Time::MAX,
            join_by: join_by(config, now),
        }
    }

    fn slot(&self, namespace: usize) -> Slot {
        self.slots.get(namespace).copied().unwrap_or(Slot::Free)
    }

    fn set(&mut self, namespace: usize, slot: Slot) {
        if self.slots.len() <= namespace {
            self.slots.reserve_exact(namespace + 1 - self.slots.len());
            self.slots.resize(namespace + 1, Slot::Free);
        }
        self.slots[namespace] = slot;
    }

    /// Whether the namespace is joined under exactly this id.
    pub(crate) fn is_member(&self, namespace: usize, sid: Token) -> bool {
        matches!(self.slot(namespace), Slot::Joined(m) if m.sid == sid)
    }

    /// The joined namespaces.
    pub(crate) fn memberships(&self) -> impl Iterator<Item = Membership> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Joined(membership) => Some(*membership),
            _ => None,
        })
    }

    /// Joins a namespace until the login ends. False if it is joined already.
    pub(crate) fn join(&mut self, membership: Membership) -> bool {
        if matches!(self.slot(membership.namespace), Slot::Joined(_)) {
            return false;
        }
        self.set(membership.namespace, Slot::Joined(membership));
        true
    }

    /// Ends a membership by the server's will. False if there was none under that id.
    pub(crate) fn kick(&mut self, namespace: usize, sid: Token) -> bool {
        let member = self.is_member(namespace, sid);
        if member {
            self.set(namespace, Slot::Kicked);
        }
        member
    }

    /// Whether some namespace is joined.
    pub(crate) fn any_joined(&self) -> bool {
        self.memberships().next().is_some()
    }

    /// When something here is due next: joining, attachments, the end of a login.
    pub(crate) fn deadline(&self) -> Time {
        let login = self.memberships().map(|m| m.until).min();
        let first = login.unwrap_or(self.join_by);
        if self.assembler.awaited() > 0 {
            first.min(self.assembled_by)
        } else {
            first
        }
    }

    /// Whether the time to join a namespace is over.
    pub(crate) fn joined_too_late(&self, now: Time) -> bool {
        now >= self.join_by && !self.any_joined()
    }

    /// Whether attachments stay out for too long.
    pub(crate) fn assembly_stalled(&self, now: Time) -> bool {
        self.assembler.awaited() > 0 && now >= self.assembled_by
    }

    /// A membership whose login has ended by now.
    pub(crate) fn expired(&self, now: Time) -> Option<Membership> {
        self.memberships().find(|m| now >= m.until)
    }

    /// A text message of the client.
    pub(crate) fn handle_text<'a>(
        &mut self,
        config: &PlatformConfig,
        now: Time,
        text: &'a str,
    ) -> Request<'a> {
        let mutants = config.mutants;
        let text = wrong::se::without_tail(mutants, text);
        if mutants.has(Mutant::SpliceText) && self.assembler.awaited() > 0 {
            return self.handle_binary(config, text.as_bytes());
        }
        if let Some(other) = wrong::se::rewritten(mutants, text) {
            return match self.handle_text(config, now, &other) {
                Request::Fatal(how) => Request::Fatal(how),
                _ => Request::Nothing,
            };
        }
        let Ok(packet) = socket::decode(text) else {
            if let Some(auth) = text.strip_prefix('0')
                && mutants.has(Mutant::AcceptAnyAuthType)
            {
                return Request::Connect { namespace: 0, auth };
            }
            return wrong::se::undecoded(mutants, text);
        };
        let buffers = mutants.has(Mutant::PreAuthBuffer) && !self.any_joined();
        if packet.kind.is_binary() && !buffers && !self.may_assemble(config, &packet) {
            return Request::Fatal("not a binary packet of a joined namespace");
        }
        let packet = match self.assembler.handle_text(packet) {
            Ok(Some(packet)) => packet,
            Ok(None) => {
                let for_ever = buffers || mutants.has(Mutant::PartialForever);
                self.assembled_by = if for_ever {
                    Time::MAX
                } else {
                    now + config.assembly_timeout
                };
                if buffers {
                    self.join_by = Time::MAX;
                }
                return Request::Nothing;
            }
            Err(_) => return Request::Fatal("a text packet in place of an attachment"),
        };
        match packet.kind {
            PacketType::Connect => self.handle_connect(config, &packet),
            PacketType::Disconnect => self.handle_disconnect(config, now, &packet),
            PacketType::ConnectError => Request::Fatal("packet type of a server"),
            PacketType::Event
            | PacketType::Ack
            | PacketType::BinaryEvent
            | PacketType::BinaryAck => {
                self.handle_message(config, &packet, Cow::Borrowed(packet.data), Vec::new())
            }
        }
    }

    fn handle_connect<'a>(&mut self, config: &PlatformConfig, packet: &Packet<'a>) -> Request<'a> {
        if packet.namespace.len() > MAX_NAMESPACE {
            return Request::Fatal("namespace name too long");
        }
        if !packet.data.is_empty() && serde_json::from_str::<&RawValue>(packet.data).is_err() {
            return Request::Fatal("malformed auth object");
        }
        match config.namespace(packet.namespace) {
            None if config.mutants.has(Mutant::NspFallthrough) => Request::Connect {
                namespace: 0,
                auth: packet.data,
            },
            None if self.leaks(config) => Request::Nothing,
            None => Request::Unknown {
                namespace: packet.namespace,
            },
            Some(at) if matches!(self.slot(at), Slot::Joined(_)) && !joins_again(config) => {
                Request::Fatal("namespace joined twice")
            }
            Some(namespace) => Request::Connect {
                namespace,
                auth: packet.data,
            },
        }
    }

    /// Keeps a namespace that is none. True: there are too many. It is a mutant that does.
    fn leaks(&mut self, config: &PlatformConfig) -> bool {
        const MOST: usize = 300;
        if !config.mutants.has(Mutant::NamespaceLeak) {
            return false;
        }
        self.set(self.slots.len(), Slot::Free);
        self.slots.len() > MOST
    }

    fn handle_disconnect<'a>(
        &mut self,
        config: &PlatformConfig,
        now: Time,
        packet: &Packet<'a>,
    ) -> Request<'a> {
        let Some(namespace) = config.namespace(packet.namespace) else {
            return Request::Fatal("namespace not joined");
        };
        match self.slot(namespace) {
            Slot::Joined(_) if config.mutants.has(Mutant::GhostMember) => Request::Nothing,
            Slot::Joined(membership) => {
                let again = !config.mutants.has(Mutant::NoRejoin);
                self.set(namespace, if again { Slot::Free } else { Slot::Kicked });
                self.join_by = join_by(config, now);
                Request::Leave(membership)
            }
            Slot::Kicked => Request::Nothing,
            Slot::Free => Request::Fatal("namespace not joined"),
        }
    }

    /// Whether a binary packet is worth waiting for its attachments: judged at once, before anything is kept for it.
    fn may_assemble(&self, config: &PlatformConfig, packet: &Packet<'_>) -> bool {
        config
            .namespace(packet.namespace)
            .is_some_and(|at| self.slot(at) != Slot::Free)
            && binary::placeholders(packet.data, packet.attachments).is_ok()
    }

    /// A binary message of the client.
    pub(crate) fn handle_binary(
        &mut self,
        config: &PlatformConfig,
        data: &[u8],
    ) -> Request<'static> {
        let complete = match self.assembler.handle_binary(data) {
            Ok(Some(complete)) => complete,
            Ok(None) => return Request::Nothing,
            Err(_) if config.mutants.has(Mutant::IgnoreBinary) => return Request::Nothing,
            Err(_) => return Request::Fatal("illegal attachment"),
        };
        let packet = Packet {
            kind: complete.kind,
            attachments: complete.attachments.len(),
            namespace: &complete.namespace,
            id: complete.id,
            data: "",
        };
        self.handle_message(
            config,
            &packet,
            Cow::Owned(complete.data),
            complete.attachments,
        )
    }

    /// An event or answer, complete with its attachments.
    fn handle_message<'a>(
        &self,
        config: &PlatformConfig,
        packet: &Packet<'_>,
        data: Cow<'a, str>,
        attachments: Vec<Bytes>,
    ) -> Request<'a> {
        let Some(namespace) = config.namespace(packet.namespace) else {
            return Request::Fatal("namespace not joined");
        };
        match self.slot(namespace) {
            Slot::Free if config.mutants.has(Mutant::EventBeforeConnectOk) => {}
            Slot::Free if config.mutants.has(Mutant::DropPipelined) => return Request::Nothing,
            Slot::Free => return Request::Fatal("namespace not joined"),
            Slot::Kicked => return Request::Nothing,
            Slot::Joined(_) => {}
        }
        if config.mutants.any()
            && let Some(wrong) = wrong::client::message(config.mutants, packet, &data)
        {
            return wrong;
        }
        if matches!(packet.kind, PacketType::Ack | PacketType::BinaryAck) {
            // The platform asks for no acknowledgements: a well-formed one answers nothing.
            return match serde_json::from_str::<Vec<&RawValue>>(&data) {
                Ok(_) if packet.id.is_some() => Request::Nothing,
                _ => Request::Fatal("malformed acknowledgement"),
            };
        }
        let Some((name, args)) = split_event(&data) else {
            if config.mutants.has(Mutant::LenientParser) {
                return Request::Nothing;
            }
            return Request::Fatal("malformed event");
        };
        let reserved = RESERVED_EVENTS.contains(&name.as_str());
        if reserved && !config.mutants.has(Mutant::LifecycleByEvent) {
            return Request::Fatal("reserved event name");
        }
        let args = match data {
            Cow::Borrowed(data) => Cow::Borrowed(&data[args]),
            Cow::Owned(data) => Cow::Owned(data[args].to_owned()),
        };
        Request::Event(ClientEvent {
            namespace,
            id: wrong::client::ack_id(config.mutants, packet.id),
            name,
            args,
            attachments,
        })
    }
}

/// The name of an event, unescaped, and where its arguments stand; `None` unless the data is one valid JSON array that begins
/// with a string. Nothing is parsed recursively, so no depth of nesting can hurt.
fn split_event(data: &str) -> Option<(String, std::ops::Range<usize>)> {
    let parts: Vec<&RawValue> = serde_json::from_str(data).ok()?;
    let name = serde_json::from_str(parts.first()?.get()).ok()?;
    let place = |part: &str| part.as_ptr() as usize - data.as_ptr() as usize;
    let range = match (parts.get(1), parts.last()) {
        (Some(first), Some(last)) => place(first.get())..place(last.get()) + last.get().len(),
        _ => 0..0,
    };
    Some((name, range))
}

#[cfg(test)]
mod tests;
