//! The metrics as a message of the OpenTelemetry protocol (OTLP 1), as a collector takes them: an `ExportMetricsServiceRequest`.
//!
//! They are called as OpenTelemetry calls things, `pushproof.push_latency` in `s`, so that a collector that hands them to Prometheus gives
//! them the names of the page again. Every figure is cumulative since the start of the run: a message that is lost takes nothing with it.

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope, KeyValue, any_value::Value,
};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

use super::{BOUNDS, Family, Kind, Sink, families, give, seconds, sum};
use crate::measure::Latency;
use crate::summary::Snapshot;

/// The `Content-Type` of a message.
pub const CONTENT_TYPE: &str = "application/x-protobuf";

/// What of a name is a unit, and what OpenTelemetry calls that.
const UNITS: [(&str, &str); 3] = [("_seconds", "s"), ("_bytes", "By"), ("_ratio", "1")];

/// Every metric of a run at this moment, in nanoseconds since 1970. `resource`: what tells this run from others, by name.
#[must_use]
pub fn message(snapshot: &Snapshot, resource: &[(String, String)], now_unix_ns: u64) -> Vec<u8> {
    let start = snapshot.about.started_at_unix_ms.saturating_mul(1_000_000);
    let metrics = families().filter_map(|family| {
        let mut points = Points {
            start,
            now: now_unix_ns,
            numbers: Vec::new(),
            histograms: Vec::new(),
        };
        give(family, snapshot, &mut points);
        points.metric(family)
    });
    let scope = InstrumentationScope {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let resource = Resource {
        attributes: attributes(resource.iter().map(|(key, value)| (&**key, &**value))),
        ..Resource::default()
    };
    let all = ResourceMetrics {
        resource: Some(resource),
        scope_metrics: vec![ScopeMetrics {
            scope: Some(scope),
            metrics: metrics.collect(),
            ..ScopeMetrics::default()
        }],
        ..ResourceMetrics::default()
    };
    let request = ExportMetricsServiceRequest {
        resource_metrics: vec![all],
    };
    request.encode_to_vec()
}

/// What a collector that took a message says it did not take of it, if anything: how many figures, and why.
#[must_use]
pub fn left_out(answer: &[u8]) -> Option<(i64, String)> {
    let answer = ExportMetricsServiceResponse::decode(answer).ok()?;
    let partial = answer.partial_success?;
    let left_out = partial.rejected_data_points;
    (left_out > 0).then_some((left_out, partial.error_message))
}

/// What a metric is called, and its unit.
fn name(family: &Family) -> (String, &'static str) {
    let whole = match family.kind {
        Kind::Info => family.sample(),
        _ => family.name.to_owned(),
    };
    let (plain, unit) = UNITS
        .iter()
        .find_map(|(behind, unit)| Some((whole.strip_suffix(behind)?, *unit)))
        .unwrap_or((&whole, ""));
    (plain.replacen('_', ".", 1), unit)
}

/// The points of a metric.
struct Points {
    /// When the run began, and now, in nanoseconds since 1970.
    start: u64,
    now: u64,
    numbers: Vec<NumberDataPoint>,
    histograms: Vec<HistogramDataPoint>,
}

impl Points {
    /// A metric that has these. `None`: there is nothing to tell.
    fn metric(self, family: &Family) -> Option<Metric> {
        if self.numbers.is_empty() && self.histograms.is_empty() {
            return None;
        }
        let cumulative = AggregationTemporality::Cumulative.into();
        let data = match family.kind {
            Kind::Counter => Data::Sum(Sum {
                data_points: self.numbers,
                aggregation_temporality: cumulative,
                is_monotonic: true,
            }),
            Kind::Gauge | Kind::Info => Data::Gauge(Gauge {
                data_points: self.numbers,
            }),
            Kind::Histogram => Data::Histogram(Histogram {
                data_points: self.histograms,
                aggregation_temporality: cumulative,
            }),
        };
        let (name, unit) = name(family);
        Some(Metric {
            name,
            unit: unit.to_owned(),
            description: family.help.to_owned(),
            data: Some(data),
            ..Metric::default()
        })
    }
}

impl Sink for Points {
    fn value(&mut self, family: &Family, labels: &[&str], value: f64) {
        // What is counted is whole, and exact as such.
        let whole = family.kind == Kind::Counter;
        let value = if whole {
            number_data_point::Value::AsInt(value as i64)
        } else {
            number_data_point::Value::AsDouble(value)
        };
        self.numbers.push(NumberDataPoint {
            attributes: attributes(family.labels.iter().copied().zip(labels.iter().copied())),
            start_time_unix_nano: if whole { self.start } else { 0 },
            time_unix_nano: self.now,
            value: Some(value),
            ..NumberDataPoint::default()
        });
    }

    fn histogram(&mut self, family: &Family, labels: &[&str], latency: &Latency) {
        let count = latency.count();
        let mut before = 0;
        let up_to = latency.up_to(&BOUNDS).into_iter().chain([count]);
        let buckets = up_to.map(|up_to| up_to - std::mem::replace(&mut before, up_to));
        let extreme = |us: Option<u64>| us.map(seconds);
        self.histograms.push(HistogramDataPoint {
            attributes: attributes(family.labels.iter().copied().zip(labels.iter().copied())),
            start_time_unix_nano: self.start,
            time_unix_nano: self.now,
            count,
            sum: Some(sum(latency)),
            bucket_counts: buckets.collect(),
            explicit_bounds: BOUNDS.iter().map(|us| seconds(*us)).collect(),
            min: extreme(latency.min_us()),
            max: extreme(latency.max_us()),
            ..HistogramDataPoint::default()
        });
    }
}

fn attributes<'a>(all: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<KeyValue> {
    let one = |(key, value): (&str, &str)| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue {
            value: Some(Value::StringValue(value.to_owned())),
        }),
        ..KeyValue::default()
    };
    all.map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::summary::live::{About, LatenciesSoFar};

    fn told(snapshot: &Snapshot) -> ResourceMetrics {
        let resource = [("service.name".to_owned(), "pushproof".to_owned())];
        let bytes = message(snapshot, &resource, 7_000_000_000);
        let request = ExportMetricsServiceRequest::decode(&*bytes).unwrap();
        request.resource_metrics.into_iter().next().unwrap()
    }

    #[test]
    fn metrics_are_called_as_a_collector_calls_them() {
        let named = |wanted: &str| {
            let family = families().find(|family| family.name == wanted);
            name(family.unwrap())
        };
        let of = |name: &str, unit| (name.to_owned(), unit);
        for (family, wanted) in [
            ("pushproof_deliveries", of("pushproof.deliveries", "")),
            (
                "pushproof_push_latency_seconds",
                of("pushproof.push_latency", "s"),
            ),
            (
                "pushproof_generator_cpu_ratio",
                of("pushproof.generator_cpu", "1"),
            ),
            ("pushproof", of("pushproof.info", "")),
        ] {
            assert_eq!(named(family), wanted);
        }
    }

    #[test]
    fn a_message_has_every_metric_of_which_there_is_something_to_tell() {
        let mut latencies = LatenciesSoFar::default();
        for ms in [0, 3, 3, 40, 90_000] {
            latencies.push.record(Duration::from_millis(ms));
        }
        let mut snapshot = Snapshot {
            about: About {
                started_at_unix_ms: 5_000,
                ..About::default()
            }
            .into(),
            latencies: latencies.into(),
            ..Snapshot::default()
        };
        snapshot.counts.delivered = 5;
        let told = told(&snapshot);
        assert_eq!(told.resource.unwrap().attributes[0].key, "service.name");
        let metrics = &told.scope_metrics[0].metrics;
        let data = |name: &str| {
            let found = metrics.iter().find(|metric| metric.name == name);
            found.unwrap().data.clone().unwrap()
        };
        let Data::Sum(sum) = data("pushproof.deliveries") else {
            panic!("a counter is a sum");
        };
        assert!(sum.is_monotonic);
        let point = &sum.data_points[0];
        assert_eq!(point.value, Some(number_data_point::Value::AsInt(5)));
        assert_eq!(
            (point.start_time_unix_nano, point.time_unix_nano),
            (5_000_000_000, 7_000_000_000)
        );
        let Data::Histogram(histogram) = data("pushproof.push_latency") else {
            panic!("a histogram is one");
        };
        let point = &histogram.data_points[0];
        assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
        assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
        // Up to 0.1 ms, up to 5 ms, up to 50 ms, and above a minute.
        let counts = [0, 5, 8, 18].map(|bucket| point.bucket_counts[bucket]);
        assert_eq!((counts, point.count), ([1, 2, 1, 1], 5));
        // Nobody knows of these yet.
        assert!(!metrics.iter().any(|m| m.name == "pushproof.push_rate"));
    }

    #[test]
    fn a_collector_may_say_that_it_left_something_out() {
        use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsPartialSuccess;
        let said = |rejected_data_points| {
            ExportMetricsServiceResponse {
                partial_success: Some(ExportMetricsPartialSuccess {
                    rejected_data_points,
                    error_message: "too old".to_owned(),
                }),
            }
            .encode_to_vec()
        };
        assert_eq!(left_out(&said(3)), Some((3, "too old".to_owned())));
        assert_eq!(left_out(&said(0)), None);
        assert_eq!(left_out(b""), None);
        assert_eq!(left_out(b"<html>"), None);
    }
}
