//! The form of the report: its fields, their units and meaning. The published JSON Schema is made from this file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::scenario::file::File;

/// A report.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// `pushproof.report/1`.
    pub schema: &'static str,
    /// `pass`, `fail` or `unknown`.
    pub verdict: &'static str,
    /// The exit code of the run.
    pub exit_code: u8,
    /// Why the verdict is not `pass`, the weightiest first.
    pub reasons: Vec<String>,
    /// The scenario, complete.
    pub scenario: Scenario,
    /// Decides every random choice: the same seed gives the same schedule and the same payload bytes.
    pub seed: u64,
    /// What the run was aimed at.
    pub target: Target,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// From the start of the run to its verdict.
    pub duration_ms: u64,
    /// Sockets.
    pub sockets: Sockets,
    /// Pushes.
    pub pushes: Pushes,
    /// Deliveries: (push, socket) pairs.
    pub deliveries: Deliveries,
    /// Latencies.
    pub latency: Latencies,
    /// By event name.
    pub by_event: BTreeMap<String, Part>,
    /// By audience: `*` for broadcasts, `user` for pushes at one user.
    pub by_audience: BTreeMap<String, Part>,
    /// By way of asking for a push.
    pub by_trigger: BTreeMap<String, Part>,
    /// One entry a second.
    pub timeline: Vec<Entry>,
    /// Examples of violations, a bounded number of each class.
    pub violations: Vec<Violation>,
    /// Thresholds of the scenario.
    pub thresholds: Vec<Threshold>,
    /// The generator's own health.
    pub generator: Generator,
    /// The machine of the generator.
    pub environment: Environment,
}

/// A scenario with nothing left out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Scenario {
    /// Its name: the file's, or `first-proof` for the built-in one.
    pub name: String,
    /// The plan that the run went by, as a scenario file.
    pub plan: File,
}

/// The system under test.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Target {
    /// Base URL.
    pub url: String,
    /// Whether it was the embedded platform.
    pub embedded: bool,
    /// App ids.
    pub apps: Vec<String>,
}

/// Sockets.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Sockets {
    /// Sockets of the scenario.
    pub wanted: u64,
    /// Sockets whose CONNECT was accepted.
    pub connected: u64,
    /// Sockets that did not get that far.
    pub refused: u64,
    /// Connected sockets that ended without the harness's doing.
    pub dropped: u64,
    /// Sockets that came back.
    pub reconnected: u64,
    /// Why sockets were refused, with how many.
    pub refused_because: BTreeMap<String, u64>,
    /// Why sockets were dropped, with how many.
    pub dropped_because: BTreeMap<String, u64>,
}

/// Pushes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Pushes {
    /// Pushes of the schedule.
    pub scheduled: u64,
    /// Pushes asked for.
    pub sent: u64,
    /// Pushes the target said yes to.
    pub accepted: u64,
    /// Pushes the target said no to.
    pub rejected: u64,
    /// Pushes of which nobody knows: time-out, 5xx, connection lost.
    pub unknown: u64,
    /// Why pushes were not accepted, with how many.
    pub not_accepted_because: BTreeMap<String, u64>,
}

/// Deliveries: (push, socket) pairs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)] // the nine classes speak for themselves; docs/verification.md defines them
pub struct Deliveries {
    /// Pairs that had to happen.
    pub expected: u64,
    /// Pairs in the audience that happened, each counted once.
    pub delivered: u64,
    /// Pairs that were free to happen or not.
    pub allowed: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub misdelivered: u64,
    pub misrouted: u64,
    pub corrupted: u64,
    pub reordered: u64,
    pub late: u64,
    pub phantom: u64,
    pub premature: u64,
}

/// Latencies.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Latencies {
    /// Deliveries, from the time the schedule wanted the push.
    pub push: LatencyUs,
    /// Deliveries, from when the push was sent.
    pub push_from_send: LatencyUs,
    /// Deliveries, from when the push was sent to the kernel's receive stamp; empty where there are no such stamps.
    pub network: LatencyUs,
    /// From asking for a push to the answer.
    pub trigger: LatencyUs,
    /// Logins.
    pub login: LatencyUs,
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
#[derive(Debug, Clone, Serialize, JsonSchema)]
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

/// A part of the deliveries.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Part {
    /// Pushes sent.
    pub pushes: u64,
    /// Deliveries.
    pub delivered: u64,
    /// Their latency, from the time the schedule wanted the push.
    pub push: LatencyUs,
}

/// One second.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
    /// Violations seen; losses are known only at the end and stand in no second.
    pub violations: u64,
    /// Median push latency.
    pub push_p50_us: Option<u64>,
    /// 99th percentile of push latency.
    pub push_p99_us: Option<u64>,
    /// Largest push latency.
    pub push_max_us: Option<u64>,
}

/// One violation, as evidence. Times are microseconds since the start of the run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Violation {
    /// The class.
    pub class: &'static str,
    /// What is wrong, in words.
    pub detail: String,
    /// The push, `lane-seq`; `null` if no push explains the event.
    pub push: Option<String>,
    /// Its lane.
    pub lane: Option<u32>,
    /// Its audience: `*` or a user's name.
    pub audience: Option<String>,
    /// The app it was asked for in.
    pub push_app: Option<String>,
    /// The number of the socket.
    pub socket: u32,
    /// The user who holds the socket.
    pub user: String,
    /// The app of that user.
    pub app: String,
    /// The event name as it arrived; of a lost push the one asked for.
    pub event: String,
    /// When the schedule wanted the push.
    pub intended_us: Option<u64>,
    /// When it was sent.
    pub sent_us: Option<u64>,
    /// When it was answered.
    pub answered_us: Option<u64>,
    /// When it arrived; `null` if it did not.
    pub arrived_us: Option<u64>,
}

/// A threshold of the scenario.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Threshold {
    /// As written.
    pub expression: String,
    /// What was observed.
    pub observed: Option<f64>,
    /// Whether it holds.
    pub ok: bool,
}

/// The generator's own health.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Generator {
    /// CPU used while pushing and settling, in percent of one core.
    pub cpu_percent: Option<f64>,
    /// The same in CPU seconds.
    pub cpu_seconds: Option<f64>,
    /// How late pushes left that could have left, 99th percentile.
    pub schedule_lag_p99_us: Option<u64>,
    /// Resident memory at the end.
    pub rss_bytes: Option<u64>,
    /// Growth of resident memory while sockets connected, for each of them.
    pub bytes_per_socket: Option<u64>,
    /// Whether the generator, not the target, was the limit.
    pub limited: bool,
    /// Arrivals left out of the fan-out figures for want of memory set aside.
    pub fanout_left_out: u64,
}

/// The machine of the generator.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Environment {
    /// Version of pushproof.
    pub pushproof: &'static str,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// Processors at hand.
    pub cpus: usize,
    /// Open files allowed to the process.
    pub open_files: u64,
}
