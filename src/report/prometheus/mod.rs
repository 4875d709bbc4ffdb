//! A run while it goes on as Prometheus and `OpenMetrics` read it: every metric is a row of [`families`], and docs/metrics.md is
//! made from the same rows.

mod families;
mod page;

use std::fmt::Write as _;

pub use families::families;
pub use page::{index, reference};

use crate::measure::Latency;
use crate::summary::Snapshot;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The text format of Prometheus, version 0.0.4.
    Prometheus,
    /// `OpenMetrics` 1.0.
    OpenMetrics,
}

impl Format {
    /// What an `Accept` header asks for: `OpenMetrics` only by its name.
    #[must_use]
    pub fn asked_for(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    /// The `Content-Type` of it.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

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

/// Where the samples of a metric are written.
struct Samples<'a> {
    out: &'a mut String,
    family: &'a Family,
}

impl Samples<'_> {
    /// A sample with these values of its labels.
    fn add(&mut self, labels: &[&str], value: f64) {
        let name = self.family.sample();
        self.line(&name, labels, None, value);
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
        let name = self.family.name;
        let bucket = format!("{name}_bucket");
        for (us, n) in BOUNDS.iter().zip(latency.up_to(&BOUNDS)) {
            let bound = seconds(*us).to_string();
            self.line(&bucket, labels, Some(&bound), n as f64);
        }
        let count = latency.count() as f64;
        self.line(&bucket, labels, Some("+Inf"), count);
        let sum = latency.mean_us().map_or(0.0, |mean| mean * count / 1e6);
        self.line(&format!("{name}_sum"), labels, None, sum);
        self.line(&format!("{name}_count"), labels, None, count);
    }

    fn line(&mut self, name: &str, values: &[&str], bound: Option<&str>, value: f64) {
        debug_assert_eq!(values.len(), self.family.labels.len(), "{name}");
        self.out.push_str(name);
        let labels = self
            .family
            .labels
            .iter()
            .copied()
            .zip(values.iter().copied());
        let labels = labels.chain(bound.map(|bound| ("le", bound)));
        let mut before = '{';
        for (label, value) in labels {
            self.out.push(before);
            self.out.push_str(label);
            self.out.push_str("=\"");
            escaped(self.out, value);
            self.out.push('"');
            before = ',';
        }
        if before == ',' {
            self.out.push('}');
        }
        // Neither format knows more of a number than that it is one.
        writeln!(self.out, " {value}").ok();
    }
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

/// A label's value.
fn escaped(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}

/// Every metric of a run at one moment.
#[must_use]
pub fn render(snapshot: &Snapshot, format: Format) -> String {
    let mut out = String::with_capacity(32 * 1024);
    for family in families() {
        let open = format == Format::OpenMetrics;
        // OpenMetrics calls a metric without what its samples have behind it, and has a word for words.
        let name = if open {
            family.name.to_owned()
        } else {
            family.sample()
        };
        let kind = match family.kind {
            Kind::Info if !open => "gauge",
            kind => kind.name(),
        };
        let help = family.help;
        writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}").ok();
        let mut samples = Samples {
            out: &mut out,
            family,
        };
        (family.samples)(snapshot, &mut samples);
    }
    if format == Format::OpenMetrics {
        out.push_str("# EOF\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::summary::live::{About, LatenciesSoFar};

    fn snapshot() -> Snapshot {
        let mut latencies = LatenciesSoFar::default();
        for ms in [0, 3, 3, 40, 90_000] {
            latencies.push.record(Duration::from_millis(ms));
        }
        Snapshot {
            about: About {
                scenario: "a \"quoted\" \\ name\nof two lines".to_owned(),
                seed: 7,
                ..About::default()
            }
            .into(),
            phase: "pushing",
            latencies: latencies.into(),
            ..Snapshot::default()
        }
    }

    fn lines<'a>(page: &'a str, start: &str) -> Vec<&'a str> {
        page.lines()
            .filter(|line| line.starts_with(start))
            .collect()
    }

    #[test]
    fn a_histogram_counts_up_to_each_bound() {
        let page = render(&snapshot(), Format::Prometheus);
        let buckets = lines(&page, "pushproof_push_latency_seconds_bucket");
        assert_eq!(buckets.len(), BOUNDS.len() + 1);
        let bucket = |bound: &str| {
            let start = format!("pushproof_push_latency_seconds_bucket{{le=\"{bound}\"}} ");
            let found = page.lines().find_map(|line| line.strip_prefix(&start));
            found.unwrap_or_else(|| panic!("no {bound}: {buckets:?}"))
        };
        let wanted = [
            ("0.0001", "1"),
            ("0.001", "1"),
            ("0.005", "3"),
            ("0.05", "4"),
        ];
        for (bound, n) in wanted.into_iter().chain([("60", "4"), ("+Inf", "5")]) {
            assert_eq!(bucket(bound), n, "{bound}");
        }
        assert_eq!(
            lines(&page, "pushproof_push_latency_seconds_count"),
            ["pushproof_push_latency_seconds_count 5"]
        );
        let sum = lines(&page, "pushproof_push_latency_seconds_sum ")[0];
        let sum: f64 = sum.rsplit(' ').next().unwrap().parse().unwrap();
        assert!((sum - 90.046).abs() < 0.1, "{sum}");
    }

    #[test]
    fn what_a_label_says_is_escaped() {
        let page = render(&snapshot(), Format::Prometheus);
        let info = lines(&page, "pushproof_info{");
        let name = r#"scenario="a \"quoted\" \\ name\nof two lines""#;
        assert!(info.len() == 1 && info[0].contains(name), "{info:?}");
        assert!(lines(&page, "of two lines").is_empty());
    }

    #[test]
    fn each_format_names_a_counter_in_its_own_way() {
        let page = render(&snapshot(), Format::Prometheus);
        assert!(page.contains(
            "\n# TYPE pushproof_deliveries_total counter\npushproof_deliveries_total 0\n"
        ));
        assert!(!page.contains("# EOF"));
        let open = render(&snapshot(), Format::OpenMetrics);
        assert!(
            open.contains("\n# TYPE pushproof_deliveries counter\npushproof_deliveries_total 0\n")
        );
        assert!(open.contains("# TYPE pushproof info\npushproof_info{"));
        assert!(open.ends_with("\n# EOF\n"));
        assert_eq!(
            Format::asked_for("text/plain;q=0.5, */*"),
            Format::Prometheus
        );
        let accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
        assert_eq!(Format::asked_for(accept), Format::OpenMetrics);
    }

    #[test]
    fn every_metric_has_a_name_of_its_own_and_says_what_it_is() {
        let mut names = BTreeSet::new();
        for family in families() {
            let name = family.name;
            assert!(names.insert(name), "{name} is there twice");
            assert!(name.starts_with("pushproof"), "{name}");
            let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(plain && !name.ends_with("_total"), "{name}");
            assert!(
                family.help.ends_with('.') && !family.help.contains(['\n', '\\']),
                "{name}"
            );
        }
    }

    #[test]
    fn all_classes_are_there_before_anything_is_wrong() {
        let page = render(&snapshot(), Format::Prometheus);
        let violations = lines(&page, "pushproof_violations_total{");
        assert_eq!(violations.len(), 9);
        assert!(violations.contains(&"pushproof_violations_total{class=\"lost\"} 0"));
        assert!(page.contains("\npushproof_phase{phase=\"pushing\"} 1\n"));
        assert!(page.contains("\npushproof_phase{phase=\"over\"} 0\n"));
        assert!(page.contains("\npushproof_verdict{verdict=\"unknown yet\"} 1\n"));
    }
}
