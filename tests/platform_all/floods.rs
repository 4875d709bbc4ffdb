//! Clients that send without pause: they keep neither the server from others nor their own connection from its end.

use crate::support::{Http, Polling, Publisher, Ws, get, log_in, soon, start};
use pushproof::platform::{PlatformConfig, QueueBounds};
use std::io::Write as _;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// A frame of a client, masked with zeros.
fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length < 126);
    [&[head, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

/// Sends a frame over and over from a thread of its own for some time. Returns when the server ended the connection, if it did.
fn flood(ws: Ws, frame: &[u8], time: Duration) -> JoinHandle<Option<Duration>> {
    let mut tcp = ws.0.into_inner().into_std().unwrap();
    tcp.set_nonblocking(false).unwrap();
    tcp.set_write_timeout(Some(time)).unwrap();
    let frames = frame.repeat(10_000);
    std::thread::spawn(move || {
        let begun = Instant::now();
        while begun.elapsed() < time {
            if tcp.write_all(&frames).is_err() {
                return Some(begun.elapsed());
            }
        }
        None
    })
}

#[tokio::test]
async fn a_flood_of_frames_that_are_no_message_holds_up_nobody() {
    const TIME: Duration = Duration::from_secs(2);
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    for (what, head) in [
        ("empty continuations", 0x00),
        ("pings on a probing WebSocket", 0x89),
        ("pongs on a probing WebSocket", 0x8a),
    ] {
        let polling = Polling::user(to, "demo", 1).await;
        let ws = if head == 0 {
            let mut ws = Ws::user(to, "demo", 2).await;
            let tcp = ws.0.get_mut();
            tcp.write_all(&frame(0x01, b"4")).await.unwrap();
            ws
        } else {
            let query = format!("&sid={}", polling.sid);
            Ws::open(to, &query).await.unwrap()
        };
        let flood = flood(ws, &frame(head, b""), TIME);
        // Who is held up gets an answer when the flood is over, and one at most.
        let mut answered = 0;
        while !flood.is_finished() {
            assert_eq!(get(to, "/healthz").await.status, 200);
            answered += 1;
        }
        assert!(answered >= 3, "{what}: {answered}");
        flood.join().unwrap();
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_flood_puts_off_no_end_of_its_own_connection() {
    const TIME: Duration = Duration::from_secs(10);
    let platform = start(PlatformConfig {
        connect_timeout: Duration::from_millis(500),
        session_ttl: Duration::from_millis(500),
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    // One is over when its login ends, the other because it never joins.
    for ws in [Ws::user(to, "demo", 1).await, Ws::session(to).await] {
        let flood = flood(ws, &frame(0x81, b"3"), TIME);
        let ended = soon(
            "the flood's end",
            tokio::task::spawn_blocking(|| flood.join()),
        )
        .await;
        let ended = ended.unwrap().unwrap().expect("it was ended");
        assert!(ended < TIME / 2, "{ended:?}");
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_logged_out_client_that_hung_up_unread_is_let_go() {
    let platform = start(PlatformConfig {
        max_sockets: 1,
        queue: QueueBounds {
            packets: 1_000,
            bytes: 64 << 20,
        },
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let session = log_in(to, "demo", 1).await;
    let mut stalled = Ws::connected(to, "demo", &session).await;
    let mut publisher = Publisher::new(to, "demo").await;
    let message = format!("\"{}\"", "x".repeat(900_000));
    for _ in 0..30 {
        assert_eq!(publisher.push("user-1", "n", Some(&message)).await, 1);
    }
    // What waits is still handed out to it, for as long as that may take.
    let logout = format!("/good/api/v4/auth/logout?appID=demo&sessionID={session}");
    assert_eq!(Http::connect(to).await.get(&logout).await.status, 200);
    stalled.0.get_mut().shutdown().await.unwrap();
    soon("its place", async {
        while Ws::open(to, "").await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    drop(stalled);
    platform.stop().await;
}

#[tokio::test]
async fn a_websocket_is_closed_with_the_code_that_tells_why() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    for (head, payload, code) in [
        (0x81, &b"42[\"e\",\"\xff\"]"[..], 1007),
        (0x88, &[0x03, 0xe8], 1000),
        (0x88, &[0x0b, 0xb8], 3000),
        // A code that must not be sent.
        (0x88, &[0x03, 0xed], 1002),
        (0x88, &[], 1000),
        (0x83, b"x", 1002),
    ] {
        let mut ws = Ws::user(to, "demo", 1).await;
        let tcp: &mut TcpStream = ws.0.get_mut();
        tcp.write_all(&frame(head, payload)).await.unwrap();
        assert_eq!(ws.close_code().await, Some(code), "{head:x} {payload:?}");
    }
    platform.stop().await;
}
