//! What a run came to, live or final: plain data that every report and display is made from.
//!
//! Presentation sees this module and nothing of the client, the fleet or the run. [`verdict`] is the one place that decides whether
//! a run passes.

use std::time::Duration;

use crate::measure::Latency;
use crate::scenario::Plan;
use crate::verify::{Counts, Findings};

mod reasons;
pub mod verdict;

pub use reasons::Reasons;
pub use verdict::Verdict;

/// How the sockets of a run fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SocketCounts {
    /// Sockets of the plan.
    pub wanted: u64,
    /// Sockets whose CONNECT was accepted, whatever became of them.
    pub connected: u64,
    /// Sockets that did not get that far.
    pub refused: u64,
    /// Connected sockets that ended without our doing.
    pub dropped: u64,
    /// Sockets that came back.
    pub reconnected: u64,
}

/// Counts of pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PushCounts {
    /// Pushes of the schedule.
    pub scheduled: u64,
    /// The trigger's first byte was about to leave.
    pub sent: u64,
    /// The target said yes.
    pub accepted: u64,
    /// The target said no.
    pub rejected: u64,
    /// Nobody knows: time-out, 5xx, connection lost.
    pub unknown: u64,
}

/// The system under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its base URL.
    pub url: String,
    /// Whether it is the embedded platform, started for this run.
    pub embedded: bool,
}

/// The latencies of a run.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    /// Deliveries, from intended time.
    pub push: Latency,
    /// Deliveries, from when the push was sent.
    pub push_from_send: Latency,
    /// Deliveries, from when the push was sent to the kernel's receive stamp. Empty where the driver has no such stamps.
    pub network: Latency,
    /// Asking for a push, to the answer.
    pub trigger: Latency,
    /// Logins.
    pub login: Latency,
    /// From the first byte of a socket's connection to the answer to CONNECT.
    pub connect: Latency,
    /// Broadcasts, from intended time to the first recipient.
    pub fanout_first: Latency,
    /// To the median recipient.
    pub fanout_median: Latency,
    /// To the last recipient.
    pub fanout_last: Latency,
}

/// One second of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Second {
    /// Which, from 0 at the start of the run.
    pub second: u64,
    /// Sockets connected at its end.
    pub connected: u64,
    /// Pushes sent in it.
    pub sent: u64,
    /// Pushes accepted in it.
    pub accepted: u64,
    /// Deliveries in it.
    pub delivered: u64,
    /// Violations seen in it (losses are known only at the end).
    pub violations: u64,
    /// Median push latency in microseconds.
    pub push_p50_us: Option<u64>,
    /// 99th percentile.
    pub push_p99_us: Option<u64>,
    /// Largest.
    pub push_max_us: Option<u64>,
}

/// How the generator itself fared.
#[derive(Debug, Clone, Default)]
pub struct Generator {
    /// CPU used while pushing and settling, in percent of one core. `None` where the system does not tell.
    pub cpu_percent: Option<f64>,
    /// The same in CPU seconds.
    pub cpu_seconds: Option<f64>,
    /// How late lanes sent pushes that they could have sent.
    pub schedule_lag: Latency,
    /// Resident memory at the end, in bytes.
    pub rss_bytes: Option<u64>,
    /// Growth of resident memory while the sockets connected, for each of them.
    pub bytes_per_socket: Option<u64>,
    /// Arrivals left out of the fan-out figures for want of memory set aside.
    pub fanout_left_out: u64,
}

/// The machine a run was made on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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

/// Latency of one part of the deliveries, with how many pushes asked for it.
#[derive(Debug, Clone, Default)]
pub struct Split {
    /// Pushes sent.
    pub pushes: u64,
    /// Deliveries, from intended time.
    pub push: Latency,
}

/// A run while it goes on.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The phase in a word.
    pub phase: &'static str,
    /// Since the start of the run.
    pub elapsed: Duration,
    /// Sockets.
    pub sockets: SocketCounts,
    /// Pushes.
    pub pushes: PushCounts,
    /// Deliveries and violations so far.
    pub counts: Counts,
    /// The last whole second.
    pub second: Second,
}

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The scenario's name.
    pub scenario: String,
    /// The plan it went by.
    pub plan: Plan,
    /// What it was aimed at.
    pub target: Target,
    /// Milliseconds since 1970 at its start.
    pub started_at_unix_ms: u64,
    /// From its start to its verdict.
    pub duration: Duration,
    /// Why it could not begin, if so.
    pub not_begun: Option<String>,
    /// The user ended it early.
    pub interrupted: bool,
    /// Every socket was lost while pushes were still to be sent.
    pub target_lost: bool,
    /// Sockets.
    pub sockets: SocketCounts,
    /// Why sockets were refused, with how many.
    pub refusals: Reasons,
    /// Why sockets were dropped, with how many.
    pub drops: Reasons,
    /// Pushes.
    pub pushes: PushCounts,
    /// Why pushes were not accepted, with how many.
    pub push_failures: Reasons,
    /// Deliveries, violations and examples.
    pub findings: Findings,
    /// Latencies.
    pub latencies: Latencies,
    /// By event name.
    pub by_event: Vec<(String, Split)>,
    /// By kind of audience: `*`, `user`.
    pub by_audience: Vec<(String, Split)>,
    /// By way of asking.
    pub by_trigger: Vec<(String, Split)>,
    /// Second by second.
    pub timeline: Vec<Second>,
    /// The generator's own health.
    pub generator: Generator,
    /// The machine.
    pub environment: Environment,
}

impl Summary {
    /// The verdict, with why.
    pub fn judge(&self) -> verdict::Judgement {
        verdict::judge(self)
    }
}
