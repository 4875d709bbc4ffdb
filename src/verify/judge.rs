//! The fold over one shard's sockets.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::equal::json_equal;
use super::finding::{Class, Counts, Example, Findings};
use super::gaps::Seen;
use super::ledger::{Entry, Ledger, Stream, Streams};
use super::tag::{Found, Tag, Tagger};
use crate::history::{Outcome, Push};
use crate::ids::{AppId, Audience, Lane, PushId, SocketId, UserId};
use crate::time::Time;

/// Which orders are promised, and therefore checked. Always happens-before by answers, never by send times alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ordering {
    /// Nothing.
    None,
    /// Pushes of one lane: each is sent after the answer to the one before.
    Lane,
    /// Any two pushes of which one was accepted before the other was sent, whatever their lanes.
    #[default]
    Realtime,
}

/// What a judge goes by.
#[derive(Debug)]
pub struct Rules {
    /// Reads the tags of this run.
    pub tagger: Tagger,
    /// Event names by [`crate::ids::EventId`].
    pub events: Vec<String>,
    /// Which orders are checked.
    pub ordering: Ordering,
    /// How long after it was sent a push may arrive without being late.
    pub deadline: Duration,
    /// How long after its answer a push may still arrive at all.
    pub settle: Duration,
}

/// Makes the payload of a push again, for the rare delivery that is not byte for byte what was sent.
pub trait Source: Send + Sync {
    /// The payload, as JSON, of the push this tag belongs to.
    fn payload(&self, tag: &Tag) -> String;
}

/// A socket's place in its judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(u32);

/// An event as it arrived at a socket.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// When the harness had it.
    pub at: Time,
    /// The event name.
    pub event: &'a str,
    /// The arguments, as JSON without the outer brackets.
    pub payload: &'a str,
    /// Whether CONNECT had not been accepted yet.
    pub premature: bool,
}

/// What a delivery was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// The first arrival of a push at a socket of its audience, perhaps harmed: it has a latency.
    Delivered(PushId, Push),
    /// Anything else. It has been counted, and says nothing about latency.
    Violation(Class),
}

#[derive(Debug)]
struct Socket {
    id: SocketId,
    user: UserId,
    app: AppId,
    /// `Time::MAX` until CONNECT was accepted.
    connected: Time,
    /// `Time::MAX` while connected.
    left: Time,
    /// The latest send time among the pushes that have arrived.
    latest_sent: Time,
}

/// What one socket has seen of one lane.
#[derive(Debug, Default)]
struct LaneSeen {
    everyone: Seen,
    user: Seen,
    /// One past the highest sequence number that has arrived.
    end: u32,
}

/// How a (push, socket) pair stands at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Expected,
    Allowed,
    Forbidden,
}

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
        }
    }

    /// Counts so far. `expected`, `allowed` and `lost` are known only when judging ends.
    pub fn counts(&self) -> &Counts {
        &self.findings.counts
    }

    /// Takes in a socket that is about to connect.
    pub fn open(&mut self, socket: SocketId, user: UserId, app: AppId) -> Slot {
        self.sockets.push(Socket {
            id: socket,
            user,
            app,
            connected: Time::MAX,
            left: Time::MAX,
            latest_sent: Time::ZERO,
        });
        self.seen
            .resize_with(self.seen.len() + self.lanes, LaneSeen::default);
        Slot(self.sockets.len() as u32 - 1)
    }

    /// The socket's CONNECT was accepted.
    pub fn connected(&mut self, slot: Slot, at: Time) {
        self.sockets[slot.0 as usize].connected = at;
    }

    /// The socket is gone.
    pub fn left(&mut self, slot: Slot, at: Time) {
        let socket = &mut self.sockets[slot.0 as usize];
        socket.left = socket.left.min(at);
    }

    /// An event arrived.
    pub fn arrived(&mut self, slot: Slot, arrival: Arrival<'_>) -> Judged {
        let found = self.rules.tagger.find(arrival.payload.as_bytes());
        self.judge(slot, arrival, found, false)
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
        self.judge(slot, arrival, found, true)
    }

    fn judge(
        &mut self,
        slot: Slot,
        arrival: Arrival<'_>,
        found: Option<Found>,
        binary: bool,
    ) -> Judged {
        let Some(found) = found else {
            let class = if arrival.premature {
                Class::Premature
            } else {
                Class::Phantom
            };
            return self.violation(class, slot, arrival, None, "carries no tag of this run");
        };
        let tag = found.tag;
        let Some(entry) = self.ledger.get(tag.push) else {
            let detail = "its tag names a push that was never sent";
            return self.violation(Class::Phantom, slot, arrival, None, detail);
        };
        let known = Some((tag.push, entry));
        let in_audience = self.in_audience(slot, entry.push.app, entry.push.audience);
        if arrival.premature {
            if in_audience {
                self.seen_mut(slot, &entry.push, tag.push.lane)
                    .insert(entry.push.stream_seq);
            }
            let detail = "came before CONNECT was accepted";
            return self.violation(Class::Premature, slot, arrival, known, detail);
        }
        if !in_audience {
            let detail = "came outside its audience";
            return self.violation(Class::Misdelivered, slot, arrival, known, detail);
        }
        if entry.outcome() == Outcome::Rejected {
            let detail = "the target had refused this push";
            return self.violation(Class::Phantom, slot, arrival, known, detail);
        }
        if self.standing(slot, &entry) == Standing::Forbidden {
            let detail = "the push was over before this socket connected";
            return self.violation(Class::Phantom, slot, arrival, known, detail);
        }
        if !self
            .seen_mut(slot, &entry.push, tag.push.lane)
            .insert(entry.push.stream_seq)
        {
            let detail = "had already arrived at this socket";
            return self.violation(Class::Duplicated, slot, arrival, known, detail);
        }
        self.findings.counts.delivered += 1;
        self.check_order(slot, arrival, tag.push, entry);
        self.check_name(slot, arrival, tag.push, entry);
        if binary || !(found.intact || self.same_value(&tag, arrival.payload)) {
            let detail = "its payload is not the one that was sent";
            self.violation(Class::Corrupted, slot, arrival, known, detail);
        }
        if arrival.at - entry.push.sent > self.rules.deadline {
            let detail = "came after the deadline";
            self.violation(Class::Late, slot, arrival, known, detail);
        }
        Judged::Delivered(tag.push, entry.push)
    }

    fn check_name(&mut self, slot: Slot, arrival: Arrival<'_>, id: PushId, entry: Entry) {
        let asked = self.rules.events.get(entry.push.event.index());
        if asked.is_none_or(|name| name != arrival.event) {
            let detail = match asked {
                Some(name) => format!("was asked for as {name:?}"),
                None => "was asked for under another name".to_owned(),
            };
            let known = Some((id, entry));
            self.violation(Class::Misrouted, slot, arrival, known, &detail);
        }
    }

    fn check_order(&mut self, slot: Slot, arrival: Arrival<'_>, id: PushId, entry: Entry) {
        let socket = &mut self.sockets[slot.0 as usize];
        let overtaken_realtime = entry
            .accepted_at()
            .is_some_and(|at| at < socket.latest_sent);
        socket.latest_sent = socket.latest_sent.max(entry.push.sent);
        let lane = &mut self.seen[slot.0 as usize * self.lanes + id.lane.index()];
        let overtaken_in_lane = id.seq.0 < lane.end && entry.accepted_at().is_some();
        lane.end = lane.end.max(id.seq.0 + 1);
        let overtaken = match self.rules.ordering {
            Ordering::None => false,
            Ordering::Lane => overtaken_in_lane,
            Ordering::Realtime => overtaken_realtime,
        };
        if overtaken {
            let detail = "came after a push that was sent only once this one had been accepted";
            let known = Some((id, entry));
            self.violation(Class::Reordered, slot, arrival, known, detail);
        }
    }

    /// Ends judging: nothing more will arrive. Finds what was lost and what had been refused and came all the same.
    pub fn finish(mut self, streams: &Streams) -> Findings {
        for index in 0..self.sockets.len() {
            let (app, user) = (self.sockets[index].app, self.sockets[index].user);
            for lane in 0..self.lanes {
                for audience in [Audience::Everyone, Audience::User(user)] {
                    if let Some(stream) = streams.get(Lane(lane as u32), app, audience) {
                        self.finish_stream(Slot(index as u32), lane, audience, stream);
                    }
                }
            }
        }
        self.findings
    }

    fn finish_stream(&mut self, slot: Slot, lane: usize, audience: Audience, stream: &Stream) {
        let seen = std::mem::take(self.lane_seen(slot, lane, audience));
        let socket = &self.sockets[slot.0 as usize];
        let all_the_time = socket.left == Time::MAX
            && stream
                .entries
                .first()
                .is_some_and(|(_, first)| socket.connected < first.push.sent);
        if all_the_time {
            self.findings.counts.expected += stream.accepted;
            self.findings.counts.allowed += stream.unknown;
        } else {
            for (_, entry) in &stream.entries {
                match self.standing(slot, entry) {
                    Standing::Expected => self.findings.counts.expected += 1,
                    Standing::Allowed => self.findings.counts.allowed += 1,
                    Standing::Forbidden => {}
                }
            }
        }
        for n in seen.missing(stream.entries.len() as u32) {
            let (id, entry) = stream.entries[n as usize];
            if self.standing(slot, &entry) == Standing::Expected {
                self.lost(slot, id, entry);
            }
        }
        let refused = stream.entries.len() as u64 - stream.accepted - stream.unknown;
        if refused > 0 {
            for (n, (id, entry)) in stream.entries.iter().enumerate() {
                if entry.outcome() == Outcome::Rejected && seen.contains(n as u32) {
                    self.refused_but_delivered(slot, *id, *entry);
                }
            }
        }
    }

    /// Expected, allowed or neither: docs/verification.md has the rule.
    fn standing(&self, slot: Slot, entry: &Entry) -> Standing {
        let socket = &self.sockets[slot.0 as usize];
        let Some(answer) = entry.answer else {
            return Standing::Allowed;
        };
        let over = answer.at + self.rules.settle;
        if answer.outcome == Outcome::Rejected
            || socket.connected > over
            || socket.left < entry.push.sent
        {
            return Standing::Forbidden;
        }
        let stayed = socket.connected < entry.push.sent && socket.left >= over;
        if stayed && answer.outcome == Outcome::Accepted {
            Standing::Expected
        } else {
            Standing::Allowed
        }
    }

    fn lost(&mut self, slot: Slot, id: PushId, entry: Entry) {
        let event = self.asked_name(&entry.push);
        let example = self.example(Class::Lost, slot, Some((id, entry)));
        self.findings.record(Class::Lost, || Example {
            event,
            detail: "did not come before the end of settling".to_owned(),
            ..example
        });
    }

    /// It arrived while its answer was still on the way, and was taken for a delivery until now.
    fn refused_but_delivered(&mut self, slot: Slot, id: PushId, entry: Entry) {
        self.findings.counts.delivered -= 1;
        let event = self.asked_name(&entry.push);
        let example = self.example(Class::Phantom, slot, Some((id, entry)));
        self.findings.record(Class::Phantom, || Example {
            event,
            detail: "arrived although the target refused this push".to_owned(),
            ..example
        });
    }

    fn violation(
        &mut self,
        class: Class,
        slot: Slot,
        arrival: Arrival<'_>,
        known: Option<(PushId, Entry)>,
        detail: &str,
    ) -> Judged {
        let example = self.example(class, slot, known);
        self.findings.record(class, || Example {
            event: shortened(arrival.event),
            arrived: Some(arrival.at),
            detail: detail.to_owned(),
            ..example
        });
        Judged::Violation(class)
    }

    fn example(&self, class: Class, slot: Slot, known: Option<(PushId, Entry)>) -> Example {
        let socket = &self.sockets[slot.0 as usize];
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

    fn in_audience(&self, slot: Slot, app: AppId, audience: Audience) -> bool {
        let socket = &self.sockets[slot.0 as usize];
        socket.app == app
            && match audience {
                Audience::Everyone => true,
                Audience::User(user) => user == socket.user,
            }
    }

    fn seen_mut(&mut self, slot: Slot, push: &Push, lane: Lane) -> &mut Seen {
        self.lane_seen(slot, lane.index(), push.audience)
    }

    fn lane_seen(&mut self, slot: Slot, lane: usize, audience: Audience) -> &mut Seen {
        let seen = &mut self.seen[slot.0 as usize * self.lanes + lane];
        match audience {
            Audience::Everyone => &mut seen.everyone,
            Audience::User(_) => &mut seen.user,
        }
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
