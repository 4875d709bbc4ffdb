//! What differs between two runs, with noise taken into account.
//!
//! One figure of one run says nothing of how much it varies. What can be held against noise is what a run has one of for each second: its
//! seconds are drawn again and again, in blocks, for what happens in one second goes on in the next, and the difference is told from noise
//! if it lies beyond what such draws come to. docs/compare.md says it for users. *Invariants:* the same two runs always compare alike; a
//! difference that cannot be told from noise is never called a change.

mod bootstrap;

pub use bootstrap::{Ratio, Seconds};

/// Differences below this share are called no change however certain they are: runs that are repeated differ by as much.
pub const FLOOR: f64 = 0.05;
/// Runs with fewer seconds of pushing are too short to know how much they vary.
pub const SECONDS: usize = 8;

/// Which way a figure should go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// As a latency.
    Lower,
    /// As a rate.
    Higher,
    /// Neither is better.
    Neither,
}

/// What a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It can be told from noise, and is for the better.
    Better,
    /// It can be told from noise, and is for the worse.
    Worse,
    /// It can be told from noise.
    Other,
    /// It cannot be told from noise.
    Noise,
    /// How much the figure varies is not known.
    Unknown,
}

impl Change {
    /// The word of reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Other => "changed",
            Self::Noise => "noise",
            Self::Unknown => "unknown",
        }
    }
}

/// What the seconds of two runs say of a figure: by which factor it changed, and what that is. `None`: they are too few, or have no
/// figure.
pub fn judge(base: &Seconds, new: &Seconds, better: Better) -> Option<(Ratio, Change)> {
    if base.len() < SECONDS || new.len() < SECONDS {
        return None;
    }
    let ratio = bootstrap::ratio(base, new)?;
    let certain = ratio.low > 1.0 || ratio.high < 1.0;
    let change = if !certain || (ratio.ratio - 1.0).abs() < FLOOR {
        Change::Noise
    } else {
        match (better, ratio.ratio > 1.0) {
            (Better::Lower, true) | (Better::Higher, false) => Change::Worse,
            (Better::Lower, false) | (Better::Higher, true) => Change::Better,
            (Better::Neither, _) => Change::Other,
        }
    };
    Some((ratio, change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

    /// So many seconds around a figure, which vary by up to a third of it.
    fn noisy(seconds: usize, around: f64, seed: u64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let draw = |_| around * (0.7 + 0.6 * f64::from(rng.next_u32()) / f64::from(u32::MAX));
        (0..seconds).map(draw).collect()
    }

    fn change(base: Vec<f64>, new: Vec<f64>) -> Option<Change> {
        let judged = judge(
            &Seconds::Latency(base),
            &Seconds::Latency(new),
            Better::Lower,
        );
        judged.map(|(_, change)| change)
    }

    #[test]
    fn a_run_does_not_differ_from_itself() {
        let run = noisy(30, 5_000.0, 1);
        let (ratio, change) = judge(
            &Seconds::Latency(run.clone()),
            &Seconds::Latency(run),
            Better::Lower,
        )
        .unwrap();
        assert!(
            (ratio.ratio - 1.0).abs() < 1e-12 && ratio.low < 1.0 && ratio.high > 1.0,
            "{ratio:?}"
        );
        assert_eq!(change, Change::Noise);
    }

    #[test]
    fn a_shift_of_a_third_is_found_either_way() {
        for seed in 0..20 {
            let (fast, slow) = (noisy(60, 5_000.0, seed), noisy(60, 6_500.0, seed + 100));
            assert_eq!(
                change(fast.clone(), slow.clone()),
                Some(Change::Worse),
                "{seed}"
            );
            assert_eq!(change(slow, fast), Some(Change::Better), "{seed}");
        }
    }

    /// But for one pair of runs in a hundred, of which nobody can tell.
    #[test]
    fn noise_is_called_no_change() {
        let of = |seed| {
            let (one, other) = (noisy(30, 5_000.0, seed), noisy(30, 5_000.0, seed + 1_000));
            change(one, other)
        };
        let called = (0..200).filter(|seed| of(*seed) != Some(Change::Noise));
        assert!(called.count() <= 2);
    }

    /// Ten bad seconds in a row are no ten witnesses.
    #[test]
    fn one_bad_stretch_is_not_many_bad_seconds() {
        let mut stretch = noisy(40, 5_000.0, 3);
        stretch[20..26].fill(60_000.0);
        assert_eq!(change(noisy(40, 5_000.0, 4), stretch), Some(Change::Noise));
    }

    #[test]
    fn too_few_seconds_say_nothing() {
        assert_eq!(change(noisy(7, 1.0, 1), noisy(30, 9.0, 2)), None);
        assert_eq!(change(vec![0.0; 30], noisy(30, 9.0, 2)), None);
    }

    #[test]
    fn the_same_runs_always_compare_alike() {
        let both = || {
            judge(
                &Seconds::Rate(noisy(30, 50.0, 5)),
                &Seconds::Rate(noisy(30, 90.0, 6)),
                Better::Higher,
            )
        };
        let (ratio, change) = both().unwrap();
        assert_eq!(both().unwrap(), (ratio, change));
        assert_eq!(change, Change::Better);
    }
}
