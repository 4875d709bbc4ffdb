//! What the charts show: numbers made of the report, for the script and for the tables behind the charts alike.

use std::fmt::Write as _;

use serde::Serialize;

use crate::measure::Latency;
use crate::report::json::form::Report;
use crate::report::json::timeline::Entry;
use crate::scenario::threshold::Threshold;
use crate::scenario::threshold::metric::{Metric, Timing, Unit};

/// Most points along time. A longer run has several seconds in each.
const POINTS: usize = 2_000;
/// Most points of a curve of percentiles for each factor of ten.
const EACH_DECADE: u32 = 16;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    /// Seconds in each point.
    pub(super) each: usize,
    pub(super) points: Vec<Point>,
    pub(super) curves: Vec<Curve>,
    /// Bounds that thresholds put on push latency.
    pub(super) levels: Vec<Level>,
    /// Sockets of the scenario.
    pub(super) wanted: u64,
}

/// One second, or several. Counts are for each second of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Point {
    /// The first second of it, since the start of the run.
    pub(super) second: u64,
    /// At its end.
    pub(super) connected: u64,
    pub(super) sent: f64,
    pub(super) accepted: f64,
    pub(super) delivered: f64,
    pub(super) expected: Option<f64>,
    pub(super) violations: f64,
    /// The median of the seconds' medians.
    pub(super) p50: Option<u64>,
    /// The largest 99th percentile of its seconds.
    pub(super) p99: Option<u64>,
    pub(super) max: Option<u64>,
    /// Deliveries by half octave of push latency: the number of the first, then how many in that and each further one.
    pub(super) first: u32,
    pub(super) buckets: Vec<u64>,
}

/// A latency by percentile.
#[derive(Debug, Serialize)]
pub(super) struct Curve {
    pub(super) name: &'static str,
    /// One in so many is slower: 100 stands for the 99th percentile.
    pub(super) one_in: Vec<f64>,
    pub(super) us: Vec<u64>,
}

/// A bound on push latency.
#[derive(Debug, Serialize)]
pub(super) struct Level {
    pub(super) expression: String,
    pub(super) us: f64,
}

impl Data {
    pub(super) fn of(report: &Report) -> Self {
        let each = report.timeline.len().div_ceil(POINTS).max(1);
        let latency = &report.latency;
        let curves = [
            ("from when it was due", &latency.push),
            ("from when it was sent", &latency.push_from_send),
            ("to the kernel’s receive stamp", &latency.network),
        ];
        let curves = curves.into_iter().filter(|(_, of)| of.count > 0);
        Self {
            each,
            points: report.timeline.chunks(each).map(point).collect(),
            curves: curves
                .map(|(name, of)| curve(name, &of.histogram()))
                .collect(),
            levels: report
                .thresholds
                .iter()
                .filter_map(|one| level(&one.expression))
                .collect(),
            wanted: report.sockets.wanted,
        }
    }

    /// As JSON that nothing in it can end the script of.
    pub(super) fn script(&self) -> String {
        in_script(&serde_json::to_string(self).expect("numbers and text are JSON"))
    }
}

/// JSON as it may stand in a script: whatever the text in it, there is no tag and no line break of JavaScript.
fn in_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for char in json.chars() {
        match char {
            // All of these stand in strings, where they may be written so. Writing to memory does not fail.
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            other => out.push(other),
        }
    }
    out
}

fn level(expression: &str) -> Option<Level> {
    let threshold = Threshold::parse(expression, &[]).ok()?;
    let push = matches!(threshold.metric, Metric::Latency(Timing::Push, _));
    let us = threshold
        .most()
        .filter(|_| push && threshold.metric.unit() == Unit::Time)?;
    Some(Level {
        expression: expression.to_owned(),
        us,
    })
}

fn point(seconds: &[Entry]) -> Point {
    let n = seconds.len() as f64;
    let mean = |of: fn(&Entry) -> u64| {
        let sum: u64 = seconds.iter().map(of).sum();
        (sum as f64 / n * 10.0).round() / 10.0
    };
    let most = |of: fn(&Entry) -> Option<u64>| seconds.iter().filter_map(of).max();
    let mut medians: Vec<_> = seconds
        .iter()
        .filter_map(|second| second.push_p50_us)
        .collect();
    medians.sort_unstable();
    let expected = seconds.iter().any(|second| second.expected.is_some());
    let (first, buckets) = buckets(seconds);
    Point {
        second: seconds.first().map_or(0, |second| second.second),
        connected: seconds.last().map_or(0, |second| second.connected),
        sent: mean(|second| second.sent),
        accepted: mean(|second| second.accepted),
        delivered: mean(|second| second.delivered),
        expected: expected.then(|| mean(|second| second.expected.unwrap_or(0))),
        violations: mean(|second| second.violations),
        p50: medians.get(medians.len().saturating_sub(1) / 2).copied(),
        p99: most(|second| second.push_p99_us),
        max: most(|second| second.push_max_us),
        first,
        buckets,
    }
}

/// The buckets of these seconds together.
fn buckets(seconds: &[Entry]) -> (u32, Vec<u64>) {
    /// More there are not: values have 64 bits.
    const MOST: usize = 128;
    let mut all = [0_u64; MOST];
    for of in seconds
        .iter()
        .filter_map(|second| second.push_buckets.as_ref())
    {
        let place = (of.first as usize).min(MOST);
        for (sum, n) in all[place..].iter_mut().zip(&of.counts) {
            *sum += n;
        }
    }
    let first = all.iter().position(|n| *n > 0).unwrap_or(0);
    let end = all
        .iter()
        .rposition(|n| *n > 0)
        .map_or(first, |last| last + 1);
    (first as u32, all[first..end].to_vec())
}

/// Percentiles that lie evenly where one in so many is slower, up to the slowest of all.
fn curve(name: &'static str, latency: &Latency) -> Curve {
    let count = latency.count() as f64;
    let steps = (0..).map(|n| 10_f64.powf(f64::from(n) / f64::from(EACH_DECADE)));
    let mut one_in: Vec<f64> = steps.take_while(|one_in| *one_in < count).collect();
    one_in.push(count);
    let at = |one_in: &f64| latency.quantile_us(1.0 - 1.0 / one_in);
    let mut us: Vec<_> = one_in.iter().filter_map(at).collect();
    if let (Some(last), Some(max)) = (us.last_mut(), latency.max_us()) {
        *last = max;
    }
    Curve { name, one_in, us }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn no_text_ends_a_script() {
        let hostile = "</script><!--\u{2028}\u{2029}&";
        let written = in_script(&serde_json::to_string(hostile).unwrap());
        assert!(
            !written.contains(['<', '>', '&', '\u{2028}', '\u{2029}']),
            "{written}"
        );
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), hostile);
    }

    #[test]
    fn a_curve_begins_at_the_fastest_and_ends_at_the_slowest() {
        let mut latency = Latency::default();
        for us in 1..=1_000 {
            latency.record(Duration::from_micros(us));
        }
        let curve = curve("", &latency);
        assert_eq!(
            (curve.us.first(), curve.us.last()),
            (Some(&1), Some(&1_000))
        );
        assert_eq!(curve.us.len(), curve.one_in.len());
        assert!(curve.us.is_sorted() && curve.one_in.is_sorted());
        // One in ten is slower than the 90th percentile.
        let place = curve
            .one_in
            .iter()
            .position(|n| (n - 10.0).abs() < 1e-9)
            .unwrap();
        assert_eq!(curve.us[place], 900);
    }

    #[test]
    fn bounds_on_push_latency_are_drawn_and_no_others() {
        let us = |text| level(text).map(|level| level.us);
        assert_eq!(us("latency.push.p99 < 50ms"), Some(50_000.0));
        for other in [
            "latency.push.count < 5",
            "latency.login.p99 < 50ms",
            "latency.push.p99 > 1ms",
            "x",
        ] {
            assert_eq!(us(other), None, "{other}");
        }
    }
}
