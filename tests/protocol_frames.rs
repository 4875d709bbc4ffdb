//! The frame reader beside another library's: whatever a server sends, and however it is cut, both make the same of it.

use std::io::{Cursor, Read, Write};

use proptest::collection::vec;
use proptest::prelude::*;
use pushproof::protocol::frame::{Message, Opcode, Reader, write};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message as Theirs};

const LIMIT: usize = 1 << 16;

/// A message, or the end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
    Refused,
}

/// A server that has sent this, and takes everything.
struct Sent(Cursor<Vec<u8>>);

impl Read for Sent {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn theirs(bytes: &[u8]) -> Vec<Told> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(LIMIT))
        .max_frame_size(Some(LIMIT));
    let sent = Sent(Cursor::new(bytes.to_vec()));
    let mut socket = WebSocket::from_raw_socket(sent, Role::Client, Some(config));
    let mut told = Vec::new();
    loop {
        told.push(match socket.read() {
            Ok(Theirs::Text(text)) => Told::Text(text.to_string()),
            Ok(Theirs::Binary(bytes)) => Told::Binary(bytes.to_vec()),
            Ok(Theirs::Ping(bytes)) => Told::Ping(bytes.to_vec()),
            Ok(Theirs::Pong(bytes)) => Told::Pong(bytes.to_vec()),
            Ok(Theirs::Close(why)) => {
                let why = why.map(|why| (u16::from(why.code), why.reason.to_string()));
                told.push(Told::Close(why));
                return told;
            }
            Ok(Theirs::Frame(_)) => unreachable!("only ever written"),
            // There is no more.
            Err(tungstenite::Error::Protocol(
                tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            )) => return told,
            Err(_) => {
                told.push(Told::Refused);
                return told;
            }
        });
    }
}

fn ours<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Told> {
    let mut reader = Reader::new(LIMIT);
    let mut told = Vec::new();
    for mut piece in pieces {
        loop {
            told.push(match reader.read(&mut piece) {
                Ok(None) => break,
                Ok(Some(Message::Text(text))) => Told::Text(text.to_owned()),
                Ok(Some(Message::Binary(bytes))) => Told::Binary(bytes.to_vec()),
                Ok(Some(Message::Ping(bytes))) => Told::Ping(bytes.to_vec()),
                Ok(Some(Message::Pong(bytes))) => Told::Pong(bytes.to_vec()),
                Ok(Some(Message::Close(why))) => {
                    let why = why.map(|why| (why.code, why.reason.to_owned()));
                    told.push(Told::Close(why));
                    return told;
                }
                Err(_) => {
                    told.push(Told::Refused);
                    return told;
                }
            });
        }
    }
    told
}

/// Bytes cut at these places, each a share of the length.
fn cut<'a>(bytes: &'a [u8], places: &[f64]) -> Vec<&'a [u8]> {
    let at = |place: &f64| (place * bytes.len() as f64) as usize;
    let mut places: Vec<_> = places.iter().map(at).collect();
    places.sort_unstable();
    let mut pieces = Vec::new();
    let mut begin = 0;
    for place in places.into_iter().chain([bytes.len()]) {
        pieces.push(&bytes[begin..place]);
        begin = place;
    }
    pieces
}

fn header(opcode: OpCode, is_final: bool) -> FrameHeader {
    FrameHeader {
        is_final,
        opcode,
        ..FrameHeader::default()
    }
}

fn put(opcode: OpCode, is_final: bool, payload: Vec<u8>, out: &mut Vec<u8>) {
    let frame = Frame::from_payload(header(opcode, is_final), payload.into());
    frame.format(out).expect("a vector takes everything");
}

fn control() -> impl Strategy<Value = (Control, Vec<u8>)> {
    let kind = prop_oneof![Just(Control::Ping), Just(Control::Pong)];
    (kind, vec(any::<u8>(), 0..126))
}

/// What a proper server sends: messages in any fragments, with control frames between them, and perhaps a close.
fn conversation() -> impl Strategy<Value = Vec<u8>> {
    let text = "[ -~äß€🦀]{0,300}".prop_map(|text| (Data::Text, text.into_bytes()));
    let long = vec(any::<u8>(), 65_000..65_536).prop_map(|bytes| (Data::Binary, bytes));
    let binary = vec(any::<u8>(), 0..2_000).prop_map(|bytes| (Data::Binary, bytes));
    let message = prop_oneof![10 => text, 5 => binary, 1 => long];
    let spoken = (message, vec(0.0..1.0, 0..4), vec(control(), 0..3));
    let close = prop_oneof![
        Just(Vec::new()),
        Just(b"\x03\xe8bye".to_vec()),
        Just(b"\x03\xf4".to_vec())
    ];
    let all = (vec(spoken, 0..8), proptest::option::of(close));
    all.prop_map(|(spoken, close)| {
        let mut out = Vec::new();
        for ((kind, payload), cuts, mut controls) in spoken {
            let pieces = cut(&payload, &cuts);
            let last = pieces.len() - 1;
            for (n, piece) in pieces.into_iter().enumerate() {
                let kind = if n == 0 { kind } else { Data::Continue };
                put(OpCode::Data(kind), n == last, piece.to_vec(), &mut out);
                if let Some((kind, payload)) = controls.pop() {
                    put(OpCode::Control(kind), true, payload, &mut out);
                }
            }
        }
        if let Some(payload) = close {
            put(OpCode::Control(Control::Close), true, payload, &mut out);
        }
        out
    })
}

/// Nothing is taken that the other library refuses, and what is taken is the same.
fn not_looser(ours: &[Told], theirs: &[Told]) {
    match ours.split_last() {
        Some((Told::Refused, before)) => assert!(theirs.starts_with(before), "{theirs:?}"),
        // A frame that is not all there yet: it looks at its header only then.
        _ if theirs.len() == ours.len() + 1 => {
            assert_eq!(
                (&theirs[..ours.len()], theirs.last()),
                (ours, Some(&Told::Refused))
            );
            panic!("{theirs:?} was taken");
        }
        _ => assert_eq!(ours, theirs),
    }
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_messages(
        bytes in conversation(),
        places in vec(0.0..1.0, 0..12),
    ) {
        let theirs = theirs(&bytes);
        prop_assert_eq!(&ours(cut(&bytes, &places)), &theirs);
        prop_assert_eq!(&ours(bytes.chunks(7)), &theirs);
    }

    #[test]
    fn nothing_is_taken_that_others_refuse(
        mut bytes in conversation(),
        harm in vec((0.0..1.0, any::<u8>()), 1..4),
        places in vec(0.0..1.0, 0..6),
    ) {
        for (place, byte) in harm {
            let place = (place * bytes.len() as f64) as usize;
            if let Some(harmed) = bytes.get_mut(place) {
                *harmed = byte;
            }
        }
        not_looser(&ours(cut(&bytes, &places)), &theirs(&bytes));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..400), size in 1_usize..50) {
        let whole = ours([bytes.as_slice()]);
        prop_assert_eq!(&ours(bytes.chunks(size)), &whole);
        not_looser(&whole, &theirs(&bytes));
    }

    #[test]
    fn what_is_written_is_read_by_others(
        payload in vec(any::<u8>(), 0..70_000),
        mask in any::<[u8; 4]>(),
    ) {
        let mut out = Vec::new();
        write(Opcode::Binary, &payload, mask, &mut out);
        let config = WebSocketConfig::default();
        let sent = Sent(Cursor::new(out));
        let mut socket = WebSocket::from_raw_socket(sent, Role::Server, Some(config));
        prop_assert_eq!(socket.read().expect("a message"), Theirs::binary(payload));
    }
}
