//! The report as JSON: the fields that other programs rely on. Keys carry their units; what was not measured is `null`.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use schemars::JsonSchema;
use serde::Serialize;

use crate::history::Push;
use crate::measure::Latency;
use crate::scenario::file::{self, File, Shape};
use crate::scenario::units::{Rate, Span};
use crate::summary::{Second, SocketCounts, Split, Summary};
use crate::time::Time;
use crate::verify::{Class, Counts, Example, Ordering};

/// The name and version of this form.
pub const SCHEMA: &str = "pushproof.report/1";

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

/// The report of a run, ending in a line break.
///
/// # Panics
/// Never: every report is JSON.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut text = serde_json::to_string_pretty(&report(summary)).expect("a report is JSON");
    text.push('\n');
    text
}

/// The report of a run.
#[must_use]
pub fn report(summary: &Summary) -> Report {
    let judgement = summary.judge();
    Report {
        schema: SCHEMA,
        verdict: judgement.verdict.name(),
        exit_code: judgement.exit_code,
        reasons: judgement.reasons,
        scenario: Scenario {
            name: summary.scenario.clone(),
            plan: plan(summary),
        },
        seed: summary.plan.seed,
        target: Target {
            url: summary.target.url.clone(),
            embedded: summary.target.embedded,
            apps: summary.plan.apps.clone(),
        },
        started_at: rfc3339(summary.started_at_unix_ms),
        duration_ms: summary.duration.as_millis() as u64,
        sockets: sockets(&summary.sockets, summary),
        pushes: Pushes {
            scheduled: summary.pushes.scheduled,
            sent: summary.pushes.sent,
            accepted: summary.pushes.accepted,
            rejected: summary.pushes.rejected,
            unknown: summary.pushes.unknown,
            not_accepted_because: summary.push_failures.clone(),
        },
        deliveries: deliveries(&summary.findings.counts),
        latency: latencies(summary),
        by_event: parts(&summary.by_event),
        by_audience: parts(&summary.by_audience),
        by_trigger: parts(&summary.by_trigger),
        timeline: summary.timeline.iter().map(entry).collect(),
        violations: summary
            .findings
            .examples()
            .iter()
            .map(|example| violation(summary, example))
            .collect(),
        thresholds: Vec::new(),
        generator: Generator {
            cpu_percent: summary.generator.cpu_percent.map(tenths),
            schedule_lag_p99_us: summary.generator.schedule_lag.quantile_us(0.99),
            rss_bytes: summary.generator.rss_bytes,
            bytes_per_socket: summary.generator.bytes_per_socket,
            limited: judgement.limited,
            fanout_left_out: summary.generator.fanout_left_out,
        },
        environment: Environment {
            pushproof: summary.environment.pushproof,
            os: summary.environment.os.clone(),
            arch: summary.environment.arch.clone(),
            cpus: summary.environment.cpus,
            open_files: summary.environment.open_files,
        },
    }
}

/// The plan as a scenario file that would give it again. Passwords stay out of reports.
fn plan(summary: &Summary) -> File {
    let plan = &summary.plan;
    File {
        seed: Some(plan.seed),
        target: file::Target {
            url: plan.target.clone(),
            apps: Some(plan.apps.clone()),
        },
        users: file::Users {
            count: Some(plan.users),
            sockets_per_user: Some(plan.sockets_per_user),
            connect_rate: Some(Rate(plan.connect_rate)),
            name: Some(plan.user_name.clone()),
            password: None,
        },
        pushes: file::Pushes {
            rate: Some(Rate(plan.rate)),
            lanes: Some(plan.lanes),
            duration: Some(Span(plan.duration)),
            broadcast: Some(plan.broadcast),
            events: Some(plan.events.clone()),
            shapes: Some(Vec::<Shape>::clone(&plan.shapes)),
        },
        verify: file::Verify {
            ordering: Some(Ordering::clone(&plan.ordering)),
            deadline: Some(Span(plan.deadline)),
            settle: Some(Span(plan.settle)),
        },
    }
}

fn sockets(counts: &SocketCounts, summary: &Summary) -> Sockets {
    Sockets {
        wanted: counts.wanted,
        connected: counts.connected,
        refused: counts.refused,
        dropped: counts.dropped,
        reconnected: counts.reconnected,
        refused_because: summary.refusals.clone(),
        dropped_because: summary.drops.clone(),
    }
}

fn deliveries(counts: &Counts) -> Deliveries {
    Deliveries {
        expected: counts.expected,
        delivered: counts.delivered,
        allowed: counts.allowed,
        lost: counts.of(Class::Lost),
        duplicated: counts.of(Class::Duplicated),
        misdelivered: counts.of(Class::Misdelivered),
        misrouted: counts.of(Class::Misrouted),
        corrupted: counts.of(Class::Corrupted),
        reordered: counts.of(Class::Reordered),
        late: counts.of(Class::Late),
        phantom: counts.of(Class::Phantom),
        premature: counts.of(Class::Premature),
    }
}

fn latencies(summary: &Summary) -> Latencies {
    let latencies = &summary.latencies;
    Latencies {
        push: latency(&latencies.push),
        push_from_send: latency(&latencies.push_from_send),
        network: latency(&latencies.network),
        trigger: latency(&latencies.trigger),
        login: latency(&latencies.login),
        connect: latency(&latencies.connect),
        fanout_first: latency(&latencies.fanout_first),
        fanout_median: latency(&latencies.fanout_median),
        fanout_last: latency(&latencies.fanout_last),
    }
}

fn latency(latency: &Latency) -> LatencyUs {
    let encode = || base64::engine::general_purpose::STANDARD.encode(latency.to_hdr_v2());
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
        hdr_v2_base64: (latency.count() > 0).then(encode),
    }
}

fn parts(splits: &[(String, Split)]) -> BTreeMap<String, Part> {
    let part = |split: &Split| Part {
        pushes: split.pushes,
        delivered: split.push.count(),
        push: latency(&split.push),
    };
    splits
        .iter()
        .map(|(name, split)| (name.clone(), part(split)))
        .collect()
}

fn entry(second: &Second) -> Entry {
    Entry {
        second: second.second,
        connected: second.connected,
        sent: second.sent,
        accepted: second.accepted,
        delivered: second.delivered,
        violations: second.violations,
        push_p50_us: second.push_p50_us,
        push_p99_us: second.push_p99_us,
        push_max_us: second.push_max_us,
    }
}

fn violation(summary: &Summary, example: &Example) -> Violation {
    let plan = &summary.plan;
    let app = |id: crate::ids::AppId| plan.apps.get(id.index()).cloned().unwrap_or_default();
    let sent = example.sent.as_ref();
    let time = |of: fn(&Push) -> Time| sent.map(|push| of(push).as_micros());
    Violation {
        class: example.class.name(),
        detail: example.detail.clone(),
        push: example.push.map(|id| id.to_string()),
        lane: example.push.map(|id| id.lane.0),
        audience: sent.map(|push| plan.audience_name(push.audience)),
        push_app: sent.map(|push| app(push.app)),
        socket: example.socket.0,
        user: plan.name_of(example.user),
        app: app(example.app),
        event: example.event.clone(),
        intended_us: time(|push| push.intended),
        sent_us: time(|push| push.sent),
        answered_us: example.answered.map(Time::as_micros),
        arrived_us: example.arrived.map(Time::as_micros),
    }
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A time of the wall clock in RFC 3339, UTC, to the millisecond.
fn rfc3339(unix_ms: u64) -> String {
    humantime::format_rfc3339_millis(std::time::UNIX_EPOCH + Duration::from_millis(unix_ms))
        .to_string()
}
