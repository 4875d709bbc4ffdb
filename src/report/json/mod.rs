//! The report as JSON: the fields that other programs rely on. Keys carry their units; what was not measured is `null`.
//! [`form`] has the fields, this file fills them from a summary.

pub mod about;
pub mod form;
pub mod getting_in;
pub mod latency;
mod own;
mod read;
pub mod requests;
pub mod timeline;
pub mod triggers;

use std::collections::BTreeMap;
use std::time::Duration;

use self::about::{Environment, Planned, Scenario, SecondOpinion, Target};
use self::form::{ByClass, Deliveries, Part, Pushes, Report, Sockets, Violation};
use self::latency::{latencies, latency};
pub use self::read::{ReadError, read};
use self::timeline::entry;
use crate::history::Push;
use crate::summary::opinion::Opinions;
use crate::summary::verdict::Judgement;
use crate::summary::{SocketCounts, Split, Summary};
use crate::time::Time;
use crate::verify::{Class, Counts, Example};

/// The name and version of this form.
pub const SCHEMA: &str = "pushproof.report/1";

/// A report as it is written, ending in a line break.
///
/// # Panics
/// Never: every report is JSON.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("a report is JSON");
    text.push('\n');
    text
}

/// The report of a run.
#[must_use]
pub fn report(summary: &Summary) -> Report {
    judged(summary, &summary.judge())
}

/// The same of a run that a second driver made once more, with that driver's report.
#[must_use]
pub fn report_both(opinions: &Opinions<'_>) -> Report {
    let second = SecondOpinion {
        driver: opinions.second.plan.clients.driver,
        agrees: opinions.agree(),
        differences: opinions.differences(),
        report: report(opinions.second),
    };
    let mut whole = judged(opinions.first, &opinions.judge());
    whole.second_opinion = Some(Box::new(second));
    whole
}

fn judged(summary: &Summary, judgement: &Judgement) -> Report {
    Report {
        schema: SCHEMA.into(),
        verdict: judgement.verdict.name().into(),
        exit_code: judgement.exit_code,
        reasons: judgement.reasons.clone(),
        not_begun: summary.not_begun.clone(),
        aborted: summary.aborted.as_ref().map(own::aborted),
        scenario: Scenario {
            name: summary.scenario.clone(),
            plan: Planned::of(&summary.plan),
        },
        seed: summary.plan.seed,
        target: Target {
            url: summary.target.url.clone(),
            nodes: summary.target.nodes.clone(),
            embedded: summary.target.embedded,
            insecure: summary.plan.is_insecure(),
            apps: summary.plan.apps.clone(),
            ways: summary.plan.ways(),
        },
        started_at: rfc3339(summary.started_at_unix_ms),
        duration_ms: summary.duration.as_millis() as u64,
        sockets: sockets(&summary.sockets, summary),
        logins: getting_in::logins(summary),
        must_refuse: getting_in::must_refuse(summary),
        pushes: Pushes {
            mode: if summary.plan.closed.is_some() {
                "closed".into()
            } else {
                "open".into()
            },
            scheduled: summary.pushes.scheduled,
            sent: summary.pushes.sent,
            accepted: summary.pushes.accepted,
            rejected: summary.pushes.rejected,
            unknown: summary.pushes.unknown,
            absent: summary.pushes.absent,
            foreign: summary.pushes.foreign,
            rejected_at_nobody: summary.pushes.rejected_at_nobody,
            waited_for_turn: summary.pushes.waited_for_turn,
            given_up: summary.pushes.given_up,
            missed: summary.missed.by_target,
            rate_per_s: summary.a_second(summary.pushes.accepted).map(tenths),
            not_accepted_because: summary.push_failures.to_map(),
        },
        rate_changes: summary.rate_changes.iter().map(own::rate_change).collect(),
        deliveries: deliveries(summary),
        requests: requests::requests(summary),
        latency: latencies(summary),
        by_event: parts(&summary.by_event),
        by_audience: parts(&summary.by_audience),
        by_trigger: triggers::asked(&summary.by_trigger),
        timeline: summary.timeline.iter().map(entry).collect(),
        violations: summary
            .findings
            .examples()
            .iter()
            .map(|example| violation(summary, example))
            .collect(),
        thresholds: judgement.thresholds.iter().map(own::threshold).collect(),
        generator: own::generator(
            &summary.generator,
            summary.unstamped(),
            summary.missed,
            judgement,
        ),
        environment: environment(&summary.environment),
        second_opinion: None,
    }
}

fn sockets(counts: &SocketCounts, summary: &Summary) -> Sockets {
    let deaths = summary.deaths.iter();
    let deaths = deaths.map(|(cause, n)| (cause.name().into(), *n));
    let transports = summary.by_transport().into_iter();
    Sockets {
        by_transport: transports.map(|(one, n)| (one.name().into(), n)).collect(),
        upgraded: summary.upgrades.done,
        not_upgraded_because: summary.upgrades.not.to_map(),
        wanted: counts.wanted,
        connected: counts.connected,
        refused: counts.refused,
        dropped: counts.dropped,
        left: counts.left,
        reconnected: counts.reconnected,
        recovered: counts.recovered,
        alive: counts.alive,
        stuck: counts.stuck,
        evicted: counts.evicted,
        overdue: counts.overdue,
        refused_because: summary.refusals.to_map(),
        dropped_because: summary.drops.to_map(),
        dropped_by_cause: deaths.collect(),
        not_back_because: summary.returns.to_map(),
    }
}

fn by_class(counts: &Counts) -> ByClass {
    ByClass {
        violations: counts.violations(),
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

fn deliveries(summary: &Summary) -> Deliveries {
    let counts = &summary.findings.counts;
    Deliveries {
        expected: counts.expected,
        delivered: counts.delivered,
        allowed: counts.allowed,
        pairs: counts.pairs,
        came: counts.came,
        missed_at_death: counts.missed_at_death,
        missed_at_churn: counts.missed_at_churn,
        missed_at_neglect: counts.missed_at_neglect,
        away: counts.away,
        recovered: counts.recovered,
        guarantee: if counts.by_count > 0 {
            "count".into()
        } else {
            "each".into()
        },
        by_name: counts.by_name,
        by_count: counts.by_count,
        rate_per_s: summary.a_second(counts.delivered).map(tenths),
        wrong: by_class(counts),
    }
}

fn parts(splits: &[(String, Split)]) -> BTreeMap<String, Part> {
    let part = |split: &Split| Part {
        pushes: split.pushes,
        delivered: split.delivered(),
        push: latency(&split.push),
    };
    splits
        .iter()
        .map(|(name, split)| (name.clone(), part(split)))
        .collect()
}

fn violation(summary: &Summary, example: &Example) -> Violation {
    let plan = &summary.plan;
    let app = |id: crate::ids::AppId| plan.apps.get(id.index()).cloned().unwrap_or_default();
    let sent = example.sent.as_ref();
    let time = |of: fn(&Push) -> Time| sent.map(|push| of(push).as_micros());
    Violation {
        class: example.class.name().into(),
        detail: example.detail.clone(),
        push: example.push.map(|id| id.to_string()),
        lane: example.push.map(|id| id.lane.0),
        audience: sent.map(|push| plan.audience_name(push.audience)),
        push_app: sent.map(|push| app(push.app)),
        socket: example.socket.0,
        user: plan.name_of(example.user),
        app: app(plan.app_of(example.user)),
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

/// The machine.
pub(super) fn environment(machine: &crate::summary::Environment) -> Environment {
    Environment {
        pushproof: machine.pushproof.clone(),
        os: machine.os.clone(),
        arch: machine.arch.clone(),
        cpus: machine.cpus,
        open_files: machine.open_files,
    }
}

/// A time of the wall clock in RFC 3339, UTC, to the millisecond.
pub(super) fn rfc3339(unix_ms: u64) -> String {
    humantime::format_rfc3339_millis(std::time::UNIX_EPOCH + Duration::from_millis(unix_ms))
        .to_string()
}
