//! Several triggers side by side in one run: against the embedded platform, against one Node server, and against two nodes of a real cluster
//! with `@socket.io/redis-adapter`, while all is well and while Redis is not.

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;

use pushproof::platform::{AppConfig, Platform, PlatformConfig};
use pushproof::trigger::emitted;
use serde_json::{Value, json};
use support::cluster::Cluster;
use support::{classes::CLASSES, peers::Peer, peers::within, rest::Rest};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

const PUSHPROOF: &str = env!("CARGO_BIN_EXE_pushproof");

fn start(name: &str, text: &str, flags: &[&str]) -> Child {
    let path = format!("{}/triggers-{name}.toml", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, text).expect("a writable scratch folder");
    Command::new(PUSHPROOF)
        .args(["run", &path, "--json", "-", "-q"])
        .args(flags)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("pushproof starts")
}

/// The exit code and the report of a run.
async fn ended(run: Child) -> (Option<i32>, Value) {
    let output = within("the end of the run", run.wait_with_output()).await;
    let output = output.expect("it is waited for");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let words = String::from_utf8_lossy(&output.stderr);
        panic!("no report ({error}): {words}")
    });
    (output.status.code(), report)
}

fn count(of: &Value, key: &str) -> u64 {
    of[key].as_u64().unwrap_or_else(|| panic!("{key} in {of}"))
}

/// The classes that were seen.
fn violations(of: &Value) -> BTreeMap<&str, u64> {
    let all = CLASSES.map(|class| (class, count(of, class)));
    all.into_iter().filter(|(_, n)| *n > 0).collect()
}

/// What each trigger has, added up.
fn sum(report: &Value, key: &str) -> u64 {
    let all = report["by_trigger"].as_object().expect("an object");
    all.values().map(|of| count(of, key)).sum()
}

#[tokio::test]
async fn shares_are_exact_and_each_trigger_has_its_own_counts() {
    let text = r#"
seed = 11
thresholds = ["by_trigger.few.pushes == 50", "by_trigger.many.push.p99 < 30s"]
[[target.triggers]]
name = "many"
kind = "http"
weight = 6
[[target.triggers]]
name = "few"
kind = "http"
weight = 2
[users]
count = 20
[pushes]
rate = "200/s"
duration = "1s"
lanes = 5
[platform]
faults = "drop=1/30,duplicate=1/50"
"#;
    let (code, report) = ended(start("shares", text, &[])).await;
    assert_eq!(code, Some(1), "{}", report["reasons"]);
    let by = &report["by_trigger"];
    assert_eq!(count(&by["many"], "accepted"), 150);
    assert_eq!(count(&by["few"], "accepted"), 50);
    let deliveries = &report["deliveries"];
    for class in ["lost", "duplicated", "violations", "expected", "delivered"] {
        assert_eq!(sum(&report, class), count(deliveries, class), "{class}");
    }
    assert!(count(deliveries, "lost") > 0 && count(deliveries, "duplicated") > 0);
    assert_eq!(
        report["thresholds"][0]["ok"], true,
        "{}",
        report["thresholds"]
    );
    assert_eq!(report["scenario"]["plan"]["verify"]["ordering"], "lane");
    assert_eq!(by["few"]["trigger"]["count"], 50);
}

#[tokio::test]
async fn a_command_and_requests_ask_side_by_side() {
    let config = PlatformConfig {
        apps: vec![AppConfig::named("demo"), AppConfig::named("other")],
        ..PlatformConfig::default()
    };
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let platform = Platform::start(address, config).await.expect("it starts");
    let url = format!("http://{}", platform.address());
    let push = json!([
        PUSHPROOF,
        "push",
        "--target",
        url,
        "--app",
        "{{app}}",
        "--user",
        "{{user}}",
        "--event",
        "{{event}}",
        "--message",
        "-"
    ]);
    let text = format!(
        r#"
seed = 3
[target]
url = "{url}"
apps = ["demo", "other"]
[[target.triggers]]
kind = "http"
weight = 4
[[target.triggers]]
name = "program"
kind = "command"
command = {push}
[[target.triggers]]
name = "none"
kind = "command"
command = ["{PUSHPROOF}", "no-such-command"]
[users]
count = 20
[pushes]
rate = "30/s"
duration = "2s"
lanes = 6
[verify]
deadline = "20s"
settle = "20s"
"#
    );
    let (code, report) = ended(start("command", &text, &[])).await;
    let by = &report["by_trigger"];
    assert_eq!(count(&by["http"], "accepted"), 40);
    assert_eq!(count(&by["program"], "accepted"), 10);
    assert_eq!(count(&by["none"], "rejected"), 10);
    assert_eq!(
        count(&by["program"], "delivered"),
        count(&by["program"], "expected")
    );
    assert_eq!(violations(&report["deliveries"]), BTreeMap::new());
    assert_eq!(code, Some(4), "a sixth was refused: {}", report["reasons"]);
    let why = report["pushes"]["not_accepted_because"].to_string();
    assert!(
        why.contains("exit code 2") && why.contains("no-such-command"),
        "{why}"
    );
    platform.stop().await;
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn publishers_know_from_their_acks() {
    let server = Peer::spawn_node("cluster.mjs", &[]).await;
    let url = server.url();
    let text = format!(
        r#"
seed = 4
[target]
url = "{url}"
apps = ["demo", "other"]
[[target.triggers]]
name = "acked"
kind = "socket"
weight = 2
user = "user-900"
password = "password-900"
answer = "/0/status"
[[target.triggers]]
name = "written"
kind = "socket"
ack = false
user = "user-901"
password = "password-901"
[[target.triggers]]
name = "refused"
kind = "socket"
args = '["nobody","{{{{event}}}}",{{{{message}}}}]'
user = "user-902"
password = "password-902"
answer = "/0/status"
[[target.triggers]]
name = "deaf"
kind = "socket"
emit = "never-acked"
timeout = "50ms"
user = "user-903"
password = "password-903"
[users]
count = 20
[pushes]
rate = "50/s"
duration = "2s"
lanes = 5
"#
    );
    let (code, report) = ended(start("acks", &text, &[])).await;
    let by = &report["by_trigger"];
    assert_eq!(count(&by["acked"], "accepted"), 40, "{}", report["pushes"]);
    assert_eq!(count(&by["written"], "accepted"), 20);
    assert_eq!(count(&by["refused"], "rejected"), 20);
    assert_eq!(count(&by["deaf"], "unknown"), 20);
    let deliveries = &report["deliveries"];
    assert_eq!(violations(deliveries), BTreeMap::new());
    assert_eq!(deliveries["delivered"], deliveries["expected"]);
    assert_eq!(code, Some(4), "{}", report["reasons"]);
    let truth = Rest::new(url).call("GET", "/truth", None).await.1;
    assert_eq!(truth["emitted"], deliveries["delivered"]);
    assert_eq!(truth["pushes"], 60);
    // No publisher is one of the run's sockets.
    assert_eq!(report["sockets"]["connected"], 20);
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn users_of_the_run_push_to_their_peers_on_every_transport() {
    let on = users_push_to_their_peers_on;
    tokio::join!(on("websocket"), on("polling"), on("upgrade"));
}

async fn users_push_to_their_peers_on(transport: &str) {
    let server = Peer::spawn_node("cluster.mjs", &[]).await;
    let url = server.url();
    let text = format!(
        r#"
seed = 4
[target]
url = "{url}"
apps = ["demo", "other"]
[[target.triggers]]
name = "acked"
kind = "socket"
from = "users"
weight = 4
answer = "/0/status"
[[target.triggers]]
name = "gone"
kind = "socket"
from = "users"
emit = "push and go"
[users]
count = 20
sockets_per_user = 2
[clients]
reconnect_delay = "20ms"
[pushes]
rate = "50/s"
duration = "2s"
lanes = 5
payloads = ["object", {{ kind = "binary", size = {{ max = 9000 }} }}]
[verify]
deadline = "3s"
settle = "3s"
"#
    );
    let calm = text.replace("emit = \"push and go\"", "emit = \"push\"");
    let run = start(
        &format!("chat-{transport}"),
        &calm,
        &["--transport", transport],
    );
    let (code, report) = ended(run).await;
    assert_eq!(code, Some(0), "{transport}: {}", report["reasons"]);
    assert_eq!(count(&report["pushes"], "accepted"), 100, "{transport}");
    let deliveries = &report["deliveries"];
    assert_eq!(deliveries["delivered"], deliveries["expected"]);
    assert_eq!(count(&report["sockets"], "connected"), 40);
    let truth = Rest::new(url).call("GET", "/truth", None).await.1;
    assert_eq!(truth["pushes"], 100, "{transport}");
    assert_eq!(truth["emitted"], deliveries["delivered"], "{transport}");

    let run = start(
        &format!("chat-gone-{transport}"),
        &text,
        &["--transport", transport],
    );
    let (_, report) = ended(run).await;
    let by = &report["by_trigger"];
    assert_eq!(count(&by["acked"], "accepted"), 80, "{transport}: {by}");
    assert_eq!(count(&by["gone"], "unknown"), 20, "{transport}: {by}");
    assert_eq!(violations(&report["deliveries"]), BTreeMap::new());
    assert_eq!(count(&report["sockets"], "dropped"), 20, "{transport}");
    // Nothing was asked for twice.
    let truth = Rest::new(url).call("GET", "/truth", None).await.1;
    assert_eq!(truth["pushes"], 200, "{transport}");
}

/// A scenario of pushes at either node and over Redis.
fn scenario(cluster: &Cluster, redis: &str, rest: &str) -> String {
    let [one, other] = cluster.urls();
    let url = cluster.redis.url();
    format!(
        r#"
seed = 5
[target]
url = "{one}"
nodes = ["{other}"]
apps = ["demo", "other"]
[[target.triggers]]
name = "api"
kind = "http"
weight = 2
[[target.triggers]]
name = "emitter"
kind = "redis"
url = "{url}"
room = "user:{{{{app}}}}:{{{{user}}}}"
{redis}
[[target.triggers]]
name = "page"
kind = "socket"
user = "user-900"
password = "password-900"
answer = "/0/status"
[users]
count = 60
{rest}
"#
    )
}

const ROOM: &str = "broadcast_room = \"app:{{app}}\"";

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn two_nodes_with_redis_are_right_whoever_asks() {
    let rest = "[pushes]\nrate = \"200/s\"\nduration = \"1s\"\nlanes = 8\nbroadcast = 0.2\n";
    let cluster = Cluster::start().await;
    let mut before = 0;
    for transport in ["websocket", "polling", "upgrade"] {
        let text = scenario(&cluster, ROOM, rest);
        let run = start(transport, &text, &["--transport", transport]);
        let (code, report) = ended(run).await;
        assert_eq!(code, Some(0), "{transport}: {}", report["reasons"]);
        let by = &report["by_trigger"];
        assert_eq!(count(&by["api"], "accepted"), 100, "{transport}");
        assert_eq!(count(&by["emitter"], "accepted"), 50, "{transport}");
        assert_eq!(count(&by["page"], "accepted"), 50, "{transport}");
        let deliveries = &report["deliveries"];
        assert_eq!(deliveries["delivered"], deliveries["expected"]);
        assert_eq!(sum(&report, "expected"), count(deliveries, "expected"));
        let emitted = cluster.emitted().await;
        assert_eq!(
            emitted - before,
            count(deliveries, "delivered"),
            "{transport}"
        );
        before = emitted;
    }
    // Neither node was left out.
    for truth in cluster.truths().await {
        assert!(count(&truth, "pushes") > 100, "{truth}");
        assert_eq!(truth["unpublished"], 0);
    }
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn bytes_go_over_redis_by_a_publisher_and_by_requests() {
    let rest = "[pushes]\nrate = \"100/s\"\nduration = \"1s\"\nlanes = 8\nbroadcast = 0.2\n\
        payloads = [{ kind = \"binary\", size = { max = 9000 } }, \"object\"]\n";
    let cluster = Cluster::start().await;
    let text = scenario(&cluster, ROOM, rest);
    let (code, report) = ended(start("bytes", &text, &[])).await;
    assert_eq!(code, Some(0), "{}", report["reasons"]);
    let by = &report["by_trigger"];
    for (trigger, accepted) in [("api", 50), ("emitter", 25), ("page", 25)] {
        assert_eq!(count(&by[trigger], "accepted"), accepted, "{trigger}");
    }
    let deliveries = &report["deliveries"];
    assert_eq!(deliveries["delivered"], deliveries["expected"]);
    assert_eq!(cluster.emitted().await, count(deliveries, "delivered"));
}

/// An emitter that names no room for an app's broadcasts sends them to every app.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn an_emitter_that_breaks_isolation_is_found_and_named() {
    let rest = "[pushes]\nrate = \"100/s\"\nduration = \"1s\"\nlanes = 4\nbroadcast = 0.3\n";
    let cluster = Cluster::start().await;
    let (code, report) = ended(start("isolation", &scenario(&cluster, "", rest), &[])).await;
    assert_eq!(code, Some(1), "{}", report["reasons"]);
    let (by, deliveries) = (&report["by_trigger"], &report["deliveries"]);
    let elsewhere = count(deliveries, "misdelivered");
    // Each was also delivered to the thirty sockets of the other app.
    assert!(
        elsewhere > 0 && elsewhere.is_multiple_of(30),
        "{deliveries}"
    );
    let all = BTreeMap::from([("misdelivered", elsewhere)]);
    assert_eq!(violations(deliveries), all);
    assert_eq!(violations(&by["emitter"]), all);
    assert_eq!(violations(&by["api"]), BTreeMap::new());
    let emitted = cluster.emitted().await;
    assert_eq!(emitted, count(deliveries, "delivered") + elsewhere);
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn what_is_lost_while_redis_is_gone_is_told() {
    let rest = "[pushes]\nrate = \"150/s\"\nduration = \"4s\"\nlanes = 8\nbroadcast = 0.2\n";
    for transport in ["websocket", "polling"] {
        let mut cluster = Cluster::start().await;
        let text = scenario(&cluster, ROOM, rest);
        let name = format!("redis-{transport}");
        let run = start(&name, &text, &["--transport", transport]);
        cluster.pushed(100).await;
        cluster.redis.kill().await;
        cluster.pushed(100).await;
        cluster.redis.restart().await;
        let (code, report) = ended(run).await;
        assert_eq!(code, Some(1), "{transport}: {}", report["reasons"]);
        let (by, deliveries) = (&report["by_trigger"], &report["deliveries"]);
        let lost = count(deliveries, "lost");
        assert!(lost > 0, "{transport}: {deliveries}");
        assert_eq!(violations(deliveries), BTreeMap::from([("lost", lost)]));
        // What was accepted came or was lost, and what came is what the nodes wrote.
        assert_eq!(
            count(deliveries, "expected"),
            count(deliveries, "came") + lost
        );
        assert_eq!(cluster.emitted().await, count(deliveries, "delivered"));
        let emitter = &by["emitter"];
        let not = count(emitter, "rejected") + count(emitter, "unknown");
        assert!(not > 0, "{transport}: {emitter}");
        assert_eq!(count(emitter, "accepted") + not, 150);
        assert!(count(&by["api"], "lost") > 0, "{}", by["api"]);
        // Requests and sockets go on: their nodes answer with or without Redis.
        assert_eq!(count(&by["api"], "accepted"), 300);
        assert_eq!(count(&by["page"], "accepted"), 150);
    }
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn the_emitter_of_node_writes_the_same_bytes() {
    let messages = [
        r#"{"z":1,"a":{"b":[1,-1,127,128,255,256,65535,65536,-32,-33,-128,-129]},"é":"漢字🎉"}"#,
        "[4294967295,4294967296,-2147483648,-2147483649,0.5,-0.25,1.0,true,false,null,[]]",
        "\"a text\"",
        "{}",
        "",
    ];
    let long = format!("[\"{}\",{:?}]", "x".repeat(70_000), vec![7; 20]);
    let mut node = Command::new("node");
    let mut emitter = node
        .arg("emitter.mjs")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("node starts");
    let mut asked = Vec::new();
    let mut lines = String::new();
    for message in messages.into_iter().chain([long.as_str()]) {
        for room in [None, Some("user:demo:user-1")] {
            asked.push((room, message));
            let room = room.map_or("null".to_owned(), |room| format!("{room:?}"));
            lines.extend([format!(
                "{{\"nsp\":\"/\",\"room\":{room},\"event\":\"alért\",\"args\":[{message}]}}\n"
            )]);
        }
    }
    let mut stdin = emitter.stdin.take().expect("it is piped");
    let write = async move {
        stdin.write_all(lines.as_bytes()).await.expect("it reads");
    };
    let both = async { tokio::join!(write, emitter.wait_with_output()).1 };
    let output = within("the emitter", both).await.expect("it ends");
    let told: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    assert_eq!(told.len(), asked.len());
    for ((room, message), told) in asked.into_iter().zip(told) {
        let bytes = emitted("/", room, "alért", message);
        let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = hex.concat();
        let start: String = message.chars().take(60).collect();
        assert_eq!(told["hex"], hex, "{room:?} {start}");
    }
}
