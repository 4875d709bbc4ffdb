//! What a run came to, live or final: plain data that every report and display is made from.
//!
//! Presentation sees this module and nothing of the client, the fleet or the run. [`verdict`] is the one place that decides whether
//! a run passes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::history::Leave;
use crate::measure::{Blocks, HalfOctaves, Latency, Requests};
use crate::scenario::Plan;
use crate::scenario::threshold::{Condition, Figure, Held, Metric};
use crate::verify::{Counts, Findings};

pub mod conformance;
pub mod expected;
mod figures;
mod generator;
mod limits;
pub mod live;
mod logins;
pub mod mutation;
pub mod opinion;
pub mod parts;
pub mod proof;
mod pushes;
mod reasons;
mod requests;
pub mod seconds;
mod so_far;
mod splits;
mod thresholds;
mod transports;
pub mod verdict;

pub use figures::Running;
pub use generator::{Environment, Generator};

pub use limits::{DELAY_LIMIT, LAG_LIMIT, LOOP_DELAY_LIMIT, STALL_LIMIT, Signs, THREAD_LIMIT};
pub use live::Snapshot;
pub use logins::{LoginCounts, MustRefuse};
pub use pushes::PushCounts;
pub use reasons::Reasons;
pub use so_far::{SoFar, Standing};
pub use splits::{Parts, Splits};
pub use thresholds::{Checked, Outcome};
pub use transports::Upgrades;
pub use verdict::Verdict;

/// How the sockets of a run fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SocketCounts {
    /// Sockets of the plan.
    pub wanted: u64,
    /// Sockets whose CONNECT was accepted, whatever became of them.
    pub connected: u64,
    /// Sockets that did not get that far.
    pub refused: u64,
    /// Connections that ended without our doing.
    pub dropped: u64,
    /// Connections that ended because the scenario says so.
    pub left: u64,
    /// Times that a socket came back.
    pub reconnected: u64,
    /// Of these: it went on where its last connection had ended, as the target said.
    #[serde(default)]
    pub recovered: u64,
    /// Sockets connected now, or when judging began; without those that have stopped reading.
    pub alive: u64,
    /// Sockets that stopped reading because the scenario says so.
    pub stuck: u64,
    /// Connections that the target ended for what the scenario had them neglect.
    pub evicted: u64,
    /// Connections that the target should have ended, and had not, when pushproof did: none of its pings had been answered for
    /// `pingInterval` + `pingTimeout`.
    pub overdue: u64,
}

/// Pushes of the schedule that were never sent although nobody stopped the lanes: when they were given up, a lane had waited longer ...
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Missed {
    /// ... for the target's answers.
    pub by_target: u64,
    /// ... for the generator itself.
    pub by_generator: u64,
}

/// What ended a run early.
#[derive(Debug, Clone, PartialEq)]
pub struct Aborted {
    /// The condition of the scenario that came true.
    pub condition: Condition,
    /// What was observed.
    pub held: Held,
    /// When, since the start of the run.
    pub at: Duration,
}

/// One app's part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AppCounts {
    /// Pushes sent.
    pub pushes: u64,
    /// Deliveries.
    pub delivered: u64,
}

/// The system under test.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Target {
    /// Its base URL.
    pub url: String,
    /// The base URLs of its other nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
    /// Whether it is the embedded platform, started for this run.
    pub embedded: bool,
}

impl Target {
    /// What a plan names: no URL stands for the embedded platform, whose URLs are known when it has been started.
    pub fn of(plan: &Plan) -> Self {
        Self {
            url: plan.target.clone().unwrap_or_default(),
            nodes: plan.nodes.clone(),
            embedded: plan.target.is_none(),
        }
    }

    /// The base URLs of all its nodes, of which there is one at least.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.url)
            .chain(&self.nodes)
            .map(String::as_str)
    }
}

/// The latencies of a run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Latencies {
    /// Deliveries, from intended time.
    pub push: Latency,
    /// Deliveries, from when the push was sent.
    pub push_from_send: Latency,
    /// Deliveries, from when the push was sent to the kernel's receive stamp: free of what they waited for the generator. Only those that
    /// have such a stamp.
    pub network: Latency,
    /// The same deliveries, from that stamp to when the generator had them.
    pub generator_delay: Latency,
    /// Asking for a push, to the answer.
    pub trigger: Latency,
    /// Logins that gave a session, from the first request to the last answer.
    pub login: Latency,
    /// Each request of a login, to its answer or failure.
    #[serde(default)]
    pub login_attempt: Latency,
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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
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
    /// Deliveries that the pushes sent in it should bring, at the sockets that were connected in the audience of each when it was sent; an
    /// estimate, for whoever drops out or joins meanwhile makes it another. What the target refused is not among them. `None`: nobody
    /// counted.
    #[serde(default)]
    pub expected: Option<u64>,
    /// Violations seen in it (losses are known only at the end).
    pub violations: u64,
    /// Median push latency in microseconds.
    pub push_p50_us: Option<u64>,
    /// 99th percentile.
    pub push_p99_us: Option<u64>,
    /// Largest.
    pub push_max_us: Option<u64>,
    /// How late the loop of a thread that holds sockets was, at most.
    pub loop_delay_us: Option<u64>,
    /// How the push latencies are spread; `None` without any.
    #[serde(default)]
    pub push_buckets: Option<HalfOctaves>,
}

/// Latency of one part of the deliveries, with how many pushes asked for it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Split {
    /// Pushes sent.
    pub pushes: u64,
    /// Deliveries, from intended time, but for those of a warm-up or by recovery.
    pub push: Latency,
    /// Deliveries of a warm-up, or by recovery.
    #[serde(default)]
    pub unmeasured: u64,
}

impl Split {
    /// All deliveries.
    pub fn delivered(&self) -> u64 {
        self.push.count() + self.unmeasured
    }
}

/// What came of the pushes of one trigger.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Asked {
    /// Pushes sent, and the latency of their deliveries.
    pub split: Split,
    /// How they were answered.
    pub pushes: PushCounts,
    /// From asking to the answer.
    pub answered: Latency,
    /// What had to come, and what went wrong. Of several triggers, what came is not among it, nor is a violation whose push cannot be told.
    pub counts: Counts,
}

/// What a run came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    /// A condition of the scenario ended it early. Not in the serialized form: the condition is the plan's.
    #[serde(skip)]
    pub aborted: Option<Aborted>,
    /// Every socket was lost while pushes were still to be sent.
    pub target_lost: bool,
    /// What there is no record of, in words; empty while the run itself is summed up.
    pub missing: Vec<String>,
    /// Sockets.
    pub sockets: SocketCounts,
    /// Logins.
    #[serde(default)]
    pub logins: LoginCounts,
    /// Sockets that the target has to refuse.
    #[serde(default)]
    pub must_refuse: MustRefuse,
    /// Why sockets were refused, with how many.
    pub refusals: Reasons,
    /// Why sockets were dropped, with how many.
    pub drops: Reasons,
    /// How many connections died of each cause; all causes, in the order of [`Leave::DEATHS`].
    pub deaths: Vec<(Leave, u64)>,
    /// Why sockets could not come back, with how many attempts.
    pub returns: Reasons,
    /// Connections that were to move from long-polling to a WebSocket.
    #[serde(default)]
    pub upgrades: Upgrades,
    /// Pushes.
    pub pushes: PushCounts,
    /// Pushes that were never sent.
    pub missed: Missed,
    /// Changes of the rate that somebody asked for while the run went on.
    #[serde(default)]
    pub rate_changes: Vec<live::RateChange>,
    /// From the start of pushing to the last answer.
    pub pushing: Duration,
    /// Push latencies after a warm-up, over time; `None`: all of the run was measured. Not in the serialized form, for only whoever
    /// searches for a capacity asks for it.
    #[serde(skip)]
    pub measured: Option<Blocks>,
    /// Why pushes were not accepted, with how many.
    pub push_failures: Reasons,
    /// What came of the requests that sockets emitted.
    #[serde(default)]
    pub requests: Requests,
    /// Deliveries, violations and examples.
    pub findings: Findings,
    /// Latencies.
    pub latencies: Latencies,
    /// By app, in the order of the plan.
    pub by_app: Vec<AppCounts>,
    /// By event name.
    pub by_event: Vec<(String, Split)>,
    /// By kind of audience: `*`, `user`.
    pub by_audience: Vec<(String, Split)>,
    /// By way of asking.
    pub by_trigger: Vec<(String, Asked)>,
    /// Second by second.
    pub timeline: Vec<Second>,
    /// The generator's own health.
    pub generator: Generator,
    /// The machine.
    pub environment: Environment,
}

impl Summary {
    /// Of a run of which nothing else is known.
    pub fn empty(scenario: String, plan: Plan, target: Target, started_at_unix_ms: u64) -> Self {
        Self {
            scenario,
            plan,
            target,
            started_at_unix_ms,
            duration: Duration::ZERO,
            not_begun: None,
            interrupted: false,
            aborted: None,
            target_lost: false,
            missing: Vec::new(),
            sockets: SocketCounts::default(),
            logins: LoginCounts::default(),
            must_refuse: MustRefuse::default(),
            refusals: Reasons::default(),
            drops: Reasons::default(),
            deaths: Vec::new(),
            returns: Reasons::default(),
            upgrades: Upgrades::default(),
            pushes: PushCounts::default(),
            missed: Missed::default(),
            rate_changes: Vec::new(),
            pushing: Duration::ZERO,
            measured: None,
            push_failures: Reasons::default(),
            requests: Requests::default(),
            findings: Findings::default(),
            latencies: Latencies::default(),
            by_app: Vec::new(),
            by_event: Vec::new(),
            by_audience: Vec::new(),
            by_trigger: Vec::new(),
            timeline: Vec::new(),
            generator: Generator::default(),
            environment: Environment::default(),
        }
    }

    /// So many for each second of pushing; `None` if there was none.
    pub fn a_second(&self, n: u64) -> Option<f64> {
        let pushing = self.pushing.as_secs_f64();
        (pushing > 0.0).then(|| n as f64 / pushing)
    }

    /// How many deliveries have no receive stamp of the kernel, and why, in words; `None`: all have one.
    pub fn unstamped(&self) -> Option<String> {
        let latencies = &self.latencies;
        let (all, with) = (latencies.push.count(), latencies.network.count());
        if with >= all {
            return None;
        }
        let why = self.generator.unstamped.as_deref();
        let why = why.unwrap_or("the kernel gave none");
        Some(if with == 0 {
            format!("no receive time stamps: {why}")
        } else {
            format!(
                "{} of {all} deliveries without a receive time stamp: {why}",
                all - with
            )
        })
    }

    /// What a metric of a threshold stands for here; `None` if nothing was observed of it.
    pub fn figure(&self, metric: &Metric) -> Option<Figure> {
        figures::of_summary(self, metric)
    }

    /// The verdict, with why.
    pub fn judge(&self) -> verdict::Judgement {
        verdict::judge(self)
    }
}
