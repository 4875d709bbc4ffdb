//! A run while it goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::verdict::Judgement;
use super::{
    Checked, LoginCounts, MustRefuse, PushCounts, Reasons, Second, SocketCounts, Split, Summary,
    Target,
};
use crate::ids::{Audience, UserId};
use crate::measure::{Latency, RequestCounts};
use crate::scenario::Plan;
use crate::scenario::threshold::Metric;
use crate::scenario::threshold::metric::{Stat, Timing};
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
    /// The names of the users that these tell of.
    pub users: Arc<BTreeMap<UserId, String>>,
    /// How the generator itself fares.
    pub generator: HealthNow,
    /// The thresholds as they stand; of what is known only at the end, the outcome is unknown.
    pub thresholds: Arc<Vec<Checked>>,
    /// Requests that sockets emitted, so far.
    pub requests: RequestCounts,
    /// Why the rate cannot be changed now, if it cannot.
    pub rate_fixed: Option<&'static str>,
    /// Changes of the rate that were asked for while the run went on.
    pub changes: Vec<RateChange>,
    /// What the run came to; `None` while it goes on.
    pub ended: Option<Arc<Judgement>>,
}

impl Snapshot {
    /// The run is over, and this is what it came to.
    pub fn end(&mut self, summary: &Summary) {
        let judgement = summary.judge();
        let latencies = &summary.latencies;
        let generator = &summary.generator;
        let timeline = &summary.timeline;
        let (phase, elapsed) = ("over", summary.duration);
        if self.phase != phase {
            (self.phase, self.phase_elapsed) = (phase, Duration::ZERO);
        }
        if self.about.scenario.is_empty() {
            let (plan, target) = (&summary.plan, summary.target.clone());
            let scenario = summary.scenario.clone();
            self.about = About::new(plan, scenario, target, summary.started_at_unix_ms).into();
        }
        self.phase_left = Some(Duration::ZERO);
        self.elapsed = elapsed;
        self.rate = None;
        self.sockets = summary.sockets;
        self.logins = summary.logins;
        self.must_refuse = summary.must_refuse.clone();
        self.refusals = summary.refusals.clone();
        self.drops = summary.drops.clone();
        self.pushes = summary.pushes;
        self.push_failures = summary.push_failures.clone();
        self.counts = summary.findings.counts;
        self.second = timeline.last().cloned().unwrap_or_default();
        self.past = timeline[timeline.len().saturating_sub(PAST)..]
            .to_vec()
            .into();
        self.in_flight = 0;
        self.latencies = LatenciesSoFar {
            push: latencies.push.clone(),
            push_now: self.latencies.push_now.clone(),
            login: latencies.login.clone(),
            connect: latencies.connect.clone(),
            trigger: latencies.trigger.clone(),
            fanout: [
                latencies.fanout_first.clone(),
                latencies.fanout_median.clone(),
                latencies.fanout_last.clone(),
            ],
        }
        .into();
        self.parts = parts(summary, &self.parts).into();
        self.examples = by_time(summary.findings.examples()).into();
        self.users = users(&summary.plan, &self.examples).into();
        self.generator = HealthNow {
            cpu_percent: generator.cpu_percent,
            busiest_thread_percent: generator.busiest_thread_percent,
            rss_bytes: generator.rss_bytes,
            open_files: generator.open_files,
            open_files_limit: self.generator.open_files_limit,
            schedule_lag_p99_us: generator.schedule_lag.quantile_us(0.99),
            schedule_lag_now_us: None,
            loop_delay_us: generator.loop_delay.max_us(),
            shortages: generator.shortages.clone(),
            limited: judgement.limits.first().cloned(),
        };
        self.thresholds = judgement.thresholds.clone().into();
        self.requests = summary.requests.counts;
        self.rate_fixed = Some("the run is over");
        self.changes.clone_from(&summary.rate_changes);
        self.ended = Some(judgement.into());
    }
}

/// The newest last; those of what never came after the others.
pub fn by_time(examples: &[Example]) -> Vec<Example> {
    let mut examples = examples.to_vec();
    examples.sort_by_key(|example| (example.arrived.is_none(), example.arrived));
    examples
}

/// The names of the users that examples tell of.
pub fn users(plan: &Plan, examples: &[Example]) -> BTreeMap<UserId, String> {
    let at = |one: &Example| {
        let aimed = one.sent.map(|push| push.audience);
        let aimed = aimed.and_then(|audience| match audience {
            Audience::User(user) => Some(user),
            Audience::Everyone => None,
        });
        [Some(one.user), aimed].into_iter().flatten()
    };
    let all = examples.iter().flat_map(at);
    all.map(|user| (user, plan.name_of(user))).collect()
}

/// The parts of a run that is over. What only a run that goes on tells is as it was `before`.
fn parts(summary: &Summary, before: &[Part]) -> Vec<Part> {
    let known = |kind, name: &str| {
        let mut before = before.iter();
        before.find(|part| part.kind == kind && part.name == name)
    };
    let one = |kind, name: &str, split: &Split, failed: Option<u64>| Part {
        pushes: Some(split.pushes),
        failed: failed.or_else(|| known(kind, name)?.failed),
        delivered: Some(split.delivered()),
        push_p50_us: split.push.quantile_us(0.5),
        push_p99_us: split.push.quantile_us(0.99),
        push_max_us: split.push.max_us(),
        ..Part::new(kind, name.to_owned())
    };
    let events = summary.by_event.iter();
    let events = events.map(|(name, split)| one(PartKind::Event, name, split, None));
    let audiences = summary.by_audience.iter();
    let audiences = audiences.map(|(name, split)| one(PartKind::Audience, name, split, None));
    let triggers = summary.by_trigger.iter().map(|(name, asked)| {
        let failed = Some(asked.pushes.failed());
        one(PartKind::Trigger, name, &asked.split, failed)
    });
    let nodes = before.iter().filter(|part| part.kind == PartKind::Node);
    let all = events.chain(audiences).chain(triggers);
    all.chain(nodes.cloned()).collect()
}

impl About {
    /// A run by this plan.
    pub fn new(plan: &Plan, scenario: String, target: Target, started_at_unix_ms: u64) -> Self {
        let lasts = plan.closed.is_none_or(|closed| closed.count.is_none());
        let limits = plan.thresholds.iter().filter_map(|threshold| {
            let is_push = matches!(threshold.metric, Metric::Latency(Timing::Push, stat) if stat != Stat::Count);
            let most = threshold.most().filter(|_| is_push)?;
            Some((threshold.to_string(), most as u64))
        });
        Self {
            scenario,
            target,
            seed: plan.seed,
            started_at_unix_ms,
            lanes: plan.lanes,
            apps: plan.apps.clone(),
            events: plan.events.clone(),
            deadline: Some(plan.deadline),
            pushing: lasts.then_some(plan.duration),
            push_limits: limits.collect(),
        }
    }
}

impl Part {
    /// Nothing is known of it yet.
    pub fn new(kind: PartKind, name: String) -> Self {
        Self {
            kind,
            name,
            pushes: None,
            failed: None,
            delivered: None,
            sockets: None,
            push_p50_us: None,
            push_p99_us: None,
            push_max_us: None,
            delivered_now: None,
            push_p99_now_us: None,
        }
    }
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it is told by.
    #[serde(rename = "by")]
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RateChange {
    /// Since the start of the run.
    pub at: Duration,
    /// The schedule's rate times this.
    pub factor: f64,
}
