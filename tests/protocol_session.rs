//! The client's session against hand-written frames and times.

use std::borrow::Cow;
use std::time::Duration;

use pushproof::protocol::binary::{AssembleError, push_placeholder};
use pushproof::protocol::engine::{DecodeError, HandshakeError};
use pushproof::protocol::session::{
    Incoming, MAX_BINARY_PACKET_BYTES, ProtocolError, Session, State, Timeout, Transmit,
    encode_connect, refusal_message,
};
use pushproof::time::Time;

const OPEN: &str =
    r#"0{"sid":"e","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#;

fn ms(ms: u64) -> Time {
    Time::from_nanos(ms * 1_000_000)
}

fn new() -> Session {
    Session::new(ms(0), Duration::from_millis(100))
}

/// A session that was opened at 10 ms and has handed out its CONNECT.
fn opened() -> Session {
    let mut session = new();
    let opened = session.handle_text(ms(10), OPEN);
    assert!(matches!(opened, Ok(Incoming::Opened(handshake)) if handshake.sid == "e"));
    assert_eq!(session.poll_transmit(), Some(Transmit::Connect));
    assert_eq!(session.poll_transmit(), None);
    session
}

fn connected() -> Session {
    let mut session = opened();
    assert_eq!(
        session.handle_text(ms(20), r#"40{"sid":"s"}"#),
        Ok(Incoming::Connected {
            sid: Cow::Borrowed("s"),
            pid: None,
        })
    );
    assert_eq!(session.state(), State::Connected);
    session
}

fn event(name: &str, args: &'static str, id: Option<u64>, premature: bool) -> Incoming<'static> {
    Incoming::Event {
        id,
        name: Cow::Owned(name.to_owned()),
        args,
        premature,
    }
}

fn unexpected(packet: &'static str, state: State) -> ProtocolError {
    ProtocolError::Unexpected { packet, state }
}

#[test]
fn ten_thousand_sessions_are_small() {
    assert!(size_of::<Session>() <= 96, "{}", size_of::<Session>());
}

#[test]
fn a_session_opens_connects_and_receives() {
    let mut session = connected();
    assert_eq!(
        session.handle_text(ms(30), r#"42["message",{"a":1}]"#),
        Ok(event("message", r#"{"a":1}"#, None, false))
    );
    let delivery = session.handle_text(ms(30), r#"42["message"]"#);
    assert!(
        matches!(
            delivery,
            Ok(Incoming::Event {
                name: Cow::Borrowed(_),
                ..
            })
        ),
        "a delivery allocates nothing"
    );
    assert_eq!(
        session.handle_text(ms(30), r#"427["a\"b"]"#),
        Ok(event("a\"b", "", Some(7), false))
    );
    assert_eq!(
        session.handle_text(ms(30), "4312[1,2]"),
        Ok(Incoming::Ack {
            id: 12,
            args: "1,2"
        })
    );
    assert_eq!(session.handle_text(ms(30), "6"), Ok(Incoming::Nothing));
    assert_eq!(session.poll_transmit(), None);
}

#[test]
fn an_event_before_connect_was_accepted_is_premature() {
    let mut session = new();
    let early = event("a", "", None, true);
    assert_eq!(session.handle_text(ms(1), r#"42["a"]"#), Ok(early.clone()));
    let mut session = opened();
    assert_eq!(session.handle_text(ms(20), r#"42["a"]"#), Ok(early.clone()));
    session
        .handle_text(ms(20), r#"44{"message":"no"}"#)
        .unwrap();
    assert_eq!(session.handle_text(ms(21), r#"42["a"]"#), Ok(early));
}

#[test]
fn a_refusal_tells_its_reason() {
    let mut session = opened();
    let data = r#"{"message":"no","data":{"code":7}}"#;
    assert_eq!(
        session.handle_text(ms(20), &format!("44{data}")),
        Ok(Incoming::Refused { data })
    );
    assert_eq!(session.state(), State::Closed);
    assert_eq!(session.deadline(), None);

    assert_eq!(refusal_message(data).as_deref(), Some("no"));
    assert_eq!(refusal_message("\"no\"").as_deref(), Some("no"));
    for nothing in ["", "{}", "[]", "7", r#"{"message":7}"#] {
        assert_eq!(refusal_message(nothing), None);
    }
}

#[test]
fn a_ping_is_answered_with_its_data() {
    let mut session = connected();
    for (frame, data, written) in [("2", "", "3"), ("2x", "x", "3x")] {
        assert_eq!(session.handle_text(ms(30), frame), Ok(Incoming::Nothing));
        let pong = session.poll_transmit().unwrap();
        assert_eq!(pong, Transmit::Pong(data.into()));
        let mut out = String::new();
        pong.encode("/", "", &mut out);
        assert_eq!(out, written);
    }
    assert_eq!(session.poll_transmit(), None);
}

#[test]
fn silence_is_measured_from_the_last_ping() {
    let mut session = connected();
    assert_eq!(session.deadline(), Some(ms(510)));
    session.handle_text(ms(300), "2").unwrap();
    assert_eq!(session.deadline(), Some(ms(800)));
    session.handle_text(ms(700), r#"42["a"]"#).unwrap();
    assert_eq!(session.handle_timeout(ms(799)), None);
    assert_eq!(session.handle_timeout(ms(800)), Some(Timeout::Ping));
    assert_eq!(session.state(), State::Closed);
    assert_eq!(session.handle_timeout(ms(900)), None);
    assert_eq!(
        session.handle_text(ms(900), r#"42["a"]"#),
        Ok(Incoming::Nothing)
    );
}

#[test]
fn connect_has_to_be_answered_in_time() {
    for mut session in [new(), opened()] {
        assert_eq!(session.deadline(), Some(ms(100)));
        assert_eq!(session.handle_timeout(ms(99)), None);
        assert_eq!(session.handle_timeout(ms(100)), Some(Timeout::Connect));
    }
    let mut slow = Session::new(ms(0), Duration::from_secs(10));
    slow.handle_text(ms(10), OPEN).unwrap();
    assert_eq!(slow.handle_timeout(ms(510)), Some(Timeout::Ping));
}

#[test]
fn the_server_may_end_it() {
    let mut session = connected();
    assert_eq!(
        session.handle_text(ms(30), "41"),
        Ok(Incoming::Disconnected)
    );
    assert_eq!(
        session.handle_text(ms(31), r#"42["a"]"#),
        Err(unexpected("EVENT", State::Closed))
    );
    let mut session = connected();
    assert_eq!(session.handle_text(ms(30), "1"), Ok(Incoming::Closed));
    assert_eq!(session.deadline(), None);
}

#[test]
fn leaving_says_so_and_ignores_what_is_under_way() {
    let mut session = connected();
    session.leave();
    session.close();
    let mut out = String::new();
    while let Some(transmit) = session.poll_transmit() {
        transmit.encode("/", "", &mut out);
        out.push('|');
    }
    assert_eq!(out, "41|1|");
    assert_eq!(
        session.handle_text(ms(30), r#"42["a"]"#),
        Ok(Incoming::Nothing)
    );
    assert_eq!(
        session.handle_text(ms(30), "garbage"),
        Ok(Incoming::Nothing)
    );
    assert_eq!(session.handle_binary(ms(30), b"x"), Ok(Incoming::Nothing));

    let mut session = new();
    session.leave();
    session.close();
    assert_eq!(session.poll_transmit(), None, "nothing was opened");
}

#[test]
fn packets_out_of_place_are_errors_and_change_nothing() {
    let mut session = new();
    for (frame, packet) in [
        ("2", "Engine.IO ping"),
        ("3", "Engine.IO pong"),
        ("5", "Engine.IO upgrade"),
        (r#"40{"sid":"s"}"#, "CONNECT"),
        (r#"44{"message":"no"}"#, "CONNECT_ERROR"),
        ("41", "DISCONNECT"),
        ("430[]", "ACK"),
    ] {
        assert_eq!(
            session.handle_text(ms(1), frame),
            Err(unexpected(packet, State::AwaitingOpen)),
            "{frame}"
        );
    }
    session.handle_text(ms(2), OPEN).unwrap();
    assert_eq!(
        session.handle_text(ms(2), r#"40{"sid":"s"}"#),
        Err(unexpected("CONNECT", State::AwaitingConnect)),
        "an answer before the question"
    );
    let mut session = connected();
    for (frame, packet) in [
        (OPEN, "Engine.IO open"),
        (r#"40{"sid":"s"}"#, "CONNECT"),
        (r#"44{"message":"no"}"#, "CONNECT_ERROR"),
    ] {
        assert_eq!(
            session.handle_text(ms(30), frame),
            Err(unexpected(packet, State::Connected)),
            "{frame}"
        );
    }
    assert_eq!(
        session.handle_text(ms(30), "43[]"),
        Err(ProtocolError::AckWithoutId)
    );
    assert_eq!(
        session.handle_text(ms(30), ""),
        Err(DecodeError::Empty.into())
    );
    assert!(matches!(
        session.handle_text(ms(30), "42[7]"),
        Err(ProtocolError::Socket(_))
    ));
    assert_eq!(session.state(), State::Connected);
}

#[test]
fn the_handshake_and_the_sid_are_checked() {
    let zero = OPEN.replace("300", "0");
    assert_eq!(
        new().handle_text(ms(1), &zero),
        Err(HandshakeError::Zero("pingInterval").into())
    );
    for frame in ["40", "40{}", r#"40{"sid":""}"#, r#"40{"sid":7}"#, "40{"] {
        assert_eq!(
            opened().handle_text(ms(20), frame),
            Err(ProtocolError::NoSid),
            "{frame}"
        );
    }
    let mut session = opened();
    assert_eq!(
        session.handle_text(ms(20), r#"40{"pid":"p","sid":"a\u0062"}"#),
        Ok(Incoming::Connected {
            sid: Cow::Owned("ab".to_owned()),
            pid: Some("p".to_owned()),
        })
    );
    // An id of another type is none.
    let mut session = opened();
    assert_eq!(
        session.handle_text(ms(20), r#"40{"pid":7,"sid":"s"}"#),
        Ok(Incoming::Connected {
            sid: Cow::Borrowed("s"),
            pid: None,
        })
    );
}

#[test]
fn other_namespaces_are_told_apart() {
    let mut session = connected();
    for frame in [
        "40/admin,{\"sid\":\"x\"}",
        "41/admin,",
        "42/admin,[\"a\"]",
        "44/admin,{}",
    ] {
        let incoming = session.handle_text(ms(30), frame).unwrap();
        assert!(
            matches!(&incoming, Incoming::OtherNamespace(packet) if packet.namespace == "/admin"),
            "{incoming:?}"
        );
    }
    assert_eq!(session.state(), State::Connected);
    session.handle_text(ms(30), "451-/admin,[\"a\"]").unwrap();
    let incoming = session.handle_binary(ms(30), b"x").unwrap();
    assert!(
        matches!(incoming, Incoming::OtherNamespaceBinary(packet) if packet.namespace == "/admin")
    );
}

#[test]
fn binary_events_come_whole() {
    let mut placeholder = String::new();
    push_placeholder(0, &mut placeholder);
    let text = format!("451-3[\"b\",{placeholder}]");
    for (mut session, early) in [(opened(), true), (connected(), false)] {
        assert_eq!(session.handle_text(ms(30), &text), Ok(Incoming::Nothing));
        // A heartbeat may come between a text and its attachments: it is of another layer.
        assert_eq!(session.handle_text(ms(30), "2"), Ok(Incoming::Nothing));
        match session.handle_binary(ms(30), b"bytes") {
            Ok(Incoming::BinaryEvent { packet, premature }) => {
                assert_eq!(packet.attachments, [&b"bytes"[..]]);
                assert_eq!(packet.event().unwrap().args, placeholder);
                assert_eq!((packet.id, premature), (Some(3), early));
            }
            other => panic!("{other:?}"),
        }
    }
    let mut session = connected();
    session
        .handle_text(ms(30), &format!("461-9[{placeholder}]"))
        .unwrap();
    let ack = session.handle_binary(ms(30), b"x").unwrap();
    assert!(matches!(ack, Incoming::BinaryAck { id: 9, .. }));
}

#[test]
fn binary_frames_out_of_place_are_errors() {
    let mut session = connected();
    assert_eq!(
        session.handle_binary(ms(30), b"x"),
        Err(AssembleError::Unannounced.into())
    );
    session.handle_text(ms(30), "451-[\"a\"]").unwrap();
    assert_eq!(
        session.handle_text(ms(30), "42[\"a\"]"),
        Err(AssembleError::Text(1).into())
    );
    session.handle_text(ms(30), "451-[\"a\"]").unwrap();
    assert_eq!(
        session.handle_binary(ms(30), &vec![0; MAX_BINARY_PACKET_BYTES]),
        Err(AssembleError::TooLarge(MAX_BINARY_PACKET_BYTES).into())
    );
    assert_eq!(
        session.handle_text(ms(30), "42[\"a\"]"),
        Ok(event("a", "", None, false))
    );
}

#[test]
fn connect_carries_the_auth_of_the_driver() {
    let frame = |namespace, auth| {
        let mut out = String::new();
        encode_connect(namespace, auth, &mut out);
        out
    };
    assert_eq!(frame("/", ""), "40");
    assert_eq!(frame("/", r#"{"token":"t"}"#), r#"40{"token":"t"}"#);
    assert_eq!(frame("/admin", "{}"), "40/admin,{}");
    let mut out = String::new();
    Transmit::Connect.encode("/", "{}", &mut out);
    assert_eq!(out, "40{}");
}

#[test]
fn a_session_of_another_namespace_says_and_hears_its_name() {
    let mut session = new().in_namespace("/chat");
    session.handle_text(ms(10), OPEN).unwrap();
    let mut said = String::new();
    let transmit = session.poll_transmit().unwrap();
    transmit.encode(session.namespace(), r#"{"a":1}"#, &mut said);
    assert_eq!(said, r#"40/chat,{"a":1}"#);
    // The main namespace and one with a longer name are others.
    for other in [r#"40{"sid":"m"}"#, r#"44/chatter,{"message":"no"}"#] {
        let heard = session.handle_text(ms(11), other).unwrap();
        assert!(matches!(heard, Incoming::OtherNamespace(_)), "{heard:?}");
    }
    let accepted = session.handle_text(ms(12), r#"40/chat,{"sid":"s"}"#);
    assert!(matches!(accepted, Ok(Incoming::Connected { .. })));
    let event = session.handle_text(ms(13), r#"42/chat,["a",1]"#).unwrap();
    assert!(matches!(
        event,
        Incoming::Event {
            premature: false,
            ..
        }
    ));
    let stray = session.handle_text(ms(14), r#"42["a",1]"#).unwrap();
    assert!(matches!(stray, Incoming::OtherNamespace(_)), "{stray:?}");
    session.leave();
    said.clear();
    let transmit = session.poll_transmit().unwrap();
    transmit.encode(session.namespace(), "", &mut said);
    assert_eq!(said, "41/chat,");
    let main = new().in_namespace("/");
    assert_eq!(main.namespace(), "/");
}
