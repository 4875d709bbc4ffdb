//! The run's clock: the only place that reads the machine's time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// One monotonic clock for a whole run; every stamp comes from a copy of it.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    /// When it was started, for other processes of this machine.
    pub fn origin(&self) -> Origin {
        let (now, machine) = both();
        let since = now.saturating_duration_since(self.origin);
        Origin(machine.saturating_sub(since).as_nanos() as u64)
    }

    /// The clock that another process of this machine has started. Both tell the same time, to well under a microsecond.
    #[must_use]
    pub fn since(origin: Origin) -> Self {
        let (now, machine) = both();
        let ago = machine.saturating_sub(Duration::from_nanos(origin.0));
        Self {
            origin: now.checked_sub(ago).unwrap_or(now),
        }
    }

    /// Now.
    pub fn now(&self) -> Time {
        Time::ZERO + self.origin.elapsed()
    }

    /// The wall clock, in nanoseconds since 1970, read between two times of this one. A clock that stands before 1970 shows 0.
    pub fn wall(&self) -> Wall {
        let before = self.now();
        let unix_nanos = unix_nanos();
        Wall {
            before,
            unix_nanos,
            after: self.now(),
        }
    }

    /// The same moment for tokio's timers.
    pub fn instant(&self, at: Time) -> tokio::time::Instant {
        let at = self.origin.checked_add(at - Time::ZERO);
        // Beyond what the platform can express: far enough ahead never to come.
        let far = || self.origin + std::time::Duration::from_secs(3600 * 24 * 365);
        tokio::time::Instant::from_std(at.unwrap_or_else(far))
    }
}

/// When a clock was started, in nanoseconds of the machine's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin(u64);

/// The same moment as the standard library and as the machine's monotonic clock have it. What lies between asking the one and the other is
/// the error, so the closest of several is taken.
fn both() -> (Instant, Duration) {
    let ask = |_| {
        let before = Instant::now();
        let machine = clock_gettime(ClockId::Monotonic);
        let machine = Duration::new(machine.tv_sec as u64, machine.tv_nsec as u32);
        (before.elapsed(), before, machine)
    };
    let closest = (0..8).map(ask).min_by_key(|(apart, _, _)| *apart);
    let (apart, before, machine) = closest.expect("more than none");
    (before + apart / 2, machine)
}

/// A look at the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wall {
    /// Just before.
    pub before: Time,
    /// What it showed, in nanoseconds since 1970.
    pub unix_nanos: u64,
    /// Just after.
    pub after: Time,
}

/// The wall clock, in nanoseconds since 1970; 0 before that.
#[must_use]
pub fn unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX))
}

/// How long it is by the wall clock until then; zero if it has passed.
#[must_use]
pub fn until(then: SystemTime) -> Duration {
    then.duration_since(SystemTime::now()).unwrap_or_default()
}

/// The wall clock, for the start stamp of a report: milliseconds since 1970.
#[must_use]
pub fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| d.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_started_elsewhere_tells_the_same_time() {
        let here = Clock::start();
        let there = Clock::since(here.origin());
        let (first, second, third) = (here.now(), there.now(), here.now());
        // Each reading is off by what lies between two questions at most.
        let slack = Duration::from_millis(1);
        assert!(second + slack >= first && third + slack >= second);
    }
}
