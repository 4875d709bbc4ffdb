//! Pushes that are asked for at one node, for sockets at others.

use crate::conform::case::Judged;
use crate::conform::driver::{To, exactly};
use crate::conform::probe::Probe;
use crate::summary::conformance::Outcome;

/// Pushes of a case that looks at their order.
const PUSHES: u64 = 40;

/// MN-01.
pub(super) async fn everywhere(probe: Probe) -> Judged {
    let nodes = probe.nodes();
    let users = probe.users(2 * nodes as u32).await?;
    let mut sockets = Vec::new();
    for (n, user) in users.iter().enumerate() {
        sockets.push(probe.at_node(n % nodes).come(user).await?);
    }
    let event = probe.event_name();
    let mut due = vec![Vec::new(); users.len()];
    let mut n = 0;
    for at in 0..nodes {
        let mut publisher = probe.at_node(at).publisher();
        for (place, user) in users.iter().enumerate() {
            let message = probe.message(n);
            n += 1;
            publisher.push(To::User(user), &event, &message).await?;
            due[place].push(message);
        }
        let message = probe.message(n);
        n += 1;
        publisher
            .push(To::Everyone(&users[0].app), &event, &message)
            .await?;
        for due in &mut due {
            due.push(message.clone());
        }
    }
    let mut publisher = probe.publisher();
    for ((user, socket), due) in users.iter().zip(&mut sockets).zip(&due) {
        let heard = publisher.heard(user, socket).await?;
        exactly("its own pushes and those at everyone", &heard, due)?;
    }
    Ok(Outcome::Pass)
}

/// MN-02.
pub(super) async fn one_user_at_two(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut sockets = vec![
        probe.come(&user).await?,
        probe.at_node(1).come(&user).await?,
    ];
    let event = probe.event_name();
    let mut due = Vec::new();
    for at in 0..probe.nodes() {
        let mut publisher = probe.at_node(at).publisher();
        let message = probe.message(at as u64);
        publisher.push(To::User(&user), &event, &message).await?;
        due.push(message);
    }
    let mut publisher = probe.publisher();
    for heard in publisher.heard_by_all(&user, &mut sockets).await? {
        exactly("both pushes at each of the two sockets", &heard, &due)?;
    }
    Ok(Outcome::Pass)
}

/// MN-03.
pub(super) async fn in_order(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut sockets = vec![
        probe.come(&user).await?,
        probe.at_node(1).come(&user).await?,
    ];
    let event = probe.event_name();
    let mut publisher = probe.publisher();
    let mut due = Vec::new();
    for n in 0..PUSHES {
        let message = probe.message(n);
        publisher.push(To::User(&user), &event, &message).await?;
        due.push(message);
    }
    for heard in publisher.heard_by_all(&user, &mut sockets).await? {
        exactly("the pushes in the order they were asked for", &heard, &due)?;
    }
    Ok(Outcome::Pass)
}

/// MN-04.
pub(super) async fn answered_before(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut sockets = vec![
        probe.come(&user).await?,
        probe.at_node(1).come(&user).await?,
    ];
    let event = probe.event_name();
    let mut publishers: Vec<_> = (0..probe.nodes())
        .map(|node| probe.at_node(node).publisher())
        .collect();
    let mut due = Vec::new();
    for n in 0..PUSHES {
        let message = probe.message(n);
        let at = n as usize % publishers.len();
        publishers[at]
            .push(To::User(&user), &event, &message)
            .await?;
        due.push(message);
    }
    for heard in publishers[0].heard_by_all(&user, &mut sockets).await? {
        exactly("the pushes in the order they were answered", &heard, &due)?;
    }
    Ok(Outcome::Pass)
}
