//! Mutants of the transports: bodies that are spoiled, and packets that are handled when they should not be.

use crate::platform::conn::Conn;
use crate::platform::mutants::{Mutant, Mutants};
use crate::platform::shared::Shared;
use crate::protocol::engine::{self, SEPARATOR};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use std::sync::Arc;
use std::time::Duration;

/// Spoils the body of an answer to a poll.
pub(in crate::platform) fn spoil(mutants: Mutants, body: &mut String) {
    if mutants.has(Mutant::PollingOnlyBug) {
        *body = body.replace(|letter: char| !letter.is_ascii(), "?");
    }
    if mutants.has(Mutant::LostSeparator) {
        *body = body.replace(SEPARATOR, "");
    }
    if mutants.has(Mutant::DupOnPoll)
        && let Some((_, last)) = body.rsplit_once(SEPARATOR)
        && last.starts_with('4')
    {
        *body = format!("{body}{SEPARATOR}{last}");
    }
    if mutants.has(Mutant::B64UrlAlphabet) {
        let parts = body.split(SEPARATOR).map(|part| match part.as_bytes() {
            [b'b', ..] => part.replace('+', "-").replace('/', "_"),
            _ => part.to_owned(),
        });
        *body = parts.collect::<Vec<_>>().join(&SEPARATOR.to_string());
    }
}

/// Handles the packets of a body as they come, whatever else comes meanwhile.
pub(in crate::platform) async fn as_it_comes(
    shared: &Arc<Shared>,
    conn: &Arc<Conn>,
    mut body: Incoming,
) {
    let mut kept = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        kept.extend_from_slice(&frame.into_data().unwrap_or_default());
        while let Some(end) = kept.iter().position(|byte| *byte == SEPARATOR as u8) {
            let packet: Vec<u8> = kept.drain(..=end).collect();
            hand(shared, conn, &packet[..end]);
        }
    }
    hand(shared, conn, &kept);
}

/// Handles packets a little later.
pub(in crate::platform) fn later(shared: &Arc<Shared>, conn: &Arc<Conn>, text: &str) {
    const LATER: Duration = Duration::from_millis(200);
    let (own, conn, text) = (Arc::clone(shared), Arc::clone(conn), text.to_owned());
    shared.spawn(async move {
        tokio::time::sleep(LATER).await;
        hand(&own, &conn, text.as_bytes());
    });
}

fn hand(shared: &Arc<Shared>, conn: &Arc<Conn>, packets: &[u8]) {
    let text = String::from_utf8_lossy(packets);
    for packet in engine::decode_payload(&text).flatten() {
        shared.receive(conn, packet);
    }
}

/// Waits until every client of an app has read most of what waits for it.
pub(in crate::platform) async fn until_read(shared: &Shared, app: usize) {
    const MOST: usize = 256 * 1024;
    const PAUSE: Duration = Duration::from_millis(20);
    while shared.hub.most_waiting(app) > MOST {
        tokio::time::sleep(PAUSE).await;
    }
}
