//! The published JSON Schemas are those of the code, and so is the published list of metrics.

use pushproof::report;

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
fn of_the_search_for_the_capacity() {
    let committed = include_str!("../reports/schema/capacity.schema.json");
    check(
        "reports/schema/capacity.schema.json",
        committed,
        &report::capacity_schema(),
    );
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
