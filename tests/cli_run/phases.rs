//! The sections `phases` and `report`.

use super::journal::comes_to_the_same;
use super::support::{Report, Scratch, done, run};

/// The warm-up of a second has 25 pushes, the two steady ones 100.
const PHASES: &str = "seed = 4
[users]
count = 12
[pushes]
rate = \"50/s\"
broadcast = 0.0
[phases]
ramp = \"1s\"
steady = \"2s\"
settle = \"2s\"
[report]
name = \"nightly\"
json = \"out.json\"
journal = \"run.journal\"
";

#[tokio::test]
async fn the_pushes_of_a_warm_up_are_verified_and_in_no_latency() {
    let scratch = Scratch::new();
    let scenario = scratch.file("phases.toml", PHASES);
    let done = done(run(&[&scenario])).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    // Files are beside the scenario.
    let report = Report::read(&scratch.path("out.json"));
    assert_eq!(report.text("/scenario/name"), "nightly");
    assert_eq!(report.text("/scenario/plan/phases/ramp"), "1s");
    assert_eq!(report.number("/pushes/accepted"), 125);
    assert_eq!(report.number("/deliveries/delivered"), 125);
    for latency in ["push", "push_from_send", "trigger"] {
        let count = report.number(&format!("/latency/{latency}/count"));
        assert_eq!(count, 100, "{latency}");
    }
    let events = report.at("/by_event").as_object().expect("parts").values();
    let sum = |of: &str| -> u64 {
        let counts = events.clone().map(|part| part.pointer(of));
        counts
            .map(|n| n.and_then(serde_json::Value::as_u64).expect("a count"))
            .sum()
    };
    assert_eq!((sum("/delivered"), sum("/push/count")), (125, 100));
    let said = "25 deliveries of the first 1s are verified and left out of latencies";
    assert!(done.stdout.contains(said), "{}", done.stdout);
    comes_to_the_same(&scratch, &report, done.code).await;
}

#[tokio::test]
async fn a_warm_up_is_the_same_to_workers() {
    let scratch = Scratch::new();
    let scenario = scratch.file(
        "phases.toml",
        &PHASES.replace("journal = \"run.journal\"\n", ""),
    );
    let done = done(run(&[&scenario, "--workers", "2"])).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    let report = Report::read(&scratch.path("out.json"));
    assert_eq!(report.number("/deliveries/delivered"), 125);
    assert_eq!(report.number("/latency/push/count"), 100);
}

#[tokio::test]
async fn flags_lie_over_phases_and_reports() {
    let scratch = Scratch::new();
    let scenario = scratch.file(
        "phases.toml",
        &PHASES.replace(
            "[report]\n",
            "[platform]\nfaults = \"drop=1/2\"\n[report]\nexamples = 3\n",
        ),
    );
    let flagged = scratch.path("flagged.json");
    let done = done(run(&[
        &scenario,
        "--duration",
        "1s",
        "--settle",
        "3s",
        "--json",
        &flagged,
    ]))
    .await;
    assert_eq!(done.code, Some(1), "{done:?}");
    let report = Report::read(&flagged);
    assert!(!std::path::Path::new(&scratch.path("out.json")).exists());
    assert_eq!(report.number("/pushes/accepted"), 75);
    assert_eq!(report.text("/scenario/plan/verify/settle"), "3s");
    assert!(report.number("/deliveries/lost") > 3);
    let examples = report.at("/violations").as_array().expect("examples");
    assert_eq!(examples.len(), 3);
}

#[tokio::test]
async fn a_report_that_cannot_be_written_is_told_at_its_key() {
    let scratch = Scratch::new();
    let scenario = scratch.file("report.toml", "[report]\njson = \"nowhere/out.json\"\n");
    let done = done(run(&[&scenario])).await;
    assert_eq!(done.code, Some(2), "{done:?}");
    for words in [
        "error: report.json: cannot write to ",
        "report.toml:2:8",
        "nowhere/out.json",
    ] {
        assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
    }
}
