//! The codec against what the reference JavaScript parsers said (`tests/vectors/generate.mjs`): every packet that they write is written
//! byte for byte the same, and every text is read the same or refused like there. Where we knowingly differ is listed, with the reason.

use std::borrow::Cow;
use std::collections::BTreeMap;

use pushproof::protocol::binary::{Assembler, BinaryPacket, placeholders, push_placeholder};
use pushproof::protocol::engine;
use pushproof::protocol::socket::{self, Packet, PacketType};
use serde::Deserialize;
use serde_json::{Value, json};

const ENGINE: &str = include_str!("vectors/engine.json");
const SOCKET: &str = include_str!("vectors/socket.json");

// ------------------------------------------------------------------ Engine.IO

#[derive(Deserialize)]
struct EngineVectors {
    encode: Vec<EngineEncode>,
    decode: Vec<EngineDecode>,
    encode_payload: Vec<EngineEncodePayload>,
    decode_payload: Vec<EngineDecodePayload>,
}

#[derive(Deserialize)]
struct EngineEncode {
    packet: EnginePacket,
    text: String,
}

#[derive(Deserialize)]
struct EngineDecode {
    text: String,
    packet: Option<EnginePacket>,
}

#[derive(Deserialize)]
struct EngineEncodePayload {
    packets: Vec<EnginePacket>,
    text: String,
}

#[derive(Deserialize)]
struct EngineDecodePayload {
    text: String,
    packets: Vec<EngineVerdict>,
}

/// A packet, or an error in its place.
#[derive(Deserialize)]
struct EngineVerdict {
    packet: Option<EnginePacket>,
}

#[derive(Deserialize)]
struct EnginePacket {
    r#type: String,
    #[serde(default)]
    data: String,
    bytes: Option<Vec<u8>>,
}

impl EnginePacket {
    fn as_packet(&self) -> engine::Packet<'_> {
        let data = self.data.as_str();
        match (self.r#type.as_str(), &self.bytes) {
            ("message", Some(bytes)) => engine::Packet::Binary(Cow::Borrowed(bytes)),
            ("open", _) => engine::Packet::Open(data),
            ("close", _) => engine::Packet::Close,
            ("ping", _) => engine::Packet::Ping(data),
            ("pong", _) => engine::Packet::Pong(data),
            ("message", _) => engine::Packet::Message(data),
            ("upgrade", _) => engine::Packet::Upgrade,
            ("noop", _) => engine::Packet::Noop,
            (other, _) => panic!("packet type {other}"),
        }
    }
}

const DATA_AFTER_BARE_TYPE: &str =
    "the specification gives this type no data; the reference hands it on";
const POLLING_ONLY: &str =
    "base64 belongs to polling bodies; in a WebSocket frame it would be a server's bug";
const LENIENT_BASE64: &str =
    "Node decodes what it can; silently wrong bytes are what a harness is there to find";

/// Texts that we refuse and the reference takes.
const ENGINE_STRICTER: &[(&str, &str)] = &[
    ("1x", DATA_AFTER_BARE_TYPE),
    ("5x", DATA_AFTER_BARE_TYPE),
    ("6x", DATA_AFTER_BARE_TYPE),
    ("1 ", DATA_AFTER_BARE_TYPE),
    ("bAQ==", POLLING_ONLY),
];

/// Polling bodies that we refuse and the reference takes.
const ENGINE_PAYLOAD_STRICTER: &[(&str, &str)] = &[
    ("b_-8=", LENIENT_BASE64),
    ("bAQ", LENIENT_BASE64),
    ("bAQ=", LENIENT_BASE64),
    ("bAR==", LENIENT_BASE64),
    ("bAQ==AQ==", LENIENT_BASE64),
    ("b A Q==", LENIENT_BASE64),
    ("b\n", LENIENT_BASE64),
    ("b*", LENIENT_BASE64),
    ("bé", LENIENT_BASE64),
];

fn engine_vectors() -> EngineVectors {
    serde_json::from_str(ENGINE).unwrap()
}

fn encode_engine(packet: &EnginePacket) -> String {
    let mut out = String::new();
    engine::encode(&packet.as_packet(), &mut out);
    out
}

#[test]
fn engine_packets_are_written_like_the_reference_and_read_back() {
    let vectors = engine_vectors();
    assert!(vectors.encode.len() >= 50);
    for EngineEncode { packet, text } in &vectors.encode {
        assert_eq!(encode_engine(packet), *text);
        let read: Result<Vec<_>, _> = engine::decode_payload(text).collect();
        assert_eq!(read, Ok(vec![packet.as_packet()]));
    }
    for EngineEncodePayload { packets, text } in &vectors.encode_payload {
        let parts: Vec<String> = packets.iter().map(encode_engine).collect();
        assert_eq!(parts.join(&engine::SEPARATOR.to_string()), *text);
    }
}

#[test]
fn engine_packets_are_read_like_the_reference() {
    let mut differences = Differences::new(ENGINE_STRICTER);
    for EngineDecode { text, packet } in &engine_vectors().decode {
        let expected = packet.as_ref().map(EnginePacket::as_packet);
        differences.compare(text, engine::decode(text).ok() == expected);
    }
    differences.finish();
}

#[test]
fn polling_bodies_are_read_like_the_reference() {
    let mut differences = Differences::new(ENGINE_PAYLOAD_STRICTER);
    for EngineDecodePayload { text, packets } in &engine_vectors().decode_payload {
        let expected: Vec<_> = packets
            .iter()
            .map(|verdict| verdict.packet.as_ref().map(EnginePacket::as_packet))
            .collect();
        let read: Vec<_> = engine::decode_payload(text).map(Result::ok).collect();
        differences.compare(text, read == expected);
    }
    differences.finish();
}

// ------------------------------------------------------------------ Socket.IO

#[derive(Deserialize)]
struct SocketVectors {
    encode: Vec<SocketEncode>,
    decode: Vec<SocketDecode>,
}

#[derive(Deserialize)]
struct SocketEncode {
    r#type: u8,
    nsp: String,
    id: Option<String>,
    name: Option<String>,
    args: Option<String>,
    data: Option<String>,
    attachments: usize,
    frames: Vec<Value>,
}

#[derive(Deserialize)]
struct SocketDecode {
    frames: Vec<Value>,
    packets: Vec<Value>,
    error: Option<String>,
}

const NO_TYPE: &str =
    "JavaScript's Number() makes 0, that is CONNECT, of an empty text and of white space";
const NO_PAYLOAD: &str = "the reference checks a payload only if there is one; here an event needs a name, an ack its array, a refusal its reason";
const NUMBER_NAME: &str = "the reference takes a number for a name; the specification says string";
const RESERVED: &str = "reserved names are not the codec's business: a harness has to see them";
const SURROGATE: &str =
    "half a surrogate pair is no Unicode text (as an argument, it is serde_json that says so)";
const SPACE_AS_ID: &str =
    "white space is the number 0 to JavaScript, so that the reference reads it as an ack id";
const ID_PRECISION: &str = "JavaScript rounds above 2^53; here ids are 64 bits, exact or refused";
const COUNT_BOUND: &str = "the reference takes 10 attachments by default, this codec 64";
const JUDGED_LATE: &str = "a binary packet is judged with its last attachment, so that a wrong one takes its attachments along";
const JS_COUNT: &str = "JavaScript's Number() takes more than digits for a count";
const JS_INDEX: &str =
    "a placeholder's num has to be written as a whole number, and to name an attachment";

/// Frames that are not read as by the reference.
#[rustfmt::skip] // one line each
const SOCKET_DIFFERENCES: &[(&str, &str)] = &[
    ("", NO_TYPE),
    (" ", NO_TYPE),
    ("2", NO_PAYLOAD),
    ("3", NO_PAYLOAD),
    ("4", NO_PAYLOAD),
    ("21", NO_PAYLOAD),
    ("2/n", NO_PAYLOAD),
    ("2/n,", NO_PAYLOAD),
    ("2/n,1", NO_PAYLOAD),
    (r#"2/n["a"]"#, NO_PAYLOAD),
    ("3/n,1", NO_PAYLOAD),
    ("31", NO_PAYLOAD),
    ("47", NO_PAYLOAD),
    ("51-", NO_PAYLOAD),
    ("51-1", NO_PAYLOAD),
    ("51-/n,", NO_PAYLOAD),
    ("2[1]", NUMBER_NAME),
    ("2[1,2]", NUMBER_NAME),
    (r#"2["connect"]"#, RESERVED),
    (r#"2["connect_error"]"#, RESERVED),
    (r#"2["disconnect"]"#, RESERVED),
    (r#"2["disconnecting"]"#, RESERVED),
    (r#"2["newListener"]"#, RESERVED),
    (r#"2["removeListener"]"#, RESERVED),
    (r#"2["\ud800"]"#, SURROGATE),
    (r#"2["a","\ud800"]"#, SURROGATE),
    ("1 ", SPACE_AS_ID),
    (r#"2 ["a"]"#, SPACE_AS_ID),
    ("2\t[\"a\"]", SPACE_AS_ID),
    ("2\u{a0}[\"a\"]", SPACE_AS_ID),
    ("2\u{feff}[\"a\"]", SPACE_AS_ID),
    (r#"21 2["a"]"#, SPACE_AS_ID),
    (r#"2 1["a"]"#, SPACE_AS_ID),
    (r#"29007199254740993["a"]"#, ID_PRECISION),
    (r#"218446744073709551615["a"]"#, ID_PRECISION),
    (r#"218446744073709551616["a"]"#, ID_PRECISION),
    (r#"299999999999999999999999["a"]"#, ID_PRECISION),
    (r#"511-["a"]"#, COUNT_BOUND),
    (r#"564-["a"]"#, COUNT_BOUND),
    (r#"511-["a"] + [1] + [1] + [1] + [1] + [1] + [1] + [1] + [1] + [1] + [1] + [1]"#, COUNT_BOUND),
    ("51-[]", JUDGED_LATE),
    ("51-[null]", JUDGED_LATE),
    (r#"51-["connect"]"#, JUDGED_LATE),
    (r#"5+1-["a",{"_placeholder":true,"num":0}] + [1,2,3]"#, JS_COUNT),
    (r#"5 1-["a",{"_placeholder":true,"num":0}] + [1,2,3]"#, JS_COUNT),
    (r#"51 -["a",{"_placeholder":true,"num":0}] + [1,2,3]"#, JS_COUNT),
    (r#"51.0-["a",{"_placeholder":true,"num":0}] + [1,2,3]"#, JS_COUNT),
    (r#"51e0-["a",{"_placeholder":true,"num":0}] + [1,2,3]"#, JS_COUNT),
    (r#"50x1-["a",{"_placeholder":true,"num":0}] + [1,2,3]"#, JS_COUNT),
    (r#"50b1-["a",{"_placeholder":true,"num":0}] + [1,2,3]"#, JS_COUNT),
    (r#"52-["a",{"_placeholder":true,"num":0.5}] + [1] + [2]"#, JS_INDEX),
    (r#"52-["a",{"_placeholder":true,"num":0.0}] + [1] + [2]"#, JS_INDEX),
    (r#"52-["a",{"_placeholder":true,"num":-0}] + [1] + [2]"#, JS_INDEX),
    (r#"52-["a",{"_placeholder":true,"num":1e0}] + [1] + [2]"#, JS_INDEX),
];

fn packet_type(digit: u8) -> PacketType {
    match digit {
        0 => PacketType::Connect,
        1 => PacketType::Disconnect,
        2 => PacketType::Event,
        3 => PacketType::Ack,
        4 => PacketType::ConnectError,
        other => panic!("packet type {other}"),
    }
}

fn socket_vectors() -> SocketVectors {
    serde_json::from_str(SOCKET).unwrap()
}

/// The text frame of a vector, written by us.
fn encode_socket(vector: &SocketEncode) -> String {
    let id = vector.id.as_ref().map(|id| id.parse().unwrap());
    let mut args = vector.args.clone().unwrap_or_default();
    for num in 0..vector.attachments {
        let mut placeholder = String::new();
        push_placeholder(num, &mut placeholder);
        args = args.replace(&format!(r#"{{"$attachment":{num}}}"#), &placeholder);
    }
    let mut out = String::new();
    match (packet_type(vector.r#type), vector.attachments, &vector.name) {
        (PacketType::Event, 0, Some(name)) => {
            socket::encode_event(&vector.nsp, id, name, &args, &mut out);
        }
        (PacketType::Event, count, Some(name)) => {
            socket::encode_binary_event(&vector.nsp, id, name, &args, count, &mut out);
        }
        (PacketType::Ack, 0, _) => socket::encode_ack(&vector.nsp, id.unwrap(), &args, &mut out),
        (kind, attachments, _) => {
            let array = format!("[{args}]");
            let is_ack = kind == PacketType::Ack;
            let packet = Packet {
                kind: if is_ack { PacketType::BinaryAck } else { kind },
                attachments,
                namespace: &vector.nsp,
                id,
                data: if is_ack {
                    &array
                } else {
                    vector.data.as_deref().unwrap_or_default()
                },
            };
            socket::encode(&packet, &mut out);
        }
    }
    out
}

#[test]
fn socket_packets_are_written_like_the_reference_and_read_back() {
    let vectors = socket_vectors().encode;
    assert!(vectors.len() >= 120, "{}", vectors.len());
    for vector in &vectors {
        let reference = vector.frames[0].as_str().unwrap();
        assert_eq!(encode_socket(vector), reference);
        assert_eq!(vector.frames.len() - 1, vector.attachments);

        let packet = socket::decode(reference).unwrap();
        let mut again = String::new();
        socket::encode(&packet, &mut again);
        assert_eq!(again, reference);
        if let Some(name) = &vector.name {
            assert_eq!(socket::event(packet.data).unwrap().name, name.as_str());
        }
    }
}

#[test]
fn socket_packets_are_read_like_the_reference() {
    let mut differences = Differences::new(SOCKET_DIFFERENCES);
    let vectors = socket_vectors().decode;
    assert!(vectors.len() >= 300, "{}", vectors.len());
    for vector in &vectors {
        let key: Vec<String> = vector
            .frames
            .iter()
            .map(|frame| {
                frame
                    .as_str()
                    .map_or_else(|| frame.to_string(), str::to_owned)
            })
            .collect();
        let key = key.join(" + ");
        let (packets, error) = read_socket(&vector.frames);
        let same = packets == vector.packets && error.is_some() == vector.error.is_some();
        differences.compare(&key, same);
    }
    differences.finish();
}

/// Reads frames until the first error, into the JSON that the vectors use.
fn read_socket(frames: &[Value]) -> (Vec<Value>, Option<String>) {
    let mut assembler = Assembler::new(100_000);
    let mut packets = Vec::new();
    for frame in frames {
        match read_frame(&mut assembler, frame) {
            Ok(packet) => packets.extend(packet),
            Err(error) => return (packets, Some(error)),
        }
    }
    (packets, None)
}

fn read_frame(assembler: &mut Assembler, frame: &Value) -> Result<Option<Value>, String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    if let Some(text) = frame.as_str() {
        let packet = socket::decode(text).map_err(|error| said(&error))?;
        let Some(packet) = assembler
            .handle_text(packet)
            .map_err(|error| said(&error))?
        else {
            return Ok(None);
        };
        return as_json(packet.kind, packet.namespace, packet.id, packet.data, &[]).map(Some);
    }
    let bytes: Vec<u8> = serde_json::from_value(frame.clone()).unwrap();
    let complete = assembler
        .handle_binary(&bytes)
        .map_err(|error| said(&error))?;
    complete.as_ref().map(binary_as_json).transpose()
}

fn binary_as_json(packet: &BinaryPacket) -> Result<Value, String> {
    let nums = placeholders(&packet.data, packet.attachments.len());
    assert!(nums.is_ok(), "the assembler has checked them");
    as_json(
        packet.kind,
        &packet.namespace,
        packet.id,
        &packet.data,
        &packet.attachments,
    )
}

/// The packet as the vectors write it. The codec leaves the arguments to its callers, so they are parsed here.
fn as_json(
    kind: PacketType,
    namespace: &str,
    id: Option<u64>,
    data: &str,
    attachments: &[bytes::Bytes],
) -> Result<Value, String> {
    let digit = match kind {
        PacketType::BinaryEvent => 2,
        PacketType::BinaryAck => 3,
        other => other.digit().to_digit(10).unwrap(),
    };
    let mut packet = json!({ "type": digit, "nsp": namespace });
    if let Some(id) = id {
        packet["id"] = id.to_string().into();
    }
    if data.is_empty() {
        return Ok(packet);
    }
    let event = match digit {
        2 => Some(socket::event(data).map_err(|error| error.to_string())?),
        _ => None,
    };
    let value: Value = serde_json::from_str(data).map_err(|error| error.to_string())?;
    if let Some(event) = event {
        let args: Value = serde_json::from_str(&format!("[{}]", event.args)).unwrap();
        assert_eq!(value[0], event.name.as_ref());
        assert_eq!(value.as_array().unwrap()[1..], *args.as_array().unwrap());
    }
    packet["data"] = with_attachments(value, attachments);
    Ok(packet)
}

fn with_attachments(value: Value, attachments: &[bytes::Bytes]) -> Value {
    match value {
        Value::Object(object)
            if !attachments.is_empty()
                && object.get("_placeholder") == Some(&Value::Bool(true)) =>
        {
            let num = object["num"].as_u64().unwrap();
            json!({ "$bytes": attachments[usize::try_from(num).unwrap()].to_vec() })
        }
        Value::Object(object) => object
            .into_iter()
            .map(|(key, value)| (key, with_attachments(value, attachments)))
            .collect(),
        Value::Array(items) => items
            .into_iter()
            .map(|item| with_attachments(item, attachments))
            .collect(),
        other => other,
    }
}

// ------------------------------------------------------------------ differences

/// Compares, and holds the list of differences to be complete and free of stale lines.
struct Differences {
    listed: BTreeMap<&'static str, &'static str>,
    wrong: Vec<String>,
    seen: Vec<String>,
}

impl Differences {
    fn new(listed: &[(&'static str, &'static str)]) -> Self {
        Self {
            listed: listed.iter().copied().collect(),
            wrong: Vec::new(),
            seen: Vec::new(),
        }
    }

    fn compare(&mut self, key: &str, same: bool) {
        match (self.listed.get(key), same) {
            (None, false) => self.wrong.push(format!("{key:?} differs")),
            (Some(reason), true) => {
                self.wrong
                    .push(format!("{key:?} is listed but does not differ: {reason}"));
            }
            (Some(_), false) => self.seen.push(key.to_owned()),
            (None, true) => {}
        }
    }

    fn finish(self) {
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
        let unseen: Vec<_> = self
            .listed
            .keys()
            .filter(|key| !self.seen.iter().any(|seen| seen == *key))
            .collect();
        assert!(unseen.is_empty(), "no vector for {unseen:?}");
    }
}
