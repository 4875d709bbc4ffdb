//! The pacer: how an open-loop schedule turns elapsed time into work that is due.
//!
//! A pure function of time, as in vegeta: the caller owns the clock. It never slows down because the target does; a caller that
//! falls behind finds that several hits are due at once, each with the time it was meant for.

use std::time::Duration;

use crate::time::Time;

/// A constant rate over a bounded time. Hit `n` is meant for `n / rate` after the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    per_second: f64,
    hits: u64,
}

/// What a pacer asks its caller to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing is due for so long.
    Wait(Duration),
    /// The next hit is due; it was meant for this time after the start.
    Due(Time),
    /// Every hit of the schedule has been handed out.
    Stop,
}

impl Pace {
    /// `per_second` hits a second, until `hits` have been handed out. A rate that is not above zero hands out nothing.
    pub fn new(per_second: f64, hits: u64) -> Self {
        Self {
            per_second,
            hits: if per_second > 0.0 { hits } else { 0 },
        }
    }

    /// A pace that lasts for `duration`: the hits meant for before its end.
    pub fn lasting(per_second: f64, duration: Duration) -> Self {
        Self::new(
            per_second,
            (per_second * duration.as_secs_f64()).ceil() as u64,
        )
    }

    /// All hits of the schedule.
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// When hit `n` is meant for: a whole number of microseconds after the start.
    pub fn intended(&self, n: u64) -> Time {
        Time::from_nanos((n as f64 / self.per_second * 1e6).round() as u64 * 1_000)
    }

    /// What to do at `elapsed` after the start when `sent` hits have been handed out.
    pub fn step(&self, elapsed: Time, sent: u64) -> Step {
        if sent >= self.hits {
            return Step::Stop;
        }
        let intended = self.intended(sent);
        if intended <= elapsed {
            Step::Due(intended)
        } else {
            Step::Wait(intended - elapsed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn hands_out_each_hit_at_its_time() {
        let pace = Pace::lasting(10.0, Duration::from_secs(1));
        assert_eq!(pace.hits(), 10);
        assert_eq!(pace.step(at(0), 0), Step::Due(at(0)));
        assert_eq!(pace.step(at(0), 1), Step::Wait(Duration::from_millis(100)));
        assert_eq!(pace.step(at(100), 1), Step::Due(at(100)));
        assert_eq!(pace.step(at(950), 9), Step::Due(at(900)));
        assert_eq!(pace.step(at(950), 10), Step::Stop);
    }

    #[test]
    fn a_caller_that_is_late_gets_the_times_that_were_meant() {
        let pace = Pace::lasting(1_000.0, Duration::from_secs(1));
        for sent in 0..500 {
            assert_eq!(pace.step(at(500), sent), Step::Due(at(sent)));
        }
    }

    #[test]
    fn no_rate_means_no_hits() {
        for rate in [0.0, -1.0, f64::NAN] {
            assert_eq!(Pace::new(rate, 5).step(at(1), 0), Step::Stop);
        }
    }

    #[test]
    fn the_end_is_not_part_of_the_duration() {
        assert_eq!(Pace::lasting(4.0, Duration::from_millis(500)).hits(), 2);
        assert_eq!(Pace::lasting(4.0, Duration::from_millis(501)).hits(), 3);
    }
}
