//! Connection state recovery, against Node's socket.io: what sockets had missed comes when they are back, and is told from all else. And of
//! Node's socket.io-client, by the embedded platform.

mod support;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use pushproof::platform::{Platform, PlatformConfig};
use serde_json::{Value, json};
use support::peers::{Identity, Peer, within};
use support::{classes::CLASSES, rest::Rest};
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

/// A page's own client is back at the embedded platform three times, with its transport cut each time.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn the_embedded_platform_recovers_a_page() {
    let config = PlatformConfig {
        recovery: Some(Duration::from_secs(120)),
        ..PlatformConfig::default()
    };
    let address = "127.0.0.1:0".parse().expect("an address");
    let platform = Platform::start(address, config).await.expect("a platform");
    let url = format!("http://{}", platform.address());
    let mut pages = tokio::task::JoinSet::new();
    for (n, transports) in [Some("websocket"), Some("polling"), None]
        .into_iter()
        .enumerate()
    {
        let (url, user) = (url.clone(), format!("user-{n}"));
        pages.spawn(async move { comes_back(&url, &user, transports).await });
    }
    while let Some(ended) = pages.join_next().await {
        ended.expect("each is done");
    }
    platform.stop().await;
}

async fn comes_back(url: &str, user: &str, transports: Option<&str>) {
    let rest = Rest::new(url);
    let who = Identity::User(user);
    let mut page = Peer::client_node("4.8.1", url, "demo", who, transports);
    let session = page.session().await;
    let (sid, recovered) = page.back().await;
    assert!(!recovered, "it is new");
    let mut due = 0;
    let mut push = async |n: u64| {
        for _ in 0..n {
            rest.push("demo", user, "news", Some(&json!({"n": due})))
                .await;
            due += 1;
        }
    };
    let mut seen = 0;
    let mut hears = async |page: &mut Peer, n: u64| {
        for _ in 0..n {
            let event = page.event().await;
            // The client leaves the offset where it is: behind the page's own arguments.
            assert_eq!(event.args.len(), 2, "{transports:?}: {event:?}");
            assert_eq!(event.args[0], json!({"n": seen}), "{transports:?}");
            seen += 1;
        }
        assert_eq!(page.events_so_far().await, [], "{transports:?}");
    };
    push(2).await;
    hears(&mut page, 2).await;
    for missed in [3, 0, 5] {
        page.command(&json!({"do": "cut"})).await;
        page.disconnected().await;
        push(missed).await;
        assert_eq!(page.back().await, (sid.clone(), true), "{transports:?}");
        push(1).await;
        hears(&mut page, missed + 1).await;
    }
    // Logged out of while it is away it is let in no more.
    page.command(&json!({"do": "cut"})).await;
    page.disconnected().await;
    rest.logout("demo", &session).await;
    assert_eq!(page.connect_error().await, "not authorized");
    page.end().await;
}
