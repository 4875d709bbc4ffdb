//! A CONNECT behind another one on the same connection.

use std::time::Duration;

use crate::conform::case::Capability::Push;
use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Credentials, To, User, exactly};
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::{Came, Socket};
use crate::conform::probe::{Probe, listening};
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

/// How long an answer to a second CONNECT is waited for.
const LATER: Duration = Duration::from_millis(500);

/// AU-14.
pub(super) async fn after_refusal(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let bad = probe.bad(&shows);
    // The handshake is the same for both, so it has to be a good one.
    let probe = probe.presenting(&shows);
    for way in probe.ways() {
        let mut session = probe.session(way).await?;
        let answer = session.hello(&bad.hello).await?;
        if answer.kind != PacketType::ConnectError {
            return Err(Outcome::Unknown(format!(
                "bad credentials were not refused: {}",
                answer.told()
            )));
        }
        let answer = session.hello(&shows.hello).await?;
        if answer.kind != PacketType::Connect {
            let allowed = "CONNECT for good credentials behind bad ones";
            return Err(missed(
                allowed,
                format!("over {}: {}", way.name(), answer.told()),
            ));
        }
    }
    Ok(Outcome::Pass)
}

/// A session of the first that has joined, and has then shown what is the second's.
async fn twice(
    probe: &Probe,
    way: Over,
    first: &Credentials,
    second: &Credentials,
) -> Result<(Session, Packet), Outcome> {
    let mut session = probe.presenting(first).session(way).await?;
    let answer = session.hello(&first.hello).await?;
    if answer.kind != PacketType::Connect {
        return Err(missed("a CONNECT for good credentials", answer.told()));
    }
    session.say(&listening::connect(&second.hello)).await;
    Ok((session, answer))
}

/// AU-16.
pub(super) async fn keeps_identity(probe: Probe) -> Judged {
    let users = probe.users(2).await?;
    let shown = [
        probe.log_in(&users[0]).await?,
        probe.log_in(&users[1]).await?,
    ];
    // Somebody who is there, so that pushes at them are good.
    let _other = probe.socket(&shown[1]).await?;
    for way in probe.ways() {
        let (mut session, answer) = twice(&probe, way, &shown[0], &shown[1]).await?;
        let heard = session.listen(LATER).await;
        if let Some(packet) = heard.first(PacketType::Connect, &answer.namespace) {
            let allowed = "no answer to a second CONNECT, or the end of the connection";
            return Err(missed(
                allowed,
                format!("over {}: {}", way.name(), packet.told()),
            ));
        }
        if heard.ended.is_some() || !probe.offers(Push) {
            continue;
        }
        let mut socket = probe.keep(session, &answer)?;
        is_still(&probe, &users[0], &users[1], &mut socket).await?;
    }
    Ok(Outcome::Pass)
}

/// That a socket gets the pushes at one, and not those at the other.
pub(super) async fn is_still(
    probe: &Probe,
    own: &User,
    other: &User,
    socket: &mut Socket,
) -> Result<(), Outcome> {
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    publisher
        .push(To::User(other), &event, &probe.message(1))
        .await?;
    publisher
        .push(To::User(own), &event, &probe.message(2))
        .await?;
    let heard = publisher.heard(own, socket).await?;
    let events: Vec<_> = heard
        .into_iter()
        .filter(|packet| packet.event().is_some())
        .collect();
    exactly("the push at its own user", &events, &[probe.message(2)])
}

/// AU-17.
pub(super) async fn merges_nothing(probe: Probe) -> Judged {
    let users = probe.users(2).await?;
    let mut all = Vec::new();
    let mut others = Vec::new();
    for user in users.iter() {
        let shows = probe.log_in(user).await?;
        others.push(probe.socket(&shows).await?);
        all.push(shows);
    }
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    for (n, way) in (0..).step_by(2).zip(probe.ways()) {
        let (mut session, answer) = twice(&probe, way, &all[0], &all[1]).await?;
        if session.listen(LATER).await.ended.is_some() {
            continue;
        }
        let mut socket = probe.keep(session, &answer)?;
        let due = [probe.message(n), probe.message(n + 1)];
        for ((user, other), message) in users.iter().zip(&mut others).zip(&due) {
            publisher.push(To::User(user), &event, message).await?;
            publisher.heard(user, other).await?;
        }
        let mut heard = Vec::new();
        while let Some(Came::Packet(packet)) = socket.next_within(LATER).await {
            heard.extend(packet.event().map(|(_, args)| args.to_owned()));
        }
        if due.iter().all(|message| heard.contains(message)) {
            let allowed = "the pushes at one user, whatever a second CONNECT shows";
            let seen = format!("over {}: those at both", way.name());
            return Err(missed(allowed, seen));
        }
    }
    Ok(Outcome::Pass)
}

/// AU-22.
pub(super) async fn rejoins(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    for way in probe.ways() {
        let first = probe.log_in(&user).await?;
        let mut session = probe.presenting(&first).session(way).await?;
        let old = session.hello(&first.hello).await?;
        let fresh = probe.log_in(&user).await?;
        probe.leave(&mut session, &first.hello).await?;
        let new = session.hello(&fresh.hello).await?;
        let allowed = "CONNECT with a new sid for a namespace that was left";
        let told = format!("over {}: {} after {}", way.name(), new.told(), old.told());
        if new.kind != PacketType::Connect || new.value().get("sid") == old.value().get("sid") {
            return Err(missed(allowed, told));
        }
        if probe.offers(Push) {
            let mut socket = probe.keep(session, &new)?;
            let mut publisher = probe.publisher();
            let due = [probe.message(1)];
            publisher
                .push(To::User(&user), &probe.event_name(), &due[0])
                .await?;
            let heard = publisher.heard(&user, &mut socket).await?;
            exactly("the push at a user who joined again", &heard, &due)?;
        }
    }
    Ok(Outcome::Pass)
}
