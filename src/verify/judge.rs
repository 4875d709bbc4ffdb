//! The fold over one shard's sockets.
//!
//! What an arrival is, by the first that fits:
//!
//! 1. **no push can be told from it** (no tag of this run, a damaged one, one that fits no push): `premature` if it came before
//!    CONNECT was accepted, else `phantom`;
//! 2. **its socket is not of the audience**: `misdelivered`, whatever else is wrong with it: a breach of isolation must not hide
//!    under a milder name;
//! 3. **it came before CONNECT was accepted**: `premature`. It does not count as the push's arrival: a copy that comes afterwards, as
//!    it should, is the first;
//! 4. **it came in a namespace that the socket never joined**: `phantom`, every copy;
//! 5. **the push could not have come to this connection, or not any more, or was refused** (see [`super::standing`]): `phantom`, every
//!    copy. Whether the refusal was known when it arrived makes no difference in the end;
//! 6. **the push had arrived at this connection**: `duplicated`;
//! 7. **otherwise** it is `delivered`, once for each push and connection, and may be harmed in several ways, each counted: `misrouted`,
//!    `corrupted`, `reordered`, `late`. A push that comes after it is over, but before judging ends, is late and not lost.
//!
//! **Order.** A delivery is `reordered` if a push of its audience that arrived before it at this connection (harmed or not, or refused,
//! but no other phantom and not premature) was sent only after it had been accepted: in the same lane always, across lanes by the clock,
//! strictly. A push whose outcome is unknown is not held to any order: nobody can tell when the target was done with it.
//!
//! **Time.** The deadline counts from the sending of the push, not from its intended time: what the generator delays is not the
//! target's fault, and shows in the latencies instead. Nor is it the target's fault if the generator reads late: a delivery is late
//! only if it came after the deadline even at the earliest moment at which it may have come.
//!
//! **Pushes let go** (see [`settling`]) were accepted, are over, and are missing at no connection that was there for them: what comes of
//! them still is `phantom` at a connection that was not there when they were sent, and `duplicated` at any other.

mod arriving;
mod going_on;
mod pairs;
mod settling;
mod silent;
mod sockets;
mod unnamed;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::equal::json_equal;
use super::finding::{Class, Counts, Example, Findings};
use super::in_flight::InFlight;
use super::kept::Kept;
use super::ledger::{Entry, Ledger, StreamKey, View};
use super::recent::Recent;
use super::rules::{Arrival, Judged, Rules, Source, Way};
use super::settled::Settled;
use super::streams::Streams;
use super::tag::{Found, Tag};
use super::untagged::Untagged;
use crate::history::{Leave, Left, Push};
use crate::ids::{AppId, Audience, PushId, SocketId, UserId};
use crate::time::Time;
pub use sockets::Slot;
use sockets::Sockets;

/// Judges what arrives at the sockets of one shard.
pub struct Judge {
    rules: Arc<Rules>,
    pushes: View,
    source: Arc<dyn Source>,
    recent: Recent,
    sockets: Sockets,
    findings: Findings,
    /// What is known for good of the pushes that have settled; joins the findings when judging ends.
    settled: Settled,
    /// Settled pushes that had come and turned out to be refused.
    refused: u64,
    in_flight: InFlight,
    /// The first push of each lane that has not settled.
    floor: Vec<u32>,
    /// How many batches of settled pushes there have been.
    batches: u32,
    /// The last ones: those by which some socket cannot be judged yet.
    pending: VecDeque<Arc<Streams>>,
    kept: Kept,
    /// Settled pushes with an unknown outcome.
    unknown: HashMap<StreamKey, u32>,
    untagged: Untagged,
    /// Where pushes were told by count before their answer. Were one refused, what came may have been another that was free to come.
    doubtful: HashSet<(PushId, u32)>,
    /// Empty but for a moment: kept for its room.
    slots: Vec<u32>,
}

impl Judge {
    /// A judge of no sockets yet.
    pub fn new(rules: Arc<Rules>, ledger: Arc<Ledger>, source: Arc<dyn Source>) -> Self {
        let lanes = ledger.lanes() as usize;
        let untagged = Untagged::new(&rules, lanes);
        Self {
            pushes: View::new(ledger),
            source,
            recent: Recent::default(),
            sockets: Sockets::new(lanes),
            findings: Findings::of_triggers(rules.parts()),
            settled: Settled::new(&rules),
            refused: 0,
            in_flight: InFlight::default(),
            floor: vec![0; lanes],
            batches: 0,
            pending: VecDeque::new(),
            kept: Kept::default(),
            unknown: HashMap::new(),
            untagged,
            doubtful: HashSet::new(),
            slots: Vec::new(),
            rules,
        }
    }

    /// Counts of what was seen as it arrived: these never fall. What is known only when judging ends is not among them, and what was
    /// found of pushes in flight is taken back then if they were refused.
    pub fn counts(&self) -> &Counts {
        &self.findings.counts
    }

    /// The same counts with examples, as far as violations are seen as they arrive.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Takes in a socket of the plan, connected or not: from here on it is accounted for, whether it ever connects or not.
    pub fn plan(&mut self, socket: SocketId, user: UserId, app: AppId) {
        self.sockets.plan(socket, user, app, self.batches);
    }

    /// A connection of a socket is about to be made. A socket has one at a time: the one before has left, or is leaving.
    pub fn open(&mut self, socket: SocketId, user: UserId, app: AppId) -> Slot {
        let place = self.sockets.plan(socket, user, app, self.batches);
        let unknown = |audience| self.unknown.get(&StreamKey { app, audience });
        let unknown_before = [Audience::Everyone, Audience::User(user)].map(unknown);
        let unknown_before = unknown_before.into_iter().flatten().sum();
        self.sockets
            .open(place, self.batches, unknown_before, &self.floor)
    }

    /// CONNECT is about to be sent: before that the socket is surely not connected. Untold, it is taken for connected no earlier than
    /// its acceptance was read.
    pub fn connecting(&mut self, slot: Slot, at: Time) {
        if let Some(connection) = self.sockets.get(slot) {
            connection.presence.connecting(at);
        }
    }

    /// The socket's CONNECT was accepted; this is when that was read.
    pub fn connected(&mut self, slot: Slot, at: Time) {
        if let Some(connection) = self.sockets.get(slot) {
            connection.presence.connected(at);
            self.settled.of_any().allowed +=
                u64::from(std::mem::take(&mut connection.unknown_before));
            let socket = connection.socket;
            self.sockets.goes_on_with_nothing(socket);
        }
    }

    /// A sign of life, such as a ping, came after this: the `not_before` of [`Arrival`]. Events are signs of life without being told of.
    /// Without any, nothing can be judged for good as the run goes.
    pub fn heard(&mut self, slot: Slot, not_before: Time) {
        if let Some(connection) = self.sockets.get(slot) {
            connection.presence.heard(not_before);
        }
    }

    /// The goodbye is about to be sent. Whatever still comes is taken until [`Judge::left`].
    pub fn leaving(&mut self, slot: Slot, at: Time) {
        if let Some(connection) = self.sockets.get(slot) {
            connection.presence.leaving(at);
        }
    }

    /// The connection is gone, or never came about. Told twice, the first holds. A socket that connects again is opened again.
    pub fn left(&mut self, slot: Slot, left: Left) {
        let Some(connection) = self.sockets.get(slot) else {
            return;
        };
        if connection.presence.has_connected() {
            connection.presence.left(left);
            if left.cause == Leave::Stuck {
                let (socket, since) = (connection.socket, connection.presence.gone_by());
                self.sockets.stop(socket, since);
            }
        } else {
            self.sockets.end(slot.index());
        }
    }

    /// Whether what is pushed under this name has no arguments.
    pub fn says_nothing(&self, event: &str) -> bool {
        let untagged = self.untagged.event(event);
        untagged.is_some_and(|(_, payload)| payload.is_empty())
    }

    /// The tag in a payload: what [`super::Tagger::find`] finds.
    #[inline]
    pub fn find(&mut self, payload: &str) -> Option<Found> {
        self.recent.find(&self.rules.tagger, payload.as_bytes())
    }

    /// Which push an event is, by the tag in it or, where its name says that it has none, by what is awaited.
    #[inline]
    pub fn identify(&mut self, slot: Slot, arrival: &Arrival<'_>) -> Option<Found> {
        let found = self.find(arrival.payload);
        found.or_else(|| self.unnamed(slot, arrival, false))
    }

    /// As [`Judge::identify`], of an event with binary attachments: intact if the push carries bytes, and these are they.
    pub fn identify_binary<B: AsRef<[u8]>>(
        &mut self,
        slot: Slot,
        arrival: &Arrival<'_>,
        attachments: &[B],
    ) -> Option<Found> {
        let found = self.find_binary(arrival.payload, attachments);
        found.or_else(|| {
            // What carries no tag has no attachments either.
            let unnamed = self.unnamed(slot, arrival, false)?;
            Some(Found {
                intact: false,
                ..unnamed
            })
        })
    }

    /// An event arrived.
    pub fn arrived(&mut self, slot: Slot, arrival: Arrival<'_>) -> Judged {
        let found = self.identify(slot, &arrival);
        self.arrived_as(slot, arrival, found, Way::Text)
    }

    /// An event arrived in a namespace that the socket never joined, where no push can be meant for it.
    pub fn arrived_elsewhere(&mut self, slot: Slot, arrival: Arrival<'_>) -> Judged {
        let found = self.rules.tagger.find(arrival.payload.as_bytes());
        self.arrived_as(slot, arrival, found, Way::Elsewhere)
    }

    /// An event with binary attachments arrived. Unless its push carries bytes it is harmed at best.
    pub fn arrived_binary<B: AsRef<[u8]>>(
        &mut self,
        slot: Slot,
        arrival: Arrival<'_>,
        attachments: &[B],
    ) -> Judged {
        let found = self.identify_binary(slot, &arrival, attachments);
        self.arrived_as(slot, arrival, found, Way::Binary)
    }
}

impl Judge {
    /// The tag in a payload with attachments. It is intact if its push carries bytes, and these are they.
    pub fn find_binary<B: AsRef<[u8]>>(&self, payload: &str, attachments: &[B]) -> Option<Found> {
        let found = self.rules.tagger.find_within(payload, attachments)?;
        Some(Found {
            intact: found.intact && self.is_as_bytes(&found.tag, payload, attachments.len()),
            ..found
        })
    }

    /// Whether an event with so many attachments is what a push of bytes comes as: one attachment, and nothing but its placeholder.
    fn is_as_bytes(&self, tag: &Tag, payload: &str, attachments: usize) -> bool {
        attachments == 1 && self.source.is_binary(tag) && json_equal(payload, PLACEHOLDER)
    }
}

/// What stands for the one attachment. The verifier takes nothing of the protocol's code for granted, so it has its own.
const PLACEHOLDER: &str = r#"{"_placeholder":true,"num":0}"#;

fn example(
    sockets: &Sockets,
    class: Class,
    slot: u32,
    known: Option<(PushId, Option<Entry>)>,
) -> Example {
    let socket = sockets.of(slot);
    let entry = known.and_then(|(_, entry)| entry);
    Example {
        class,
        push: known.map(|(id, _)| id),
        sent: entry.map(|entry| entry.push),
        answered: entry.and_then(|entry| entry.answer).map(|a| a.at),
        socket: socket.id,
        user: socket.user,
        app: socket.app,
        event: String::new(),
        arrived: None,
        detail: String::new(),
    }
}

/// The name a push was asked for under.
fn asked_name(rules: &Rules, push: &Push) -> String {
    let name = rules.events.get(push.event.index());
    name.cloned().unwrap_or_default()
}

/// Names come from the network: an example keeps the start of a long one.
fn shortened(name: &str) -> String {
    const MOST: usize = 200;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
