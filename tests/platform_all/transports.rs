//! Handshakes, long-polling, the upgrade, heartbeats, and the end.

use crate::support::{Http, Polling, Publisher, Ws, get, log_in, post, soon, start};
use futures_util::SinkExt as _;
use pushproof::platform::PlatformConfig;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

#[tokio::test]
async fn handshakes_that_make_no_sense_are_refused_with_a_code() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    for (query, code) in [
        ("", 0),
        ("?EIO=4", 0),
        ("?EIO=4&transport=abc", 0),
        ("?EIO=4&transport=__proto__", 0),
        ("?EIO=4&transport=webtransport", 0),
        ("?transport=polling", 5),
        ("?EIO=&transport=polling", 5),
        ("?EIO=3&transport=polling", 5),
        ("?EIO=5&transport=polling", 5),
        ("?EIO=4x&transport=polling", 5),
        ("?EIO=4&transport=polling&sid=", 1),
        ("?EIO=4&transport=polling&sid=unknown", 1),
        ("?EIO=4&transport=polling&sid=%00", 1),
        ("?EIO=4&transport=polling&sid=__proto__", 1),
        ("?EIO=4&transport=websocket", 3),
        ("?EIO=4&EIO=4&transport=polling", 3),
        ("?EIO=4&transport=polling&transport=websocket", 3),
        ("?EIO=4&transport=polling&j=0", 3),
    ] {
        let answer = get(to, &format!("/socket.io/{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["code"], code, "{query}");
        assert!(answer.json()["message"].is_string());
    }
    let answer = Http::connect(to).await.post(POLLING, "").await;
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(2)));
    for path in [
        "/socket.iox/?EIO=4&transport=polling",
        "/socket.io?EIO=4&transport=polling",
    ] {
        assert_eq!(get(to, path).await.status, 404);
    }
    assert_eq!(Ws::open(to, "&sid=unknown").await.err(), Some(400));
    assert_eq!(Ws::open(to, "&EIO=3").await.err(), Some(400));
    platform.stop().await;
}

#[tokio::test]
async fn a_transport_that_is_off_is_refused_and_not_announced() {
    let platform = start(PlatformConfig {
        websocket: false,
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let answer = get(to, POLLING).await;
    assert!(answer.body.contains("\"upgrades\":[]"), "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(Ws::open(to, "").await.err(), Some(400));
    platform.stop().await;
}

#[tokio::test]
async fn requests_of_another_version_leave_the_session_alone() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut polling = Polling::user(to, "demo", 1).await;
    let other = polling.path.replace("EIO=4", "EIO=3");
    assert_eq!(get(to, &other).await.status, 400);
    let kind = "Content-Type: application/octet-stream\r\n";
    let raw =
        post(&polling.path, "42[\"x\"]").replace("Host: t\r\n", &format!("Host: t\r\n{kind}"));
    let mut http = Http::connect(to).await;
    http.send(&raw).await;
    assert_eq!(http.answer().await.unwrap().status, 400);
    assert_eq!(
        Publisher::new(to, "demo").await.push("*", "e", None).await,
        1
    );
    assert_eq!(polling.packets().await, ["42[\"e\"]"]);
    platform.stop().await;
}

#[tokio::test]
async fn polling_carries_batches_both_ways() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut polling = Polling::user(to, "demo", 1).await;
    let answer = polling
        .post("42[\"message\",1]\u{1e}451-[\"message\",{\"_placeholder\":true,\"num\":0}]\u{1e}bAAH/\u{1e}421[\"x\"]")
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    assert_eq!(
        polling.packets().await,
        [
            "42[\"message-back\",1]",
            "451-[\"message-back\",{\"_placeholder\":true,\"num\":0}]",
            "bAAH/",
            "431[]"
        ]
    );
    let many: Vec<String> = (0..100).map(|i| format!("42{i}[\"x\"]")).collect();
    assert_eq!(polling.post(&many.join("\u{1e}")).await.status, 200);
    assert_eq!(polling.packets().await.len(), 100);
    platform.stop().await;
}

#[tokio::test]
async fn a_poll_answer_keeps_to_the_limit() {
    let platform = start(PlatformConfig {
        max_payload: 2_000,
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let mut polling = Polling::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    let message = format!("\"{}\"", "x".repeat(500));
    for _ in 0..10 {
        publisher.push("*", "e", Some(&message)).await;
    }
    let mut count = 0;
    while count < 10 {
        let answer = polling.poll().await;
        assert!(answer.body.len() <= 2_000);
        count += answer.body.split('\u{1e}').count();
    }
    assert_eq!(count, 10);
    platform.stop().await;
}

#[tokio::test]
async fn two_polls_at_once_end_the_session() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let polling = Polling::user(to, "demo", 1).await;
    let (mut first, mut second) = (Http::connect(to).await, Http::connect(to).await);
    let request = format!("GET {} HTTP/1.1\r\nHost: t\r\n\r\n", polling.path);
    first.send(&request).await;
    second.send(&request).await;
    let (first, second) = tokio::join!(first.answer(), second.answer());
    let mut both = [first.unwrap(), second.unwrap()];
    both.sort_by_key(|answer| answer.status);
    assert_eq!((both[0].status, both[0].body.as_str()), (200, "1"));
    assert_eq!(both[1].status, 400);
    assert_eq!(get(to, &polling.path).await.status, 400);
    platform.stop().await;
}

#[tokio::test]
async fn an_aborted_poll_ends_the_session() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let polling = Polling::user(to, "demo", 1).await;
    let mut http = Http::connect(to).await;
    http.send(&format!("GET {} HTTP/1.1\r\nHost: t\r\n\r\n", polling.path))
        .await;
    // The poll is pending once the session refuses to move... which a second poll would end; so the push count tells.
    drop(http);
    let mut publisher = Publisher::new(to, "demo").await;
    soon("the session's end", async {
        while get(to, "/healthz").await.status == 200 {
            if publisher.push("user-1", "e", None).await == 0 {
                break;
            }
        }
    })
    .await;
    assert_eq!(get(to, &polling.path).await.status, 400);
    platform.stop().await;
}

#[tokio::test]
async fn a_goodbye_is_heard_on_both_transports() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut polling = Polling::user(to, "demo", 1).await;
    let path = polling.path.clone();
    let (last, answer) = tokio::join!(polling.poll(), async {
        Http::connect(to).await.post(&path, "1").await
    });
    assert_eq!(answer.status, 200);
    // The goodbye may overtake the poll.
    assert!(last.body == "6" || last.status == 400, "{last:?}");
    assert_eq!(get(to, &path).await.status, 400);

    let mut ws = Ws::user(to, "demo", 1).await;
    let begun = Instant::now();
    ws.send("1").await;
    ws.ends().await;
    assert!(begun.elapsed() < Duration::from_secs(2));
    platform.stop().await;
}

/// Opens a WebSocket for a polling session and has its probe answered.
async fn probe(polling: &Polling) -> Ws {
    let mut ws = Ws::open(polling.to, &format!("&sid={}", polling.sid))
        .await
        .unwrap();
    ws.send("2probe").await;
    assert_eq!(ws.text().await, "3probe");
    ws
}

#[tokio::test]
async fn an_upgraded_session_lives_on_websocket_alone() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut polling = Polling::user(to, "demo", 1).await;
    let (mut ws, released) = tokio::join!(probe(&polling), get(to, &polling.path));
    assert_eq!(released.body, "6");
    // Again for every later poll.
    assert_eq!(polling.poll().await.body, "6");
    assert_eq!(polling.poll().await.body, "6");
    assert_eq!(
        Ws::open(to, &format!("&sid={}", polling.sid)).await.err(),
        Some(400)
    );
    ws.send("5").await;
    ws.quiet().await;
    assert_eq!(polling.poll().await.status, 400);
    assert_eq!(
        polling.post("42[\"message\",\"injected\"]").await.status,
        400
    );
    assert_eq!(
        Ws::open(to, &format!("&sid={}", polling.sid)).await.err(),
        Some(400)
    );
    assert_eq!(
        Publisher::new(to, "demo").await.push("*", "e", None).await,
        1
    );
    assert_eq!(ws.text().await, "42[\"e\"]");
    ws.quiet().await;
    platform.stop().await;
}

#[tokio::test]
async fn an_upgrade_under_a_stream_of_pushes_loses_nothing() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let session = log_in(to, "demo", 1).await;
    for round in 0..20_u64 {
        let mut polling = Polling::session(to).await;
        polling
            .post(&crate::support::connect("demo", &session))
            .await;
        assert!(polling.poll().await.body.starts_with("40"));
        let stream = tokio::spawn(async move {
            let mut publisher = Publisher::new(to, "demo").await;
            for number in 0..200 {
                publisher
                    .push("user-1", "n", Some(&number.to_string()))
                    .await;
            }
        });
        let mut seen = Vec::new();
        // As a client does: probe while polling, stop polling once the probe is answered, move, read on.
        for _ in 0..round {
            seen.extend(polling.packets().await);
        }
        let mut ws = Ws::open(to, &format!("&sid={}", polling.sid))
            .await
            .unwrap();
        ws.send("2probe").await;
        let (answer, packets) = tokio::join!(ws.text(), polling.packets());
        assert_eq!(answer, "3probe");
        seen.extend(packets);
        ws.send("5").await;
        seen.retain(|packet| packet != "6");
        while seen.len() < 200 {
            seen.push(ws.text().await);
        }
        let expected: Vec<String> = (0..200).map(|n| format!("42[\"n\",{n}]")).collect();
        assert_eq!(seen, expected, "round {round}");
        stream.await.unwrap();
        ws.quiet().await;
        ws.send("1").await;
        ws.ends().await;
    }
    platform.stop().await;
}

#[tokio::test]
async fn a_stalled_upgrade_leaves_polling_usable() {
    let platform = start(PlatformConfig {
        upgrade_timeout: Duration::from_millis(200),
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let mut polling = Polling::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    let sid = format!("&sid={}", polling.sid);

    // No probe, a probe without the move, and a socket dropped midway.
    Ws::open(to, &sid).await.unwrap().ends().await;
    probe(&polling).await.ends().await;
    drop(probe(&polling).await);
    // A move without a probe, and a wrong probe.
    for wrong in ["5", "2wrong", "42[\"message\"]"] {
        let mut ws = soon("room for an upgrade", async {
            loop {
                if let Ok(ws) = Ws::open(to, &sid).await {
                    return ws;
                }
            }
        })
        .await;
        ws.send(wrong).await;
        ws.ends().await;
        publisher.push("user-1", "e", Some("1")).await;
        assert_eq!(polling.packets().await, ["42[\"e\",1]"]);
    }
    polling.post("42[\"message\",2]").await;
    assert_eq!(polling.packets().await, ["42[\"message-back\",2]"]);
    platform.stop().await;
}

#[tokio::test]
async fn a_websocket_ping_is_answered_at_once_with_its_bytes() {
    let platform = start(PlatformConfig::default()).await;
    let mut ws = Ws::user(platform.address(), "demo", 1).await;
    for bytes in ["", "who is there?"] {
        // Nothing else is said that could take the answer along.
        ws.0.send(Message::Ping(bytes.into())).await.unwrap();
        let answer = soon("a pong", ws.next()).await;
        assert_eq!(answer, Some(Message::Pong(bytes.into())));
    }
    platform.stop().await;
}

fn quick() -> PlatformConfig {
    PlatformConfig {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        ..PlatformConfig::default()
    }
}

#[tokio::test]
async fn heartbeats_come_at_the_interval_and_are_wanted_back() {
    let platform = start(quick()).await;
    let to = platform.address();
    let mut answering = Ws::user(to, "demo", 1).await;
    let ended = tokio::spawn(async move { answering.next().await });

    let begun = Instant::now();
    let mut silent = Ws::session(to).await;
    let mut pings = Vec::new();
    soon("the timeout", async {
        use futures_util::StreamExt as _;
        while let Some(Ok(message)) = silent.0.next().await {
            if message.is_text() {
                pings.push(begun.elapsed());
            }
        }
    })
    .await;
    let end = begun.elapsed();
    assert_eq!(pings.len(), 1);
    assert!(pings[0] >= Duration::from_millis(295), "{pings:?}");
    assert!(end >= Duration::from_millis(495), "{end:?}");

    let mut polling = Polling::session(to).await;
    assert_eq!(polling.packets().await, ["2"]);
    polling.post("3").await;
    assert_eq!(polling.packets().await, ["2"]);
    assert_eq!(polling.packets().await, ["1"]);
    assert_eq!(polling.poll().await.status, 400);
    assert!(!ended.is_finished(), "an answering client is never closed");
    platform.stop().await;
    assert!(soon("the stop", ended).await.unwrap().is_none());
}

#[tokio::test]
async fn sessions_that_are_never_polled_end() {
    let platform = start(PlatformConfig {
        max_sockets: 2,
        ..quick()
    })
    .await;
    let to = platform.address();
    assert_eq!(get(to, POLLING).await.status, 200);
    let second = get(to, POLLING).await;
    assert_eq!(get(to, POLLING).await.status, 503);
    assert_eq!(Ws::open(to, "").await.err(), Some(503));
    assert_eq!(second.status, 200);
    soon("room again", async {
        while get(to, POLLING).await.status != 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    platform.stop().await;
}

#[tokio::test]
async fn the_stop_hands_out_what_waits_and_joins_everything() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    let polling = Polling::user(to, "demo", 2).await;
    let mut publisher = Publisher::new(to, "demo").await;
    for number in 0..100 {
        publisher
            .push("user-1", "n", Some(&number.to_string()))
            .await;
    }
    let mut waiting = Http::connect(to).await;
    waiting
        .send(&format!("GET {} HTTP/1.1\r\nHost: t\r\n\r\n", polling.path))
        .await;
    tokio::join!(soon("the stop", platform.stop()), async {
        for number in 0..100 {
            assert_eq!(ws.text().await, format!("42[\"n\",{number}]"));
        }
        assert_eq!(ws.close_code().await, Some(1001));
    });
    // A poll that the stop overtakes finds its connection closed.
    if let Some(last) = waiting.answer().await {
        assert!(last.body == "1" || last.status == 400, "{last:?}");
    }
    assert!(
        tokio::net::TcpStream::connect(to).await.is_err(),
        "the port is free"
    );
}
