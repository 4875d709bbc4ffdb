//! The same on every transport.

use crate::conform::case::{Capability, Judged, missed};
use crate::conform::driver::{To, exactly};
use crate::conform::probe::Probe;
use crate::conform::probe::link::Over;
use crate::conform::probe::packet::Packet;
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

use super::polls::{answers_until, packets};

/// TR-01.
pub(super) async fn pushes(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let ways = probe.ways();
    let mut sockets = Vec::new();
    for way in &ways {
        let shows = probe.log_in(&user).await?;
        sockets.push(probe.socket_over(&shows, *way).await?);
    }
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    let due = [
        "\"text\"".to_owned(),
        probe.message(1),
        "\"grüße, 世界, 😀\"".to_owned(),
        String::new(),
        "[1,-2.5,true,null,[[]],{\"\":{}}]".to_owned(),
        format!("\"{}\"", "long ".repeat(4_000)),
        "\"a\\u0000\\u001e\\\"\\\\\"".to_owned(),
    ];
    for message in &due {
        publisher.push(To::User(&user), &event, message).await?;
    }
    let heard = publisher.heard_by_all(&user, &mut sockets).await?;
    for (way, heard) in ways.iter().zip(&heard) {
        exactly(&format!("the pushes over {}", way.name()), heard, &due)?;
    }
    if !probe.offers(Capability::Echo) {
        return Ok(Outcome::Pass);
    }
    let ack = probe.echo().ack;
    for (way, socket) in ways.iter().zip(&mut sockets) {
        for (id, message) in (1..).zip(&due) {
            socket.emit(Some(id), &ack, message);
            let what = format!("the ack {id} over {}", way.name());
            let is_ack = |packet: &Packet| packet.kind == PacketType::Ack && packet.id == Some(id);
            let came = socket.until(&what, is_ack).await?;
            let came = came.last().map(Packet::value).unwrap_or_default();
            let sent: serde_json::Value =
                serde_json::from_str(&format!("[{message}]")).unwrap_or_default();
            if came != sent {
                let allowed = format!("{what} with what was sent: {sent}");
                return Err(missed(allowed, came.to_string()));
            }
        }
    }
    Ok(Outcome::Pass)
}

/// TR-07.
pub(super) async fn bytes(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let polling = probe.come_by_hand(&user, Over::Polling).await?;
    let mut websocket = probe.come_by_hand(&user, Over::WebSocket).await?;
    let mut publisher = probe.publisher();
    let (event, last) = (probe.event_name(), format!("{}last", probe.mark()));
    let every: Vec<u8> = (0..=u8::MAX).collect();
    let due = [every.clone(), Vec::new(), vec![0xfb], every.repeat(1_024)];
    for bytes in &due {
        publisher
            .push_binary(To::User(&user), &event, bytes)
            .await?;
    }
    publisher.push(To::User(&user), &last, "null").await?;
    let heard = probe.events_until(&mut websocket, &last).await?;
    same("a WebSocket, as they are", &heard, &last, &due)?;
    let mut heard = Vec::new();
    for answer in answers_until(&polling, &last).await? {
        heard.extend(packets(&probe, &answer)?);
    }
    same("long-polling, as b and base64", &heard, &last, &due)?;
    Ok(Outcome::Pass)
}

/// That these bytes came, each as the one attachment of a packet.
fn same(over: &str, heard: &[Packet], last: &str, due: &[Vec<u8>]) -> Result<(), Outcome> {
    let heard = heard
        .iter()
        .filter(|packet| packet.event().is_none_or(|(name, _)| name != last));
    let came: Vec<&[Vec<u8>]> = heard.map(|packet| &packet.attachments[..]).collect();
    if came.len() == due.len()
        && came
            .iter()
            .zip(due)
            .all(|(came, due)| **came == [due.clone()])
    {
        return Ok(());
    }
    let sizes = |all: &[Vec<u8>]| all.iter().map(Vec::len).collect::<Vec<_>>();
    let seen: Vec<_> = came.iter().map(|attached| sizes(attached)).collect();
    Err(missed(
        format!("over {over}: {:?} bytes, each as it was pushed", sizes(due)),
        format!("{seen:?} bytes, or others"),
    ))
}
