//! Clients that break the rules: only their own connection ends, and a bystander misses nothing.

use crate::support::{Http, PATIENCE, Polling, Publisher, Ws, get, log_in, soon, start};
use pushproof::platform::{Origins, Platform, PlatformConfig, QueueBounds};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Somebody who behaves, and must not notice the others.
struct Bystander {
    ws: Ws,
    publisher: Publisher,
    count: u64,
}

impl Bystander {
    async fn new(platform: &Platform) -> Self {
        let to = platform.address();
        Self {
            ws: Ws::user(to, "other", 1).await,
            publisher: Publisher::new(to, "other").await,
            count: 0,
        }
    }

    async fn is_fine(&mut self) {
        self.count += 1;
        let message = self.count.to_string();
        assert_eq!(self.publisher.push("*", "tick", Some(&message)).await, 1);
        assert_eq!(self.ws.text().await, format!("42[\"tick\",{message}]"));
    }
}

#[tokio::test]
async fn malformed_packets_end_their_connection_and_nothing_behind_them_is_handled() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let session = log_in(to, "demo", 1).await;
    let mut bystander = Bystander::new(&platform).await;
    for packet in [
        "",
        "7",
        "x",
        "é",
        "ééééééé",
        "b",
        "bAA==",
        "0{}",
        "2",
        "2probe",
        "5",
        "6",
        "47",
        "4",
        "42",
        "42{}",
        "42[]",
        "42[null]",
        "42[{}]",
        "42\"x\"",
        "42[\"e\"",
        "42[\"e\"]x",
        "42[\"connect\"]",
        "42/none,[\"e\"]",
        "41/none,",
        "44{\"message\":\"x\"}",
        "450-[\"e\"]",
        "45999999-[\"e\"]",
        "45-1-[\"e\"]",
        "450x10-[\"e\"]",
        "4500000000000000000000001-[\"e\"]",
        "45[\"e\"]",
        "451-[\"e\",{\"_placeholder\":true,\"num\":7}]",
    ] {
        let mut ws = Ws::connected(to, "demo", &session).await;
        ws.send(packet).await;
        // It may be gone already.
        let _ = futures_util::SinkExt::send(
            &mut ws.0,
            tokio_tungstenite::tungstenite::Message::text("421[\"behind\"]"),
        )
        .await;
        let next = ws.next().await;
        assert!(next.is_none(), "{packet}: {next:?}");

        let polling = Polling::user(to, "demo", 2).await;
        let answer = polling
            .post(&format!("{packet}\u{1e}421[\"behind\"]"))
            .await;
        assert_eq!(answer.status, 400, "{packet}");
        assert_eq!(get(to, &polling.path).await.status, 400, "{packet}");
    }
    let mut unsolicited = Ws::connected(to, "demo", &session).await;
    unsolicited.send_binary(b"x").await;
    unsolicited.ends().await;
    let mut early = Ws::session(to).await;
    early.send("42[\"early\"]").await;
    early.ends().await;
    let mut twice = Ws::connected(to, "demo", &session).await;
    twice
        .send(&crate::support::connect(
            "demo",
            &log_in(to, "demo", 2).await,
        ))
        .await;
    twice.ends().await;
    bystander.is_fine().await;
    platform.stop().await;
}

#[tokio::test]
async fn odd_events_do_no_harm() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut bystander = Bystander::new(&platform).await;
    let mut ws = Ws::user(to, "demo", 1).await;
    for name in [
        "error",
        "__proto__",
        "constructor",
        "toString",
        "",
        "connection",
        "authenticate",
    ] {
        ws.send(&format!("42[\"{name}\",{{\"app_id\":\"other\"}}]"))
            .await;
    }
    ws.quiet().await;
    for id in [
        "0",
        "2147483648",
        "9007199254740991",
        "9007199254740993",
        "18446744073709551615",
    ] {
        ws.send(&format!("42{id}[\"message-with-ack\",1,[2]]"))
            .await;
        assert_eq!(ws.text().await, format!("43{id}[1,[2]]"));
    }
    ws.send("42[\"m\\u0065ssage\",\"x\"]").await;
    assert_eq!(ws.text().await, "42[\"message-back\",\"x\"]");
    let text =
        r#"2-5["message-with-ack",{"num":1,"_placeholder":true},{"_placeholder":true,"num":0}]"#;
    ws.send(&format!("45{text}")).await;
    ws.send_binary(&[0, 255]).await;
    ws.send_binary(&[]).await;
    assert_eq!(
        ws.text().await,
        r#"462-5[{"num":1,"_placeholder":true},{"_placeholder":true,"num":0}]"#
    );
    assert_eq!(ws.next().await.unwrap().into_data(), &[0, 255][..]);
    assert_eq!(ws.next().await.unwrap().into_data(), &[][..]);
    let deep = format!("42[\"x\",{}{}]", "[".repeat(100_000), "]".repeat(100_000));
    ws.send(&deep).await;
    ws.quiet().await;
    for number in 0..1_000 {
        ws.send(&format!("40/n{number},{{}}")).await;
    }
    for number in 0..1_000 {
        assert_eq!(
            ws.text().await,
            format!("44/n{number},{{\"message\":\"Invalid namespace\"}}")
        );
    }
    ws.quiet().await;
    bystander.is_fine().await;
    platform.stop().await;
}

#[tokio::test]
async fn messages_above_the_limit_are_never_handled() {
    let platform = start(PlatformConfig {
        max_payload: 10_000,
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let mut bystander = Bystander::new(&platform).await;
    let mut ws = Ws::user(to, "demo", 1).await;
    let fits = "x".repeat(10_000 - "421[\"e\",\"\"]".len());
    ws.send(&format!("421[\"e\",\"{fits}\"]")).await;
    assert_eq!(ws.text().await, "431[]");
    ws.send(&format!("421[\"e\",\"{fits}x\"]")).await;
    assert_eq!(ws.close_code().await, Some(1009));

    let polling = Polling::user(to, "demo", 2).await;
    assert_eq!(
        polling
            .post(&format!("421[\"e\",\"{fits}x\"]"))
            .await
            .status,
        413
    );
    let mut http = Http::connect(to).await;
    http.send(&format!(
        "POST {} HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n",
        polling.path
    ))
    .await;
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for _ in 0..4 {
        // The server may refuse before all of it is sent.
        let _ = http.tcp.write_all(chunk.as_bytes()).await;
    }
    let answer = http.answer().await.expect("an answer");
    assert_eq!(
        (answer.status, answer.header("connection")),
        (413, Some("close"))
    );
    // A body that claims to be endless is refused by its head.
    let mut http = Http::connect(to).await;
    http.send(&format!(
        "POST {} HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999\r\n\r\n",
        polling.path
    ))
    .await;
    assert_eq!(http.answer().await.expect("an answer").status, 413);
    bystander.is_fine().await;
    platform.stop().await;
}

#[tokio::test]
async fn a_client_that_stops_reading_is_disconnected_without_a_gap() {
    let platform = start(PlatformConfig {
        queue: QueueBounds {
            packets: 1_000,
            bytes: 1 << 20,
        },
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let mut bystander = Bystander::new(&platform).await;
    let mut stalled = Ws::user(to, "demo", 1).await;
    let mut polling = Polling::user(to, "demo", 1).await;
    let mut publisher = Publisher::new(to, "demo").await;
    let filler = "x".repeat(100_000);
    let mut sent = 0;
    soon("the overflow", async {
        loop {
            let message = format!("\"{sent} {filler}\"");
            if publisher.push("user-1", "n", Some(&message)).await == 0 {
                return;
            }
            sent += 1;
            if sent % 20 == 0 {
                bystander.is_fine().await;
            }
        }
    })
    .await;
    // What did arrive is an unbroken beginning.
    let mut seen = 0;
    while let Some(message) = stalled.next().await {
        let text = message.into_text().unwrap();
        assert!(
            text.starts_with(&format!("42[\"n\",\"{seen} x")),
            "{seen}: {}",
            &text[..30]
        );
        seen += 1;
    }
    assert!(seen <= sent);
    assert_eq!(polling.poll().await.status, 400);
    bystander.is_fine().await;
    platform.stop().await;
}

#[tokio::test]
async fn attachments_that_do_not_come_and_bodies_that_trickle_are_cut_off() {
    let platform = start(PlatformConfig {
        assembly_timeout: Duration::from_millis(200),
        idle_timeout: Duration::from_secs(1),
        request_timeout: Duration::from_millis(300),
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let mut ws = Ws::user(to, "demo", 1).await;
    ws.send("451-[\"e\",{\"_placeholder\":true,\"num\":0}]")
        .await;
    ws.ends().await;

    let mut polling = Polling::user(to, "demo", 2).await;
    let mut http = Http::connect(to).await;
    http.send(&format!(
        "POST {} HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\n4",
        polling.path
    ))
    .await;
    assert_eq!(http.answer().await.expect("an answer").status, 408);
    assert_eq!(polling.post("42[\"message\"]").await.status, 200);
    assert_eq!(polling.packets().await, ["42[\"message-back\"]"]);

    let mut head = TcpStream::connect(to).await.unwrap();
    head.write_all(b"GET / HTTP/1.1\r\nHos").await.unwrap();
    let mut rest = Vec::new();
    // However it is cut off, it is.
    let _ = soon("the cut", head.read_to_end(&mut rest)).await;
    assert_eq!(get(to, "/healthz").await.status, 200);
    platform.stop().await;
}

#[tokio::test]
async fn heads_out_of_bounds_and_bad_handshakes_leave_the_server_alive() {
    let platform = start(PlatformConfig::default()).await;
    let to = platform.address();
    let mut bystander = Bystander::new(&platform).await;
    let long = format!(
        "GET / HTTP/1.1\r\nHost: t\r\nX: {}\r\n\r\n",
        "x".repeat(100_000)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: t\r\n{}\r\n",
        "X: y\r\n".repeat(10_000)
    );
    for raw in [
        long.as_str(),
        &many,
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: t\r\nX: a\u{1}b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "nonsense\r\n\r\n",
    ] {
        let mut tcp = TcpStream::connect(to).await.unwrap();
        let _ = tcp.write_all(raw.as_bytes()).await;
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        let _ = tokio::time::timeout(PATIENCE, async {
            while let Ok(count @ 1..) = tcp.read(&mut part).await {
                answer.extend_from_slice(&part[..count]);
                if answer.windows(4).any(|w| w == b"\r\n\r\n") {
                    break;
                }
            }
        })
        .await;
        let begin = String::from_utf8_lossy(&answer);
        assert!(
            begin.is_empty() || begin.starts_with("HTTP/1.1 4"),
            "{begin}"
        );
    }
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    for (query, headers) in [
        ("EIO=4&transport=websocket", "Sec-WebSocket-Version: 13\r\n"),
        (
            "EIO=4&transport=websocket",
            "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        ),
        (
            "EIO=4&transport=websocket",
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n",
        ),
        (
            "EIO=4&transport=constructor",
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        ),
        (
            "EIO=4&transport=polling",
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
        ),
    ] {
        let mut http = Http::connect(to).await;
        http.send(&format!(
            "GET /socket.io/?{query} HTTP/1.1\r\nHost: t\r\n{upgrade}{headers}\r\n"
        ))
        .await;
        assert_eq!(
            http.answer().await.expect("an answer").status,
            400,
            "{query} {headers}"
        );
    }
    // A broken frame in the same segment as the handshake, and an unmasked one.
    for frame in [
        &b"\xff\x80\0\0\0\0"[..],
        b"\x81\x0142",
        b"\x81\x80\0\0\0\0\xf1",
    ] {
        let mut tcp = TcpStream::connect(to).await.unwrap();
        let mut raw = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: t\r\n{upgrade}\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        .into_bytes();
        raw.extend_from_slice(frame);
        tcp.write_all(&raw).await.unwrap();
        let mut rest = Vec::new();
        let _ = soon("the end", tcp.read_to_end(&mut rest)).await;
        assert!(rest.starts_with(b"HTTP/1.1 101"));
    }
    bystander.is_fine().await;
    platform.stop().await;
}

#[tokio::test]
async fn foreign_pages_are_kept_out_on_every_transport() {
    let platform = start(PlatformConfig {
        origins: Origins::Only(vec!["https://good.example".into()]),
        ..PlatformConfig::default()
    })
    .await;
    let to = platform.address();
    let ask = async |origin: &str, more: &str, transport: &str| {
        let mut http = Http::connect(to).await;
        http.send(&format!(
            "GET /socket.io/?EIO=4&transport={transport} HTTP/1.1\r\nHost: t\r\nOrigin: {origin}\r\n{more}\r\n"
        ))
        .await;
        http.answer().await.unwrap()
    };
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    let good = ask("https://good.example", "", "polling").await;
    assert_eq!(good.status, 200);
    assert_eq!(
        good.header("access-control-allow-origin"),
        Some("https://good.example")
    );
    assert_eq!(
        ask("https://good.example", upgrade, "websocket")
            .await
            .status,
        101
    );
    for (more, transport) in [("", "polling"), (upgrade, "websocket")] {
        let bad = ask("https://evil.example", more, transport).await;
        assert_eq!(bad.status, 403, "{transport}");
        assert_eq!(bad.header("access-control-allow-origin"), None);
    }
    let mut http = Http::connect(to).await;
    http.send("OPTIONS /socket.io/ HTTP/1.1\r\nHost: t\r\nOrigin: https://good.example\r\n\r\n")
        .await;
    assert_eq!(http.answer().await.unwrap().status, 204);
    platform.stop().await;
}
