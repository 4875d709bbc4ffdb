//! Many credentials to check, and those who wait behind them.

use std::time::Duration;

use futures_util::future::{join, try_join_all};

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Credentials, To};
use crate::conform::probe::link::Session;
use crate::conform::probe::{PATIENCE, Probe, listening};
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

/// Bad CONNECTs at once.
const AT_ONCE: usize = 40;
/// Time for the target to read them.
const READ: Duration = Duration::from_millis(200);
/// Connections that a flood comes over, and bad CONNECTs of each.
const FLOODERS: u32 = 20;
const EACH: u32 = 50;
/// How long it takes.
const FLOOD: Duration = Duration::from_secs(1);
/// Of what is measured, this share may take longer.
const BEYOND: usize = 100;

fn bound(probe: &Probe) -> Duration {
    probe.section().bound.map_or(PATIENCE, |span| span.0)
}

/// A session that has said nothing yet.
async fn session(probe: &Probe, shows: &Credentials) -> Result<Session, Outcome> {
    probe.presenting(shows).session(probe.usual_way()).await
}

/// AU-23.
pub(super) async fn side_by_side(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let bad = probe.bad(&shows);
    let bound = bound(&probe);
    let mut refused = try_join_all((0..AT_ONCE).map(|_| session(&probe, &bad))).await?;
    let mut good = session(&probe, &shows).await?;
    for session in &mut refused {
        session.say(&listening::connect(&bad.hello)).await;
    }
    // Until the target has read them, whether it has an answer to one by then or not.
    refused[0]
        .listen_until(READ, |packets| !packets.is_empty())
        .await;
    let begun = probe.elapsed();
    let answer = good.hello(&shows.hello).await?;
    let took = probe.elapsed().saturating_sub(begun);
    if answer.kind != PacketType::Connect {
        return Err(missed("a CONNECT for good credentials", answer.told()));
    }
    let allowed = format!("within {bound:?} behind {AT_ONCE} bad credentials");
    if took > bound {
        return Err(missed(
            format!("CONNECT {allowed}"),
            format!("after {took:?}"),
        ));
    }
    let mut socket = probe.keep(good, &answer)?;
    let begun = probe.elapsed();
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    publisher
        .push(To::User(&user), &event, &probe.message(1))
        .await?;
    let took = socket.event(&event).await?.at.saturating_sub(begun);
    if took > bound {
        return Err(missed(
            format!("a push {allowed}"),
            format!("after {took:?}"),
        ));
    }
    let heard = refused[1]
        .listen_until(PATIENCE, |packets| !packets.is_empty())
        .await;
    match heard.first(PacketType::Connect, &answer.namespace) {
        Some(packet) => Err(missed("CONNECT_ERROR for bad credentials", packet.told())),
        None => Ok(Outcome::Pass),
    }
}

/// AU-25.
pub(super) async fn flood(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let bad = probe.bad(&shows);
    let mut socket = probe.socket(&shows).await?;
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    let floods = (0..FLOODERS).map(|_| one_of_many(&probe, &bad));
    let pushes = async {
        let end = probe.elapsed() + FLOOD;
        let mut took = Vec::new();
        while probe.elapsed() < end {
            let begun = probe.elapsed();
            let message = probe.message(took.len() as u64);
            publisher.push(To::User(&user), &event, &message).await?;
            let came = socket.event(&event).await?;
            took.push(came.at.saturating_sub(begun));
        }
        Ok::<_, Outcome>(took)
    };
    let (sent, took) = join(try_join_all(floods), pushes).await;
    let (sent, mut took) = (sent?.iter().sum::<u32>(), took?);
    if sent < FLOODERS * EACH / 2 {
        let why = format!("of {} bad CONNECTs {sent} were taken", FLOODERS * EACH);
        return Err(Outcome::Unknown(why));
    }
    took.sort_unstable();
    let place = (took.len() - took.len() / BEYOND).saturating_sub(1);
    let p99 = took.get(place).copied().unwrap_or_default();
    let bound = bound(&probe);
    if p99 <= bound {
        return Ok(Outcome::Pass);
    }
    let allowed = format!("99 of 100 pushes within {bound:?}");
    Err(missed(
        allowed,
        format!("{p99:?}, while {sent} CONNECTs were refused"),
    ))
}

/// Sends bad CONNECTs over a while, on a new connection where the old one was closed. Gives how many went out.
async fn one_of_many(probe: &Probe, bad: &Credentials) -> Result<u32, Outcome> {
    let text = listening::connect(&bad.hello);
    let begun = probe.elapsed();
    let mut over = session(probe, bad).await?;
    let mut sent = 0;
    for n in 0..EACH {
        let due = begun + FLOOD * n / EACH;
        tokio::time::sleep(due.saturating_sub(probe.elapsed())).await;
        if over.send(&text).await.is_err() {
            over = session(probe, bad).await?;
            continue;
        }
        sent += 1;
    }
    Ok(sent)
}
