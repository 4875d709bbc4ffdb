//! What a thread knows of its own delays: since when it has certainly read everything, and how late its loop is.
//!
//! **Since when everything is read** ([`Parks`]). A shard's runtime parks its thread when no task can run. Its connected sockets are
//! registered with the selector of its engine, an epoll of its own, whose descriptor is what the runtime's driver watches; sockets on
//! their way in are the driver's own. The reasoning, held against tokio 1.54 (`runtime/scheduler/current_thread`, `task/local`,
//! `runtime/io`, `io/async_fd`), mio 1.2 and Linux's `fs/eventpoll.c`:
//!
//! * Before the hook of a park is called, the run queues of the runtime and of its `LocalSet` are empty, and no task waits for another
//!   turn because it has given way (those are kept as deferred work, and then the runtime only looks at its driver, without the hook).
//! * When something arrives at a connected socket, the kernel puts the socket on the selector's list, and the selector on the driver's,
//!   in one go, unless they are there already. (A socket that is registered with something to read is put there at once.) So a look at
//!   the driver reports the selector if anything has arrived by then at any of its sockets since it was last asked.
//! * Once it is reported, the engine's task runs before the next park, and asks the selector until the answer is not full, which is
//!   all there was. It reads every socket in it until the kernel has no more: until `WouldBlock`, or until a read that did not fill the
//!   buffer, which says the same unless the stream has ended. If that takes longer than a turn, it keeps the selector's readiness and
//!   gives way: that is deferred work, and no park. It lets go of the readiness only when all is read, and the driver cannot
//!   have looked meanwhile, as both are the same thread. Nothing else is waited for before the next question.
//! * A socket on its way in is handed over in the turn in which its opening was read, so what follows is found at its registration.
//! * A socket that polls has its connections watched by the driver itself. Its task is woken, and runs before the next park; it polls what
//!   reads them and what waits for that as one, until nothing is left to read, and an answer is judged in the turn in which its end was read.
//!   (What this side held up by not polling is told apart: `Listener::kept_back`.)
//! * Each look at the driver reports all that there is, as it is given room for all descriptors at once (`max_io_events_per_tick`).
//! * The last look before park `k` began no earlier than park `k - 1`, whether it was that park's own or one in between, without a
//!   park, on behalf of a thread that had work. One that a signal interrupted found nothing ready at some time after it began.
//!
//! So at park `k` everything that had arrived by park `k - 1` has been read, and **whatever is read after park `k` arrived after the
//! beginning of park `k - 1`**. A thread that is never idle parks never, and one that was stopped in between has its last park from
//! before: both prove nothing about when something arrived, which is right.
//!
//! **How late the loop is** ([`Beats`]): a timer that should fire every [`EVERY`], and when it did. It also bounds how long ago the
//! last two parks of an idle thread are.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;
use crate::measure::{Latency, Sketch};
use crate::time::Time;

/// Between two beats.
pub const EVERY: Duration = Duration::from_millis(20);
/// A thread later than this was away: stopped, or without a processor.
pub const AWAY: Duration = Duration::from_millis(50);

/// The last two parks of a thread. Only that thread writes and reads it; atomics are what tokio's hook asks for.
#[derive(Debug, Default)]
pub struct Parks {
    before_last: AtomicU64,
    last: AtomicU64,
}

impl Parks {
    /// The thread is about to park.
    pub fn park(&self, now: Time) {
        let last = self.last.swap(now.as_nanos(), Ordering::Relaxed);
        self.before_last.store(last, Ordering::Relaxed);
    }

    /// Whatever is read now arrived after this.
    pub fn not_before(&self) -> Time {
        Time::from_nanos(self.before_last.load(Ordering::Relaxed))
    }
}

/// How late a thread's timers are.
#[derive(Debug)]
pub struct Beats {
    clock: Clock,
    /// When the next beat should come, in nanoseconds.
    due: AtomicU64,
    /// How long the thread was away, in nanoseconds, up to the last beat.
    away: AtomicU64,
}

impl Beats {
    /// Not beating yet.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            due: AtomicU64::new(u64::MAX),
            away: AtomicU64::new(0),
        }
    }

    /// How long the thread has been away in all, a present absence included. Any thread may ask.
    pub fn away(&self, now: Time) -> Duration {
        let present = now - Time::from_nanos(self.due.load(Ordering::Acquire));
        let present = if present > AWAY {
            present
        } else {
            Duration::ZERO
        };
        Duration::from_nanos(self.away.load(Ordering::Acquire)) + present
    }

    /// Beats on the thread to be watched until it is dropped, and tells how late each beat is.
    pub async fn run(&self, mut late: impl FnMut(Duration)) {
        loop {
            let due = self.clock.now() + EVERY;
            self.due.store(due.as_nanos(), Ordering::Release);
            tokio::time::sleep_until(self.clock.instant(due)).await;
            let by = self.clock.now() - due;
            if by > AWAY {
                self.away.fetch_add(by.as_nanos() as u64, Ordering::Release);
            }
            late(by);
        }
    }
}

/// How late a thread was.
#[derive(Debug, Default)]
pub(super) struct Delay {
    /// Over all.
    pub(super) all: Latency,
    second: Sketch,
    longest: Duration,
}

impl Delay {
    pub(super) fn record(&mut self, by: Duration) {
        self.all.record(by);
        self.second.record(by);
        self.longest = self.longest.max(by);
    }

    /// In the second under way: at most, and each time.
    pub(super) fn take(&mut self) -> (Duration, Sketch) {
        let longest = std::mem::take(&mut self.longest);
        (longest, std::mem::take(&mut self.second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn what_is_read_came_after_the_park_before_the_last() {
        let parks = Parks::default();
        assert_eq!(parks.not_before(), Time::ZERO);
        parks.park(at(10));
        assert_eq!(parks.not_before(), Time::ZERO);
        parks.park(at(30));
        assert_eq!(parks.not_before(), at(10));
    }

    #[test]
    fn a_present_absence_counts() {
        let beats = Beats::new(Clock::start());
        assert_eq!(beats.away(at(5_000)), Duration::ZERO);
        beats.due.store(at(1_000).as_nanos(), Ordering::Release);
        assert_eq!(beats.away(at(1_050)), Duration::ZERO);
        assert_eq!(beats.away(at(4_000)), Duration::from_secs(3));
        beats.away.store(500_000_000, Ordering::Release);
        assert_eq!(beats.away(at(900)), Duration::from_millis(500));
    }
}
