//! The moving-block bootstrap (Künsch 1989) of the ratio of two means.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// How often seconds are drawn again.
const DRAWS: usize = 10_000;
/// The share of draws beyond each end of the interval: 99.8 % lie between. Five figures are looked at, and one comparison in a hundred may
/// call something a change that is none.
const BEYOND: f64 = 0.001;
/// A comparison draws alike each time.
const SEED: u64 = 0x70_75_73_68;

/// A figure of each second of pushing.
#[derive(Debug, Clone, PartialEq)]
pub enum Seconds {
    /// Latencies in microseconds: their geometric mean counts, for twice as slow weighs as much as twice as fast.
    Latency(Vec<f64>),
    /// Rates, of which some may be zero: their mean counts.
    Rate(Vec<f64>),
}

impl Seconds {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.values().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values().is_empty()
    }

    fn values(&self) -> &[f64] {
        match self {
            Self::Latency(values) | Self::Rate(values) => values,
        }
    }

    /// What means are made of.
    fn terms(&self) -> Vec<f64> {
        match self {
            Self::Latency(values) => values.iter().map(|value| value.ln()).collect(),
            Self::Rate(values) => values.clone(),
        }
    }

    /// The logarithm of the mean that a mean of terms stands for.
    fn log(&self, mean: f64) -> f64 {
        match self {
            Self::Latency(_) => mean,
            Self::Rate(_) => mean.ln(),
        }
    }
}

/// By which factor a figure changed from one run to the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Of the means over seconds.
    pub ratio: f64,
    /// It is between this ...
    pub low: f64,
    /// ... and this with a confidence of 99.8 %.
    pub high: f64,
}

/// `None`: there is no mean to divide by.
pub(super) fn ratio(base: &Seconds, new: &Seconds) -> Option<Ratio> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let (of_base, of_new) = (base.terms(), new.terms());
    let seen = new.log(mean(&of_new)) - base.log(mean(&of_base));
    if !seen.is_finite() {
        return None;
    }
    let draw = |_| {
        let (base_mean, new_mean) = (drawn(&of_base, &mut rng), drawn(&of_new, &mut rng));
        new.log(new_mean) - base.log(base_mean)
    };
    let mut draws: Vec<f64> = (0..DRAWS).map(draw).collect();
    draws.sort_unstable_by(f64::total_cmp);
    let beyond = (DRAWS as f64 * BEYOND) as usize;
    let by = widening(of_base.len(), of_new.len());
    let end = |drawn: f64| (seen + (drawn - seen) * by).exp();
    Some(Ratio {
        ratio: seen.exp(),
        low: end(draws[beyond]),
        high: end(draws[DRAWS - 1 - beyond]),
    })
}

/// How many seconds are drawn together: long enough for what goes on from one second to the next, short enough for several of them.
fn block(seconds: usize) -> usize {
    (seconds as f64).sqrt().round().clamp(2.0, 30.0) as usize
}

/// By how much the draws of a few blocks vary too little. Student's t in place of the normal distribution, with a degree of freedom for
/// each block but one of each run (Cornish and Fisher's expansion), and the share of the variance that is lost inside of blocks.
fn widening(base: usize, new: usize) -> f64 {
    /// What the normal distribution is beyond with a probability of [`BEYOND`].
    const Z: f64 = 3.090;
    let blocks = |seconds: usize| seconds as f64 / block(seconds) as f64;
    let freedom = blocks(base) + blocks(new) - 2.0;
    let first = (Z.powi(3) + Z) / (4.0 * freedom);
    let second = (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / (96.0 * freedom.powi(2));
    let n = base.min(new);
    let lost = n as f64 / (n - block(n) + 1) as f64;
    (Z + first + second) / Z * lost.sqrt()
}

fn mean(terms: &[f64]) -> f64 {
    terms.iter().sum::<f64>() / terms.len() as f64
}

/// The mean of as many seconds as there are, drawn in blocks that may reach over the end to the start.
fn drawn(terms: &[f64], rng: &mut ChaCha8Rng) -> f64 {
    let n = terms.len();
    let block = block(n);
    let (mut sum, mut taken) = (0.0, 0);
    while taken < n {
        let start = (rng.next_u64() % n as u64) as usize;
        for place in start..start + block.min(n - taken) {
            sum += terms[place % n];
            taken += 1;
        }
    }
    sum / n as f64
}
