//! Between the shards of a run and their judges: no fact reaches a judge and not the journal.

mod connections;
mod kept;
mod requests;

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

pub use self::kept::MOST_KEPT;
use self::kept::{MOST_NAME, start};
use super::behind::{Behind, Follows};
use super::fact::{Cut, Event, Fact, Moment};
use super::writer::Log;
use crate::history::{Outcome, Push};
use crate::ids::{AppId, SocketId, UserId};
use crate::time::Time;
use crate::verify::{
    Arrival, By, Class, Counts, Findings, Found, Judge, Judged, Ledger, Rules, Slot, Source,
    Streams, Way, json_equal,
};

/// A judge of one shard's sockets, with the journal of what it is told.
pub struct Recorder {
    judge: Judge,
    record: Option<Record>,
    behind: Option<Behind>,
}

struct Record {
    log: Log,
    /// The number of the connection that has each place in the judge. A journal gives no number twice: where a part of it is missing,
    /// nothing is taken for another connection's.
    slots: Vec<u32>,
    opened: u32,
    settled: u32,
    rules: Arc<Rules>,
    ledger: Arc<Ledger>,
    source: Arc<dyn Source>,
}

impl Recorder {
    /// A judge of no sockets yet. Without a log nothing is written.
    pub fn new(
        rules: Arc<Rules>,
        ledger: Arc<Ledger>,
        source: Arc<dyn Source>,
        log: Option<Log>,
    ) -> Self {
        let record = log.map(|log| Record {
            log,
            slots: Vec::new(),
            opened: 0,
            settled: 0,
            rules: Arc::clone(&rules),
            ledger: Arc::clone(&ledger),
            source: Arc::clone(&source),
        });
        Self {
            judge: Judge::new(rules, ledger, source),
            record,
            behind: None,
        }
    }

    /// Of a ledger that follows another one. Nothing is judged before that has caught up with it.
    #[must_use]
    pub fn following(mut self, rules: Arc<Rules>, ledger: Arc<dyn Follows>) -> Self {
        self.behind = Some(Behind { rules, ledger });
        self
    }

    /// Which push an event is, once the ledger has caught up with it.
    fn caught_up(
        &mut self,
        slot: Slot,
        arrival: &Arrival<'_>,
        found: Option<Found>,
    ) -> Option<Found> {
        let Some(behind) = &self.behind else {
            return found;
        };
        behind.identify(&mut self.judge, slot, arrival, found)
    }

    /// See [`Judge::counts`].
    pub fn counts(&self) -> &Counts {
        self.judge.counts()
    }

    /// See [`Judge::findings`].
    pub fn findings(&self) -> &Findings {
        self.judge.findings()
    }

    /// See [`Judge::says_nothing`].
    pub fn says_nothing(&self, event: &str) -> bool {
        self.judge.says_nothing(event)
    }

    /// See [`Judge::plan`].
    pub fn plan(&mut self, socket: SocketId, user: UserId, app: AppId) {
        self.judge.plan(socket, user, app);
        if let Some(record) = &mut self.record {
            let fact = Fact::Planned { socket, user, app };
            record.log.put(Time::ZERO, &fact);
        }
    }

    /// See [`Judge::settle`].
    pub fn settle(&mut self, streams: &Arc<Streams>, now: Time) {
        self.judge.settle(streams);
        if let Some(record) = &mut self.record {
            let number = record.settled;
            record.settled += 1;
            record.log.put(now, &Fact::Settled { number, at: now });
        }
    }

    /// See [`Judge::arrived`]; what arrived had lain in the kernel for so long.
    pub fn arrived(&mut self, slot: Slot, arrival: Arrival<'_>, waited_us: Option<u32>) -> Judged {
        let found = self.judge.identify(slot, &arrival);
        let Some(record) = &mut self.record else {
            let found = self.caught_up(slot, &arrival, found);
            return self.judge.arrived_as(slot, arrival, found, Way::Text);
        };
        let came = (arrival, waited_us);
        record.came(&mut self.judge, slot, came, (found, Way::Text), &[])
    }

    /// See [`Judge::arrived_elsewhere`].
    pub fn arrived_elsewhere(
        &mut self,
        slot: Slot,
        arrival: Arrival<'_>,
        waited_us: Option<u32>,
    ) -> Judged {
        if let Some(behind) = &self.behind {
            behind.catch_up(arrival);
        }
        let Some(record) = &mut self.record else {
            return self.judge.arrived_elsewhere(slot, arrival);
        };
        let found = self.judge.find(arrival.payload);
        let came = (arrival, waited_us);
        record.came(&mut self.judge, slot, came, (found, Way::Elsewhere), &[])
    }

    /// See [`Judge::arrived_binary`].
    pub fn arrived_binary<B: AsRef<[u8]>>(
        &mut self,
        slot: Slot,
        arrival: Arrival<'_>,
        waited_us: Option<u32>,
        attachments: &[B],
    ) -> Judged {
        let all: Vec<_> = attachments.iter().map(AsRef::as_ref).collect();
        let found = self.judge.identify_binary(slot, &arrival, &all);
        let found = self.caught_up(slot, &arrival, found);
        let Some(record) = &mut self.record else {
            return self.judge.arrived_as(slot, arrival, found, Way::Binary);
        };
        let came = (arrival, waited_us);
        record.came(&mut self.judge, slot, came, (found, Way::Binary), &all)
    }

    /// See [`Judge::silent`].
    pub fn silent(&mut self, rest: &Streams, since: Time) -> Vec<Slot> {
        self.judge.silent(rest, since)
    }

    /// See [`Judge::is_silent`].
    pub fn is_silent(&mut self, slot: Slot, since: Time) -> bool {
        self.judge.is_silent(slot, since)
    }

    /// Hands what there is to the journal; once a second, so that little is lost with a run that is killed.
    pub fn turn(&mut self, now: Time) {
        if let Some(record) = &mut self.record {
            record.log.turn(now);
        }
    }

    /// See [`Judge::finish`]. The log ends here.
    pub fn finish(self, streams: &Streams, now: Time) -> Findings {
        if let Some(record) = self.record {
            record.log.end(now);
        }
        self.judge.finish(streams)
    }
}

impl Record {
    fn opened(&mut self, slot: Slot) -> u32 {
        let place = slot.number() as usize;
        if place >= self.slots.len() {
            self.slots.resize(place + 1, 0);
        }
        self.slots[place] = self.opened;
        self.opened += 1;
        self.slots[place]
    }

    fn slot(&self, slot: Slot) -> u32 {
        self.slots[slot.number() as usize]
    }

    /// Has an event judged, and writes it down.
    fn came(
        &mut self,
        judge: &mut Judge,
        slot: Slot,
        (arrival, waited_us): (Arrival<'_>, Option<u32>),
        (found, way): (Option<Found>, Way),
        attachments: &[&[u8]],
    ) -> Judged {
        let judged = judge.arrived_as(slot, arrival, found, way);
        let slot = self.slot(slot);
        let came = (arrival, waited_us);
        self.write(slot, came, found, way, attachments, &judged);
        judged
    }

    fn write(
        &mut self,
        slot: u32,
        (arrival, waited_us): (Arrival<'_>, Option<u32>),
        found: Option<Found>,
        way: Way,
        attachments: &[&[u8]],
        judged: &Judged,
    ) {
        let mut moment = Moment {
            at: arrival.at,
            waited_us,
            not_before: arrival.not_before,
            refused: false,
        };
        let as_sent = found.filter(|found| {
            found.by == By::Tag
                && found.intact
                && way != Way::Elsewhere
                && !arrival.premature
                && self.is_named(found, arrival)
        });
        if *judged == Judged::Violation(Class::Phantom) {
            moment.refused = self.is_refused(found, arrival.at);
        }
        let sent = |found: &Found| match judged {
            Judged::Delivered(_, push) | Judged::Recovered(_, push) => Some(*push),
            Judged::Violation(_) => self.fitting(found),
        };
        if let Some((found, sent)) = as_sent.and_then(|found| Some((found, sent(&found)?))) {
            let push = found.tag.push;
            // A push that may have been let go of cannot be told from its number alone.
            let is_soon = arrival.at - sent.sent <= self.rules.settle;
            // What was missed is told when the socket is back, which may be long after it was read.
            let fact = if is_soon && !matches!(judged, Judged::Recovered(..)) {
                Fact::Came { slot, moment, push }
            } else {
                Fact::CameLate {
                    slot,
                    moment,
                    push,
                    stream_seq: found.tag.stream_seq,
                }
            };
            self.log.put(moment.at, &fact);
            return;
        }
        let event = Event {
            premature: arrival.premature,
            way,
            name: arrival.event,
            payload: arrival.payload,
            attachments: attachments.to_vec(),
            cut: None,
        };
        let event = self.bounded(event, arrival, found);
        let fact = Fact::CameOtherwise {
            slot,
            moment,
            event,
        };
        self.log.put(moment.at, &fact);
    }

    fn is_named(&self, found: &Found, arrival: Arrival<'_>) -> bool {
        let asked = self.rules.events.get(found.tag.event.index());
        asked.is_some_and(|name| name == arrival.event)
    }

    /// Whether a phantom may be one because its push had been refused by then. Of anything else that does not say so, the refusal may have
    /// been entered only since it was judged.
    fn is_refused(&self, found: Option<Found>, by: Time) -> bool {
        let entry = found.and_then(|found| self.ledger.get(found.tag.push));
        let answer = entry.and_then(|entry| entry.answer);
        answer.is_some_and(|answer| answer.outcome == Outcome::Rejected && answer.at <= by)
    }

    /// The push that a tag names, if it fits, so that the tag can be told from the push.
    fn fitting(&self, found: &Found) -> Option<Push> {
        let push = self.ledger.get(found.tag.push)?.push;
        found.tag.fits(&push).then_some(push)
    }

    /// The event with no more of it than is kept.
    fn bounded<'a>(
        &self,
        event: Event<'a>,
        arrival: Arrival<'_>,
        found: Option<Found>,
    ) -> Event<'a> {
        let attached: usize = event.attachments.iter().map(|a| a.len() + 10).sum();
        // What carries no tag is known by what had come before, and only now.
        let untagged = found.is_some_and(|found| found.by != By::Tag);
        if !untagged && event.name.len() + event.payload.len() + attached <= MOST_KEPT {
            return event;
        }
        // What is left of it cannot be compared again, so what came of that is kept.
        let found = found.map(|found| Found {
            intact: found.intact
                || event.way != Way::Binary
                    && json_equal(event.payload, &self.source.payload(&found.tag)),
            ..found
        });
        let cut = Cut {
            found,
            named: found.is_some_and(|found| self.is_named(&found, arrival)),
            length: (event.payload.len() + attached) as u64,
            digest: xxh3_64(event.payload.as_bytes()),
        };
        // As it was sent it can be made again.
        let most = match found {
            Some(found) if untagged && found.intact => 0,
            _ => MOST_KEPT - MOST_NAME,
        };
        Event {
            name: start(event.name, MOST_NAME),
            payload: start(event.payload, most),
            attachments: Vec::new(),
            cut: Some(cut),
            ..event
        }
    }
}
