//! What an arrival is: the rule at the top of [`super`], line by line.

use super::{Judge, Slot, example, shortened};
use crate::history::Outcome;
use crate::ids::{Audience, PushId};
use crate::time::Time;
use crate::verify::equal::json_equal;
use crate::verify::finding::{Class, Example};
use crate::verify::in_flight::{HELD_UP, RECOVERED};
use crate::verify::ledger::{Answer, Entry};
use crate::verify::rules::{Arrival, Judged, Ordering, Way};
use crate::verify::tag::{By, Found, Tag};

/// The push that an arrival names, unless it was let go, and whether that has been judged at the arrival's connection.
type Named = (Option<Entry>, bool);

impl Judge {
    /// An event arrived in which this tag was found.
    ///
    /// # Panics
    /// If the connection had ended.
    pub fn arrived_as(
        &mut self,
        slot: Slot,
        arrival: Arrival<'_>,
        found: Option<Found>,
        way: Way,
    ) -> Judged {
        let refused_by_then = |answer: Answer| answer.at <= arrival.at;
        self.judge(slot, arrival, found, way, refused_by_then)
    }

    /// The same of an event that was judged before, when it was known or not that its push had been refused. An answer is entered a moment
    /// after it came, so which of the two it was does not follow from the times.
    ///
    /// # Panics
    /// If the connection had ended.
    pub fn arrived_again(
        &mut self,
        slot: Slot,
        arrival: Arrival<'_>,
        found: Option<Found>,
        way: Way,
        refused: bool,
    ) -> Judged {
        self.judge(slot, arrival, found, way, |_| refused)
    }

    fn judge(
        &mut self,
        slot: Slot,
        arrival: Arrival<'_>,
        found: Option<Found>,
        way: Way,
        refused_by_then: impl FnOnce(Answer) -> bool,
    ) -> Judged {
        let connection = self.sockets.get(slot);
        let connection = connection.expect("nothing arrives after the end of a connection");
        connection.presence.heard(arrival.not_before);
        let premature = arrival.premature || !connection.presence.has_connected();
        let (opened, socket) = (connection.opened, connection.socket as usize);
        let slot = slot.index();
        let socket = &self.sockets.all[socket];
        let (user, app, judged) = (socket.user, socket.app, opened.max(socket.judged));
        let unexplained = if premature {
            Class::Premature
        } else {
            Class::Phantom
        };
        let Some(found) = &found else {
            let detail = match self.untagged.event(arrival.event) {
                Some(_) => "no push of this name can be what came",
                None => "carries no tag of this run",
            };
            return self.violation(unexplained, slot, arrival, None, detail);
        };
        let (entry, settled) = match self.explain(&found.tag, judged, refused_by_then) {
            Ok(named) => named,
            Err(detail) => return self.violation(unexplained, slot, arrival, None, detail),
        };
        let tag = &found.tag;
        let id = tag.push;
        let example = || Some((id, entry));
        let is_for_user = match tag.audience {
            Audience::Everyone => true,
            Audience::User(whom) => whom == user,
        };
        if tag.app != app || !is_for_user {
            let detail = "came outside its audience";
            return self.violation(Class::Misdelivered, slot, arrival, example(), detail);
        }
        if premature {
            let detail = "came before CONNECT was accepted";
            return self.violation(Class::Premature, slot, arrival, example(), detail);
        }
        if way == Way::Elsewhere {
            let detail = "came in a namespace that the socket never joined";
            return self.violation(Class::Phantom, slot, arrival, example(), detail);
        }
        let (not_then, recovered) = if let Some(entry) = &entry {
            let presence = &self.sockets.at(slot).presence;
            (
                presence.forbids(entry, arrival.not_before, self.rules.settle),
                presence.recovers(entry.push.sent),
            )
        } else {
            let since = self.sockets.lane(slot, id.lane.index()).since;
            (id.seq.0 < since, false)
        };
        if not_then {
            let detail =
                "sent after this socket had left, or over before it connected or before it came";
            return self.violation(Class::Phantom, slot, arrival, example(), detail);
        }
        let Some(entry) = &entry else {
            let detail = "had already arrived at this socket";
            return self.violation(Class::Duplicated, slot, arrival, example(), detail);
        };
        if entry.outcome() == Outcome::Rejected {
            self.was_overtaken(slot, id, entry);
            let detail = "the target had refused this push";
            return self.violation(Class::Phantom, slot, arrival, example(), detail);
        }
        if !self.is_first(slot, id, entry, settled) {
            let detail = "had already arrived at this socket";
            self.harm(Class::Duplicated, slot, arrival, id, entry, detail);
            return Judged::Violation(Class::Duplicated);
        }
        self.findings.counts.delivered += 1;
        self.count_untagged(found.by);
        if entry.answer.is_none() {
            self.arrived_in_flight(slot, arrival, id, entry);
            if found.by == By::Count {
                self.doubtful.insert((id, slot));
            }
        }
        self.check_harm(slot, arrival, entry, found, way);
        if recovered {
            self.findings.counts.recovered += 1;
            self.note_in_flight(id, entry, RECOVERED);
            return Judged::Recovered(id, entry.push);
        }
        self.check_deadline(slot, arrival, id, entry);
        Judged::Delivered(id, entry.push)
    }

    /// The push that a tag names. The tag has to fit it in every field: 32 bits of check alone let through one damaged tag in four
    /// thousand million. `judged`: how many batches the connection has been judged by.
    ///
    /// A push that has not settled is known to be refused only as far as it was so by the time of the arrival: when the judge comes to see the
    /// answer is a matter of threads, and must not show.
    #[inline]
    fn explain(
        &mut self,
        tag: &Tag,
        judged: u32,
        refused_by_then: impl FnOnce(Answer) -> bool,
    ) -> Result<Named, &'static str> {
        let settled = self
            .floor
            .get(tag.push.lane.index())
            .is_some_and(|floor| tag.push.seq.0 < *floor);
        let (entry, settled) = if settled {
            self.look_back(tag.push, judged)
        } else {
            let entry = self.pushes.get(tag.push);
            let mut entry = entry.ok_or("its tag names a push that was never sent")?;
            let refusal = entry.answer.filter(|a| a.outcome == Outcome::Rejected);
            if refusal.is_some_and(|answer| !refused_by_then(answer)) {
                entry.answer = None;
            }
            (Some(entry), false)
        };
        if entry.as_ref().is_none_or(|entry| tag.fits(&entry.push)) {
            Ok((entry, settled))
        } else {
            Err("its tag does not fit the push that it names")
        }
    }

    /// A push below the floor, and whether it has been judged where there were so many batches.
    #[cold]
    pub(super) fn look_back(&self, id: PushId, judged: u32) -> (Option<Entry>, bool) {
        let first = self.batches - self.pending.len() as u32;
        for (number, batch) in (first..).zip(&self.pending) {
            if let Some(entry) = batch.find(id) {
                return (Some(*entry), number < judged);
            }
        }
        (self.kept.entry(id), true)
    }

    /// Marks a push as come, and says whether it had not.
    #[inline]
    fn is_first(&mut self, slot: u32, id: PushId, entry: &Entry, settled: bool) -> bool {
        if !settled {
            let (audience, n) = (entry.push.audience, entry.push.stream_seq);
            return self.sockets.insert(slot, id.lane, audience, n);
        }
        if entry.outcome() == Outcome::Accepted {
            let was_missing = self.kept.came(id, slot);
            self.settled.of(id.lane).came += u64::from(was_missing);
            return was_missing;
        }
        let places = self.sockets.places();
        self.kept.keep(id, entry).insert(slot, places)
    }

    /// Remembers when a push came that may be refused yet.
    fn arrived_in_flight(&mut self, slot: u32, arrival: Arrival<'_>, id: PushId, entry: &Entry) {
        let asked = self.rules.events.get(entry.push.event.index());
        let event = || {
            let same = asked.is_some_and(|name| name == arrival.event);
            (!same).then(|| shortened(arrival.event))
        };
        let pushes = &mut self.pushes;
        self.in_flight
            .arrived(id, slot, arrival.at, event, |id| pushes.get(id));
    }

    /// What may be wrong with a delivery.
    #[inline]
    fn check_harm(
        &mut self,
        slot: u32,
        arrival: Arrival<'_>,
        entry: &Entry,
        found: &Found,
        way: Way,
    ) {
        let id = found.tag.push;
        // Which of several it is nobody can tell, so neither what came before it.
        if found.by != By::Count && self.was_overtaken(slot, id, entry) {
            let detail = "came after a push that was sent only once this one had been accepted";
            self.harm(Class::Reordered, slot, arrival, id, entry, detail);
        }
        let asked = self.rules.events.get(entry.push.event.index());
        if asked.is_none_or(|name| name != arrival.event) {
            let asked = asked.map_or("", String::as_str);
            let detail = format!("was asked for as {asked:?}");
            self.harm(Class::Misrouted, slot, arrival, id, entry, &detail);
        }
        // Of bytes there is no other spelling.
        let same = || way != Way::Binary && self.same_value(&found.tag, arrival.payload);
        if !(found.intact || same()) {
            let detail = "its payload is not the one that was sent";
            self.harm(Class::Corrupted, slot, arrival, id, entry, detail);
        }
    }

    /// Whether it came too late. What had been missed before a socket was back is not asked.
    #[inline]
    fn check_deadline(&mut self, slot: u32, arrival: Arrival<'_>, id: PushId, entry: &Entry) {
        let deadline = self.rules.deadline;
        // Of a socket that reads slowly on purpose nobody knows when it came.
        if arrival.at - entry.push.sent > deadline && arrival.not_before != Time::ZERO {
            if arrival.not_before - entry.push.sent > deadline {
                let detail = "came after the deadline";
                self.harm(Class::Late, slot, arrival, id, entry, detail);
            } else {
                self.findings.counts.held_up += 1;
                self.note_in_flight(id, entry, HELD_UP);
            }
        }
    }

    /// Whether a push that has arrived was sent only after this one was accepted; and notes that this one has arrived.
    #[inline]
    fn was_overtaken(&mut self, slot: u32, id: PushId, entry: &Entry) -> bool {
        let accepted = entry.accepted_at();
        let connection = self.sockets.at_mut(slot);
        let by_the_clock = accepted.is_some_and(|at| at < connection.latest_sent);
        connection.latest_sent = connection.latest_sent.max(entry.push.sent);
        let lane = self.sockets.lane(slot, id.lane.index());
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
    fn harm(
        &mut self,
        class: Class,
        slot: u32,
        arrival: Arrival<'_>,
        id: PushId,
        entry: &Entry,
        detail: &str,
    ) {
        self.violation(class, slot, arrival, Some((id, Some(*entry))), detail);
        self.note_in_flight(id, entry, class as usize);
    }

    fn note_in_flight(&mut self, id: PushId, entry: &Entry, what: usize) {
        if entry.answer.is_none() {
            let pushes = &mut self.pushes;
            self.in_flight.note(id, what, |id| pushes.get(id));
        }
    }

    fn violation(
        &mut self,
        class: Class,
        slot: u32,
        arrival: Arrival<'_>,
        known: Option<(PushId, Option<Entry>)>,
        detail: &str,
    ) -> Judged {
        let lane = known.map(|(id, _)| id.lane);
        let trigger = lane.and_then(|lane| self.rules.part_of(lane));
        self.findings.count(trigger, class, 1);
        let sockets = &self.sockets;
        self.findings.show(class, 1, |_| Example {
            event: shortened(arrival.event),
            arrived: Some(arrival.at),
            detail: detail.to_owned(),
            ..example(sockets, class, slot, known)
        });
        Judged::Violation(class)
    }

    #[inline]
    fn count_untagged(&mut self, by: By) {
        let counts = &mut self.findings.counts;
        match by {
            By::Tag => {}
            By::Name => counts.by_name += 1,
            By::Count => counts.by_count += 1,
        }
    }

    fn same_value(&self, tag: &Tag, payload: &str) -> bool {
        json_equal(payload, &self.source.payload(tag))
    }
}
