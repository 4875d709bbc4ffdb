//! Requests for a WebSocket that come to nothing.

use super::bystander::Bystander;
use crate::conform::case::{Judged, missed};
use crate::conform::probe::{PATIENCE, Probe, ProbeError};
use crate::summary::conformance::Outcome;

/// How often each of these requests is made.
const ROUNDS: usize = 50;
/// What makes a request one for a WebSocket. The key is any sixteen bytes.
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: cHVzaHByb29mLXByb2JlIQ==\r\n\r\n";

/// SE-16.
pub(super) async fn reset(probe: Probe) -> Judged {
    let mut bystander = Bystander::new(&probe).await?;
    for query in [
        "EIO=4&transport=carrier-pigeon",
        "EIO=4&transport=__proto__",
        "EIO=4&transport=websocket&sid=there-is-none",
        "EIO=4&transport=websocket&sid=__proto__",
        "EIO=9&transport=websocket",
        "EIO=4&transport=polling",
    ] {
        let head = probe.head("GET", query);
        for _ in 0..ROUNDS {
            let mut connection = match probe.connect().await {
                Ok(connection) => connection,
                Err(error @ ProbeError::Ours(_)) => return Err(error.into()),
                Err(error) => return Err(missed("connections as before", error.to_string())),
            };
            connection.begin(&head, UPGRADE).await.ok();
            connection.reset();
        }
        let what = format!("requests for WebSockets that are reset: {query}");
        bystander.goes_on(&what).await?;
    }
    bystander.unharmed("requests that are reset").await?;
    Ok(Outcome::Pass)
}

/// SE-17.
pub(super) async fn early_frame(probe: Probe) -> Judged {
    let mut bystander = Bystander::new(&probe).await?;
    let long = [&[0x89, 0xfe, 0, 0xff, 0, 0, 0, 0][..], &[b'x'; 255]].concat();
    let frames: [(&str, &[u8]); 3] = [
        ("reserved bits", &[0xf1, 0x80, 0, 0, 0, 0]),
        ("an unknown opcode", &[0x8f, 0x80, 0, 0, 0, 0]),
        ("more than a ping may have", &long),
    ];
    for (what, frame) in frames {
        for together in [true, false] {
            let mut connection = probe.connect().await?;
            let head = probe.head("GET", crate::conform::probe::session::WEBSOCKET);
            if together {
                let mut all = format!("{head}{UPGRADE}").into_bytes();
                all.extend(frame);
                connection.write(&all).await.ok();
            } else {
                connection.begin(&head, UPGRADE).await?;
                connection.write(frame).await.ok();
            }
            let ended = tokio::time::timeout(PATIENCE, connection.to_the_end()).await;
            let when = if together { "with" } else { "right behind" };
            let what = format!("a frame with {what}, {when} the request for its WebSocket");
            bystander.goes_on(&what).await?;
            if ended.is_err() {
                let seen = format!("{what}: a connection that is still open after {PATIENCE:?}");
                return Err(missed("the end of the connection", seen));
            }
        }
    }
    bystander.unharmed("early frames").await?;
    Ok(Outcome::Pass)
}
