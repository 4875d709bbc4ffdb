//! The parts of the report that are latencies.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::tenths;
use crate::measure::Latency;
use crate::summary::Summary;

/// Latencies.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Latencies {
    /// Deliveries, from the time the schedule wanted the push.
    pub push: LatencyUs,
    /// Deliveries, from when the push was sent.
    pub push_from_send: LatencyUs,
    /// Deliveries, from when the push was sent to the kernel's receive stamp: free of the generator's own queueing. Of several deliveries
    /// that were read at once, all have the stamp of the last.
    pub network: LatencyUs,
    /// The same deliveries, from that stamp to when the generator had them.
    pub generator_delay: LatencyUs,
    /// From asking for a push to the answer.
    pub trigger: LatencyUs,
    /// Answers to requests of sockets, right or wrong, from the time the schedule wanted the request.
    pub request: LatencyUs,
    /// The same, from when the request was sent.
    pub request_from_send: LatencyUs,
    /// Logins that gave a session, from the first request to the last answer.
    pub login: LatencyUs,
    /// Each request of a login, retries among them, to its answer or failure.
    pub login_attempt: LatencyUs,
    /// From the first byte of a socket's connection to the answer to CONNECT.
    pub connect: LatencyUs,
    /// Broadcasts, from the time the schedule wanted the push to its first recipient.
    pub fanout_first: LatencyUs,
    /// To its median recipient.
    pub fanout_median: LatencyUs,
    /// To its last recipient.
    pub fanout_last: LatencyUs,
}

/// One latency, in microseconds.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[allow(missing_docs)] // the names say it
pub struct LatencyUs {
    pub count: u64,
    pub min_us: Option<u64>,
    pub mean_us: Option<f64>,
    pub p50_us: Option<u64>,
    pub p90_us: Option<u64>,
    pub p95_us: Option<u64>,
    pub p99_us: Option<u64>,
    pub p999_us: Option<u64>,
    pub max_us: Option<u64>,
    /// The whole histogram in the HDR V2 format, base64; `null` without samples.
    pub hdr_v2_base64: Option<String>,
}

/// The same as it is read, before its histogram is known to be one.
#[derive(Deserialize)]
struct Read {
    count: u64,
    min_us: Option<u64>,
    mean_us: Option<f64>,
    p50_us: Option<u64>,
    p90_us: Option<u64>,
    p95_us: Option<u64>,
    p99_us: Option<u64>,
    p999_us: Option<u64>,
    max_us: Option<u64>,
    hdr_v2_base64: Option<String>,
}

impl<'de> Deserialize<'de> for LatencyUs {
    /// A damaged histogram is found while it is read, so that the error has its place.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let read = Read::deserialize(from)?;
        let samples = match &read.hdr_v2_base64 {
            Some(text) => Latency::from_hdr_v2_base64(text)
                .map_err(|why| D::Error::custom(format!("hdr_v2_base64 is damaged: {why}")))?
                .count(),
            None => 0,
        };
        if samples != read.count {
            let told = format!(
                "count is {}, and hdr_v2_base64 has {samples} samples",
                read.count
            );
            return Err(D::Error::custom(told));
        }
        Ok(Self {
            count: read.count,
            min_us: read.min_us,
            mean_us: read.mean_us,
            p50_us: read.p50_us,
            p90_us: read.p90_us,
            p95_us: read.p95_us,
            p99_us: read.p99_us,
            p999_us: read.p999_us,
            max_us: read.max_us,
            hdr_v2_base64: read.hdr_v2_base64,
        })
    }
}

impl LatencyUs {
    /// Its histogram; empty without samples.
    pub fn histogram(&self) -> Latency {
        let read = self
            .hdr_v2_base64
            .as_deref()
            .map(Latency::from_hdr_v2_base64);
        // What is damaged was found when the report was read.
        read.and_then(Result::ok).unwrap_or_default()
    }
}

pub(super) fn latencies(summary: &Summary) -> Latencies {
    let latencies = &summary.latencies;
    Latencies {
        push: latency(&latencies.push),
        push_from_send: latency(&latencies.push_from_send),
        network: latency(&latencies.network),
        generator_delay: latency(&latencies.generator_delay),
        trigger: latency(&latencies.trigger),
        request: latency(&summary.requests.latency),
        request_from_send: latency(&summary.requests.from_send),
        login: latency(&latencies.login),
        login_attempt: latency(&latencies.login_attempt),
        connect: latency(&latencies.connect),
        fanout_first: latency(&latencies.fanout_first),
        fanout_median: latency(&latencies.fanout_median),
        fanout_last: latency(&latencies.fanout_last),
    }
}

pub(super) fn latency(latency: &Latency) -> LatencyUs {
    LatencyUs {
        count: latency.count(),
        min_us: latency.min_us(),
        mean_us: latency.mean_us().map(tenths),
        p50_us: latency.quantile_us(0.5),
        p90_us: latency.quantile_us(0.9),
        p95_us: latency.quantile_us(0.95),
        p99_us: latency.quantile_us(0.99),
        p999_us: latency.quantile_us(0.999),
        max_us: latency.max_us(),
        hdr_v2_base64: (latency.count() > 0).then(|| latency.hdr_v2_base64()),
    }
}
