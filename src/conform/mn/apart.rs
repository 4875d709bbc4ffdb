//! Two deployments that share one bus.

use std::sync::Arc;

use crate::conform::case::Judged;
use crate::conform::driver::{To, exactly};
use crate::conform::probe::Probe;
use crate::conform::target::Target;
use crate::scenario::Plan;
use crate::summary::conformance::Outcome;

/// MN-10.
pub(super) async fn neighbours(probe: Probe) -> Judged {
    let url = probe.section().neighbour.clone().unwrap_or_default();
    let plan = Plan {
        nodes: Vec::new(),
        ..Plan::clone(&probe.target.plan)
    };
    let found = Target::find(&url, &Arc::new(plan), false).await;
    let found = found.map_err(|why| Outcome::Unknown(format!("the neighbour: {why}")))?;
    let other = probe.of(found);
    let (user, _seat) = probe.user().await?;
    let places = [&probe, &other];
    let mut sockets = Vec::new();
    for place in places {
        sockets.push(place.come(&user).await?);
    }
    let mut due = Vec::new();
    for (n, place) in (0..).zip(places) {
        let mut publisher = place.publisher();
        let own = [place.message(2 * n), place.message(2 * n + 1)];
        let event = place.event_name();
        publisher.push(To::User(&user), &event, &own[0]).await?;
        publisher
            .push(To::Everyone(&user.app), &event, &own[1])
            .await?;
        due.push(own);
    }
    for ((place, socket), due) in places.into_iter().zip(&mut sockets).zip(&due) {
        let heard = place.publisher().heard(&user, socket).await?;
        exactly("what was pushed at this deployment alone", &heard, due)?;
    }
    Ok(Outcome::Pass)
}
