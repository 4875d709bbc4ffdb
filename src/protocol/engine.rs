//! Engine.IO revision 4 packets: <https://github.com/socketio/engine.io-protocol>.
//!
//! One packet is one WebSocket frame (text: type digit + data; binary: raw data), or one part of an HTTP long-polling body
//! (parts joined by U+001E; binary parts are `b` + base64).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// The separator of packets in one HTTP long-polling body.
pub const SEPARATOR: char = '\u{1e}';

/// One Engine.IO packet, borrowing from the bytes it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet<'a> {
    /// `0`: the server's handshake, a JSON object (see [`Handshake`]).
    Open(&'a str),
    /// `1`: the transport can be closed.
    Close,
    /// `2`: heartbeat by the server, or `2probe` by an upgrading client.
    Ping(&'a str),
    /// `3`: answer to a ping, with the same data.
    Pong(&'a str),
    /// `4`: a message, here the text of a Socket.IO packet.
    Message(&'a str),
    /// `5`: the client has moved to the probed transport.
    Upgrade,
    /// `6`: releases a pending poll during an upgrade.
    Noop,
    /// A binary message: a raw WebSocket binary frame, or `b` + base64 in polling.
    Binary(Cow<'a, [u8]>),
}

/// Why bytes are not an Engine.IO packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No packet type: the frame or part was empty.
    #[error("empty packet")]
    Empty,
    /// The first character is not a packet type.
    #[error("unknown Engine.IO packet type {0:?}")]
    UnknownType(char),
    /// A packet type that carries nothing came with data.
    #[error("unexpected data after Engine.IO packet type {0:?}")]
    UnexpectedData(char),
    /// A `b` part that is not valid standard base64.
    #[error("invalid base64 in a binary packet")]
    Base64,
}

/// Reads one text packet: a WebSocket text frame. (`b…` is no packet here; a binary frame is [`Packet::Binary`] as it stands.)
pub fn decode(text: &str) -> Result<Packet<'_>, DecodeError> {
    let kind = text.chars().next().ok_or(DecodeError::Empty)?;
    // The type may be any character of an untrusted frame: skip its own width, not one byte.
    let data = &text[kind.len_utf8()..];
    match kind {
        '0' => Ok(Packet::Open(data)),
        '1' => bare(kind, data, Packet::Close),
        '2' => Ok(Packet::Ping(data)),
        '3' => Ok(Packet::Pong(data)),
        '4' => Ok(Packet::Message(data)),
        '5' => bare(kind, data, Packet::Upgrade),
        '6' => bare(kind, data, Packet::Noop),
        other => Err(DecodeError::UnknownType(other)),
    }
}

/// A packet that carries nothing.
fn bare<'a>(kind: char, data: &str, packet: Packet<'a>) -> Result<Packet<'a>, DecodeError> {
    if data.is_empty() {
        Ok(packet)
    } else {
        Err(DecodeError::UnexpectedData(kind))
    }
}

/// Reads the packets of one HTTP long-polling body, in order. Ends after the first error.
pub fn decode_payload(body: &str) -> impl Iterator<Item = Result<Packet<'_>, DecodeError>> {
    let mut failed = false;
    body.split(SEPARATOR).map_while(move |part| {
        if failed {
            return None;
        }
        let packet = decode_part(part);
        failed = packet.is_err();
        Some(packet)
    })
}

/// One part of a long-polling body: what would have been one WebSocket message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// A text packet, not decoded.
    Text(&'a str),
    /// The bytes of a binary packet.
    Binary(Vec<u8>),
}

/// The parts of one HTTP long-polling body as the messages that they would have been on a WebSocket, in order. An error tells of one part.
pub fn parts(body: &str) -> impl Iterator<Item = Result<Part<'_>, DecodeError>> {
    body.split(SEPARATOR)
        .map(|part| match part.strip_prefix('b') {
            Some(base64) => match BASE64.decode(base64) {
                Ok(bytes) => Ok(Part::Binary(bytes)),
                Err(_) => Err(DecodeError::Base64),
            },
            None => Ok(Part::Text(part)),
        })
}

/// Reads one part of a long-polling body.
fn decode_part(part: &str) -> Result<Packet<'_>, DecodeError> {
    match part.strip_prefix('b') {
        Some(base64) => BASE64
            .decode(base64)
            .map(|bytes| Packet::Binary(Cow::Owned(bytes)))
            .map_err(|_| DecodeError::Base64),
        None => decode(part),
    }
}

/// Appends one packet as it stands in a long-polling body, or (all but [`Packet::Binary`]) in a WebSocket text frame.
pub fn encode(packet: &Packet<'_>, out: &mut String) {
    let (kind, data) = match packet {
        Packet::Open(data) => ('0', *data),
        Packet::Close => ('1', ""),
        Packet::Ping(data) => ('2', *data),
        Packet::Pong(data) => ('3', *data),
        Packet::Message(data) => ('4', *data),
        Packet::Upgrade => ('5', ""),
        Packet::Noop => ('6', ""),
        Packet::Binary(bytes) => {
            out.push('b');
            BASE64.encode_string(bytes, out);
            return;
        }
    };
    out.push(kind);
    out.push_str(data);
}

/// The data of the open packet.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handshake {
    /// Engine.IO session id: a bearer secret of the polling transport, never the Socket.IO id.
    pub sid: String,
    /// Transports the client may upgrade to.
    pub upgrades: Vec<String>,
    /// Milliseconds between the server's pings.
    pub ping_interval: u64,
    /// Milliseconds the server waits for a pong.
    pub ping_timeout: u64,
    /// Largest number of bytes in one polling body or WebSocket message. `None`: it does not say; the servers of Socket.IO 3.0 to 4.4 do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_payload: Option<u64>,
}

/// Why the data of an open packet is not a handshake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// Not a JSON object with the fields of [`Handshake`]; what the JSON reader said.
    #[error("the handshake is not the JSON object that Engine.IO revision 4 asks for: {0}")]
    Json(String),
    /// The session id is the empty string.
    #[error("the handshake's sid is empty")]
    EmptySid,
    /// A duration or size that has to be positive is zero; the name of its key.
    #[error("the handshake's {0} is zero")]
    Zero(&'static str),
}

impl Handshake {
    /// Reads and checks the data of an open packet. Unknown keys are ignored, as the reference client does.
    pub fn parse(data: &str) -> Result<Self, HandshakeError> {
        // serde would take an array for a struct too; the specification says object.
        if !data.trim_start().starts_with('{') {
            return Err(HandshakeError::Json("not an object".to_owned()));
        }
        let handshake: Self =
            serde_json::from_str(data).map_err(|error| HandshakeError::Json(error.to_string()))?;
        if handshake.sid.is_empty() {
            return Err(HandshakeError::EmptySid);
        }
        for (value, key) in [
            (handshake.ping_interval, "pingInterval"),
            (handshake.ping_timeout, "pingTimeout"),
            (handshake.max_payload.unwrap_or(u64::MAX), "maxPayload"),
        ] {
            if value == 0 {
                return Err(HandshakeError::Zero(key));
            }
        }
        Ok(handshake)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(packet: &Packet<'_>) -> String {
        let mut out = String::new();
        encode(packet, &mut out);
        out
    }

    #[test]
    fn text_packets_read_back_as_written() {
        for (text, packet) in [
            ("0{}", Packet::Open("{}")),
            ("1", Packet::Close),
            ("2", Packet::Ping("")),
            ("2probe", Packet::Ping("probe")),
            ("3probe", Packet::Pong("probe")),
            ("42[\"é\"]", Packet::Message("2[\"é\"]")),
            ("5", Packet::Upgrade),
            ("6", Packet::Noop),
        ] {
            assert_eq!(decode(text).as_ref(), Ok(&packet));
            assert_eq!(encoded(&packet), text);
        }
    }

    #[test]
    fn what_is_no_packet_is_named() {
        assert_eq!(decode(""), Err(DecodeError::Empty));
        for first in ['7', '9', 'b', ' ', 'é', '🦀', '\0'] {
            let text = format!("{first}x");
            assert_eq!(decode(&text), Err(DecodeError::UnknownType(first)));
        }
        for kind in ['1', '5', '6'] {
            let text = format!("{kind}x");
            assert_eq!(decode(&text), Err(DecodeError::UnexpectedData(kind)));
        }
    }

    #[test]
    fn a_polling_body_splits_into_packets_and_ends_at_the_first_error() {
        let body = "4a\u{1e}bAQID\u{1e}2\u{1e}b_\u{1e}4never";
        let packets: Vec<_> = decode_payload(body).collect();
        assert_eq!(
            packets,
            [
                Ok(Packet::Message("a")),
                Ok(Packet::Binary(Cow::Owned(vec![1, 2, 3]))),
                Ok(Packet::Ping("")),
                Err(DecodeError::Base64),
            ]
        );
        assert_eq!(
            encoded(&Packet::Binary(Cow::Borrowed(&[1, 2, 3, 4]))),
            "bAQIDBA=="
        );
        assert_eq!(
            decode_payload("").collect::<Vec<_>>(),
            [Err(DecodeError::Empty)]
        );
        assert_eq!(
            decode_payload("4a\u{1e}").collect::<Vec<_>>(),
            [Ok(Packet::Message("a")), Err(DecodeError::Empty)]
        );
    }

    #[test]
    fn base64_is_the_standard_alphabet_with_padding() {
        for refused in ["bAQ", "bAQ=", "b_-8=", "bAQ==x", "b AQ==", "bAR=="] {
            assert_eq!(decode_part(refused), Err(DecodeError::Base64), "{refused}");
        }
    }

    #[test]
    fn a_handshake_is_checked_field_by_field() {
        let good = r#"{"sid":"s1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000,"x":1}"#;
        let handshake = Handshake::parse(good).unwrap();
        assert_eq!(
            (handshake.sid.as_str(), handshake.ping_interval),
            ("s1", 25_000)
        );
        assert_eq!(handshake.upgrades, ["websocket"]);
        assert_eq!(handshake.max_payload, Some(1_000_000));
        let older = good.replace(",\"maxPayload\":1000000", "");
        assert_eq!(Handshake::parse(&older).unwrap().max_payload, None);

        let with = |from: &str, to: &str| Handshake::parse(&good.replace(from, to));
        assert_eq!(with("\"s1\"", "\"\""), Err(HandshakeError::EmptySid));
        assert_eq!(
            with("25000", "0"),
            Err(HandshakeError::Zero("pingInterval"))
        );
        assert_eq!(with("20000", "0"), Err(HandshakeError::Zero("pingTimeout")));
        assert_eq!(
            with("1000000", "0"),
            Err(HandshakeError::Zero("maxPayload"))
        );
        for (from, to) in [
            ("25000", "-1"),
            ("25000", "2.5"),
            ("25000", "\"25000\""),
            ("pingTimeout", "pingtimeout"),
            ("[\"websocket\"]", "\"websocket\""),
            ("[\"websocket\"]", "[1]"),
            ("\"s1\"", "7"),
            ("}", ""),
        ] {
            assert!(
                matches!(with(from, to), Err(HandshakeError::Json(_))),
                "{to}"
            );
        }
        let array = r#"["s1",[],25000,20000,1000000]"#;
        assert!(matches!(
            Handshake::parse(array),
            Err(HandshakeError::Json(_))
        ));
    }
}
