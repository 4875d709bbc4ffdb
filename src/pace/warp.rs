//! A schedule whose rate is changed while it goes on.
//!
//! Nothing of the schedule itself changes: every hit keeps its number, its place and all that follows from it. What changes is how fast the
//! schedule's own time passes, from one moment on. So a change moves no hit that was due before it, and where hits then lie is as
//! much a function of schedule, changes and number as it was before.

use std::time::Duration;

use crate::time::Time;

/// How the time of a schedule passes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Warp {
    /// In order; none: as it is written.
    changes: Vec<Change>,
}

/// From a moment on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Change {
    /// When, after the start, in microseconds.
    at_us: u64,
    /// Where the schedule was by then, in microseconds.
    schedule_us: u64,
    /// How many times as fast as written it goes on.
    factor: f64,
}

impl Warp {
    /// From so long after the start on, the schedule passes `factor` times as fast as it is written. A time before that of the last change
    /// is as good as that.
    pub fn change(&mut self, at: Duration, factor: f64) {
        let last = self.changes.last().map_or(0, |last| last.at_us);
        let at_us = (at.as_micros() as u64).max(last);
        let schedule_us = self.schedule_us(at_us);
        self.changes.push(Change {
            at_us,
            schedule_us,
            factor,
        });
    }

    /// How many times as fast as written it goes on after the last change.
    pub fn factor(&self) -> f64 {
        self.changes.last().map_or(1.0, |change| change.factor)
    }

    /// The same so long after the start.
    pub fn factor_at(&self, elapsed: Duration) -> f64 {
        let us = elapsed.as_micros() as u64;
        let before = self.changes.partition_point(|change| change.at_us <= us);
        let change = before.checked_sub(1).map(|n| &self.changes[n]);
        change.map_or(1.0, |change| change.factor)
    }

    /// How often it was changed.
    pub fn changes(&self) -> usize {
        self.changes.len()
    }

    /// How far the schedule has come so long after the start.
    pub fn schedule(&self, elapsed: Duration) -> Duration {
        Duration::from_micros(self.schedule_us(elapsed.as_micros() as u64))
    }

    /// When what the schedule has at this time comes: both counted from the start, in whole microseconds.
    pub fn real(&self, schedule: Time) -> Time {
        let us = schedule.as_micros();
        // What is meant for the very moment of a change is moved by none: it is due.
        let before = self
            .changes
            .partition_point(|change| change.schedule_us < us);
        let Some(change) = before.checked_sub(1).map(|n| &self.changes[n]) else {
            return schedule;
        };
        let after = (us - change.schedule_us) as f64 / change.factor;
        Time::from_nanos((change.at_us + after.round() as u64).saturating_mul(1_000))
    }

    fn schedule_us(&self, at_us: u64) -> u64 {
        let before = self.changes.partition_point(|change| change.at_us <= at_us);
        let Some(change) = before.checked_sub(1).map(|n| &self.changes[n]) else {
            return at_us;
        };
        let after = (at_us - change.at_us) as f64 * change.factor;
        change.schedule_us + after.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::{Arrivals, Pace, Stage};

    const fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn at(millis: u64) -> Time {
        Time::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn without_a_change_time_is_time() {
        let warp = Warp::default();
        assert_eq!(warp.real(at(1_234)), at(1_234));
        assert_eq!(warp.schedule(secs(3)), secs(3));
        assert_eq!(warp.changes(), 0);
    }

    #[test]
    fn what_was_due_before_a_change_stays_where_it_was() {
        let mut warp = Warp::default();
        warp.change(secs(2), 4.0);
        warp.change(secs(3), 0.5);
        assert!((warp.factor() - 0.5).abs() < 1e-9);
        for (schedule, real) in [
            (0, 0),
            (1_999, 1_999),
            (2_000, 2_000),
            (2_400, 2_100),
            (6_000, 3_000),
            (6_500, 4_000),
            (7_000, 5_000),
        ] {
            assert_eq!(warp.real(at(schedule)), at(real), "{schedule}");
            let back = warp.schedule(Duration::from_millis(real));
            assert_eq!(back, Duration::from_millis(schedule), "{real}");
        }
    }

    #[test]
    fn hits_come_as_much_faster_as_they_were_asked_to() {
        let stages = [Stage::constant(100.0, secs(10))];
        for arrivals in [Arrivals::Constant, Arrivals::Burst(10)] {
            let pace = Pace::staged(&stages, arrivals).beyond(secs(100));
            let mut warp = Warp::default();
            warp.change(secs(4), 2.5);
            warp.change(secs(8), 0.1);
            let real: Vec<_> = (0..pace.hits())
                .map(|n| warp.real(pace.intended(n)))
                .collect();
            assert!(real.is_sorted());
            let between = |from: u64, to: u64| {
                let before = |ms| real.partition_point(|time| *time < at(ms));
                before(to * 1_000) - before(from * 1_000)
            };
            assert_eq!(between(0, 4), 400);
            assert_eq!(between(4, 8), 1_000);
            assert_eq!(between(8, 10), 20);
            assert_eq!(pace.due(warp.schedule(secs(10))), 1_420);
        }
    }

    #[test]
    fn a_moment_before_the_last_change_is_that_of_the_last_change() {
        let mut warp = Warp::default();
        warp.change(secs(5), 2.0);
        warp.change(secs(4), 3.0);
        assert_eq!(warp.real(at(8_000)), at(6_000));
    }
}
