//! The WebSocket below: frames as RFC 6455 has them, and as it has not.

use std::time::Duration;

use crate::conform::case::{Judged, missed};
use crate::conform::probe::session::WEBSOCKET;
use crate::conform::probe::{Heard, Probe, ProbeError, WebSocket};
use crate::summary::conformance::Outcome;

/// How long an answer, or an end, may take.
const SOON: Duration = Duration::from_secs(2);
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];
/// What a frame's first byte is made of.
const LAST: u8 = 0x80;
const MORE: u8 = 0x00;
const RESERVED: u8 = 0x40;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
/// Asks to join the main namespace, which is answered with a CONNECT or a refusal.
const ASKS: &[u8] = b"40";

/// A frame of a client with this first byte.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..126 => bytes.push(0x80 | short as u8),
        long => {
            bytes.push(0xfe);
            bytes.extend((long as u16).to_be_bytes());
        }
    }
    bytes.extend(MASK);
    let masks = MASK.iter().cycle();
    bytes.extend(payload.iter().zip(masks).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// What is understood: what it is, its frames, and what the pong for it has, if one is due.
type Good = (&'static str, Vec<u8>, Option<Vec<u8>>);

fn good() -> Vec<Good> {
    let long = vec![b'p'; 125];
    let letter = "40/é,".as_bytes();
    vec![
        (
            "text in three parts",
            [
                frame(MORE | TEXT, b"4"),
                frame(MORE | CONTINUATION, b""),
                frame(LAST | CONTINUATION, b"0"),
            ]
            .concat(),
            None,
        ),
        (
            "a letter that lies in two parts",
            [
                frame(MORE | TEXT, &letter[..4]),
                frame(LAST | CONTINUATION, &letter[4..]),
            ]
            .concat(),
            None,
        ),
        (
            "a ping between two parts",
            [
                frame(MORE | TEXT, b"4"),
                frame(LAST | PING, b"there?"),
                frame(LAST | CONTINUATION, b"0"),
            ]
            .concat(),
            Some(b"there?".to_vec()),
        ),
        (
            "a ping of 125 bytes",
            [frame(LAST | PING, &long), frame(LAST | TEXT, ASKS)].concat(),
            Some(long),
        ),
        (
            "an empty ping",
            [frame(LAST | PING, b""), frame(LAST | TEXT, ASKS)].concat(),
            Some(Vec::new()),
        ),
        (
            "a pong that nobody asked for",
            [frame(LAST | PONG, b"here"), frame(LAST | TEXT, ASKS)].concat(),
            None,
        ),
    ]
}

/// What ends the connection: what it is, and its frames.
fn bad() -> Vec<(&'static str, Vec<u8>)> {
    let unmasked = [&[LAST | TEXT, ASKS.len() as u8], ASKS].concat();
    let asks = || frame(LAST | TEXT, ASKS);
    let then = |bytes: Vec<u8>| [bytes, asks()].concat();
    vec![
        ("a frame without a mask", unmasked),
        ("a reserved bit", then(frame(LAST | RESERVED | TEXT, ASKS))),
        ("the reserved opcode 3", then(frame(LAST | 0x3, b"x"))),
        ("the reserved opcode 11", then(frame(LAST | 0xb, b"x"))),
        (
            "a ping in two parts",
            then([frame(MORE | PING, b"x"), frame(LAST | CONTINUATION, b"y")].concat()),
        ),
        (
            "a ping of 126 bytes",
            then(frame(LAST | PING, &[b'p'; 126])),
        ),
        (
            "the continuation of nothing",
            then(frame(LAST | CONTINUATION, ASKS)),
        ),
        (
            "text before the last is complete",
            [frame(MORE | TEXT, b"4"), asks()].concat(),
        ),
        (
            "text that is not UTF-8",
            then(frame(LAST | TEXT, b"40/\xff\xfe,")),
        ),
        (
            "half a letter at the end of text",
            then(frame(LAST | TEXT, b"40/\xc3")),
        ),
        ("a close with half a code", frame(LAST | CLOSE, &[3])),
        (
            "a close with a code that may not be sent",
            frame(LAST | CLOSE, &1005_u16.to_be_bytes()),
        ),
    ]
}

/// TR-22.
pub(super) async fn frames(probe: Probe) -> Judged {
    for (what, bytes, pong) in good() {
        let (mut ws, _) = probe.websocket_open().await?;
        ws.send_raw(&bytes).await?;
        if let Err(seen) = understood(&mut ws).await {
            return Err(missed(format!("{what} understood"), seen));
        }
        if pong.is_some() && ws.pong != pong {
            let seen = ws.pong.map_or_else(
                || "none before the answer to what followed".to_owned(),
                |data| format!("one with {} bytes", data.len()),
            );
            return Err(missed(
                format!("{what} answered with a pong of the same"),
                seen,
            ));
        }
    }
    for (what, bytes) in bad() {
        let (mut ws, _) = probe.websocket_open().await?;
        ws.send_raw(&bytes).await?;
        if let Err(seen) = ended(&mut ws).await {
            return Err(missed(format!("{what} ends the connection"), seen));
        }
    }
    let (mut ws, _) = probe.websocket_open().await?;
    ws.send_raw(&frame(LAST | CLOSE, &1000_u16.to_be_bytes()))
        .await?;
    match ws.next_within(SOON).await {
        Ok(Heard::Close(Some(1000))) => Ok(Outcome::Pass),
        other => Err(missed(
            "a close of 1000 answered with one",
            format!("{other:?}"),
        )),
    }
}

/// That a packet is answered, whatever the answer says.
async fn understood(ws: &mut WebSocket) -> Result<(), String> {
    loop {
        match ws.next_within(SOON).await {
            Ok(Heard::Text(text)) if text.starts_with('4') => return Ok(()),
            Ok(Heard::Text(text)) if text == "2" => {}
            Ok(heard) => return Err(format!("{heard:?}")),
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// That nothing is said before the end.
async fn ended(ws: &mut WebSocket) -> Result<(), String> {
    loop {
        match ws.next_within(SOON).await {
            Ok(Heard::Close(_) | Heard::End) | Err(ProbeError::Ended) => return Ok(()),
            Ok(Heard::Text(text)) if text == "2" => {}
            Ok(heard) => return Err(format!("{heard:?}")),
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// TR-21.
pub(super) async fn deflate(probe: Probe) -> Judged {
    let request = probe
        .request("GET", WEBSOCKET)
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header(
            "Sec-WebSocket-Extensions",
            "permessage-deflate; client_max_window_bits",
        );
    let answer = probe.ask(&request).await?;
    if answer.status != 101 {
        let seen = format!("a WebSocket that offers it is refused: {answer}");
        return Ok(Outcome::Info(seen));
    }
    Ok(Outcome::Info(
        match answer.header("sec-websocket-extensions") {
            None => "not agreed on".to_owned(),
            Some(agreed) => format!("agreed on: {agreed}"),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_masked_and_has_its_length() {
        assert_eq!(
            frame(LAST | TEXT, b"40")[..6],
            [0x81, 0x82, 0x12, 0x34, 0x56, 0x78]
        );
        assert_eq!(frame(LAST | TEXT, b"40")[6..], [b'4' ^ 0x12, b'0' ^ 0x34]);
        assert_eq!(frame(LAST | PING, &[0; 126])[..4], [0x89, 0xfe, 0, 126]);
    }
}
