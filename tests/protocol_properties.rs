//! What has to hold of the protocol floor for every input.

use std::borrow::Cow;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use pushproof::protocol::binary::{Assembler, placeholders, push_placeholder};
use pushproof::protocol::session::{Incoming, Session, State};
use pushproof::protocol::socket::{MAX_ATTACHMENTS, Packet, PacketType};
use pushproof::protocol::{engine, socket};
use pushproof::time::Time;
use serde_json::Value;

/// Text that looks enough like packets to get past the first character.
fn packet_like() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-6b]{0,2}[0-9]{0,3}-?(/[a-zé?,]{0,4})?,?[0-9]{0,22}[ \\[\\]{}\"\\\\a-cé,:0-9]{0,20}",
        "4?[0-6][0-9]{0,2}-?(/n,)?[0-9]{0,2}\\[\"[a-c\\\\\"é]{0,5}\"?(,[0-9{}\\[\\]\"]{1,6})?\\]?",
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((any::<String>(), inner), 0..5).prop_map(|pairs| pairs.into_iter().collect()),
        ]
    })
}

/// A packet that the codec can carry: the data fits the type, the namespace has a slash in front and no comma.
fn packet_parts() -> impl Strategy<Value = (PacketType, usize, String, Option<u64>, String)> {
    use PacketType::{Ack, BinaryAck, BinaryEvent, Connect, ConnectError, Disconnect, Event};
    let kind = proptest::sample::select(vec![
        Connect,
        Disconnect,
        Event,
        Ack,
        ConnectError,
        BinaryEvent,
        BinaryAck,
    ]);
    let namespace = prop_oneof![Just("/".to_owned()), "/[^,]{1,8}"];
    (
        kind,
        1..=MAX_ATTACHMENTS,
        namespace,
        option::of(any::<u64>()),
        vec(json(), 0..4),
    )
        .prop_map(|(kind, attachments, namespace, id, args)| {
            let data = match kind {
                Connect | ConnectError => r#"{"message":"m"}"#.to_owned(),
                Disconnect => String::new(),
                _ => Value::from(args).to_string(),
            };
            let attachments = if kind.is_binary() { attachments } else { 0 };
            (kind, attachments, namespace, id, data)
        })
}

/// White space that JSON allows between tokens.
fn space() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,2}"
}

proptest! {
    #[test]
    fn reading_never_panics(text in packet_like()) {
        let _ = engine::decode(&text);
        let _ = engine::decode_payload(&text).count();
        let _ = engine::Handshake::parse(&text);
        let _ = socket::decode(&text);
        let _ = socket::event(&text);
        let _ = placeholders(&text, 3);
    }

    #[test]
    fn engine_packets_read_back(data in "[^\u{1e}]{0,20}", bytes in vec(any::<u8>(), 0..50)) {
        use engine::Packet::{Binary, Close, Message, Noop, Open, Ping, Pong, Upgrade};
        let packets = [
            Open(&data), Close, Ping(&data), Pong(&data), Message(&data), Upgrade, Noop, Binary(Cow::Borrowed(&bytes)),
        ];
        let mut body = String::new();
        for packet in &packets {
            if !body.is_empty() {
                body.push(engine::SEPARATOR);
            }
            engine::encode(packet, &mut body);
        }
        let read: Result<Vec<_>, _> = engine::decode_payload(&body).collect();
        prop_assert_eq!(read, Ok(packets.to_vec()));
    }

    #[test]
    fn a_polling_body_is_the_messages_that_were_joined(parts in vec(packet_like(), 1..6), more in any::<String>()) {
        let body = parts.join("\u{1e}") + &more;
        let told: Vec<_> = engine::parts(&body).collect();
        prop_assert_eq!(told.len(), body.matches('\u{1e}').count() + 1);
        let mut session = Session::new(Time::ZERO, Duration::from_secs(1));
        for (part, text) in told.iter().zip(body.split('\u{1e}')) {
            match part {
                Ok(engine::Part::Text(told)) => {
                    prop_assert_eq!(*told, text);
                    session.handle_text(Time::ZERO, told).ok();
                }
                Ok(engine::Part::Binary(bytes)) => {
                    let mut again = String::new();
                    engine::encode(&engine::Packet::Binary(bytes.into()), &mut again);
                    prop_assert_eq!(again, text);
                    session.handle_binary(Time::ZERO, bytes).ok();
                }
                Err(error) => {
                    prop_assert!(text.starts_with('b'));
                    prop_assert_eq!(error, &engine::DecodeError::Base64);
                }
            }
        }
        // The same as reading it whole, up to the first error.
        let whole: Vec<_> = engine::decode_payload(&body).collect();
        let single = told.into_iter().map(|part| match part {
            Ok(engine::Part::Text(text)) => engine::decode(text),
            Ok(engine::Part::Binary(bytes)) => Ok(engine::Packet::Binary(bytes.into())),
            Err(error) => Err(error),
        });
        let until = whole.len();
        prop_assert_eq!(single.take(until).collect::<Vec<_>>(), whole);
    }

    #[test]
    fn socket_packets_read_back((kind, attachments, namespace, id, data) in packet_parts()) {
        let packet = Packet { kind, attachments, namespace: &namespace, id, data: &data };
        let mut text = String::new();
        socket::encode(&packet, &mut text);
        prop_assert_eq!(socket::decode(&text), Ok(packet));
    }

    #[test]
    fn an_event_is_split_as_serde_json_would(
        name in any::<String>(), args in vec(json(), 0..4), spaces in vec(space(), 5), id in option::of(any::<u64>()),
    ) {
        let list: Vec<String> = args.iter().map(Value::to_string).collect();
        let mut data = format!("{}[{}{}{}", spaces[0], spaces[1], Value::from(name.as_str()), spaces[2]);
        for arg in &list {
            data.push(',');
            data.push_str(&spaces[3]);
            data.push_str(arg);
        }
        data.push(']');
        data.push_str(&spaces[4]);
        let event = socket::event(&data).unwrap();
        prop_assert_eq!(&event.name, &name);
        let read: Vec<Value> = serde_json::from_str(&format!("[{}]", event.args)).unwrap();
        prop_assert_eq!(&read, &args);

        let mut text = String::new();
        socket::encode_event("/", id, &name, &list.join(","), &mut text);
        let packet = socket::decode(&text).unwrap();
        prop_assert_eq!(packet.id, id);
        let event = socket::event(packet.data).unwrap();
        prop_assert_eq!(&event.name, &name);
        prop_assert_eq!(event.args, list.join(","));
    }

    /// Whatever `event` accepts of an array that serde_json reads, it reads the same, and it refuses only what has no name.
    #[test]
    fn an_event_is_refused_only_without_a_name(values in vec(json(), 0..4)) {
        let data = Value::from(values.clone()).to_string();
        match (socket::event(&data), values.first()) {
            (Ok(event), Some(Value::String(name))) => prop_assert_eq!(&event.name, name),
            (Err(_), Some(Value::String(_))) | (Ok(_), _) => prop_assert!(false, "{}", data),
            (Err(_), _) => {}
        }
    }

    #[test]
    fn placeholders_are_found_where_they_were_put(values in vec(option::of(json()), 0..6)) {
        let mut data = String::from("[\"e\"");
        let mut count = 0;
        for value in &values {
            data.push(',');
            if let Some(value) = value {
                data.push_str(&value.to_string());
            } else {
                push_placeholder(count, &mut data);
                count += 1;
            }
        }
        data.push(']');
        prop_assert_eq!(placeholders(&data, count), Ok((0..count).collect()));
        if count > 0 {
            prop_assert!(placeholders(&data, count - 1).is_err());
        }
    }

    #[test]
    fn an_assembler_holds_no_more_than_its_limit(
        steps in vec((1..=4usize, any::<bool>(), 0..60usize), 0..40), limit in 20..200usize,
    ) {
        let mut assembler = Assembler::new(limit);
        let mut held = 0;
        for (attachments, is_text, size) in steps {
            let result = if is_text {
                let data = format!("[\"{}\"]", "x".repeat(size));
                held = data.len();
                let packet = Packet {
                    kind: PacketType::BinaryEvent, attachments, namespace: "/", id: None, data: &data,
                };
                assembler.handle_text(packet).map(|packet| {
                    assert_eq!(packet, None);
                    None
                })
            } else {
                held += size;
                assembler.handle_binary(&vec![0; size])
            };
            match result {
                Ok(Some(packet)) => {
                    let sum: usize = packet.attachments.iter().map(bytes::Bytes::len).sum();
                    prop_assert_eq!(packet.data.len() + sum, held);
                    prop_assert!(held <= limit);
                }
                Ok(None) => prop_assert!(assembler.awaited() > 0 && held <= limit),
                Err(_) => prop_assert_eq!(assembler.awaited(), 0),
            }
        }
    }

    #[test]
    fn a_session_survives_any_frames_at_any_times(steps in session_steps(), connect_ms in any::<u32>()) {
        let mut session = Session::new(Time::ZERO, Duration::from_millis(connect_ms.into()));
        let mut accepted = false;
        let mut asked = false;
        for step in steps {
            let closed = session.state() == State::Closed;
            let incoming = match &step {
                Step::Text(now, frame) => session.handle_text(*now, frame).unwrap_or(Incoming::Nothing),
                Step::Binary(now, frame) => session.handle_binary(*now, frame).unwrap_or(Incoming::Nothing),
                Step::Time(now) => {
                    let due = session.deadline().is_some_and(|deadline| deadline <= *now);
                    prop_assert_eq!(session.handle_timeout(*now).is_some(), due);
                    Incoming::Nothing
                }
                Step::Leave => {
                    session.leave();
                    Incoming::Nothing
                }
                Step::Poll => {
                    while let Some(transmit) = session.poll_transmit() {
                        let mut out = String::new();
                        transmit.encode("/", "{}", &mut out);
                        asked |= out == "40{}";
                        prop_assert!(engine::decode(&out).is_ok());
                    }
                    Incoming::Nothing
                }
            };
            match incoming {
                Incoming::Connected { .. } => {
                    prop_assert!(asked && !accepted && !closed);
                    accepted = true;
                }
                Incoming::Event { premature, .. } | Incoming::BinaryEvent { premature, .. } => {
                    prop_assert_eq!(premature, !accepted);
                }
                _ => {}
            }
            prop_assert!(!closed || session.state() == State::Closed, "closed is for good");
            prop_assert_eq!(session.deadline().is_none(), session.state() == State::Closed);
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Text(Time, String),
    Binary(Time, Vec<u8>),
    Time(Time),
    Poll,
    Leave,
}

/// Steps from the start, or from an accepted CONNECT on: chance alone seldom gets that far.
fn session_steps() -> impl Strategy<Value = Vec<Step>> {
    (any::<bool>(), vec(step(), 0..60)).prop_map(|(connected, mut steps)| {
        if connected {
            let text = |frame: &str| Step::Text(Time::ZERO, frame.to_owned());
            steps.splice(0..0, [text(GOOD[0]), Step::Poll, text(GOOD[1])]);
        }
        steps
    })
}

const GOOD: [&str; 8] = [
    r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1}"#,
    r#"40{"sid":"s"}"#,
    r#"42["a",1]"#,
    r#"451-["a",{"_placeholder":true,"num":0}]"#,
    r"461-7[]",
    r"431[]",
    "2",
    "2probe",
];

fn step() -> impl Strategy<Value = Step> {
    let now = || any::<u64>().prop_map(Time::from_nanos);
    let good = proptest::sample::select(GOOD.to_vec());
    let end = proptest::sample::select(vec!["1", "41", r#"44{"message":"no"}"#]);
    prop_oneof![
        8 => (now(), good).prop_map(|(now, frame)| Step::Text(now, frame.to_owned())),
        1 => (now(), end).prop_map(|(now, frame)| Step::Text(now, frame.to_owned())),
        4 => (now(), packet_like()).prop_map(|(now, frame)| Step::Text(now, frame)),
        4 => (now(), packet_like()).prop_map(|(now, frame)| Step::Text(now, format!("4{frame}"))),
        4 => (now(), vec(any::<u8>(), 0..8)).prop_map(|(now, frame)| Step::Binary(now, frame)),
        1 => (0..90_000_000_000u64).prop_map(|nanos| Step::Time(Time::from_nanos(nanos))),
        6 => Just(Step::Poll),
        1 => Just(Step::Leave),
    ]
}
