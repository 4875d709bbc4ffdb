//! What had to come and did not, and what came although it was refused: judged for pushes that have settled, as the run goes, and for the
//! rest when it ends.
//!
//! Settled pushes come in batches, and each socket is judged by one batch after the other, as soon as each of its connections has
//! ended or shown a sign of life after the last push of the batch was over. So what is said of a connection is never said again
//! differently, however late its death is noticed. Pushes that somebody may still ask about are [kept](super::super::kept).
//!
//! The cost is that of the sockets, their streams and the gaps in them; not of the pushes, which are counted by ranges.

use std::sync::Arc;

use super::Judge;
use super::pairs::lost;
use crate::history::Outcome;
use crate::ids::{Lane, PushId};
use crate::verify::finding::{Class, Example, Findings};
use crate::verify::in_flight::{HELD_UP, RECOVERED};
use crate::verify::ledger::{Entry, StreamKey};
use crate::verify::streams::Streams;

/// Ended connections that wait for their places to be swept.
const ENDED: usize = 64;

/// How a batch is judged.
#[derive(Debug, Clone, Copy)]
struct Batch<'a> {
    streams: &'a Streams,
    number: u32,
    /// Nothing comes any more.
    last: bool,
}

impl Judge {
    /// Takes pushes that have settled: the next ones, of [`super::super::Settling::step`]. Judges by them as far as is certain.
    pub fn settle(&mut self, streams: &Arc<Streams>) {
        self.take(streams);
        self.pending.push_back(Arc::clone(streams));
        self.batches += 1;
        for socket in 0..self.sockets.all.len() {
            self.catch_up(socket);
        }
        let judged = self.sockets.all.iter().map(|socket| socket.judged).min();
        let first = judged.unwrap_or(self.batches);
        while self.batches - (self.pending.len() as u32) < first {
            if let Some(streams) = self.pending.pop_front() {
                self.in_flight.forget(|id| streams.find(id).is_some());
            }
        }
        let ended = self.sockets.ended().len();
        if ended > 0 && (self.kept.is_empty() || ended > ENDED.max(self.sockets.places() / 8)) {
            self.sweep();
        }
        streams.take();
    }

    /// Ends judging: nothing more will arrive, all answers are there, and these are the pushes that are left. Finds what was lost and
    /// what had been refused and came all the same.
    pub fn finish(mut self, rest: &Streams) -> Findings {
        self.take(rest);
        let pending = std::mem::take(&mut self.pending);
        let first = self.batches - pending.len() as u32;
        let batches = pending.iter().map(Arc::as_ref).chain([rest]);
        let batches = (first..).zip(batches).map(|(number, streams)| Batch {
            streams,
            number,
            last: true,
        });
        for batch in batches {
            for socket in 0..self.sockets.all.len() {
                if self.sockets.all[socket].judged <= batch.number {
                    self.judge_by(socket, batch);
                }
            }
        }
        self.sweep();
        for (id, kept) in self.kept.missing() {
            for slot in kept.slots.iter() {
                self.settled.add(id.lane, Class::Lost, 1);
                let (rules, sockets) = (&self.rules, &self.sockets);
                self.findings.show(Class::Lost, 1, |_| {
                    lost(rules, sockets, slot, (id, &kept.entry))
                });
            }
        }
        for (lane, refused) in self.in_flight.of_refused() {
            self.findings.counts.held_up -= refused[HELD_UP];
            self.findings.counts.recovered -= refused[RECOVERED];
            self.findings.take_back(self.rules.part_of(lane), &refused);
        }
        self.findings.counts.delivered -= self.refused;
        self.settled.join(&mut self.findings);
        self.findings
    }

    /// Notes that pushes are settled, before any socket is judged by them.
    fn take(&mut self, streams: &Streams) {
        for (lane, taken) in streams.lanes().iter().enumerate() {
            assert_eq!(taken.from, self.floor[lane], "batches follow each other");
            self.floor[lane] = taken.to();
        }
        for (id, entry) in streams.entries() {
            if entry.outcome() == Outcome::Accepted {
                continue;
            }
            self.kept.keep(id, entry);
            if entry.outcome() == Outcome::Unknown {
                let stream = self.unknown.entry(StreamKey::of(&entry.push));
                *stream.or_default() += 1;
            }
        }
        self.untagged.look(&mut self.pushes);
        let waiting = self.pending.front();
        let since = waiting.map_or(streams.over, |batch| batch.over.min(streams.over));
        self.untagged.settle(streams, since, &self.rules);
        self.doubtful.retain(|(id, _)| {
            let settled = streams.find(*id);
            settled.is_none_or(|entry| entry.outcome() == Outcome::Rejected)
        });
        let pushes = &mut self.pushes;
        self.in_flight
            .clear(|id| streams.find(id).copied().or_else(|| pushes.get(id)));
        self.findings.revise(|example| {
            let entry = example.push.and_then(|id| streams.find(id));
            entry.is_none_or(|entry| revise(example, entry))
        });
        for (lane, floor) in self.floor.iter().enumerate() {
            self.pushes
                .let_go(Lane(lane as u32), crate::ids::Seq(*floor));
        }
    }

    /// Judges a socket by the batches by which it can be judged.
    fn catch_up(&mut self, socket: usize) {
        if self.sockets.may_go_on_with(socket).is_some() {
            return;
        }
        let (first, settle) = (self.batches - self.pending.len() as u32, self.rules.settle);
        while self.sockets.all[socket].judged < self.batches {
            let number = self.sockets.all[socket].judged;
            let streams = Arc::clone(&self.pending[(number - first) as usize]);
            let sure = self.sockets.connections(socket).all(|slot| {
                let connection = self.sockets.at(slot);
                connection.opened > number || connection.presence.is_sure_of(streams.over, settle)
            });
            if !sure {
                return;
            }
            let batch = Batch {
                streams: &streams,
                number,
                last: false,
            };
            self.judge_by(socket, batch);
            self.sockets.all[socket].judged += 1;
            let slots = self.sockets.connections(socket);
            let gone: Vec<_> = slots
                .filter(|slot| self.sockets.at(*slot).presence.gone_by() < streams.until)
                .collect();
            for slot in gone {
                self.sockets.end(slot);
            }
        }
    }

    /// Judges a socket by a batch.
    fn judge_by(&mut self, socket: usize, batch: Batch<'_>) {
        let (app, user) = (self.sockets.all[socket].app, self.sockets.all[socket].user);
        let stuck_since = self.sockets.stuck_since(socket as u32);
        let mut slots = std::mem::take(&mut self.slots);
        slots.extend(
            self.sockets
                .connections(socket)
                .filter(|slot| self.sockets.at(*slot).opened <= batch.number),
        );
        for (lane, audience, stream) in batch.streams.of_socket(app, user) {
            self.judge_stream(&slots, lane, audience, stream, batch.last, stuck_since);
        }
        if !batch.last {
            for slot in &slots {
                self.note_since(*slot, batch.streams);
            }
        }
        slots.clear();
        self.slots = slots;
    }

    /// Notes which pushes of a batch were sent before a connection was there.
    fn note_since(&mut self, slot: u32, streams: &Streams) {
        let connected = self.sockets.at(slot).presence.connected_at();
        for (lane, taken) in streams.lanes().iter().enumerate() {
            let first = taken.entries.first();
            if first.is_some_and(|entry| entry.push.sent <= connected) {
                let before = taken
                    .entries
                    .partition_point(|entry| entry.push.sent <= connected);
                self.sockets.lane(slot, lane).since = taken.from + before as u32;
            }
        }
    }

    /// Makes the places of ended connections free: what is missing there is lost.
    fn sweep(&mut self) {
        let (sockets, settled) = (&self.sockets, &mut self.settled);
        let (rules, findings) = (&self.rules, &mut self.findings);
        self.kept
            .forget(sockets.ended(), |id: PushId, entry: &Entry, slot| {
                settled.add(id.lane, Class::Lost, 1);
                findings.show(Class::Lost, 1, |_| lost(rules, sockets, slot, (id, entry)));
            });
        self.sockets.swept();
    }
}

/// An example kept while its push was in flight learns of the answer. Of a push that turned out to be refused every copy is a phantom,
/// and nothing else is wrong with it. False: it does not stand.
fn revise(example: &mut Example, entry: &Entry) -> bool {
    example.answered = entry.answer.map(|answer| answer.at);
    let stands = matches!(
        example.class,
        Class::Misdelivered | Class::Phantom | Class::Premature
    );
    if stands || entry.outcome() != Outcome::Rejected {
        return true;
    }
    let again = example.class == Class::Duplicated;
    if again {
        example.class = Class::Phantom;
        "arrived again although the target refused this push".clone_into(&mut example.detail);
    }
    again
}
