//! Which push without a tag an arrival is: see [`super::super::untagged`].
//!
//! The first that fits:
//!
//! 1. a push that the socket awaits: one that is promised and not late, the first that was sent; else one that is late; else one that may
//!    come or not (its outcome is unknown, the socket connected or left meanwhile);
//! 2. the last one that has come there already: it came again;
//! 3. the last one at this socket's user that the target refused, or that could not come to this connection;
//! 4. the last one at anybody else.

use super::{Judge, Slot};
use crate::history::Outcome;
use crate::ids::{Audience, EventId, PushId};
use crate::verify::equal::json_equal;
use crate::verify::ledger::Entry;
use crate::verify::rules::Arrival;
use crate::verify::standing::Presence;
use crate::verify::tag::{By, Found, Tag};
use crate::verify::untagged::Key;

/// How much a push is awaited, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Awaited {
    Promised,
    Late,
    Free,
}

impl Judge {
    /// The push without a tag that an arrival is, if its socket awaits one. `None`: it carries a tag, or none is awaited.
    pub fn awaited(&mut self, slot: Slot, arrival: &Arrival<'_>) -> Option<Found> {
        self.unnamed(slot, arrival, true)
    }

    /// Which push an arrival without a tag is. `None`: no push explains it.
    #[cold]
    pub(super) fn unnamed(
        &mut self,
        slot: Slot,
        arrival: &Arrival<'_>,
        only_awaited: bool,
    ) -> Option<Found> {
        let (event, payload) = self.untagged.event(arrival.event)?;
        let intact = arrival.payload == payload || json_equal(arrival.payload, payload);
        self.untagged.look(&mut self.pushes);
        let (push, awaited) = self.own(slot, arrival, event)?;
        let push = match awaited {
            // What was never sent is no copy of anything, and nobody else's.
            0 if only_awaited || !intact => None,
            0 => push.or_else(|| self.of_others(arrival, event)),
            _ => push,
        };
        let (id, entry) = push?;
        let tag = Tag::of(id, &entry.push);
        let by = if awaited > 1 { By::Count } else { By::Name };
        Some(Found { tag, intact, by })
    }

    /// The push of this socket's own that an arrival is, and of how many that the socket awaits.
    fn own(
        &mut self,
        slot: Slot,
        arrival: &Arrival<'_>,
        event: EventId,
    ) -> Option<(Option<(PushId, Entry)>, u32)> {
        let connection = self.sockets.get(slot)?;
        let (presence, opened) = (connection.presence, connection.opened);
        let slot = slot.index();
        let socket = self.sockets.of(slot);
        let (user, app, judged) = (socket.user, socket.app, opened.max(socket.judged));
        let (mut best, mut awaited) = (None, 0);
        let (mut again, mut refused, mut barred) = (None, None, None);
        for audience in [Audience::Everyone, Audience::User(user)] {
            let key = Key {
                event,
                app,
                audience,
            };
            for n in 0..self.untagged.of(key).len() {
                let sent = self.untagged.of(key)[n];
                let entry = sent.by(arrival.at, &mut self.pushes);
                if sent.push.sent > arrival.at {
                    continue;
                }
                let last = |of: &Option<(PushId, Entry)>| {
                    of.is_none_or(|(_, other)| other.push.sent <= entry.push.sent)
                };
                if entry.outcome() == Outcome::Rejected {
                    if last(&refused) {
                        refused = Some((sent.id, entry));
                    }
                    continue;
                }
                let settle = self.rules.settle;
                if self.is_over(&entry, arrival)
                    && !presence.makes_up_for(&entry, arrival.not_before, settle)
                {
                    continue;
                }
                if self.has_come(slot, sent.id, &entry, judged) {
                    if last(&again) {
                        again = Some((sent.id, entry));
                    }
                    continue;
                }
                if presence.forbids(&entry, arrival.not_before, self.rules.settle) {
                    if last(&barred) {
                        barred = Some((sent.id, entry));
                    }
                    continue;
                }
                awaited += 1;
                let due = (
                    self.awaits(presence, &entry, arrival),
                    entry.push.sent,
                    sent.id,
                );
                if best.as_ref().is_none_or(|(other, _)| due < *other) {
                    best = Some((due, entry));
                }
            }
        }
        let best = best.map(|((_, _, id), entry)| (id, entry));
        Some((best.or(again).or(refused).or(barred), awaited))
    }

    /// Whether a push was over before this can have arrived.
    fn is_over(&self, entry: &Entry, arrival: &Arrival<'_>) -> bool {
        let answer = entry.answer.filter(|a| a.outcome == Outcome::Accepted);
        answer.is_some_and(|answer| answer.at + self.rules.settle < arrival.not_before)
    }

    fn awaits(&self, presence: Presence, entry: &Entry, arrival: &Arrival<'_>) -> Awaited {
        let unknown = entry.answer.is_some() && entry.outcome() == Outcome::Unknown;
        if unknown || !presence.promises(entry.push.sent) {
            Awaited::Free
        } else if arrival.not_before - entry.push.sent > self.rules.deadline {
            Awaited::Late
        } else {
            Awaited::Promised
        }
    }

    fn has_come(&mut self, slot: u32, id: PushId, entry: &Entry, judged: u32) -> bool {
        let (audience, n) = (entry.push.audience, entry.push.stream_seq);
        if id.seq.0 >= self.floor[id.lane.index()] {
            return self.sockets.has(slot, id.lane, audience, n);
        }
        let (found, settled) = self.look_back(id, judged);
        if !settled {
            return self.sockets.has(slot, id.lane, audience, n);
        }
        match found.map(|entry| entry.outcome()) {
            // Let go of: it is missing nowhere.
            None => true,
            Some(Outcome::Unknown) => self.kept.has(id, slot),
            Some(_) => !self.kept.has(id, slot),
        }
    }

    /// The last push of an event at anybody but this socket's user.
    fn of_others(&mut self, arrival: &Arrival<'_>, event: EventId) -> Option<(PushId, Entry)> {
        let sent = self.untagged.all(event);
        let before: Vec<_> = sent
            .filter(|sent| sent.push.sent <= arrival.at)
            .copied()
            .collect();
        let mut last = None;
        for sent in before {
            let entry = sent.by(arrival.at, &mut self.pushes);
            let newer = |(_, other): &(PushId, Entry)| other.push.sent < entry.push.sent;
            if !self.is_over(&entry, arrival) && last.as_ref().is_none_or(newer) {
                last = Some((sent.id, entry));
            }
        }
        last
    }
}
