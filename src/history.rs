//! The history of a run: what was asked for, what was answered, who was connected, what arrived.
//!
//! This is the contract between the edges, which make the history, and [`crate::verify`], which judges it. Every judgement is a
//! function of these facts and of nothing else, so a hand-written history can be judged as well as a real one.

use crate::ids::{AppId, Audience, EventId};
use crate::time::Time;

/// A push, as it stood when it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Push {
    /// When the schedule wanted it.
    pub intended: Time,
    /// Just before the first byte of the trigger left.
    pub sent: Time,
    /// The app it was asked for in.
    pub app: AppId,
    /// Whom it is aimed at.
    pub audience: Audience,
    /// The event name it was asked for under.
    pub event: EventId,
    /// Its place among the pushes of its lane for the same app and audience, from zero.
    pub stream_seq: u32,
}

/// How the asking for a push ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The target said yes: every expected delivery must happen.
    Accepted,
    /// The target said no: no delivery may happen.
    Rejected,
    /// Nobody knows (time-out, 5xx, connection lost): deliveries may happen.
    Unknown,
}

/// Why a socket is no longer connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leave {
    /// We closed it.
    Ours,
    /// The server left the namespace (Socket.IO DISCONNECT).
    ServerDisconnect,
    /// The server closed the Engine.IO session or the WebSocket in an orderly way.
    ServerClose,
    /// The connection ended without a close: reset, or end of stream.
    ConnectionLost,
    /// No ping came within the time the handshake promised.
    PingTimeout,
    /// The server sent what the protocol does not allow.
    ProtocolError,
}

impl Leave {
    /// The cause in words, for reports.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Ours => "closed by pushproof",
            Self::ServerDisconnect => "disconnected by the server",
            Self::ServerClose => "closed by the server",
            Self::ConnectionLost => "connection lost",
            Self::PingTimeout => "no ping within the promised time",
            Self::ProtocolError => "protocol error by the server",
        }
    }
}
