//! The figures of a run while it goes on, for monitoring: every metric is a row of [`families`], and docs/metrics.md is made from the same
//! rows. [`prometheus`] is them as a page, and `otlp` as a message, where that is built in.

mod families;
#[cfg(feature = "otlp")]
pub mod otlp;
pub mod prometheus;
mod reference;

pub use families::families;
pub use reference::reference;

use crate::measure::Latency;
use crate::summary::Snapshot;

/// What kind of figure a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows. Its samples are called as it is, with `_total` behind it.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How many samples there are up to each of the [`BOUNDS`].
    Histogram,
    /// Words, as labels of a sample that is always 1. Its sample is called as it is, with `_info` behind it.
    Info,
}

impl Kind {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Info => "info",
        }
    }

    /// What its samples have behind its name.
    fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram => "",
        }
    }
}

/// A metric.
#[derive(Debug)]
pub struct Family {
    /// Its name, without what its samples have behind it.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// What it is, in words.
    pub help: &'static str,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it is in a snapshot.
    samples: fn(&Snapshot, &mut Samples<'_>),
}

impl Family {
    /// What its samples are called; those of a histogram have more behind that.
    #[must_use]
    pub fn sample(&self) -> String {
        format!("{}{}", self.name, self.kind.suffix())
    }
}

/// Upper bounds of the buckets of every histogram, in microseconds.
pub const BOUNDS: [u64; 18] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
];

/// What takes the samples of metrics: a page, or a message.
trait Sink {
    /// A sample with these values of the metric's labels.
    fn value(&mut self, family: &Family, labels: &[&str], value: f64);

    /// A histogram with these values of the metric's labels.
    fn histogram(&mut self, family: &Family, labels: &[&str], latency: &Latency);
}

/// Where the samples of a metric go.
struct Samples<'a> {
    sink: &'a mut dyn Sink,
    family: &'a Family,
}

impl Samples<'_> {
    /// A sample with these values of its labels.
    fn add(&mut self, labels: &[&str], value: f64) {
        debug_assert_eq!(labels.len(), self.family.labels.len());
        self.sink.value(self.family, labels, value);
    }

    /// The same of a count.
    fn count(&mut self, labels: &[&str], n: u64) {
        self.add(labels, n as f64);
    }

    /// Seconds, of microseconds that are known or not.
    fn us(&mut self, labels: &[&str], us: Option<u64>) {
        if let Some(us) = us {
            self.add(labels, seconds(us));
        }
    }

    /// Which of these words is the one.
    fn one_of(&mut self, words: &[&str], is: &str) {
        for word in words {
            self.count(&[word], u64::from(*word == is));
        }
    }

    /// A histogram with these values of its labels.
    fn histogram(&mut self, labels: &[&str], latency: &Latency) {
        debug_assert_eq!(labels.len(), self.family.labels.len());
        self.sink.histogram(self.family, labels, latency);
    }
}

/// Gives a sink every sample of one metric.
fn give(family: &Family, snapshot: &Snapshot, sink: &mut dyn Sink) {
    (family.samples)(snapshot, &mut Samples { sink, family });
}

/// The sum of a histogram, in seconds.
fn sum(latency: &Latency) -> f64 {
    let mean = latency.mean_us();
    mean.map_or(0.0, |mean| mean * latency.count() as f64 / 1e6)
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_metric_has_a_name_of_its_own_and_says_what_it_is() {
        let mut names = BTreeSet::new();
        for family in families() {
            let name = family.name;
            assert!(names.insert(name), "{name} is there twice");
            assert!(name.starts_with("pushproof"), "{name}");
            let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(plain && !name.ends_with("_total"), "{name}");
            // Prometheus has these for kinds of its own.
            for reserved in ["le", "quantile"] {
                assert!(!family.labels.contains(&reserved), "{name}: {reserved}");
            }
            assert!(
                family.help.ends_with('.') && !family.help.contains(['\n', '\\']),
                "{name}"
            );
        }
    }
}
