//! How well a percentile of a latency is known, and on which side of its bound it is.
//!
//! Deliveries of one moment are late together, so samples are not independent, and formulas that take them to be promise too much.
//! Here the blocks of a step (a second each, or longer) are what is compared: how much their shares of slow samples differ tells how
//! far the share of the step may be off (the variance of a ratio over clusters, with Student's distribution for few blocks). It is
//! never taken to be better than what independent samples would give. What grows throughout a step, as in an overload, is no noise,
//! and is not told from it either: there the interval is wide, and its lower end is what counts.

use crate::measure::Blocks;
use crate::scenario::threshold::metric::{Stat, Timing};
use crate::scenario::threshold::{Metric, Threshold};

/// Fewest blocks that anything is told from.
const FEWEST: usize = 5;
/// An interval that is not wider than this share of its percentile is narrow enough, wherever the bound is.
const NARROW: f64 = 0.1;
/// Student's t, 95 % on two sides, by degrees of freedom from `FEWEST - 1` on; more blocks than this has there are none.
const STUDENT: [f64; 28] = [
    2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045,
    2.042, 2.040,
];

/// Between which latencies a percentile is, with 95 % confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Not below this, in microseconds.
    pub low_us: u64,
    /// Not above this; `None`: it may be above all that was seen.
    pub high_us: Option<u64>,
}

/// Where a percentile is, seen from a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Below it, with 95 % confidence.
    Below,
    /// Above it, with the same.
    Above,
    /// Too near to tell.
    Unsure,
}

/// The share of samples above a latency, and how far off it may be, with 95 % confidence; `None`: too few blocks. `q` is the percentile
/// that is asked about, as a share.
fn above(blocks: &Blocks, q: f64, us: u64) -> Option<(f64, f64)> {
    let each = blocks.each().iter().map(|block| {
        let n = block.count() as f64;
        (n, block.above(us) as f64)
    });
    let each: Vec<_> = each.filter(|(n, _)| *n > 0.0).collect();
    let k = each.len();
    let student = STUDENT[k.checked_sub(FEWEST)?.min(STUDENT.len() - 1)];
    let n: f64 = each.iter().map(|(n, _)| n).sum();
    let share = each.iter().map(|(_, above)| above).sum::<f64>() / n;
    let squares = each.iter().map(|(n, above)| (above - share * n).powi(2));
    let k = k as f64;
    let among_blocks = (k / (k - 1.0) * squares.sum::<f64>()).sqrt() / n;
    let among_samples = (q * (1.0 - q) / n).sqrt();
    Some((share, student * among_blocks.max(among_samples)))
}

/// Between which latencies a percentile is; `None`: too few blocks.
pub fn interval(blocks: &Blocks, q: f64) -> Option<Interval> {
    let whole = blocks.whole();
    let at = whole.quantile_us(q)?;
    let (_, off) = above(blocks, q, at)?;
    let low_us = whole.quantile_us((q - off).max(0.0))?;
    let high_us = (q + off < 1.0).then(|| whole.quantile_us(q + off));
    Some(Interval {
        low_us,
        high_us: high_us.flatten(),
    })
}

/// On which side of a bound a percentile is; `None`: too few blocks.
pub fn side(blocks: &Blocks, q: f64, bound_us: u64) -> Option<Side> {
    let (share, off) = above(blocks, q, bound_us)?;
    let allowed = 1.0 - q;
    Some(if share + off < allowed {
        Side::Below
    } else if share - off > allowed {
        Side::Above
    } else {
        Side::Unsure
    })
}

/// The percentile of push latencies that a threshold bounds from above, as a share, with its bound; `None`: it is about something else.
fn bounded(threshold: &Threshold) -> Option<(f64, u64)> {
    let Metric::Latency(Timing::Push, stat) = threshold.metric else {
        return None;
    };
    let q = match stat {
        Stat::P50 => 0.5,
        Stat::P90 => 0.9,
        Stat::P95 => 0.95,
        Stat::P99 => 0.99,
        Stat::P999 => 0.999,
        Stat::Count | Stat::Min | Stat::Mean | Stat::Max => return None,
    };
    Some((q, threshold.most()? as u64))
}

/// Whether a percentile that measuring for longer makes better known is bounded by any of these.
pub fn bound_by(thresholds: &[Threshold]) -> bool {
    thresholds.iter().any(|of| bounded(of).is_some())
}

/// On which side of its bound a threshold's percentile is; `None`: it is about something else, or nothing can be told.
pub fn of_threshold(blocks: &Blocks, threshold: &Threshold) -> Option<Side> {
    let (q, bound) = bounded(threshold)?;
    side(blocks, q, bound)
}

/// Whether every percentile that is bounded by one of these is known well enough: it is on one side of its bound, or in a narrow interval.
pub fn known(blocks: &Blocks, thresholds: &[Threshold]) -> bool {
    let mut percentiles = thresholds.iter().filter_map(bounded);
    percentiles.all(|(q, bound)| {
        let sure = matches!(side(blocks, q, bound), Some(Side::Below | Side::Above));
        sure || interval(blocks, q).is_some_and(Interval::is_narrow)
    })
}

impl Interval {
    fn is_narrow(self) -> bool {
        let width = self.high_us.map(|high| (high - self.low_us) as f64);
        width.is_some_and(|width| width <= self.low_us as f64 * NARROW)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::measure::Latency;

    /// Blocks in which so many of a hundred samples of 10 ms each are slow instead: 100 ms.
    fn blocks(slow: &[u32], samples: u32) -> Blocks {
        let mut blocks = Blocks::new(0);
        for (second, slow) in (0..).zip(slow) {
            let mut latency = Latency::default();
            for n in 0..samples {
                let ms = if n % 100 < *slow { 100 } else { 10 };
                latency.record(Duration::from_millis(ms));
            }
            blocks.add(second, &latency);
        }
        blocks
    }

    const BOUND: u64 = 50_000;

    #[track_caller]
    fn check(slow: &[u32], samples: u32, due: Option<Side>) {
        assert_eq!(side(&blocks(slow, samples), 0.95, BOUND), due);
    }

    #[test]
    fn a_side_is_told_only_if_the_blocks_agree() {
        check(&[0; 10], 1_000, Some(Side::Below));
        check(&[2; 10], 1_000, Some(Side::Below));
        check(&[9; 10], 1_000, Some(Side::Above));
        check(&[5; 10], 1_000, Some(Side::Unsure));
        // On the whole the same 8 %, but all of it in one second: that may be chance.
        check(&[8; 10], 1_000, Some(Side::Above));
        check(&[80, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1_000, Some(Side::Unsure));
        // So few samples tell nothing, slow or not.
        check(&[0; 10], 2, Some(Side::Unsure));
        check(&[0; 4], 1_000, None);
    }

    #[test]
    fn the_interval_is_wider_the_more_the_blocks_differ() {
        let ramp = |seed: u64| {
            let mut blocks = Blocks::new(0);
            for second in 0..10 {
                let mut latency = Latency::default();
                for n in 1..=1_000 {
                    let by = 1_000 + seed * (second % 3) * 300;
                    latency.record(Duration::from_micros(n * by / 1_000));
                }
                blocks.add(second, &latency);
            }
            interval(&blocks, 0.9).unwrap()
        };
        let (same, other) = (ramp(0), ramp(2));
        assert!(same.low_us <= 900 && same.high_us >= Some(900), "{same:?}");
        assert!(same.low_us > 880 && same.high_us < Some(920), "{same:?}");
        let width = |of: Interval| of.high_us.unwrap() - of.low_us;
        assert!(width(other) > 4 * width(same), "{other:?} {same:?}");
        assert_eq!(interval(&blocks(&[0; 4], 100), 0.9), None);
        // Beyond the largest of so few nobody has seen anything.
        let few = interval(&blocks(&[0; 6], 10), 0.99).unwrap();
        assert_eq!(few.high_us, None);
    }

    #[test]
    fn measuring_ends_when_the_slo_can_be_judged() {
        let read = |text| Threshold::parse(text, &[]).unwrap();
        let slo = [
            read("latency.push.p95 < 50ms"),
            read("sockets.refused == 0"),
        ];
        assert!(bound_by(&slo) && !bound_by(&slo[1..]));
        assert!(known(&blocks(&[1; 10], 1_000), &slo));
        assert!(!known(&blocks(&[5; 10], 1_000), &slo));
        assert!(!known(&blocks(&[1; 4], 1_000), &slo));
        assert!(known(&blocks(&[5; 10], 1_000), &slo[1..]));
        // The bound lies amid what is all but the same: more of it would say no more.
        let mut even = Blocks::new(0);
        for second in 0..10 {
            let mut latency = Latency::default();
            for n in 0..100 {
                latency.record(Duration::from_micros(10_000 + 200 * (n % 2)));
            }
            even.add(second, &latency);
        }
        let amid = [read("latency.push.p50 < 10100us")];
        assert_eq!(of_threshold(&even, &amid[0]), Some(Side::Unsure));
        assert!(known(&even, &amid));
        // From below, and of what is not cut into blocks, nothing is told.
        for text in ["latency.push.p99 > 5ms", "latency.trigger.p99 < 5ms"] {
            assert!(!bound_by(&[read(text)]), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10))]

        /// Of steps whose seconds differ by chance, the interval holds the true percentile about as often as it says.
        #[test]
        fn holds_the_truth_as_often_as_it_says(seed in any::<u64>()) {
            let mut draw = seed;
            let mut unit = || {
                draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (draw >> 40) as f64 / (1_u64 << 24) as f64
            };
            // A second's latencies are even up to 100 ms times a factor from 0.5 to 1.5, so the true 90th percentile is that of all.
            let factor = |u: f64| 0.5 + u;
            let truth = {
                let at = |ms: f64| (0..1_000).map(|n| factor((f64::from(n) + 0.5) / 1_000.0))
                    .map(|f| (ms / (100.0 * f)).min(1.0)).sum::<f64>() / 1_000.0;
                let mut ms = 50.0;
                while at(ms) < 0.9 { ms += 0.05; }
                (ms * 1_000.0) as u64
            };
            let steps = 100;
            let mut held = 0;
            for _ in 0..steps {
                let mut blocks = Blocks::new(0);
                for second in 0..12 {
                    let by = factor(unit()) * 100_000.0;
                    let mut latency = Latency::default();
                    for _ in 0..200 {
                        latency.record(Duration::from_micros((unit() * by) as u64));
                    }
                    blocks.add(second, &latency);
                }
                let told = interval(&blocks, 0.9).unwrap();
                held += u32::from(told.low_us <= truth && told.high_us.is_none_or(|high| truth <= high));
            }
            // 95 of 100 by what it says; the ends of few blocks are skew, and 100 steps are no law.
            prop_assert!(held >= 80, "{held} of {steps}");
        }
    }
}
