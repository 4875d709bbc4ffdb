//! One latency histogram.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use serde::{Deserialize, Serialize};

/// The largest latency told apart from larger ones.
pub const HIGHEST: Duration = Duration::from_secs(600);

/// A histogram of latencies in microseconds. It takes its 170 KB with the first sample: a run has dozens of them, for every event name and
/// audience at every shard, and most stay empty. In serialized form its samples are the HDR V2 format in base64.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(into = "Written", try_from = "Written")]
pub struct Latency {
    histogram: Option<Box<Histogram<u64>>>,
    overflows: u64,
}

fn empty() -> Histogram<u64> {
    let highest = HIGHEST.as_micros() as u64;
    Histogram::new_with_bounds(1, highest, 3).expect("the bounds are constants")
}

impl Latency {
    /// Records one latency. Under a microsecond counts as one.
    #[inline]
    pub fn record(&mut self, latency: Duration) {
        if latency > HIGHEST {
            self.overflows += 1;
        }
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.samples().saturating_record(micros.max(1));
    }

    #[inline]
    fn samples(&mut self) -> &mut Histogram<u64> {
        self.histogram.get_or_insert_with(|| Box::new(empty()))
    }

    /// Adds another histogram's samples.
    ///
    /// # Panics
    /// Never: all latency histograms have the same bounds.
    pub fn merge(&mut self, other: &Self) {
        if let Some(samples) = &other.histogram {
            let added = self.samples().add(&**samples);
            added.expect("all latency histograms have the same bounds");
        }
        self.overflows += other.overflows;
    }

    /// How many samples.
    pub fn count(&self) -> u64 {
        self.histogram.as_ref().map_or(0, |samples| samples.len())
    }

    /// How many of them were slower than [`HIGHEST`].
    pub fn overflows(&self) -> u64 {
        self.overflows
    }

    /// The latency that `q` (0 to 1) of the samples do not exceed, in microseconds; `None` without samples.
    pub fn quantile_us(&self, q: f64) -> Option<u64> {
        self.of_samples(|samples| {
            let value = samples.value_at_quantile(q);
            // A bucket's upper edge may lie above every sample.
            value.min(samples.max())
        })
    }

    /// A figure of the samples; `None` without any.
    fn of_samples<T>(&self, figure: impl FnOnce(&Histogram<u64>) -> T) -> Option<T> {
        let samples = self
            .histogram
            .as_ref()
            .filter(|samples| !samples.is_empty());
        samples.map(|samples| figure(samples))
    }

    /// How many samples are above a latency, as near as the histogram tells them apart.
    pub fn above(&self, us: u64) -> u64 {
        let above = self.of_samples(|samples| samples.len() - samples.count_between(0, us));
        above.unwrap_or(0)
    }

    /// How many samples are not above each of these latencies, which ascend, as near as the histogram tells them apart.
    pub fn up_to(&self, bounds_us: &[u64]) -> Vec<u64> {
        let mut counts = vec![0; bounds_us.len()];
        let Some(samples) = &self.histogram else {
            return counts;
        };
        for step in samples.iter_recorded() {
            // A bound lies in the middle of a step, if at all.
            let value = samples.lowest_equivalent(step.value_iterated_to());
            let first = bounds_us.partition_point(|bound| *bound < value);
            if let Some(count) = counts.get_mut(first) {
                *count += step.count_since_last_iteration();
            }
        }
        let mut so_far = 0;
        for count in &mut counts {
            so_far += *count;
            *count = so_far;
        }
        counts
    }

    /// The smallest sample, in microseconds.
    pub fn min_us(&self) -> Option<u64> {
        self.of_samples(Histogram::min)
    }

    /// The largest sample, in microseconds.
    pub fn max_us(&self) -> Option<u64> {
        self.of_samples(Histogram::max)
    }

    /// The mean, in microseconds.
    pub fn mean_us(&self) -> Option<f64> {
        self.of_samples(Histogram::mean)
    }

    /// The histogram in the HDR V2 format that other HDR tools read, in base64.
    ///
    /// # Panics
    /// Never: writing to memory does not fail.
    pub fn hdr_v2_base64(&self) -> String {
        let mut bytes = Vec::new();
        let none = || Cow::Owned(empty());
        let samples = self
            .histogram
            .as_deref()
            .map_or_else(none, Cow::<Histogram<u64>>::Borrowed);
        V2Serializer::new()
            .serialize(&samples, &mut bytes)
            .expect("writing to memory does not fail");
        BASE64.encode(bytes)
    }

    /// Reads what [`Latency::hdr_v2_base64`] wrote, or another HDR tool.
    ///
    /// # Errors
    /// If it is no base64, no histogram, or has samples that are beyond [`HIGHEST`], in words.
    pub fn from_hdr_v2_base64(text: &str) -> Result<Self, String> {
        let bytes = BASE64.decode(text).map_err(|error| error.to_string())?;
        // Memory is set aside for what the length says, and one that is compressed would say it where it cannot be checked.
        if bytes.first_chunk() != Some(&COOKIE) {
            return Err("it is not in the HDR V2 format".to_owned());
        }
        let length = bytes.get(4..8).and_then(|length| length.try_into().ok());
        let length = length.map(u32::from_be_bytes);
        if length.is_none_or(|n| n as usize + HEAD != bytes.len()) {
            return Err("it is cut short".to_owned());
        }
        let read: Histogram<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| error.to_string())?;
        let mut latency = Self::default();
        if !read.is_empty() {
            let added = latency.samples().add(&read);
            added.map_err(|error| error.to_string())?;
        }
        Ok(latency)
    }

    /// The samples in half octaves; `None` without any.
    pub fn half_octaves(&self) -> Option<HalfOctaves> {
        self.of_samples(|samples| {
            let mut octaves = HalfOctaves::default();
            for step in samples.iter_recorded() {
                octaves.add(step.value_iterated_to(), step.count_at_value());
            }
            octaves
        })
    }
}

/// Samples in buckets that each reach √2 times as far as the one before: number `k` has those from 2^(k/2) up to 2^((k+1)/2) microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HalfOctaves {
    /// The number of the first with any.
    pub first: u32,
    /// How many there are in that and in each further one, up to the last with any.
    pub counts: Vec<u64>,
}

impl HalfOctaves {
    /// Adds samples of a value that is no smaller than any before.
    fn add(&mut self, us: u64, count: u64) {
        let us = us.max(1);
        let octave = us.ilog2();
        // The upper half of an octave begins at √2 times its start: where the square of a value is twice the square of that.
        let upper = u128::from(us).pow(2) >> (2 * octave + 1) > 0;
        let bucket = octave * 2 + u32::from(upper);
        if self.counts.is_empty() {
            self.first = bucket;
        }
        let place = (bucket - self.first) as usize;
        if self.counts.len() <= place {
            self.counts.resize(place + 1, 0);
        }
        self.counts[place] += count;
    }
}

/// How a histogram of the HDR V2 format begins; a compressed one begins otherwise.
const COOKIE: [u8; 4] = [0x1c, 0x84, 0x93, 0x13];
/// Bytes before its counts: cookie, length, offset, digits, two bounds and a ratio.
const HEAD: usize = 40;

#[derive(Serialize, Deserialize)]
struct Written {
    hdr_v2_base64: String,
    overflows: u64,
}

impl From<Latency> for Written {
    fn from(latency: Latency) -> Self {
        Self {
            hdr_v2_base64: latency.hdr_v2_base64(),
            overflows: latency.overflows,
        }
    }
}

impl TryFrom<Written> for Latency {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let mut latency = Self::from_hdr_v2_base64(&written.hdr_v2_base64)?;
        latency.overflows = written.overflows;
        Ok(latency)
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
        assert_eq!((latency.above(990_000), latency.above(1)), (10, 1_000));
        assert_eq!(latency.above(2_000_000), 0);
        let up_to = latency.up_to(&[500, 1_000, 250_000, 2_000_000]);
        assert_eq!(up_to, [0, 1, 250, 1_000]);
        assert_eq!(Latency::default().up_to(&[5]), [0]);
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
    fn what_is_written_is_read() {
        let mut latency = Latency::default();
        for micros in [0, 1, 17, 2_500, 70_000_000, 700_000_000] {
            latency.record(Duration::from_micros(micros));
        }
        let text = serde_json::to_string(&latency).unwrap();
        let read: Latency = serde_json::from_str(&text).unwrap();
        assert_eq!(read.hdr_v2_base64(), latency.hdr_v2_base64());
        assert_eq!(
            (read.max_us(), read.mean_us()),
            (latency.max_us(), latency.mean_us())
        );
        assert_eq!(read.overflows(), 1);
        assert!(serde_json::from_str::<Latency>(&text.replace("HIST", "hist")).is_err());
    }

    #[test]
    fn without_samples_there_is_no_histogram() {
        let mut latency = Latency::default();
        latency.merge(&Latency::default());
        let text = serde_json::to_string(&latency).unwrap();
        let mut read: Latency = serde_json::from_str(&text).unwrap();
        for empty in [&latency, &read] {
            assert!(empty.histogram.is_none());
            assert_eq!((empty.count(), empty.above(0)), (0, 0));
            assert_eq!((empty.min_us(), empty.mean_us()), (None, None));
        }
        read.record(Duration::from_micros(3));
        assert_eq!((read.count(), read.max_us()), (1, Some(3)));
    }

    #[test]
    fn half_octaves_have_each_sample_once() {
        let mut latency = Latency::default();
        assert_eq!(latency.half_octaves(), None);
        // 2, 2.83, 4, 5.66, 8: buckets 2, 3, 4 and 5 begin there.
        for micros in [2, 3, 4, 5, 6, 7, 7] {
            latency.record(Duration::from_micros(micros));
        }
        let octaves = latency.half_octaves().unwrap();
        assert_eq!((octaves.first, octaves.counts), (2, vec![1, 1, 2, 3]));
    }

    #[test]
    fn what_is_damaged_is_told() {
        let mut latency = Latency::default();
        latency.record(Duration::from_millis(5));
        let text = latency.hdr_v2_base64();
        let read = Latency::from_hdr_v2_base64(&text).unwrap();
        assert_eq!(read.max_us(), latency.max_us());
        for damaged in [
            &text[..text.len() - 4],
            &text[..12],
            "",
            "????",
            "AAAA",
            "HISTEwAAAA==",
        ] {
            let read = Latency::from_hdr_v2_base64(damaged);
            assert!(read.is_err(), "{damaged}: {read:?}");
        }
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
