//! Sockets that come back to where their connection broke.

use crate::support::{Polling, Publisher, Ws, connect, get, log_in, soon, start};
use futures_util::StreamExt as _;
use pushproof::platform::{Platform, PlatformConfig};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

async fn recovering() -> Platform {
    start(PlatformConfig {
        recovery: Some(Duration::from_secs(120)),
        ..PlatformConfig::default()
    })
    .await
}

/// What a socket keeps to come back with.
#[derive(Debug, Clone)]
struct Known {
    session: String,
    sid: String,
    pid: String,
    offset: String,
}

impl Known {
    fn connect(&self) -> String {
        let auth = json!({
            "app_id": "demo", "session_id": self.session, "pid": self.pid, "offset": self.offset,
        });
        format!("40{auth}")
    }

    fn answer(&self) -> String {
        format!(r#"40{{"sid":"{}","pid":"{}"}}"#, self.sid, self.pid)
    }
}

/// A new socket, and what it keeps; no offset yet.
async fn join(to: SocketAddr, session: &str) -> (Ws, Known) {
    let mut ws = Ws::session(to).await;
    ws.send(&connect("demo", session)).await;
    let answer = ws.text().await;
    let said: Value = serde_json::from_str(&answer[2..]).expect("JSON");
    let text = |key: &str| said[key].as_str().expect("a text").to_owned();
    let known = Known {
        session: session.to_owned(),
        sid: text("sid"),
        pid: text("pid"),
        offset: String::new(),
    };
    assert_eq!(answer, known.answer());
    (ws, known)
}

/// The arguments of an event but the last, which has to be its offset.
fn event(packet: &str) -> (Vec<Value>, String) {
    let mut all: Vec<Value> = serde_json::from_str(&packet[2..]).expect("JSON");
    let offset = all.pop().expect("an offset");
    (all, offset.as_str().expect("a text").to_owned())
}

/// Closes the connection, and waits until the platform has let go of it.
async fn cut(mut ws: Ws) {
    ws.0.close(None).await.expect("it is open");
    soon("the end", async {
        while let Some(Ok(_)) = ws.0.next().await {}
    })
    .await;
}

#[tokio::test]
async fn a_socket_that_is_back_is_the_same_and_has_missed_nothing() {
    let platform = recovering().await;
    let to = platform.address();
    let mut publisher = Publisher::new(to, "demo").await;
    let session = log_in(to, "demo", 1).await;
    let (mut ws, mut known) = join(to, &session).await;
    assert_eq!(publisher.push("user-1", "e", Some("1")).await, 1);
    let (args, offset) = event(&ws.text().await);
    assert_eq!(args, [json!("e"), json!(1)]);
    known.offset = offset;
    // An answer that is an event is kept as well, and has its place; an ack is none.
    ws.send("42[\"message\",{\"a\":\"b\"}]").await;
    let (args, _) = event(&ws.text().await);
    assert_eq!(args, [json!("message-back"), json!({"a": "b"})]);
    ws.send("427[\"message-with-ack\",1]").await;
    assert_eq!(ws.text().await, "437[1]");
    cut(ws).await;
    assert_eq!(publisher.push("user-1", "e", Some("2")).await, 0);
    assert_eq!(publisher.push("user-2", "e", Some("3")).await, 0);
    assert_eq!(publisher.push("*", "none", None).await, 0);

    let mut polling = Polling::session(to).await;
    assert_eq!(polling.post(&known.connect()).await.status, 200);
    let packets = polling.packets().await;
    let (missed, answer) = packets.split_at(3);
    let missed: Vec<_> = missed.iter().map(|packet| event(packet).0).collect();
    let due = [
        vec![json!("message-back"), json!({"a": "b"})],
        vec![json!("e"), json!(2)],
        vec![json!("none")],
    ];
    assert_eq!(missed, due);
    assert_eq!(answer, [known.answer()]);
    assert_eq!(publisher.push("user-1", "e", Some("4")).await, 1);
    let (args, offset) = event(&polling.packets().await[0]);
    assert_eq!(args, [json!("e"), json!(4)]);
    // It says goodbye to the connection, not to the namespace, and is back once more, with nothing missed.
    known.offset = offset;
    assert_eq!(polling.post("1").await.status, 200);
    let mut ws = Ws::session(to).await;
    ws.send(&known.connect()).await;
    assert_eq!(ws.text().await, known.answer());
    ws.quiet().await;
    platform.stop().await;
}

#[tokio::test]
async fn whoever_may_not_come_back_is_new_or_refused() {
    let platform = recovering().await;
    let to = platform.address();
    let mut publisher = Publisher::new(to, "demo").await;
    let session = log_in(to, "demo", 1).await;
    let (mut ws, mut known) = join(to, &session).await;
    publisher.push("user-1", "e", Some("1")).await;
    known.offset = event(&ws.text().await).1;
    // It is still there.
    let is_new = async |known: &Known| {
        let mut ws = Ws::session(to).await;
        ws.send(&known.connect()).await;
        let answer = ws.text().await;
        assert!(answer.starts_with("40{\"sid\":"), "{answer}");
        assert!(!answer.contains(&known.pid) && !answer.contains(&known.sid));
        ws.quiet().await;
        ws
    };
    drop(is_new(&known).await);
    // It has left.
    ws.send("41").await;
    ws.send("40/nowhere,").await;
    assert!(ws.text().await.starts_with("44/nowhere,"));
    cut(ws).await;
    let there = is_new(&known).await;
    // Another login of the same user is another socket, and so is one of another user.
    cut(there).await;
    let (mut ws, mut known) = join(to, &session).await;
    publisher.push("user-1", "e", Some("2")).await;
    known.offset = event(&ws.text().await).1;
    cut(ws).await;
    publisher.push("user-1", "e", Some("3")).await;
    for number in [1, 2] {
        let other = Known {
            session: log_in(to, "demo", number).await,
            ..known.clone()
        };
        is_new(&other).await;
    }
    // The end of its login is the end of it.
    let path = format!("/good/api/v5/auth/logout?appID=demo&sessionID={session}");
    assert_eq!(get(to, &path).await.status, 200);
    let mut ws = Ws::session(to).await;
    ws.send(&known.connect()).await;
    let refused = ws.text().await;
    assert_eq!(refused, "44{\"message\":\"not authorized\"}");
    platform.stop().await;
}

const SOCKETS: u32 = 12;
const PUBLISHERS: u64 = 4;
const PUSHES: u64 = 250;

/// Sockets come and go while several ask for pushes at everyone: each has all of them once, and those of one publisher in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_or_doubled_while_sockets_come_and_go() {
    let platform = recovering().await;
    let to = platform.address();
    let mut joined = Vec::new();
    for number in 0..SOCKETS {
        let session = log_in(to, "demo", number).await;
        joined.push(join(to, &session).await);
    }
    let recoveries = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for (place, (ws, known)) in (0..).zip(joined) {
        tasks.spawn(comes_and_goes(
            to,
            place,
            ws,
            known,
            Arc::clone(&recoveries),
        ));
    }
    for publisher in 0..PUBLISHERS {
        tasks.spawn(async move {
            let mut own = Publisher::new(to, "demo").await;
            for n in 0..PUSHES {
                own.push("*", "e", Some(&format!("[{publisher},{n}]")))
                    .await;
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("each is done");
    }
    let recoveries = recoveries.load(Ordering::Relaxed);
    assert!(recoveries > u64::from(SOCKETS) * 10, "{recoveries}");
    platform.stop().await;
}

async fn comes_and_goes(
    to: SocketAddr,
    place: u64,
    mut ws: Ws,
    mut known: Known,
    recoveries: Arc<AtomicU64>,
) {
    let mut next = [0; PUBLISHERS as usize];
    let mut heard = 0;
    while next != [PUSHES; PUBLISHERS as usize] {
        let Some(Message::Text(text)) = ws.next().await else {
            panic!("socket {place} ended with {next:?}");
        };
        if text == known.answer() {
            continue;
        }
        let (args, offset) = event(&text);
        let (publisher, n) = (args[1][0].as_u64(), args[1][1].as_u64());
        let publisher = publisher.expect("a number") as usize;
        assert_eq!(n, Some(next[publisher]), "socket {place}, {next:?}");
        next[publisher] += 1;
        known.offset = offset;
        heard += 1;
        if heard % (20 + place) == 0 {
            cut(ws).await;
            ws = Ws::session(to).await;
            ws.send(&known.connect()).await;
            recoveries.fetch_add(1, Ordering::Relaxed);
        }
    }
    // The answer to a CONNECT may be on its way yet.
    ws.send("429[\"marker\"]").await;
    let mut last = ws.text().await;
    if last == known.answer() {
        last = ws.text().await;
    }
    assert_eq!(last, "439[]");
}
