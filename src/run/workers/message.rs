//! What the run and its workers tell each other.
//!
//! One message after the other, in order, each way. Nothing here knows what carries them.
//!
//! ```text
//! run                                   worker
//!  ── Assign ───────────────────────▶    starts its shards
//!  ◀─────────────────────────── Ready ──
//!  ── Start at T ───────────────────▶    its users log in and connect
//!  ◀──────── Note, Login, Beat … ──────
//!  ── Order, Pushing, Pushed ───────▶
//!  ── Sent, Answered, Told, Settle … ▶   its copy of the ledger
//!  ── Finish ───────────────────────▶    judges
//!  ◀─────────────────────────── Final ──
//!  ── Order(Leave), end ────────────▶    ends
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Origin;
use crate::fleet::arrive::LoginNote;
use crate::fleet::nodes::Place;
use crate::fleet::shard::{Finished, Note, Order};
use crate::history::Push;
use crate::ids::PushId;
use crate::scenario::Access;
use crate::summary::Generator;
use crate::time::Time;
use crate::verify::Answer;

/// The version of the messages: both ends are of one build, or do not talk.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// To a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToWorker {
    /// What it is to do; the first message.
    Assign(Box<Assign>),
    /// Its users come in from this time on.
    Start {
        /// When.
        at: Time,
    },
    /// No more users come in.
    StopArrivals,
    /// Pushes begin.
    Pushing,
    /// The last push has its answer.
    Pushed,
    /// What all sockets are to do.
    Order(Order),
    /// A push is about to be sent.
    Sent(PushId, Push),
    /// A push was answered.
    Answered(PushId, Answer),
    /// All pushes sent by then have been told of.
    Told(Time),
    /// The same, and what has settled by then can be judged.
    Settle(Time),
    /// All pushes and answers have been told of: judge what has come by now.
    Finish,
}

/// What a worker is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Assign {
    /// See [`VERSION`].
    pub(super) version: String,
    /// The plan as JSON.
    pub(super) plan: String,
    /// The passwords' template, which is not part of that.
    pub(super) password: String,
    /// Who the users are and what they show, as JSON, which is not part of it either.
    pub(super) users: String,
    /// How the target is spoken to, as JSON, with what came from the environment.
    pub(super) spoken: String,
    /// Certificates and proxies of the run's machine and environment.
    pub(super) access: Access,
    /// The target.
    pub(super) places: Vec<Place>,
    /// The worker's first shard ...
    pub(super) first: usize,
    /// ... how many it has ...
    pub(super) here: usize,
    /// ... of how many.
    pub(super) all: usize,
    /// The run's clock.
    pub(super) origin: Origin,
}

/// From a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum FromWorker {
    /// It has started its shards.
    Ready,
    /// It could not.
    Trouble(String),
    /// A shard's.
    Note(Note),
    /// A user's.
    Login(LoginNote),
    /// It is alive, and each of its threads has been away for so long in all.
    Beat(Vec<Duration>),
    /// Everything that it knows.
    Final(Box<Final>),
}

/// Everything that a worker knows at the end.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::run) struct Final {
    /// Its shards; `None`: one that failed.
    pub(super) shards: Vec<(usize, Option<Finished>)>,
    /// How it fared itself.
    pub(super) generator: Generator,
    /// Its sockets that were connected when pushing began.
    pub(super) connected: u64,
}
