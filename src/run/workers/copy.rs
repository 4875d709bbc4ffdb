//! A worker's copy of the ledger, and the shards that wait for it.
//!
//! The run tells of a push before it sends it, but over another way than the push takes through the target. So a push can arrive before
//! the copy has it, if only by moments; whoever finds it missing waits until it is there, or until the run says that there was none: at the
//! latest when [`ToWorker::Told`](super::message::ToWorker::Told) comes next.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::history::Push;
use crate::ids::{Lane, PushId};
use crate::journal::Follows;
use crate::scenario::Plan;
use crate::time::Time;
use crate::verify::{Answer, LaneWriter, Ledger};

/// What the shards see of the copy.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) ledger: Arc<Ledger>,
    /// All pushes sent by then are in it. The end of time when nobody tells of any more.
    told: Mutex<Time>,
    changed: Condvar,
}

/// Writes the copy.
pub(super) struct Copyist {
    copy: Arc<Copy>,
    lanes: Vec<LaneWriter>,
}

impl Copyist {
    pub(super) fn new(plan: &Plan) -> Self {
        let ledger = Arc::new(Ledger::new(plan.lanes, plan.most_pushes_per_lane()));
        let lanes = (0..plan.lanes).map(|lane| LaneWriter::new(Arc::clone(&ledger), Lane(lane)));
        Self {
            lanes: lanes.collect(),
            copy: Arc::new(Copy {
                told: Mutex::new(Time::ZERO),
                changed: Condvar::new(),
                ledger,
            }),
        }
    }

    pub(super) fn copy(&self) -> Arc<Copy> {
        Arc::clone(&self.copy)
    }

    /// False: the run tells of a push that cannot be the next one.
    pub(super) fn sent(&mut self, id: PushId, push: &Push) -> bool {
        let Some(lane) = self.lanes.get_mut(id.lane.index()) else {
            return false;
        };
        let fits = lane.next_in_stream(push.app, push.audience) == push.stream_seq
            && self.copy.ledger.len(id.lane) == id.seq.0;
        let entered = fits && lane.send(push) == Some(id);
        // Whoever waits holds the lock from its look at the ledger until it sleeps.
        drop(self.copy.told());
        self.copy.changed.notify_all();
        entered
    }

    pub(super) fn answered(&self, id: PushId, answer: Answer) {
        if let Some(lane) = self.lanes.get(id.lane.index()) {
            lane.answer(id, answer);
        }
    }

    pub(super) fn told(&self, until: Time) {
        let mut told = self.copy.told();
        *told = until.max(*told);
        self.copy.changed.notify_all();
    }
}

impl Drop for Copyist {
    fn drop(&mut self) {
        self.told(Time::MAX);
    }
}

impl Copy {
    fn told(&self) -> MutexGuard<'_, Time> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follows for Copy {
    #[inline]
    fn wait_for(&self, push: PushId, read: Time) {
        let is_there = || self.ledger.len(push.lane) > push.seq.0;
        if is_there() {
            return;
        }
        let waits = |told: &mut Time| *told < read && !is_there();
        drop(self.changed.wait_while(self.told(), waits));
    }

    fn rows(&self) -> u64 {
        let lanes = 0..self.ledger.lanes();
        lanes
            .map(|lane| u64::from(self.ledger.len(Lane(lane))))
            .sum()
    }

    fn wait_for_more(&self, than: u64, read: Time) -> bool {
        let waits = |told: &mut Time| *told < read && self.rows() == than;
        drop(self.changed.wait_while(self.told(), waits));
        self.rows() > than
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AppId, Audience, EventId, Seq};

    fn id(seq: u32) -> PushId {
        PushId {
            lane: Lane(0),
            seq: Seq(seq),
        }
    }

    fn push(n: u32) -> Push {
        Push {
            intended: Time::ZERO,
            sent: Time::from_nanos(u64::from(n)),
            app: AppId(0),
            audience: Audience::Everyone,
            event: EventId(0),
            stream_seq: n,
        }
    }

    fn plan() -> Plan {
        let file = crate::scenario::file::File::built_in();
        Plan::from_file(&file, 1).unwrap()
    }

    #[test]
    fn whoever_is_ahead_waits_for_its_push_or_for_the_word_that_there_is_none() {
        let mut copyist = Copyist::new(&plan());
        let copy = copyist.copy();
        let waiting = std::thread::spawn(move || {
            copy.wait_for(id(1), Time::from_nanos(50));
            assert_eq!(copy.ledger.len(Lane(0)), 2);
            // Never sent: nothing but the word ends this.
            copy.wait_for(id(2), Time::from_nanos(60));
            copy.wait_for(id(2), Time::from_nanos(60));
            assert_eq!(copy.ledger.len(Lane(0)), 2);
        });
        copyist.told(Time::from_nanos(49));
        assert!(copyist.sent(id(0), &push(0)));
        assert!(copyist.sent(id(1), &push(1)));
        copyist.told(Time::from_nanos(60));
        waiting.join().unwrap();
    }

    #[test]
    fn nobody_waits_for_a_run_that_is_gone() {
        let copyist = Copyist::new(&plan());
        let copy = copyist.copy();
        drop(copyist);
        copy.wait_for(id(0), Time::from_nanos(1));
    }

    #[test]
    fn only_the_next_push_is_taken() {
        let mut copyist = Copyist::new(&plan());
        assert!(!copyist.sent(id(1), &push(0)));
        assert!(!copyist.sent(id(0), &push(1)));
        let nowhere = PushId {
            lane: Lane(9_999),
            seq: Seq(0),
        };
        assert!(!copyist.sent(nowhere, &push(0)));
        assert!(copyist.sent(id(0), &push(0)));
    }
}
