//! Polls: two at once, one that is given up, and what is in their answers.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::conform::case::{Capability, Judged, missed};
use crate::conform::driver::{To, exactly};
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::packet::Packet;
use crate::conform::probe::{PATIENCE, Probe, ProbeError};
use crate::protocol::engine::{self, Part, SEPARATOR};
use crate::summary::conformance::{Missed, Outcome};

/// Long enough for a request to have arrived.
const SHORTLY: Duration = Duration::from_millis(100);
/// How long it may take until a session is gone that came to its end.
const SOON: Duration = Duration::from_secs(1);
/// How often something is tried that a ping may come between.
const ATTEMPTS: u32 = 5;

/// TR-02.
pub(super) async fn two_at_once(probe: Probe) -> Judged {
    let allowed = "a close packet or a noop for one poll, and HTTP 400 for the other";
    let session = probe.session(Over::Polling).await?;
    let polling = session.requests();
    let mut polls = JoinSet::new();
    let begin = |polls: &mut JoinSet<_>| {
        let polling = polling.clone();
        polls.spawn(async move { polling.long_poll().await });
    };
    for _ in 0..ATTEMPTS {
        begin(&mut polls);
        tokio::time::sleep(SHORTLY).await;
        match polls.try_join_next() {
            None => break,
            // A ping has come between.
            Some(_) => polling.post(&polling.query(), "3").await?,
        };
    }
    begin(&mut polls);
    let mut answers = Vec::new();
    while answers.len() < 2 {
        let answer = tokio::time::timeout(PATIENCE, polls.join_next()).await;
        match answer {
            Ok(Some(Ok(answer))) => answers.push(answer?),
            _ => {
                return Err(missed(
                    allowed,
                    format!("no answer to one within {PATIENCE:?}"),
                ));
            }
        }
    }
    answers.sort_by_key(|answer| answer.status);
    let seen = format!("{}; {}", answers[0], answers[1]);
    let ended = answers[0].status == 200
        && (answers[0].text().split(SEPARATOR)).any(|packet| packet == "1" || packet == "6");
    if !ended || !matches!(answers[1].status, 400 | 500) {
        return Err(missed(allowed, seen));
    }
    if !polling.is_gone_within(SOON).await? {
        return Err(missed("no session any more", "one that takes packets"));
    }
    if answers[1].status == 500 {
        return Ok(Outcome::NonStrict(Missed {
            allowed: "HTTP 400".to_owned(),
            seen,
            silent: false,
        }));
    }
    Ok(Outcome::Pass)
}

/// TR-04. Whether the target notices at once, or with the ping that nobody gets, makes no difference: it must not go on.
pub(super) async fn given_up(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    // One that has not joined would be closed for that.
    let session = probe.come_by_hand(&user, Over::Polling).await?;
    let polling = session.requests();
    let patience = session.interval + session.timeout + SOON;
    for _ in 0..ATTEMPTS {
        let mut connection = session.probe().connect().await?;
        let request = connection.bytes(&session.probe().request("GET", &polling.query()));
        connection.note("→", "GET, to be given up");
        connection.write(&request).await.ok();
        match connection.answer_within(SHORTLY).await {
            Err(ProbeError::Timeout(_)) => {
                drop(connection);
                if polling.is_over_within(patience).await? {
                    return Ok(Outcome::Pass);
                }
                return Err(missed(
                    format!("no session any more within {patience:?} of a poll that was given up"),
                    "one that goes on",
                ));
            }
            // A ping has come between.
            Ok(_) => polling.post(&polling.query(), "3").await?,
            Err(error) => return Err(error.into()),
        };
    }
    Err(Outcome::Unknown("no poll waits".to_owned()))
}

/// What came in the answers to the polls of a session, as it is, up to the one with this text in it. Pings are answered.
pub(super) async fn answers_until(session: &Session, text: &str) -> Result<Vec<String>, Outcome> {
    /// More than one for each packet that any case waits for.
    const MOST: usize = 300;
    let polling = session.requests();
    let mut answers = Vec::new();
    while answers.len() < MOST {
        let answer = polling.poll().await?;
        if answer.status != 200 {
            return Err(missed("HTTP 200 to a poll", answer.to_string()));
        }
        let body = answer.text();
        if body.split(SEPARATOR).any(|packet| packet == "2") {
            polling.post(&polling.query(), "3").await?;
        }
        let last = body.contains(text);
        answers.push(body);
        if last {
            return Ok(answers);
        }
    }
    Err(missed(
        "a packet that was sent",
        format!("{MOST} answers without it"),
    ))
}

/// The packets of Socket.IO in an answer, with their attachments. The error tells what is none.
pub(super) fn packets(probe: &Probe, answer: &str) -> Result<Vec<Packet>, Outcome> {
    let broken = |what: &str| {
        missed(
            "whole packets, joined by the record separator (U+001E), and none behind the last",
            format!("{what}: {answer}"),
        )
    };
    let recovers = probe.offers(Capability::Recovery);
    let mut all: Vec<Packet> = Vec::new();
    let mut due = 0;
    for part in engine::parts(answer) {
        match part {
            Ok(Part::Text("2" | "6")) if due == 0 => {}
            Ok(Part::Text("")) => return Err(broken("an empty packet")),
            Ok(Part::Text(text)) if due == 0 => {
                let read = text.strip_prefix('4');
                let read = read.and_then(|text| Packet::read(text, recovers, probe.elapsed()));
                let (packet, attachments) = read.ok_or_else(|| broken("no packet"))?;
                let is_json = packet.data.is_empty() || !packet.value().is_null();
                if !is_json {
                    return Err(broken("no JSON"));
                }
                due = attachments;
                all.push(packet);
            }
            Ok(Part::Binary(bytes)) if due > 0 => {
                due -= 1;
                if let Some(packet) = all.last_mut() {
                    packet.attachments.push(bytes);
                }
            }
            Ok(_) => return Err(broken("an attachment out of place")),
            Err(error) => return Err(broken(&error.to_string())),
        }
    }
    if due > 0 {
        return Err(broken("an attachment too few"));
    }
    all.retain(|packet| probe.is_own(packet));
    Ok(all)
}

/// TR-05.
pub(super) async fn several(probe: Probe) -> Judged {
    const PUSHES: u64 = 5;
    let (user, _seat) = probe.user().await?;
    let session = probe.come_by_hand(&user, Over::Polling).await?;
    let mut publisher = probe.publisher();
    let (event, last) = (probe.event_name(), format!("{}last", probe.mark()));
    let mut due: Vec<_> = (1..=PUSHES).map(|n| probe.message(n)).collect();
    for message in &due {
        publisher.push(To::User(&user), &event, message).await?;
    }
    due.push(probe.message(0));
    publisher
        .push(To::User(&user), &last, &probe.message(0))
        .await?;
    let mut came = Vec::new();
    for answer in answers_until(&session, &last).await? {
        came.extend(packets(&probe, &answer)?);
    }
    exactly("each push once", &came, &due)?;
    Ok(Outcome::Pass)
}

/// TR-06.
pub(super) async fn bounded(probe: Probe) -> Judged {
    /// Packets that fill an answer, and pushes that are more than fit into two.
    const FILL: u64 = 40;
    const PUSHES: u64 = 100;
    const MOST: u64 = 2 << 20;
    let (user, _seat) = probe.user().await?;
    let session = probe.come_by_hand(&user, Over::Polling).await?;
    let max = session.max_payload;
    if max > MOST {
        let why = format!("a maxPayload of {max} bytes is more than is tried");
        return Err(Outcome::Unknown(why));
    }
    let mut publisher = probe.publisher();
    let (event, last) = (probe.event_name(), format!("{}last", probe.mark()));
    let filling = "x".repeat((max / FILL) as usize);
    let due: Vec<_> = (1..=PUSHES)
        .map(|n| format!(r#"{{"n":{n},"filling":"{filling}"}}"#))
        .collect();
    let begun = session.elapsed();
    for message in &due {
        publisher.push(To::User(&user), &event, message).await?;
    }
    publisher.push(To::User(&user), &last, "null").await?;
    if session.elapsed() >= begun + session.timeout {
        let why = "the pushes took longer than a session may go without a poll";
        return Err(Outcome::Unknown(why.to_owned()));
    }
    let mut came = Vec::new();
    let packet = filling.len() as u64 + 200;
    for answer in answers_until(&session, &last).await? {
        if answer.len() as u64 > max + packet {
            return Err(missed(
                format!("at most {max} bytes (maxPayload), and one packet, in an answer"),
                format!("{} bytes", answer.len()),
            ));
        }
        came.extend(packets(&probe, &answer)?);
    }
    came.retain(|packet| packet.event().is_none_or(|(name, _)| name != last));
    exactly("each push once", &came, &due)?;
    Ok(Outcome::Pass)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::conform::target::Target;
    use std::sync::Arc;

    #[test]
    fn an_answer_is_whole_packets_or_none() {
        let target = Arc::new(Target::without_transports());
        let probe = Probe::new(target, Clock::start(), 0);
        let read = |answer: &str| packets(&probe, answer).map(|all| all.len()).ok();
        assert_eq!(read("2"), Some(0));
        assert_eq!(
            read("42[\"a\"]\u{1e}2\u{1e}451-[\"b\",{}]\u{1e}bAQI="),
            Some(2)
        );
        for broken in [
            "",
            "42[\"a\"]\u{1e}",
            "42[\"a\"]42[\"b\"]",
            "451-[\"b\",{}]",
            "451-[\"b\",{}]\u{1e}42[\"a\"]",
            "451-[\"b\",{}]\u{1e}b__8=",
            "bAQI=",
        ] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
