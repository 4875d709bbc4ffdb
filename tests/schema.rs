//! The published JSON Schemas are those of the code, and so is the published list of metrics.

use pushproof::report;
use pushproof::report::metrics::prometheus::Format;
use pushproof::summary::Snapshot;
use pushproof::summary::expected::Expected;

fn check(path: &str, committed: &str, current: &str) {
    assert!(
        committed == current,
        "{path} is out of date; write it anew with\n  cargo run -- schema {} > {path}",
        path.trim_start_matches("reports/schema/")
            .trim_end_matches(".schema.json")
    );
}

#[test]
fn of_the_report() {
    let committed = include_str!("../reports/schema/report.schema.json");
    check(
        "reports/schema/report.schema.json",
        committed,
        &report::report_schema(),
    );
}

#[test]
fn of_the_self_test() {
    let committed = include_str!("../reports/schema/selftest.schema.json");
    check(
        "reports/schema/selftest.schema.json",
        committed,
        &report::selftest_schema(),
    );
}

#[test]
fn of_the_conformance_suite() {
    let committed = include_str!("../reports/schema/conformance.schema.json");
    check(
        "reports/schema/conformance.schema.json",
        committed,
        &report::conformance_schema(),
    );
}

#[test]
fn of_the_conformance_suite_at_several_targets() {
    let committed = include_str!("../reports/schema/conformance-matrix.schema.json");
    check(
        "reports/schema/conformance-matrix.schema.json",
        committed,
        &report::conformance_matrix_schema(),
    );
}

#[test]
fn of_the_mutants() {
    let committed = include_str!("../reports/schema/mutation.schema.json");
    check(
        "reports/schema/mutation.schema.json",
        committed,
        &report::mutation_schema(),
    );
}

#[test]
fn of_the_search_for_the_capacity() {
    let committed = include_str!("../reports/schema/capacity.schema.json");
    check(
        "reports/schema/capacity.schema.json",
        committed,
        &report::capacity_schema(),
    );
}

#[test]
fn of_the_comparison() {
    let committed = include_str!("../reports/schema/comparison.schema.json");
    check(
        "reports/schema/comparison.schema.json",
        committed,
        &report::comparison_schema(),
    );
}

#[test]
fn of_pushes_by_hand() {
    let committed = include_str!("../reports/schema/push.schema.json");
    check(
        "reports/schema/push.schema.json",
        committed,
        &report::push_schema(),
    );
}

#[test]
fn of_what_is_heard_by_hand() {
    let committed = include_str!("../reports/schema/listen.schema.json");
    check(
        "reports/schema/listen.schema.json",
        committed,
        &report::listen_schema(),
    );
}

/// What is written keeps to its schema, and has no key that is not there.
#[test]
fn lines_by_hand_have_the_keys_of_their_schemas() {
    use pushproof::report::hand::{Answer, Asked, Event, answered_json};
    let event = |args: &'static str, stray: bool| Event {
        at_unix_nanos: 1,
        user: stray.then_some("u"),
        name: "n",
        args,
        attachments: &[],
        premature: stray,
        stray,
    };
    let asked = Asked {
        target: "http://t",
        app: "a",
        user: "*",
        event: "n",
    };
    let answer = |status: Option<u16>| Answer {
        outcome: pushproof::history::Outcome::Unknown,
        why: None,
        status,
        body: b"{}",
        took: std::time::Duration::ZERO,
    };
    let push = |status: Option<u16>| -> String { answered_json(&asked, &answer(status), 4) };
    for (schema, line) in [
        (report::listen_schema(), event("1,{}", false).json()),
        (report::listen_schema(), event("1,{", true).json()),
        (report::push_schema(), push(Some(200))),
        (report::push_schema(), push(None)),
    ] {
        let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        let (schema, line) = (json(&schema), json(&line));
        assert!(jsonschema::is_valid(&schema, &line), "{line}");
        for key in line.as_object().expect("an object").keys() {
            assert!(schema["properties"].get(key).is_some(), "{key}");
        }
    }
}

#[test]
fn of_scenario_files() {
    let committed = include_str!("../reports/schema/scenario.schema.json");
    check(
        "reports/schema/scenario.schema.json",
        committed,
        &report::scenario_schema(),
    );
}

#[test]
fn of_thresholds() {
    let committed = include_str!("../docs/thresholds.md");
    let current = pushproof::scenario::threshold::metric::reference();
    assert!(
        committed.contains(&current),
        "the tables of docs/thresholds.md are out of date; they are\n\n{current}"
    );
}

#[test]
fn of_the_metrics() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
    let committed = std::fs::read_to_string(path).expect("the document is there");
    let (before, _) = committed
        .split_once(METRICS)
        .expect("the document has its mark");
    let table = report::metrics::reference();
    let current = format!("{before}{METRICS}\n\n{table}");
    if std::env::var_os("PUSHPROOF_BLESS").is_some() {
        std::fs::write(path, &current).expect("the document can be written");
        return;
    }
    assert!(
        committed == current,
        "the table of docs/metrics.md is out of date; write it anew with\n  PUSHPROOF_BLESS=1 cargo test --test schema"
    );
}

#[test]
fn of_the_dashboard_for_grafana() {
    let text = include_str!("../reports/grafana/pushproof.json");
    let dashboard: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let page = report::metrics::prometheus::render(&Snapshot::default(), Format::Prometheus);
    let mut known: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    known.sort_unstable();
    let mut expressions = Vec::new();
    strings_of("expr", &dashboard, &mut expressions);
    strings_of("query", &dashboard, &mut expressions);
    let mut named = 0;
    for expression in &expressions {
        let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for name in words.filter(|word| word.starts_with("pushproof")) {
            // A histogram's samples have more behind its name.
            let base = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix))
                .unwrap_or(name);
            let known = [name, base]
                .iter()
                .any(|name| known.binary_search(name).is_ok());
            assert!(known, "{name} in {expression:?} is no metric");
            named += 1;
        }
    }
    assert!(
        named > 20,
        "{named} metrics in {} expressions",
        expressions.len()
    );
}

/// The strings under this key, anywhere.
fn strings_of<'a>(key: &str, value: &'a serde_json::Value, found: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::Object(map) => {
            found.extend(map.get(key).and_then(serde_json::Value::as_str));
            for value in map.values() {
                strings_of(key, value, found);
            }
        }
        serde_json::Value::Array(all) => {
            for value in all {
                strings_of(key, value, found);
            }
        }
        _ => {}
    }
}

#[test]
fn of_the_keys_of_the_dashboards() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/dashboard.md");
    let committed = std::fs::read_to_string(path).expect("the document is there");
    let mut current = committed.clone();
    for (mark, table) in [
        ("run", pushproof::dashboard::state::keys::reference()),
        ("lists", pushproof::dashboard::list::keys::reference()),
    ] {
        let mark = format!("<!-- keys of {mark} -->\n\n");
        let (before, rest) = current.split_once(&mark).expect("the table has its mark");
        // A table ends with the first line that is none of its rows.
        let rows = rest.split_inclusive('\n');
        let rows = rows.take_while(|line| line.starts_with('|'));
        let length: usize = rows.map(str::len).sum();
        current = format!("{before}{mark}{table}{}", &rest[length..]);
    }
    if std::env::var_os("PUSHPROOF_BLESS").is_some() {
        std::fs::write(path, &current).expect("the document can be written");
        return;
    }
    assert!(
        committed == current,
        "a table of docs/dashboard.md is out of date; write it anew with\n  PUSHPROOF_BLESS=1 cargo test --test schema"
    );
}

#[test]
fn of_the_keys_of_scenario_files() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenarios.md");
    let committed = std::fs::read_to_string(path).expect("the reference is there");
    let (before, _) = committed
        .split_once(BEGIN)
        .expect("the reference has its mark");
    let current = format!("{before}{BEGIN}\n\n{}", pushproof::scenario::reference());
    if std::env::var_os("PUSHPROOF_BLESS").is_some() {
        std::fs::write(path, &current).expect("the reference can be written");
        return;
    }
    assert!(
        committed == current,
        "the tables of docs/scenarios.md are out of date; write them anew with\n  PUSHPROOF_BLESS=1 cargo test --test schema"
    );
}

#[test]
fn of_the_conformance_cases() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/conformance.md");
    let committed = std::fs::read_to_string(path).expect("the document is there");
    let (before, _) = committed
        .split_once(SERVERS)
        .expect("the document has its mark");
    let cases: Vec<_> = pushproof::conform::case::all()
        .map(|case| case.about)
        .collect();
    let servers = pushproof::report::conformance::matrix::explained(&cases, &expected());
    let reference = pushproof::conform::reference();
    let current = format!("{before}{SERVERS}\n\n{servers}\n## Cases\n\n{CASES}\n\n{reference}");
    if std::env::var_os("PUSHPROOF_BLESS").is_some() {
        std::fs::write(path, &current).expect("the document can be written");
        return;
    }
    assert!(
        committed == current,
        "the tables of docs/conformance.md are out of date; write them anew with\n  PUSHPROOF_BLESS=1 cargo test --test schema"
    );
}

/// What four servers are expected to come to.
fn expected() -> Vec<Expected> {
    let servers = ["embedded", "node", "socketioxide", "python"];
    let read = servers.map(|server| {
        let root = env!("CARGO_MANIFEST_DIR");
        let path = format!("{root}/reports/expected/{server}.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        Expected::read(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
    });
    read.into()
}

/// No case is left out, none is expected that is not there, and what is missed is explained. What the platform misses is nothing.
#[test]
fn what_servers_are_expected_to_come_to_is_whole_and_explained() {
    let cases: Vec<_> = pushproof::conform::case::all()
        .map(|case| case.about.id)
        .collect();
    for server in expected() {
        let mut known: Vec<_> = server.cases.keys().map(String::as_str).collect();
        let mut all = cases.clone();
        known.sort_unstable();
        all.sort_unstable();
        assert_eq!(known, all, "{}", server.target);
        for (id, due) in &server.cases {
            let is_kept = due
                .words()
                .iter()
                .all(|word| matches!(*word, "pass" | "info"));
            assert!(is_kept || !due.why().is_empty(), "{} {id}", server.target);
            let embedded = server.target == "the embedded platform";
            let missed = due
                .words()
                .iter()
                .any(|word| !matches!(*word, "pass" | "info" | "skip"));
            assert!(!(embedded && missed), "{id}");
        }
    }
}

/// What stands below it is made of `reports/expected`, which `ci/matrix --write` writes.
const SERVERS: &str = "<!-- Made of reports/expected; not to be edited below. -->";

/// What stands below it is made of the registry.
const CASES: &str = "<!-- Made of the registry in src/conform; not to be edited below. -->";

/// What stands below it is made of the types.
const METRICS: &str = "<!-- made from the code: PUSHPROOF_BLESS=1 cargo test --test schema -->";
const BEGIN: &str = "<!-- Made of the types of src/scenario/file.rs; not to be edited below. -->";
