//! The end of judging: what had to come and did not, and what came although it was refused.
//!
//! The cost is that of the sockets, their streams and the gaps in them; not of the pushes, which are counted by ranges.

use std::ops::Range;

use super::{Judge, Slot};
use crate::history::Outcome;
use crate::ids::{Audience, Lane};
use crate::verify::finding::{Class, Example, Findings};
use crate::verify::streams::{Stream, Streams};

impl Judge {
    /// Ends judging: nothing more will arrive, all answers are there. Finds what was lost and what had been refused and came all the
    /// same.
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
        self.take_back();
        self.findings
    }

    fn finish_stream(&mut self, slot: Slot, lane: usize, audience: Audience, stream: &Stream) {
        let seen = &mut self.seen[slot.0 as usize * self.lanes + lane];
        let seen = std::mem::take(seen.of(audience));
        let spans = self.socket(slot).presence.spans(stream, self.rules.settle);
        let expected = stream.count(Outcome::Accepted, spans.expected.clone());
        self.findings.counts.expected += expected;
        self.findings.counts.allowed += stream.count(Outcome::Accepted, spans.accepted)
            + stream.count(Outcome::Unknown, spans.unknown)
            - expected;
        let end = stream.len();
        let mut came_from = 0;
        for (from, to) in seen.gaps(end).chain([(end, end)]) {
            self.refused(slot, stream, came_from..from);
            let missing = from.max(spans.expected.start)..to.min(spans.expected.end);
            self.lost(slot, stream, missing);
            came_from = to;
        }
    }

    /// Finds what was expected among the pushes of a range that did not come.
    fn lost(&mut self, slot: Slot, stream: &Stream, missing: Range<u32>) {
        let detail = "did not come before the end of settling";
        self.at_end(
            Class::Lost,
            Outcome::Accepted,
            slot,
            stream,
            missing,
            detail,
        );
    }

    /// Finds what was refused among the pushes of a range that came. It arrived while its answer was still on the way, and was taken
    /// for a delivery until now.
    fn refused(&mut self, slot: Slot, stream: &Stream, came: Range<u32>) {
        let detail = "arrived although the target refused this push";
        let found = self.at_end(
            Class::Phantom,
            Outcome::Rejected,
            slot,
            stream,
            came,
            detail,
        );
        self.findings.counts.delivered -= found;
    }

    /// Counts the pushes of a range with this outcome as violations, and says how many.
    fn at_end(
        &mut self,
        class: Class,
        outcome: Outcome,
        slot: Slot,
        stream: &Stream,
        range: Range<u32>,
        detail: &str,
    ) -> u64 {
        let n = stream.count(outcome, range.clone());
        self.findings.count(class, n);
        if n > 0 && self.findings.has_room(class) {
            for (id, entry) in stream.with(outcome, range) {
                if !self.findings.has_room(class) {
                    break;
                }
                let example = Example {
                    event: self.asked_name(&entry.push),
                    detail: detail.to_owned(),
                    ..self.example(class, slot, Some((id, entry)))
                };
                self.findings.keep(example);
            }
        }
        n
    }

    /// Of pushes that turned out to be refused every copy is a phantom, and nothing else is wrong with it. And examples kept while a
    /// push was in flight learn of its answer.
    fn take_back(&mut self) {
        let refused = std::mem::take(&mut self.in_flight).of_refused(&self.ledger);
        self.findings.take_back(&refused);
        let ledger = &self.ledger;
        self.findings.revise(|example| {
            let Some(entry) = example.push.and_then(|id| ledger.get(id)) else {
                return true;
            };
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
                "arrived again although the target refused this push"
                    .clone_into(&mut example.detail);
            }
            again
        });
    }
}
