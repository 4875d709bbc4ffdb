//! One latency histogram.

use std::time::Duration;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2Serializer};

/// The largest latency told apart from larger ones.
pub const HIGHEST: Duration = Duration::from_secs(600);

/// A histogram of latencies in microseconds.
#[derive(Debug, Clone)]
pub struct Latency {
    histogram: Histogram<u64>,
    overflows: u64,
}

impl Default for Latency {
    fn default() -> Self {
        let highest = HIGHEST.as_micros() as u64;
        Self {
            histogram: Histogram::new_with_bounds(1, highest, 3).expect("the bounds are constants"),
            overflows: 0,
        }
    }
}

impl Latency {
    /// Records one latency. Under a microsecond counts as one.
    pub fn record(&mut self, latency: Duration) {
        if latency > HIGHEST {
            self.overflows += 1;
        }
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.histogram.saturating_record(micros.max(1));
    }

    /// Adds another histogram's samples.
    ///
    /// # Panics
    /// Never: all latency histograms have the same bounds.
    pub fn merge(&mut self, other: &Self) {
        self.histogram
            .add(&other.histogram)
            .expect("all latency histograms have the same bounds");
        self.overflows += other.overflows;
    }

    /// Forgets all samples, keeps the memory.
    pub fn clear(&mut self) {
        self.histogram.reset();
        self.overflows = 0;
    }

    /// How many samples.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// How many of them were slower than [`HIGHEST`].
    pub fn overflows(&self) -> u64 {
        self.overflows
    }

    /// The latency that `q` (0 to 1) of the samples do not exceed, in microseconds; `None` without samples.
    pub fn quantile_us(&self, q: f64) -> Option<u64> {
        (self.count() > 0).then(|| {
            let value = self.histogram.value_at_quantile(q);
            // A bucket's upper edge may lie above every sample.
            value.min(self.histogram.max())
        })
    }

    /// The smallest sample, in microseconds.
    pub fn min_us(&self) -> Option<u64> {
        (self.count() > 0).then(|| self.histogram.min())
    }

    /// The largest sample, in microseconds.
    pub fn max_us(&self) -> Option<u64> {
        (self.count() > 0).then(|| self.histogram.max())
    }

    /// The mean, in microseconds.
    pub fn mean_us(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.histogram.mean())
    }

    /// The histogram in the HDR V2 format that other HDR tools read.
    ///
    /// # Panics
    /// Never: writing to memory does not fail.
    pub fn to_hdr_v2(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        V2Serializer::new()
            .serialize(&self.histogram, &mut bytes)
            .expect("writing to memory does not fail");
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_quantiles_and_ends() {
        let mut latency = Latency::default();
        assert_eq!(latency.quantile_us(0.5), None);
        for ms in 1..=1_000 {
            latency.record(Duration::from_millis(ms));
        }
        let near = |seen: Option<u64>, micros: u64| {
            let seen = seen.unwrap();
            assert!(seen.abs_diff(micros) <= micros / 1_000, "{seen} ≈ {micros}");
        };
        near(latency.quantile_us(0.5), 500_000);
        near(latency.quantile_us(0.99), 990_000);
        near(latency.max_us(), 1_000_000);
        near(latency.min_us(), 1_000);
        assert_eq!(latency.count(), 1_000);
    }

    #[test]
    fn what_is_too_slow_is_counted_not_dropped() {
        let mut latency = Latency::default();
        latency.record(Duration::from_secs(3_600));
        latency.record(Duration::from_nanos(1));
        assert_eq!((latency.count(), latency.overflows()), (2, 1));
        assert_eq!(latency.min_us(), Some(1));
    }

    #[test]
    fn merging_adds() {
        let (mut a, mut b) = (Latency::default(), Latency::default());
        a.record(Duration::from_micros(10));
        b.record(Duration::from_micros(20));
        a.merge(&b);
        assert_eq!((a.count(), a.max_us()), (2, Some(20)));
    }
}
