//! Good credentials, and what CONNECT says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{To, User};
use crate::conform::probe::Probe;
use crate::conform::probe::socket::Came;
use crate::history;
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;
use futures_util::future::try_join;

/// How long a second answer is waited for.
const LATER: Duration = Duration::from_millis(300);
/// Sockets that join while their user is pushed at.
const JOINS: usize = 24;

/// AU-01.
pub(super) async fn once(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    for way in probe.ways() {
        let shows = probe.log_in(&user).await?;
        let mut socket = probe.socket_over(&shows, way).await?;
        if socket.sid.is_empty() {
            return Err(missed("a sid with something in it", "an empty one"));
        }
        while let Some(came) = socket.next_within(LATER).await {
            let again = matches!(&came, Came::Packet(packet) if packet.kind == PacketType::Connect);
            if again || matches!(came, Came::Ended(..)) {
                let seen = format!("over {}: {} as well", way.name(), came.told());
                return Err(missed("one answer to CONNECT", seen));
            }
        }
    }
    Ok(Outcome::Pass)
}

/// AU-02.
pub(super) async fn public_id(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    for way in probe.ways() {
        let shows = probe.log_in(&user).await?;
        let socket = probe.socket_over(&shows, way).await?;
        if socket.sid == socket.session {
            return Err(missed(
                "a sid in CONNECT that is not the session's",
                format!("over {}: {:?} twice", way.name(), socket.sid),
            ));
        }
    }
    Ok(Outcome::Pass)
}

/// AU-09.
pub(super) async fn nothing_early(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let over = Arc::new(AtomicBool::new(false));
    let pushed = Arc::new(AtomicU64::new(0));
    let stream = push_on(&probe, &user, &over, &pushed);
    let joins = async {
        let joined = joins(&probe, &user, &pushed).await;
        over.store(true, Ordering::Relaxed);
        joined
    };
    try_join(joins, stream).await?;
    Ok(Outcome::Pass)
}

/// Pushes at somebody without a pause, until it is over.
async fn push_on(
    probe: &Probe,
    user: &User,
    over: &AtomicBool,
    pushed: &AtomicU64,
) -> Result<(), Outcome> {
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    while !over.load(Ordering::Relaxed) {
        let message = probe.message(pushed.load(Ordering::Relaxed));
        let asked = publisher.ask(To::User(user), &event, &message).await;
        match asked.outcome {
            history::Outcome::Accepted => pushed.fetch_add(1, Ordering::Relaxed),
            // Before the first one came, a target may know nobody by that name.
            _ => continue,
        };
    }
    Ok(())
}

/// Joins one socket after the other, each of which has to hear its CONNECT first, and then pushes.
async fn joins(probe: &Probe, user: &User, pushed: &AtomicU64) -> Result<(), Outcome> {
    let shows = probe.log_in(user).await?;
    let ways = probe.ways();
    for way in ways.iter().cycle().take(JOINS) {
        let mut socket = probe.socket_over(&shows, *way).await?;
        let event = probe.event_name();
        let is_push = |packet: &crate::conform::probe::packet::Packet| match packet.event() {
            Some((name, _)) => name == event,
            None => false,
        };
        socket.until("pushes that go on", is_push).await?;
    }
    if pushed.load(Ordering::Relaxed) == 0 {
        return Err(Outcome::Unknown("no push was accepted".to_owned()));
    }
    Ok(())
}
