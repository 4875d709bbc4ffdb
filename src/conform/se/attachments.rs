//! Binary packets whose attachments are not what they say.

use super::attack::{Said, Scene, acked, ends_within, say, transports, usual, within};
use crate::conform::case::Judged;
use crate::conform::probe::link::Over;
use crate::conform::probe::socket::Came;
use crate::conform::probe::{PATIENCE, Probe, ProbeError};
use crate::protocol::binary::{ONLY_PLACEHOLDER, push_placeholder};
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

/// Most attachments that are tried of one packet.
const MOST: usize = 16_384;

/// SE-08.
pub(super) async fn counts(probe: Probe) -> Judged {
    let acked = acked(&probe);
    let counts = [
        "999999-",
        "45999999-",
        "99999999999999999999999-",
        "-1-",
        "0x10-",
        "1.5-",
        "-",
        "",
    ];
    let shapes = counts.map(|count| {
        let text = format!("45{count}[{acked},{ONLY_PLACEHOLDER}]");
        (
            "a number of attachments that is none",
            vec![Said::from(text)],
        )
    });
    let mut scene = Scene::of(&probe).await?;
    scene.each_ends(&usual(&probe), &shapes).await?;
    scene.unharmed("binary packets that are none").await
}

/// SE-10.
pub(super) async fn none(probe: Probe) -> Judged {
    let acked = acked(&probe);
    let shapes = ["450-", "450-1"].map(|head| {
        let text = format!("{head}[{acked},1]");
        ("a binary event without attachments", vec![Said::from(text)])
    });
    let mut scene = Scene::of(&probe).await?;
    scene.each_ends(&transports(&probe), &shapes).await?;
    scene.unharmed("binary packets that are none").await
}

/// Two attachments are said, and one has come.
fn unfinished(acked: &str) -> [Said; 2] {
    let second = ONLY_PLACEHOLDER.replace('0', "1");
    [
        format!("452-1[{acked},{ONLY_PLACEHOLDER},{second}]").into(),
        Said::Binary(vec![1]),
    ]
}

/// SE-11.
pub(super) async fn unfinished_packets(probe: Probe) -> Judged {
    let acked = acked(&probe);
    let mut shape = unfinished(&acked).to_vec();
    shape.push(format!("422[{acked}]").into());
    let shapes = [("text in place of an attachment", shape)];
    let mut scene = Scene::of(&probe).await?;
    scene.each_ends(&transports(&probe), &shapes).await?;
    let Some(stated) = probe.section().assembly_timeout else {
        return scene.unharmed("an unfinished packet").await;
    };
    let mut session = scene.joined_as_usual().await?;
    for said in unfinished(&acked) {
        say(&mut session, &said).await?;
    }
    let patience = within(stated.0);
    ends_within(
        &probe,
        &mut session,
        "an attachment that never comes",
        patience,
    )
    .await?;
    scene.unharmed("an unfinished packet").await
}

/// SE-12.
pub(super) async fn placeholders(probe: Probe) -> Judged {
    let acked = acked(&probe);
    let numbers = [
        "\"num\":5",
        "\"num\":1",
        "\"num\":-1",
        "\"num\":\"splice\"",
        "\"num\":\"0\"",
        "\"num\":1.5",
        "\"num\":1e300",
        "\"num\":null",
        "\"nun\":0",
    ];
    let shapes = numbers.map(|number| {
        let text = format!("451-1[{acked},{{\"_placeholder\":true,{number}}}]");
        let shape = vec![Said::from(text), Said::Binary(vec![7])];
        ("a placeholder of no attachment", shape)
    });
    let mut scene = Scene::of(&probe).await?;
    scene.each_ends(&usual(&probe), &shapes).await?;
    scene.unharmed("binary packets that are none").await
}

/// SE-13.
pub(super) async fn names(probe: Probe) -> Judged {
    let acked = acked(&probe);
    let name = acked.trim_matches('"').as_bytes().to_vec();
    let shapes = [(
        "an attachment for an event's name",
        vec![
            format!("451-1[{ONLY_PLACEHOLDER},1]").into(),
            Said::Binary(name),
        ],
    )];
    let mut scene = Scene::of(&probe).await?;
    scene.each_ends(&usual(&probe), &shapes).await?;
    scene.unharmed("binary packets that are none").await
}

/// What comes of an event with so many attachments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passes {
    /// It is acknowledged.
    Yes,
    /// Its connection ends.
    No,
    /// Nothing comes of it.
    Silence,
}

/// SE-09.
pub(super) async fn cap(probe: Probe) -> Judged {
    let scene = Scene::of(&probe).await?;
    let (mut most, mut fails) = (0, None);
    let mut next = 1;
    while next <= MOST && most + 1 != fails.unwrap_or(usize::MAX) {
        match passes(&scene, next).await? {
            Passes::Yes => most = next,
            Passes::No => fails = Some(next),
            Passes::Silence => {
                let info =
                    format!("{most} attachments of one packet pass, {next} are not answered");
                return Ok(Outcome::Info(info));
            }
        }
        next = fails.map_or(most * 2, |fails| usize::midpoint(most, fails));
    }
    scene.unharmed("packets with many attachments").await?;
    Ok(Outcome::Info(match fails {
        None => format!("{most} attachments of one packet pass"),
        Some(fails) => {
            format!("{most} attachments of one packet pass, {fails} end the connection")
        }
    }))
}

/// So many binary messages of a byte, masked with zeros.
fn frames(count: usize) -> Vec<u8> {
    [0x82, 0x81, 0, 0, 0, 0, 7].repeat(count)
}

/// Whether an event with so many attachments is acknowledged.
async fn passes(scene: &Scene, count: usize) -> Result<Passes, Outcome> {
    let mut session = scene.joined(Over::WebSocket).await?;
    let mut packet = format!("45{count}-1[{}", acked(&scene.probe));
    for num in 0..count {
        packet.push(',');
        push_placeholder(num, &mut packet);
    }
    packet.push(']');
    say(&mut session, &packet.into()).await?;
    // In one piece: whoever takes its time over thousands of them must not miss a heartbeat for it.
    let frames = frames(count);
    if let Some(ws) = session.websocket() {
        tokio::time::timeout(PATIENCE, ws.send_raw(&frames))
            .await
            .ok();
    }
    loop {
        match session.next_packet(PATIENCE).await {
            Ok(Came::Packet(packet))
                if matches!(packet.kind, PacketType::Ack | PacketType::BinaryAck) =>
            {
                return Ok(Passes::Yes);
            }
            // One with more attachments than the suite itself takes for a packet.
            Ok(Came::Other(text)) if text.starts_with("46") => return Ok(Passes::Yes),
            Ok(Came::Ended(..)) | Err(ProbeError::Ended | ProbeError::Frame(_)) => {
                return Ok(Passes::No);
            }
            Ok(_) => {}
            Err(_) => return Ok(Passes::Silence),
        }
    }
}
