//! Our side against programs that nobody here wrote: the whole command against a Node `socket.io` server, right and wrong on purpose;
//! Node's and Python's clients against the embedded platform.

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;

use pushproof::platform::{AppConfig, Platform, PlatformConfig};
use serde_json::Value;
use support::{matrix, peers::Peer, rest::Rest};
use tokio::process::Command;

const CLASSES: [&str; 9] = [
    "lost",
    "duplicated",
    "misdelivered",
    "misrouted",
    "corrupted",
    "reordered",
    "late",
    "phantom",
    "premature",
];

/// Runs `pushproof run` against a server and gives its exit code and report.
async fn pushproof(url: &str, flags: &[&str]) -> (Option<i32>, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_pushproof"))
        .args(["run", "--target", url, "--app", "demo", "--app", "other"])
        .args(["--json", "-", "-q"])
        .args(flags)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .expect("pushproof starts");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let words = String::from_utf8_lossy(&output.stderr);
        panic!("no report ({error}): {words}")
    });
    (output.status.code(), report)
}

fn violations(report: &Value) -> BTreeMap<&str, u64> {
    let count = |class| report["deliveries"][class].as_u64().expect("a count");
    CLASSES.map(|class| (class, count(class))).into()
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn a_hundred_thousand_deliveries_by_a_node_server_are_right() {
    let server = Peer::spawn_node_server(&[]).await;
    let flags = ["--rate", "250/s", "--seed", "1"];
    let (code, report) = pushproof(server.url(), &flags).await;
    let deliveries = &report["deliveries"];
    assert_eq!(code, Some(0), "{} {deliveries}", report["reasons"]);
    assert_eq!(report["verdict"], "pass");
    assert!(
        deliveries["expected"].as_u64() >= Some(100_000),
        "{deliveries}"
    );
    assert_eq!(deliveries["delivered"], deliveries["expected"]);
    assert_eq!(deliveries["allowed"], 0);
    assert!(
        violations(&report).values().all(|n| *n == 0),
        "{deliveries}"
    );
    let truth = Rest::new(server.url()).call("GET", "/truth", None).await.1;
    assert_eq!(truth["deliveries"], deliveries["expected"]);
    assert_eq!(truth["pushes"], report["pushes"]["accepted"]);
}

/// Each fault of the Node server is found as often as it was done, under its own name, and nothing else is.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn what_a_node_server_does_wrong_is_counted_exactly() {
    let flags = [
        "--users",
        "60",
        "--rate",
        "200/s",
        "--duration",
        "2s",
        "--deadline",
        "1500ms",
        "--settle",
        "1500ms",
        "--lanes",
        "1",
    ];
    for (fault, class) in [
        ("drop", "lost"),
        ("duplicate", "duplicated"),
        ("rename", "misrouted"),
        ("corrupt", "corrupted"),
        ("leak", "misdelivered"),
        ("cross-app", "misdelivered"),
        ("phantom", "phantom"),
        ("swap", "reordered"),
    ] {
        let server = Peer::spawn_node_server(&["--fault", &format!("{fault}-every=97")]).await;
        let (code, report) = pushproof(server.url(), &flags).await;
        let truth = Rest::new(server.url()).call("GET", "/truth", None).await.1;
        let harmed = truth["faults"][fault].as_u64().expect("a count");
        let held = truth["held"].as_u64().expect("a count");
        assert!(harmed > 0, "{fault} was done: {truth}");
        let mut due: BTreeMap<_, _> = CLASSES.map(|class| (class, 0)).into();
        due.insert(class, harmed);
        *due.entry("lost").or_default() += held;
        assert_eq!(violations(&report), due, "{fault}: {truth}");
        assert_eq!(
            truth["deliveries"], report["deliveries"]["expected"],
            "{fault}"
        );
        assert_eq!(
            (code, &report["verdict"]),
            (Some(1), &"fail".into()),
            "{fault}"
        );
        let examples = report["violations"].as_array().expect("examples");
        assert_eq!(examples.len() as u64, (harmed + held).min(20), "{fault}");
        assert!(
            examples.iter().any(|example| example["class"] == class),
            "{fault}"
        );
    }
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn node_and_python_clients_agree_with_the_platform() {
    let config = PlatformConfig {
        apps: vec![AppConfig::named("demo"), AppConfig::named("other")],
        ..PlatformConfig::default()
    };
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let platform = Platform::start(address, config).await.expect("it starts");
    matrix::client_matrix(&format!("http://{}", platform.address())).await;
    platform.stop().await;
}
