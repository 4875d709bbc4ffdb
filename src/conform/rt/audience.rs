//! One user, and everyone.

use crate::conform::case::Judged;
use crate::conform::driver::{To, exactly};
use crate::conform::probe::Probe;
use crate::summary::conformance::Outcome;

/// Users that a push is not for, and users that a push at everyone is for.
const OTHERS: u32 = 6;

/// RT-01.
pub(super) async fn one(probe: Probe) -> Judged {
    let users = probe.users(1 + OTHERS).await?;
    let mut sockets = Vec::new();
    for user in users.iter() {
        sockets.push(probe.come(user).await?);
    }
    let mut publisher = probe.publisher();
    let (event, message) = (probe.event_name(), probe.message(1));
    publisher
        .push(To::User(&users[0]), &event, &message)
        .await?;
    let due = [message];
    for (n, (user, socket)) in users.iter().zip(&mut sockets).enumerate() {
        let heard = publisher.heard(user, socket).await?;
        if n == 0 {
            exactly("the push at the user", &heard, &due)?;
        } else {
            exactly("nothing at another user", &heard, &[])?;
        }
    }
    Ok(Outcome::Pass)
}

/// RT-04.
pub(super) async fn everyone(probe: Probe) -> Judged {
    let users = probe.users(OTHERS).await?;
    let mut sockets = Vec::new();
    for user in users.iter() {
        sockets.push(probe.come(user).await?);
    }
    let mut publisher = probe.publisher();
    let (event, message) = (probe.event_name(), probe.message(1));
    publisher
        .push(To::Everyone(&users[0].app), &event, &message)
        .await?;
    let due = [message];
    for (user, socket) in users.iter().zip(&mut sockets) {
        let heard = publisher.heard(user, socket).await?;
        exactly("the push at everyone", &heard, &due)?;
    }
    Ok(Outcome::Pass)
}
