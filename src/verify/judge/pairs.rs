//! What the pushes of a settled stream were at one socket: expected, allowed, come, missed, away.

use std::ops::Range;

use super::sockets::Sockets;
use super::{Judge, asked_name, example};
use crate::history::Outcome;
use crate::ids::{Audience, Lane, PushId};
use crate::time::Time;
use crate::verify::finding::{Class, Example};
use crate::verify::ledger::Entry;
use crate::verify::rules::Rules;
use crate::verify::standing::{Presence, Spans};
use crate::verify::streams::Stream;

/// What one connection has of the accepted pushes of a stream.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    /// Expected or allowed.
    standing: u64,
    /// Of these, did not come: had to, need not have because the connection died, need not have.
    lost: u64,
    at_death: u64,
    at_neglect: u64,
    at_churn: u64,
}

/// A stream at one connection.
#[derive(Debug, Clone, Copy)]
struct At<'a> {
    slot: u32,
    lane: Lane,
    audience: Audience,
    stream: Stream<'a>,
    /// Nothing comes any more at this connection.
    last: bool,
}

impl Judge {
    /// Judges the connections of one socket by a stream.
    pub(super) fn judge_stream(
        &mut self,
        slots: &[u32],
        lane: Lane,
        audience: Audience,
        stream: Stream<'_>,
        last: bool,
        stuck_since: Time,
    ) {
        let pairs = stream.count(Outcome::Accepted, stream.range());
        // Pushed when the socket had stopped reading: its connection is gone, as far as judging goes.
        let unread = if stuck_since == Time::MAX {
            0
        } else {
            let from = stream.first(|entry| entry.push.sent <= stuck_since);
            stream.count(Outcome::Accepted, from..stream.range().end)
        };
        let mut there: Option<(At<'_>, Presence, Spans, Share)> = None;
        let mut others = Vec::new();
        for slot in slots {
            let presence = self.sockets.at(*slot).presence;
            if !presence.has_connected() {
                continue;
            }
            let at = At {
                slot: *slot,
                lane,
                audience,
                stream,
                last: last || presence.has_left(),
            };
            let spans = presence.spans(stream, self.rules.settle);
            let share = self.judge_connection(at, presence, &spans);
            if share.standing > 0 && there.is_none() {
                there = Some((at, presence, spans, share));
            } else if share.standing > 0 {
                others.push((at, presence, spans));
            }
        }
        let settled = self.settled.of(lane);
        settled.pairs += pairs;
        match there {
            None => {
                settled.away += pairs - unread;
                settled.missed_at_neglect += unread;
            }
            Some((.., share)) if others.is_empty() => {
                settled.away += pairs - share.standing - unread;
                settled.missed_at_neglect += share.at_neglect + unread;
                settled.missed_at_death += share.at_death;
                settled.missed_at_churn += share.at_churn;
                settled.came += share.standing
                    - share.lost
                    - share.at_death
                    - share.at_neglect
                    - share.at_churn;
            }
            Some((at, presence, spans, _)) => {
                others.push((at, presence, spans));
                self.account(stream, &others, stuck_since);
            }
        }
        for slot in slots {
            let below = stream.range().end;
            self.sockets.settle(*slot, lane, audience, below);
        }
    }

    /// Counts what one connection has of a stream.
    fn judge_connection(&mut self, at: At<'_>, presence: Presence, spans: &Spans) -> Share {
        let stream = at.stream;
        let range = stream.range();
        let expected = stream.count(Outcome::Accepted, spans.expected.clone());
        let mut share = Share {
            standing: stream.count(Outcome::Accepted, spans.accepted.clone()),
            ..Share::default()
        };
        let settled = self.settled.of(at.lane);
        settled.expected += expected;
        settled.allowed +=
            share.standing - expected + stream.count(Outcome::Unknown, spans.unknown.clone());
        let missing = self
            .sockets
            .missing(at.slot, at.lane, at.audience, range.clone());
        let dies_from = if presence.has_died() || presence.has_neglected() {
            spans.expected.end
        } else {
            range.end
        };
        let mut came_from = range.start;
        for (from, to) in missing.into_iter().chain([(range.end, range.end)]) {
            // What came at one that another goes on from came there too.
            if !stream.all_accepted() && !self.sockets.at(at.slot).is_continued {
                self.came_otherwise(at, came_from..from);
            }
            came_from = to;
            let within = |part: Range<u32>| from.max(part.start)..to.min(part.end);
            let lost = within(spans.expected.clone());
            let n = stream.count(Outcome::Accepted, lost.clone());
            self.missed(at, lost, n);
            let all = stream.count(Outcome::Accepted, within(spans.accepted.clone()));
            let dead = dies_from.max(spans.accepted.start)..spans.accepted.end;
            let at_death = stream.count(Outcome::Accepted, within(dead));
            share.lost += n;
            let (at_death, at_neglect) = if presence.has_neglected() {
                (0, at_death)
            } else {
                (at_death, 0)
            };
            share.at_death += at_death;
            share.at_neglect += at_neglect;
            share.at_churn += all - n - at_death - at_neglect;
        }
        share
    }

    /// Accounts for a stream at a socket that has several connections which were there for some of it.
    fn account(
        &mut self,
        stream: Stream<'_>,
        several: &[(At<'_>, Presence, Spans)],
        stuck_since: Time,
    ) {
        for (_, entry) in stream.entries() {
            if entry.outcome() != Outcome::Accepted {
                continue;
            }
            let n = entry.push.stream_seq;
            let (mut there, mut came, mut lost) = (false, false, false);
            let (mut died, mut neglected) = (false, entry.push.sent > stuck_since);
            for (at, presence, spans) in several {
                if !spans.accepted.contains(&n) {
                    continue;
                }
                let has_it = self.sockets.has(at.slot, at.lane, at.audience, n);
                there = true;
                came |= has_it;
                lost |= !has_it && spans.expected.contains(&n);
                let at_end = n >= spans.expected.end;
                died |= presence.has_died() && at_end;
                neglected |= presence.has_neglected() && at_end;
            }
            let counts = self.settled.of(several[0].0.lane);
            match () {
                () if lost => {}
                () if came => counts.came += 1,
                () if !there && !neglected => counts.away += 1,
                () if died => counts.missed_at_death += 1,
                () if neglected => counts.missed_at_neglect += 1,
                () => counts.missed_at_churn += 1,
            }
        }
    }

    /// What was expected and did not come: it is lost if nothing can come any more, and kept in mind if it can.
    fn missed(&mut self, at: At<'_>, range: Range<u32>, n: u64) {
        let nth = |k| at.stream.nth(Outcome::Accepted, range.start, k);
        if at.last {
            self.settled.add(at.lane, Class::Lost, n);
            let (rules, sockets) = (&self.rules, &self.sockets);
            self.findings
                .show(Class::Lost, n, |k| lost(rules, sockets, at.slot, nth(k)));
        } else {
            for (id, entry) in at.stream.with(Outcome::Accepted, range) {
                let places = self.sockets.places();
                self.kept.keep(id, entry).insert(at.slot, places);
            }
        }
    }

    /// Pushes that came and were not accepted. What was refused came while its answer was still on the way, and was taken for a delivery
    /// until now. Of an unknown one it matters that it came, should it come again.
    fn came_otherwise(&mut self, at: At<'_>, came: Range<u32>) {
        let stream = at.stream;
        let refused = stream.count(Outcome::Rejected, came.clone());
        self.refused += refused;
        // Nearly always empty.
        let doubtful = if self.doubtful.is_empty() {
            0
        } else {
            let refused = stream.with(Outcome::Rejected, came.clone());
            let doubtful = refused.filter(|(id, _)| self.doubtful.contains(&(*id, at.slot)));
            doubtful.count() as u64
        };
        let phantoms = refused - doubtful;
        self.settled.add(at.lane, Class::Phantom, phantoms);
        let (rules, sockets, in_flight) = (&self.rules, &self.sockets, &self.in_flight);
        let all_doubtful = &self.doubtful;
        let certain = |k: u64| {
            if doubtful == 0 {
                return stream.nth(Outcome::Rejected, came.start, k);
            }
            let refused = stream.with(Outcome::Rejected, came.clone());
            let mut certain = refused.filter(|(id, _)| !all_doubtful.contains(&(*id, at.slot)));
            certain.nth(k as usize).expect("as many as were counted")
        };
        self.findings.show(Class::Phantom, phantoms, |k| {
            let (id, entry) = certain(k);
            let when = in_flight.when(id, at.slot);
            let event = when.and_then(|(_, event)| event);
            Example {
                event: event.map_or_else(|| asked_name(rules, &entry.push), str::to_owned),
                arrived: when.map(|(at, _)| at),
                detail: "arrived although the target refused this push".to_owned(),
                ..example(sockets, Class::Phantom, at.slot, Some((id, Some(*entry))))
            }
        });
        if !at.last {
            for (id, entry) in stream.with(Outcome::Unknown, came) {
                let places = self.sockets.places();
                self.kept.keep(id, entry).insert(at.slot, places);
            }
        }
    }
}

/// The example of a push that was lost.
pub(super) fn lost(
    rules: &Rules,
    sockets: &Sockets,
    slot: u32,
    (id, entry): (PushId, &Entry),
) -> Example {
    Example {
        event: asked_name(rules, &entry.push),
        detail: "did not come before the end of settling".to_owned(),
        ..example(sockets, Class::Lost, slot, Some((id, Some(*entry))))
    }
}
