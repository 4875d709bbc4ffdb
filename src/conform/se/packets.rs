//! Packets that are none, or that are not where they belong.

use super::attack::{Said, Scene, acked, ends_within, say, transports, usual};
use super::bystander::lives;
use crate::conform::case::{Capability, Judged};
use crate::conform::probe::link::Over;
use crate::conform::probe::{PATIENCE, Probe};
use crate::summary::conformance::Outcome;

/// How often something that is a matter of chance is tried.
const ROUNDS: usize = 8;

/// SE-05.
pub(super) async fn engine_garbage(probe: Probe) -> Judged {
    let shapes = [
        ("an unknown type", "9"),
        ("a letter", "x"),
        ("a letter of two bytes", "é4"),
        ("a letter of four bytes", "\u{1f600}"),
        ("six bytes of three letters", "ééé"),
    ];
    let shapes = shapes.map(|(what, text)| (what, vec![Said::from(text)]));
    let mut scene = Scene::of(&probe).await?;
    scene.each_ends(&transports(&probe), &shapes).await?;
    if probe.offers(Capability::WebSocket) {
        let shapes = [("an empty frame", vec![Said::from("")])];
        scene.each_ends(&[Over::WebSocket], &shapes).await?;
    }
    scene.unharmed("packets that are none").await
}

/// SE-06.
pub(super) async fn socket_garbage(probe: Probe) -> Judged {
    let acked = acked(&probe);
    let shapes = [
        ("an unknown type", "47".to_owned()),
        ("an object for an event", "421{}".to_owned()),
        ("an event without a name", "421[]".to_owned()),
        ("null for a name", "421[null]".to_owned()),
        ("an object for a name", "421[{}]".to_owned()),
        ("a string for an event", format!("421{acked}")),
        ("an event that is cut off", format!("421[{acked},1")),
        ("a string that is cut off", format!("421[{acked},\"1")),
    ];
    let shapes = shapes.map(|(what, text)| (what, vec![Said::from(text)]));
    let mut scene = Scene::of(&probe).await?;
    scene.each_ends(&usual(&probe), &shapes).await?;
    // Nothing can be handled of it, so that a target may leave the connection open does no harm.
    let nothing = [("an event with nothing in it", vec![Said::from("42")])];
    let left_open = scene.each_ends(&usual(&probe), &nothing).await;
    left_open.map_err(|outcome| match outcome {
        Outcome::Fail(seen) if seen.allowed.starts_with("the end of") => Outcome::NonStrict(seen),
        outcome => outcome,
    })?;
    scene.unharmed("packets that are none").await
}

/// SE-07.
pub(super) async fn trailing(probe: Probe) -> Judged {
    let acked = acked(&probe);
    let shapes = ["x", "[]", "]", "\0"].map(|tail| {
        let text = format!("421[{acked},1]{tail}");
        ("something behind the array", vec![Said::from(text)])
    });
    let mut scene = Scene::of(&probe).await?;
    scene.each_ends(&usual(&probe), &shapes).await?;
    scene.unharmed("arrays with a tail").await
}

/// SE-14.
pub(super) async fn unannounced(probe: Probe) -> Judged {
    let shapes = [(
        "bytes that nothing announced",
        vec![Said::Binary(vec![1, 2, 3])],
    )];
    let mut scene = Scene::of(&probe).await?;
    scene.each_ends(&transports(&probe), &shapes).await?;
    scene.unharmed("bytes that nothing announced").await
}

/// SE-18.
pub(super) async fn named_error(probe: Probe) -> Judged {
    let mut scene = Scene::of(&probe).await?;
    let mark = probe.mark();
    let events = [
        format!("42[\"error\",\"{mark}\"]"),
        "421[\"error\"]".to_owned(),
        "42[\"error\",{\"message\":null,\"stack\":null}]".to_owned(),
    ];
    for (n, text) in events.into_iter().enumerate() {
        let mut session = match scene.joined_as_usual().await {
            // A bystander may have heard what was said to them before the last of these events did its harm.
            Err(Outcome::Unknown(_)) if n > 0 => {
                lives(&probe, "an event named error").await?;
                scene.joined_as_usual().await?
            }
            joined => joined?,
        };
        say(&mut session, &text.into()).await?;
        scene.bystander.goes_on("an event named error").await?;
    }
    scene.unharmed("events named error").await
}

/// SE-32.
pub(super) async fn behind_the_end(probe: Probe) -> Judged {
    let scene = Scene::of(&probe).await?;
    let acked = acked(&probe);
    let behind = [1, 2, 3].map(|id| format!("42{id}[{acked},{id}]"));
    let all = ["42{}", &behind[0], &behind[1], &behind[2]];
    for over in transports(&probe) {
        for _ in 0..ROUNDS {
            let mut session = scene.joined(over).await?;
            match session.websocket() {
                Some(ws) => ws.send_together(&all).await?,
                // That it is refused is the end.
                None => drop(session.send_all(&all).await),
            }
            let what = format!("events behind a fatal packet, on {}", over.name());
            ends_within(&probe, &mut session, &what, PATIENCE).await?;
        }
    }
    scene.unharmed("fatal packets").await
}
