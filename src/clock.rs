//! The run's clock: the only place that reads the machine's time.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

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

    /// Now.
    pub fn now(&self) -> Time {
        Time::ZERO + self.origin.elapsed()
    }

    /// The same moment for tokio's timers.
    pub fn instant(&self, at: Time) -> tokio::time::Instant {
        let at = self.origin.checked_add(at - Time::ZERO);
        // Beyond what the platform can express: far enough ahead never to come.
        let far = || self.origin + std::time::Duration::from_secs(3600 * 24 * 365);
        tokio::time::Instant::from_std(at.unwrap_or_else(far))
    }
}

/// The wall clock, for the start stamp of a report: milliseconds since 1970.
#[must_use]
pub fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| d.as_millis() as u64)
}
