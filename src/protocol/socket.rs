//! Socket.IO revision 5 packets: <https://github.com/socketio/socket.io-protocol>.
//!
//! `<type>[<attachments>-][<namespace>,][<ack id>][JSON]`, inside an Engine.IO message; the attachments of a binary packet
//! follow as binary messages.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The main namespace.
pub const MAIN_NAMESPACE: &str = "/";

/// Event names that client and server libraries raise by themselves: an event under one would be taken for one of the connection's
/// life. The codec lets them pass; whoever sends or accepts events decides.
pub const RESERVED_EVENTS: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// The type of a Socket.IO packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PacketType {
    /// `0`: a client asks for a namespace (with its auth object), the server grants it (with a `sid`).
    Connect,
    /// `1`: leaves a namespace.
    Disconnect,
    /// `2`: an event.
    Event,
    /// `3`: the answer to an event that carried an id.
    Ack,
    /// `4`: the server refuses a namespace.
    ConnectError,
    /// `5`: an event with binary attachments.
    BinaryEvent,
    /// `6`: an answer with binary attachments.
    BinaryAck,
}

impl PacketType {
    /// The digit on the wire.
    pub const fn digit(self) -> char {
        match self {
            Self::Connect => '0',
            Self::Disconnect => '1',
            Self::Event => '2',
            Self::Ack => '3',
            Self::ConnectError => '4',
            Self::BinaryEvent => '5',
            Self::BinaryAck => '6',
        }
    }

    /// Whether binary attachments follow.
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::BinaryEvent | Self::BinaryAck)
    }

    const fn from_char(digit: char) -> Option<Self> {
        Some(match digit {
            '0' => Self::Connect,
            '1' => Self::Disconnect,
            '2' => Self::Event,
            '3' => Self::Ack,
            '4' => Self::ConnectError,
            '5' => Self::BinaryEvent,
            '6' => Self::BinaryAck,
            _ => return None,
        })
    }
}

/// One Socket.IO packet without its attachments, borrowing from the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The type.
    pub kind: PacketType,
    /// How many binary messages follow; 0 but for the binary types.
    pub attachments: usize,
    /// The namespace, `/` if none was written. A query part (`/ns?x=1`) is kept as it stands.
    pub namespace: &'a str,
    /// The ack id, where there is one.
    pub id: Option<u64>,
    /// The JSON that follows, as it stands; empty if there is none.
    pub data: &'a str,
}

/// Why a text is not a Socket.IO packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The text was empty.
    #[error("empty Socket.IO packet")]
    Empty,
    /// The first character is not a packet type.
    #[error("unknown Socket.IO packet type {0:?}")]
    UnknownType(char),
    /// The number of attachments is missing, malformed or above [`MAX_ATTACHMENTS`].
    #[error("illegal number of attachments")]
    Attachments,
    /// The ack id does not fit 64 bits.
    #[error("illegal ack id")]
    Id,
    /// The data is not what the packet type asks for.
    #[error("illegal payload: {0}")]
    Payload(&'static str),
}

/// Most attachments one packet may announce (the reference parser's bound is 10 by default; ours is a bound on memory, not a check).
pub const MAX_ATTACHMENTS: usize = 64;

/// Reads the text of one packet. Checks the header; of the data only that its first character fits the type
/// (use [`event`] or serde for more). Whether an event name is reserved is not the codec's business.
pub fn decode(text: &str) -> Result<Packet<'_>, DecodeError> {
    let digit = text.chars().next().ok_or(DecodeError::Empty)?;
    let kind = PacketType::from_char(digit).ok_or(DecodeError::UnknownType(digit))?;
    let (attachments, rest) = if kind.is_binary() {
        split_attachments(&text[1..])?
    } else {
        (0, &text[1..])
    };
    let (namespace, rest) = split_namespace(rest);
    let (id, data) = split_id(rest)?;
    check_payload(kind, data)?;
    Ok(Packet {
        kind,
        attachments,
        namespace,
        id,
        data,
    })
}

/// Cuts off the decimal digits in front, and reads them; `None` where there are none or they do not fit 64 bits.
fn split_digits(text: &str) -> (Option<u64>, &str) {
    let end = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    (text[..end].parse().ok(), &text[end..])
}

/// `<attachments>-`
fn split_attachments(text: &str) -> Result<(usize, &str), DecodeError> {
    let (count, rest) = split_digits(text);
    let rest = rest.strip_prefix('-').ok_or(DecodeError::Attachments)?;
    let count = count
        .and_then(|count| usize::try_from(count).ok())
        .filter(|count| (1..=MAX_ATTACHMENTS).contains(count))
        .ok_or(DecodeError::Attachments)?;
    Ok((count, rest))
}

/// `<namespace>,`: begins with a slash, runs to the comma or the end of the text.
fn split_namespace(text: &str) -> (&str, &str) {
    if !text.starts_with('/') {
        return (MAIN_NAMESPACE, text);
    }
    match memchr::memchr(b',', text.as_bytes()) {
        Some(comma) => (&text[..comma], &text[comma + 1..]),
        None => (text, ""),
    }
}

/// `<ack id>`
fn split_id(text: &str) -> Result<(Option<u64>, &str), DecodeError> {
    match split_digits(text) {
        (None, rest) if rest.len() < text.len() => Err(DecodeError::Id),
        found => Ok(found),
    }
}

/// Whether the first character of the data fits the type: the reference parser's `isPayloadValid`, without parsing.
fn check_payload(kind: PacketType, data: &str) -> Result<(), DecodeError> {
    let first = trim_start(data).bytes().next();
    let (fits, wanted) = match kind {
        PacketType::Connect => (
            data.is_empty() || first == Some(b'{'),
            "CONNECT takes an object or nothing",
        ),
        PacketType::Disconnect => (data.is_empty(), "DISCONNECT takes nothing"),
        PacketType::ConnectError => (
            matches!(first, Some(b'{' | b'"')),
            "CONNECT_ERROR takes an object or a string",
        ),
        PacketType::Event | PacketType::BinaryEvent => {
            (first == Some(b'['), "an event takes an array")
        }
        PacketType::Ack | PacketType::BinaryAck => (first == Some(b'['), "an ack takes an array"),
    };
    if fits {
        Ok(())
    } else {
        Err(DecodeError::Payload(wanted))
    }
}

/// The white space of JSON (RFC 8259), which is less than what `str::trim` takes away. By bytes: this runs for every delivery.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn trim_start(text: &str) -> &str {
    let at = text.bytes().position(|byte| !is_space(byte));
    &text[at.unwrap_or(text.len())..]
}

fn trim_end(text: &str) -> &str {
    let last = text.bytes().rposition(|byte| !is_space(byte));
    &text[..last.map_or(0, |last| last + 1)]
}

/// Appends the text of one packet. The attachments are written for the binary types alone, the namespace unless it is the main one.
pub fn encode(packet: &Packet<'_>, out: &mut String) {
    encode_header(
        packet.kind,
        packet.attachments,
        packet.namespace,
        packet.id,
        out,
    );
    out.push_str(packet.data);
}

/// Appends all of a packet but its data.
fn encode_header(
    kind: PacketType,
    attachments: usize,
    namespace: &str,
    id: Option<u64>,
    out: &mut String,
) {
    out.push(kind.digit());
    if kind.is_binary() {
        // Writing to a String cannot fail.
        let _ = write!(out, "{attachments}-");
    }
    if !namespace.is_empty() && namespace != MAIN_NAMESPACE {
        out.push_str(namespace);
        out.push(',');
    }
    if let Some(id) = id {
        let _ = write!(out, "{id}");
    }
}

/// Appends the text of an EVENT: `name` is escaped as JSON, `args` (as in [`Event::args`]) goes in as it stands.
pub fn encode_event(namespace: &str, id: Option<u64>, name: &str, args: &str, out: &mut String) {
    encode_header(PacketType::Event, 0, namespace, id, out);
    push_event_data(name, args, out);
}

/// Appends the text of a `BINARY_EVENT` of `attachments` attachments, whose placeholders stand in `args`.
pub fn encode_binary_event(
    namespace: &str,
    id: Option<u64>,
    name: &str,
    args: &str,
    attachments: usize,
    out: &mut String,
) {
    encode_header(PacketType::BinaryEvent, attachments, namespace, id, out);
    push_event_data(name, args, out);
}

/// Appends `["name",args]`.
fn push_event_data(name: &str, args: &str, out: &mut String) {
    out.push('[');
    push_json_string(name, out);
    if !args.is_empty() {
        out.push(',');
        out.push_str(args);
    }
    out.push(']');
}

/// Appends the text of an ACK; `args` is what stands between the array's brackets.
pub fn encode_ack(namespace: &str, id: u64, args: &str, out: &mut String) {
    encode_header(PacketType::Ack, 0, namespace, Some(id), out);
    out.push('[');
    out.push_str(args);
    out.push(']');
}

/// Appends a JSON string.
fn push_json_string(text: &str, out: &mut String) {
    if text
        .bytes()
        .any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'))
    {
        let _ = write!(out, "{}", serde_json::Value::from(text));
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

/// The parts of an event's data, `["name", arg, …]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// The event name, unescaped.
    pub name: Cow<'a, str>,
    /// The arguments as they stand, without the outer brackets and the comma before the first; empty if there are none. Not validated.
    pub args: &'a str,
}

/// Splits an event's data into its name and its arguments without parsing the arguments (the receive path runs through here).
pub fn event(data: &str) -> Result<Event<'_>, DecodeError> {
    let inner = trim_start(array_items(data)?);
    let text = inner
        .strip_prefix('"')
        .ok_or(DecodeError::Payload("the event name is not a string"))?;
    let (name, rest) = split_string(text)?;
    let rest = trim_start(rest);
    let args = match rest.strip_prefix(',') {
        Some(args) if trim_start(args).is_empty() => {
            return Err(DecodeError::Payload("nothing after a comma"));
        }
        Some(args) => args,
        None if rest.is_empty() => "",
        None => return Err(DecodeError::Payload("no comma after the event name")),
    };
    Ok(Event { name, args })
}

/// What stands between the brackets of an array: of an ACK's data, its arguments. Not validated.
pub fn array_items(data: &str) -> Result<&str, DecodeError> {
    trim_end(trim_start(data))
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .ok_or(DecodeError::Payload("not an array"))
}

/// Splits arguments before the last of them, if that is a string: what stands before its comma, and the string with its quotes. Where it is
/// the only one nothing stands before it. Not validated.
pub fn last_string(args: &str) -> Option<(&str, &str)> {
    let args = trim_end(args);
    let inner = args.strip_suffix('"')?;
    // A quote behind an odd number of backslashes is part of the string.
    let escaped = |quote: usize| {
        let before = inner.as_bytes()[..quote].iter().rev();
        before.take_while(|byte| **byte == b'\\').count() % 2 == 1
    };
    let quotes = memchr::memrchr_iter(b'"', inner.as_bytes());
    let start = quotes.into_iter().find(|quote| !escaped(*quote))?;
    let before = trim_end(&args[..start]);
    let before = match before.strip_suffix(',') {
        Some(before) => trim_end(before),
        None if trim_start(before).is_empty() => "",
        None => return None,
    };
    Some((before, &args[start..]))
}

/// Splits the rest of a JSON string, after its opening quote, into the string and what follows its closing quote.
fn split_string(text: &str) -> Result<(Cow<'_, str>, &str), DecodeError> {
    const BAD: DecodeError = DecodeError::Payload("the event name is not a JSON string");
    let bytes = text.as_bytes();
    let mut at = memchr::memchr2(b'"', b'\\', bytes).ok_or(BAD)?;
    let escaped = bytes[at] == b'\\';
    while bytes[at] == b'\\' {
        // The character after a backslash is no end of the string, whatever it is.
        let next = bytes.get(at + 2..).ok_or(BAD)?;
        at += 2 + memchr::memchr2(b'"', b'\\', next).ok_or(BAD)?;
    }
    let (raw, rest) = (&text[..at], &text[at + 1..]);
    if escaped {
        let mut quoted = String::with_capacity(raw.len() + 2);
        quoted.push('"');
        quoted.push_str(raw);
        quoted.push('"');
        let name = serde_json::from_str(&quoted).map_err(|_| BAD)?;
        return Ok((Cow::Owned(name), rest));
    }
    if raw.bytes().any(|byte| byte < b' ') {
        return Err(BAD);
    }
    Ok((Cow::Borrowed(raw), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_split_before_a_last_string() {
        for (args, split) in [
            (r#"1,"o""#, Some(("1", r#""o""#))),
            (r#"{"a":"b"} , "o" "#, Some((r#"{"a":"b"}"#, r#""o""#))),
            (r#""text","a\"b\\""#, Some((r#""text""#, r#""a\"b\\""#))),
            (r#" "o""#, Some(("", r#""o""#))),
            (r#""""#, Some(("", r#""""#))),
            ("", None),
            ("1", None),
            (r#"["a"]"#, None),
            (r#"{"a":"b"}"#, None),
            // No JSON: nothing is made of it.
            ("\"", None),
            (r#"1 "o""#, None),
            (r#"\"o\""#, None),
        ] {
            assert_eq!(last_string(args), split, "{args}");
        }
    }

    fn packet(
        kind: PacketType,
        attachments: usize,
        namespace: &'static str,
        id: Option<u64>,
        data: &'static str,
    ) -> Packet<'static> {
        Packet {
            kind,
            attachments,
            namespace,
            id,
            data,
        }
    }

    #[test]
    fn packets_read_back_as_written() {
        use PacketType::{Ack, BinaryAck, BinaryEvent, Connect, ConnectError, Disconnect, Event};
        for (text, expected) in [
            ("0", packet(Connect, 0, "/", None, "")),
            (
                "0{\"sid\":\"a\"}",
                packet(Connect, 0, "/", None, "{\"sid\":\"a\"}"),
            ),
            ("0/admin?x=1,", packet(Connect, 0, "/admin?x=1", None, "")),
            ("1/é,", packet(Disconnect, 0, "/é", None, "")),
            ("2[\"a\"]", packet(Event, 0, "/", None, "[\"a\"]")),
            (
                "2/n,12[\"a\",1]",
                packet(Event, 0, "/n", Some(12), "[\"a\",1]"),
            ),
            (
                "318446744073709551615[]",
                packet(Ack, 0, "/", Some(u64::MAX), "[]"),
            ),
            ("4\"no\"", packet(ConnectError, 0, "/", None, "\"no\"")),
            ("4/n,{}", packet(ConnectError, 0, "/n", None, "{}")),
            (
                "51-[\"a\",{\"_placeholder\":true,\"num\":0}]",
                packet(
                    BinaryEvent,
                    1,
                    "/",
                    None,
                    "[\"a\",{\"_placeholder\":true,\"num\":0}]",
                ),
            ),
            ("664-/n,3[]", packet(BinaryAck, 64, "/n", Some(3), "[]")),
        ] {
            assert_eq!(decode(text).as_ref(), Ok(&expected), "{text}");
            let mut out = String::new();
            encode(&expected, &mut out);
            assert_eq!(out, text);
        }
        assert_eq!(decode("0/n"), Ok(packet(Connect, 0, "/n", None, "")));
        assert_eq!(
            decode("2 [\"a\"]"),
            Ok(packet(Event, 0, "/", None, " [\"a\"]"))
        );
    }

    #[test]
    fn what_is_no_packet_is_named() {
        assert_eq!(decode(""), Err(DecodeError::Empty));
        for first in ['7', 'é', '🦀', '-'] {
            assert_eq!(
                decode(&format!("{first}[]")),
                Err(DecodeError::UnknownType(first))
            );
        }
        for text in [
            "5",
            "5[]",
            "50-[]",
            "565-[]",
            "5-[]",
            "5+1-[]",
            "51[]",
            "51.0-[]",
            "599999999999999999999-[]",
        ] {
            assert_eq!(decode(text), Err(DecodeError::Attachments), "{text}");
        }
        assert_eq!(decode("218446744073709551616[\"a\"]"), Err(DecodeError::Id));
        for text in [
            "0[]", "0custom,", "1{}", "1 ", "2", "2{}", "2\"a\"", "21", "2/n", "21-[]", "3",
            "31{}", "4", "4[]", "51-{}", "51-",
        ] {
            assert!(
                matches!(decode(text), Err(DecodeError::Payload(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn an_event_splits_in_place() {
        for (data, name, args) in [
            (r#"["a"]"#, "a", ""),
            (r#"["a",1,{"b":[2]}]"#, "a", r#"1,{"b":[2]}"#),
            (" [ \"a\" , 1 ] \n", "a", " 1 "),
            (r#"["",null]"#, "", "null"),
            (r#"["é🦀","]"]"#, "é🦀", "\"]\""),
            (r#"["a\"b\\",1]"#, "a\"b\\", "1"),
            (r#"["\u00e9\ud83e\udd80\n"]"#, "é🦀\n", ""),
        ] {
            let event = event(data).unwrap();
            assert_eq!((event.name.as_ref(), event.args), (name, args), "{data}");
        }
        assert!(matches!(
            event(r#"["a",1]"#).unwrap().name,
            Cow::Borrowed("a")
        ));
        for data in [
            "",
            "[",
            "]",
            "[]",
            "[\"",
            "[\"a",
            "[\"a\"",
            "[\"a\",1",
            "[1]",
            "[null]",
            "{}",
            "[\"a\"1]",
            "[\"a\",]",
            "[\"a\\\"]",
            "[\"a\\",
            "[\"\\x\"]",
            "[\"\\ud800\"]",
            "[\"a\nb\"]",
            "[\"a\"]x",
            "[\"a\\é\"]",
        ] {
            assert!(event(data).is_err(), "{data}");
        }
    }

    #[test]
    fn events_and_acks_are_written_with_an_escaped_name() {
        let mut out = String::new();
        encode_event("/", None, "a", "", &mut out);
        assert_eq!(out, r#"2["a"]"#);
        out.clear();
        encode_event("/n", Some(7), "q\"\n\u{1}", "1,{}", &mut out);
        assert_eq!(out, r#"2/n,7["q\"\n\u0001",1,{}]"#);
        out.clear();
        encode_binary_event(
            "/",
            None,
            "b",
            r#"{"_placeholder":true,"num":0}"#,
            1,
            &mut out,
        );
        assert_eq!(out, r#"51-["b",{"_placeholder":true,"num":0}]"#);
        out.clear();
        encode_ack("/n", 3, "1", &mut out);
        assert_eq!(out, "3/n,3[1]");
    }
}
