//! What frames tell the session's driver.

use std::borrow::Cow;

use super::State;
use crate::protocol::binary::{AssembleError, BinaryPacket};
use crate::protocol::engine::{self, Handshake, HandshakeError};
use crate::protocol::socket::{self, Packet};

/// What a frame meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// Nothing to report: a heartbeat, part of a binary packet, or a frame that was under way when this side left.
    Nothing,
    /// The Engine.IO handshake.
    Opened(Handshake),
    /// CONNECT was accepted.
    Connected {
        /// The Socket.IO id that the server gave to the socket.
        sid: Cow<'a, str>,
        /// The private id of the session, of a server that keeps what a socket misses while its connection is broken.
        pid: Option<String>,
    },
    /// CONNECT was refused.
    Refused {
        /// The refusal, JSON as it stands (see [`refusal_message`]).
        data: &'a str,
    },
    /// An event.
    Event {
        /// The ack id, if the server asks for an answer.
        id: Option<u64>,
        /// The event name.
        name: Cow<'a, str>,
        /// The arguments as in [`socket::Event::args`].
        args: &'a str,
        /// It came before CONNECT was accepted (or although it was refused).
        premature: bool,
    },
    /// An event with its attachments.
    BinaryEvent {
        /// The whole packet; [`BinaryPacket::event`] cannot fail on it.
        packet: Box<BinaryPacket>,
        /// As for [`Incoming::Event`].
        premature: bool,
    },
    /// The answer to an event of ours.
    Ack {
        /// The id that we gave to it.
        id: u64,
        /// The arguments, without the outer brackets.
        args: &'a str,
    },
    /// The answer to an event of ours, with its attachments.
    BinaryAck {
        /// The id that we gave to it.
        id: u64,
        /// The whole packet.
        packet: Box<BinaryPacket>,
    },
    /// The server's Socket.IO DISCONNECT.
    Disconnected,
    /// The server's Engine.IO close.
    Closed,
    /// A packet of a namespace that this session never asked for; it changes nothing here. An event among them is a leak, unless the
    /// driver speaks for that namespace itself.
    OtherNamespace(Packet<'a>),
    /// As [`Incoming::OtherNamespace`], with attachments.
    OtherNamespaceBinary(Box<BinaryPacket>),
}

/// Why a frame breaks the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// Not an Engine.IO packet.
    #[error(transparent)]
    Engine(#[from] engine::DecodeError),
    /// The handshake is wrong.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// Not a Socket.IO packet.
    #[error(transparent)]
    Socket(#[from] socket::DecodeError),
    /// Binary messages and their text do not fit together.
    #[error(transparent)]
    Binary(#[from] AssembleError),
    /// CONNECT was accepted without an object that has a non-empty string `sid`: what Socket.IO v2 servers do.
    #[error(
        "CONNECT was accepted without a sid; is this a Socket.IO v2 server, which speaks another protocol?"
    )]
    NoSid,
    /// An ACK without the id of what it answers.
    #[error("an ACK came without an id")]
    AckWithoutId,
    /// A packet that has no place in this state.
    #[error("unexpected {packet} in state {state:?}")]
    Unexpected {
        /// The packet, by the specification's name.
        packet: &'static str,
        /// The state it came in.
        state: State,
    },
}

/// The message of a refusal: of an object its string `message`, or the string that older servers send instead.
pub fn refusal_message(data: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Refusal {
        message: String,
    }
    serde_json::from_str::<Refusal>(data)
        .map(|refusal| refusal.message)
        .or_else(|_| serde_json::from_str(data))
        .ok()
}
