//! How connections and namespaces are left.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{To, exactly};
use crate::conform::probe::link::Over;
use crate::conform::probe::packet::Packet;
use crate::conform::probe::session::POLLING;
use crate::conform::probe::socket::Came;
use crate::conform::probe::{Answer, PATIENCE, Probe, ProbeError};
use crate::protocol::engine::SEPARATOR;
use crate::protocol::socket::{self, PacketType};
use crate::summary::conformance::Outcome;

use super::heartbeats::end;

/// How long an end may take that is to be noticed at once.
const SOON: Duration = Duration::from_secs(1);
/// How long something that is not to come is waited for.
const LATER: Duration = Duration::from_millis(300);

/// LV-10. A poll for a session on a WebSocket is refused by another word than one for a session that is not there; so it is seen when
/// it is gone.
pub(super) async fn broken_off(probe: Probe) -> Judged {
    const PAUSE: Duration = Duration::from_millis(30);
    const UNKNOWN: &str = "AAAAAAAAAAAAAAAAAAAA";
    let (user, _seat) = probe.user().await?;
    let mut other = probe.come_by_hand(&user, Over::WebSocket).await?;
    let mut publisher = probe.publisher();
    for (n, reset) in (1..).zip([false, true]) {
        let session = probe.come_by_hand(&user, Over::WebSocket).await?;
        let polling = session.requests();
        let refusal = probe.get(&format!("{POLLING}&sid={UNKNOWN}")).await?;
        let gone = told(&refusal, UNKNOWN);
        if told(&polling.poll().await?, &session.sid) == gone {
            let why = "the target refuses requests for a session that is there and for one that is not by the same word";
            return Err(Outcome::Unknown(why.to_owned()));
        }
        if reset {
            // What was not read when a connection is closed makes the system reset it.
            let (event, message) = (format!("{}-unread", probe.event_name()), probe.message(n));
            publisher.push(To::User(&user), &event, &message).await?;
            probe.events_until(&mut other, &event).await?;
            tokio::time::sleep(PAUSE).await;
        }
        drop(session);
        let until = probe.elapsed() + SOON;
        loop {
            let answer = polling.poll().await?;
            if told(&answer, &polling.sid) == gone {
                break;
            }
            if probe.elapsed() > until {
                let how = if reset { "reset" } else { "closed" };
                return Err(missed(
                    format!("a session gone within {SOON:?} once its connection was {how}"),
                    format!("one that is there: {answer}"),
                ));
            }
            tokio::time::sleep(PAUSE).await;
        }
        let (event, message) = (format!("{}-{n}", probe.event_name()), probe.message(n));
        publisher.push(To::User(&user), &event, &message).await?;
        let heard = probe.events_until(&mut other, &event).await?;
        exactly("the push at the user's other socket", &heard, &[message])?;
    }
    Ok(Outcome::Pass)
}

/// What a refusal says, but for the session's id.
fn told(answer: &Answer, sid: &str) -> (u16, String) {
    (answer.status, answer.text().replace(sid, ""))
}

/// LV-11.
pub(super) async fn close_on_polling(probe: Probe) -> Judged {
    const SHORTLY: Duration = Duration::from_millis(100);
    const ATTEMPTS: u32 = 5;
    let allowed = "the poll that is under way ended with a noop";
    for _ in 0..ATTEMPTS {
        let session = probe.session(Over::Polling).await?;
        let polling = session.requests();
        let mut poll = JoinSet::new();
        let own = polling.clone();
        poll.spawn(async move { own.long_poll().await });
        tokio::time::sleep(SHORTLY).await;
        if poll.try_join_next().is_some() {
            // A ping has come between.
            continue;
        }
        polling.post(&polling.query(), "1").await?;
        let answer = tokio::time::timeout(SOON, poll.join_next()).await;
        let answer = match answer {
            Ok(Some(Ok(answer))) => answer?,
            _ => return Err(missed(allowed, format!("no answer within {SOON:?}"))),
        };
        let text = answer.text();
        let mut packets = text.split(SEPARATOR);
        if answer.status != 200 || !packets.any(|packet| packet == "6" || packet == "1") {
            return Err(missed(allowed, answer.to_string()));
        }
        if !polling.is_gone_within(SOON).await? {
            return Err(missed(
                "HTTP 400 from then on",
                "a session that takes packets",
            ));
        }
        return Ok(Outcome::Pass);
    }
    Err(Outcome::Unknown("no poll waits".to_owned()))
}

/// LV-12.
pub(super) async fn close_on_websocket(probe: Probe) -> Judged {
    const LATEST: Duration = Duration::from_secs(2);
    let mut session = probe.session(Over::WebSocket).await?;
    let patience = ((session.interval + session.timeout) / 2).min(LATEST);
    let until = session.elapsed() + patience;
    session.send("1").await?;
    loop {
        let left = until.saturating_sub(session.elapsed());
        let heard = session.next_within(left).await;
        if end(&heard).is_some() {
            return Ok(Outcome::Pass);
        }
        if heard.is_err() {
            return Err(missed(
                format!("the end of the connection within {patience:?} of a close packet"),
                "one that stays open",
            ));
        }
    }
}

/// LV-13.
pub(super) async fn one_namespace(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let over = probe.usual_way();
    let mut session = probe.presenting(&shows).session(over).await?;
    let left = shows.hello.namespace.clone();
    let left = left.as_deref().unwrap_or(socket::MAIN_NAMESPACE);
    let more = probe.section().namespaces.clone().unwrap_or_default();
    let mut joined = session.hello(&shows.hello).await?;
    for name in &more {
        if joined.kind != PacketType::Connect {
            break;
        }
        let shows = shows.in_namespace(name);
        joined = session.hello(&shows.hello).await?;
    }
    if joined.kind != PacketType::Connect {
        return Err(missed("a CONNECT for good credentials", joined.told()));
    }
    session
        .send(&match left {
            socket::MAIN_NAMESPACE => "41".to_owned(),
            name => format!("41{name},"),
        })
        .await?;
    loop {
        match probe.own_within(&mut session, LATER).await {
            Err(ProbeError::Timeout(_)) => break,
            Ok(Came::Packet(packet)) if packet.kind != PacketType::Disconnect => {}
            Ok(came) => {
                let allowed = format!("a connection that goes on when {left} is left");
                return Err(missed(allowed, came.told()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if probe.section().echo.is_none() {
        return Ok(Outcome::Pass);
    }
    let (ack, message) = (probe.echo().ack, probe.message(1));
    for (id, name) in (1..).zip(&more) {
        let mut text = "4".to_owned();
        socket::encode_event(name, Some(id), &ack, &message, &mut text);
        session.send(&text).await?;
        let is_ack = |packet: &Packet| packet.namespace == *name && packet.id == Some(id);
        loop {
            match probe.own_within(&mut session, PATIENCE).await {
                Ok(Came::Packet(packet)) if is_ack(&packet) => break,
                Ok(Came::Packet(_)) => {}
                other => {
                    let seen = other.map_or_else(|error| error.to_string(), |came| came.told());
                    let allowed = format!("{name} going on when {left} is left");
                    return Err(missed(allowed, seen));
                }
            }
        }
    }
    Ok(Outcome::Pass)
}
