//! JSON, and `MessagePack`, that goes deep.

use std::time::Duration;

use super::attack::{Said, Scene, acked, ends_within, say};
use super::bystander::Bystander;
use crate::conform::case::Judged;
use crate::conform::probe::link::Over;
use crate::conform::probe::{Heard, PATIENCE, Probe};
use crate::summary::conformance::Outcome;

/// Arrays in arrays.
const DEPTH: usize = 100_000;

/// SE-15.
pub(super) async fn nested(probe: Probe) -> Judged {
    let mut scene = Scene::of(&probe).await?;
    let deep = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let mut session = scene.joined_as_usual().await?;
    if session.max_payload < deep.len() as u64 + 1_000 {
        let most = session.max_payload;
        return Ok(Outcome::Skip(format!(
            "the target takes {most} bytes at once: not enough to go deep"
        )));
    }
    let event = format!("421[{},{deep}]", acked(&probe));
    say(&mut session, &event.into()).await?;
    // Whatever comes of it: once something has, it was looked at.
    session.next_packet(PATIENCE).await.ok();
    scene.bystander.goes_on("an event that goes deep").await?;
    let mut session = scene.joined_as_usual().await?;
    let binary = format!("451-1[{},{deep}]", acked(&probe));
    say(&mut session, &binary.into()).await?;
    session.send_binary(&[1]).await.ok();
    session.next_packet(PATIENCE).await.ok();
    scene
        .bystander
        .goes_on("a binary event that goes deep")
        .await?;
    let mut session = probe
        .presenting(&scene.shows)
        .session(probe.usual_way())
        .await?;
    let connect = format!("40{{\"session_id\":{deep}}}");
    say(&mut session, &connect.into()).await?;
    session.next_packet(PATIENCE).await.ok();
    scene.unharmed("what is shown goes deep").await
}

/// `CONNECT` of the main namespace in `MessagePack`: a map of its type, its namespace and an object with nothing in it.
const CONNECT: &[u8] = b"\x83\xa4type\x00\xa3nsp\xa1/\xa4data\x80";
/// How long one who speaks it may take to say so.
const ANSWER: Duration = Duration::from_secs(1);

/// SE-33.
pub(super) async fn message_pack(probe: Probe) -> Judged {
    let mut bystander = Bystander::new(&probe).await?;
    let mut session = probe.session(Over::WebSocket).await?;
    say(&mut session, &Said::Binary(CONNECT.to_vec())).await?;
    if !matches!(session.next_within(ANSWER).await, Ok(Heard::Binary(_))) {
        return Ok(Outcome::Skip(
            "the target does not speak MessagePack".to_owned(),
        ));
    }
    let mut deep = vec![0x91; DEPTH];
    deep.push(0xc0);
    let mut open = Vec::new();
    for (what, bytes) in [
        ("a packet that is cut off", &CONNECT[..9]),
        ("arrays in each other", &deep),
        ("an array of 4,294,967,295", &[0xdd, 0xff, 0xff, 0xff, 0xff]),
        ("a map of 4,294,967,295", &[0xdf, 0xff, 0xff, 0xff, 0xff]),
        ("bytes of 4,294,967,295", &[0xc6, 0xff, 0xff, 0xff, 0xff]),
    ] {
        let mut session = probe.session(Over::WebSocket).await?;
        say(&mut session, &Said::Binary(bytes.to_vec())).await?;
        if ends_within(&probe, &mut session, what, ANSWER)
            .await
            .is_err()
        {
            open.push(what);
        }
        bystander.goes_on(what).await?;
    }
    bystander.unharmed("MessagePack that is none").await?;
    Ok(Outcome::Info(if open.is_empty() {
        "MessagePack that is none ends its connection".to_owned()
    } else {
        format!("these leave their connection open: {}", open.join(", "))
    }))
}
