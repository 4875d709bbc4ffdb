//! Engine.IO revision 4 packets: <https://github.com/socketio/engine.io-protocol>.
//!
//! One packet is one WebSocket frame (text: type digit + data; binary: raw data), or one part of an HTTP long-polling body
//! (parts joined by U+001E; binary parts are `b` + base64).

use std::borrow::Cow;

/// The separator of packets in one HTTP long-polling body.
pub const SEPARATOR: char = '\u{1e}';

/// One Engine.IO packet, borrowing from the bytes it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// `0`: the server's handshake, a JSON object (see [`Handshake`]).
    Open(&'a str),
    /// `1`: the transport can be closed.
    Close,
    /// `2`: heartbeat by the server, or `2probe` by an upgrading client.
    Ping(&'a str),
    /// `3`: answer to a ping, with the same data.
    Pong(&'a str),
    /// `4`: a message, here the text of a Socket.IO packet.
    Message(&'a str),
    /// `5`: the client has moved to the probed transport.
    Upgrade,
    /// `6`: releases a pending poll during an upgrade.
    Noop,
    /// A binary message: a raw WebSocket binary frame, or `b` + base64 in polling.
    Binary(Cow<'a, [u8]>),
}

/// Why bytes are not an Engine.IO packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No packet type: the frame or part was empty.
    #[error("empty packet")]
    Empty,
    /// The first character is not a packet type.
    #[error("unknown Engine.IO packet type {0:?}")]
    UnknownType(char),
    /// A packet type that carries nothing came with data.
    #[error("unexpected data after Engine.IO packet type {0:?}")]
    UnexpectedData(char),
    /// A `b` part that is not valid standard base64.
    #[error("invalid base64 in a binary packet")]
    Base64,
}

/// Reads one text packet: a WebSocket text frame. (`b…` is no packet here; a binary frame is [`Packet::Binary`] as it stands.)
pub fn decode(text: &str) -> Result<Packet<'_>, DecodeError> {
    let _ = text;
    todo!()
}

/// Reads the packets of one HTTP long-polling body, in order. Ends after the first error.
pub fn decode_payload(body: &str) -> impl Iterator<Item = Result<Packet<'_>, DecodeError>> {
    let _ = body;
    std::iter::empty()
}

/// Appends one packet as it stands in a long-polling body, or (all but [`Packet::Binary`]) in a WebSocket text frame.
pub fn encode(packet: &Packet<'_>, out: &mut String) {
    let _ = (packet, out);
    todo!()
}

/// The data of the open packet.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    /// Engine.IO session id: a bearer secret of the polling transport, never the Socket.IO id.
    pub sid: String,
    /// Transports the client may upgrade to.
    pub upgrades: Vec<String>,
    /// Milliseconds between the server's pings.
    pub ping_interval: u64,
    /// Milliseconds the server waits for a pong.
    pub ping_timeout: u64,
    /// Largest number of bytes in one polling body or WebSocket message.
    pub max_payload: u64,
}
