//! The peers themselves: do the independent server and the independent clients agree with each other on the push contract, and
//! does the server do exactly the harm it says? Only then do they prove anything about us.

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::{
    matrix,
    peers::{Event, Peer, Program},
    rest::Rest,
};

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn all_clients_agree_with_the_node_server() {
    let server = Peer::spawn_node_server(&[]).await;
    matrix::client_matrix(server.url()).await;
    assert_eq!(
        server.end().await,
        Some(0),
        "the server ends when its standard input closes"
    );
}

/// Binary cannot be asked for over HTTP, so it is tried with the server's `echo`, both ways and in the ack.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn binary_comes_back_unchanged() {
    let server = Peer::spawn_node_server(&[]).await;
    let args = [
        json!({"deep": [{"_bin": "AAECA/8="}, {"_bin": ""}], "text": "é"}),
        json!(null),
        json!({"_bin": "eHl6"}),
    ];
    for program in Program::ALL {
        let mut peer = matrix::connect(program, server.url(), "demo", "user-1").await;
        assert_eq!(peer.emit_with_ack("echo", &args).await, args, "{program:?}");
        assert_eq!(
            peer.events_so_far().await,
            [Event::new("echo", &args)],
            "{program:?}"
        );
        assert_eq!(peer.end().await, Some(0), "{program:?}");
    }
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn the_server_is_exact_about_its_refusals() {
    let server = Peer::spawn_node_server(&["--apps", "demo"]).await;
    let rest = Rest::new(server.url());
    let session = rest.login("demo", "user-1").await;
    let push = |session: &str| {
        format!("/good/api/v5/data/push/send?appID=demo&sessionID={session}&unknown=ignored")
    };
    let body = json!({"userID": "user-1", "eventName": "e"});
    let wrong = json!({"userID": "user-1", "eventName": "disconnect"});
    for (path, body, due) in [
        (push(""), &body, 200),
        (push(&session), &body, 200),
        (push("no-such-session"), &body, 403),
        (push(""), &wrong, 400),
        (push(""), &json!({}), 400),
        (
            "/good/api/v5/data/no/such?appID=demo&sessionID=".to_owned(),
            &body,
            400,
        ),
    ] {
        let (status, answer) = rest.call("POST", &path, Some(body)).await;
        assert_eq!(status, due, "{path} {body}: {answer}");
        assert_eq!(
            answer["msg"].is_string(),
            due != 200,
            "{path} {body}: {answer}"
        );
    }
}

/// What the two sockets of `user-1`, one of `user-2` and one of `other`'s `user-1` saw of 24 pushes, and what the server says.
struct Seen {
    /// For each socket: what was due, and what came.
    sockets: Vec<(Vec<Event>, Vec<Event>)>,
    truth: Value,
}

const SOCKETS: [(&str, &str); 4] = [
    ("demo", "user-1"),
    ("demo", "user-1"),
    ("demo", "user-2"),
    ("other", "user-1"),
];
const PUSHES: u64 = 24;

async fn run_with_faults(faults: &[&str]) -> Seen {
    let mut args = Vec::new();
    for fault in faults {
        args.extend(["--fault", fault]);
    }
    let server = Peer::spawn_node_server(&args).await;
    let rest = Rest::new(server.url());
    let mut peers = Vec::new();
    for (app, user) in SOCKETS {
        peers.push(matrix::connect(Program::Node("4.8.1"), server.url(), app, user).await);
    }
    let mut due = vec![Vec::new(); SOCKETS.len()];
    for number in 0..PUSHES {
        let app = if number % 8 == 7 { "other" } else { "demo" };
        let to = ["user-1", "*", "user-2", "user-1"][number as usize % 4];
        let event = Event::new(
            "news",
            &[json!({"pp": format!("tag {number}"), "text": "hello"})],
        );
        rest.push(app, to, &event.name, Some(&event.args[0])).await;
        for (due, socket) in due.iter_mut().zip(SOCKETS) {
            if socket.0 == app && (to == "*" || to == socket.1) {
                due.push(event.clone());
            }
        }
    }
    let mut sockets = Vec::new();
    for (peer, due) in peers.iter_mut().zip(due) {
        sockets.push((due, peer.events_so_far().await));
    }
    let (_, truth) = rest.call("GET", "/truth", None).await;
    Seen { sockets, truth }
}

impl Seen {
    fn harmed(&self, fault: &str) -> u64 {
        self.truth["faults"][fault]
            .as_u64()
            .unwrap_or_else(|| panic!("no count of {fault} in {}", self.truth))
    }

    fn due(&self) -> u64 {
        self.sockets.iter().map(|(due, _)| due.len() as u64).sum()
    }

    fn came(&self) -> u64 {
        self.sockets.iter().map(|(_, came)| came.len() as u64).sum()
    }

    /// How many events came that were not due (more often than due), and how many due ones did not come.
    fn difference(&self) -> (u64, u64) {
        let (mut more, mut less) = (0, 0);
        for (due, came) in &self.sockets {
            let mut balance: BTreeMap<String, i64> = BTreeMap::new();
            for event in came {
                *balance.entry(format!("{event:?}")).or_default() += 1;
            }
            for event in due {
                *balance.entry(format!("{event:?}")).or_default() -= 1;
            }
            more += balance
                .values()
                .filter(|count| **count > 0)
                .map(|count| count.unsigned_abs())
                .sum::<u64>();
            less += balance
                .values()
                .filter(|count| **count < 0)
                .map(|count| count.unsigned_abs())
                .sum::<u64>();
        }
        (more, less)
    }

    /// Pairs of neighbours that came the other way round.
    fn swapped(&self) -> usize {
        let tag = |event: &Event| {
            event.args[0]["pp"]
                .as_str()?
                .strip_prefix("tag ")?
                .parse()
                .ok()
        };
        let overtaken = |came: &Vec<Event>| {
            let tags: Vec<u64> = came.iter().filter_map(tag).collect();
            tags.windows(2).filter(|pair| pair[0] > pair[1]).count()
        };
        self.sockets.iter().map(|(_, came)| overtaken(came)).sum()
    }
}

#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn without_faults_nothing_is_harmed() {
    let seen = run_with_faults(&[]).await;
    assert_eq!(seen.difference(), (0, 0));
    for (due, came) in &seen.sockets {
        assert_eq!(due, came);
    }
    assert_eq!(seen.truth["deliveries"], seen.due());
    assert_eq!(seen.truth["emitted"], seen.due());
    assert!(
        seen.truth["faults"]
            .as_object()
            .is_some_and(|faults| faults.len() == 42 && faults.values().all(|count| count == 0))
    );
}

/// Each fault alone: the harm seen by the clients is of its kind and of the count that the server tells.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn each_fault_does_the_harm_it_counts() {
    // For a harm of n: how many events too many and too few that makes, n times.
    for (fault, more, less) in [
        ("drop", 0, 1),
        ("duplicate", 1, 0),
        ("rename", 1, 1),
        ("corrupt", 1, 1),
        ("leak", 1, 0),
        ("cross-app", 1, 0),
        ("phantom", 1, 0),
        ("swap", 0, 0),
    ] {
        let seen = run_with_faults(&[&format!("{fault}-every=3")]).await;
        let harmed = seen.harmed(fault);
        let held = seen.truth["held"].as_u64().unwrap();
        assert!(harmed > 2, "{fault}: {}", seen.truth);
        assert_eq!(seen.truth["pushes"], PUSHES, "{fault}");
        assert_eq!(
            seen.truth["deliveries"],
            seen.due(),
            "{fault}: {}",
            seen.truth
        );
        assert_eq!(
            seen.truth["emitted"],
            seen.came(),
            "{fault}: {}",
            seen.truth
        );
        assert_eq!(
            seen.difference(),
            (more * harmed, less * harmed + held),
            "{fault}: {}",
            seen.truth
        );
        assert_eq!(
            seen.swapped() as u64,
            if fault == "swap" { harmed } else { 0 },
            "{fault}: {}",
            seen.truth
        );
        if !["leak", "swap"].contains(&fault) {
            assert_eq!(
                harmed,
                seen.due() / 3,
                "{fault} can harm every third delivery"
            );
        }
        shows_its_kind(fault, &seen);
    }
}

/// The strange events are strange in the way that the fault's name says.
fn shows_its_kind(fault: &str, seen: &Seen) {
    let tag_and_text = |event: &Event| (event.args[0]["pp"].clone(), event.args[0]["text"].clone());
    for ((app, user), (due, came)) in SOCKETS.iter().zip(&seen.sockets) {
        for strange in came.iter().filter(|event| !due.contains(event)) {
            let known = due
                .iter()
                .any(|event| tag_and_text(event).0 == tag_and_text(strange).0);
            match fault {
                "rename" => assert_eq!((strange.name.as_str(), known), ("news-renamed", true)),
                "corrupt" => assert_eq!((tag_and_text(strange).1, known), (json!("hellx"), true)),
                "leak" => assert_eq!(
                    (strange.name.as_str(), *app, known),
                    ("news", "demo", false),
                    "{user}"
                ),
                "cross-app" => assert_eq!((strange.name.as_str(), known), ("news", false)),
                "phantom" => assert_eq!(strange.args, [json!({"note": "nobody sent this"})]),
                _ => panic!("{fault} made a strange event {strange:?}"),
            }
        }
    }
}

/// Several faults at once: no delivery suffers two, so the counts still add up.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn faults_together_still_add_up() {
    let seen = run_with_faults(&[
        "drop-every=5",
        "duplicate-every=3",
        "rename-every=4,phantom-every=7",
    ])
    .await;
    let [drop, duplicate, rename, phantom] =
        ["drop", "duplicate", "rename", "phantom"].map(|fault| seen.harmed(fault));
    assert_eq!(drop, seen.due() / 5);
    assert!(duplicate > 0 && rename > 0 && phantom > 0, "{}", seen.truth);
    assert_eq!(
        seen.difference(),
        (duplicate + rename + phantom, drop + rename)
    );
    assert_eq!(seen.truth["emitted"], seen.came());
}

/// A string message is harmed in its JSON outside `pp`, or in its last character, and an array like an object.
#[tokio::test]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn corruption_keeps_tags_and_shape() {
    let server = Peer::spawn_node_server(&["--fault", "corrupt-every=1"]).await;
    let rest = Rest::new(server.url());
    let mut peer = matrix::connect(Program::Node("4.8.1"), server.url(), "demo", "user-1").await;
    let cases = [
        (
            json!({"pp": "t", "a": {"pp": "t", "b": ["é🔑"]}, "c": "d"}),
            json!({"pp": "t", "a": {"pp": "t", "b": ["éx"]}, "c": "d"}),
        ),
        (json!([{"pp": "t"}, "x"]), json!([{"pp": "t"}, "y"])),
        (
            json!("{\"pp\":\"t\",\"a\":\"b\"}"),
            json!("{\"pp\":\"t\",\"a\":\"x\"}"),
        ),
        (json!("plain"), json!("plaix")),
        (
            json!({"pp": "t", "number": 1}),
            json!({"pp": "t", "number": 1}),
        ),
        (json!(5), json!(5)),
        (json!(""), json!("")),
    ];
    for (sent, due) in &cases {
        rest.push("demo", "user-1", "e", Some(sent)).await;
        assert_eq!(
            peer.event().await,
            Event::new("e", std::slice::from_ref(due))
        );
    }
    let (_, truth) = rest.call("GET", "/truth", None).await;
    let harmed = cases.iter().filter(|(sent, due)| sent != due).count();
    assert_eq!(
        truth["faults"]["corrupt"], harmed,
        "what cannot be harmed is not counted"
    );
}

#[tokio::test]
#[should_panic(expected = "unknown fault drop=3; known: drop-every=K")]
#[ignore = "needs Node and Python peers: run ci/check (or ci/install-peers, then cargo test -- --ignored)"]
async fn a_peer_that_fails_is_quoted() {
    Peer::spawn_node_server(&["--fault", "drop=3"]).await;
}
