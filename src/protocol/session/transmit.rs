//! What the session's driver has to write.

use std::mem;

use crate::protocol::engine;
use crate::protocol::socket::{self, Packet, PacketType};

/// What the driver has to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transmit {
    /// The answer to a ping, with the ping's data.
    Pong(Box<str>),
    /// Ask for the namespace; the auth is the driver's (see [`encode_connect`]).
    Connect,
    /// Leave the namespace.
    Disconnect,
    /// Close the Engine.IO connection.
    Close,
}

impl Transmit {
    /// Appends the WebSocket text frame. `namespace` is the session's, `auth` the JSON object to send with CONNECT, or empty.
    pub fn encode(&self, namespace: &str, auth: &str, out: &mut String) {
        match self {
            Self::Pong(data) => engine::encode(&engine::Packet::Pong(data), out),
            Self::Connect => encode_connect(namespace, auth, out),
            Self::Disconnect => encode_packet(PacketType::Disconnect, namespace, "", out),
            Self::Close => engine::encode(&engine::Packet::Close, out),
        }
    }
}

/// Appends the WebSocket text frame that asks for a namespace. `auth` is a JSON object, or empty.
pub fn encode_connect(namespace: &str, auth: &str, out: &mut String) {
    encode_packet(PacketType::Connect, namespace, auth, out);
}

/// What the session owes to the server.
#[derive(Debug, Default)]
pub(super) struct Owed {
    /// The data of a ping to answer. One is enough: the driver writes after every frame, and a server that pings faster than that
    /// gets its newest ping answered.
    pub(super) pong: Option<Box<str>>,
    pub(super) connect: bool,
    pub(super) disconnect: bool,
    pub(super) close: bool,
}

impl Owed {
    /// The next thing to write, in the order in which it makes sense on the wire.
    pub(super) fn poll(&mut self) -> Option<Transmit> {
        if let Some(data) = self.pong.take() {
            Some(Transmit::Pong(data))
        } else if mem::take(&mut self.connect) {
            Some(Transmit::Connect)
        } else if mem::take(&mut self.disconnect) {
            Some(Transmit::Disconnect)
        } else if mem::take(&mut self.close) {
            Some(Transmit::Close)
        } else {
            None
        }
    }
}

/// Appends a Socket.IO packet in its Engine.IO message.
fn encode_packet(kind: PacketType, namespace: &str, data: &str, out: &mut String) {
    engine::encode(&engine::Packet::Message(""), out);
    let packet = Packet {
        kind,
        attachments: 0,
        namespace,
        id: None,
        data,
    };
    socket::encode(&packet, out);
}
