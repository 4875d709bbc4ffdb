//! Failed logins, counted for each user of an app, so that nobody tries passwords without end.

use crate::time::Time;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The time that failures are counted for, from the first one on.
const WINDOW: Duration = Duration::from_secs(60);
/// Most users whose failures are remembered; of more all are forgotten.
const MOST: usize = 65_536;

/// The failed logins of a platform. Users are known by their hash, so that long names take no room.
#[derive(Debug)]
pub(crate) struct Attempts {
    /// Failures that a user has in a window; then every login is refused until it is over.
    most: u32,
    hasher: RandomState,
    failed: Mutex<HashMap<u64, (Time, u32)>>,
}

impl Attempts {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most,
            hasher: RandomState::new(),
            failed: Mutex::default(),
        }
    }

    fn failed(&self) -> MutexGuard<'_, HashMap<u64, (Time, u32)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long a user's logins are refused from now on, if they are.
    pub(crate) fn refused(&self, app: &str, user: &str, now: Time) -> Option<Duration> {
        let key = self.hasher.hash_one((app, user));
        let (since, count) = *self.failed().get(&key)?;
        let left = (since + WINDOW).since(now);
        (count >= self.most && !left.is_zero()).then_some(left)
    }

    /// A login has failed.
    pub(crate) fn fail(&self, app: &str, user: &str, now: Time) {
        let key = self.hasher.hash_one((app, user));
        let mut failed = self.failed();
        if failed.len() >= MOST && !failed.contains_key(&key) {
            failed.retain(|_, (since, _)| now < *since + WINDOW);
            if failed.len() >= MOST {
                failed.clear();
            }
        }
        let (since, count) = failed.entry(key).or_insert((now, 0));
        if now >= *since + WINDOW {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempts, MOST};
    use crate::time::Time;
    use std::time::Duration;

    #[test]
    fn whoever_fails_too_often_waits_for_the_minute_to_end() {
        let attempts = Attempts::new(3);
        let at = |s| Time::ZERO + Duration::from_secs(s);
        let left = |app, user, s| {
            attempts
                .refused(app, user, at(s))
                .map(|left| left.as_secs())
        };
        for s in [10, 20, 30] {
            assert_eq!(left("a", "u", s), None);
            attempts.fail("a", "u", at(s));
        }
        assert_eq!(left("a", "u", 31), Some(39));
        assert_eq!((left("a", "v", 31), left("b", "u", 31)), (None, None));
        assert_eq!((left("a", "u", 69), left("a", "u", 70)), (Some(1), None));
        attempts.fail("a", "u", at(71));
        assert_eq!(left("a", "u", 71), None, "it is counted anew");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let attempts = Attempts::new(1);
        for number in 0..MOST + 10 {
            attempts.fail("a", &number.to_string(), Time::ZERO);
            assert!(attempts.failed().len() <= MOST);
        }
    }
}
