//! Connections that do not join, or not yet.

use std::time::Duration;

use futures_util::future::try_join_all;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::Credentials;
use crate::conform::probe::link::Over;
use crate::conform::probe::packet::Packet;
use crate::conform::probe::{PATIENCE, Probe, listening};
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

/// A time to join that is longer is not waited for.
const LONGEST: Duration = Duration::from_secs(100);
/// A stated time is not kept to the moment, and the machine is busy.
const SLACK: Duration = Duration::from_millis(500);
/// Events right behind a CONNECT, and how often that is tried on each transport.
const PIPELINED: u64 = 5;
const ROUNDS: usize = 4;
/// How long an answer to one of them is waited for behind what came last.
const LATER: Duration = Duration::from_millis(1_500);

fn stated(probe: &Probe) -> Duration {
    let stated = probe.section().connect_timeout;
    stated.map_or(Duration::MAX, |span| span.0)
}

/// AU-11.
pub(super) async fn event_first(probe: Probe) -> Judged {
    // A connection that is closed for not joining is not closed for the event.
    let patience = PATIENCE.min(stated(&probe) / 2);
    let echo = probe.section().echo.as_ref();
    let name = echo.map_or_else(|| probe.event_name(), |echo| echo.ack.clone());
    let text = listening::event("/", Some(1), &name, &format!("\"{}\"", probe.mark()));
    for way in probe.ways() {
        let mut session = probe.session(way).await?;
        session.say(&text).await;
        let heard = session
            .listen_until(patience, |packets| !packets.is_empty())
            .await;
        let allowed =
            "the end of a connection that sends an event before CONNECT, and nothing else";
        if let Some(packet) = heard.packets.first() {
            return Err(missed(
                allowed,
                format!("over {}: {}", way.name(), packet.told()),
            ));
        }
        if heard.ended.is_none() {
            let seen = format!(
                "over {}: a connection that is open after {patience:?}",
                way.name()
            );
            return Err(missed(allowed, seen));
        }
    }
    Ok(Outcome::Pass)
}

/// AU-12.
pub(super) async fn joins_nothing(probe: Probe) -> Judged {
    let ways = probe.ways();
    try_join_all(
        ways.into_iter()
            .map(|way| closed_in_time(&probe, way, None)),
    )
    .await?;
    Ok(Outcome::Pass)
}

/// AU-13.
pub(super) async fn refused_once(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let bad = probe.bad(&probe.log_in(&user).await?);
    let ways = probe.ways();
    let all = ways
        .into_iter()
        .map(|way| closed_in_time(&probe, way, Some(&bad)));
    try_join_all(all).await?;
    Ok(Outcome::Pass)
}

/// That a connection is closed in the stated time that joins nothing, or is refused and says no more, though it answers pings.
async fn closed_in_time(
    probe: &Probe,
    way: Over,
    bad: Option<&Credentials>,
) -> Result<(), Outcome> {
    let stated = stated(probe);
    if stated > LONGEST {
        return Err(Outcome::Skip(format!(
            "the stated time to join is {stated:?}"
        )));
    }
    let probe = bad.map_or_else(|| probe.clone(), |bad| probe.presenting(bad));
    let mut session = probe.session(way).await?;
    let mut begun = probe.elapsed();
    if let Some(bad) = bad {
        session.send(&listening::connect(&bad.hello)).await?;
        let answer = session
            .listen_until(PATIENCE, |packets| !packets.is_empty())
            .await;
        match answer.packets.first() {
            Some(packet) if packet.kind == PacketType::ConnectError => {}
            Some(packet) => return Err(missed("CONNECT_ERROR", packet.told())),
            None if answer.ended.is_some() => return Ok(()),
            None => {
                return Err(missed(
                    "CONNECT_ERROR",
                    format!("nothing within {PATIENCE:?}"),
                ));
            }
        }
        begun = probe.elapsed();
    }
    let latest = stated + SLACK.max(stated / 10);
    let heard = session.listen(latest).await;
    if heard.ended.is_some() {
        return Ok(());
    }
    let took = probe.elapsed().saturating_sub(begun);
    Err(missed(
        format!("the end of a connection that joins nothing within {stated:?}, and a little"),
        format!(
            "over {}: a connection that is open after {took:?}",
            way.name()
        ),
    ))
}

/// AU-24.
pub(super) async fn pipelined(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    for way in probe.ways() {
        for _ in 0..ROUNDS {
            behind_connect(&probe, &shows, way).await?;
        }
    }
    Ok(Outcome::Pass)
}

async fn behind_connect(probe: &Probe, shows: &Credentials, way: Over) -> Result<(), Outcome> {
    let namespace = listening::namespace_of(&shows.hello);
    let name = probe.section().echo.as_ref().map(|echo| &echo.ack);
    let name = name.map_or("message-with-ack", String::as_str);
    let mut packets = vec![listening::connect(&shows.hello)];
    packets.extend((1..=PIPELINED).map(|id| {
        listening::event(
            namespace,
            Some(id),
            name,
            &format!("\"{}\",{id}", probe.mark()),
        )
    }));
    let packets: Vec<_> = packets.iter().map(String::as_str).collect();
    let mut session = probe.presenting(shows).session(way).await?;
    // That the connection is closed on the way is fine.
    session.send_all(&packets).await.ok();
    let acks = |packets: &[Packet]| {
        let acks = packets
            .iter()
            .filter(|packet| packet.kind == PacketType::Ack);
        acks.count() as u64
    };
    let heard = session
        .listen_until(LATER, |packets| acks(packets) == PIPELINED)
        .await;
    if heard.ended.is_some() {
        return Ok(());
    }
    let allowed = format!("CONNECT and {PIPELINED} acks, or the end of the connection");
    let joined = heard
        .packets
        .first()
        .is_some_and(|packet| packet.kind == PacketType::Connect);
    let acked = acks(&heard.packets);
    if joined && acked == PIPELINED {
        return Ok(());
    }
    let first = heard
        .packets
        .first()
        .map_or("nothing".to_owned(), Packet::told);
    let seen = format!(
        "over {}: {first} first, {acked} acks, and a connection that stays open",
        way.name()
    );
    Err(missed(allowed, seen))
}
