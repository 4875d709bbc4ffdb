//! What a journal tells.
//!
//! In bytes ([`super::encode`], [`super::decode`]) a fact is a byte that says which, and the numbers of it, each as the difference from
//! the one before in the same block. A block begins anew, so that it can be read without those before it. docs/journal.md has the form
//! of every fact.

use crate::history::{Left, Push, Reply, Request};
use crate::ids::{AppId, PushId, SocketId, UserId};
use crate::time::Time;
use crate::verify::{Answer, Found, Way};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<'a> {
    /// A socket of the plan is the shard's, whether it ever connects or not.
    Planned {
        /// The socket.
        socket: SocketId,
        /// Who holds it.
        user: UserId,
        /// That user's app.
        app: AppId,
    },
    /// A socket is about to connect, and has a slot from now on: a new one, or that of a connection that has left.
    Opened {
        /// Its slot.
        slot: u32,
        /// The socket.
        socket: SocketId,
        /// Who holds it.
        user: UserId,
        /// That user's app.
        app: AppId,
    },
    /// Its CONNECT leaves.
    Connecting {
        /// Which.
        slot: u32,
        /// When.
        at: Time,
    },
    /// Its CONNECT was accepted.
    Connected {
        /// Which.
        slot: u32,
        /// When.
        at: Time,
    },
    /// The same of one that goes on where the last connection of its socket ended.
    WentOn {
        /// Which.
        slot: u32,
        /// When.
        at: Time,
    },
    /// A sign of life was read.
    Heard {
        /// Which.
        slot: u32,
        /// When.
        at: Time,
    },
    /// Its goodbye is about to be sent.
    Leaving {
        /// Which.
        slot: u32,
        /// When.
        at: Time,
    },
    /// It is gone.
    Left {
        /// Which.
        slot: u32,
        /// When, and why.
        left: Left,
    },
    /// The same of one where the next connection of its socket may go on.
    LeftForNow {
        /// Which.
        slot: u32,
        /// When, and why.
        left: Left,
    },
    /// The socket, which may have gone on, does not come back.
    Forsaken {
        /// Which.
        socket: SocketId,
    },
    /// A push arrived as it was sent: under the name that was asked for, its payload byte for byte the same.
    Came {
        /// Where.
        slot: u32,
        /// When.
        moment: Moment,
        /// Which.
        push: PushId,
    },
    /// The same, so late that the push may have been let go of: with its place in its stream, what its tag says follows from the seed.
    CameLate {
        /// Where.
        slot: u32,
        /// When.
        moment: Moment,
        /// Which.
        push: PushId,
        /// Its place in its stream.
        stream_seq: u32,
    },
    /// Anything else arrived.
    CameOtherwise {
        /// Where.
        slot: u32,
        /// When.
        moment: Moment,
        /// What.
        event: Event<'a>,
    },
    /// A push is about to be asked for.
    Sent(PushId, Push),
    /// It was answered.
    Answered(PushId, Answer),
    /// The pushes that were over at this time became a batch: of the pushes.
    Batch {
        /// Which, from 0.
        number: u32,
        /// When.
        at: Time,
    },
    /// The sockets were judged by that batch: of the sockets.
    Settled {
        /// Which.
        number: u32,
        /// When.
        at: Time,
    },
    /// A socket emitted an event, and awaits an answer.
    Requested(Request),
    /// It is known what came of that, or an ack came that belongs to none.
    Replied {
        /// Which.
        request: Request,
        /// What.
        reply: Reply,
        /// When.
        at: Time,
        /// What the ack carried, if it is not the right answer: JSON without the outer brackets.
        answer: &'a str,
    },
}

/// When an event arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When the harness had it.
    pub at: Time,
    /// How long it had lain in the kernel by then, in whole microseconds, if that is known.
    pub waited_us: Option<u32>,
    /// It cannot have arrived before.
    pub not_before: Time,
    /// It was judged knowing that the target had refused the push.
    pub refused: bool,
}

/// An event as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// Whether CONNECT had not been accepted.
    pub premature: bool,
    /// How it came.
    pub way: Way,
    /// Its name.
    pub name: &'a str,
    /// Its arguments, as JSON without the outer brackets.
    pub payload: &'a str,
    /// Its attachments.
    pub attachments: Vec<&'a [u8]>,
    /// `None`: all of it is here.
    pub cut: Option<Cut>,
}

/// What an event was that is too large to be kept, of which only the start is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The tag that was found in it; `intact`: its payload is, as a value, what was sent.
    pub found: Option<Found>,
    /// Whether its name was the one asked for.
    pub named: bool,
    /// Bytes of its payload and attachments.
    pub length: u64,
    /// XXH3 (64 bits) of its payload.
    pub digest: u64,
}

/// A block whose bytes are whole and make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nonsense;
