//! `pushproof capacity` from the outside, against platforms whose capacity is known.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use crate::support::{Done, Run, Scratch, done, pushproof};
use crate::trouble::Serve;

/// One app and pushes at everyone only, so that each push is as many deliveries as there are sockets, and next to nothing is drawn.
const SCENARIO: &str = r#"
[target]
apps = ["demo"]
[users]
count = 4
[pushes]
rate = "20/s"
lanes = 4
broadcast = 1.0
events = ["alert"]
[verify]
deadline = "1s"
settle = "1s"
"#;

/// Longer than a search here takes on a machine that is busy with something else.
const BOUND: Duration = Duration::from_secs(150);

fn command(scenario: &str, args: &[&str]) -> tokio::process::Command {
    let mut command = pushproof();
    command.arg("capacity").arg(scenario).args(args);
    command.args(["--cool-down", "0s"]);
    if !args.contains(&"--warm-up") {
        command.args(["--warm-up", "0s"]);
    }
    command
}

async fn capacity(scenario: &str, args: &[&str]) -> Done {
    let search = timeout(BOUND, done(command(scenario, args)));
    search.await.expect("a search that ends")
}

fn scenario(scratch: &Scratch, more: &str) -> String {
    scratch.file("limited.toml", &format!("{SCENARIO}{more}"))
}

/// A report that keeps the published schema.
fn report(text: &str) -> Value {
    let report: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text:?}"));
    let schema = serde_json::from_str(&::pushproof::report::capacity_schema()).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = schema.iter_errors(&report).map(|e| e.to_string()).collect();
    assert_eq!(errors, [] as [String; 0], "{report:#}");
    assert_eq!(report["schema"], "pushproof.capacity/1");
    report
}

/// Searches until the generator was no limit, so often at most.
const TRIES: usize = 3;

/// Searches for a limit that is known. A machine that is too busy to tell is no failure, but no success either: the search has to say that
/// it does not know, and why, and still must not say anything wrong, and then it is made again.
async fn find(scenario: &str, args: &[&str], limit: f64) -> Value {
    let mut last = None;
    for _ in 0..TRIES {
        let done = capacity(scenario, args).await;
        let report = report(&done.stdout);
        if report["verdict"] == "found" {
            assert_eq!(done.code, Some(0), "{report:#}");
            assert!(done.stderr.contains("FOUND"), "{}", done.stderr);
            within_a_tenth(&report, limit);
            return report;
        }
        busy(&done, &report, limit);
        last = Some(report);
    }
    panic!(
        "the machine was too busy {TRIES} times: {:#}",
        last.unwrap()
    );
}

fn within_a_tenth(report: &Value, limit: f64) {
    let load = |of: &str| report["capacity"][of].as_f64().unwrap();
    let (held, broke) = (load("held"), load("broke"));
    assert!((limit * 0.9..=limit * 1.1).contains(&held), "{report:#}");
    assert!(held < broke && broke <= limit * 1.21, "{report:#}");
}

fn busy(done: &Done, report: &Value, limit: f64) {
    assert_eq!(done.code, Some(4), "{report:#}\n{}", done.stderr);
    let steps = report["steps"].as_array().unwrap();
    let busy = steps.iter().any(|step| step["outcome"] == "unclear");
    let why = report["reasons"].as_array().unwrap();
    assert!(busy && !why.is_empty(), "{report:#}");
    let held = report["capacity"]["held"].as_f64();
    assert!(held.is_none_or(|held| held <= limit * 1.1), "{report:#}");
}

#[tokio::test]
async fn finds_how_many_sockets_there_may_be() {
    let scratch = Scratch::new();
    let scenario = scenario(&scratch, "[platform]\nlimit_sockets = 40\n");
    let args = [
        "--vary",
        "sockets",
        "--from",
        "20",
        "--step-duration",
        "1s",
        "--json",
        "-",
    ];
    let report = find(&scenario, &args, 40.0).await;
    assert_eq!(report["capacity"]["held"], 40.0, "it is exact");
    assert_eq!(report["broke_first"][0]["what"], "refused", "{report:#}");
}

#[tokio::test]
async fn finds_how_many_deliveries_there_may_be() {
    let scratch = Scratch::new();
    let scenario = scenario(&scratch, "[platform]\nlimit_deliveries_per_s = 400\n");
    // Four sockets: 100 pushes a second. At a tenth more the last of two seconds waits for 200 ms.
    let args = [
        "--vary",
        "rate",
        "--from",
        "80/s",
        "--factor",
        "1.5",
        "--precision",
        "10%",
        "--slo",
        "latency.push.p99 < 120ms",
        "--step-duration",
        "2s",
        "--step-at-most",
        "2s",
        "--json",
        "-",
    ];
    let report = find(&scenario, &args, 100.0).await;
    let first = report["broke_first"][0]["what"].as_str().unwrap();
    assert!(["threshold", "late"].contains(&first), "{report:#}");
}

#[tokio::test]
async fn a_search_that_was_interrupted_goes_on() {
    let scratch = Scratch::new();
    let scenario = scenario(&scratch, "[platform]\nlimit_sockets = 6\n");
    let (kept, page) = (scratch.path("kept.json"), scratch.path("page.html"));
    let args = [
        "--vary",
        "sockets",
        "--from",
        "2",
        "--step-duration",
        "1s",
        "--json",
        &kept,
        "--html",
        &page,
        "--seed",
        "7",
    ];
    let mut search = Run::start(command(&scenario, &args));
    search.hears("[2]").await;
    search.signal("INT");
    let done = search.end().await;
    assert_eq!(done.code, Some(130), "{}", done.stderr);
    let first = report(&std::fs::read_to_string(&kept).unwrap());
    let steps = first["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "a step that was ended is none: {first:#}");
    assert_ne!(first["verdict"], "found");
    let page = std::fs::read_to_string(&page).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(page.contains("at least 2 sockets hold") && page.contains("interrupted"));

    let args = [
        "--vary",
        "sockets",
        "--step-duration",
        "1s",
        "--resume",
        &kept,
    ];
    let done = capacity(&scenario, &args).await;
    let goes_on = "(seed 7), going on after step 1";
    assert!(done.stderr.contains(goes_on), "{}", done.stderr);
    let second = report(&std::fs::read_to_string(&kept).unwrap());
    assert_eq!(second["steps"][0], first["steps"][0], "{second:#}");
    assert_eq!(second["started_at"], first["started_at"]);
    if second["verdict"] == "found" {
        assert_eq!(
            (done.code, &second["capacity"]["held"]),
            (Some(0), &6.0.into())
        );
        assert!(
            done.stdout
                .starts_with("FOUND  6 sockets hold, 7 sockets do not")
        );
    }
    // Under other conditions the steps say nothing.
    let args = [
        "--vary",
        "sockets",
        "--step-duration",
        "3s",
        "--resume",
        &kept,
    ];
    let other = capacity(&scenario, &args).await;
    assert_eq!(other.code, Some(2));
    assert!(other.stderr.contains("--step-duration"), "{}", other.stderr);
    assert_eq!(scratch.names().len(), 3, "{:?}", scratch.names());
}

#[tokio::test]
async fn a_load_that_holds_all_that_was_asked_for_passes() {
    let scratch = Scratch::new();
    let args = [
        "--vary",
        "payload",
        "--from",
        "1KiB",
        "--to",
        "2KiB",
        "--step-duration",
        "2s",
        "--step-at-most",
        "60s",
        "--slo",
        "latency.push.p90 < 900ms",
        "--warm-up",
        "1s",
        "--json",
        "-",
    ];
    let done = capacity(&scenario(&scratch, ""), &args).await;
    let report = report(&done.stdout);
    if report["steps"][0]["outcome"] == "held" && report["steps"][1]["outcome"] == "held" {
        assert_eq!(done.code, Some(0), "{report:#}");
        assert_eq!(report["verdict"], "at_least");
        assert_eq!(report["capacity"]["held"], 2048.0);
        assert_eq!(report["capacity"]["broke"], Value::Null);
        // It ends as soon as the percentile is known to be far below its bound, which takes five seconds, and more if the machine is busy.
        let figures = &report["steps"][0]["figures"];
        let samples = figures["samples"].as_u64().unwrap();
        assert!((1..60 * 80).contains(&samples), "{report:#}");
        assert!(figures["p99_low_us"].as_u64() <= figures["p99_us"].as_u64());
        assert!(figures["p99_low_us"].is_u64(), "{report:#}");
    }
}

/// Sockets ask besides, and are part of each step: what they ask is in the report, and a wrong answer is no capacity.
#[tokio::test]
async fn requests_of_the_scenario_are_part_of_every_step() {
    let scratch = Scratch::new();
    let requests = "[requests]\nrate = \"40/s\"\ntimeout = \"1s\"\n";
    let scenario = scenario(&scratch, requests);
    let args = |target: &'static [&'static str]| {
        let args = ["--vary", "payload", "--from", "1KiB", "--to", "1KiB"];
        let step = ["--step-duration", "2s", "--seed", "7", "--json", "-"];
        [&args[..], &step, target].concat()
    };
    let right = capacity(&scenario, &args(&[])).await;
    let right = report(&right.stdout);
    let asked = &right["scenario"]["plan"]["requests"];
    assert_eq!(
        (&asked["rate"], &asked["timeout"]),
        (&"40/s".into(), &"1s".into())
    );
    for step in right["steps"].as_array().unwrap() {
        // A machine that is busy with something else may not tell, but nothing is wrong.
        let told = step.to_string();
        assert!(
            step["outcome"] != "broke" && !told.contains(" requests "),
            "{right:#}"
        );
    }

    let wrong = Serve::with(&[
        "--port",
        "0",
        "--fault",
        "ack-wrong=1/1",
        "--fault-seed",
        "7",
    ])
    .await;
    let args = [&args(&[])[..], &["--target", &wrong.url]].concat();
    let done = capacity(&scenario, &args).await;
    let wrong = report(&done.stdout);
    let steps = wrong["steps"].as_array().unwrap();
    assert!(!steps.is_empty(), "{wrong:#}");
    // As many as there are, less those that would have been due when the step was over.
    for step in steps {
        let broke = step["broke"].as_array().unwrap();
        let of_requests = broke.iter().find(|broke| broke["what"] == "requests");
        let detail = of_requests.expect("it is told")["detail"].as_str().unwrap();
        let numbers: Vec<u64> = detail
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        assert!(
            matches!(numbers[..], [all, wrong, 0] if all == wrong && all >= 70),
            "{detail}"
        );
    }
    assert_eq!(wrong["capacity"]["held"], Value::Null);
    assert_ne!(done.code, Some(0));
}

#[tokio::test]
async fn a_target_that_is_not_there_is_unknown() {
    let scratch = Scratch::new();
    // Nobody listens on a port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    let args = ["--vary", "rate", "--target", &url, "--json", "-"];
    let done = capacity(&scenario(&scratch, ""), &args).await;
    let report = report(&done.stdout);
    assert_eq!(
        (done.code, &report["verdict"]),
        (Some(4), &"unknown".into())
    );
    assert!(!report["reasons"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn what_makes_no_search_is_told() {
    let scratch = Scratch::new();
    let scenario = scenario(&scratch, "");
    for (args, says) in [
        (&["--vary", "users"][..], "sockets, rate or payload"),
        (&["--vary", "rate", "--rate", "5/s"], "--from"),
        (&["--vary", "sockets", "--users", "5"], "--users"),
        (&["--vary", "sockets", "--from", "5/s"], "as 500"),
        (&["--vary", "rate", "--factor", "1"], "--factor"),
        (&["--vary", "rate", "--precision", "0"], "as 5%"),
        (
            &["--vary", "rate", "--step-duration", "5ms"],
            "--step-duration",
        ),
        (
            &["--vary", "rate", "--step-at-most", "5s"],
            "--step-at-most",
        ),
        (
            &["--vary", "rate", "--from", "9/s", "--to", "5/s"],
            "--from",
        ),
        (&["--vary", "payload", "--to", "2000KiB"], "--to"),
        (
            &["--vary", "rate", "--slo", "latency.push.p99 < 5"],
            "thresholds",
        ),
        (&["--vary", "rate", "--resume", "/nowhere"], "--resume"),
        (&["--json", "-", "--html", "-"], "--html"),
    ] {
        let done = capacity(&scenario, args).await;
        assert_eq!(done.code, Some(2), "{args:?}: {}", done.stderr);
        assert!(done.stderr.contains(says), "{args:?}: {}", done.stderr);
    }
    let staged = scratch.file("staged.toml", "[pushes]\nstages = [\"5s: 0 -> 5/s\"]\n");
    let done = capacity(&staged, &["--vary", "sockets"]).await;
    assert_eq!(done.code, Some(2), "{}", done.stderr);
    let says = "pushes.stages: a search holds each of its loads steady";
    assert!(done.stderr.contains(says), "{}", done.stderr);
}
