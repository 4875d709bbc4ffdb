//! Sessions on long-polling, which belong to their node.

use crate::conform::case::{Judged, missed};
use crate::conform::probe::link::Over;
use crate::conform::probe::{Heard, Probe};
use crate::summary::conformance::Outcome;

/// MN-05.
pub(super) async fn elsewhere(probe: Probe) -> Judged {
    let other = probe.at_node(1);
    let mut here = probe.session(Over::Polling).await?;
    let mut there = other.session(Over::Polling).await?;
    let answer = other.get(&here.query("polling")).await?;
    here.answers = false;
    there.answers = false;
    let patience = there.interval + there.timeout;
    match answer.status {
        400 => {}
        // Whoever stands before the nodes may know where the session is: then that has answered, and the other still gets its own ping.
        200 if answer.text() == "2" => {
            return match there.next_within(patience).await {
                Ok(Heard::Text(text)) if text == "2" => Ok(Outcome::Skip(
                    "the nodes share their sessions, or something before them keeps to them"
                        .to_owned(),
                )),
                _ => Err(missed(
                    "HTTP 400",
                    "the ping of the other node's own session",
                )),
            };
        }
        _ => return Err(missed("HTTP 400", answer.to_string())),
    }
    for (session, node) in [(&mut here, "its own node"), (&mut there, "the other node")] {
        // A ping comes, and the answer to it is taken.
        let heard = session.next_within(patience).await?;
        if heard != Heard::Text("2".to_owned()) {
            let seen = format!("the session at {node}: {heard:?}");
            return Err(missed("sessions that go on", seen));
        }
        session.send("3").await?;
    }
    Ok(Outcome::Pass)
}
