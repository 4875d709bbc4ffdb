//! A run while it goes on.

use std::sync::Arc;
use std::time::Duration;

use super::verdict::Judgement;
use super::{Checked, LoginCounts, MustRefuse, PushCounts, Reasons, Second, SocketCounts, Target};
use crate::measure::{Latency, RequestCounts};
use crate::verify::{Counts, Example};

/// Seconds of the past that a snapshot has at most: what a wide terminal can draw, whatever a run lasts.
pub const PAST: usize = 900;

/// A run while it goes on, at one moment: all that a display or an exporter may show. Made once a second, never changed after that,
/// and cheap to clone: what is large in it is shared.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// What does not change while the run goes on.
    pub about: Arc<About>,
    /// The phase in a word.
    pub phase: &'static str,
    /// How long that phase has lasted.
    pub phase_elapsed: Duration,
    /// How long it will still last at most, where that is known.
    pub phase_left: Option<Duration>,
    /// Since the start of the run.
    pub elapsed: Duration,
    /// Pushes a second that are asked for now; `None`: nothing is scheduled (before and after pushing, or in a closed loop).
    pub rate: Option<f64>,
    /// Sockets.
    pub sockets: SocketCounts,
    /// Logins.
    pub logins: LoginCounts,
    /// Sockets that the target has to refuse.
    pub must_refuse: MustRefuse,
    /// Why sockets were refused, with how many.
    pub refusals: Reasons,
    /// Why sockets were dropped, with how many.
    pub drops: Reasons,
    /// Pushes.
    pub pushes: PushCounts,
    /// Why pushes were not accepted, with how many.
    pub push_failures: Reasons,
    /// Deliveries and violations so far.
    pub counts: Counts,
    /// The last whole second.
    pub second: Second,
    /// The whole seconds so far, oldest first, at most [`PAST`].
    pub past: Arc<Vec<Second>>,
    /// Deliveries that are still to come, as far as is known: what the pushes of the last seconds should bring, in as many seconds as
    /// settling lasts, less what came in them. An estimate: who drops out meanwhile is counted, and what is lost is so for as long.
    pub in_flight: u64,
    /// Latencies so far.
    pub latencies: Arc<LatenciesSoFar>,
    /// The parts of the run, by event name, audience, trigger and node, in this order.
    pub parts: Arc<Vec<Part>>,
    /// Examples of violations, newest last; bounded as in a report.
    pub examples: Arc<Vec<Example>>,
    /// How the generator itself fares.
    pub generator: HealthNow,
    /// The thresholds as they stand; of what is known only at the end, the outcome is unknown.
    pub thresholds: Arc<Vec<Checked>>,
    /// Requests that sockets emitted, so far.
    pub requests: RequestCounts,
    /// Changes of the rate that were asked for while the run went on.
    pub changes: Vec<RateChange>,
    /// What the run came to; `None` while it goes on.
    pub ended: Option<Arc<Judgement>>,
}

/// What does not change while a run goes on.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The scenario's name.
    pub scenario: String,
    /// What it is aimed at.
    pub target: Target,
    /// What decides every random choice.
    pub seed: u64,
    /// Milliseconds since 1970 at its start.
    pub started_at_unix_ms: u64,
    /// Lanes that ask for pushes.
    pub lanes: u32,
    /// Names of apps, in the order of ids.
    pub apps: Vec<String>,
    /// Event names, in the order of ids.
    pub events: Vec<String>,
    /// What is too late.
    pub deadline: Option<Duration>,
    /// How long pushing lasts, if the scenario says so.
    pub pushing: Option<Duration>,
    /// The thresholds on push latency in microseconds, as written, for lines in a plot.
    pub push_limits: Vec<(String, u64)>,
}

/// Latencies of a run that goes on.
#[derive(Debug, Clone, Default)]
pub struct LatenciesSoFar {
    /// Deliveries so far, from intended time.
    pub push: Latency,
    /// Those of the last whole second.
    pub push_now: Latency,
    /// Logins that gave a session.
    pub login: Latency,
    /// From the first byte of a socket's connection to the answer to CONNECT.
    pub connect: Latency,
    /// Asking for a push, to the answer.
    pub trigger: Latency,
    /// Broadcasts, to the first, the median and the last recipient.
    pub fanout: [Latency; 3],
}

/// What a part of a run is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartKind {
    /// Its event name.
    Event,
    /// Its kind of audience.
    Audience,
    /// The way of asking.
    Trigger,
    /// The node of the target.
    Node,
}

/// One part of a run that goes on. `None`: not told of parts of this kind. Its percentiles are within 3 %, where those of the whole run
/// are exact to a thousandth: each second's are handed over, and a part has a small histogram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is told by.
    pub kind: PartKind,
    /// Its name.
    pub name: String,
    /// Pushes sent.
    pub pushes: Option<u64>,
    /// Pushes that were not accepted, or that nobody knows of.
    pub failed: Option<u64>,
    /// Deliveries.
    pub delivered: Option<u64>,
    /// Sockets connected now.
    pub sockets: Option<u64>,
    /// Median latency from intended time, in microseconds.
    pub push_p50_us: Option<u64>,
    /// 99th percentile.
    pub push_p99_us: Option<u64>,
    /// Largest.
    pub push_max_us: Option<u64>,
    /// Deliveries of the last whole second.
    pub delivered_now: Option<u64>,
    /// 99th percentile of their latency from intended time, in microseconds.
    pub push_p99_now_us: Option<u64>,
}

/// How the generator fares while a run goes on. `None`: the system does not tell.
#[derive(Debug, Clone, Default)]
pub struct HealthNow {
    /// CPU used in the last second, in percent of one core.
    pub cpu_percent: Option<f64>,
    /// CPU used by the busiest thread in it, in percent of one core.
    pub busiest_thread_percent: Option<f64>,
    /// Resident memory in bytes.
    pub rss_bytes: Option<u64>,
    /// File descriptors open.
    pub open_files: Option<u64>,
    /// Of those that may be open.
    pub open_files_limit: Option<u64>,
    /// How late lanes sent pushes that they could have sent: 99th percentile so far, in microseconds.
    pub schedule_lag_p99_us: Option<u64>,
    /// The same, of the last second, at most.
    pub schedule_lag_now_us: Option<u64>,
    /// How late the event loops were in the last second, at most.
    pub loop_delay_us: Option<u64>,
    /// What the machine or process ran out of, with how often.
    pub shortages: Reasons,
    /// Why the generator is the limit, if it is; as a report says it.
    pub limited: Option<String>,
}

/// The rate was changed by hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateChange {
    /// Since the start of the run.
    pub at: Duration,
    /// The schedule's rate times this.
    pub factor: f64,
}
