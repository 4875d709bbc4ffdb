//! The platform's clock: monotonic, started with the platform. The state machines are handed its readings.

use crate::time::Time;
use std::time::SystemTime;
use tokio::time::Instant;

/// A monotonic clock that begins at [`Time::ZERO`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts a clock.
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Now.
    pub(crate) fn now(self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    /// Milliseconds since 1970, by the machine's time.
    pub(crate) fn unix_ms() -> u64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }

    /// The runtime's name for a moment; moments out of its range become "in thirty years".
    pub(crate) fn instant(self, time: Time) -> Instant {
        const FAR: std::time::Duration = std::time::Duration::from_secs(30 * 365 * 86_400);
        self.start + time.since(Time::ZERO).min(FAR)
    }
}
