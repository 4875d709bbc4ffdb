//! Requests: events that a socket emits itself, and what came of the ack that it asked for.

use serde::{Deserialize, Serialize};

use crate::ids::{SocketId, UserId};
use crate::time::Time;

/// An event that a socket emitted, with an ack wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its place in the schedule of all requests, from 0.
    pub number: u64,
    /// Who emitted it.
    pub socket: SocketId,
    /// Whose socket that is.
    pub user: UserId,
    /// When the schedule wanted it.
    pub intended: Time,
    /// When it was written.
    pub sent: Time,
}

/// What came of a request, or of an ack that belongs to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reply {
    /// The right answer.
    Right,
    /// Another one.
    Wrong,
    /// None in time, while the socket stayed connected.
    None,
    /// None before its connection ended.
    Gone,
    /// An ack of an id that was never given, or that had its ack already. There is no request then: its number is 0.
    Unasked,
    /// An ack of a request that had been given up: no violation beside that one.
    Late,
}

impl Reply {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Right,
        Self::Wrong,
        Self::None,
        Self::Gone,
        Self::Unasked,
        Self::Late,
    ];
}
