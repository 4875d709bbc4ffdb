//! The metrics as a page, as Prometheus and `OpenMetrics` read it.

use std::fmt::Write as _;

use super::{BOUNDS, Family, Kind, Sink, families, give, seconds, sum};
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

/// What `/` says: where to look.
#[must_use]
pub fn index() -> String {
    "pushproof\n\n/metrics   every figure of the run, for Prometheus and whatever reads its format\n/snapshot  the same and more as JSON, for pushproof alone; ?since=N leaves out the seconds before\n"
        .to_owned()
}

impl Sink for String {
    fn value(&mut self, family: &Family, labels: &[&str], value: f64) {
        line(self, family, &family.sample(), labels, None, value);
    }

    fn histogram(&mut self, family: &Family, labels: &[&str], latency: &Latency) {
        let name = family.name;
        let bucket = format!("{name}_bucket");
        for (us, n) in BOUNDS.iter().zip(latency.up_to(&BOUNDS)) {
            let bound = seconds(*us).to_string();
            line(self, family, &bucket, labels, Some(&bound), n as f64);
        }
        let count = latency.count() as f64;
        line(self, family, &bucket, labels, Some("+Inf"), count);
        let (sums, counts) = (format!("{name}_sum"), format!("{name}_count"));
        line(self, family, &sums, labels, None, sum(latency));
        line(self, family, &counts, labels, None, count);
    }
}

/// A line of the page. `bound`: of a bucket.
fn line(
    out: &mut String,
    family: &Family,
    name: &str,
    values: &[&str],
    bound: Option<&str>,
    value: f64,
) {
    out.push_str(name);
    let labels = family.labels.iter().copied().zip(values.iter().copied());
    let labels = labels.chain(bound.map(|bound| ("le", bound)));
    let mut before = '{';
    for (label, value) in labels {
        out.push(before);
        out.push_str(label);
        out.push_str("=\"");
        escaped(out, value);
        out.push('"');
        before = ',';
    }
    if before == ',' {
        out.push('}');
    }
    // Neither format knows more of a number than that it is one.
    writeln!(out, " {value}").ok();
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
        give(family, snapshot, &mut out);
    }
    if format == Format::OpenMetrics {
        out.push_str("# EOF\n");
    }
    out
}

#[cfg(test)]
mod tests {
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
