//! Connection state recovery, against Node's socket.io: what sockets had missed comes when they are back, and is told from all else.

mod support;

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::Value;
use support::{classes::CLASSES, peers::Peer, peers::within, rest::Rest};
use tokio::process::Command;

const PUSHPROOF: &str = env!("CARGO_BIN_EXE_pushproof");

/// Sockets that end their connections without a word, and are back after a second.
const BREAKS: &str = r#"
seed = 11
[target]
url = "${URL}"
apps = ["demo", "other"]
[users]
count = 60
[pushes]
rate = "100/s"
duration = "4s"
broadcast = 0.3
lanes = 1
[verify]
deadline = "3s"
settle = "3s"
[churn]
rate = "20/s"
away = "800ms"
abrupt = 1.0
"#;

struct Outcome {
    code: Option<i32>,
    report: Value,
    /// What the server says of itself.
    truth: Value,
}

impl Outcome {
    fn number(&self, place: &str) -> u64 {
        let found = self.report.pointer(place).and_then(Value::as_u64);
        found.unwrap_or_else(|| panic!("{place} in {:#}", self.report))
    }

    fn truth(&self, key: &str) -> u64 {
        self.truth[key].as_u64().expect("a number")
    }

    fn fault(&self, name: &str) -> u64 {
        self.truth["faults"][name].as_u64().expect("a number")
    }

    /// The classes that were seen.
    fn violations(&self) -> BTreeMap<&str, u64> {
        let all = CLASSES.map(|class| (class, self.number(&format!("/deliveries/{class}"))));
        all.into_iter().filter(|(_, n)| *n > 0).collect()
    }
}

async fn against(server: &[&str], name: &str, scenario: &str, flags: &[&str]) -> Outcome {
    let node = Peer::spawn_node_server(server).await;
    let path = format!("{}/recovery-{name}.toml", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, scenario).expect("a writable scratch folder");
    let run = Command::new(PUSHPROOF)
        .args(["run", &path, "--json", "-", "-q"])
        .args(flags)
        .env("URL", node.url())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("pushproof starts");
    let output = within("the end of the run", run.wait_with_output()).await;
    let output = output.expect("it is waited for");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let words = String::from_utf8_lossy(&output.stderr);
        panic!("no report ({error}): {words}")
    });
    let truth = Rest::new(node.url()).call("GET", "/truth", None).await.1;
    Outcome {
        code: output.status.code(),
        report,
        truth,
    }
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn what_was_missed_comes_once_the_socket_is_back() {
    for transport in ["websocket", "polling", "upgrade"] {
        let flags = ["--transport", transport];
        let outcome = against(&["--recovery"], transport, BREAKS, &flags).await;
        let context = format!("{transport}: {:#}", outcome.report["deliveries"]);
        assert_eq!(outcome.violations(), BTreeMap::new(), "{context}");
        assert_eq!(outcome.code, Some(0), "{context}");
        let recovered = outcome.number("/sockets/recovered");
        assert!(recovered > 30, "{context}");
        assert_eq!(recovered, outcome.truth("recovered"), "{context}");
        // What was pushed while CONNECT was under way is among ours, if it came after what had been missed.
        let (ours, missed) = (
            outcome.number("/deliveries/recovered"),
            outcome.truth("missed"),
        );
        assert!(
            (missed..missed + recovered).contains(&ours),
            "{missed} {context}"
        );
        assert!(missed > 100, "{context}");
        let latencies = outcome.number("/latency/push/count");
        assert_eq!(
            latencies + ours,
            outcome.number("/deliveries/delivered"),
            "{context}"
        );
    }
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn what_a_recovery_does_wrong_is_counted_exactly() {
    for (fault, class) in [
        ("recover-twice", "duplicated"),
        ("recover-swapped", "reordered"),
        ("recover-foreign", "misdelivered"),
    ] {
        let every = format!("{fault}-every=2");
        let server = ["--recovery", "--fault", &every];
        let outcome = against(&server, fault, BREAKS, &[]).await;
        let n = outcome.fault(fault);
        assert!(n > 10, "{fault}: {n}");
        let context = format!("{fault}: {:#}", outcome.report["deliveries"]);
        assert_eq!(
            outcome.violations(),
            BTreeMap::from([(class, n)]),
            "{context}"
        );
        assert_eq!(outcome.code, Some(1), "{context}");
    }
    // Nothing of what was missed has to come.
    let server = ["--recovery", "--fault", "recover-less-every=2"];
    let outcome = against(&server, "recover-less", BREAKS, &[]).await;
    assert_eq!(outcome.violations(), BTreeMap::new());
    assert_eq!(outcome.code, Some(0));
    let missed = outcome.number("/deliveries/missed_at_churn");
    assert!(missed >= outcome.fault("recover-less"), "{missed}");
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn every_payload_is_told_from_the_offset_behind_it() {
    let payloads = r#"payloads = [
    "object",
    "array",
    "text",
    "binary",
    { kind = "none", event = "refresh" },
    { kind = "null", event = "nothing" },
    { text = "short", exact = true, event = "word" },
]
lanes = 4"#;
    let scenario = BREAKS.replace("lanes = 1", payloads);
    let outcome = against(&["--recovery"], "payloads", &scenario, &[]).await;
    let context = format!("{:#}", outcome.report["deliveries"]);
    assert_eq!(outcome.violations(), BTreeMap::new(), "{context}");
    assert_eq!(outcome.code, Some(0), "{context}");
    assert!(outcome.number("/deliveries/recovered") > 100, "{context}");
    assert!(outcome.number("/deliveries/by_name") > 100, "{context}");
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn workers_and_journals_know_of_recovery() {
    let outcome = against(&["--recovery"], "workers", BREAKS, &["--workers", "2"]).await;
    let context = format!("{:#}", outcome.report["deliveries"]);
    assert_eq!(outcome.violations(), BTreeMap::new(), "{context}");
    assert_eq!(outcome.code, Some(0), "{context}");
    assert_eq!(
        outcome.number("/sockets/recovered"),
        outcome.truth("recovered")
    );
    let journal = format!("{}/recovery.ppj", env!("CARGO_TARGET_TMPDIR"));
    let server = ["--recovery", "--fault", "recover-twice-every=3"];
    let outcome = against(&server, "journal", BREAKS, &["--journal", &journal]).await;
    let n = outcome.fault("recover-twice");
    assert!(n > 5, "{n}");
    assert_eq!(outcome.violations(), BTreeMap::from([("duplicated", n)]));
    let again = Command::new(PUSHPROOF)
        .args(["verify", &journal, "--json", "-", "-q"])
        .output();
    let again = within("the second judgement", again)
        .await
        .expect("it runs");
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    let judged: Value = serde_json::from_slice(&again.stdout).expect("a report");
    for part in ["deliveries", "sockets"] {
        assert_eq!(judged[part], outcome.report[part]);
    }
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn what_comes_behind_a_goodbye_is_told_from_its_offset_too() {
    let scenario = BREAKS.replace("abrupt = 1.0", "abrupt = 0.0\nlinger = \"500ms\"");
    let server = ["--recovery", "--slow-goodbye", "200"];
    let outcome = against(&server, "goodbye", &scenario, &[]).await;
    let context = format!("{:#}", outcome.report["deliveries"]);
    assert_eq!(outcome.violations(), BTreeMap::new(), "{context}");
    assert_eq!(outcome.code, Some(0), "{context}");
    assert!(outcome.number("/sockets/left") > 30, "{context}");
    assert_eq!(outcome.number("/sockets/recovered"), 0, "{context}");
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn who_does_not_ask_recovers_nothing() {
    let flags = ["--set", "clients.recovery=false"];
    let outcome = against(&["--recovery"], "unasked", BREAKS, &flags).await;
    let context = format!("{:#}", outcome.report["deliveries"]);
    assert_eq!(outcome.violations(), BTreeMap::new(), "{context}");
    assert_eq!(outcome.code, Some(0), "{context}");
    assert_eq!(outcome.truth("recovered"), 0);
    assert_eq!(outcome.number("/deliveries/recovered"), 0);
}
