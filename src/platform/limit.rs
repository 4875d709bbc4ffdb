//! An artificial capacity: an exact number of deliveries a second and of sockets, so that a search for the limit of a platform can be
//! held against a limit that is known.
//!
//! Deliveries beyond the rate wait in one line for the whole platform and leave in the order in which they came: none is lost, and all
//! are later, as at a server that is saturated. Time is an argument here; [`super::shared`] keeps it.

use super::conn::Conn;
use super::frame::Frame;
use super::token::Token;
use crate::time::Time;
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Most deliveries that wait; the connection of one more is closed, as one is whose own queue is full.
const MOST_WAITING: usize = 1 << 20;
/// Most deliveries that leave in one turn, before other tasks get theirs.
const TURN: usize = 256;

/// What waits, and leaves at a rate. The `k`-th of a busy time leaves `k / rate` after its beginning; an idle time earns nothing.
#[derive(Debug)]
struct Line<T> {
    per_second: NonZeroU32,
    /// When the busy time began.
    since: Time,
    /// How many have left since.
    left: u64,
    waiting: VecDeque<T>,
}

impl<T> Line<T> {
    fn new(per_second: NonZeroU32) -> Self {
        Self {
            per_second,
            since: Time::ZERO,
            left: 0,
            waiting: VecDeque::new(),
        }
    }

    /// When the next may leave.
    fn turn(&self) -> Time {
        let nanos = u128::from(self.left) * 1_000_000_000 / u128::from(self.per_second.get());
        self.since + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// When somebody is due to leave; `None`: nobody waits.
    fn due(&self) -> Option<Time> {
        (!self.waiting.is_empty()).then(|| self.turn())
    }

    fn push(&mut self, now: Time, item: T) {
        if self.waiting.is_empty() && now >= self.turn() {
            (self.since, self.left) = (now, 0);
        }
        self.waiting.push_back(item);
    }

    fn pop(&mut self, now: Time) -> Option<T> {
        if self.due()? > now {
            return None;
        }
        self.left += 1;
        let item = self.waiting.pop_front();
        // A backlog that is gone must not cost memory for good.
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
        item
    }
}

/// A delivery that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) conn: Arc<Conn>,
    /// The namespace and the socket that it is for; `None`: it is for whoever is there.
    pub(super) member: Option<(usize, Token)>,
    pub(super) frame: Frame,
}

/// The line in which all deliveries of a platform wait.
#[derive(Debug)]
pub(crate) struct DeliveryLimit {
    line: Mutex<Line<Waiting>>,
    begun: Notify,
}

impl DeliveryLimit {
    pub(crate) fn new(per_second: NonZeroU32) -> Self {
        Self {
            line: Mutex::new(Line::new(per_second)),
            begun: Notify::new(),
        }
    }

    fn line(&self) -> MutexGuard<'_, Line<Waiting>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a delivery at the end of the line. False: there is no room.
    pub(super) fn wait(&self, now: Time, delivery: Waiting) -> bool {
        let mut line = self.line();
        if line.waiting.len() >= MOST_WAITING {
            return false;
        }
        let first = line.waiting.is_empty();
        line.push(now, delivery);
        drop(line);
        if first {
            self.begun.notify_one();
        }
        true
    }

    /// Hands out what may leave by now, in order. True: this was a full turn, and there may be more.
    pub(crate) fn release(&self, now: Time) -> bool {
        let mut line = self.line();
        let leaving: Vec<Waiting> = std::iter::from_fn(|| line.pop(now)).take(TURN).collect();
        // Whoever holds a connection may want the line.
        drop(line);
        let full = leaving.len() == TURN;
        for Waiting {
            conn,
            member,
            frame,
        } in leaving
        {
            conn.let_through(now, member, frame);
        }
        full
    }

    /// When somebody is due to leave; [`Time::MAX`]: nobody waits.
    pub(crate) fn deadline(&self) -> Time {
        self.line().due().unwrap_or(Time::MAX)
    }

    /// Ready when somebody waits again.
    pub(crate) async fn begun(&self) {
        self.begun.notified().await;
    }
}

/// The places for sockets.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    taken: AtomicUsize,
}

impl Places {
    pub(super) fn new(most: Option<usize>) -> Self {
        Self {
            most: most.unwrap_or(usize::MAX),
            taken: AtomicUsize::new(0),
        }
    }

    /// Takes a place. False: there is none left.
    pub(super) fn take(&self) -> bool {
        let more = |taken| (taken < self.most).then_some(taken + 1);
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }

    /// Gives a place back.
    pub(super) fn give(&self) {
        self.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: u64) -> Time {
        Time::ZERO + Duration::from_millis(millis)
    }

    fn line(per_second: u32) -> Line<u64> {
        Line::new(NonZeroU32::new(per_second).unwrap())
    }

    #[test]
    fn a_backlog_leaves_at_the_rate_from_its_first_on() {
        let mut line = line(100);
        for n in 0..50 {
            line.push(at(7), n);
        }
        let mut left = Vec::new();
        for milli in 0..1_000 {
            while let Some(n) = line.pop(at(milli)) {
                left.push((n, milli));
            }
        }
        let due: Vec<_> = (0..50).map(|n| (n, 7 + n * 10)).collect();
        assert_eq!(left, due);
        assert_eq!(line.due(), None);
    }

    #[test]
    fn an_idle_time_earns_nothing() {
        let mut line = line(10);
        line.push(at(0), 0);
        assert_eq!(line.pop(at(0)), Some(0));
        // The place after it is not free yet ...
        line.push(at(30), 1);
        assert_eq!(line.due(), Some(at(100)));
        assert_eq!(line.pop(at(100)), Some(1));
        // ... and long after it there is one place, not twenty.
        line.push(at(2_000), 2);
        line.push(at(2_000), 3);
        assert_eq!((line.pop(at(2_000)), line.pop(at(2_000))), (Some(2), None));
        assert_eq!(line.due(), Some(at(2_100)));
    }

    proptest! {
        /// Whenever they come and however late somebody looks: all leave, in order, and none sooner than the rate allows after the
        /// first of its busy time.
        #[test]
        fn none_is_lost_and_none_leaves_early(
            per_second in 1..5_000_u32,
            gaps in proptest::collection::vec((0..40_u64, 0..40_u64), 1..200),
        ) {
            let mut line = line(per_second);
            let (mut now, mut next) = (0, 0);
            // When this busy time began, and how many have left in it.
            let (mut since, mut left) = (at(0), 0_u64);
            for (n, (before, after)) in (0..).zip(&gaps) {
                now += before;
                if line.due().is_none() && at(now) >= line.turn() {
                    (since, left) = (at(now), 0);
                }
                line.push(at(now), n);
                now += after;
                while let Some(n) = line.pop(at(now)) {
                    prop_assert_eq!(n, next);
                    prop_assert!(at(now) - since >= Duration::from_secs(left) / per_second);
                    (next, left) = (next + 1, left + 1);
                }
            }
            while let Some(due) = line.due() {
                prop_assert_eq!(due - since, Duration::from_secs(left) / per_second);
                prop_assert_eq!(line.pop(due), Some(next));
                (next, left) = (next + 1, left + 1);
            }
            prop_assert_eq!(next, gaps.len() as u64);
        }
    }

    #[test]
    fn places_are_counted_exactly() {
        let places = Places::new(Some(2));
        assert_eq!([(); 3].map(|()| places.take()), [true, true, false]);
        places.give();
        assert_eq!([(); 2].map(|()| places.take()), [true, false]);
        assert!(Places::new(None).take());
    }
}
