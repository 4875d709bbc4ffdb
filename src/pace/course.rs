//! The course that a schedule takes: as it is written, or as it was changed while it went on.

use std::time::Duration;

use super::{Pace, Warp};
use crate::time::Time;

/// A schedule with what was changed of it. It ends when it is written to end, whatever was changed: a schedule that passes faster goes on
/// at the rate of its end. Cheap to copy.
#[derive(Debug, Clone)]
pub struct Course {
    /// With what comes after its written end.
    pace: Pace,
    /// As written.
    hits: u64,
    lasts: Duration,
    warp: Warp,
}

impl Course {
    /// A schedule that lasts so long, as written. `beyond` is the same, [beyond](Pace::beyond) its end.
    pub fn new(written: &Pace, beyond: Pace, lasts: Duration) -> Self {
        Self {
            hits: written.hits(),
            pace: beyond,
            lasts,
            warp: Warp::default(),
        }
    }

    /// From so long after the start on it passes `factor` times as fast as it is written. What is due before stays as it was.
    pub fn change(&mut self, at: Duration, factor: f64) {
        self.warp.change(at, factor);
        self.hits = self.pace.due(self.warp.schedule(self.lasts));
    }

    /// How many times as fast as written it passes.
    pub fn factor(&self) -> f64 {
        self.warp.factor()
    }

    /// How often it was changed.
    pub fn changes(&self) -> usize {
        self.warp.changes()
    }

    /// All hits of the course, as far as is known by now.
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// When what the schedule has at this time comes; both counted from the start.
    pub fn real(&self, schedule: Time) -> Time {
        self.warp.real(schedule)
    }

    /// Hits a second so long after the start; zero once it is over.
    pub fn rate(&self, elapsed: Duration) -> f64 {
        if elapsed >= self.lasts {
            return 0.0;
        }
        self.pace.rate(self.warp.schedule(elapsed)) * self.warp.factor_at(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pace::{Arrivals, Stage};

    const fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn course(arrivals: Arrivals) -> (Pace, Course) {
        let pace = Pace::staged(&[Stage::constant(10.0, secs(10))], arrivals);
        let course = Course::new(&pace, pace.beyond(secs(100)), secs(10));
        (pace, course)
    }

    #[test]
    fn as_written_it_is_the_schedule() {
        for arrivals in [
            Arrivals::Constant,
            Arrivals::Burst(30),
            Arrivals::Poisson(3),
        ] {
            let (pace, course) = course(arrivals);
            assert_eq!(course.hits(), pace.hits());
            for n in 0..pace.hits() {
                assert_eq!(course.real(pace.intended(n)), pace.intended(n));
            }
        }
    }

    #[test]
    fn it_ends_when_it_was_to_end_with_more_hits_or_fewer() {
        let (pace, mut course) = course(Arrivals::Constant);
        course.change(secs(4), 3.0);
        assert_eq!(course.hits(), 40 + 180);
        assert!((course.rate(secs(3)) - 10.0).abs() < 1e-9);
        assert!((course.rate(secs(5)) - 30.0).abs() < 1e-9);
        assert!((course.rate(secs(10))).abs() < 1e-9);
        course.change(secs(6), 0.5);
        assert_eq!(course.hits(), 40 + 60 + 20);
        assert!((course.factor() - 0.5).abs() < 1e-9);
        let beyond = pace.beyond(secs(100));
        let last = course.real(beyond.intended(course.hits() - 1));
        assert_eq!(last, Time::ZERO + Duration::from_millis(9_800));
        let next = course.real(beyond.intended(course.hits()));
        assert_eq!(next, Time::ZERO + secs(10));
    }
}
