//! More connections than there may be.

use std::time::Duration;

use super::bystander::Bystander;
use crate::conform::case::{Judged, missed};
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::{PATIENCE, Probe};
use crate::summary::conformance::Outcome;

/// Connections that are asked for beyond what there may be.
const BEYOND: usize = 20;
/// Between two attempts to be let in again.
const PAUSE: Duration = Duration::from_millis(50);

/// SE-27.
pub(super) async fn connections(probe: Probe) -> Judged {
    let most = probe.section().connections.unwrap_or_default() as usize;
    let mut bystander = Bystander::new(&probe).await?;
    let mut held: Vec<Session> = Vec::new();
    let mut refused = 0;
    while held.len() < most && refused < BEYOND {
        match probe.session(Over::WebSocket).await {
            Ok(session) => held.push(session),
            Err(error @ (Outcome::Error(_) | Outcome::Unknown(_))) if held.is_empty() => {
                return Err(error);
            }
            // This machine may be out of something, which says nothing of the target.
            Err(error @ Outcome::Error(_)) => return Err(error),
            Err(_) => refused += 1,
        }
    }
    // With those of bystanders there are more than there may be.
    for _ in refused..BEYOND {
        match probe.session(Over::WebSocket).await {
            Ok(session) => {
                drop(session);
                return Err(missed(
                    format!("no connection beyond the {most} that there may be"),
                    format!("one beside {} others and those of two users", held.len()),
                ));
            }
            Err(error @ Outcome::Error(_)) => return Err(error),
            Err(_) => {}
        }
    }
    bystander
        .goes_on("as many connections as there may be, and more")
        .await?;
    drop(held);
    let until = probe.elapsed() + PATIENCE;
    while let Err(error) = probe.session(Over::WebSocket).await {
        if probe.elapsed() > until {
            let seen = error.detail();
            return Err(missed(
                format!("somebody let in within {PATIENCE:?} once the others have left"),
                seen,
            ));
        }
        tokio::time::sleep(PAUSE).await;
    }
    bystander
        .unharmed("more connections than there may be")
        .await?;
    Ok(Outcome::Pass)
}
