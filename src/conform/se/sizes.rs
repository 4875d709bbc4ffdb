//! More than is taken at once, and bodies that take their time.

use std::time::Duration;

use super::attack::{Scene, acked, ends_within, say, within};
use super::bystander::Bystander;
use crate::conform::case::{Judged, missed};
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::session::Polling;
use crate::conform::probe::socket::Came;
use crate::conform::probe::{Answer, Connection, PATIENCE, Probe, ProbeError};
use crate::summary::conformance::Outcome;

/// The largest limit that is exceeded.
const MOST: u64 = 64 << 20;
/// How much above the limit is sent.
const MORE: usize = 256 << 10;
/// What is sent at a time.
const PIECE: usize = 64 << 10;
/// Fragments of one byte.
const SPLINTERS: usize = 50_000;
/// The opcodes of a text message's first frame and of the others.
const TEXT: u8 = 1;
const CONTINUATION: u8 = 0;

/// What the handshake says that is taken at once, if it can be exceeded.
fn limit(session: &Session) -> Result<usize, Outcome> {
    match session.max_payload {
        u64::MAX => Err(Outcome::Skip(
            "the handshake does not say how much is taken at once (maxPayload)".to_owned(),
        )),
        max if max > MOST => Err(Outcome::Skip(format!(
            "the target takes {max} bytes at once: more than the suite sends"
        ))),
        max => Ok(max as usize),
    }
}

/// SE-01.
pub(super) async fn message(probe: Probe) -> Judged {
    let scene = Scene::of(&probe).await?;
    let mut session = scene.joined(Over::WebSocket).await?;
    let text = "x".repeat(limit(&session)? + MORE);
    let packet = format!("421[{},\"{text}\"]", acked(&probe));
    say(&mut session, &packet.into()).await?;
    ends_within(&probe, &mut session, "a message above maxPayload", PATIENCE).await?;
    scene.unharmed("a message above maxPayload").await
}

/// A frame of a message in several, masked with zeros.
fn fragment(opcode: u8, last: bool, payload: &[u8], out: &mut Vec<u8>) {
    const MASKED: u8 = 0x80;
    const IN_TWO_BYTES: u8 = 126;
    const IN_EIGHT_BYTES: u8 = 127;
    out.push(opcode | if last { 0x80 } else { 0 });
    match payload.len() {
        length @ 0..126 => out.push(MASKED | length as u8),
        length @ 126..0x1_0000 => {
            out.push(MASKED | IN_TWO_BYTES);
            out.extend((length as u16).to_be_bytes());
        }
        length => {
            out.push(MASKED | IN_EIGHT_BYTES);
            out.extend((length as u64).to_be_bytes());
        }
    }
    out.extend([0; 4]);
    out.extend(payload);
}

/// A text message in frames of so many bytes each.
fn fragments(text: &str, piece: usize) -> Vec<u8> {
    let (mut out, pieces) = (Vec::new(), text.len().div_ceil(piece));
    for (n, piece) in text.as_bytes().chunks(piece).enumerate() {
        let opcode = if n == 0 { TEXT } else { CONTINUATION };
        fragment(opcode, n + 1 == pieces, piece, &mut out);
    }
    out
}

async fn send_raw(session: &mut Session, bytes: &[u8]) {
    if let Some(ws) = session.websocket() {
        // That it is not taken to the end is as well.
        tokio::time::timeout(PATIENCE, ws.send_raw(bytes))
            .await
            .ok();
    }
}

/// SE-02.
pub(super) async fn fragmented(probe: Probe) -> Judged {
    let mut scene = Scene::of(&probe).await?;
    let mut session = scene.joined(Over::WebSocket).await?;
    let acked = acked(&probe);
    let text = "x".repeat(limit(&session)? + MORE);
    let packet = format!("421[{acked},\"{text}\"]");
    send_raw(&mut session, &fragments(&packet, PIECE / 4)).await;
    let what = "fragments that come to more than maxPayload";
    ends_within(&probe, &mut session, what, PATIENCE).await?;
    scene.bystander.goes_on(what).await?;

    let mut session = scene.joined(Over::WebSocket).await?;
    let text = "x".repeat(SPLINTERS.min(limit(&session)? / 2));
    let packet = format!("421[{acked},\"{text}\"]");
    send_raw(&mut session, &fragments(&packet, 1)).await;
    let what = "fragments of one byte";
    scene.bystander.goes_on(what).await?;
    // They may be a message, or too many.
    match session.next_packet(PATIENCE).await {
        Ok(Came::Packet(_) | Came::Ended(..)) | Err(ProbeError::Ended | ProbeError::Frame(_)) => {}
        Ok(Came::Other(text)) => return Err(missed("an acknowledgement, or the end", text)),
        Err(_) if acked.contains(probe.mark()) => {}
        Err(error) => {
            let seen = format!("{what}: {error}");
            return Err(missed("an acknowledgement, or the end", seen));
        }
    }
    scene.unharmed(what).await
}

/// A session on long-polling, and what it takes at once.
async fn posting(probe: &Probe) -> Result<(Polling, usize), Outcome> {
    let session = probe.session(Over::Polling).await?;
    let limit = limit(&session)?;
    Ok((Polling::of(probe.clone(), session.sid), limit))
}

const BODY: &str = "Content-Type: text/plain;charset=UTF-8\r\n";

/// SE-03.
pub(super) async fn body(probe: Probe) -> Judged {
    let mut bystander = Bystander::new(&probe).await?;
    for chunked in [false, true] {
        let (polling, limit) = posting(&probe).await?;
        let mut connection = probe.connect().await?;
        let length = if chunked {
            "Transfer-Encoding: chunked\r\n\r\n".to_owned()
        } else {
            format!("Content-Length: {}\r\n\r\n", 4 * (limit + MORE))
        };
        let head = probe.head("POST", &polling.query());
        connection.begin(&head, &format!("{BODY}{length}")).await?;
        let what = if chunked { "chunks" } else { "a length" };
        let what = format!("{what} above maxPayload");
        // Only some more than the limit is sent: whoever waits for the rest would keep all of it.
        let sent = pieces(&mut connection, limit + MORE, chunked).await;
        bystander.goes_on(&what).await?;
        let answer = connection.answer_within(PATIENCE).await;
        match answer {
            // Who breaks the connection off has not kept what came either.
            Ok(Answer {
                status: 400 | 413, ..
            })
            | Err(ProbeError::Ended) => {}
            Err(ProbeError::Timeout(_)) if sent.is_err() => {}
            other => {
                let seen = other.map_or_else(|error| error.to_string(), |one| one.to_string());
                return Err(missed(
                    "HTTP 413 or 400 before the rest of the body has come",
                    format!("{what}: {seen}"),
                ));
            }
        }
    }
    bystander.unharmed("bodies above maxPayload").await?;
    Ok(Outcome::Pass)
}

async fn pieces(
    connection: &mut Connection,
    bytes: usize,
    chunked: bool,
) -> Result<(), ProbeError> {
    let piece = "x".repeat(PIECE);
    let piece = if chunked {
        format!("{PIECE:x}\r\n{piece}\r\n")
    } else {
        piece
    };
    for _ in 0..bytes.div_ceil(PIECE) {
        connection.write(piece.as_bytes()).await?;
    }
    Ok(())
}

/// SE-04.
pub(super) async fn slow(probe: Probe) -> Judged {
    let Some(stated) = probe.section().request_timeout else {
        return Err(Outcome::Unknown("no time is stated".to_owned()));
    };
    let bystander = Bystander::new(&probe).await?;
    let patience = within(stated.0);
    let (trickled, begun) = tokio::join!(
        cut_off(&probe, "a body of a byte now and then", true, patience),
        cut_off(&probe, "a body that is never finished", false, patience),
    );
    trickled?;
    begun?;
    bystander.unharmed("slow bodies").await?;
    Ok(Outcome::Pass)
}

/// That a request ends in time whose body does not. That its heartbeats are not answered ends the session, not the request.
async fn cut_off(
    probe: &Probe,
    what: &str,
    trickles: bool,
    patience: Duration,
) -> Result<(), Outcome> {
    /// Between two bytes.
    const PAUSE: Duration = Duration::from_millis(200);
    let (polling, _) = posting(probe).await?;
    let mut connection = probe.connect().await?;
    let head = probe.head("POST", &polling.query());
    let length = "Content-Length: 1000\r\n\r\n4";
    connection.begin(&head, &format!("{BODY}{length}")).await?;
    let begun = probe.elapsed();
    loop {
        let left = patience.saturating_sub(probe.elapsed().saturating_sub(begun));
        let pause = if trickles { PAUSE.min(left) } else { left };
        match connection.answer_within(pause).await {
            Err(ProbeError::Timeout(_)) if left.is_zero() => {
                let seen = format!("{what}: a connection that is still open after {patience:?}");
                return Err(missed("an answer, or the end of the connection", seen));
            }
            Err(ProbeError::Timeout(_)) if trickles => {
                // That nobody takes it any more, the next look tells.
                connection.write(b"x").await.ok();
            }
            Err(ProbeError::Timeout(_)) => {}
            Ok(_) | Err(_) => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_are_frames_of_one_message() {
        assert_eq!(
            fragments("abc", 2),
            [
                &[0x01, 0x82, 0, 0, 0, 0, b'a', b'b'][..],
                &[0x80, 0x81, 0, 0, 0, 0, b'c'][..]
            ]
            .concat()
        );
        let long = fragments(&"x".repeat(200), 200);
        assert_eq!(long[..8], [0x81, 0xfe, 0, 200, 0, 0, 0, 0]);
    }
}
