//! The history of a run: what was asked for, what was answered, who was connected, what arrived.
//!
//! This is the contract between the edges, which make the history, and [`crate::verify`], which judges it. Every judgement is a
//! function of these facts and of nothing else, so a hand-written history can be judged as well as a real one.

mod request;

use serde::{Deserialize, Serialize};

pub use self::request::{Reply, Request};
use crate::ids::{AppId, Audience, EventId};
use crate::time::Time;

/// A push, as it stood when it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

/// When something that arrived was read, and since when it had lain there to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// When the harness had it.
    pub at: Time,
    /// How long before that the kernel had the last byte of what was read at once, in whole microseconds: so long at least it had waited for
    /// the harness. `None`: the kernel gave no receive time stamp, or none that can be relied on.
    pub waited_us: Option<u32>,
}

impl Stamp {
    /// Read at `at`, received by the kernel at `reached`.
    pub fn new(at: Time, reached: Option<Time>) -> Self {
        let waited = |reached| u32::try_from((at - reached).as_micros()).unwrap_or(u32::MAX);
        Self {
            at,
            waited_us: reached.map(waited),
        }
    }
}

/// How the asking for a push ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// The target said yes: every expected delivery must happen.
    Accepted,
    /// The target said no: no delivery may happen.
    Rejected,
    /// Nobody knows (time-out, 5xx, connection lost): deliveries may happen.
    Unknown,
}

/// Why a socket is no longer connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Leave {
    /// We closed it with a goodbye: the scenario says so, or the run is over.
    Ours,
    /// We cut it off without a word, because the scenario says so.
    OursAbrupt,
    /// The server left the namespace (Socket.IO DISCONNECT).
    ServerDisconnect,
    /// The server closed the Engine.IO session or the WebSocket in an orderly way.
    ServerClose,
    /// The connection ended without a close: reset, or end of stream.
    ConnectionLost,
    /// No ping came within the time the handshake promised.
    PingTimeout,
    /// The server closed the WebSocket because it has too much to do, or restarts: close code 1012 or 1013.
    Overload,
    /// The server sent what the protocol does not allow.
    ProtocolError,
    /// We stopped reading, because the scenario says so. The connection may be there yet; nothing of it is heard.
    Stuck,
    /// The server ended it after we had neglected what we owe it, because the scenario says so: it read slowly, or answered no pings.
    Evicted,
    /// We ended it: no ping had been answered for as long as the handshake allows, because the scenario says so, and the server had not
    /// ended it.
    Overdue,
}

/// The end of a connection. Nothing arrives after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Until then it was certainly connected: the last sign of life. For one that left politely its goodbye counts if that was before.
    pub after: Time,
    /// By then it was certainly gone: when we noticed.
    pub by: Time,
    /// Why it ended.
    pub cause: Leave,
}

impl Leave {
    /// Every way to end without our doing.
    pub const DEATHS: [Self; 6] = [
        Self::ConnectionLost,
        Self::ServerDisconnect,
        Self::ServerClose,
        Self::PingTimeout,
        Self::Overload,
        Self::ProtocolError,
    ];

    /// What a WebSocket close frame with this code means. 1012 is "service restart", 1013 "try again later" (the registry of RFC 6455
    /// §7.4.2): both say that the server, and not this connection, is in trouble. Any other code is an orderly close.
    pub fn of_close_code(code: Option<u16>) -> Self {
        match code {
            Some(1012 | 1013) => Self::Overload,
            _ => Self::ServerClose,
        }
    }

    /// Whether the connection ended without our doing.
    pub fn is_death(self) -> bool {
        !matches!(self, Self::Ours | Self::OursAbrupt) && !self.is_neglect()
    }

    /// Whether the connection ended for what the scenario has the socket neglect.
    pub fn is_neglect(self) -> bool {
        matches!(self, Self::Stuck | Self::Evicted | Self::Overdue)
    }

    /// The cause in a word that programs may rely on.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursAbrupt => "ours_abrupt",
            Self::ServerDisconnect => "kick",
            Self::ServerClose => "close",
            Self::ConnectionLost => "network",
            Self::PingTimeout => "ping_timeout",
            Self::Overload => "overload",
            Self::ProtocolError => "protocol_error",
            Self::Stuck => "stuck",
            Self::Evicted => "evicted",
            Self::Overdue => "overdue",
        }
    }

    /// The cause in words, for reports.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Ours => "closed by pushproof",
            Self::OursAbrupt => "cut off by pushproof",
            Self::ServerDisconnect => "disconnected by the server",
            Self::ServerClose => "closed by the server",
            Self::ConnectionLost => "connection lost",
            Self::PingTimeout => "no ping within the promised time",
            Self::Overload => "closed by the server for overload or restart",
            Self::ProtocolError => "protocol error by the server",
            Self::Stuck => "no longer read by pushproof",
            Self::Evicted => "ended by the server for what pushproof neglected",
            Self::Overdue => "not ended by the server although no ping was answered",
        }
    }
}
