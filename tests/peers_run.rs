//! Our side against programs that nobody here wrote: the whole command against a Node `socket.io` server, right and wrong on purpose;
//! Node's and Python's clients against the embedded platform.

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;

use pushproof::platform::{AppConfig, FaultConfig, Platform, PlatformConfig};
use pushproof::report::metrics::{BOUNDS, Kind, families as every_family};
use serde_json::Value;
use support::peers::{Peer, metrics, within};
use support::{classes::CLASSES, cluster::Cluster, matrix, rest::Rest};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

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

/// A load whose deliveries a server counts in one order: every so manieth is the same each time.
const ONE_LANE: [&str; 14] = [
    "--users",
    "60",
    "--rate",
    "200/s",
    "--duration",
    "2s",
    "--lanes",
    "1",
    "--seed",
    "3",
    "--deadline",
    "4s",
    "--settle",
    "4s",
];

/// Every transport against a real `socket.io` server: all right, and exactly as wrong as it is.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn every_transport_agrees_with_a_node_server() {
    let mix = scenario(
        "mix",
        "[clients.transports]\nwebsocket = 0.2\npolling = 0.4\nupgrade = 0.4\n",
    );
    for way in [
        &["--transport", "polling"][..],
        &["--transport", "upgrade"],
        &[mix.as_str()],
    ] {
        for (fault, class) in [("drop", "lost"), ("duplicate", "duplicated")] {
            let server = Peer::spawn_node_server(&["--fault", &format!("{fault}-every=97")]).await;
            let (code, report) = pushproof(server.url(), &[way, &ONE_LANE].concat()).await;
            let truth = Rest::new(server.url()).call("GET", "/truth", None).await.1;
            let harmed = truth["faults"][fault].as_u64().expect("a count");
            assert!(harmed > 0, "{truth}");
            let mut due: BTreeMap<_, _> = CLASSES.map(|class| (class, 0)).into();
            due.insert(class, harmed);
            assert_eq!(violations(&report), due, "{way:?}: {truth}");
            assert_eq!(truth["deliveries"], report["deliveries"]["expected"]);
            assert_eq!(code, Some(1), "{way:?}");
            let sockets = &report["sockets"];
            assert_eq!(sockets["upgraded"], sockets["by_transport"]["upgrade"]);
        }
        let server = Peer::spawn_node_server(&[]).await;
        let (code, report) = pushproof(server.url(), &[way, &ONE_LANE].concat()).await;
        assert_eq!(code, Some(0), "{way:?}: {}", report["reasons"]);
        let deliveries = &report["deliveries"];
        assert_eq!(deliveries["delivered"], deliveries["expected"]);
    }
}

/// Requests of sockets over every transport against a real `socket.io` server: all answered right, and exactly as wrong as they are.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn requests_agree_with_a_node_server() {
    let requests = scenario(
        "requests",
        "[users]\ncount = 30\n[pushes]\nbroadcast = 0.0\n[verify]\ndeadline = \"4s\"\nsettle = \"4s\"\n[requests]\nevent = \"ask\"\nrate = \"50/s\"\ntimeout = \"4s\"\n",
    );
    let faults = "ack-wrong-every=10,ack-drop-every=9,ack-twice-every=8";
    let run = |transport, faults: Option<&'static str>| {
        let requests = requests.as_str();
        async move {
            let flags = faults.map_or(vec![], |faults| vec!["--fault", faults]);
            let server = Peer::spawn_node_server(&flags).await;
            let load = ["--rate", "60/s", "--duration", "2s", "--seed", "3"];
            let flags = [&[requests, "--transport", transport][..], &load].concat();
            let (code, report) = pushproof(server.url(), &flags).await;
            let truth = Rest::new(server.url()).call("GET", "/truth", None).await.1;
            let harmed = ["ack-wrong", "ack-drop", "ack-twice"];
            let harmed = harmed.map(|name| truth["faults"][name].as_u64().expect("a count"));
            assert_eq!(harmed.iter().all(|n| *n >= 9), faults.is_some(), "{truth}");
            let found = &report["requests"];
            let count = |name: &str| found[name].as_u64().expect("a count");
            let wrong = ["wrong", "timed_out", "unasked"].map(count);
            assert_eq!(wrong, harmed, "{transport}: {found}");
            assert_eq!(count("sent"), 100, "{transport}: {found}");
            assert_eq!(count("answered"), 100 - harmed[0] - harmed[1]);
            let exit = i32::from(faults.is_some());
            assert_eq!(code, Some(exit), "{transport}: {}", report["reasons"]);
            assert!(violations(&report).values().all(|n| *n == 0));
        }
    };
    tokio::join!(
        run("websocket", Some(faults)),
        run("polling", Some(faults)),
        run("upgrade", Some(faults)),
        run("upgrade", None),
    );
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn every_transport_agrees_with_a_python_server() {
    let flags = [
        "--users",
        "40",
        "--rate",
        "50/s",
        "--duration",
        "2s",
        "--deadline",
        "4s",
        "--settle",
        "4s",
    ];
    for (transport, server, upgraded, stayed) in [
        ("websocket", &[][..], 0, 0),
        ("polling", &[], 0, 0),
        ("upgrade", &[], 40, 0),
        ("upgrade", &["--no-upgrades"], 0, 40),
    ] {
        let server = Peer::spawn_python_server(server).await;
        let (code, report) = pushproof(
            server.url(),
            &[&["--transport", transport], &flags[..]].concat(),
        )
        .await;
        assert_eq!(code, Some(0), "{transport}: {}", report["reasons"]);
        let deliveries = &report["deliveries"];
        assert_eq!(deliveries["delivered"], deliveries["expected"]);
        let sockets = &report["sockets"];
        assert_eq!(sockets["upgraded"], upgraded, "{sockets}");
        let why = "the target offers no websocket in its handshake";
        let told = sockets["not_upgraded_because"][why].as_u64();
        assert_eq!(told.unwrap_or_default(), stayed, "{sockets}");
    }
}

/// A scenario file with this text.
fn scenario(name: &str, text: &str) -> String {
    let path = format!("{}/{name}.toml", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, text).expect("a writable scratch folder");
    path
}

/// The classes that something shows as, with how often in each.
type ShowsAs = &'static [(&'static str, u64)];

/// Faults of the Node server, of each how many deliveries, pushes or sockets one is harmed of, and what each time shows as.
const NODE_FAULTS: [(&str, u32, ShowsAs); 28] = [
    ("drop", 97, &[("lost", 1)]),
    ("skip-socket", 97, &[("lost", 1)]),
    ("duplicate", 97, &[("duplicated", 1)]),
    ("duplicate-late", 97, &[("duplicated", 1)]),
    ("rename", 97, &[("misrouted", 1)]),
    ("rename-case", 97, &[("misrouted", 1)]),
    ("rename-space", 97, &[("misrouted", 1)]),
    ("rename-other", 97, &[("misrouted", 1)]),
    ("corrupt", 97, &[("corrupted", 1)]),
    ("corrupt-digit", 97, &[("corrupted", 1)]),
    ("corrupt-type", 97, &[("corrupted", 1)]),
    ("corrupt-unicode", 97, &[("corrupted", 1)]),
    ("corrupt-key", 97, &[("corrupted", 1)]),
    ("truncate", 97, &[("corrupted", 1)]),
    ("leak", 97, &[("misdelivered", 1)]),
    ("cross-app", 97, &[("misdelivered", 1)]),
    ("phantom", 97, &[("phantom", 1)]),
    ("swap", 97, &[("reordered", 1)]),
    ("swap-far", 97, &[("reordered", 1)]),
    ("delay", 97, &[("late", 1)]),
    ("lie", 13, &[("lost", 1)]),
    ("deny", 13, &[]),
    ("shard", 7, &[("lost", 1)]),
    ("swap-users", 13, &[("misdelivered", 2), ("lost", 2)]),
    ("freeze", 11, &[("lost", 1)]),
    ("drop-tail", 11, &[("lost", 1)]),
    ("premature", 11, &[("premature", 1)]),
    ("after-leave", 3, &[("phantom", 1)]),
];

/// Each fault of the Node server is found as often as it was done, under its own name, and nothing else is.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn what_a_node_server_does_wrong_is_counted_exactly() {
    // One delivery that is held up for longer than the deadline is overtaken as well.
    let unordered = scenario("unordered", "[verify]\nordering = \"none\"\n");
    // What is cut off behind 64 KiB must have been longer.
    let long = scenario("long", "[pushes]\nsize = 70000\n");
    let who_leave = scenario(
        "leavers",
        "[churn]\nrate = \"12/s\"\nshare = 0.3\nabrupt = 0.0\naway = \"200ms\"\nlinger = \"4500ms\"\n",
    );
    for (fault, every, shows_as) in NODE_FAULTS {
        let server = Peer::spawn_node_server(&["--fault", &format!("{fault}-every={every}")]).await;
        let leaves = fault == "after-leave";
        let mut flags = vec!["--users", "60", "--rate", "200/s"];
        flags.extend(["--duration", if leaves { "7s" } else { "2s" }]);
        flags.extend(["--deadline", "1500ms", "--lanes", "1"]);
        match fault {
            "delay" => flags.extend(["--settle", "4s", &unordered]),
            "truncate" => flags.extend(["--settle", "1500ms", &long]),
            "after-leave" => flags.extend(["--settle", "2s", &who_leave]),
            "skip-socket" => flags.extend(["--settle", "1500ms", "--sockets-per-user", "2"]),
            _ => flags.extend(["--settle", "1500ms"]),
        }
        let (code, report) = pushproof(server.url(), &flags).await;
        let truth = Rest::new(server.url()).call("GET", "/truth", None).await.1;
        let harmed = truth["faults"][fault].as_u64().expect("a count");
        let held = truth["held"].as_u64().expect("a count");
        assert!(harmed > 0, "{fault} was done: {truth}");
        let mut due: BTreeMap<_, _> = CLASSES.map(|class| (class, 0)).into();
        due.extend(shows_as.iter().map(|(class, each)| (*class, each * harmed)));
        *due.entry("lost").or_default() += held;
        assert_eq!(violations(&report), due, "{fault}: {truth}");
        if fault == "deny" {
            assert_eq!(report["pushes"]["unknown"], harmed, "{truth}");
            assert_eq!((code, &report["verdict"]), (Some(4), &"unknown".into()));
            continue;
        }
        if !leaves {
            let expected = &report["deliveries"]["expected"];
            assert_eq!(truth["deliveries"], *expected, "{fault}");
        }
        assert_eq!(
            (code, &report["verdict"]),
            (Some(1), &"fail".into()),
            "{fault}"
        );
        let examples = report["violations"].as_array().expect("examples");
        for (class, n) in due {
            let shown = examples.iter().filter(|example| example["class"] == class);
            // Of more than twenty in one shard, ten and every second or fourth of the rest are kept.
            let shown = shown.count() as u64;
            let enough = if n <= 20 { n..=n } else { 15..=20 };
            assert!(enough.contains(&shown), "{fault}: {shown} of {n} {class}");
        }
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

/// A server that is not spoken to by the contract, over every transport: with the shipped scenario, and a key that no report has.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn an_application_of_its_own_kind_is_described_in_a_file() {
    const KEY: &str = "s3cr3t-key";
    let server = Peer::spawn_node("rooms.mjs", &["--key", KEY]).await;
    let run = |key: &str, flags: &[&str]| {
        let shipped = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/scenarios/generic-socketio.toml"
        );
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushproof"));
        command
            .args(["run", shipped, "--json", "-", "-q", "--duration", "2s"])
            // A share of broadcasts drawn anew would make another number of deliveries each time.
            .args(["--seed", "7"])
            .args(flags)
            .env("TARGET", server.url())
            .env("PUSH_KEY", key)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        async move {
            let output = command.output().await.expect("pushproof starts");
            let text = String::from_utf8(output.stdout).expect("a report is text");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let report: Value = serde_json::from_str(&text).expect(&said);
            assert!(!text.contains(KEY) && !said.contains(KEY), "{said}");
            (output.status.code(), report)
        }
    };
    for flags in [
        &["--transport", "websocket"][..],
        &["--transport", "polling"],
        &["--transport", "upgrade"],
        &["--workers", "2"],
    ] {
        let (code, report) = run(KEY, flags).await;
        let deliveries = &report["deliveries"];
        assert_eq!(
            code,
            Some(0),
            "{flags:?} {} {deliveries}",
            report["reasons"]
        );
        assert_eq!(report["pushes"]["accepted"], 100);
        assert!(deliveries["delivered"].as_u64() > Some(500), "{deliveries}");
        assert_eq!(deliveries["delivered"], deliveries["expected"]);
        let shown = &report["scenario"]["plan"]["target"]["trigger"]["headers"]["Authorization"];
        assert_eq!(shown, "Bearer ${PUSH_KEY:-key}");
    }
    let (code, report) = run("another", &[]).await;
    assert_eq!(code, Some(4), "{}", report["reasons"]);
    assert_eq!(report["pushes"]["rejected"], 100);
    let reasons = report["reasons"].to_string();
    assert!(reasons.contains("401"), "{reasons}");
}

/// Payloads of every kind through a server that parses and writes them anew, with and without a tag; and a server that sends some twice.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn payloads_of_every_kind_go_through_a_node_server() {
    let kinds = scenario(
        "payloads",
        r#"
[pushes]
payloads = [
  { json = '{ "to" : "{{user}}", "n" : {{seq}}.0, "id" : "{{random 8}}" }', size = { min = 100, max = 5000 } },
  { text = "hello \"{{user}}\" {{random 20}}", event = "greeting" },
  { rows = ['{"a":[]}', '"b"', '[]'], event = "обновление" },
  { number = 2.50, event = "number" },
  { kind = "null", event = "null" },
  { kind = "none", event = "refresh" },
  { json = ' { "n" : [ 1.0, "{{user}}" ] } ', exact = true, event = "fixed" },
]
"#,
    );
    let flags = [
        kinds.as_str(),
        "--users",
        "40",
        "--rate",
        "150/s",
        "--duration",
        "2s",
        "--seed",
        "3",
        "--deadline",
        "4s",
        "--settle",
        "4s",
    ];
    let server = Peer::spawn_node_server(&[]).await;
    let (code, report) = pushproof(server.url(), &flags).await;
    let deliveries = &report["deliveries"];
    assert_eq!(code, Some(0), "{} {deliveries}", report["reasons"]);
    assert_eq!(deliveries["delivered"], deliveries["expected"]);
    assert!(deliveries["by_name"].as_u64() > Some(100), "{deliveries}");
    let truth = Rest::new(server.url()).call("GET", "/truth", None).await.1;
    assert_eq!(truth["deliveries"], deliveries["expected"]);

    let server = Peer::spawn_node_server(&["--fault", "duplicate-every=20"]).await;
    let (code, report) = pushproof(server.url(), &flags).await;
    let truth = Rest::new(server.url()).call("GET", "/truth", None).await.1;
    let (twice, found) = (&truth["faults"]["duplicate"], violations(&report));
    assert_eq!(code, Some(1), "{found:?}");
    assert!(twice.as_u64() > Some(10), "{truth}");
    assert_eq!(found["duplicated"], twice.as_u64().unwrap(), "{found:?}");
    assert_eq!(
        found.values().sum::<u64>(),
        found["duplicated"],
        "{found:?}"
    );
}

const BYTES: &str = r#"
[pushes]
payloads = [
  { kind = "binary", size = { median = 900, sigma = 1.5, max = 100000 } },
  { kind = "binary", event = "file" },
  "object",
]
"#;

/// Bytes through servers that take events with attachments apart and put them together, as in base64 in polling; and one that does it wrong.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn bytes_go_through_node_and_python_servers() {
    let file = scenario("bytes", BYTES);
    let flags = [
        file.as_str(),
        "--users",
        "20",
        "--rate",
        "100/s",
        "--duration",
        "1s",
        "--seed",
        "3",
        "--deadline",
        "3s",
        "--settle",
        "3s",
    ];
    let is_right = async |server: Peer, transport: &str| {
        let flags = [&["--transport", transport], &flags[..]].concat();
        let (code, report) = pushproof(server.url(), &flags).await;
        let deliveries = &report["deliveries"];
        let told = format!("{transport}: {} {deliveries}", report["reasons"]);
        assert_eq!(code, Some(0), "{told}");
        assert_eq!(deliveries["delivered"], deliveries["expected"], "{told}");
        let truth = Rest::new(server.url()).call("GET", "/truth", None).await.1;
        assert_eq!(truth["deliveries"], deliveries["expected"], "{told}");
    };
    let by = async |transport: &'static str| {
        let node = Peer::spawn_node_server(&[]).await;
        let python = Peer::spawn_python_server(&[]).await;
        tokio::join!(is_right(node, transport), is_right(python, transport));
    };
    tokio::join!(by("websocket"), by("polling"), by("upgrade"));
    let faults = "corrupt-every=17,drop-every=19,duplicate-every=23,leak-every=29";
    let server = Peer::spawn_node_server(&["--fault", faults]).await;
    let (code, report) = pushproof(server.url(), &flags).await;
    let truth = Rest::new(server.url()).call("GET", "/truth", None).await.1;
    let (done, found) = (&truth["faults"], violations(&report));
    assert_eq!(code, Some(1), "{found:?}");
    for (class, fault) in [
        ("corrupted", "corrupt"),
        ("lost", "drop"),
        ("duplicated", "duplicate"),
        ("misdelivered", "leak"),
    ] {
        let times = done[fault].as_u64().unwrap();
        assert!(times > 0, "{fault}: {truth}");
        assert_eq!(found[class], times, "{class}: {found:?} {truth}");
    }
    assert_eq!(found.values().filter(|n| **n > 0).count(), 4, "{found:?}");
}

/// Tokens that we sign, against a server that verifies them with a library of its own: good ones are let in, and bad ones refused.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn tokens_are_signed_as_a_node_server_verifies_them() {
    const SECRET: &str = "s3cr3t-of-the-tests";
    const HS256: &str = "algorithm = \"HS256\"\nsecret = \"${JWT_SECRET}\"";
    const RS256: &str = "algorithm = \"RS256\"\nkey = \"key.pem\"";
    let scratch = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("jwt-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).expect("a scratch directory");
    let users = (0..20).map(|n| format!("user-{n},{}\n", ["blue", "red"][n % 2]));
    let users = format!("name,tenant\n{}", users.collect::<String>());
    std::fs::write(scratch.join("users.csv"), users).expect("a writable scratch directory");
    let key = scratch.join("key.pem");
    let hs = ["--algorithm", "HS256", "--secret", SECRET];
    // One for each run: pushes of one are no business of another's.
    let strict = [
        Peer::spawn_node("jwt.mjs", &hs).await,
        Peer::spawn_node("jwt.mjs", &hs).await,
        Peer::spawn_node("jwt.mjs", &hs).await,
    ];
    let lenient = Peer::spawn_node("jwt.mjs", &[&hs[..], &["--lenient"]].concat()).await;
    let private = key.to_str().expect("UTF-8");
    let rsa = ["--algorithm", "RS256", "--private-key", private];
    let rsa = Peer::spawn_node("jwt.mjs", &rsa).await;
    let run = |server: &Peer, jwt: &'static str, kind: &'static str, secret: &'static str| {
        let scenario = format!(
            "seed = 7\n[target]\nurl = \"{}\"\napps = [\"all\"]\n[target.trigger]\npath = \"/push/{{{{user}}}}/{{{{event}}}}\"\n\
             broadcast_path = \"/push-all/{{{{event}}}}\"\nbody = '{{{{message}}}}'\n[users]\nfile = \"users.csv\"\n[users.jwt]\n{jwt}\n\
             claims = '{{\"sub\":\"{{{{user}}}}\",\"tenant\":\"{{{{user.tenant}}}}\"}}'\nlifetime = \"2m\"\n[users.refused]\nshare = 0.1\nkind = \"{kind}\"\n\
             [pushes]\nrate = \"50/s\"\nduration = \"1s\"\nbroadcast = 0.2\n[verify]\ndeadline = \"3s\"\nsettle = \"3s\"\n",
            server.url()
        );
        let port = server.url().rsplit(':').next().expect("a port");
        let path = scratch.join(format!("{port}.toml"));
        std::fs::write(&path, scenario).expect("a writable scratch directory");
        async move {
            let output = Command::new(env!("CARGO_BIN_EXE_pushproof"))
                .arg("run")
                .arg(path)
                .args(["--json", "-", "-q"])
                .env("JWT_SECRET", secret)
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .output()
                .await
                .expect("pushproof starts");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!text.contains(SECRET) && !said.contains(SECRET), "{said}");
            let report: Value = serde_json::from_str(&text).expect(&said);
            (output.status.code(), report)
        }
    };
    let (expired, invalid, signed, let_in, wrong) = tokio::join!(
        run(&strict[0], HS256, "expired", SECRET),
        run(&strict[1], HS256, "invalid", SECRET),
        run(&rsa, RS256, "expired", SECRET),
        run(&lenient, HS256, "expired", SECRET),
        run(&strict[2], HS256, "expired", "another"),
    );
    for ((code, report), why) in [
        (expired, "jwt expired"),
        (invalid, "invalid signature"),
        (signed, "jwt expired"),
    ] {
        assert_eq!(code, Some(0), "{}", report["reasons"]);
        assert_eq!(report["sockets"]["connected"], 18);
        let refused = &report["must_refuse"];
        assert_eq!(
            (&refused["refused"], &refused["let_in"]),
            (&2.into(), &0.into())
        );
        let why = format!("the target refused the session: {why}");
        assert_eq!(refused["refused_because"][why], 2, "{refused}");
        assert_eq!(report["logins"]["attempted"], 0);
    }
    let (code, report) = let_in;
    assert_eq!(code, Some(1), "{}", report["reasons"]);
    assert_eq!(report["must_refuse"]["let_in"], 2);
    let deliveries = &report["deliveries"];
    assert!(
        deliveries["misdelivered"].as_u64() > Some(0),
        "{deliveries}"
    );
    assert_eq!(deliveries["violations"], deliveries["misdelivered"]);
    assert_eq!(deliveries["delivered"], deliveries["expected"]);
    let (code, report) = wrong;
    assert_eq!(code, Some(4), "{}", report["reasons"]);
    let reasons = report["reasons"].to_string();
    assert!(
        reasons.contains(
            "no socket could be connected: the target refused the session: invalid signature"
        ),
        "{reasons}"
    );
    std::fs::remove_dir_all(&scratch).ok();
}

/// A real `socket.io` server over HTTPS, in a namespace of its own: all right, and exactly as wrong as it is.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn a_node_server_over_https_and_in_a_namespace_agrees() {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]);
    let made = made.expect("a certificate");
    let file = |name: &str, text: String| {
        let path = format!(
            "{}/{}-{name}",
            env!("CARGO_TARGET_TMPDIR"),
            std::process::id()
        );
        std::fs::write(&path, text).expect("a writable directory");
        path
    };
    let cert = file("node.pem", made.cert.pem());
    let key = file("node.key", made.signing_key.serialize_pem());
    let mix = scenario(
        "https",
        "[target]\nnamespace = \"/live\"\n[clients.transports]\nwebsocket = 0.4\npolling = 0.3\nupgrade = 0.3\n",
    );
    let server = Peer::spawn_node_server(&[
        "--tls-cert",
        &cert,
        "--tls-key",
        &key,
        "--namespace",
        "/live",
        "--fault",
        "drop-every=97",
    ])
    .await;
    assert!(server.url().starts_with("https://"));
    let flags = [&[mix.as_str(), "--ca", &cert], &ONE_LANE[..]].concat();
    let (code, report) = pushproof(server.url(), &flags).await;
    assert_eq!(code, Some(1), "{}", report["reasons"]);
    // Each push is given out whole, and every 97th delivery is dropped.
    let expected = report["deliveries"]["expected"].as_u64().expect("a count");
    let mut due: BTreeMap<_, _> = CLASSES.map(|class| (class, 0)).into();
    due.insert("lost", expected / 97);
    assert!(expected > 97);
    assert_eq!(violations(&report), due);
    let sockets = &report["sockets"];
    assert_eq!(sockets["upgraded"], sockets["by_transport"]["upgrade"]);
    let plain = server.url().replace("https://", "http://");
    let (code, report) = pushproof(&plain, &["--users", "2"]).await;
    assert_eq!(code, Some(4));
    let reasons = report["reasons"].to_string();
    assert!(reasons.contains("write https://"), "{reasons}");
}

/// The servers that the same scenario has to pass against. Each counts what it sends by itself.
enum Server {
    Embedded(Platform),
    Peer(Box<Peer>),
    Cluster(Box<Cluster>),
}

impl Server {
    const ALL: [&str; 5] = ["embedded", "node", "two nodes", "socketioxide", "python"];

    async fn start(which: &str) -> Self {
        match which {
            "embedded" => {
                // A fault that is never done: its occasions are all deliveries.
                let faults = FaultConfig {
                    rates: vec!["drop=1/1000000000".parse().expect("a fault")],
                    ..FaultConfig::default()
                };
                let config = PlatformConfig {
                    apps: vec![AppConfig::named("demo"), AppConfig::named("other")],
                    faults,
                    ..PlatformConfig::default()
                };
                let address = SocketAddr::from(([127, 0, 0, 1], 0));
                let platform = Platform::start(address, config).await;
                Self::Embedded(platform.expect("it starts"))
            }
            "node" => Self::Peer(Peer::spawn_node_server(&[]).await.into()),
            "two nodes" => Self::Cluster(Cluster::start().await.into()),
            "socketioxide" => Self::Peer(Peer::spawn_socketioxide_server(&[]).await.into()),
            "python" => Self::Peer(Peer::spawn_python_server(&[]).await.into()),
            other => panic!("no server {other}"),
        }
    }

    /// Where it is: each of its nodes.
    fn urls(&self) -> Vec<String> {
        match self {
            Self::Embedded(platform) => vec![format!("http://{}", platform.address())],
            Self::Peer(peer) => vec![peer.url().to_owned()],
            Self::Cluster(cluster) => cluster.urls().map(str::to_owned).into(),
        }
    }

    /// How many deliveries it says that it has made.
    async fn deliveries(&self) -> Value {
        let rest = Rest::new(&self.urls()[0]);
        match self {
            Self::Cluster(cluster) => cluster.emitted().await.into(),
            Self::Embedded(_) => {
                let truth = rest.call("GET", "/admin/faults", None).await.1;
                assert_eq!(truth["faults"][0]["injected"], 0, "{truth}");
                truth["faults"][0]["occasions"].clone()
            }
            Self::Peer(_) => rest.call("GET", "/truth", None).await.1["deliveries"].clone(),
        }
    }
}

/// One shipped file, by every transport, against servers of four makes, of one also as two nodes with Redis between them: what they send is what was expected, and all of it arrives.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn the_same_scenario_passes_against_every_server_by_every_transport() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/any-target.toml");
    for which in Server::ALL {
        let runs = ["websocket", "polling", "upgrade"].map(async |transport| {
            let server = Server::start(which).await;
            let urls = server.urls();
            let mut flags = vec![file, "--transport", transport, "--seed", "5"];
            for other in &urls[1..] {
                flags.extend(["--target", other]);
                // What one node has accepted has not reached the other yet.
                flags.extend(["--set", "verify.ordering=lane"]);
            }
            let (code, report) = pushproof(&urls[0], &flags).await;
            let (deliveries, sockets) = (&report["deliveries"], &report["sockets"]);
            let told = format!(
                "{which}, {transport}: {} {deliveries} {sockets}",
                report["reasons"]
            );
            assert_eq!(code, Some(0), "{told}");
            assert!(violations(&report).values().all(|n| *n == 0), "{told}");
            assert_eq!(report["pushes"]["accepted"], 120, "{told}");
            assert_eq!(sockets["connected"], 48, "{told}");
            assert!(sockets["reconnected"].as_u64() > Some(0), "{told}");
            // What reached sockets on their way in or out was allowed, and is in the server's count as well.
            assert!(
                deliveries["delivered"].as_u64() >= deliveries["expected"].as_u64(),
                "{told}"
            );
            assert!(deliveries["expected"].as_u64() > Some(500), "{told}");
            assert_eq!(server.deliveries().await, deliveries["delivered"], "{told}");
            if let Server::Embedded(platform) = server {
                platform.stop().await;
            }
        });
        let [websocket, polling, upgrade] = runs;
        tokio::join!(websocket, polling, upgrade);
    }
}

/// Who reads slowly gets everything in order, and what a real server leaves out in between is found, as often as it was done.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn a_gap_at_a_slow_reader_is_lost() {
    let slow = "[pushes]\nsize = 3000\n[clients.slow]\nshare = 0.4\nread_rate = \"10KiB/s\"\n";
    let slow = scenario("slow", slow);
    for transport in ["websocket", "polling"] {
        for every in [41, 1_000_000] {
            let fault = format!("drop-every={every}");
            let server = Peer::spawn_node_server(&["--fault", &fault]).await;
            let flags = ["--transport", transport, "--users", "60", "--seed", "3"];
            let load = ["--rate", "100/s", "--duration", "2s", "--lanes", "1"];
            let flags = [&[slow.as_str()], &flags[..], &load].concat();
            let (code, report) = pushproof(server.url(), &flags).await;
            let truth = Rest::new(server.url()).call("GET", "/truth", None).await.1;
            let harmed = truth["faults"]["drop"].as_u64().expect("a count");
            assert_eq!(harmed > 0, every == 41, "{truth}");
            let mut due: BTreeMap<_, _> = CLASSES.map(|class| (class, 0)).into();
            due.insert("lost", harmed);
            assert_eq!(violations(&report), due, "{transport}: {truth}");
            assert_eq!(truth["deliveries"], report["deliveries"]["expected"]);
            assert_eq!(code, Some(i32::from(harmed > 0)), "{}", report["reasons"]);
        }
    }
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn the_client_library_of_prometheus_reads_what_a_run_serves() {
    let mut run = Command::new(env!("CARGO_BIN_EXE_pushproof"))
        .args([
            "run",
            "--users",
            "20",
            "--rate",
            "50/s",
            "--duration",
            "20s",
        ])
        .args(["--seed", "3", "--metrics", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("pushproof starts");
    let mut lines = BufReader::new(run.stderr.take().expect("piped")).lines();
    let mut line = async |what: &str| loop {
        let line = within(what, lines.next_line()).await.expect("UTF-8");
        let line = line.unwrap_or_else(|| panic!("it ended before it said {what}"));
        if line.contains(what) {
            return line;
        }
    };
    let first = line("metrics at ").await;
    let url = first.split(' ').next_back().expect("a URL");
    line("arrivals/s, p99").await;
    let read = metrics(url).await;
    for format in ["prometheus", "openmetrics"] {
        let families = read[format].as_object().expect("an object");
        for family in every_family() {
            // The library calls a counter without what its samples have behind it, in both formats; words are a gauge in the older one.
            let (name, kind) = match (family.kind, format) {
                (Kind::Info, "prometheus") => (family.sample(), "gauge"),
                (kind, _) => (family.name.to_owned(), kind.name()),
            };
            let found = families.get(&name);
            let found = found.unwrap_or_else(|| panic!("no {name} in {format}"));
            assert_eq!(found["kind"], kind, "{name} in {format}");
            assert_eq!(found["help"], family.help, "{name} in {format}");
        }
        assert_eq!(families.len(), every_family().count(), "{format}");
        let samples = |name: &str| families[name]["samples"].as_array().expect("a list");
        let number = |sample: &Value| sample[2].as_f64().expect("a number");
        assert!(number(&samples("pushproof_deliveries")[0]) > 0.0);
        assert_eq!(samples("pushproof_violations").len(), CLASSES.len());
        let buckets = samples("pushproof_push_latency_seconds").iter();
        let buckets = buckets.filter(|s| s[0] == "pushproof_push_latency_seconds_bucket");
        let buckets: Vec<_> = buckets.map(number).collect();
        assert_eq!(buckets.len(), BOUNDS.len() + 1);
        assert!(
            buckets.is_sorted() && buckets[BOUNDS.len()] > 0.0,
            "{buckets:?}"
        );
    }
    run.start_kill().expect("it goes on");
    within("its end", run.wait()).await.expect("it was started");
}
