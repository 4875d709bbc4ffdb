use super::{CloseReason, Engine, Input, Next, PollRefusal, ProbeStep, Transport};
use crate::platform::config::{PlatformConfig, QueueBounds};
use crate::platform::frame::Frame;
use crate::platform::token::Token;
use crate::protocol::engine::{Packet, decode};
use crate::time::Time;
use std::sync::Arc;
use std::time::Duration;

fn config() -> PlatformConfig {
    PlatformConfig {
        ping_interval: Duration::from_secs(1),
        ping_timeout: Duration::from_millis(500),
        upgrade_timeout: Duration::from_millis(300),
        max_payload: 1_024,
        queue: QueueBounds {
            packets: 4,
            bytes: 2_048,
        },
        ..PlatformConfig::default()
    }
}

fn at(millis: u64) -> Time {
    Time::ZERO + Duration::from_millis(millis)
}

fn open(transport: Transport) -> Engine {
    Engine::open(Arc::new(config()), transport, Token::fixed(1), Time::ZERO)
}

/// A session on polling whose handshake has been answered.
fn polling() -> Engine {
    let mut engine = open(Transport::Polling);
    assert_eq!(engine.begin_poll(at(0)), Ok(()));
    let body = engine.poll_body().unwrap();
    assert!(body.starts_with("0{"), "{body}");
    engine
}

/// A session on WebSocket whose open packet is written.
fn websocket() -> Engine {
    let mut engine = open(Transport::WebSocket);
    assert_eq!(text(&mut engine)[..2], *"0{");
    engine
}

/// The next text that a WebSocket would write.
fn text(engine: &mut Engine) -> String {
    match engine.next_frame(true) {
        Next::Frame(frame) => {
            let mut text = String::new();
            frame.append_to_poll(&mut text);
            text
        }
        other => panic!("wanted a frame, got {other:?}"),
    }
}

fn send(engine: &mut Engine, text: &str) -> bool {
    engine.send(at(1), Frame::text(text))
}

fn closed(engine: &mut Engine) -> CloseReason {
    match engine.next_frame(false) {
        Next::Close(reason) => reason,
        other => panic!("wanted the end, got {other:?}"),
    }
}

#[test]
fn the_open_packet_says_what_is_so() {
    let mut polling = open(Transport::Polling);
    polling.begin_poll(at(0)).unwrap();
    let body = polling.poll_body().unwrap();
    let json: serde_json::Value = serde_json::from_str(&body[1..]).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"sid": Token::fixed(1).to_string(), "upgrades": ["websocket"],
            "pingInterval": 1_000, "pingTimeout": 500, "maxPayload": 1_024})
    );
    let body = text(&mut open(Transport::WebSocket));
    assert!(body.contains("\"upgrades\":[]"), "{body}");
}

#[test]
fn heartbeats_keep_their_cadence() {
    let mut engine = websocket();
    assert_eq!(engine.deadline(), at(1_000));
    engine.handle_timeout(at(999));
    assert!(!engine.has_output());
    engine.handle_timeout(at(1_000));
    assert_eq!(text(&mut engine), "2");
    assert_eq!(engine.deadline(), at(1_500));
    engine.handle_packet(at(1_200), Packet::Pong(""));
    assert_eq!(engine.deadline(), at(2_000));
    // Unasked pongs change nothing.
    engine.handle_packet(at(1_300), Packet::Pong(""));
    engine.handle_packet(at(1_400), Packet::Pong("x"));
    assert_eq!(engine.deadline(), at(2_000));
    engine.handle_timeout(at(2_000));
    assert_eq!(text(&mut engine), "2");
    engine.handle_timeout(at(2_499));
    assert!(engine.is_open());
    engine.handle_timeout(at(2_500));
    assert_eq!(closed(&mut engine), CloseReason::PingTimeout);
    assert_eq!(engine.deadline(), Time::MAX);
}

#[test]
fn packets_of_the_wrong_kind_end_the_session() {
    for wrong in [
        Packet::Open("{}"),
        Packet::Ping(""),
        Packet::Ping("probe"),
        Packet::Upgrade,
        Packet::Noop,
    ] {
        let mut engine = websocket();
        engine.handle_packet(at(1), wrong.clone());
        assert!(engine.is_broken(), "{wrong:?}");
        assert_eq!(
            engine.handle_packet(at(1), Packet::Message("2[\"e\"]")),
            Input::Nothing
        );
        assert!(!send(&mut engine, "4x"));
    }
    let mut engine = websocket();
    assert_eq!(
        engine.handle_packet(at(1), Packet::Message("x")),
        Input::Text("x")
    );
    engine.handle_packet(at(1), Packet::Close);
    assert_eq!(closed(&mut engine), CloseReason::ByClient);
}

#[test]
fn polls_take_turns() {
    let mut engine = polling();
    assert_eq!(engine.begin_poll(at(1)), Ok(()));
    assert_eq!(engine.poll_body(), None);
    send(&mut engine, "4a");
    send(&mut engine, "4b");
    assert_eq!(engine.poll_body().as_deref(), Some("4a\u{1e}4b"));
    assert_eq!(engine.poll_body(), None, "no poll is pending");

    engine.begin_poll(at(2)).unwrap();
    assert_eq!(engine.begin_poll(at(2)), Err(PollRefusal::Overlap));
    assert_eq!(engine.poll_body().as_deref(), Some("1"));
    assert_eq!(engine.begin_poll(at(3)), Err(PollRefusal::Gone));
}

#[test]
fn posts_take_turns() {
    let mut engine = polling();
    assert!(engine.begin_post());
    assert!(!engine.begin_post());
    engine.end_post();
    assert!(engine.begin_post());
    assert!(!websocket().begin_post());
}

#[test]
fn a_goodbye_ends_the_pending_poll() {
    let mut engine = polling();
    engine.begin_poll(at(1)).unwrap();
    engine.handle_packet(at(2), Packet::Close);
    assert_eq!(engine.poll_body().as_deref(), Some("6"));
    assert!(engine.is_closed());
}

#[test]
fn an_aborted_poll_ends_the_session() {
    let mut engine = polling();
    engine.begin_poll(at(1)).unwrap();
    engine.abort_poll(at(2));
    assert!(engine.is_closed());
}

#[test]
fn the_servers_own_goodbye_comes_after_what_waits() {
    let mut engine = polling();
    send(&mut engine, "4a");
    engine.close(at(1), CloseReason::Shutdown);
    assert!(!send(&mut engine, "4late"));
    assert!(!engine.begin_post());
    engine.begin_poll(at(2)).unwrap();
    assert_eq!(engine.poll_body().as_deref(), Some("4a\u{1e}1"));
    assert!(engine.is_closed());

    let mut engine = websocket();
    send(&mut engine, "4a");
    engine.close(at(1), CloseReason::Kicked);
    assert_eq!(text(&mut engine), "4a");
    assert!(matches!(
        engine.next_frame(true),
        Next::Close(CloseReason::Kicked)
    ));

    let mut engine = websocket();
    send(&mut engine, "4a");
    engine.close(at(1), CloseReason::Shutdown);
    engine.handle_timeout(engine.deadline());
    assert_eq!(
        closed(&mut engine),
        CloseReason::Shutdown,
        "nobody came for it"
    );
}

#[test]
fn a_full_queue_ends_the_session() {
    let mut engine = websocket();
    for _ in 0..4 {
        assert!(send(&mut engine, "4x"));
    }
    assert!(!send(&mut engine, "4x"));
    assert_eq!(closed(&mut engine), CloseReason::Overflow);

    let mut engine = websocket();
    assert!(send(&mut engine, &"4".repeat(2_000)));
    assert!(!send(&mut engine, &"4".repeat(100)));

    let mut engine = websocket();
    assert!(
        send(&mut engine, &"4".repeat(5_000)),
        "one at a time always goes"
    );
}

#[test]
fn an_upgrade_moves_the_session_and_its_packets() {
    let mut engine = polling();
    engine.begin_poll(at(1)).unwrap();
    let attempt = engine.begin_upgrade(at(1)).unwrap();
    assert_eq!(engine.begin_upgrade(at(1)), None, "one at a time");
    assert_eq!(engine.poll_body(), None);
    assert_eq!(engine.handle_probe(attempt, "2probe"), ProbeStep::Answer);
    assert_eq!(engine.poll_body().as_deref(), Some("6"));
    // Packets still go to a poll, and a poll without packets is released again.
    engine.begin_poll(at(10)).unwrap();
    assert_eq!(engine.poll_body(), None);
    assert_eq!(engine.deadline(), at(110));
    engine.handle_timeout(at(110));
    assert_eq!(engine.poll_body().as_deref(), Some("6"));
    send(&mut engine, "4a");
    engine.begin_poll(at(120)).unwrap();
    assert_eq!(engine.poll_body().as_deref(), Some("4a"));
    send(&mut engine, "4b");
    assert_eq!(engine.handle_probe(attempt, "5"), ProbeStep::Upgraded);
    assert_eq!(engine.transport(), Transport::WebSocket);
    assert_eq!(engine.begin_poll(at(130)), Err(PollRefusal::WrongTransport));
    assert!(!engine.begin_post());
    assert_eq!(engine.begin_upgrade(at(130)), None);
    assert_eq!(text(&mut engine), "4b");
}

#[test]
fn a_poll_that_is_pending_at_the_move_carries_nothing() {
    let mut engine = polling();
    let attempt = engine.begin_upgrade(at(1)).unwrap();
    engine.handle_probe(attempt, "2probe");
    engine.begin_poll(at(2)).unwrap();
    engine.handle_probe(attempt, "5");
    send(&mut engine, "4a");
    assert_eq!(engine.poll_body().as_deref(), Some("6"));
    assert_eq!(text(&mut engine), "4a");
}

#[test]
fn only_a_probed_upgrade_moves_the_session() {
    for wrong in ["5", "2", "2probes", "3probe", "4x", "1", "", "x", "6"] {
        let mut engine = polling();
        let attempt = engine.begin_upgrade(at(1)).unwrap();
        assert_eq!(
            engine.handle_probe(attempt, wrong),
            ProbeStep::Drop,
            "{wrong}"
        );
        assert!(!engine.upgrade_lives(attempt));
        assert_eq!(engine.handle_probe(attempt, "2probe"), ProbeStep::Drop);
        send(&mut engine, "4a");
        engine.begin_poll(at(2)).unwrap();
        assert_eq!(engine.poll_body().as_deref(), Some("4a"));
    }
}

#[test]
fn a_stalled_upgrade_leaves_polling_as_it_was() {
    let mut engine = polling();
    let attempt = engine.begin_upgrade(at(1)).unwrap();
    engine.handle_probe(attempt, "2probe");
    assert_eq!(engine.deadline(), at(301));
    engine.handle_timeout(at(301));
    assert_eq!(
        engine.handle_probe(attempt, "5"),
        ProbeStep::Drop,
        "too late"
    );
    engine.begin_poll(at(302)).unwrap();
    assert_eq!(engine.poll_body(), None);
    assert_eq!(
        engine.deadline(),
        at(1_000),
        "the poll is as patient as ever"
    );
    send(&mut engine, "4a");
    assert_eq!(engine.poll_body().as_deref(), Some("4a"));
    let again = engine.begin_upgrade(at(400)).unwrap();
    assert_ne!(again, attempt);
    engine.end_upgrade(attempt);
    assert!(
        engine.upgrade_lives(again),
        "an old attempt ends no new one"
    );
}

#[test]
fn a_poll_given_up_after_the_upgrade_ends_nothing() {
    let mut engine = polling();
    let attempt = engine.begin_upgrade(at(1)).unwrap();
    assert_eq!(engine.handle_probe(attempt, "2probe"), ProbeStep::Answer);
    assert_eq!(engine.begin_poll(at(2)), Ok(()));
    assert_eq!(engine.handle_probe(attempt, "5"), ProbeStep::Upgraded);
    engine.abort_poll(at(3));
    assert!(engine.is_open());
    assert!(send(&mut engine, "4a"));
    assert_eq!(text(&mut engine), "4a");
}

#[test]
fn every_packet_goes_out_once_whatever_the_moment_of_the_move() {
    // The move at each step of a stream: nothing lost, doubled or out of order.
    for probe_at in 0..12 {
        for move_at in probe_at..12 {
            let mut engine = polling();
            let attempt = engine.begin_upgrade(at(0)).unwrap();
            let mut seen = Vec::new();
            for step in 0..12 {
                if step == probe_at {
                    engine.handle_probe(attempt, "2probe");
                }
                if step == move_at {
                    engine.handle_probe(attempt, "5");
                }
                assert!(engine.send(at(step), Frame::text(&format!("4{step}"))));
                if engine.transport() == Transport::WebSocket {
                    while let Next::Frame(frame) = engine.next_frame(true) {
                        let mut text = String::new();
                        frame.append_to_poll(&mut text);
                        seen.push(text);
                    }
                } else if step % 3 == 2 {
                    engine.begin_poll(at(step)).unwrap();
                    let body = engine.poll_body().unwrap();
                    seen.extend(body.split('\u{1e}').map(str::to_owned));
                }
            }
            let expected: Vec<String> = (0..12).map(|step| format!("4{step}")).collect();
            assert_eq!(seen, expected, "probe {probe_at}, move {move_at}");
        }
    }
}

#[test]
fn nothing_a_client_sends_panics() {
    let pieces = [
        "", "0", "1", "2", "2probe", "3", "4", "5", "6", "7", "é", "ééé", "b", "bAA=", "\u{1e}",
    ];
    for first in pieces {
        for second in pieces {
            let mut engine = polling();
            for text in [first, second] {
                if let Ok(packet) = decode(text) {
                    engine.handle_packet(at(1), packet);
                }
            }
        }
    }
}
