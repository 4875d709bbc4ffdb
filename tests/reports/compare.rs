//! Comparisons of runs whose figures are known.

use super::{EXAMPLE, Scratch, examples, pushproof};
use pushproof::report::comparison::{self, compare};
use pushproof::report::json;
use pushproof::report::json::form::Report;
use pushproof::scenario::threshold::gate::Gate;
use serde_json::Value;

/// The report of a real run in which all went well; `ci/examples` wrote it.
const BASE: &str = include_str!("../../reports/examples/base.json");

fn base() -> Report {
    json::read(BASE).expect("a report")
}

/// The same run, with every push so many times as slow.
fn slower(times: f64) -> Report {
    let mut report = base();
    let by = |us: &mut Option<u64>| *us = us.map(|us| (us as f64 * times).round() as u64);
    for second in &mut report.timeline {
        by(&mut second.push_p50_us);
        by(&mut second.push_p99_us);
        by(&mut second.push_max_us);
    }
    for us in [
        &mut report.latency.push.p50_us,
        &mut report.latency.push.p90_us,
        &mut report.latency.push.p99_us,
        &mut report.latency.push.p999_us,
        &mut report.latency.push.max_us,
    ] {
        by(us);
    }
    report
}

fn gates(texts: &[&str]) -> Vec<Gate> {
    let (events, triggers) = comparison::names(&base(), &base());
    let read = |text: &&str| Gate::parse(text, &events, &triggers).expect("a gate");
    texts.iter().map(read).collect()
}

fn change(of: &comparison::form::Comparison, metric: &str) -> (Option<f64>, &'static str) {
    let found = of.metrics.iter().find(|one| one.metric == metric);
    let found = found.unwrap_or_else(|| panic!("{metric}"));
    (found.percent, found.change)
}

#[test]
fn a_run_differs_from_itself_in_nothing() {
    let compared = compare(
        &base(),
        &base(),
        &gates(&["latency.push.p99 > +0%", "deliveries.rate < -0%"]),
    );
    assert_eq!(
        (compared.verdict, compared.exit_code),
        ("pass", 0),
        "{compared:?}"
    );
    assert_eq!(compared.notes, Vec::<String>::new());
    for metric in &compared.metrics {
        assert!(
            metric.percent.is_none_or(|percent| percent == 0.0),
            "{metric:?}"
        );
        assert!(["noise", "unknown"].contains(&metric.change), "{metric:?}");
    }
    assert!(compared.gates.iter().all(|gate| gate.outcome == "kept"));
}

#[test]
fn a_run_that_is_five_times_as_slow_is_found_and_fails_its_gate() {
    let texts = [
        "latency.push.p99 > +20%",
        "latency.push.p99 > +10s",
        "deliveries.rate < -5%",
    ];
    let compared = compare(&base(), &slower(5.0), &gates(&texts));
    let outcomes: Vec<_> = compared.gates.iter().map(|gate| gate.outcome).collect();
    assert_eq!(outcomes, ["breached", "kept", "kept"], "{compared:?}");
    assert_eq!((compared.verdict, compared.exit_code), ("fail", 3));
    assert_eq!(
        change(&compared, "latency.push.p50"),
        (Some(400.0), "worse")
    );
    assert_eq!(
        change(&compared, "latency.push.p99"),
        (Some(400.0), "worse")
    );
    assert_eq!(
        change(&compared, "latency.push.p999"),
        (Some(400.0), "unknown")
    );
    assert_eq!(change(&compared, "deliveries.rate"), (Some(0.0), "noise"));
    let seconds = compared
        .metrics
        .iter()
        .find(|one| one.metric == "latency.push.p50");
    let seconds = seconds.and_then(|one| one.seconds).expect("of each second");
    assert!(
        (seconds.percent - 400.0).abs() < 0.5 && seconds.low > 0.0,
        "{seconds:?}"
    );
    let better = compare(&slower(5.0), &base(), &gates(&texts));
    assert_eq!(
        (better.exit_code, change(&better, "latency.push.p50")),
        (0, (Some(-80.0), "better"))
    );
}

/// Beyond the bound, and by no more than the seconds of one run differ among themselves: nobody knows.
#[test]
fn what_is_beyond_a_gate_and_may_be_noise_is_unknown() {
    let compared = compare(&base(), &slower(1.02), &gates(&["latency.push.p50 > +1%"]));
    assert_eq!(
        (compared.verdict, compared.exit_code),
        ("unknown", 4),
        "{compared:?}"
    );
    assert!(
        compared.reasons[0].ends_with("which cannot be told from noise"),
        "{compared:?}"
    );
}

#[test]
fn violations_of_the_new_run_fail_whatever_else() {
    let wrong = json::read(EXAMPLE).expect("a report");
    let compared = compare(&base(), &wrong, &gates(&["latency.push.p99 > +0.001%"]));
    assert_eq!((compared.verdict, compared.exit_code), ("fail", 1));
    let lost = wrong.deliveries.wrong.lost;
    assert_eq!(compared.reasons[0], format!("the new run has {lost} lost"));
    assert!(
        compared.notes.contains(
            &"the runs went by different plans, so what differs may be theirs".to_owned()
        )
    );
    // Those of the old one are its own.
    assert_eq!(compare(&wrong, &base(), &[]).exit_code, 0);
}

#[test]
fn where_nothing_can_be_compared_nothing_is_known() {
    let mut none = base();
    none.not_begun = Some("no way there".to_owned());
    none.deliveries.delivered = 0;
    for (one, other, which) in [(base(), none.clone(), "new"), (none, base(), "base")] {
        let compared = compare(&one, &other, &[]);
        assert_eq!((compared.verdict, compared.exit_code), ("unknown", 4));
        let told =
            format!("nothing can be compared: the {which} run could not begin: no way there");
        assert_eq!(compared.reasons, [told]);
    }
    let mut unknown = base();
    unknown.verdict = "unknown".into();
    unknown.reasons = vec!["no delivery had to happen".to_owned()];
    assert_eq!(compare(&base(), &unknown, &[]).exit_code, 4);
}

#[test]
fn other_targets_and_machines_are_told() {
    let mut other = base();
    (other.target.embedded, other.target.url) = (false, "http://127.0.0.1:1".to_owned());
    other.environment.cpus += 1;
    other.environment.pushproof = "9.9.9".to_owned();
    other.generator.limited = true;
    let notes = compare(&base(), &other, &[]).notes;
    assert_eq!(
        notes,
        [
            "the runs had different targets",
            "the generators ran on different machines",
            "the runs were made by different versions of pushproof",
            "the generator was the limit in the new run",
        ]
    );
}

/// The comparison has its examples too, and keeps to its schema.
#[test]
fn examples_of_comparisons_are_what_the_reports_come_to() {
    let new = json::read(EXAMPLE).expect("a report");
    let compared = compare(&base(), &new, &gates(&["latency.push.p99 > +300%"]));
    for (name, current) in [
        ("comparison.json", comparison::json(&compared)),
        ("comparison.txt", comparison::text(&compared)),
        ("comparison.md", comparison::markdown(&compared)),
    ] {
        let path = examples().join(name);
        if std::env::var_os("PUSHPROOF_BLESS").is_some() {
            std::fs::write(&path, &current).expect("the example can be written");
            continue;
        }
        let committed = std::fs::read_to_string(&path).expect("the example is there");
        assert!(
            committed == current,
            "{name}: PUSHPROOF_BLESS=1 cargo test --test reports examples"
        );
    }
    let schema: Value =
        serde_json::from_str(&pushproof::report::comparison_schema()).expect("JSON");
    let written: Value = serde_json::from_str(&comparison::json(&compared)).expect("JSON");
    assert!(jsonschema::is_valid(&schema, &written));
}

#[test]
fn the_command_ends_as_the_comparison_does() {
    let scratch = Scratch::new("compare");
    let one = scratch.write("base.json", BASE);
    let slow = scratch.write("slow.json", json::render(&slower(5.0)));
    let wrong = scratch.write("wrong.json", EXAMPLE);
    let gate = "latency.push.p99 > +20%";
    for (new, gate, code) in [
        (&one, gate, 0),
        (&slow, gate, 3),
        (&slow, "latency.push.p99 > 20%", 2),
        (&wrong, gate, 1),
        (&scratch.path("absent.json"), gate, 2),
    ] {
        let written = scratch.path("comparison.json");
        let mut command = pushproof();
        command.args(["compare", &one, new, "--fail-on", gate, "--json", &written]);
        let ended = command.output().expect("it runs");
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{stderr}");
        if code == 2 {
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
            continue;
        }
        let written = std::fs::read_to_string(&written).expect("the comparison");
        let written: Value = serde_json::from_str(&written).expect("JSON");
        assert_eq!(written["exit_code"], code);
        assert!(!ended.stdout.is_empty());
    }
}
