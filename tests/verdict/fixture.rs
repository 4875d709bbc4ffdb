//! A summary of a run in which everything went well, to be changed in one thing.

use std::sync::Arc;
use std::time::Duration;

use pushproof::ids::{AppId, SocketId, UserId};
use pushproof::measure::Latency;
use pushproof::scenario::file::File;
use pushproof::scenario::threshold::{Condition, Figure, Threshold};
use pushproof::scenario::{Plan, Workload};
use pushproof::summary::{
    Aborted, AppCounts, Asked, Environment, Generator, Latencies, LoginCounts, Missed, MustRefuse,
    PushCounts, Reasons, SocketCounts, Split, Summary, Target, Upgrades,
};
use pushproof::time::Time;
use pushproof::verify::{Arrival, Findings, Judge, Ledger, Streams};

/// Samples of these milliseconds.
pub(crate) fn latency(millis: &[u64]) -> Latency {
    let mut latency = Latency::default();
    for ms in millis {
        latency.record(Duration::from_millis(*ms));
    }
    latency
}

/// A hundred samples, from 1 ms to 100 ms.
fn hundred() -> Latency {
    latency(&(1..=100).collect::<Vec<_>>())
}

/// 100 pushes to 10 sockets; every figure is there, and no two are alike by chance.
pub(crate) fn clean() -> Summary {
    let file = "[pushes]\nevents = [\"alert\", \"new message\"]\n";
    let plan = Plan::from_file(&File::parse(file).expect("TOML"), 7).expect("a plan");
    let split = |pushes| Split {
        pushes,
        push: hundred(),
        unmeasured: 0,
    };
    let mut findings = Findings::default();
    findings.counts.expected = 320;
    findings.counts.delivered = 320;
    Summary {
        requests: pushproof::measure::Requests::default(),
        scenario: "clean".to_owned(),
        plan,
        target: Target {
            url: "http://127.0.0.1:1".to_owned(),
            nodes: Vec::new(),
            embedded: false,
        },
        started_at_unix_ms: 0,
        duration: Duration::from_secs(14),
        not_begun: None,
        interrupted: false,
        aborted: None,
        target_lost: false,
        measured: None,
        missing: Vec::new(),
        logins: LoginCounts::default(),
        must_refuse: MustRefuse::default(),
        sockets: SocketCounts {
            wanted: 10,
            connected: 10,
            alive: 10,
            ..SocketCounts::default()
        },
        refusals: Reasons::default(),
        drops: Reasons::default(),
        deaths: Vec::new(),
        returns: Reasons::default(),
        upgrades: Upgrades::default(),
        pushes: PushCounts {
            scheduled: 100,
            sent: 100,
            accepted: 100,
            ..PushCounts::default()
        },
        missed: Missed::default(),
        rate_changes: Vec::new(),
        pushing: Duration::from_secs(10),
        push_failures: Reasons::default(),
        findings,
        latencies: Latencies {
            push: hundred(),
            push_from_send: latency(&[1, 90]),
            network: Latency::default(),
            generator_delay: Latency::default(),
            trigger: latency(&[2, 3]),
            login: latency(&[3, 4]),
            login_attempt: latency(&[3, 4]),
            connect: latency(&[4, 5]),
            fanout_first: latency(&[5, 6]),
            fanout_median: latency(&[6, 7]),
            fanout_last: latency(&[7, 8]),
        },
        by_app: vec![
            AppCounts {
                pushes: 50,
                delivered: 160,
            };
            2
        ],
        by_event: vec![
            ("alert".to_owned(), split(60)),
            ("new message".to_owned(), split(40)),
        ],
        by_audience: vec![("*".to_owned(), split(11)), ("user".to_owned(), split(89))],
        by_trigger: vec![(
            "http".to_owned(),
            Asked {
                split: split(100),
                ..Asked::default()
            },
        )],
        timeline: Vec::new(),
        generator: Generator {
            cpu_percent: Some(11.0),
            cpu_seconds: Some(1.5),
            busiest_thread_percent: Some(12.5),
            schedule_lag: latency(&[1, 2]),
            loop_delay: latency(&[1, 3]),
            open_files: Some(77),
            rss_bytes: Some(10_485_760),
            bytes_per_socket: Some(8_192),
            ..Generator::default()
        },
        environment: Environment::default(),
    }
}

/// A run that kept to all but these thresholds, perhaps.
pub(crate) fn with(mut summary: Summary, thresholds: &[&str]) -> Summary {
    let events = summary.plan.events.clone();
    let read = |text: &&str| Threshold::parse(text, &events).expect("a threshold");
    summary.plan.thresholds = thresholds.iter().map(read).collect();
    summary
}

/// Something that no push explains has arrived.
pub(crate) fn violated(summary: &mut Summary) {
    let workload = Arc::new(Workload::new(&summary.plan));
    let rules = workload.rules(&summary.plan);
    let ledger = Arc::new(Ledger::new(1, 1));
    let mut judge = Judge::new(Arc::new(rules), Arc::clone(&ledger), workload);
    let slot = judge.open(SocketId(0), UserId(0), AppId(0));
    judge.connected(slot, Time::ZERO);
    judge.arrived(
        slot,
        Arrival {
            not_before: Time::from_nanos(1),
            at: Time::from_nanos(1),
            event: "alert",
            payload: "\"from nobody\"",
            premature: false,
        },
    );
    summary.findings.merge(judge.finish(&Streams::of(&ledger)));
    assert_eq!(summary.findings.counts.violations(), 1);
}

/// A condition ended the run after five seconds, as this was observed.
pub(crate) fn aborted(summary: &mut Summary, condition: &str, observed: f64) {
    let condition = Condition::parse(condition, &summary.plan.events).expect("a condition");
    let figure = Figure {
        value: observed,
        of: None,
    };
    let held = condition.threshold.check(figure).expect("a figure");
    assert!(held.holds);
    summary.aborted = Some(Aborted {
        condition,
        held,
        at: Duration::from_secs(5),
    });
    summary.pushes.sent = 50;
    summary.pushes.accepted = 50;
}
