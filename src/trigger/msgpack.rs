//! The message of `@socket.io/redis-emitter` in `MessagePack`: a list of who sends it, the packet, and whom it is for.

use rmpv::{Utf8String, Value};

/// What the emitter of Node calls itself; an adapter ignores only what it sent itself.
const UID: &str = "emitter";
/// The type of an event's packet.
const EVENT: u8 = 2;
/// Up to here a number of JavaScript is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The bytes of an event for a room, or for everyone in the namespace. A message that is no JSON goes as a text; an empty one asks for an
/// event without arguments.
///
/// # Panics
/// Never: writing to memory does not fail.
pub fn emitted(namespace: &str, room: Option<&str>, event: &str, message: &str) -> Vec<u8> {
    emitted_as(namespace, room, event, Argument::Json(message))
}

/// What an event carries.
#[derive(Debug, Clone, Copy)]
pub(super) enum Argument<'a> {
    /// JSON; empty: nothing.
    Json(&'a str),
    /// Bytes. The adapter that reads them makes an attachment of them.
    Bytes(&'a [u8]),
}

impl Argument<'_> {
    fn value(self) -> Option<Value> {
        match self {
            Self::Json("") => None,
            Self::Json(text) => {
                let value = serde_json::from_str::<Value>(text);
                Some(value.map_or_else(|_| Value::from(text), as_node_has_it))
            }
            Self::Bytes(bytes) => Some(Value::from(bytes)),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Json(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// As [`emitted`], of bytes too.
pub(super) fn emitted_as(
    namespace: &str,
    room: Option<&str>,
    event: &str,
    argument: Argument<'_>,
) -> Vec<u8> {
    let mut data = vec![Value::from(event)];
    data.extend(argument.value());
    let map = |pairs: Vec<(&str, Value)>| {
        Value::Map(
            pairs
                .into_iter()
                .map(|(k, v)| (Value::from(k), v))
                .collect(),
        )
    };
    let packet = map(vec![
        ("type", EVENT.into()),
        ("data", Value::Array(data)),
        ("nsp", namespace.into()),
    ]);
    let opts = map(vec![
        (
            "rooms",
            Value::Array(room.map(Value::from).into_iter().collect()),
        ),
        ("flags", map(Vec::new())),
        ("except", Value::Array(Vec::new())),
    ]);
    let whole = Value::Array(vec![UID.into(), packet, opts]);
    let mut bytes = Vec::with_capacity(argument.len() + 128);
    rmpv::encode::write_value(&mut bytes, &whole).expect("writing to memory does not fail");
    bytes
}

/// JavaScript has one kind of number: what is whole is written as an integer, however it was spelt. Beyond what is exact it stays a float: there the
/// emitter's own encoder wraps integers around.
fn as_node_has_it(value: Value) -> Value {
    match value {
        Value::F64(number) if number.fract() == 0.0 && number.abs() < EXACT => {
            Value::from(number as i64)
        }
        Value::Array(all) => Value::Array(all.into_iter().map(as_node_has_it).collect()),
        Value::Map(all) => {
            let all = all.into_iter();
            Value::Map(
                all.map(|(key, value)| (key, as_node_has_it(value)))
                    .collect(),
            )
        }
        Value::Binary(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Value::String(Utf8String::from(text)),
            Err(error) => Value::Binary(error.into_bytes()),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_whole_numbers_are_integers() {
        let bytes = emitted(
            "/",
            Some("r"),
            "e",
            r#"{"z":1.0,"a":[-5,0.5,null,true,"é"]}"#,
        );
        let read = rmpv::decode::read_value(&mut bytes.as_slice()).unwrap();
        assert_eq!(
            read.to_string(),
            r#"["emitter", {"type": 2, "data": ["e", {"z": 1, "a": [-5, 0.5, nil, true, "é"]}], "nsp": "/"}, {"rooms": ["r"], "flags": {}, "except": []}]"#
        );
    }

    /// What `@socket.io/redis-emitter` 5.1.0 wrote for the same, by `tests/peers/emitter.mjs`.
    #[test]
    fn the_bytes_are_those_of_the_emitter_of_node() {
        let hex = |bytes: Vec<u8>| -> String {
            let each = bytes.iter().map(|byte| format!("{byte:02x}"));
            each.collect::<Vec<_>>().concat()
        };
        let message = r#"{"z":1.0,"a":[-5,0.5,null,true,"é"],"big":4294967296,"neg":-2147483649}"#;
        assert_eq!(
            hex(emitted("/", Some("r"), "e", message)),
            "93a7656d697474657283a47479706502a46461746192a16584a17a01a16195fbcb3fe0000000000000c0c3a2c3a9a3626967cf0000000100000000a36e6567d3ffffffff7fffffffa36e7370a12f83a5726f6f6d7391a172a5666c61677380a665786365707490"
        );
        assert_eq!(
            hex(emitted("/x", None, "e", "")),
            "93a7656d697474657283a47479706502a46461746191a165a36e7370a22f7883a5726f6f6d7390a5666c61677380a665786365707490"
        );
    }

    #[test]
    fn bytes_go_as_bytes() {
        let bytes = emitted_as("/", None, "e", Argument::Bytes(&[0, 255]));
        let read = rmpv::decode::read_value(&mut bytes.as_slice()).unwrap();
        assert_eq!(read[1]["data"][1], Value::Binary(vec![0, 255]));
    }

    #[test]
    fn no_message_is_no_argument_and_no_room_is_everyone() {
        let bytes = emitted("/chat", None, "e", "");
        let read = rmpv::decode::read_value(&mut bytes.as_slice()).unwrap();
        assert_eq!(read[1]["data"].as_array().map(Vec::len), Some(1));
        assert_eq!(read[1]["nsp"].as_str(), Some("/chat"));
        assert_eq!(read[2]["rooms"].as_array().map(Vec::len), Some(0));
    }
}
