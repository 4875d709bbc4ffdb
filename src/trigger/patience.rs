//! Patience with a connection that cannot be made: the wait before another attempt, longer for each that failed.

use std::time::Duration;

use crate::time::Time;

/// The wait after the first attempt that failed; doubled for each further one.
const WAIT: Duration = Duration::from_millis(50);
const WAIT_MAX: Duration = Duration::from_secs(1);

/// What is known of the attempts of one lane.
pub(super) struct Patience<E> {
    /// Attempts that failed in a row.
    failed: u32,
    /// No attempt before this, and why the last one failed.
    pause: Option<(Time, E)>,
}

impl<E: Clone> Patience<E> {
    /// No attempt was made yet.
    pub(super) fn new() -> Self {
        Self {
            failed: 0,
            pause: None,
        }
    }

    /// Whether it is time for an attempt; else why the last one failed.
    pub(super) fn may_try(&self, now: Time) -> Result<(), E> {
        match &self.pause {
            Some((until, why)) if now < *until => Err(why.clone()),
            _ => Ok(()),
        }
    }

    /// An attempt has succeeded.
    pub(super) fn succeeded(&mut self) {
        *self = Self::new();
    }

    /// An attempt has failed. Gives back why.
    pub(super) fn failed(&mut self, now: Time, why: E) -> E {
        let wait = WAIT.saturating_mul(1 << self.failed.min(8)).min(WAIT_MAX);
        self.failed += 1;
        self.pause = Some((now + wait, why.clone()));
        why
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_begin_anew() {
        let mut patience = Patience::new();
        let mut now = Time::ZERO;
        for wait in [50, 100, 200, 400, 800, 1_000, 1_000] {
            assert_eq!(patience.may_try(now), Ok(()));
            assert_eq!(patience.failed(now, "why"), "why");
            let almost = now + Duration::from_millis(wait - 1);
            assert_eq!(patience.may_try(almost), Err("why"));
            now = now + Duration::from_millis(wait);
        }
        assert_eq!(patience.may_try(now), Ok(()));
        patience.succeeded();
        patience.failed(now, "again");
        assert_eq!(patience.may_try(now + Duration::from_millis(50)), Ok(()));
    }
}
