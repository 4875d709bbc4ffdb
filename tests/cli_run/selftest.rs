//! `pushproof selftest` from the outside. All of it is a step of its own in `ci/check`.

use serde_json::Value;

use crate::support::{Done, done, pushproof};

async fn selftest(args: &[&str]) -> Done {
    let mut command = pushproof();
    command.arg("selftest").args(args);
    done(command).await
}

#[tokio::test]
async fn what_was_injected_is_detected_and_told() {
    let finished = selftest(&["--quick", "--only", "duplicate,swap", "--json", "-"]).await;
    let report: Value = serde_json::from_str(&finished.stdout).expect("a report");
    assert_eq!(finished.code, Some(0), "{report:#}");
    assert_eq!(report["schema"], "pushproof.selftest/1");
    assert_eq!(report["verdict"], "pass");
    let faults = report["faults"].as_array().expect("rows");
    assert_eq!(faults.len(), 2);
    for fault in faults {
        assert!(fault["injected"].as_u64() > Some(0), "{fault}");
        assert_eq!(fault["injected"], fault["detected"], "{fault}");
        assert_eq!(fault["false_alarms"], 0, "{fault}");
        assert_eq!(fault["ok"], true, "{fault}");
    }
    let schema: Value =
        serde_json::from_str(&::pushproof::report::selftest_schema()).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    assert!(schema.is_valid(&report));
    assert!(finished.stderr.contains("PASS  every fault was found"));
}

#[tokio::test]
async fn a_fault_that_is_not_there_is_told_with_the_nearest() {
    let finished = selftest(&["--only", "dorp"]).await;
    assert_eq!(finished.code, Some(2));
    assert!(
        finished.stderr.contains("did you mean \"drop\""),
        "{}",
        finished.stderr
    );
}

/// The conformance suite proves itself with servers that are known to be bad. All of them are tried in `tests/conform.rs`.
#[tokio::test]
async fn known_bad_servers_are_told_by_the_cases_that_name_them() {
    let mutants = ["--only", "drop-maxPayload,string-codes"];
    let finished = selftest(&[&["--conformance", "--json", "-"], &mutants[..]].concat()).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let report: Value = serde_json::from_str(&finished.stdout).expect("JSON");
    let schema = ::pushproof::report::mutation_schema();
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    assert!(jsonschema::is_valid(&schema, &report), "{report}");
    assert_eq!(
        (&report["killed"], &report["mutants"]),
        (&2.into(), &2.into())
    );
    assert_eq!(report["trials"][0]["cases"][0]["id"], "HS-01");
    assert!(
        finished.stderr.contains("100.0 %: 2 of 2 mutants killed"),
        "{}",
        finished.stderr
    );
    let typo = selftest(&["--conformance", "--only", "drop-maxPayloads"]).await;
    assert_eq!(typo.code, Some(2), "{typo:?}");
    assert!(
        typo.stderr
            .contains("there is no mutant \"drop-maxPayloads\""),
        "{}",
        typo.stderr
    );
}
