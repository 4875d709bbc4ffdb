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
