//! Upgrades that are finished: what is released, and what arrives before, during and after them.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Publisher, To, User, event, exactly};
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::packet::Packet;
use crate::conform::probe::session::Polling;
use crate::conform::probe::socket::Came;
use crate::conform::probe::{Answer, Heard, PATIENCE, Probe, ProbeError, WebSocket};
use crate::protocol::engine::SEPARATOR;
use crate::summary::conformance::Outcome;

use super::posts::echoed;

/// How long a poll may wait once an upgrade has begun.
const RELEASE: Duration = Duration::from_secs(1);

/// A WebSocket for a session whose probe was answered.
pub(super) async fn probed(session: &Session) -> Result<WebSocket, Outcome> {
    let mut ws = session.probing().await?;
    ws.send("2probe").await?;
    match ws.next().await? {
        Heard::Text(text) if text == "3probe" => Ok(ws),
        heard => Err(missed("3probe", format!("{heard:?}"))),
    }
}

/// TR-12.
pub(super) async fn releases(probe: Probe) -> Judged {
    /// Polls that are released.
    const POLLS: u32 = 3;
    let session = probe.session(Over::Polling).await?;
    let polling = session.requests();
    let mut under_way = poll(&polling);
    let mut ws = probed(&session).await?;
    let mut pings = 0;
    let mut released = 0;
    while released < POLLS {
        let answer = tokio::time::timeout(RELEASE, under_way.join_next()).await;
        let allowed = "each poll released with a noop within 1 s while an upgrade is under way";
        let Ok(Some(Ok(answer))) = answer else {
            let seen = format!("poll {} held back for {RELEASE:?}", released + 1);
            return Err(missed(allowed, seen));
        };
        let answer = answer?;
        let text = answer.text();
        if answer.status == 200 && text.split(SEPARATOR).all(|packet| packet == "6") {
            released += 1;
        } else if text == "2" && pings == 0 {
            // It is not answered: until it is, no other ping releases a poll.
            pings += 1;
        } else {
            return Err(missed(allowed, answer.to_string()));
        }
        under_way = poll(&polling);
    }
    ws.send("5").await?;
    Ok(Outcome::Pass)
}

fn poll(polling: &Polling) -> JoinSet<Result<Answer, ProbeError>> {
    let mut poll = JoinSet::new();
    let polling = polling.clone();
    poll.spawn(async move { polling.long_poll().await });
    poll
}

/// TR-13.
pub(super) async fn pushes(probe: Probe) -> Judged {
    const ROUNDS: usize = 6;
    let (user, _seat) = probe.user().await?;
    let mut publisher = probe.publisher();
    step_by_step(&probe, &user, &mut publisher).await?;
    for round in 0..ROUNDS {
        stream(&probe, &user, &mut publisher, round).await?;
    }
    Ok(Outcome::Pass)
}

/// One push before, one behind the probe's answer, and one after the upgrade.
async fn step_by_step(
    probe: &Probe,
    user: &User,
    publisher: &mut Publisher,
) -> Result<(), Outcome> {
    let mut session = probe.come_by_hand(user, Over::Polling).await?;
    let (event, last) = (probe.event_name(), format!("{}last", probe.mark()));
    let due = [probe.message(1), probe.message(2), probe.message(3)];
    publisher.push(To::User(user), &event, &due[0]).await?;
    let ws = probed(&session).await?;
    publisher.push(To::User(user), &event, &due[1]).await?;
    session.finish(ws).await?;
    publisher.push(To::User(user), &event, &due[2]).await?;
    publisher.push(To::User(user), &last, "null").await?;
    let mut heard = probe.events_until(&mut session, &last).await?;
    heard.pop();
    exactly("pushes before, during and after an upgrade", &heard, &due)
}

/// A stream of pushes, while sessions are upgraded, each after as many of them as it has come to.
async fn stream(
    probe: &Probe,
    user: &User,
    publisher: &mut Publisher,
    round: usize,
) -> Result<(), Outcome> {
    const SESSIONS: usize = 8;
    const PUSHES: u64 = 40;
    let (event, last) = (
        format!("{}-{round}", probe.event_name()),
        format!("{}last-{round}", probe.mark()),
    );
    let mut tasks = JoinSet::new();
    for n in 0..SESSIONS {
        let session = probe.come_by_hand(user, Over::Polling).await?;
        let after = (n * 5 + round) % (PUSHES as usize - 2);
        tasks.spawn(follow(probe.clone(), session, after, last.clone()));
    }
    let due: Vec<_> = (1..=PUSHES).map(|n| probe.message(n)).collect();
    for message in &due {
        publisher.push(To::User(user), &event, message).await?;
    }
    publisher.push(To::User(user), &last, "null").await?;
    while let Some(heard) = tasks.join_next().await {
        let heard = heard.map_err(|error| Outcome::Error(error.to_string()))??;
        exactly("each push once, in order, over an upgrade", &heard, &due)?;
    }
    Ok(())
}

/// What comes at a session up to this event, which is upgraded after so many others.
async fn follow(
    probe: Probe,
    mut session: Session,
    after: usize,
    last: String,
) -> Result<Vec<Packet>, Outcome> {
    let mut heard = Vec::new();
    loop {
        if heard.len() >= after && !session.is_on_websocket() {
            session.upgrade().await?;
        }
        match probe.own_within(&mut session, PATIENCE).await {
            Ok(Came::Packet(packet)) => match packet.event() {
                Some((name, _)) if name == last => return Ok(heard),
                _ => heard.push(packet),
            },
            other => {
                let seen = other.map_or_else(|error| error.to_string(), |came| came.told());
                let allowed = "all of a stream of pushes over an upgrade";
                return Err(missed(
                    allowed,
                    format!("{} of them, and then: {seen}", heard.len()),
                ));
            }
        }
    }
}

/// TR-14.
pub(super) async fn events(probe: Probe) -> Judged {
    const EACH: u64 = 5;
    let (user, _seat) = probe.user().await?;
    let mut session = probe.come_by_hand(&user, Over::Polling).await?;
    let name = probe.echo().event;
    let texts = |from: u64| -> Vec<_> {
        let numbers = from..from + EACH;
        numbers.map(|n| event(&name, &probe.message(n))).collect()
    };
    send_all(&mut session, texts(1)).await?;
    let ws = probed(&session).await?;
    send_all(&mut session, texts(1 + EACH)).await?;
    session.finish(ws).await?;
    send_all(&mut session, texts(1 + 2 * EACH)).await?;
    let came = echoed(&probe, &mut session, 3 * EACH as usize).await?;
    if !came.iter().copied().eq(1..=3 * EACH) {
        return Err(missed(
            "events handled in the order they were sent, over an upgrade",
            format!("echoes in the order {came:?}"),
        ));
    }
    Ok(Outcome::Pass)
}

async fn send_all(session: &mut Session, texts: Vec<String>) -> Result<(), Outcome> {
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    session.send_all(&texts).await
}
