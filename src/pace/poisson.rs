//! A Poisson process of rate one, with any of its arrivals at hand.
//!
//! Drawing gap after gap would make arrival `n` cost `n` draws, or a table of them all. Instead the sum of the first `m` gaps is drawn for powers of
//! two, each from the one before (the sum of so many exponential gaps is gamma-distributed), and any other from its
//! neighbours: given the sums at `lo` and `hi`, the one halfway divides the way between them by a beta-distributed share. These are the
//! distributions that the gaps themselves would give, so the process is the same; an arrival takes as many draws as its number has bits.
//! Each sum has a stream of its own in the generator, and so does not depend on which were asked for before.

use std::f64::consts::TAU;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Tells these draws from others of the seed.
const KIND: u64 = 0x706f_6973_736f_6e21;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Poisson {
    seed: u64,
    /// When arrivals 1, 2, 4, 8, … come, counted from one; the last comes no earlier than anything that is asked for.
    doublings: Arc<[f64]>,
}

impl Poisson {
    /// The process of this seed, up to this time.
    pub(super) fn new(seed: u64, end: f64) -> Self {
        let mut at = gamma(&mut draws(seed, 1), 1);
        let mut doublings = vec![at];
        let mut m: u64 = 1;
        while at < end {
            at += gamma(&mut draws(seed, 2 * m), m);
            m *= 2;
            doublings.push(at);
        }
        Self {
            seed,
            doublings: doublings.into(),
        }
    }

    /// The same process, up to another time.
    pub(super) fn until(&self, end: f64) -> Self {
        Self::new(self.seed, end)
    }

    /// When arrival `n` comes, counted from zero. Beyond the end that the process was made for: at or after that end.
    pub(super) fn at(&self, n: u64) -> f64 {
        let m = n + 1;
        let k = m.ilog2() as usize;
        let Some(last) = self.doublings.get(k) else {
            return self.doublings[self.doublings.len() - 1];
        };
        let Some(next) = self.doublings.get(k + 1).filter(|_| !m.is_power_of_two()) else {
            return *last;
        };
        let (mut lo, mut hi) = (1 << k, 2 << k);
        let (mut before, mut after) = (*last, *next);
        loop {
            let (half, at) = self.halfway(lo, hi, before, after);
            match m.cmp(&half) {
                std::cmp::Ordering::Less => (hi, after) = (half, at),
                std::cmp::Ordering::Equal => return at,
                std::cmp::Ordering::Greater => (lo, before) = (half, at),
            }
        }
    }

    /// How many arrivals come before this time, which is no later than the end.
    pub(super) fn before(&self, time: f64) -> u64 {
        let k = self.doublings.partition_point(|at| *at < time);
        if k == 0 {
            return 0;
        }
        let (mut lo, mut hi): (u64, u64) = (1 << (k - 1), 1 << k);
        let mut before = self.doublings[k - 1];
        let Some(mut after) = self.doublings.get(k).copied() else {
            return lo;
        };
        while hi - lo > 1 {
            let (half, at) = self.halfway(lo, hi, before, after);
            if at < time {
                (lo, before) = (half, at);
            } else {
                (hi, after) = (half, at);
            }
        }
        lo
    }

    /// The arrival halfway between two that are a power of two apart.
    fn halfway(&self, lo: u64, hi: u64, before: f64, after: f64) -> (u64, f64) {
        let (half, gaps) = (u64::midpoint(lo, hi), (hi - lo) / 2);
        let rng = &mut draws(self.seed, half);
        let share = if gaps == 1 {
            unit(rng)
        } else {
            let (one, other) = (gamma(rng, gaps), gamma(rng, gaps));
            one / (one + other)
        };
        (half, before + (after - before) * share)
    }
}

/// The draws for the sum of so many gaps.
fn draws(seed: u64, m: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ KIND);
    rng.set_stream(m);
    rng
}

/// A number from 0 to below 1.
fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 * 2_f64.powi(-53)
}

/// The logarithm of a number from above 0 to 1.
fn ln_unit(rng: &mut ChaCha8Rng) -> f64 {
    (1.0 - unit(rng)).ln()
}

/// The sum of so many gaps, each exponentially distributed with a mean of one. For more than one by the method of Marsaglia and Tsang ("A simple
/// method for generating gamma variables", 2000), which is exact.
fn gamma(rng: &mut ChaCha8Rng, gaps: u64) -> f64 {
    if gaps == 1 {
        return -ln_unit(rng);
    }
    let d = gaps as f64 - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = (-2.0 * ln_unit(rng)).sqrt() * (TAU * unit(rng)).cos();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && ln_unit(rng) < x * x / 2.0 + d * (1.0 - v + v.ln()) {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_exponential_and_independent() {
        let mut worst = 0.0_f64;
        for seed in 0..20 {
            let end = 20_000.0;
            let process = Poisson::new(seed, end);
            let all = process.before(end);
            let times: Vec<_> = (0..all).map(|n| process.at(n)).collect();
            assert!(times.is_sorted());
            let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
            let n = gaps.len() as f64;
            let mean = gaps.iter().sum::<f64>() / n;
            let variance = gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / n;
            // Mean 1 ± 1/√n, variance 1 ± √(8/n): five standard deviations are never met by chance.
            assert!((mean - 1.0).abs() < 5.0 / n.sqrt(), "{seed}: {mean}");
            assert!(
                (variance - 1.0).abs() < 5.0 * (8.0 / n).sqrt(),
                "{seed}: {variance}"
            );
            let along: f64 = gaps
                .windows(2)
                .map(|pair| (pair[0] - mean) * (pair[1] - mean))
                .sum();
            let along = along / n / variance;
            assert!(along.abs() < 5.0 / n.sqrt(), "{seed}: {along}");
            worst = worst.max(kolmogorov(gaps));
        }
        // Kolmogorov's statistic × √n is above 2.2 once in 8,000 times; of twenty this is the largest.
        assert!(worst < 2.2, "{worst}");
    }

    /// How far the gaps are from an exponential distribution: the largest difference of the two distribution functions, × √n.
    fn kolmogorov(mut gaps: Vec<f64>) -> f64 {
        gaps.sort_by(f64::total_cmp);
        let n = gaps.len() as f64;
        let off = gaps.iter().enumerate().map(|(i, gap)| {
            let expected = 1.0 - (-gap).exp();
            let i = i as f64;
            (expected - i / n)
                .abs()
                .max((expected - (i + 1.0) / n).abs())
        });
        off.fold(0.0, f64::max) * n.sqrt()
    }

    #[test]
    fn counts_have_the_variance_of_their_mean() {
        // Arrivals before 50 of 4,000 processes: a mean and a variance of 50.
        let counts: Vec<_> = (0..4_000)
            .map(|seed| Poisson::new(seed, 50.0).before(50.0) as f64)
            .collect();
        let n = counts.len() as f64;
        let mean = counts.iter().sum::<f64>() / n;
        let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / n;
        assert!((mean - 50.0).abs() < 5.0 * (50.0 / n).sqrt(), "{mean}");
        assert!(
            (variance - 50.0).abs() < 5.0 * 50.0 * (2.0 / n).sqrt(),
            "{variance}"
        );
        // And so have those of the seconds of one process.
        let process = Poisson::new(3, 200_000.0);
        let parts: Vec<_> = (0..=4_000)
            .map(|n| process.before(f64::from(n) * 50.0))
            .collect();
        let parts: Vec<_> = parts
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) as f64)
            .collect();
        let mean = parts.iter().sum::<f64>() / n;
        let variance = parts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / n;
        assert!((mean - 50.0).abs() < 5.0 * (50.0 / n).sqrt(), "{mean}");
        assert!(
            (variance - 50.0).abs() < 5.0 * 50.0 * (2.0 / n).sqrt(),
            "{variance}"
        );
    }

    #[test]
    fn an_arrival_does_not_depend_on_the_end_or_on_what_was_asked_before() {
        let (short, long) = (Poisson::new(5, 900.0), Poisson::new(5, 1e7));
        let n = short.before(900.0);
        assert_eq!(long.before(900.0), n);
        for n in (0..n).rev() {
            assert_eq!(short.at(n).to_bits(), long.at(n).to_bits());
        }
        assert!(long.at(n) >= 900.0);
        let all = long.before(1e7);
        assert!(long.at(all - 1) < 1e7 && long.at(all) >= 1e7, "{all}");
        assert_eq!(Poisson::new(5, 0.0).before(0.0), 0);
    }
}
