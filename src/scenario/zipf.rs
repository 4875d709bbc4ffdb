//! Zipf's law: rank `k` of `n` is drawn with a likelihood in proportion to `1 / k^s`.
//!
//! By rejection inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", 1996): no
//! table, whatever `n` is, and fewer than two draws on average.

use rand_chacha::ChaCha8Rng;

use super::draws::unit;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Zipf {
    n: f64,
    exponent: f64,
    /// The integral of the likelihood up to the middle behind rank 1, less the likelihood of rank 1.
    first: f64,
    /// The same integral up to the end of rank `n`.
    last: f64,
    /// A rank so close below what was drawn needs no further look.
    sure: f64,
}

impl Zipf {
    /// Over ranks 1 to `n`, which is at least 1; an exponent of 0 makes all as likely.
    pub(super) fn new(n: u32, exponent: f64) -> Self {
        let mut law = Self {
            n: f64::from(n),
            exponent,
            first: 0.0,
            last: 0.0,
            sure: 0.0,
        };
        law.first = law.integral(1.5) - 1.0;
        law.last = law.integral(law.n + 0.5);
        law.sure = 2.0 - law.inverse(law.integral(2.5) - law.likelihood(2.0));
        law
    }

    /// A rank, counted from 1.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> u32 {
        loop {
            let u = self.last + unit(rng) * (self.first - self.last);
            let x = self.inverse(u);
            let k = x.round().clamp(1.0, self.n);
            if k - x <= self.sure || u >= self.integral(k + 0.5) - self.likelihood(k) {
                return k as u32;
            }
        }
    }

    /// The likelihood of a rank, but for a factor.
    fn likelihood(&self, x: f64) -> f64 {
        (-self.exponent * x.ln()).exp()
    }

    /// The integral of the likelihood, from 1 to `x`: `(x^(1-s) - 1) / (1 - s)`, or `ln x` where `s` is 1.
    fn integral(&self, x: f64) -> f64 {
        let ln = x.ln();
        ln * growth((1.0 - self.exponent) * ln)
    }

    fn inverse(&self, u: f64) -> f64 {
        // Rounding may make it a little less than -1.
        let t = (u * (1.0 - self.exponent)).max(-1.0);
        (u * shrinking(t)).exp()
    }
}

/// `(e^x - 1) / x`, and 1 at 0.
fn growth(x: f64) -> f64 {
    if x.abs() > 1e-8 {
        x.exp_m1() / x
    } else {
        1.0 + x / 2.0
    }
}

/// `ln(1 + x) / x`, and 1 at 0.
fn shrinking(x: f64) -> f64 {
    if x.abs() > 1e-8 {
        x.ln_1p() / x
    } else {
        1.0 - x / 2.0
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    /// Draws and holds the frequencies against the law, in groups that are drawn at least ten times each: chi-squared.
    fn check(n: u32, exponent: f64) {
        const DRAWS: u32 = 100_000;
        let law = Zipf::new(n, exponent);
        let mut rng = ChaCha8Rng::seed_from_u64(u64::from(n));
        let mut drawn = vec![0_u32; n as usize];
        for _ in 0..DRAWS {
            drawn[law.draw(&mut rng) as usize - 1] += 1;
        }
        let weight = |k: u32| f64::from(k).powf(-exponent);
        let all: f64 = (1..=n).map(weight).sum();
        let (mut groups, mut chi) = (0.0_f64, 0.0);
        let (mut expected, mut seen) = (0.0, 0.0);
        for k in 1..=n {
            expected += weight(k) / all * f64::from(DRAWS);
            seen += f64::from(drawn[k as usize - 1]);
            if expected >= 10.0 {
                chi += (seen - expected) * (seen - expected) / expected;
                groups += 1.0;
                (expected, seen) = (0.0, 0.0);
            }
        }
        // Chi-squared has a mean of one less than the groups, and a variance of twice that.
        let free = (groups - 1.0).max(1.0);
        let bound = free + 5.0 * (2.0 * free).sqrt() + 5.0;
        assert!(
            chi < bound,
            "{n} ranks, exponent {exponent}: {chi} of {free}"
        );
    }

    #[test]
    fn frequencies_follow_the_law() {
        for n in [1, 2, 3, 10, 1_000, 100_000] {
            for exponent in [0.0, 0.5, 0.999_999_999_9, 1.0, 1.2, 2.0, 10.0] {
                check(n, exponent);
            }
        }
    }
}
