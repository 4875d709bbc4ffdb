//! What the lanes of a closed loop wait for: that a push has arrived wherever it has to.
//!
//! Shards take one off for each first arrival of a push at a connection; the lane that sent it says how many there are to come
//! ([`There`](super::There) has that). All of it is atomic counters but for the last arrival of a push, which wakes its lane. A run that
//! follows a schedule has none of this.
//!
//! It decides nothing about right and wrong: a lane that has waited long enough goes on, and judging does the rest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::ids::{Lane, PushId};

/// Arrivals that lanes wait for.
#[derive(Debug)]
pub struct Awaited {
    lanes: Box<[Waiting]>,
}

/// The last push of a lane.
#[derive(Debug, Default)]
struct Waiting {
    /// Its number, counted from 1, above the 32 bits of the arrivals that are still to come.
    to_come: AtomicU64,
    waker: Mutex<Option<Waker>>,
}

impl Awaited {
    /// Of so many lanes.
    pub fn new(lanes: u32) -> Self {
        Self {
            lanes: (0..lanes).map(|_| Waiting::default()).collect(),
        }
    }

    /// A lane is about to send this push, which is to arrive so often. It waits for no other any more.
    pub fn send(&self, push: PushId, times: u32) {
        if let Some(lane) = self.lanes.get(push.lane.index()) {
            lane.to_come
                .store(number(push) << 32 | u64::from(times), Ordering::Release);
        }
    }

    /// The push has come to one more connection.
    #[inline]
    pub fn arrived(&self, push: PushId) {
        let Some(lane) = self.lanes.get(push.lane.index()) else {
            return;
        };
        // One that its lane waits for no more, or that came to more sockets than were there, is nothing to it.
        let one_less =
            |n: u64| (n >> 32 == number(push) && n as u32 > 0).then(|| n.wrapping_sub(1));
        let before = lane
            .to_come
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_less);
        if before.is_ok_and(|before| before as u32 == 1) {
            let waker = lane.waker.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(waker) = &*waker {
                waker.wake_by_ref();
            }
        }
    }

    /// Whether the last push of a lane has arrived wherever it has to; else the task is woken once it has.
    pub fn poll_arrived(&self, lane: Lane, task: &mut Context<'_>) -> Poll<()> {
        let Some(lane) = self.lanes.get(lane.index()) else {
            return Poll::Ready(());
        };
        if lane.has_arrived() {
            return Poll::Ready(());
        }
        let mut waker = lane.waker.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waker {
            Some(waker) => waker.clone_from(task.waker()),
            none => *none = Some(task.waker().clone()),
        }
        // The last arrival may have found no waker, or an old one, a moment ago.
        if lane.has_arrived() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Waiting {
    fn has_arrived(&self) -> bool {
        self.to_come.load(Ordering::Acquire) as u32 == 0
    }
}

fn number(push: PushId) -> u64 {
    u64::from(push.seq.0) + 1
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;
    use crate::ids::Seq;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    const LANE: Lane = Lane(1);

    fn push(seq: u32) -> PushId {
        PushId {
            lane: LANE,
            seq: Seq(seq),
        }
    }

    #[test]
    fn a_lane_is_woken_once_by_the_last_arrival() {
        let awaited = Awaited::new(2);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut task = Context::from_waker(&waker);
        awaited.send(push(0), 3);
        for n in 0..3 {
            assert!(awaited.poll_arrived(LANE, &mut task).is_pending(), "{n}");
            assert_eq!(woken.0.load(Ordering::Relaxed), 0);
            awaited.arrived(push(0));
        }
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert!(awaited.poll_arrived(LANE, &mut task).is_ready());
        // One too many, and one of a push that nobody waits for, make no difference.
        awaited.arrived(push(0));
        awaited.send(push(1), 1);
        awaited.arrived(push(0));
        assert!(awaited.poll_arrived(LANE, &mut task).is_pending());
        awaited.arrived(push(1));
        assert!(awaited.poll_arrived(LANE, &mut task).is_ready());
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn nothing_is_waited_for_where_nobody_is_there() {
        let awaited = Awaited::new(2);
        awaited.send(push(0), 0);
        let mut task = Context::from_waker(Waker::noop());
        assert!(awaited.poll_arrived(LANE, &mut task).is_ready());
    }

    #[test]
    fn no_last_arrival_is_missed_by_a_lane_that_begins_to_wait() {
        let awaited = Awaited::new(2);
        for seq in 0..300 {
            awaited.send(push(seq), 2);
            std::thread::scope(|scope| {
                let woken = Arc::new(Woken::default());
                let waker = Waker::from(Arc::clone(&woken));
                for _ in 0..2 {
                    scope.spawn(|| awaited.arrived(push(seq)));
                }
                let mut task = Context::from_waker(&waker);
                while awaited.poll_arrived(LANE, &mut task).is_pending() {
                    while woken.0.swap(0, Ordering::Relaxed) == 0 {
                        std::hint::spin_loop();
                    }
                }
            });
        }
    }
}
