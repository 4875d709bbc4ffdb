//! Names for the things a run counts. A newtype each, so that a lane can never be passed for a socket.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! index_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// The number as an index into a table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

index_type! {
    /// An app (tenant) by its place in the plan's list of apps.
    AppId
}
index_type! {
    /// A simulated user by its place in the plan's list of users; unique over all apps.
    UserId
}
index_type! {
    /// One Socket.IO connection of a user by its place in the plan.
    SocketId
}
index_type! {
    /// One sequential trigger worker.
    Lane
}
index_type! {
    /// An event name by its place in the plan's list of names.
    EventId
}
index_type! {
    /// Place of a push in its lane, counted from zero.
    Seq
}

/// One push: the lane that asked for it and its place in that lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PushId {
    /// The lane that asked for the push.
    pub lane: Lane,
    /// Its place in that lane.
    pub seq: Seq,
}

impl fmt::Display for PushId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.lane, self.seq)
    }
}

/// Who a push is aimed at, within one app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Audience {
    /// `*`: every connected socket of the app.
    Everyone,
    /// Every connected socket of one user.
    User(UserId),
}
