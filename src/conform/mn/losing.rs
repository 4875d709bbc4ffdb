//! Nodes that end while the others go on.

use std::time::Duration;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Flow, Pushed, To, User, came_of, events_of};
use crate::conform::probe::Probe;
use crate::conform::probe::socket::Socket;
use crate::scenario::conformance::Act;
use crate::summary::conformance::Outcome;

/// How long pushes go on before what happens.
const BEFORE: Duration = Duration::from_millis(150);
/// How long they go on when all are back: what the others find out late harms them late.
const BEHIND: Duration = Duration::from_millis(500);
/// A push that was asked for this shortly before the end of a socket may have been taken when the socket was gone.
const SHORTLY: Duration = Duration::from_millis(150);
/// Between two looks whether pushes are accepted.
const LOOK: Duration = Duration::from_millis(10);

/// MN-08.
pub(super) async fn killed(probe: Probe) -> Judged {
    loses(&probe, Act::KillNode(1), 1).await?;
    Ok(Outcome::Pass)
}

/// MN-09.
pub(super) async fn one_after_the_other(probe: Probe) -> Judged {
    for node in (0..probe.nodes()).rev() {
        if !probe.can(Act::StopNode(node)) {
            continue;
        }
        loses(&probe, Act::StopNode(node), node).await?;
        if !probe.can(Act::StartNode(node)) {
            // As many as can be are down now.
            break;
        }
        probe.operate(Act::StartNode(node)).await?;
        probe.at_node(node).there_again().await?;
    }
    Ok(Outcome::Pass)
}

/// A socket of somebody who was at a node that is gone.
async fn back_at(probe: &Probe, user: &User, patience: Duration) -> Result<Socket, Outcome> {
    let until = probe.elapsed() + patience;
    loop {
        match probe.come(user).await {
            Err(outcome) if probe.elapsed() > until => {
                return Err(missed(
                    format!("its clients let in at another node within {patience:?}"),
                    outcome.detail(),
                ));
            }
            Err(error @ Outcome::Error(_)) => return Err(error),
            // The others may still be about to find out.
            Err(_) => tokio::time::sleep(LOOK).await,
            Ok(socket) => return Ok(socket),
        }
    }
}

/// Two users' sockets, one at this node and one at another, and pushes at everyone that are asked for there, while the node ends.
async fn loses(probe: &Probe, act: Act, node: usize) -> Result<(), Outcome> {
    let other = probe.at_node(usize::from(node == 0));
    let users = probe.users(2).await?;
    let mut stays = other.come(&users[0]).await?;
    let mut goes = probe.at_node(node).come(&users[1]).await?;
    let (event, flow) = (format!("{}-{node}", probe.event_name()), Flow::default());
    let mut publisher = other.publisher();
    let patience = probe.recovery();
    let happening = async {
        tokio::time::sleep(BEFORE).await;
        let begun = probe.elapsed();
        probe.operate(act).await?;
        let (before, end) = goes.ended_within(patience).await?;
        let back = back_at(&other, &users[1], patience).await?;
        let there = probe.elapsed();
        while !flow.accepted_since(there) {
            if probe.elapsed() > end + patience {
                return Err(missed(
                    format!("pushes that are accepted within {patience:?} of the end of a node"),
                    "none that is",
                ));
            }
            tokio::time::sleep(LOOK).await;
        }
        tokio::time::sleep(BEHIND).await;
        Ok((begun, before, end, back, there))
    };
    let happening = async {
        let happened = happening.await;
        flow.end();
        happened
    };
    let stream = publisher.stream(To::Everyone(&users[0].app), &event, &flow, false);
    let (stream, happened) = tokio::join!(stream, happening);
    let (begun, before, end, mut back, there) = happened?;
    let sudden = matches!(act, Act::KillNode(_));
    // Of one that is killed nothing more can be asked from then on; one that ends in order does its work until its sockets end.
    let before_the_end = |push: &Pushed| {
        if sudden {
            push.answered > begun
        } else {
            push.asked + SHORTLY > end
        }
    };
    let before = events_of(before);
    came_of(
        "at the node that ended, before it did",
        &before,
        &stream,
        before_the_end,
    )?;
    let mut publisher = other.publisher();
    let heard = publisher.heard(&users[0], &mut stays).await?;
    came_of("at a node that went on", &heard, &stream, |_| false)?;
    let heard = publisher.heard(&users[1], &mut back).await?;
    let earlier = |push: &Pushed| push.asked < there;
    came_of(
        "at another node, once the socket was back there",
        &heard,
        &stream,
        earlier,
    )
}
