//! Misbehaviour on demand: what is told to be done wrong is done wrong, nothing else is, and the truth says so.

use crate::support::{Http, Publisher, Ws, connect, get, log_in, soon, start};
use pushproof::platform::{Fault, FaultConfig, Mutant, Platform, PlatformConfig};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// The platform with these faults.
async fn faulty(rates: &str) -> Platform {
    with(rates, |_| {}).await
}

async fn with(rates: &str, change: impl FnOnce(&mut FaultConfig)) -> Platform {
    let mut faults = FaultConfig {
        rates: FaultConfig::parse_rates(rates).unwrap(),
        seed: 7,
        ..FaultConfig::default()
    };
    change(&mut faults);
    start(PlatformConfig {
        faults,
        ..PlatformConfig::default()
    })
    .await
}

/// Nobody has to wait long for what is late.
fn soon_late(faults: &mut FaultConfig) {
    faults.delay = Duration::from_millis(50);
}

/// What the platform says it did.
struct Truth(Value);

impl Truth {
    async fn of(to: SocketAddr) -> Self {
        let answer = get(to, "/admin/faults").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Self(answer.json())
    }

    fn fault(&self, name: &str) -> &Value {
        let faults = self.0["faults"].as_array().unwrap();
        let found = faults.iter().find(|fault| fault["fault"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {:#}", self.0))
    }

    fn injected(&self, name: &str) -> u64 {
        self.fault(name)["injected"].as_u64().unwrap()
    }

    fn occasions(&self, name: &str) -> u64 {
        self.fault(name)["occasions"].as_u64().unwrap()
    }

    fn examples(&self, name: &str) -> &[Value] {
        self.fault(name)["examples"].as_array().unwrap()
    }
}

async fn injected(to: SocketAddr, name: &str) -> u64 {
    Truth::of(to).await.injected(name)
}

/// Everything that was queued for a socket before now.
async fn drain(ws: &mut Ws) -> Vec<String> {
    ws.send("42987654321[\"marker\"]").await;
    let mut texts = Vec::new();
    loop {
        match ws.text().await {
            text if text == "43987654321[]" => return texts,
            text => texts.push(text),
        }
    }
}

/// The messages of events `e`, as numbers.
fn numbers(texts: &[String]) -> Vec<u64> {
    let number = |text: &String| {
        let number = text.strip_prefix("42[\"e\",")?.strip_suffix(']')?;
        number.parse().ok()
    };
    let numbers = texts.iter().map(number);
    numbers
        .map(|n| n.unwrap_or_else(|| panic!("{texts:?}")))
        .collect()
}

/// Pushes the numbers from 0 at a user, as events `e`.
async fn push_numbers(publisher: &mut Publisher, user: &str, count: u64) {
    for n in 0..count {
        let sockets = publisher.push(user, "e", Some(&n.to_string())).await;
        assert!(sockets > 0, "push {n}");
    }
}

/// What one socket gets of so many numbered pushes at its user.
async fn received(platform: &Platform, count: u64) -> Vec<u64> {
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    push_numbers(&mut publisher, "user-1", count).await;
    numbers(&drain(&mut ws).await)
}

/// All numbers below this one.
fn up_to(end: u64) -> Vec<u64> {
    (0..end).collect()
}

/// The numbers below `count` that are not there.
fn missing(numbers: &[u64], count: u64) -> Vec<u64> {
    (0..count).filter(|n| !numbers.contains(n)).collect()
}

#[tokio::test]
async fn without_faults_nothing_is_wrong_and_the_truth_is_empty() {
    let platform = start(PlatformConfig::default()).await;
    assert_eq!(received(&platform, 50).await, up_to(50));
    assert_eq!(
        Truth::of(platform.address()).await.0,
        json!({"seed": 0, "users": null, "delay_ms": 2_500, "faults": []})
    );
    let answer = Http::connect(platform.address())
        .await
        .post("/admin/faults", "{}")
        .await;
    assert_eq!(answer.status, 404);
    platform.stop().await;
}

#[tokio::test]
async fn one_in_each_block_at_places_of_the_seed() {
    let mut places = Vec::new();
    for seed in [7, 7, 8] {
        let platform = with("drop=1/10", |faults| faults.seed = seed).await;
        let missing = missing(&received(&platform, 200).await, 200);
        assert_eq!(missing.len(), 20);
        for (block, n) in (0..).zip(&missing) {
            assert_eq!(n / 10, block, "{missing:?}");
        }
        let truth = Truth::of(platform.address()).await;
        assert_eq!(truth.0["seed"], seed);
        assert_eq!(truth.injected("drop"), 20);
        assert_eq!(truth.occasions("drop"), 200);
        assert_eq!(truth.fault("drop")["one_in"], 10);
        for example in truth.examples("drop") {
            assert_eq!(example["user"], "user-1");
            assert_eq!(example["app"], "demo");
            assert_eq!(example["event"], "e");
            assert_eq!(example["socket"].as_str().unwrap().len(), 32);
            assert!(example["at_ms"].is_u64());
        }
        places.push(missing);
        platform.stop().await;
    }
    assert_eq!(places[0], places[1]);
    assert_ne!(places[0], places[2]);
}

#[tokio::test]
async fn examples_are_bounded_and_counts_are_not() {
    let platform = faulty("drop=1/1").await;
    assert_eq!(received(&platform, 1_003).await, [0_u64; 0]);
    let truth = Truth::of(platform.address()).await;
    assert_eq!(truth.injected("drop"), 1_003);
    assert_eq!(truth.examples("drop").len(), 1_000);
    assert_eq!(truth.fault("drop")["examples_left_out"], 3);
    platform.stop().await;
}

#[tokio::test]
async fn only_the_users_named_are_harmed() {
    let platform = with("drop=1/1", |faults| {
        faults.users = Some("*[3-9]?".parse().unwrap());
    })
    .await;
    let to = platform.address();
    let mut spared = Ws::user(to, "demo", 120).await;
    let mut harmed = Ws::user(to, "demo", 130).await;
    let mut publisher = Publisher::new(to, "demo").await;
    push_numbers(&mut publisher, "*", 5).await;
    assert_eq!(numbers(&drain(&mut spared).await), [0, 1, 2, 3, 4]);
    assert_eq!(drain(&mut harmed).await, [] as [String; 0]);
    let truth = Truth::of(to).await;
    assert_eq!((truth.injected("drop"), truth.occasions("drop")), (5, 5));
    assert_eq!(truth.0["users"], "*[3-9]?");
    platform.stop().await;
}

#[tokio::test]
async fn the_last_before_a_silence_is_dropped() {
    let platform = faulty("drop-tail=1/1").await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    push_numbers(&mut publisher, "user-1", 4).await;
    let mut got = Vec::new();
    let dropped = soon("the last delivery's drop", async {
        loop {
            let dropped = injected(to, "drop-tail").await;
            got.extend(numbers(&drain(&mut ws).await));
            if got.len() as u64 + dropped == 4 {
                return dropped;
            }
        }
    })
    .await;
    // A machine that stands still for a second makes silences of its own.
    assert!(dropped >= 1);
    assert!(!got.contains(&3) && got.is_sorted(), "{got:?}");
    platform.stop().await;
}

#[tokio::test]
async fn a_copy_comes_at_once() {
    let platform = faulty("duplicate=1/4").await;
    let got = received(&platform, 40).await;
    assert_eq!(got.len(), 50);
    let twice: Vec<_> = got.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert_eq!(twice.len(), 10);
    let mut once = got.clone();
    once.dedup();
    assert_eq!(once, up_to(40));
    assert_eq!(injected(platform.address(), "duplicate").await, 10);
    platform.stop().await;
}

#[tokio::test]
async fn copies_and_deliveries_come_late() {
    for (fault, arrivals) in [("duplicate-late", 9), ("delay", 8)] {
        let platform = with(&format!("{fault}=1/8"), soon_late).await;
        let to = platform.address();
        let mut ws = Ws::user(to, "demo", 1).await;
        let mut publisher = Publisher::new(to, "demo").await;
        push_numbers(&mut publisher, "user-1", 8).await;
        let mut texts = Vec::new();
        for _ in 0..arrivals {
            texts.push(ws.text().await);
        }
        ws.quiet().await;
        let mut got = numbers(&texts);
        got.sort_unstable();
        got.dedup();
        assert_eq!(got, up_to(8), "{fault}");
        assert_eq!(injected(to, fault).await, 1, "{fault}");
        platform.stop().await;
    }
}

#[tokio::test]
async fn what_is_still_to_come_when_a_socket_ends_is_not_counted() {
    let rates = "delay=1/1";
    let platform = with(rates, soon_late).await;
    let to = platform.address();
    let ws = Ws::user(to, "demo", 1).await;
    let mut stays = Ws::user(to, "demo", 2).await;
    let mut publisher = Publisher::new(to, "demo").await;
    assert_eq!(publisher.push("user-1", "e", Some("1")).await, 1);
    drop(ws);
    assert_eq!(publisher.push("user-2", "e", Some("2")).await, 1);
    assert_eq!(stays.text().await, "42[\"e\",2]");
    let truth = Truth::of(to).await;
    assert_eq!((truth.injected("delay"), truth.occasions("delay")), (1, 2));
    platform.stop().await;
}

#[tokio::test]
async fn a_delivery_is_overtaken_by_what_was_asked_for_after_its_answer() {
    for (fault, ahead) in [("reorder", 1), ("reorder-far", 4)] {
        let platform = faulty(&format!("{fault}=1/1")).await;
        let to = platform.address();
        let mut ws = Ws::user(to, "demo", 1).await;
        let mut publisher = Publisher::new(to, "demo").await;
        let mut pushed = 0;
        soon("a delivery to be overtaken", async {
            while injected(to, fault).await == 0 {
                assert_eq!(publisher.push("*", "e", Some(&pushed.to_string())).await, 1);
                pushed += 1;
            }
        })
        .await;
        let mut got = numbers(&drain(&mut ws).await);
        // A machine that stands still lets some go unharmed first.
        let places = 0..got.len();
        let late: Vec<_> = places
            .filter(|at| got[..*at].iter().any(|n| *n > got[*at]))
            .collect();
        assert_eq!(late.len(), 1, "{fault}: {got:?}");
        let late = got.remove(late[0]);
        let passed = got.iter().filter(|n| **n > late).count();
        assert!(passed >= ahead, "{fault}: {late} in {got:?}");
        assert!(got.is_sorted(), "{fault}: {got:?}");
        assert_eq!(got.len() + 1, pushed, "{fault}");
        platform.stop().await;
    }
}

#[tokio::test]
async fn what_nothing_overtakes_or_swaps_in_time_comes_unharmed() {
    for fault in ["reorder", "swap"] {
        let platform = with(&format!("{fault}=1/1"), soon_late).await;
        let to = platform.address();
        let mut ws = Ws::user(to, "demo", 1).await;
        let mut publisher = Publisher::new(to, "demo").await;
        for n in 0..3 {
            let text = publisher.push("user-1", "e", Some(&n.to_string())).await;
            assert_eq!(text, 1);
            assert_eq!(ws.text().await, format!("42[\"e\",{n}]"), "{fault}");
        }
        let truth = Truth::of(to).await;
        assert_eq!((truth.injected(fault), truth.occasions(fault)), (0, 3));
        platform.stop().await;
    }
}

#[tokio::test]
async fn others_get_a_copy() {
    let platform = faulty("wrong-user=1/2").await;
    let to = platform.address();
    let mut one = Ws::user(to, "demo", 1).await;
    let mut two = Ws::user(to, "demo", 2).await;
    let mut namesake = Ws::user(to, "other", 2).await;
    let mut publisher = Publisher::new(to, "demo").await;
    push_numbers(&mut publisher, "user-1", 10).await;
    assert_eq!(numbers(&drain(&mut one).await), up_to(10));
    let copies = numbers(&drain(&mut two).await);
    assert_eq!(copies.len(), 5);
    namesake.quiet().await;
    // Of a push at everyone nobody is another.
    push_numbers(&mut publisher, "*", 10).await;
    assert_eq!(drain(&mut one).await.len(), 10);
    assert_eq!(drain(&mut two).await.len(), 10);
    let truth = Truth::of(to).await;
    assert_eq!(truth.injected("wrong-user"), 5);
    assert_eq!(truth.occasions("wrong-user"), 10);
    assert_eq!(truth.examples("wrong-user")[0]["user"], "user-2");
    platform.stop().await;
}

#[tokio::test]
async fn a_push_at_nobody_comes_at_somebody() {
    let platform = faulty("stray=1/2,cross-app=1/1").await;
    let to = platform.address();
    let mut one = Ws::user(to, "demo", 1).await;
    let mut other = Ws::user(to, "other", 2).await;
    let mut publisher = Publisher::new(to, "demo").await;
    // Somebody is there to get it: no occasion.
    push_numbers(&mut publisher, "user-1", 3).await;
    push_numbers(&mut publisher, "*", 3).await;
    assert_eq!(numbers(&drain(&mut one).await), [0, 1, 2, 0, 1, 2]);
    // Two in four stray; a user whom no app has cannot be mistaken for another app's.
    for n in 0..4 {
        let sockets = publisher.push("user-9", "e", Some(&n.to_string())).await;
        assert_eq!(sockets, 0, "push {n}");
    }
    assert_eq!(drain(&mut one).await.len(), 2);
    let truth = Truth::of(to).await;
    assert_eq!((truth.injected("stray"), truth.occasions("stray")), (2, 4));
    assert_eq!(truth.occasions("cross-app"), 0);
    // Of another app's user the two that do not stray come there.
    for n in 0..4 {
        let sockets = publisher.push("user-2", "e", Some(&n.to_string())).await;
        assert_eq!(sockets, 0, "push {n}");
    }
    assert_eq!(drain(&mut one).await.len(), 2);
    assert_eq!(drain(&mut other).await.len(), 2);
    let truth = Truth::of(to).await;
    assert_eq!((truth.injected("stray"), truth.occasions("stray")), (4, 8));
    assert_eq!(truth.injected("cross-app"), 2);
    assert_eq!(truth.examples("cross-app")[0]["app"], "other");
    platform.stop().await;
}

#[tokio::test]
async fn another_app_gets_a_copy() {
    let platform = faulty("wrong-app=1/1").await;
    let to = platform.address();
    let mut one = Ws::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    // Nobody is there to get it: no occasion.
    push_numbers(&mut publisher, "*", 3).await;
    let mut namesake = Ws::user(to, "other", 1).await;
    push_numbers(&mut publisher, "*", 4).await;
    assert_eq!(numbers(&drain(&mut one).await), [0, 1, 2, 0, 1, 2, 3]);
    assert_eq!(numbers(&drain(&mut namesake).await), [0, 1, 2, 3]);
    let truth = Truth::of(to).await;
    assert_eq!(truth.injected("wrong-app"), 4);
    assert_eq!(truth.occasions("wrong-app"), 4);
    assert_eq!(truth.examples("wrong-app")[0]["app"], "other");
    platform.stop().await;
}

#[tokio::test]
async fn one_of_several_sockets_is_skipped() {
    let platform = faulty("skip-socket=1/2").await;
    let to = platform.address();
    let mut tabs = [Ws::user(to, "demo", 1).await, Ws::user(to, "demo", 1).await];
    let mut only = Ws::user(to, "demo", 2).await;
    let mut publisher = Publisher::new(to, "demo").await;
    push_numbers(&mut publisher, "user-1", 10).await;
    push_numbers(&mut publisher, "user-2", 10).await;
    let [one, two] = &mut tabs;
    let mut both = numbers(&drain(one).await);
    both.extend(numbers(&drain(two).await));
    both.sort_unstable();
    assert_eq!(both, up_to(10));
    assert_eq!(drain(&mut only).await.len(), 10);
    let truth = Truth::of(to).await;
    assert_eq!(truth.injected("skip-socket"), 10);
    assert_eq!(truth.occasions("skip-socket"), 20);
    platform.stop().await;
}

#[tokio::test]
async fn a_broadcast_misses_a_shard() {
    let platform = faulty("skip-shard=1/2").await;
    let to = platform.address();
    let mut sockets = Vec::new();
    for user in 0..16 {
        sockets.push(Ws::user(to, "demo", user).await);
    }
    let mut publisher = Publisher::new(to, "demo").await;
    push_numbers(&mut publisher, "*", 20).await;
    push_numbers(&mut publisher, "user-3", 1).await;
    let mut arrivals = 0;
    let mut missed = std::collections::BTreeMap::new();
    for (user, ws) in sockets.iter_mut().enumerate() {
        let got = numbers(&drain(ws).await);
        arrivals += got.len();
        for n in missing(&got, 20) {
            missed.entry(n).or_insert_with(Vec::new).push(user);
        }
    }
    assert_eq!(arrivals, 16 * 20 - 20 + 1);
    assert_eq!(missed.len(), 10);
    for users in missed.values() {
        assert_eq!(users.len(), 2, "a shard of sixteen sockets: {missed:?}");
    }
    let truth = Truth::of(to).await;
    assert_eq!(truth.injected("skip-shard"), 20);
    assert_eq!(truth.occasions("skip-shard"), 20);
    platform.stop().await;
}

#[tokio::test]
async fn names_and_payloads_come_changed() {
    let tag = "pp1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUm1";
    let object = format!(r#"{{"read":false,"pp":"{tag}","text":"Zoë"}}"#);
    for (fault, message, expected) in [
        ("rename-case", "1", r#"42["Alert",1]"#.to_owned()),
        ("rename-space", "1", r#"42["alert ",1]"#.to_owned()),
        (
            "corrupt-digit",
            "[1.50]",
            r#"42["alert",[2.50]]"#.to_owned(),
        ),
        (
            "corrupt-type",
            &object,
            format!(r#"42["alert",{{"read":"false","pp":"{tag}","text":"Zoë"}}]"#),
        ),
        (
            "corrupt-unicode",
            &object,
            format!("42[\"alert\",{{\"read\":false,\"pp\":\"{tag}\",\"text\":\"Zo\u{fffd}\"}}]"),
        ),
        (
            "corrupt-key",
            &object,
            format!(r#"42["alert",{{"pp":"{tag}","text":"Zoë"}}]"#),
        ),
    ] {
        let platform = faulty(&format!("{fault}=1/1")).await;
        let to = platform.address();
        let mut ws = Ws::user(to, "demo", 1).await;
        let mut publisher = Publisher::new(to, "demo").await;
        publisher.push("*", "alert", Some(message)).await;
        assert_eq!(ws.text().await, expected, "{fault}");
        assert_eq!(injected(to, fault).await, 1, "{fault}");
        // Nothing to change: no occasion.
        publisher.push("*", "42", None).await;
        let text = if fault == "rename-space" {
            "42[\"42 \"]"
        } else {
            "42[\"42\"]"
        };
        assert_eq!(ws.text().await, text, "{fault}");
        let wanted = 1 + u64::from(fault == "rename-space");
        assert_eq!(Truth::of(to).await.occasions(fault), wanted, "{fault}");
        platform.stop().await;
    }
}

#[tokio::test]
async fn another_events_name_is_one_that_was_seen() {
    let platform = faulty("rename-other=1/1").await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    publisher.push("*", "alert", Some("1")).await;
    publisher.push("*", "refresh", Some("2")).await;
    publisher.push("*", "alert", Some("3")).await;
    for expected in ["42[\"alert\",1]", "42[\"alert\",2]", "42[\"refresh\",3]"] {
        assert_eq!(ws.text().await, expected);
    }
    assert_eq!(injected(to, "rename-other").await, 2);
    platform.stop().await;
}

#[tokio::test]
async fn long_payloads_are_cut() {
    let platform = faulty("corrupt-truncate=1/2").await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    let long = json!({"id": 7, "text": "word ".repeat(14_000)}).to_string();
    for _ in 0..4 {
        publisher.push("*", "e", Some(&long)).await;
        publisher.push("*", "e", Some("\"short\"")).await;
    }
    let texts = drain(&mut ws).await;
    let whole = format!("42[\"e\",{long}]");
    let cut = texts.iter().filter(|t| t.len() > 1_000 && **t != whole);
    let cut: Vec<_> = cut.collect();
    assert_eq!((texts.len(), cut.len()), (8, 2));
    for text in cut {
        let value: Value = serde_json::from_str(&text[2..]).unwrap();
        assert_eq!(value[1].to_string().len(), 65_536);
        assert_eq!(value[1]["id"], 7);
    }
    let truth = Truth::of(to).await;
    assert_eq!(truth.injected("corrupt-truncate"), 2);
    assert_eq!(truth.occasions("corrupt-truncate"), 4);
    platform.stop().await;
}

#[tokio::test]
async fn events_come_that_nobody_asked_for() {
    let platform = faulty("phantom=1/5").await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    push_numbers(&mut publisher, "user-1", 20).await;
    let texts = drain(&mut ws).await;
    let phantoms = texts.iter().filter(|t| *t == "42[\"e\",\"phantom\"]");
    assert_eq!((texts.len(), phantoms.count()), (24, 4));
    assert_eq!(injected(to, "phantom").await, 4);
    platform.stop().await;
}

#[tokio::test]
async fn an_event_comes_before_connect_is_answered() {
    let platform = faulty("premature=1/1").await;
    let to = platform.address();
    let mut publisher = Publisher::new(to, "demo").await;
    for early in ["42[\"message\",\"premature\"]", "42[\"alert\",{\"n\":1}]"] {
        let session = log_in(to, "demo", 1).await;
        let mut ws = Ws::session(to).await;
        ws.send(&connect("demo", &session)).await;
        assert_eq!(ws.text().await, early);
        assert!(ws.text().await.starts_with("40{\"sid\":"));
        ws.quiet().await;
        publisher.push("*", "alert", Some("{\"n\":1}")).await;
    }
    let mut refused = Ws::session(to).await;
    refused.send(&connect("demo", "none")).await;
    assert!(refused.text().await.starts_with("44"));
    assert_eq!(injected(to, "premature").await, 2);
    platform.stop().await;
}

#[tokio::test]
async fn who_left_gets_pushes_all_the_same() {
    let platform = with("after-leave=1/1", |faults| {
        faults.delay = Duration::from_millis(1);
    })
    .await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    assert_eq!(publisher.push("user-1", "e", Some("0")).await, 1);
    assert_eq!(ws.text().await, "42[\"e\",0]");
    ws.send("41").await;
    soon("a push after leaving", async {
        while injected(to, "after-leave").await == 0 {
            publisher.push("user-1", "e", Some("1")).await;
        }
    })
    .await;
    // What came while the platform had not heard of the leaving is the same text.
    assert_eq!(ws.text().await, "42[\"e\",1]");
    let before = injected(to, "after-leave").await;
    publisher.push("user-2", "e", Some("2")).await;
    assert_eq!(injected(to, "after-leave").await, before);
    assert_eq!(publisher.push("*", "e", Some("3")).await, 0);
    assert_eq!(injected(to, "after-leave").await, before + 1);
    drop(ws);
    platform.stop().await;
}

#[tokio::test]
async fn answers_lie() {
    let platform = faulty("swallow=1/2").await;
    let got = received(&platform, 20).await;
    assert_eq!(got.len(), 10);
    assert!(got.is_sorted());
    assert_eq!(injected(platform.address(), "swallow").await, 10);
    platform.stop().await;

    let platform = faulty("answer-500=1/2").await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    let mut failed = 0;
    for _ in 0..20 {
        let body = r#"{"userID":"user-1","eventName":"e","message":1}"#;
        let answer = publisher.call(body).await;
        assert!(matches!(answer.status, 200 | 500), "{answer:?}");
        failed += u64::from(answer.status == 500);
    }
    assert_eq!(drain(&mut ws).await.len(), 20);
    assert_eq!(failed, 10);
    assert_eq!(injected(to, "answer-500").await, 10);
    platform.stop().await;
}

#[tokio::test]
async fn a_frozen_socket_stays_connected() {
    let platform = faulty("freeze=1/2").await;
    let to = platform.address();
    let mut sockets = [Ws::user(to, "demo", 1).await, Ws::user(to, "demo", 2).await];
    let mut publisher = Publisher::new(to, "demo").await;
    push_numbers(&mut publisher, "*", 20).await;
    let mut lengths = Vec::new();
    for ws in &mut sockets {
        let got = numbers(&drain(ws).await);
        assert_eq!(got, up_to(got.len() as u64));
        lengths.push(got.len() as u64);
        ws.quiet().await;
    }
    lengths.sort_unstable();
    assert_eq!(lengths[1], 20);
    assert!(lengths[0] < 20);
    let truth = Truth::of(to).await;
    assert_eq!(truth.injected("freeze"), 20 - lengths[0]);
    assert_eq!(truth.occasions("freeze"), 2);
    platform.stop().await;
}

#[tokio::test]
async fn pushes_change_places() {
    let platform = faulty("swap=1/1").await;
    let to = platform.address();
    let mut one = Ws::user(to, "demo", 1).await;
    let mut two = Ws::user(to, "demo", 2).await;
    let mut publisher = Publisher::new(to, "demo").await;
    publisher.push("user-1", "e", Some("1")).await;
    publisher.push("user-2", "f", Some("2")).await;
    assert_eq!(drain(&mut one).await, ["42[\"f\",2]"]);
    assert_eq!(drain(&mut two).await, ["42[\"e\",1]"]);
    assert_eq!(injected(to, "swap").await, 1);
    // Another delivery for the same socket comes between: the one that waits goes first, unharmed.
    publisher.push("user-1", "e", Some("3")).await;
    publisher.push("*", "e", Some("4")).await;
    assert_eq!(numbers(&drain(&mut one).await), [3, 4]);
    assert_eq!(numbers(&drain(&mut two).await), [4]);
    assert_eq!(injected(to, "swap").await, 1);
    platform.stop().await;
}

#[tokio::test]
async fn no_pair_is_harmed_twice() {
    let rates = "drop=1/3,duplicate=1/3,rename-case=1/3,corrupt-digit=1/3";
    let platform = faulty(rates).await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    for n in 0..300 {
        let message = format!("{{\"n\":\"{n}x\",\"d\":5}}");
        publisher.push("user-1", "e", Some(&message)).await;
    }
    let texts = drain(&mut ws).await;
    let mut counts = [0; 4];
    for n in 0..300 {
        let about = format!("\"n\":\"{n}x\"");
        let copies: Vec<_> = texts.iter().filter(|t| t.contains(&about)).collect();
        let renamed = copies.iter().any(|t| t.starts_with("42[\"E\""));
        let corrupted = copies.iter().any(|t| t.contains("\"d\":6"));
        let harms = [copies.is_empty(), copies.len() == 2, renamed, corrupted];
        assert!(copies.len() <= 2, "{copies:?}");
        assert!(
            harms.iter().filter(|harm| **harm).count() <= 1,
            "{copies:?}"
        );
        for (count, harm) in counts.iter_mut().zip(harms) {
            *count += u64::from(harm);
        }
    }
    let truth = Truth::of(to).await;
    let names = ["drop", "duplicate", "rename-case", "corrupt-digit"];
    assert_eq!(names.map(|name| truth.injected(name)), counts);
    // What one fault takes is no occasion of those behind it.
    let mut left = 300;
    for name in names {
        assert_eq!(truth.occasions(name), left, "{name}");
        // The last block may be under way.
        let done = truth.injected(name);
        assert!(
            (left / 3..=left.div_ceil(3)).contains(&done),
            "{name}: {done} of {left}"
        );
        left -= done;
    }
    platform.stop().await;
}

#[tokio::test]
async fn every_fault_can_be_on_at_once() {
    // Those of recovery go with no others: what a socket gets when it is back may undo them.
    let names = Fault::all().map(|fault| fault.to_string());
    let names = names.filter(|name| !name.starts_with("recover-"));
    // Acks tell this test when it has read everything: their faults are on, and have no turn.
    let rates = names.map(|name| match name {
        name if name.starts_with("ack-") => format!("{name}=1/1000000000"),
        name => format!("{name}=1/7"),
    });
    let rates: Vec<_> = rates.collect();
    let platform = with(&rates.join(","), soon_late).await;
    let to = platform.address();
    let mut sockets = Vec::new();
    for user in 0..12 {
        let session = log_in(to, if user % 3 == 0 { "other" } else { "demo" }, user / 2).await;
        let mut ws = Ws::session(to).await;
        let app = if user % 3 == 0 { "other" } else { "demo" };
        ws.send(&connect(app, &session)).await;
        sockets.push(ws);
    }
    let mut publisher = Publisher::new(to, "demo").await;
    for n in 0..400 {
        let user = if n % 4 == 0 {
            "*".to_owned()
        } else {
            format!("user-{}", n % 6)
        };
        let body = json!({"userID": user, "eventName": "e", "message": {"n": n, "t": "Zoë"}});
        let answer = publisher.call(&body.to_string()).await;
        assert!(matches!(answer.status, 200 | 500));
    }
    let truth = Truth::of(to).await;
    assert_eq!(truth.0["faults"].as_array().unwrap().len(), 31);
    for name in ["drop", "duplicate", "rename-case", "answer-500"] {
        assert!(truth.injected(name) > 0, "{name}");
    }
    for ws in &mut sockets {
        drain(ws).await;
    }
    platform.stop().await;
}

#[tokio::test]
async fn mutants_break_the_protocol() {
    let platform = start(PlatformConfig {
        mutants: [Mutant::TwoConnects, Mutant::DropMaxPayload]
            .into_iter()
            .collect(),
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let session = log_in(to, "demo", 1).await;
    let mut ws = Ws::open(to, "").await.unwrap();
    let open: Value = serde_json::from_str(&ws.text().await[1..]).unwrap();
    assert!(open["sid"].is_string());
    assert!(open.get("maxPayload").is_none());
    ws.send(&connect("demo", &session)).await;
    let answer = ws.text().await;
    assert!(answer.starts_with("40{\"sid\":"));
    assert_eq!(ws.text().await, answer);
    ws.quiet().await;
    platform.stop().await;
}
