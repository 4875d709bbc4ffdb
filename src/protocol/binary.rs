//! Packets with binary attachments: a text whose placeholders `{"_placeholder":true,"num":N}` stand for the binary messages that
//! follow it. Both sides receive them, so both use this [`Assembler`]; what a sender has to write is [`push_placeholder`].
//!
//! Invariant: an assembler never holds more than its limit of bytes nor more than [`MAX_ATTACHMENTS`] attachments, and an error
//! leaves it empty.

use std::fmt::Write as _;

use bytes::Bytes;

use super::socket::{self, DecodeError, Event, MAX_ATTACHMENTS, Packet, PacketType};

/// A complete packet with its attachments. Owned: its parts came in frames of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinaryPacket {
    /// [`PacketType::BinaryEvent`] or [`PacketType::BinaryAck`].
    pub kind: PacketType,
    /// The namespace.
    pub namespace: String,
    /// The ack id, where there is one.
    pub id: Option<u64>,
    /// The JSON array as it came, placeholders included.
    pub data: String,
    /// The attachments in the order they came, which is the order of the placeholders' `num`.
    pub attachments: Vec<Bytes>,
}

impl BinaryPacket {
    /// The name and arguments of a binary event (see [`socket::event`]).
    pub fn event(&self) -> Result<Event<'_>, DecodeError> {
        socket::event(&self.data)
    }
}

/// Why text and attachments are not a packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssembleError {
    /// A Socket.IO text came while attachments were awaited; how many. The unfinished packet is dropped, and so is the text.
    #[error("a text packet came while {0} attachments were awaited")]
    Text(usize),
    /// A binary message came although no packet awaits one.
    #[error("a binary message came that no packet announced")]
    Unannounced,
    /// The packet announces no attachment, or more than [`MAX_ATTACHMENTS`].
    #[error("illegal number of attachments: {0}")]
    Count(usize),
    /// Text and attachments together are larger than this limit, in bytes.
    #[error("a packet with its attachments exceeds {0} bytes")]
    TooLarge(usize),
    /// The data is not what the packet type asks for.
    #[error(transparent)]
    Data(#[from] DecodeError),
    /// The data's placeholders are wrong.
    #[error(transparent)]
    Placeholder(#[from] PlaceholderError),
}

/// Joins binary packets and their attachments; lets other packets through.
#[derive(Debug)]
pub struct Assembler {
    limit_bytes: usize,
    // Boxed, because nearly every one of ten thousand assemblers is idle.
    pending: Option<Box<Pending>>,
}

#[derive(Debug)]
struct Pending {
    packet: BinaryPacket,
    awaited: usize,
    bytes: usize,
}

impl Assembler {
    /// An idle assembler that takes packets of up to `limit_bytes`, text and attachments together.
    pub const fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            pending: None,
        }
    }

    /// How many attachments are awaited; 0 when idle.
    pub fn awaited(&self) -> usize {
        self.pending.as_ref().map_or(0, |pending| {
            pending.awaited - pending.packet.attachments.len()
        })
    }

    /// Drops an unfinished packet.
    pub fn reset(&mut self) {
        self.pending = None;
    }

    /// Takes the text of a packet: gives it back if it is complete, keeps it (`None`) if attachments follow.
    pub fn handle_text<'a>(
        &mut self,
        packet: Packet<'a>,
    ) -> Result<Option<Packet<'a>>, AssembleError> {
        if self.pending.is_some() {
            let awaited = self.awaited();
            self.reset();
            return Err(AssembleError::Text(awaited));
        }
        if !packet.kind.is_binary() {
            return Ok(Some(packet));
        }
        if !(1..=MAX_ATTACHMENTS).contains(&packet.attachments) {
            return Err(AssembleError::Count(packet.attachments));
        }
        let bytes = packet.data.len();
        if bytes > self.limit_bytes {
            return Err(AssembleError::TooLarge(self.limit_bytes));
        }
        self.pending = Some(Box::new(Pending {
            packet: BinaryPacket {
                kind: packet.kind,
                namespace: packet.namespace.to_owned(),
                id: packet.id,
                data: packet.data.to_owned(),
                attachments: Vec::with_capacity(packet.attachments),
            },
            awaited: packet.attachments,
            bytes,
        }));
        Ok(None)
    }

    /// Takes one attachment, and gives the packet if that was its last. The bytes are copied: a frame may share the buffer it was
    /// read into, which must not be kept alive.
    ///
    /// The text is judged only now, so that a packet that is wrong takes its attachments with it.
    pub fn handle_binary(
        &mut self,
        attachment: &[u8],
    ) -> Result<Option<BinaryPacket>, AssembleError> {
        let pending = self.pending.as_mut().ok_or(AssembleError::Unannounced)?;
        pending.bytes = pending.bytes.saturating_add(attachment.len());
        if pending.bytes > self.limit_bytes {
            self.reset();
            return Err(AssembleError::TooLarge(self.limit_bytes));
        }
        let attachments = &mut pending.packet.attachments;
        attachments.push(Bytes::copy_from_slice(attachment));
        if attachments.len() < pending.awaited {
            return Ok(None);
        }
        let Some(complete) = self.pending.take() else {
            return Ok(None);
        };
        let packet = complete.packet;
        if packet.kind == PacketType::BinaryEvent {
            // Takes nothing but a string for the name: no placeholder can stand there.
            packet.event()?;
        }
        placeholders(&packet.data, packet.attachments.len())?;
        Ok(Some(packet))
    }
}

/// The placeholder of the only attachment of a packet, as [`push_placeholder`] writes it.
pub const ONLY_PLACEHOLDER: &str = r#"{"_placeholder":true,"num":0}"#;

/// Appends the placeholder of attachment `num`, byte for byte as the reference encoder writes it.
pub fn push_placeholder(num: usize, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(out, r#"{{"_placeholder":true,"num":{num}}}"#);
}

/// Why the placeholders of a packet's data are wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceholderError {
    /// The data is not JSON.
    #[error("the data of a binary packet is not JSON")]
    Json,
    /// A placeholder's `num` is missing, no whole number, or not that of an attachment.
    #[error("a placeholder's num is not that of an attachment")]
    Num,
}

/// The `num` of every placeholder in `data`, in the order of the text; each below `attachments`. One attachment may be named twice or
/// not at all, and what a placeholder carries besides is ignored, as the reference decoder does.
pub fn placeholders(data: &str, attachments: usize) -> Result<Vec<usize>, PlaceholderError> {
    // serde_json skips values without recursion. Past this line the text is known to be JSON, which keeps the scan below simple.
    serde_json::from_str::<serde::de::IgnoredAny>(data).map_err(|_| PlaceholderError::Json)?;
    let bytes = data.as_bytes();
    let mut found: Vec<Option<usize>> = Vec::new();
    // A stack of our own: nesting is the sender's choice and must not become our call depth.
    let mut objects: Vec<Object> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        at = token_end(bytes, start);
        match bytes[start] {
            b'{' | b'[' => {
                note_value(&mut objects, "");
                objects.push(Object {
                    found_before: found.len(),
                    at_key: bytes[start] == b'{',
                    ..Object::default()
                });
            }
            b'}' | b']' => {
                if let Some(object) = objects.pop().filter(|object| object.marked) {
                    // The decoder replaces the whole object, with all that is in it.
                    found.truncate(object.found_before);
                    found.push(object.num.filter(|num| *num < attachments));
                }
            }
            b',' => {
                if let Some(object) = objects.last_mut() {
                    object.at_key = object.key.is_some();
                }
            }
            b'"' if objects.last().is_some_and(|object| object.at_key) => {
                if let Some(object) = objects.last_mut() {
                    object.key = Some(Key::read(&data[start..at]));
                    object.at_key = false;
                }
            }
            b':' | b' ' | b'\t' | b'\n' | b'\r' => {}
            _ => note_value(&mut objects, &data[start..at]),
        }
    }
    let found: Option<Vec<usize>> = found.into_iter().collect();
    found.ok_or(PlaceholderError::Num)
}

/// An open object or array of the scan.
#[derive(Default)]
struct Object {
    /// How many placeholders were found before it.
    found_before: usize,
    /// The next string is a key.
    at_key: bool,
    /// The key last read; never set in an array.
    key: Option<Key>,
    /// Its `_placeholder` is `true`.
    marked: bool,
    /// Its `num`, if that is a whole number.
    num: Option<usize>,
}

#[derive(Clone, Copy)]
enum Key {
    Placeholder,
    Num,
    Other,
}

impl Key {
    /// Reads a key in its quotes.
    fn read(quoted: &str) -> Self {
        match quoted {
            r#""_placeholder""# => Self::Placeholder,
            r#""num""# => Self::Num,
            plain if !plain.contains('\\') => Self::Other,
            escaped => match serde_json::from_str::<String>(escaped).as_deref() {
                Ok("_placeholder") => Self::Placeholder,
                Ok("num") => Self::Num,
                _ => Self::Other,
            },
        }
    }
}

/// Notes a value (its text; "" for an object or array) at the key last read. Of equal keys the last one counts, as in JavaScript.
fn note_value(objects: &mut [Object], value: &str) {
    let Some(object) = objects.last_mut() else {
        return;
    };
    match object.key {
        Some(Key::Placeholder) => object.marked = value == "true",
        Some(Key::Num) => object.num = value.parse().ok(),
        Some(Key::Other) | None => {}
    }
}

/// Where the token that begins at `start` ends, in text known to be JSON.
fn token_end(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start + 1..];
    let length = match bytes[start] {
        b'"' => string_length(rest),
        b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => 0,
        // A number or literal.
        _ => rest
            .iter()
            .position(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r'))
            .unwrap_or(rest.len()),
    };
    (start + 1 + length).min(bytes.len())
}

/// The length of a JSON string after its opening quote, with the closing one.
fn string_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = rest
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if rest[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(
        text: &str,
        attachments: &[&[u8]],
        limit: usize,
    ) -> Result<Option<BinaryPacket>, AssembleError> {
        let mut assembler = Assembler::new(limit);
        let packet = socket::decode(text).unwrap();
        assert_eq!(assembler.handle_text(packet)?, None);
        let mut complete = None;
        for attachment in attachments {
            assert_eq!(complete, None);
            complete = assembler.handle_binary(attachment)?;
        }
        Ok(complete)
    }

    const TWO: &str =
        r#"52-/n,7["a",{"num":1,"_placeholder":true},[{"_placeholder":true,"num":0}]]"#;

    #[test]
    fn a_packet_is_complete_with_its_last_attachment() {
        let packet = feed(TWO, &[b"x", b""], 1000).unwrap().unwrap();
        assert_eq!(packet.kind, PacketType::BinaryEvent);
        assert_eq!((packet.namespace.as_str(), packet.id), ("/n", Some(7)));
        assert_eq!(packet.event().unwrap().name, "a");
        assert_eq!(packet.attachments, [&b"x"[..], b""]);
        assert_eq!(feed(TWO, &[b"x"], 1000), Ok(None));
        let ack = feed(r#"61-3[{"_placeholder":true,"num":0}]"#, &[b"x"], 1000);
        assert_eq!(ack.unwrap().unwrap().kind, PacketType::BinaryAck);
    }

    #[test]
    fn other_packets_pass_through() {
        let mut assembler = Assembler::new(0);
        let packet = socket::decode("2[\"a\"]").unwrap();
        assert_eq!(assembler.handle_text(packet.clone()), Ok(Some(packet)));
    }

    #[test]
    fn text_among_attachments_is_an_error_and_drops_the_packet() {
        let mut assembler = Assembler::new(1000);
        assembler.handle_text(socket::decode(TWO).unwrap()).unwrap();
        assembler.handle_binary(b"x").unwrap();
        assert_eq!(assembler.awaited(), 1);
        let text = socket::decode("2[\"a\"]").unwrap();
        assert_eq!(assembler.handle_text(text), Err(AssembleError::Text(1)));
        assert_eq!(
            assembler.handle_binary(b"x"),
            Err(AssembleError::Unannounced)
        );
    }

    #[test]
    fn bytes_and_count_are_bounded() {
        let text_bytes = socket::decode(TWO).unwrap().data.len();
        let limit = text_bytes + 2;
        assert!(feed(TWO, &[b"x", b"y"], limit).unwrap().is_some());
        assert_eq!(
            feed(TWO, &[b"x", b"yz"], limit),
            Err(AssembleError::TooLarge(limit))
        );
        assert_eq!(feed(TWO, &[], 5), Err(AssembleError::TooLarge(5)));
        for attachments in [0, MAX_ATTACHMENTS + 1] {
            let packet = Packet {
                attachments,
                ..socket::decode(TWO).unwrap()
            };
            assert_eq!(
                Assembler::new(1000).handle_text(packet),
                Err(AssembleError::Count(attachments))
            );
        }
    }

    #[test]
    fn the_only_placeholder_is_the_first() {
        let mut first = String::new();
        push_placeholder(0, &mut first);
        assert_eq!(first, ONLY_PLACEHOLDER);
    }

    #[test]
    fn a_placeholder_is_no_event_name() {
        let text = r#"51-[{"_placeholder":true,"num":0}]"#;
        assert!(matches!(
            feed(text, &[b"x"], 1000),
            Err(AssembleError::Data(_))
        ));
    }

    #[test]
    fn placeholders_are_found_anywhere() {
        for (data, nums) in [
            (r#"["a"]"#, &[][..]),
            (r#"["a",{"_placeholder":true,"num":0}]"#, &[0]),
            (
                r#"["a",{"num" : 1 , "_placeholder": true },{"b":{"c":[{"_placeholder":true,"num":0}]}}]"#,
                &[1, 0],
            ),
            (
                r#"["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]"#,
                &[0, 0],
            ),
            (r#"["{\"_placeholder\":true,\"num\":9}"]"#, &[]),
            (
                r#"["a",{"_placeholder":false,"num":9},{"_placeholder":"true","num":9},{"_placeholder":[true],"num":9}]"#,
                &[],
            ),
            (
                r#"["a",{"_placeholder":true,"_placeholder":false,"num":9}]"#,
                &[],
            ),
            (r#"["a",{"\u005fplaceholder":true,"n\u0075m":1}]"#, &[1]),
            (
                r#"["a",{"_placeholder":true,"x":{"_placeholder":true,"num":9},"num":1}]"#,
                &[1],
            ),
            (r#"["a",{"x":["_placeholder",true],"num":9},"num",9]"#, &[]),
        ] {
            assert_eq!(placeholders(data, 2).as_deref(), Ok(nums), "{data}");
        }
    }

    #[test]
    fn wrong_placeholders_are_refused() {
        for num in [
            "2",
            "-1",
            "0.5",
            "\"0\"",
            "null",
            "true",
            "[0]",
            "{\"x\":0}",
            "18446744073709551616",
        ] {
            let data = format!(r#"["a",{{"_placeholder":true,"num":{num}}}]"#);
            assert_eq!(placeholders(&data, 2), Err(PlaceholderError::Num), "{num}");
        }
        assert_eq!(
            placeholders(r#"[{"_placeholder":true}]"#, 2),
            Err(PlaceholderError::Num)
        );
        for data in ["", "[", "[\"a\",]", "[\"\\", "{\"a\":}", "[1]x"] {
            assert_eq!(placeholders(data, 2), Err(PlaceholderError::Json), "{data}");
        }
    }

    #[test]
    fn nesting_does_not_become_call_depth() {
        let depth = 100_000;
        let placeholder = r#"{"_placeholder":true,"num":0}"#;
        let deep = format!("{}{placeholder}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(placeholders(&deep, 1), Ok(vec![0]));
        let deep = format!(
            "{}{placeholder}{}",
            "{\"a\":".repeat(depth),
            "}".repeat(depth)
        );
        assert_eq!(placeholders(&deep, 1), Ok(vec![0]));
        assert_eq!(
            placeholders(&"[".repeat(depth), 1),
            Err(PlaceholderError::Json)
        );
    }

    #[test]
    fn a_written_placeholder_is_found() {
        let mut out = String::new();
        push_placeholder(3, &mut out);
        assert_eq!(placeholders(&out, 4), Ok(vec![3]));
    }
}
