//! Socket.IO revision 5 packets: <https://github.com/socketio/socket.io-protocol>.
//!
//! `<type>[<attachments>-][<namespace>,][<ack id>][JSON]`, inside an Engine.IO message; the attachments of a binary packet
//! follow as binary messages.

use std::borrow::Cow;

/// The main namespace.
pub const MAIN_NAMESPACE: &str = "/";

/// The type of a Socket.IO packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PacketType {
    /// `0`: a client asks for a namespace (with its auth object), the server grants it (with a `sid`).
    Connect,
    /// `1`: leaves a namespace.
    Disconnect,
    /// `2`: an event.
    Event,
    /// `3`: the answer to an event that carried an id.
    Ack,
    /// `4`: the server refuses a namespace.
    ConnectError,
    /// `5`: an event with binary attachments.
    BinaryEvent,
    /// `6`: an answer with binary attachments.
    BinaryAck,
}

/// One Socket.IO packet without its attachments, borrowing from the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The type.
    pub kind: PacketType,
    /// How many binary messages follow; 0 but for the binary types.
    pub attachments: usize,
    /// The namespace, `/` if none was written. A query part (`/ns?x=1`) is kept as it stands.
    pub namespace: &'a str,
    /// The ack id, where there is one.
    pub id: Option<u64>,
    /// The JSON that follows, as it stands; empty if there is none.
    pub data: &'a str,
}

/// Why a text is not a Socket.IO packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The text was empty.
    #[error("empty Socket.IO packet")]
    Empty,
    /// The first character is not a packet type.
    #[error("unknown Socket.IO packet type {0:?}")]
    UnknownType(char),
    /// The number of attachments is missing, malformed or above [`MAX_ATTACHMENTS`].
    #[error("illegal number of attachments")]
    Attachments,
    /// The ack id does not fit 64 bits.
    #[error("illegal ack id")]
    Id,
    /// The data is not what the packet type asks for.
    #[error("illegal payload: {0}")]
    Payload(&'static str),
}

/// Most attachments one packet may announce (the reference parser's bound is 10 by default; ours is a bound on memory, not a check).
pub const MAX_ATTACHMENTS: usize = 64;

/// Reads the text of one packet. Checks the header; of the data only that its first character fits the type
/// (use [`event`] or serde for more).
pub fn decode(text: &str) -> Result<Packet<'_>, DecodeError> {
    let _ = text;
    todo!()
}

/// Appends the text of one packet.
pub fn encode(packet: &Packet<'_>, out: &mut String) {
    let _ = (packet, out);
    todo!()
}

/// The parts of an event's data, `["name", arg, …]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// The event name, unescaped.
    pub name: Cow<'a, str>,
    /// The arguments as they stand, without the outer brackets and the comma before the first; empty if there are none. Not validated.
    pub args: &'a str,
}

/// Splits an event's data into its name and its arguments without parsing the arguments (the receive path runs through here).
pub fn event(data: &str) -> Result<Event<'_>, DecodeError> {
    let _ = data;
    todo!()
}
