//! How often, and after which wait, a login is tried again.

use std::time::Duration;

use super::contract::Login;
use super::draws;
use super::problems::Problems;
use crate::ids::{SocketId, UserId};

/// Tells the draws of this module from all others of a seed.
const DRAWS: u64 = 0x6c6f_6769_6e73_2121;
/// Where doubling ends, and the longest that a target's `Retry-After` is honoured.
pub const LONGEST: Duration = Duration::from_secs(30);
/// More tries than that are no patience, but a run that hangs.
const MOST: u32 = 20;

/// What happens after a login that met 429, a 5xx status or no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// So many more are made at most.
    pub most: u32,
    /// Longest wait before the first of them; doubled for each further one, up to [`LONGEST`].
    pub backoff: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            most: 3,
            backoff: Duration::from_millis(500),
        }
    }
}

impl Retries {
    pub(super) fn new(login: &Login, problems: &mut Problems) -> Self {
        let usual = Self::default();
        let retries = Self {
            most: login.retries.unwrap_or(usual.most),
            backoff: login.backoff.map_or(usual.backoff, |span| span.0),
        };
        problems.check(retries.most <= MOST, "target.login.retries", || {
            format!("{} retries; ask for 0 to {MOST}", retries.most)
        });
        problems.check(
            retries.most == 0 || !retries.backoff.is_zero() && retries.backoff <= LONGEST,
            "target.login.backoff",
            || {
                format!(
                    "{:?}; write one above zero and up to {LONGEST:?}, as 500ms, or retries = 0",
                    retries.backoff
                )
            },
        );
        retries
    }

    /// The wait before the next try of a user after so many that failed: drawn from nothing up to the backoff (full jitter), so that users
    /// who were refused together do not come back together. On top of what the target `asked` for, up to [`LONGEST`].
    pub fn wait(self, seed: u64, user: UserId, failed: u32, asked: Option<Duration>) -> Duration {
        let doubled = 2_u32.saturating_pow(failed.saturating_sub(1));
        let most = self.backoff.saturating_mul(doubled).min(LONGEST);
        let drawn = draws::unit(&mut draws::of(seed, DRAWS, SocketId(user.0), failed));
        asked.unwrap_or_default().min(LONGEST) + most.mul_f64(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_drawn_below_a_backoff_that_doubles() {
        let retries = Retries::default();
        let longest = |failed| {
            let waits = (0..500).map(|user| retries.wait(7, UserId(user), failed, None));
            waits.max().unwrap()
        };
        for (failed, most) in [(1, 500), (2, 1_000), (3, 2_000), (40, 30_000)] {
            let most = Duration::from_millis(most);
            assert!(longest(failed) <= most && longest(failed) > most * 9 / 10);
        }
        let again = retries.wait(7, UserId(3), 2, None);
        assert_eq!(retries.wait(7, UserId(3), 2, None), again);
        assert_ne!(retries.wait(8, UserId(3), 2, None), again);
    }

    #[test]
    fn a_target_is_not_asked_before_it_wants_to_be_nor_waited_for_without_end() {
        let retries = Retries::default();
        let second = Duration::from_secs(1);
        let wait = |asked| retries.wait(1, UserId(1), 1, Some(second * asked));
        assert!((second * 4..second * 5).contains(&wait(4)));
        assert!(wait(86_400) < LONGEST + second);
    }
}
