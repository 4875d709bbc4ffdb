//! The published JSON Schemas are those of the code.

use pushproof::report;

fn check(path: &str, committed: &str, current: &str) {
    assert!(
        committed == current,
        "{path} is out of date; write it anew with\n  cargo run -- schema {} > {path}",
        if path.contains("report.") {
            "report"
        } else {
            "scenario"
        }
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
fn of_scenario_files() {
    let committed = include_str!("../reports/schema/scenario.schema.json");
    check(
        "reports/schema/scenario.schema.json",
        committed,
        &report::scenario_schema(),
    );
}
