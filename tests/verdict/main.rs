//! What decides a verdict, case by case: each run is a clean one but for what its line says.

mod fixture;
mod opinion;
mod requests;

use fixture::{aborted, clean, latency, violated, with};
use pushproof::measure::Latency;
use pushproof::report::{json, text};
use pushproof::scenario::refused::{Kind, Refused};
use pushproof::scenario::threshold::Condition;
use pushproof::scenario::threshold::metric::{Metric, Unit};
use pushproof::summary::{LoginCounts, Running, SocketCounts, Split, Summary};
use serde_json::Value;
use std::time::Duration;

type Change = fn(&mut Summary);

struct Case {
    /// What is different.
    change: Change,
    thresholds: &'static [&'static str],
    exit_code: u8,
    /// What the reasons say, all of them.
    says: &'static [&'static str],
}

fn check(cases: &[Case]) {
    for case in cases {
        let mut summary = with(clean(), case.thresholds);
        (case.change)(&mut summary);
        let judgement = summary.judge();
        let reasons = judgement.reasons.join("\n");
        let verdict = match case.exit_code {
            0 => "pass",
            1 | 3 => "fail",
            _ => "unknown",
        };
        let what = format!("{:?} {:?}: {reasons}", case.thresholds, case.says);
        assert_eq!(judgement.exit_code, case.exit_code, "{what}");
        assert_eq!(judgement.verdict.name(), verdict, "{what}");
        for says in case.says {
            assert!(reasons.contains(says), "{what}");
        }
        assert_eq!(judgement.reasons.len(), case.says.len(), "{what}");
        // The reports say the same, and the text fits whatever the run was.
        let report = serde_json::to_value(json::report(&summary)).expect("JSON");
        assert_eq!(report["exit_code"], case.exit_code, "{what}");
        assert_eq!(report["verdict"], verdict, "{what}");
        let limited = !judgement.limits.is_empty();
        assert_eq!(report["generator"]["limited"], limited, "{what}");
        let told = text::render(&json::report(&summary), text::Colour::Off);
        for reason in &judgement.reasons {
            assert!(told.contains(reason.as_str()), "{told}");
        }
    }
}

fn case(
    exit_code: u8,
    thresholds: &'static [&'static str],
    change: Change,
    says: &'static [&'static str],
) -> Case {
    Case {
        change,
        thresholds,
        exit_code,
        says,
    }
}

const AS_IT_WAS: Change = |_| {};
const BEHIND: Change = |summary| summary.generator.schedule_lag = latency(&[500]);
const FAST: &[&str] = &["latency.push.p99 < 100ms"];
const FASTER: &[&str] = &["latency.push.p99 < 50ms"];

#[test]
fn thresholds() {
    check(&[
        case(0, &[], AS_IT_WAS, &[]),
        case(0, FAST, AS_IT_WAS, &[]),
        case(
            3,
            FASTER,
            AS_IT_WAS,
            &["threshold breached: latency.push.p99 < 50ms: it was 99"],
        ),
        case(
            0,
            &["sockets.connected >= 99%", "deliveries.lost == 0"],
            AS_IT_WAS,
            &[],
        ),
        // A violation outranks; both are told.
        case(1, FASTER, violated, &["1 phantom", "breached"]),
        case(1, FAST, violated, &["1 phantom"]),
        // Nothing was observed: never kept, never breached.
        case(
            4,
            &["latency.network.p99 < 1s"],
            AS_IT_WAS,
            &["threshold unknown: latency.network.p99 < 1s: nothing was observed"],
        ),
        case(
            4,
            &[
                "latency.push.p99 < 1ms",
                "deliveries.lost == 0",
                "pushes.accepted >= 99%",
                "sockets.connected >= 99%",
            ],
            |summary| summary.not_begun = Some("no target".to_owned()),
            &["no target"],
        ),
        // A breach stands whatever else is missing.
        case(
            3,
            FASTER,
            |summary| summary.sockets.dropped = 1,
            &["breached", "1 of 10 sockets were dropped"],
        ),
        case(
            3,
            &["sockets.connected >= 99%"],
            |summary| {
                summary.sockets.connected = 5;
                summary.sockets.refused = 5;
            },
            &[
                "sockets.connected >= 99%: it was 50 %",
                "5 of 10 sockets could not",
            ],
        ),
    ]);
}

#[test]
fn a_generator_at_its_limit_decides_no_threshold_that_it_may_have_caused() {
    const LIMIT: &str = "the generator was the limit: pushes left 500 ms";
    check(&[
        case(4, &[], BEHIND, &[LIMIT]),
        case(
            4,
            FASTER,
            BEHIND,
            &[
                "latency.push.p99 < 50ms: the generator was the limit",
                LIMIT,
            ],
        ),
        case(
            4,
            FAST,
            BEHIND,
            &["latency.push.p99 < 100ms: the generator", "500 ms"],
        ),
        // What cannot be the generator's doing stays.
        case(4, &["deliveries.lost == 0"], BEHIND, &[LIMIT]),
        case(
            1,
            FASTER,
            |summary| {
                BEHIND(summary);
                violated(summary);
            },
            &["1 phantom", "threshold unknown", "500 ms"],
        ),
    ]);
}

#[test]
fn the_ways_in_which_a_generator_is_the_limit() {
    let changes: &[(Change, &'static str)] = &[
        (BEHIND, "pushes left 500 ms after their time"),
        (
            |summary| summary.generator.loop_delay = latency(&[300; 50]),
            "its event loops were 300 ms late",
        ),
        (
            |summary| {
                let mut delay = latency(&[1; 999]);
                delay.merge(&latency(&[2_500]));
                summary.generator.loop_delay = delay;
            },
            "it stood still for 2.5 s",
        ),
        (
            |summary| summary.generator.busiest_thread_percent = Some(97.0),
            "its busiest thread took 97 % of a processor",
        ),
        (
            |summary| summary.generator.shortages.add("Too many open files", 3),
            "3 of its sockets, logins or pushes met a limit of its own machine (Too many open files); raise the limit of open files (ulimit -n)",
        ),
        (
            |summary| summary.generator.held_up = 4,
            "4 deliveries came past the deadline",
        ),
        (
            |summary| summary.generator.undrained = true,
            "could not read all that had arrived",
        ),
        (
            |summary| summary.missed.by_generator = 1,
            "1 of 100 scheduled pushes were never sent",
        ),
        (
            |summary| summary.generator.failed_parts = 1,
            "fault of pushproof",
        ),
    ];
    for (change, says) in changes {
        let mut summary = clean();
        change(&mut summary);
        let judgement = summary.judge();
        assert_eq!(judgement.exit_code, 4, "{says}");
        let [limit] = &judgement.limits[..] else {
            panic!("{says}: {:?}", judgement.limits);
        };
        assert!(limit.contains(says), "{limit}");
        violated(&mut summary);
        assert_eq!(summary.judge().exit_code, 1, "{says}");
    }
    check(&[case(
        4,
        &["generator.cpu < 5%", "generator.rss < 1GiB"],
        AS_IT_WAS,
        &["the generator was the limit: generator.cpu < 5% was asked for, and it was 11 %"],
    )]);
}

#[test]
fn nothing_passes_for_want_of_evidence() {
    check(&[
        case(
            4,
            &[],
            |s| s.findings.counts.expected = 0,
            &["no delivery had to happen"],
        ),
        // Only free to happen is not had to happen.
        case(
            4,
            &["deliveries.lost == 0"],
            |s| {
                s.findings.counts.expected = 0;
                s.findings.counts.allowed = 320;
            },
            &[
                "no delivery had to happen",
                "deliveries.lost == 0: nothing was observed",
            ],
        ),
        case(
            4,
            &[],
            |s| {
                s.sockets.connected = 0;
                s.sockets.refused = 10;
                s.refusals.add("not authorized", 10);
            },
            &["no socket could be connected: not authorized"],
        ),
        case(
            4,
            &[],
            |s| {
                s.pushes.accepted = 0;
                s.pushes.unknown = 100;
                s.push_failures.add("HTTP 500", 100);
            },
            &["no push was accepted: HTTP 500"],
        ),
        case(
            4,
            &[],
            |s| {
                s.pushes.sent = 0;
                s.pushes.accepted = 0;
            },
            &["no push was accepted: none was sent"],
        ),
        case(
            4,
            &["pushes.rejected == 0"],
            |s| {
                s.pushes.sent = 0;
                s.pushes.accepted = 0;
            },
            &[
                "no push was accepted",
                "pushes.rejected == 0: nothing was observed",
            ],
        ),
    ]);
}

/// Ten sockets have to be refused, and so many are.
fn must_refuse(summary: &mut Summary, refused: u64, let_in: u64) {
    summary.plan.refused = Some(Refused {
        share: 0.5,
        kind: Kind::Revoked,
        after: Duration::ZERO,
    });
    let counts = &mut summary.must_refuse;
    counts.sockets = 10;
    counts.let_in = let_in;
    counts.turned_away(refused, true, "not authorized");
    counts.turned_away(10 - refused - let_in, false, "logout failed");
}

#[test]
fn whoever_has_to_be_refused_is() {
    const LET_IN: &str =
        "2 of 10 sockets with revoked credentials were let in: the target has to refuse them";
    const UNTRIED: &str = "of 3 of 10 sockets with revoked credentials it is not known whether the target refuses them: logout failed";
    check(&[
        case(
            0,
            &["must_refuse.refused == 100%"],
            |s| must_refuse(s, 10, 0),
            &[],
        ),
        case(1, &[], |s| must_refuse(s, 8, 2), &[LET_IN]),
        case(4, &[], |s| must_refuse(s, 7, 0), &[UNTRIED]),
        case(1, &[], |s| must_refuse(s, 5, 2), &[LET_IN, UNTRIED]),
        // Whatever the generator's state: who is let in is let in.
        case(
            1,
            &[],
            |s| {
                must_refuse(s, 8, 2);
                BEHIND(s);
            },
            &[LET_IN, "the generator was the limit"],
        ),
    ]);
}

#[test]
fn a_target_may_refuse_pushes_that_nobody_can_get() {
    check(&[
        case(
            0,
            &[],
            |s| {
                s.plan.absent = 0.3;
                s.pushes.absent = 30;
                s.pushes.accepted = 70;
                s.pushes.rejected = 30;
                s.pushes.rejected_at_nobody = 30;
            },
            &[],
        ),
        // Of those that it refused beside them it is asked why.
        case(
            4,
            &[],
            |s| {
                s.plan.absent = 0.3;
                s.pushes.absent = 30;
                s.pushes.accepted = 65;
                s.pushes.rejected = 35;
                s.pushes.rejected_at_nobody = 30;
            },
            &["only 65 of 100 scheduled pushes were accepted (5 were not)"],
        ),
    ]);
}

#[test]
fn what_was_never_exercised_is_named() {
    check(&[
        case(
            4,
            &[],
            |s| s.by_app[1].delivered = 0,
            &[
                "nothing was delivered in app \"other\": 50 pushes were sent, and none had to arrive",
            ],
        ),
        case(
            4,
            &[],
            |s| {
                s.by_event[1].1 = Split::default();
            },
            &[
                "nothing was delivered under the event name \"new message\": no push of the schedule had it",
            ],
        ),
        case(
            4,
            &[],
            |s| s.by_audience[0].1 = Split::default(),
            &["nothing was delivered to everyone"],
        ),
        case(
            4,
            &[],
            |s| s.by_audience[1].1 = Split::default(),
            &["nothing was delivered to one user"],
        ),
        case(
            4,
            &[],
            |s| {
                s.plan.absent = 0.1;
                s.plan.foreign = 0.1;
                s.pushes.foreign = 1;
            },
            &["nothing was pushed at absent users"],
        ),
        // Who asks for no broadcast misses none.
        case(
            0,
            &[],
            |s| {
                s.plan.broadcast = 0.0;
                s.by_audience[0].1 = Split::default();
            },
            &[],
        ),
        case(
            4,
            &["by_event.alert.push.p99 < 1s"],
            |s| s.by_event[0].1 = Split::default(),
            &[
                "under the event name \"alert\"",
                "by_event.alert.push.p99 < 1s: nothing was observed",
            ],
        ),
        case(
            4,
            &[],
            |s| {
                s.pushes.sent = 98;
                s.pushes.accepted = 98;
                s.missed.by_target = 2;
            },
            &[
                "only 98 of 100 scheduled pushes could be sent: 4 lanes wait for the target's answers",
            ],
        ),
        case(
            4,
            &[],
            |s| {
                s.pushes.sent = 98;
                s.pushes.accepted = 98;
                s.missed.by_generator = 2;
            },
            &[
                "could be sent: the generator was too far behind",
                "2 of 100 scheduled pushes were never sent",
            ],
        ),
    ]);
}

#[test]
fn a_run_that_was_ended_early() {
    check(&[
        case(
            3,
            &[],
            |s| aborted(s, "latency.push.p99 > 50ms", 99_000.0),
            &["the run was ended early after 5 s: latency.push.p99 > 50ms: it was 99 ms"],
        ),
        case(
            1,
            &[],
            |s| {
                violated(s);
                aborted(s, "deliveries.violations > 0", 1.0);
            },
            &[
                "1 phantom",
                "ended early after 5 s: deliveries.violations > 0: it was 1",
            ],
        ),
        // The generator may have caused the latency, but not the refusals of a push.
        case(
            4,
            &[],
            |s| {
                BEHIND(s);
                aborted(s, "latency.push.p99 > 50ms", 99_000.0);
            },
            &["ended early", "500 ms"],
        ),
        // It could not get as far as this asks.
        case(
            3,
            &["pushes.sent >= 99%", "latency.push.count >= 1000"],
            |s| aborted(s, "deliveries.late > 0", 1.0),
            &[
                "ended early",
                "pushes.sent >= 99%: the run ended early",
                "latency.push.count >= 1000: the run ended early",
            ],
        ),
    ]);
    let mut summary = with(clean(), FASTER);
    summary.interrupted = true;
    assert_eq!(summary.judge().exit_code, 130);
    assert_eq!(summary.judge().verdict.name(), "fail");
}

/// While a run goes on a condition waits for its time, for samples, and for what is not settled yet.
#[test]
fn conditions_of_a_running_run() {
    let summary = clean();
    let (none, some) = (latency(&[]), latency(&[40]));
    let fires = |condition: &str, elapsed: u64, arrived: bool, push: &Latency| {
        let condition = Condition::parse(condition, &summary.plan.events).expect("a condition");
        let running = Running {
            elapsed: Duration::from_secs(elapsed),
            arrived,
            sockets: &SocketCounts {
                wanted: 10,
                connected: 8,
                refused: 1,
                ..SocketCounts::default()
            },
            pushes: &summary.pushes,
            counts: &summary.findings.counts,
            push,
            login: &none,
            login_attempt: &none,
            logins: &summary.logins,
            must_refuse: &summary.must_refuse,
            connect: &none,
            fanout: [&none, &none, &some],
        };
        let conditions = [condition];
        let found = running.first_true(&conditions);
        found.map(|(condition, held)| format!("{condition}: {held}"))
    };
    for (condition, elapsed, arrived, push, fired) in [
        ("latency.push.p99 > 30ms", 3, true, &some, true),
        ("latency.push.p99 > 50ms", 3, true, &some, false),
        ("latency.push.p99 > 30ms after 4s", 3, true, &some, false),
        ("latency.push.p99 > 30ms after 3s", 3, true, &some, true),
        ("latency.push.p99 > 30ms", 3, true, &none, false),
        ("latency.push.p99 < 30ms", 3, true, &none, false),
        ("latency.fanout_last.max > 30ms", 3, true, &none, true),
        ("latency.fanout_first.max < 30ms", 3, true, &none, false),
        ("sockets.connected < 99%", 3, false, &none, false),
        ("sockets.connected < 99%", 3, true, &none, true),
        ("sockets.refused >= 10%", 3, false, &none, true),
        ("deliveries.violations > 0", 3, true, &some, false),
        ("pushes.rejected > 0", 3, true, &some, false),
    ] {
        let found = fires(condition, elapsed, arrived, push);
        assert_eq!(found.is_some(), fired, "{condition}: {found:?}");
    }
    let found = fires("sockets.refused >= 10%", 3, false, &none);
    assert_eq!(found.as_deref(), Some("sockets.refused >= 10%: 10 %"));
}

/// Every metric of a threshold is the field of the report that it is named after.
#[test]
fn metrics_are_fields_of_the_report() {
    let mut summary = clean();
    summary.missed.by_target = 3;
    summary.missed.by_generator = 2;
    summary.logins = LoginCounts {
        attempted: 12,
        retried: 2,
        failed: 1,
    };
    must_refuse(&mut summary, 7, 2);
    requests::answers(&mut summary, 40, [31, 4, 2, 1]);
    let metrics = Metric::all(&summary.plan.events);
    let texts: Vec<_> = metrics
        .iter()
        .map(|metric| {
            let bound = match metric.unit() {
                Unit::Count(_) => "0",
                Unit::Time => "0s",
                Unit::Bytes => "0B",
                Unit::PerSecond => "0/s",
                Unit::Processor => "0%",
            };
            format!("{metric} >= {bound}")
        })
        .collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let summary = with(summary, &texts);
    let report = serde_json::to_value(json::report(&summary)).expect("JSON");
    let thresholds = report["thresholds"].as_array().expect("a list");
    assert_eq!(thresholds.len(), metrics.len());
    for (metric, threshold) in metrics.iter().zip(thresholds) {
        let field = field(&report, metric);
        let observed = &threshold["observed"];
        let name = metric.to_string();
        let no_samples = ["latency.network.", "latency.generator_delay."]
            .iter()
            .any(|empty| name.starts_with(empty));
        if no_samples {
            assert!(observed.is_null(), "{metric}: {observed}");
            continue;
        }
        let (field, observed) = (field.as_f64(), observed.as_f64());
        let (field, observed) = field.zip(observed).unwrap_or_else(|| panic!("{metric}"));
        assert!(
            (field - observed).abs() < 0.06,
            "{metric}: {field} {observed}"
        );
    }
}

fn field<'a>(report: &'a Value, metric: &Metric) -> &'a Value {
    let suffix = match metric.unit() {
        Unit::Count(_) => "",
        Unit::Time => "_us",
        Unit::Bytes => "_bytes",
        Unit::PerSecond => "_per_s",
        Unit::Processor => "_percent",
    };
    let path = metric.to_string().replace("\"new message\"", "new message");
    let pointer = format!("/{}", path.replace('.', "/"));
    let found = report.pointer(&format!("{pointer}{suffix}"));
    // The unit may stand in front, as in `bytes_per_socket`.
    found
        .or_else(|| report.pointer(&pointer))
        .unwrap_or_else(|| panic!("no field {pointer}{suffix}"))
}
