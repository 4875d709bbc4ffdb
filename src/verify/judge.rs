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
//! 5. **the push was refused, or could not have come to this socket** (see [`super::standing`]): `phantom`, every copy. Whether the
//!    refusal was known when it arrived makes no difference in the end;
//! 6. **the push had arrived at this socket**: `duplicated`;
//! 7. **otherwise** it is `delivered`, once for each push and socket, and may be harmed in several ways, each counted: `misrouted`,
//!    `corrupted`, `reordered`, `late`. A push that comes after it has settled, but before judging ends, is late and not lost.
//!
//! **Order.** A delivery is `reordered` if a push of its audience that arrived before it at this socket (harmed or not, or as a
//! phantom, but not premature) was sent only after it had been accepted: in the same lane always, across lanes by the clock,
//! strictly. A push whose outcome is unknown is not held to any order: nobody can tell when the target was done with it.
//!
//! **Time.** The deadline counts from the sending of the push, not from its intended time: what the generator delays is not the
//! target's fault, and shows in the latencies instead.

mod ending;

use std::sync::Arc;

use super::equal::json_equal;
use super::finding::{Class, Counts, Example, Findings};
use super::gaps::Seen;
use super::in_flight::InFlight;
use super::ledger::{Entry, Ledger};
use super::rules::{Arrival, Judged, Ordering, Rules, Source};
use super::standing::Presence;
use super::tag::{Found, Tag};
use crate::history::{Outcome, Push};
use crate::ids::{AppId, Audience, PushId, SocketId, UserId};
use crate::time::Time;

/// A socket's place in its judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(u32);

#[derive(Debug)]
struct Socket {
    id: SocketId,
    user: UserId,
    app: AppId,
    presence: Presence,
    /// The latest send time among the pushes that have arrived.
    latest_sent: Time,
}

impl Socket {
    fn is_of(&self, app: AppId, audience: Audience) -> bool {
        self.app == app
            && match audience {
                Audience::Everyone => true,
                Audience::User(user) => user == self.user,
            }
    }
}

/// What one socket has seen of one lane.
#[derive(Debug, Default)]
struct LaneSeen {
    everyone: Seen,
    user: Seen,
    /// One past the highest sequence number that has arrived.
    end: u32,
}

impl LaneSeen {
    fn of(&mut self, audience: Audience) -> &mut Seen {
        match audience {
            Audience::Everyone => &mut self.everyone,
            Audience::User(_) => &mut self.user,
        }
    }
}

/// How an event came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As text, where it should.
    Text,
    /// With attachments.
    Binary,
    /// In a namespace that the socket never joined.
    Elsewhere,
}

/// A push that an arrival names.
type Known = (PushId, Entry);

/// Judges what arrives at the sockets of one shard.
pub struct Judge {
    rules: Arc<Rules>,
    ledger: Arc<Ledger>,
    source: Arc<dyn Source>,
    sockets: Vec<Socket>,
    /// `lanes` entries for each socket, side by side.
    seen: Vec<LaneSeen>,
    lanes: usize,
    findings: Findings,
    in_flight: InFlight,
}

impl Judge {
    /// A judge of no sockets yet.
    pub fn new(rules: Arc<Rules>, ledger: Arc<Ledger>, source: Arc<dyn Source>) -> Self {
        let lanes = ledger.lanes() as usize;
        Self {
            rules,
            ledger,
            source,
            sockets: Vec::new(),
            seen: Vec::new(),
            lanes,
            findings: Findings::default(),
            in_flight: InFlight::default(),
        }
    }

    /// Counts so far. `expected`, `allowed` and `lost` are known only when judging ends; and what was found of pushes in flight is taken
    /// back then if they were refused.
    pub fn counts(&self) -> &Counts {
        &self.findings.counts
    }

    /// Takes in a socket that is about to connect. One that connects again is another.
    pub fn open(&mut self, socket: SocketId, user: UserId, app: AppId) -> Slot {
        self.sockets.push(Socket {
            id: socket,
            user,
            app,
            presence: Presence::NONE,
            latest_sent: Time::ZERO,
        });
        self.seen
            .resize_with(self.seen.len() + self.lanes, LaneSeen::default);
        Slot(self.sockets.len() as u32 - 1)
    }

    /// The socket's CONNECT was accepted.
    pub fn connected(&mut self, slot: Slot, at: Time) {
        self.socket_mut(slot).presence.connected(at);
    }

    /// The socket is gone. Told twice, the earlier time holds.
    pub fn left(&mut self, slot: Slot, at: Time) {
        self.socket_mut(slot).presence.left(at);
    }

    /// An event arrived.
    pub fn arrived(&mut self, slot: Slot, arrival: Arrival<'_>) -> Judged {
        let found = self.rules.tagger.find(arrival.payload.as_bytes());
        self.judge(slot, arrival, found, Way::Text)
    }

    /// An event arrived in a namespace that the socket never joined, where no push can be meant for it.
    pub fn arrived_elsewhere(&mut self, slot: Slot, arrival: Arrival<'_>) -> Judged {
        let found = self.rules.tagger.find(arrival.payload.as_bytes());
        self.judge(slot, arrival, found, Way::Elsewhere)
    }

    /// An event with binary attachments arrived. No push of this run asks for one, so it is harmed at best.
    pub fn arrived_binary<B: AsRef<[u8]>>(
        &mut self,
        slot: Slot,
        arrival: Arrival<'_>,
        attachments: &[B],
    ) -> Judged {
        let tagger = &self.rules.tagger;
        let found = tagger
            .find(arrival.payload.as_bytes())
            .or_else(|| attachments.iter().find_map(|a| tagger.find(a.as_ref())));
        self.judge(slot, arrival, found, Way::Binary)
    }

    /// The rule at the top, line by line.
    fn judge(
        &mut self,
        slot: Slot,
        arrival: Arrival<'_>,
        found: Option<Found>,
        way: Way,
    ) -> Judged {
        let presence = self.socket(slot).presence;
        let premature = arrival.premature || !presence.has_connected();
        let (found, entry) = match self.explain(found) {
            Ok(explained) => explained,
            Err(detail) => {
                let class = if premature {
                    Class::Premature
                } else {
                    Class::Phantom
                };
                return self.violation(class, slot, arrival, None, detail);
            }
        };
        let id = found.tag.push;
        let known = Some((id, entry));
        if !self.socket(slot).is_of(entry.push.app, entry.push.audience) {
            let detail = "came outside its audience";
            return self.violation(Class::Misdelivered, slot, arrival, known, detail);
        }
        if premature {
            let detail = "came before CONNECT was accepted";
            return self.violation(Class::Premature, slot, arrival, known, detail);
        }
        if way == Way::Elsewhere {
            let detail = "came in a namespace that the socket never joined";
            return self.violation(Class::Phantom, slot, arrival, known, detail);
        }
        if presence.forbids(&entry, self.rules.settle) {
            self.was_overtaken(slot, id, &entry);
            let detail = if entry.outcome() == Outcome::Rejected {
                "the target had refused this push"
            } else {
                "the push was sent after this socket had left, or had settled before it connected"
            };
            return self.violation(Class::Phantom, slot, arrival, known, detail);
        }
        let lane = &mut self.seen[slot.0 as usize * self.lanes + id.lane.index()];
        if !lane.of(entry.push.audience).insert(entry.push.stream_seq) {
            let detail = "had already arrived at this socket";
            self.harm(Class::Duplicated, slot, arrival, (id, entry), detail);
            return Judged::Violation(Class::Duplicated);
        }
        self.findings.counts.delivered += 1;
        self.check_harm(slot, arrival, (id, entry), &found, way);
        Judged::Delivered(id, entry.push)
    }

    /// The push that a tag names. The tag has to fit it in every field: 32 bits of check alone let through one damaged tag in four
    /// thousand million.
    fn explain(&self, found: Option<Found>) -> Result<(Found, Entry), &'static str> {
        let found = found.ok_or("carries no tag of this run")?;
        let tag = found.tag;
        let entry = self.ledger.get(tag.push);
        let entry = entry.ok_or("its tag names a push that was never sent")?;
        let push = &entry.push;
        if tag.stream_seq == push.stream_seq
            && tag.app == push.app
            && tag.audience == push.audience
            && tag.event == push.event
        {
            Ok((found, entry))
        } else {
            Err("its tag does not fit the push that it names")
        }
    }

    /// What may be wrong with a delivery.
    fn check_harm(
        &mut self,
        slot: Slot,
        arrival: Arrival<'_>,
        known: Known,
        found: &Found,
        way: Way,
    ) {
        let (id, entry) = known;
        if self.was_overtaken(slot, id, &entry) {
            let detail = "came after a push that was sent only once this one had been accepted";
            self.harm(Class::Reordered, slot, arrival, known, detail);
        }
        let asked = self.rules.events.get(entry.push.event.index());
        if asked.is_none_or(|name| name != arrival.event) {
            let asked = asked.map_or("", String::as_str);
            let detail = format!("was asked for as {asked:?}");
            self.harm(Class::Misrouted, slot, arrival, known, &detail);
        }
        if way == Way::Binary || !(found.intact || self.same_value(&found.tag, arrival.payload)) {
            let detail = "its payload is not the one that was sent";
            self.harm(Class::Corrupted, slot, arrival, known, detail);
        }
        if arrival.at - entry.push.sent > self.rules.deadline {
            let detail = "came after the deadline";
            self.harm(Class::Late, slot, arrival, known, detail);
        }
    }

    /// Whether a push that has arrived was sent only after this one was accepted; and notes that this one has arrived.
    fn was_overtaken(&mut self, slot: Slot, id: PushId, entry: &Entry) -> bool {
        let accepted = entry.accepted_at();
        let socket = &mut self.sockets[slot.0 as usize];
        let by_the_clock = accepted.is_some_and(|at| at < socket.latest_sent);
        socket.latest_sent = socket.latest_sent.max(entry.push.sent);
        let lane = &mut self.seen[slot.0 as usize * self.lanes + id.lane.index()];
        // A lane sends in sequence, each push after the answer to the one before: there the order needs no clock.
        let in_lane = accepted.is_some() && id.seq.0 < lane.end;
        lane.end = lane.end.max(id.seq.0 + 1);
        match self.rules.ordering {
            Ordering::None => false,
            Ordering::Lane => in_lane,
            Ordering::Realtime => in_lane || by_the_clock,
        }
    }

    /// A violation that does not stand should the push be refused yet.
    fn harm(&mut self, class: Class, slot: Slot, arrival: Arrival<'_>, known: Known, detail: &str) {
        self.violation(class, slot, arrival, Some(known), detail);
        let (id, entry) = known;
        if entry.answer.is_none() {
            self.in_flight.note(id, class, &self.ledger);
        }
    }

    fn violation(
        &mut self,
        class: Class,
        slot: Slot,
        arrival: Arrival<'_>,
        known: Option<Known>,
        detail: &str,
    ) -> Judged {
        self.findings.count(class, 1);
        if self.findings.has_room(class) {
            let example = Example {
                event: shortened(arrival.event),
                arrived: Some(arrival.at),
                detail: detail.to_owned(),
                ..self.example(class, slot, known)
            };
            self.findings.keep(example);
        }
        Judged::Violation(class)
    }

    fn example(&self, class: Class, slot: Slot, known: Option<Known>) -> Example {
        let socket = self.socket(slot);
        Example {
            class,
            push: known.map(|(id, _)| id),
            sent: known.map(|(_, entry)| entry.push),
            answered: known.and_then(|(_, entry)| entry.answer).map(|a| a.at),
            socket: socket.id,
            user: socket.user,
            app: socket.app,
            event: String::new(),
            arrived: None,
            detail: String::new(),
        }
    }

    fn asked_name(&self, push: &Push) -> String {
        let name = self.rules.events.get(push.event.index());
        name.cloned().unwrap_or_default()
    }

    fn same_value(&self, tag: &Tag, payload: &str) -> bool {
        json_equal(payload, &self.source.payload(tag))
    }

    fn socket(&self, slot: Slot) -> &Socket {
        &self.sockets[slot.0 as usize]
    }

    fn socket_mut(&mut self, slot: Slot) -> &mut Socket {
        &mut self.sockets[slot.0 as usize]
    }
}

/// Names come from the network: an example keeps the start of a long one.
fn shortened(name: &str) -> String {
    const MOST: usize = 200;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
