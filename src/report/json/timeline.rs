//! The part of the report that is the run second by second.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::summary::Second;

/// One second.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// Seconds since the start of the run.
    pub second: u64,
    /// Sockets connected at its end.
    pub connected: u64,
    /// Pushes sent.
    pub sent: u64,
    /// Pushes accepted.
    pub accepted: u64,
    /// Deliveries.
    pub delivered: u64,
    /// Deliveries that the pushes sent in it should bring, an estimate; `null` if nobody counted.
    pub expected: Option<u64>,
    /// Violations seen; losses are known only at the end and stand in no second.
    pub violations: u64,
    /// Median push latency.
    pub push_p50_us: Option<u64>,
    /// 99th percentile of push latency.
    pub push_p99_us: Option<u64>,
    /// Largest push latency.
    pub push_max_us: Option<u64>,
    /// How late the timers of a thread that holds sockets were, at most.
    pub loop_delay_us: Option<u64>,
    /// How the push latencies of the second are spread; `null` if it has none.
    pub push_buckets: Option<PushBuckets>,
}

/// Push latencies in buckets that each reach √2 times as far as the one before: number `k` has those from 2^(k/2) up to 2^((k+1)/2)
/// microseconds.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PushBuckets {
    /// The number of the first bucket with any.
    pub first: u32,
    /// How many there are in that and in each further bucket, up to the last with any.
    #[schemars(length(max = 128))]
    pub counts: Vec<u64>,
}

pub(super) fn entry(second: &Second) -> Entry {
    Entry {
        second: second.second,
        connected: second.connected,
        sent: second.sent,
        accepted: second.accepted,
        delivered: second.delivered,
        expected: second.expected,
        violations: second.violations,
        push_p50_us: second.push_p50_us,
        push_p99_us: second.push_p99_us,
        push_max_us: second.push_max_us,
        loop_delay_us: second.loop_delay_us,
        push_buckets: second.push_buckets.as_ref().map(|buckets| PushBuckets {
            first: buckets.first,
            counts: buckets.counts.clone(),
        }),
    }
}
