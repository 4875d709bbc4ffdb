//! The platform's clock: monotonic, started with the platform. The state machines are handed its readings.

use crate::time::Time;
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

    /// The runtime's name for a moment; moments out of its range become "in thirty years".
    pub(crate) fn instant(self, time: Time) -> Instant {
        const FAR: std::time::Duration = std::time::Duration::from_secs(30 * 365 * 86_400);
        self.start + time.since(Time::ZERO).min(FAR)
    }
}
