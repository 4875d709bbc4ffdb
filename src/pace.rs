//! The pacer: how an open-loop schedule turns elapsed time into work that is due.
//!
//! A pure function of time, as in vegeta: the caller owns the clock. It never slows down because the target does; a caller that
//! falls behind finds that several hits are due at once, each with the time it was meant for.
//!
//! A schedule is a rate over time, in stages, each constant or a linear ramp. What matters is its integral, the count of hits by then: hit
//! `n` is meant for when the count reaches `n`. Every time is worked out from the start of its stage, so nothing adds up over
//! a long run.

use std::sync::Arc;
use std::time::Duration;

use crate::time::Time;

mod course;
mod poisson;
mod warp;

pub use course::Course;
use poisson::Poisson;
pub use warp::Warp;

/// A schedule. Cheap to copy.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    legs: Arc<[Leg]>,
    hits: u64,
    gaps: Gaps,
}

/// A stretch of time with one rate, or a linear ramp from one rate to another. Rates are hits a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// How long it lasts, in whole microseconds.
    pub lasts: Duration,
    /// The rate at its beginning.
    pub from: f64,
    /// The rate at its end.
    pub to: f64,
}

/// How hits lie within the rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrivals {
    /// Evenly: hit `n` is meant for when the count reaches `n`.
    Constant,
    /// So many at once, each time the count has grown by as many.
    Burst(u32),
    /// At random and independently of each other, as decided by this seed: a Poisson process of the rate.
    Poisson(u64),
}

/// A stage with what comes before it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Leg {
    /// When it begins, in microseconds after the start.
    begins_us: u64,
    /// How long it lasts, in seconds; infinite for a schedule that has no end but its number of hits.
    lasts: f64,
    /// The count at its beginning, and at its end.
    counted: f64,
    until: f64,
    /// Hits a second at its beginning, and how much more after a second.
    rate: f64,
    slope: f64,
}

#[derive(Debug, Clone, PartialEq)]
enum Gaps {
    Even,
    Burst(u64),
    Random(Poisson),
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

impl Stage {
    /// One of a constant rate.
    pub fn constant(per_second: f64, lasts: Duration) -> Self {
        Self {
            lasts,
            from: per_second,
            to: per_second,
        }
    }

    /// Hits in it, whole or not.
    pub fn hits(&self) -> f64 {
        f64::midpoint(self.from, self.to) * self.lasts.as_secs_f64()
    }
}

impl Pace {
    /// `per_second` hits a second, until `hits` have been handed out. A rate that is not above zero hands out nothing.
    pub fn new(per_second: f64, hits: u64) -> Self {
        let leg = Leg {
            begins_us: 0,
            lasts: f64::INFINITY,
            counted: 0.0,
            until: f64::INFINITY,
            rate: per_second,
            slope: 0.0,
        };
        Self {
            legs: Arc::new([leg]),
            hits: if per_second > 0.0 { hits } else { 0 },
            gaps: Gaps::Even,
        }
    }

    /// A pace that lasts for `duration`: the hits meant for before its end.
    pub fn lasting(per_second: f64, duration: Duration) -> Self {
        Self::staged(&[Stage::constant(per_second, duration)], Arrivals::Constant)
    }

    /// One stage after the other: the hits meant for before the end of the last. Rates below zero are none.
    pub fn staged(stages: &[Stage], arrivals: Arrivals) -> Self {
        let mut legs = Vec::with_capacity(stages.len());
        let (mut begins_us, mut counted) = (0, 0.0);
        for stage in stages {
            let stage = Stage {
                from: stage.from.max(0.0),
                to: stage.to.max(0.0),
                ..*stage
            };
            let lasts = stage.lasts.as_secs_f64();
            let until = snapped(counted + stage.hits());
            legs.push(Leg {
                begins_us,
                lasts,
                counted,
                until,
                rate: stage.from,
                slope: if lasts > 0.0 {
                    (stage.to - stage.from) / lasts
                } else {
                    0.0
                },
            });
            begins_us += stage.lasts.as_micros() as u64;
            counted = until;
        }
        let gaps = match arrivals {
            Arrivals::Constant => Gaps::Even,
            Arrivals::Burst(size) => Gaps::Burst(u64::from(size.max(1))),
            Arrivals::Poisson(seed) => Gaps::Random(Poisson::new(seed, counted)),
        };
        Self::of(legs.into(), counted, gaps)
    }

    fn of(legs: Arc<[Leg]>, counted: f64, gaps: Gaps) -> Self {
        let hits = match &gaps {
            Gaps::Even | Gaps::Burst(_) => counted.ceil() as u64,
            Gaps::Random(poisson) => poisson.before(counted),
        };
        Self { legs, hits, gaps }
    }

    /// The same schedule, which then goes on at the rate of its end until so long after the start. What it has before its own end stays
    /// as it is.
    #[must_use]
    pub fn beyond(&self, until: Duration) -> Self {
        let Some(last) = self.legs.last().filter(|leg| leg.lasts.is_finite()) else {
            return self.clone();
        };
        let begins_us = last.begins_us + (last.lasts * 1e6).round() as u64;
        let more_us = (until.as_micros() as u64).saturating_sub(begins_us);
        let rate = (last.rate + last.slope * last.lasts).max(0.0);
        let (counted, lasts) = (last.until, more_us as f64 / 1e6);
        let leg = Leg {
            begins_us,
            lasts,
            counted,
            until: snapped(counted + rate * lasts),
            rate,
            slope: 0.0,
        };
        Self::of(
            self.legs.iter().copied().chain([leg]).collect(),
            leg.until,
            match &self.gaps {
                Gaps::Random(poisson) => Gaps::Random(poisson.until(leg.until)),
                gaps => gaps.clone(),
            },
        )
    }

    /// The same with no more hits than this.
    #[must_use]
    pub fn at_most(self, hits: u64) -> Self {
        let hits = self.hits.min(hits);
        Self { hits, ..self }
    }

    /// All hits of the schedule.
    pub fn hits(&self) -> u64 {
        self.hits
    }

    /// Hits a second so long after the start; zero once it is over.
    pub fn rate(&self, elapsed: Duration) -> f64 {
        let elapsed = elapsed.as_secs_f64();
        let begins = |leg: &Leg| leg.begins_us as f64 / 1e6;
        let leg = self.legs.partition_point(|leg| begins(leg) <= elapsed);
        let leg = leg.checked_sub(1).map(|leg| &self.legs[leg]);
        let within = |leg: &&Leg| elapsed - begins(leg) < leg.lasts;
        let rate = |leg: &Leg| leg.rate + leg.slope * (elapsed - begins(leg));
        leg.filter(within).map_or(0.0, rate)
    }

    /// How many hits are meant for before so long after the start.
    pub fn due(&self, elapsed: Duration) -> u64 {
        let count = snapped(self.count(elapsed.as_secs_f64()));
        let due = match &self.gaps {
            Gaps::Even => count.ceil() as u64,
            Gaps::Burst(size) => (count.ceil() as u64).div_ceil(*size) * size,
            Gaps::Random(poisson) => poisson.before(count),
        };
        due.min(self.hits)
    }

    /// When hit `n` is meant for: a whole number of microseconds after the start.
    pub fn intended(&self, n: u64) -> Time {
        self.when(match &self.gaps {
            Gaps::Even => n as f64,
            Gaps::Burst(size) => (n / size * size) as f64,
            Gaps::Random(poisson) => poisson.at(n),
        })
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

    /// When the count stands at this for the last time: a stretch without any rate belongs to what is before it.
    fn when(&self, count: f64) -> Time {
        let leg = self.legs.partition_point(|leg| leg.until <= count);
        let Some(leg) = self.legs.get(leg).or(self.legs.last()) else {
            return Time::ZERO;
        };
        let after = leg.reaches(count - leg.counted).min(leg.lasts);
        Time::from_nanos((leg.begins_us + (after * 1e6).round() as u64) * 1_000)
    }

    /// The count so many seconds after the start.
    fn count(&self, elapsed: f64) -> f64 {
        let begun = |leg: &Leg| leg.begins_us as f64 / 1e6 <= elapsed;
        let leg = self.legs.partition_point(begun).checked_sub(1);
        let Some(leg) = leg.map(|leg| &self.legs[leg]) else {
            return 0.0;
        };
        let within = (elapsed - leg.begins_us as f64 / 1e6).min(leg.lasts);
        let count = leg.counted + (leg.rate + leg.slope / 2.0 * within) * within;
        count.min(leg.until)
    }
}

impl Leg {
    /// The seconds in which so much is added to the count: where `rate × t + slope / 2 × t²` is that. Written so that nothing is taken away
    /// from what is nearly as large.
    fn reaches(&self, more: f64) -> f64 {
        if more <= 0.0 {
            return 0.0;
        }
        if self.slope == 0.0 {
            return more / self.rate;
        }
        let rate_then = (self.rate * self.rate + 2.0 * self.slope * more).max(0.0);
        2.0 * more / (self.rate + rate_then.sqrt())
    }
}

/// A count, freed of what is no more than rounding: 30 s of 0.1/s are three hits, and not a trace of a fourth.
fn snapped(count: f64) -> f64 {
    let whole = count.round();
    if (count - whole).abs() <= 1e-9 + whole * 1e-14 {
        whole
    } else {
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_nanos(millis * 1_000_000)
    }

    const fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn stage(lasts: u64, from: f64, to: f64) -> Stage {
        let lasts = secs(lasts);
        Stage { lasts, from, to }
    }

    /// Hits in each whole second.
    fn seconds(pace: &Pace) -> Vec<u64> {
        let mut seconds = Vec::new();
        for n in 0..pace.hits() {
            let second = (pace.intended(n).as_micros() / 1_000_000) as usize;
            seconds.resize(seconds.len().max(second + 1), 0);
            seconds[second] += 1;
        }
        seconds
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
            assert_eq!(Pace::lasting(rate, secs(5)).hits(), 0);
        }
        assert_eq!(Pace::staged(&[], Arrivals::Constant).hits(), 0);
    }

    #[test]
    fn the_end_is_not_part_of_the_duration() {
        assert_eq!(Pace::lasting(4.0, Duration::from_millis(500)).hits(), 2);
        assert_eq!(Pace::lasting(4.0, Duration::from_millis(501)).hits(), 3);
    }

    #[test]
    fn what_is_no_more_than_rounding_makes_no_hit() {
        for (rate, duration, hits) in [
            (0.1, secs(30), 3),
            (1.0 / 60.0, secs(60), 1),
            (1.0 / 3_600.0, secs(3 * 3_600), 3),
            (0.3, secs(10), 3),
            (1e6 / 3.0, secs(300), 100_000_000),
        ] {
            assert_eq!(Pace::lasting(rate, duration).hits(), hits, "{rate}");
        }
        let tenths = [stage(3, 0.1, 0.1); 10];
        assert_eq!(Pace::staged(&tenths, Arrivals::Constant).hits(), 3);
    }

    #[test]
    fn stages_follow_the_integral_of_their_rate() {
        let stages = [
            stage(10, 0.0, 500.0),
            stage(30, 500.0, 500.0),
            stage(5, 500.0, 50.0),
            stage(3, 0.0, 0.0),
            stage(2, 7.0, 7.0),
        ];
        let pace = Pace::staged(&stages, Arrivals::Constant);
        assert_eq!(pace.hits(), 2_500 + 15_000 + 1_375 + 14);
        let seconds = seconds(&pace);
        assert_eq!(seconds.len(), 50);
        for (second, hits) in seconds.iter().enumerate() {
            let within = second as f64 + 0.5;
            let wanted = match second {
                0..10 => 50.0 * within,
                10..40 => 500.0,
                40..45 => 500.0 - 90.0 * (within - 40.0),
                45..48 => 0.0,
                _ => 7.0,
            };
            let off = (*hits as f64 - wanted).abs();
            assert!(off <= 1.0, "second {second}: {hits}, not {wanted}");
        }
        // The first hits of each stage: at its very beginning, and no hit in between has moved.
        let after = |n| pace.intended(n).as_micros();
        assert_eq!(after(0), 0);
        assert_eq!(after(1), 200_000);
        assert_eq!(after(2_500), 10_000_000);
        assert_eq!(after(2_501), 10_002_000);
        assert_eq!(after(17_500), 40_000_000);
        assert_eq!(after(18_875), 48_000_000);
        assert_eq!(after(pace.hits() - 1), 48_000_000 + 1_857_143);
    }

    #[test]
    fn beyond_its_end_a_schedule_goes_on_and_nothing_before_has_moved() {
        let stages = [stage(2, 0.0, 100.0), stage(2, 100.0, 50.0)];
        for arrivals in [
            Arrivals::Constant,
            Arrivals::Burst(30),
            Arrivals::Poisson(4),
        ] {
            let pace = Pace::staged(&stages, arrivals);
            let longer = pace.beyond(secs(8));
            for n in 0..pace.hits() {
                assert_eq!(pace.intended(n), longer.intended(n), "{arrivals:?}: {n}");
            }
            let more = longer.hits() - pace.hits();
            assert!(more.abs_diff(200) <= 60, "{arrivals:?}: {more}");
            assert_eq!(longer.due(secs(8)), longer.hits());
            let last = longer.intended(longer.hits() - 1);
            assert!(last >= at(4_000) && last < at(8_000), "{last:?}");
        }
        let none = Pace::new(5.0, 7).beyond(secs(100));
        assert_eq!(none.hits(), 7);
        let ends = Pace::staged(&[stage(4, 50.0, 0.0)], Arrivals::Constant);
        assert_eq!(ends.beyond(secs(40)).hits(), 100);
    }

    #[test]
    fn tells_its_rate_at_any_time() {
        let pace = Pace::staged(
            &[stage(4, 50.0, 10.0), stage(2, 0.0, 0.0), stage(2, 7.0, 7.0)],
            Arrivals::Constant,
        );
        for (millis, rate) in [
            (0, 50.0),
            (1_000, 40.0),
            (4_000, 0.0),
            (7_999, 7.0),
            (8_000, 0.0),
        ] {
            let found = pace.rate(Duration::from_millis(millis));
            assert!((found - rate).abs() < 1e-9, "{millis}: {found}, not {rate}");
        }
    }

    #[test]
    fn a_ramp_down_to_nothing_ends_when_it_says() {
        let pace = Pace::staged(&[stage(4, 50.0, 0.0)], Arrivals::Constant);
        assert_eq!(pace.hits(), 100);
        // 100 - n = 50 / 8 × (4 - t)²
        for n in 0..100_u32 {
            let left = f64::from(100 - n) * 8.0 / 50.0;
            let wanted = (4.0 - left.sqrt()) * 1e6;
            let meant = pace.intended(u64::from(n)).as_micros() as f64;
            assert!((meant - wanted).abs() <= 0.6, "{n}: {meant}, not {wanted}");
        }
        assert_eq!(pace.intended(100).as_micros(), 4_000_000);
    }

    #[test]
    fn what_is_due_is_what_was_meant_for_before() {
        let stages = [
            stage(2, 0.0, 100.0),
            stage(1, 0.0, 0.0),
            stage(2, 30.0, 10.0),
        ];
        for arrivals in [Arrivals::Constant, Arrivals::Burst(7), Arrivals::Poisson(4)] {
            let pace = Pace::staged(&stages, arrivals);
            let meant: Vec<_> = (0..pace.hits()).map(|n| pace.intended(n)).collect();
            assert!(meant.is_sorted(), "{arrivals:?}");
            assert!(meant.iter().all(|at| at.as_micros() <= 5_000_000));
            for micros in (0..6_000_000).step_by(12_345) {
                let elapsed = Duration::from_micros(micros);
                let before = meant.partition_point(|at| at.as_micros() < micros);
                let due = pace.due(elapsed);
                // A hit that is meant for within the same microsecond is on the one side or the other.
                let same = meant
                    .iter()
                    .filter(|at| at.as_micros().abs_diff(micros) <= 1);
                assert!(
                    due.abs_diff(before as u64) <= same.count() as u64,
                    "{arrivals:?} at {elapsed:?}: {due}, not {before}"
                );
            }
        }
    }

    #[test]
    fn bursts_come_at_once_and_keep_the_rate() {
        let pace = Pace::staged(&[stage(2, 100.0, 100.0)], Arrivals::Burst(30));
        assert_eq!(pace.hits(), 200);
        for n in 0..200 {
            assert_eq!(pace.intended(n), at(n / 30 * 300), "{n}");
        }
    }

    #[test]
    fn random_arrivals_keep_the_rate_of_every_stage() {
        let stages = [stage(20, 0.0, 1_000.0), stage(20, 1_000.0, 1_000.0)];
        let pace = Pace::staged(&stages, Arrivals::Poisson(11));
        // 30,000 in all, with a standard deviation of 173.
        assert!(pace.hits().abs_diff(30_000) < 700, "{}", pace.hits());
        let seconds = seconds(&pace);
        for (second, hits) in seconds.iter().enumerate() {
            let wanted = (50.0 * (second as f64 + 0.5)).min(1_000.0);
            let off = (*hits as f64 - wanted) / wanted.sqrt();
            assert!(off.abs() < 4.5, "second {second}: {hits}, not {wanted}");
        }
        let other = Pace::staged(&stages, Arrivals::Poisson(12));
        assert_ne!(pace.intended(5_000), other.intended(5_000));
        let again = Pace::staged(&stages, Arrivals::Poisson(11));
        assert_eq!(pace, again);
        assert_eq!(pace.intended(29_000), again.intended(29_000));
    }
}
