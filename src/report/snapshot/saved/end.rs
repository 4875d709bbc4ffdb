//! How a run ended, as its report tells it.

use std::time::{Duration, UNIX_EPOCH};

use super::super::form::{Ended, Stands};
use super::super::read::{Unread, Words};
use super::names::{Names, example};
use crate::measure::{HalfOctaves, RequestCounts};
use crate::report::json::form::{self, Report};
use crate::report::json::latency::LatencyUs;
use crate::report::json::timeline::Entry;
use crate::scenario::Plan;
use crate::summary::live::{
    About, HealthNow, LatenciesSoFar, PAST, Part, PartKind, RateChange, by_time,
};
use crate::summary::verdict::Judgement;
use crate::summary::{
    LoginCounts, MustRefuse, PushCounts, Reasons, Second, Snapshot, SocketCounts, Target,
};
use crate::verify::Counts;

/// How a run ended.
pub(super) fn end(
    report: &Report,
    plan: Option<&Plan>,
    names: &Names,
    judgement: Judgement,
    timeline: &[Second],
) -> Snapshot {
    let changes = report.rate_changes.iter().map(|change| RateChange {
        at: Duration::from_millis(change.at_ms),
        factor: change.factor,
    });
    let examples = report.violations.iter();
    let examples: Vec<_> = examples.map(|one| example(report, names, one)).collect();
    Snapshot {
        about: about(report, plan, names).into(),
        phase: "over",
        phase_left: Some(Duration::ZERO),
        elapsed: Duration::from_millis(report.duration_ms),
        sockets: sockets(&report.sockets),
        logins: LoginCounts {
            attempted: report.logins.attempted,
            retried: report.logins.retried,
            failed: report.logins.failed,
        },
        must_refuse: must_refuse(report),
        refusals: Reasons::of_map(&report.sockets.refused_because),
        drops: Reasons::of_map(&report.sockets.dropped_because),
        pushes: pushes(&report.pushes),
        push_failures: Reasons::of_map(&report.pushes.not_accepted_because),
        counts: counts(report),
        second: timeline.last().cloned().unwrap_or_default(),
        past: timeline[timeline.len().saturating_sub(PAST)..]
            .to_vec()
            .into(),
        latencies: latencies(report).into(),
        parts: parts(report, names).into(),
        examples: by_time(&examples).into(),
        users: names.of_users().into(),
        generator: health(report),
        thresholds: judgement.thresholds.clone().into(),
        requests: requests(report),
        rate_fixed: Some("the run is over"),
        changes: changes.collect(),
        ended: Some(judgement.into()),
        ..Snapshot::default()
    }
}

fn about(report: &Report, plan: Option<&Plan>, names: &Names) -> About {
    let target = Target {
        url: report.target.url.clone(),
        nodes: report.target.nodes.clone(),
        embedded: report.target.embedded,
    };
    let started = humantime::parse_rfc3339(&report.started_at).ok();
    let started = started.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let started = started.map_or(0, |since| since.as_millis() as u64);
    let scenario = report.scenario.name.clone();
    if let Some(plan) = plan {
        return About::new(plan, scenario, target, started);
    }
    // A plan that needs what no report has, such as a file of users, or one of a newer version.
    let file = report.scenario.plan.known();
    About {
        scenario,
        target,
        seed: report.seed,
        started_at_unix_ms: started,
        lanes: file.and_then(|file| file.pushes.lanes).unwrap_or(0),
        apps: report.target.apps.clone(),
        events: names.events.clone(),
        deadline: file.and_then(|file| Some(file.verify.deadline?.0)),
        pushing: file.and_then(|file| Some(file.pushes.duration?.0)),
        push_limits: Vec::new(),
    }
}

/// One of its seconds.
pub(super) fn second(entry: &Entry) -> Second {
    Second {
        second: entry.second,
        connected: entry.connected,
        sent: entry.sent,
        accepted: entry.accepted,
        delivered: entry.delivered,
        expected: entry.expected,
        violations: entry.violations,
        push_p50_us: entry.push_p50_us,
        push_p99_us: entry.push_p99_us,
        push_max_us: entry.push_max_us,
        loop_delay_us: entry.loop_delay_us,
        push_buckets: entry.push_buckets.as_ref().map(|buckets| HalfOctaves {
            first: buckets.first,
            counts: buckets.counts.clone(),
        }),
    }
}

fn sockets(of: &form::Sockets) -> SocketCounts {
    SocketCounts {
        wanted: of.wanted,
        connected: of.connected,
        refused: of.refused,
        dropped: of.dropped,
        left: of.left,
        reconnected: of.reconnected,
        recovered: of.recovered,
        alive: of.alive,
        stuck: of.stuck,
        evicted: of.evicted,
        overdue: of.overdue,
    }
}

fn must_refuse(report: &Report) -> MustRefuse {
    let of = report.must_refuse.as_ref();
    of.map_or_else(MustRefuse::default, |of| MustRefuse {
        sockets: of.sockets,
        refused: of.refused,
        let_in: of.let_in,
        untried: of.untried,
        refusals: Reasons::of_map(&of.refused_because),
        troubles: Reasons::of_map(&of.untried_because),
    })
}

fn pushes(of: &form::Pushes) -> PushCounts {
    PushCounts {
        scheduled: of.scheduled,
        sent: of.sent,
        accepted: of.accepted,
        rejected: of.rejected,
        unknown: of.unknown,
        absent: of.absent,
        foreign: of.foreign,
        rejected_at_nobody: of.rejected_at_nobody,
        waited_for_turn: of.waited_for_turn,
        given_up: of.given_up,
    }
}

fn counts(report: &Report) -> Counts {
    let of = &report.deliveries;
    let mut counts = Counts::default().with_violations(|class| of.wrong.of(class));
    counts.expected = of.expected;
    counts.delivered = of.delivered;
    counts.allowed = of.allowed;
    counts.by_name = of.by_name;
    counts.by_count = of.by_count;
    counts.held_up = report.generator.held_up;
    counts.recovered = of.recovered;
    counts.pairs = of.pairs;
    counts.came = of.came;
    counts.missed_at_death = of.missed_at_death;
    counts.missed_at_churn = of.missed_at_churn;
    counts.missed_at_neglect = of.missed_at_neglect;
    counts.away = of.away;
    counts
}

fn requests(report: &Report) -> RequestCounts {
    let of = report.requests.as_ref();
    of.map_or_else(RequestCounts::default, |of| RequestCounts {
        sent: of.sent,
        answered: of.answered,
        wrong: of.wrong,
        timed_out: of.timed_out,
        unasked: of.unasked,
        late: of.late,
    })
}

fn latencies(report: &Report) -> LatenciesSoFar {
    let of = &report.latency;
    LatenciesSoFar {
        push: of.push.histogram(),
        login: of.login.histogram(),
        connect: of.connect.histogram(),
        trigger: of.trigger.histogram(),
        fanout: [&of.fanout_first, &of.fanout_median, &of.fanout_last].map(LatencyUs::histogram),
        ..LatenciesSoFar::default()
    }
}

fn parts(report: &Report, names: &Names) -> Vec<Part> {
    let one = |kind, name: &str, pushes, delivered, push: &LatencyUs| Part {
        pushes: Some(pushes),
        delivered: Some(delivered),
        push_p50_us: push.p50_us,
        push_p99_us: push.p99_us,
        push_max_us: push.max_us,
        ..Part::new(kind, name.to_owned())
    };
    let split = |kind, (name, of): (&String, &form::Part)| {
        one(kind, name, of.pushes, of.delivered, &of.push)
    };
    let mut events: Vec<_> = report.by_event.iter().collect();
    events.sort_by_key(|(name, _)| names.event(name));
    let events = events.into_iter().map(|of| split(PartKind::Event, of));
    let audiences = report.by_audience.iter();
    let audiences = audiences.map(|of| split(PartKind::Audience, of));
    let triggers = report.by_trigger.iter().map(|(name, of)| Part {
        failed: Some(of.rejected + of.unknown),
        ..one(PartKind::Trigger, name, of.pushes, of.delivered, &of.push)
    });
    events.chain(audiences).chain(triggers).collect()
}

fn health(report: &Report) -> HealthNow {
    let of = &report.generator;
    HealthNow {
        cpu_percent: of.cpu_percent,
        busiest_thread_percent: of.busiest_thread_percent,
        rss_bytes: of.rss_bytes,
        open_files: of.open_files,
        open_files_limit: Some(report.environment.open_files),
        schedule_lag_p99_us: of.schedule_lag_p99_us,
        schedule_lag_now_us: None,
        loop_delay_us: of.loop_delay.max_us,
        shortages: Reasons::of_map(&of.shortages),
        limited: of.limited_because.first().cloned(),
    }
}

/// What it came to.
pub(super) fn judgement(report: &Report, names: &Names) -> Result<Judgement, Unread> {
    let stands = |one: &form::Threshold| Stands {
        expression: one.expression.clone(),
        held: one.observed.map(|observed| (observed, one.ok)),
        outcome: one.outcome.to_string(),
        why: one.why.as_ref().map(ToString::to_string),
    };
    let ended = Ended {
        verdict: report.verdict.to_string(),
        exit_code: report.exit_code,
        reasons: report.reasons.clone(),
        limits: report.generator.limited_because.clone(),
        thresholds: report.thresholds.iter().map(stands).collect(),
    };
    let words = Words {
        events: &names.events,
        triggers: &names.triggers,
    };
    words.judgement(ended)
}
