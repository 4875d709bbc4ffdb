//! The figures of a report by the names of metrics, and what of them two runs are compared by.

use serde_json::Value;

use super::form::{Metric as Compared, Seconds as Interval};
use crate::comparison::{Better, Change, Seconds, judge};
use crate::report::json::form::Report;
use crate::report::json::timeline::Entry;
use crate::scenario::threshold::metric::{Metric, Unit};

/// The unit that figures of a metric are told in.
pub fn unit(metric: &Metric) -> &'static str {
    match metric.unit() {
        Unit::Count(_) => "",
        Unit::Time => "us",
        Unit::Bytes => "bytes",
        Unit::PerSecond => "/s",
        Unit::Processor => "%",
    }
}

/// What a metric stands for in a report; `None` if nothing was observed.
pub fn figure(report: &Report, metric: &Metric) -> Option<f64> {
    let report = serde_json::to_value(report).ok()?;
    figure_of(&report, metric)
}

/// The keys of a report are the parts of a metric's name; the last has its unit besides.
fn figure_of(report: &Value, metric: &Metric) -> Option<f64> {
    let path = metric.path();
    let (last, above) = path.split_last()?;
    let within = above
        .iter()
        .try_fold(report, |value, part| value.get(part))?;
    let ends = ["", "_us", "_per_s", "_bytes", "_percent"];
    let found = ends
        .iter()
        .find_map(|end| within.get(format!("{last}{end}")));
    found?.as_f64()
}

/// What two runs are compared by, in the order of the table.
const COMPARED: [(&str, Better); 22] = [
    ("latency.push.p50", Better::Lower),
    ("latency.push.p90", Better::Lower),
    ("latency.push.p99", Better::Lower),
    ("latency.push.p999", Better::Lower),
    ("latency.push.max", Better::Lower),
    ("latency.push_from_send.p50", Better::Lower),
    ("latency.push_from_send.p99", Better::Lower),
    ("latency.network.p50", Better::Lower),
    ("latency.network.p99", Better::Lower),
    ("latency.fanout_last.p50", Better::Lower),
    ("latency.fanout_last.p99", Better::Lower),
    ("latency.trigger.p50", Better::Lower),
    ("latency.trigger.p99", Better::Lower),
    ("latency.login.p99", Better::Lower),
    ("latency.connect.p99", Better::Lower),
    ("deliveries.rate", Better::Higher),
    ("pushes.rate", Better::Higher),
    ("sockets.dropped", Better::Lower),
    ("sockets.refused", Better::Lower),
    ("pushes.rejected", Better::Lower),
    ("pushes.unknown", Better::Lower),
    ("generator.cpu", Better::Neither),
];

/// Both runs by all of these.
pub(super) fn metrics(base: &Report, new: &Report) -> Vec<Compared> {
    let all = Metric::all(&[]);
    let values = [base, new].map(|report| serde_json::to_value(report).unwrap_or_default());
    let compared = COMPARED.iter().filter_map(|(name, better)| {
        let metric = all.iter().find(|metric| metric.to_string() == *name)?;
        let [was, is] = values.each_ref().map(|report| figure_of(report, metric));
        // What neither has is not told.
        was.or(is)?;
        let judged = seconds(base, name).zip(seconds(new, name));
        let judged = judged.and_then(|(base, new)| judge(&base, &new, *better));
        Some(Compared {
            metric: (*name).to_owned(),
            unit: unit(metric),
            base: was,
            new: is,
            percent: was.zip(is).and_then(|(was, is)| percent(is / was)),
            seconds: judged.and_then(|(ratio, _)| {
                Some(Interval {
                    percent: percent(ratio.ratio)?,
                    low: percent(ratio.low)?,
                    high: percent(ratio.high)?,
                })
            }),
            change: judged.map_or(Change::Unknown, |(_, change)| change).name(),
        })
    });
    compared.collect()
}

/// By how much a factor changes what it was, in percent, to a hundredth.
fn percent(factor: f64) -> Option<f64> {
    let percent = ((factor - 1.0) * 1e4).round() / 1e2;
    // No minus before a zero.
    percent.is_finite().then_some(percent + 0.0)
}

/// A figure of each second of pushing, where there is one. The first and the last of them are not whole.
fn seconds(report: &Report, name: &str) -> Option<Seconds> {
    let pushing: Vec<&Entry> = report
        .timeline
        .iter()
        .filter(|entry| entry.sent > 0)
        .collect();
    let whole = pushing.get(1..pushing.len().checked_sub(1)?)?;
    let latency = |of: fn(&Entry) -> Option<u64>| {
        let of = whole.iter().filter_map(|entry| of(entry));
        Some(Seconds::Latency(
            of.filter(|us| *us > 0).map(|us| us as f64).collect(),
        ))
    };
    let rate = |of: fn(&Entry) -> u64| {
        Some(Seconds::Rate(
            whole.iter().map(|entry| of(entry) as f64).collect(),
        ))
    };
    match name {
        "latency.push.p50" => latency(|entry| entry.push_p50_us),
        "latency.push.p99" => latency(|entry| entry.push_p99_us),
        "latency.push.max" => latency(|entry| entry.push_max_us),
        "deliveries.rate" => rate(|entry| entry.delivered),
        "pushes.rate" => rate(|entry| entry.accepted),
        _ => None,
    }
}
