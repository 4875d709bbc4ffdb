//! What was found of pushes whose answer was still on the way.
//!
//! Every arrival of a refused push is a phantom and nothing else. A push usually arrives before its answer, though, and is judged as
//! if accepted; what was found of it then is kept here by push, to be taken back should it be refused. A lane has one push in flight
//! at a time, so there is never much: what has been answered is cleared away.

use std::collections::{BTreeMap, HashMap};

use super::finding::{Class, EXAMPLES_PER_CLASS};
use super::ledger::Entry;
use crate::history::Outcome;
use crate::ids::{Lane, PushId};
use crate::time::Time;

/// Violations by class, then how often the generator may have held a delivery up, and how often it came by recovery.
pub(super) type ByClass = [u64; RECOVERED + 1];
/// The place of deliveries held up.
pub(super) const HELD_UP: usize = Class::ALL.len();
/// The place of deliveries that came by recovery.
pub(super) const RECOVERED: usize = HELD_UP + 1;

/// Pushes kept before those answered are cleared away.
const ROOM: usize = 64;
/// Refused pushes whose arrivals are kept. More than this at a time, and an example may not tell when it arrived.
const REFUSED: usize = 256;

#[derive(Debug, Default)]
pub(super) struct InFlight {
    found: HashMap<PushId, ByClass>,
    /// Of pushes cleared away that were refused, by lane.
    refused: BTreeMap<Lane, ByClass>,
    /// Cleared away when there are more.
    room: usize,
    /// The push in flight in each lane.
    lanes: Vec<Option<First>>,
    /// Pushes that were refused after they had arrived.
    arrived: HashMap<PushId, Vec<Arrived>>,
}

/// The first arrivals of a push.
#[derive(Debug)]
struct First {
    push: PushId,
    arrived: Vec<Arrived>,
}

#[derive(Debug)]
struct Arrived {
    slot: u32,
    at: Time,
    /// Its event name, if that was not the one asked for.
    event: Option<String>,
}

impl InFlight {
    /// Notes a violation (or [`HELD_UP`], [`RECOVERED`]) by a push that has no answer yet.
    pub(super) fn note(
        &mut self,
        push: PushId,
        what: usize,
        look: impl FnMut(PushId) -> Option<Entry>,
    ) {
        self.found.entry(push).or_default()[what] += 1;
        if self.found.len() > self.room.max(ROOM) {
            self.clear(look);
            self.room = self.found.len() * 2;
        }
    }

    /// Clears away what has been answered.
    pub(super) fn clear(&mut self, mut look: impl FnMut(PushId) -> Option<Entry>) {
        let refused = &mut self.refused;
        self.found.retain(|push, found| {
            let entry = look(*push);
            if entry.is_some_and(|e| e.outcome() == Outcome::Rejected) {
                let refused = refused.entry(push.lane).or_default();
                for (sum, n) in refused.iter_mut().zip(found) {
                    *sum += *n;
                }
                return false;
            }
            entry.is_some_and(|e| e.answer.is_none())
        });
    }

    /// What was found of pushes that turned out to be refused, when all answers are there and [`InFlight::clear`]ed.
    pub(super) fn of_refused(&self) -> BTreeMap<Lane, ByClass> {
        self.refused.clone()
    }

    /// Notes that a push came as if it were accepted, before its answer is known.
    pub(super) fn arrived(
        &mut self,
        push: PushId,
        slot: u32,
        at: Time,
        event: impl FnOnce() -> Option<String>,
        look: impl FnOnce(PushId) -> Option<Entry>,
    ) {
        let lane = push.lane.index();
        if lane >= self.lanes.len() {
            self.lanes.resize_with(lane + 1, || None);
        }
        let first = self.lanes[lane].get_or_insert_with(|| First {
            push,
            arrived: Vec::with_capacity(EXAMPLES_PER_CLASS),
        });
        if first.push != push {
            let before = first.push;
            first.push = push;
            let refused = look(before).is_some_and(|e| e.outcome() == Outcome::Rejected);
            if refused && self.arrived.len() < REFUSED {
                self.arrived
                    .insert(before, std::mem::take(&mut first.arrived));
            }
            first.arrived.clear();
        }
        if first.arrived.len() < EXAMPLES_PER_CLASS {
            let event = event();
            first.arrived.push(Arrived { slot, at, event });
        }
    }

    /// When a push that was refused later came to a connection, and under which name if not the one asked for; if that was noted.
    pub(super) fn when(&self, push: PushId, slot: u32) -> Option<(Time, Option<&str>)> {
        let now = self.lanes.get(push.lane.index()).and_then(Option::as_ref);
        let now = now.filter(|first| first.push == push);
        let arrived = now.map(|first| &first.arrived);
        let arrived = arrived.or_else(|| self.arrived.get(&push))?;
        let arrived = arrived.iter().find(|arrived| arrived.slot == slot)?;
        Some((arrived.at, arrived.event.as_deref()))
    }

    /// Nobody asks any more when these pushes came.
    pub(super) fn forget(&mut self, over: impl Fn(PushId) -> bool) {
        self.arrived.retain(|push, _| !over(*push));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::history::Push;
    use crate::ids::{AppId, Audience, EventId, Lane};
    use crate::verify::{Answer, LaneWriter, Ledger};

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
            let look = |id| ledger.get(id);
            in_flight.note(id, Class::Misrouted as usize, look);
            in_flight.note(id, Class::Misrouted as usize, look);
            in_flight.note(id, Class::Late as usize, look);
            in_flight.note(id, HELD_UP, look);
            in_flight.arrived(id, 3, Time::from_nanos(7), || None, look);
            let outcome = match n % 4 {
                0 => Outcome::Rejected,
                1 => Outcome::Unknown,
                _ => Outcome::Accepted,
            };
            let at = Time::ZERO;
            writer.answer(id, Answer { outcome, at });
            assert!(in_flight.found.len() <= ROOM + 1);
            if outcome == Outcome::Rejected && n < 4 * REFUSED as u32 {
                assert_eq!(in_flight.when(id, 3), Some((Time::from_nanos(7), None)));
                assert_eq!(in_flight.when(id, 4), None);
            }
        }
        in_flight.clear(|id| ledger.get(id));
        assert_eq!(in_flight.arrived.len(), REFUSED);
        in_flight.forget(|_| true);
        assert!(in_flight.arrived.is_empty());
        let refused = in_flight.of_refused()[&Lane(0)];
        assert_eq!(refused[Class::Misrouted as usize], 5_000);
        assert_eq!(refused[Class::Late as usize], 2_500);
        assert_eq!(refused[HELD_UP], 2_500);
        assert_eq!(refused.iter().sum::<u64>(), 10_000);
    }
}
