//! Two apps, and who may publish.

use std::time::Duration;

use crate::conform::case::Judged;
use crate::conform::driver::{To, exactly};
use crate::conform::probe::Probe;
use crate::summary::conformance::Outcome;

/// How long what is not to come is waited for.
const LATER: Duration = Duration::from_millis(500);

/// RT-05.
pub(super) async fn apart(probe: Probe) -> Judged {
    let own = probe.users(2).await?;
    // Two users of one app, and those of the same names in the other.
    let mut users = own.to_vec();
    users.extend(own.iter().map(|user| probe.namesake(user)));
    let mut sockets = probe.come_each(&users).await?;
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    let [all, others, one, other] = [1, 2, 3, 4].map(|n| probe.message(n));
    for (to, message) in [
        (To::Everyone(&users[0].app), &all),
        (To::Everyone(&users[2].app), &others),
        (To::User(&users[0]), &one),
        (To::User(&users[2]), &other),
    ] {
        publisher.push(to, &event, message).await?;
    }
    let due = [
        vec![all.clone(), one],
        vec![all],
        vec![others.clone(), other],
        vec![others],
    ];
    let heard = publisher.heard_by_each(&users, &mut sockets).await?;
    for ((heard, due), user) in heard.iter().zip(&due).zip(&users) {
        let what = format!("the pushes at {:?} of app {}", user.name, user.app);
        exactly(&what, heard, due)?;
    }
    Ok(Outcome::Pass)
}

/// RT-22.
pub(super) async fn no_publishing(probe: Probe) -> Judged {
    let users = probe.users(3).await?;
    let mut sockets = probe.come_each(&users).await?;
    let echo = probe.section().echo.clone().unwrap_or_default();
    let message = probe.message(1);
    let at_another = serde_json::json!({
        "userID": users[1].name, "to": users[1].name, "room": users[1].name,
        "eventName": probe.event_name(), "event": probe.event_name(), "message": probe.mark(),
    });
    for name in [
        probe.event_name().as_str(),
        &echo.event,
        &echo.back,
        "push",
        "send",
        "publish",
        "broadcast",
        "emit",
    ] {
        sockets[0].emit(None, name, &message);
        sockets[0].emit(None, name, &at_another.to_string());
    }
    for socket in &mut sockets[1..] {
        socket.quiet(LATER).await?;
    }
    Ok(Outcome::Pass)
}
