//! What was found of pushes whose answer was still on the way.
//!
//! Every arrival of a refused push is a phantom and nothing else. A push usually arrives before its answer, though, and is judged as
//! if accepted; what was found of it then is kept here by push, to be taken back should it be refused. A lane has one push in flight
//! at a time, so there is never much: what has been answered is cleared away.

use std::collections::HashMap;

use super::finding::Class;
use super::ledger::Ledger;
use crate::history::Outcome;
use crate::ids::PushId;

/// Violations by class.
pub(super) type ByClass = [u64; Class::ALL.len()];

/// Pushes kept before those answered are cleared away.
const ROOM: usize = 64;

#[derive(Debug, Default)]
pub(super) struct InFlight {
    found: HashMap<PushId, ByClass>,
    /// Of pushes cleared away that were refused.
    refused: ByClass,
    /// Cleared away when there are more.
    room: usize,
}

impl InFlight {
    /// Notes a violation by a push that has no answer yet.
    pub(super) fn note(&mut self, push: PushId, class: Class, ledger: &Ledger) {
        self.found.entry(push).or_default()[class as usize] += 1;
        if self.found.len() > self.room.max(ROOM) {
            self.clear(ledger);
            self.room = self.found.len() * 2;
        }
    }

    fn clear(&mut self, ledger: &Ledger) {
        let refused = &mut self.refused;
        self.found.retain(|push, found| {
            let entry = ledger.get(*push);
            if entry.is_some_and(|e| e.outcome() == Outcome::Rejected) {
                for (sum, n) in refused.iter_mut().zip(found) {
                    *sum += *n;
                }
                return false;
            }
            entry.is_some_and(|e| e.answer.is_none())
        });
    }

    /// What was found of pushes that turned out to be refused, when all answers are there.
    pub(super) fn of_refused(mut self, ledger: &Ledger) -> ByClass {
        self.clear(ledger);
        self.refused
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::history::Push;
    use crate::ids::{AppId, Audience, EventId, Lane};
    use crate::time::Time;
    use crate::verify::{Answer, LaneWriter};

    #[test]
    fn what_is_answered_is_cleared_away() {
        let ledger = Arc::new(Ledger::new(1, 10_000));
        let mut writer = LaneWriter::new(Arc::clone(&ledger), Lane(0));
        let mut in_flight = InFlight::default();
        for n in 0..10_000 {
            let push = Push {
                intended: Time::ZERO,
                sent: Time::ZERO,
                app: AppId(0),
                audience: Audience::Everyone,
                event: EventId(0),
                stream_seq: n,
            };
            let id = writer.send(&push).unwrap();
            in_flight.note(id, Class::Misrouted, &ledger);
            in_flight.note(id, Class::Misrouted, &ledger);
            in_flight.note(id, Class::Late, &ledger);
            let outcome = match n % 4 {
                0 => Outcome::Rejected,
                1 => Outcome::Unknown,
                _ => Outcome::Accepted,
            };
            let at = Time::ZERO;
            writer.answer(id, Answer { outcome, at });
            assert!(in_flight.found.len() <= ROOM + 1);
        }
        let refused = in_flight.of_refused(&ledger);
        assert_eq!(refused[Class::Misrouted as usize], 5_000);
        assert_eq!(refused[Class::Late as usize], 2_500);
        assert_eq!(refused.iter().sum::<u64>(), 7_500);
    }
}
