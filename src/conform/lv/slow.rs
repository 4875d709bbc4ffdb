//! Clients that read nothing.

use std::time::Duration;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Publisher, To, User, number};
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::socket::Came;
use crate::conform::probe::{Probe, ProbeError};
use crate::history;
use crate::summary::conformance::Outcome;

use super::heartbeats::found_out;

/// Bytes of a large push, at most.
const LARGE: u64 = 256 * 1024;
/// More than the systems on both ends keep of a connection that nobody reads.
const IN_SYSTEMS: u64 = 6 << 20;
/// How long an answer to a push may take that nobody is to hold back.
const PROMPTLY: Duration = Duration::from_secs(2);

/// A large message with this number.
fn large(probe: &Probe, session: &Session, n: u64) -> String {
    let bytes = LARGE.min(session.max_payload / 4) as usize;
    let filling = "x".repeat(bytes);
    format!(
        r#"{{"of":"{}","n":{n},"filling":"{filling}"}}"#,
        probe.mark()
    )
}

/// LV-06.
pub(super) async fn half_open(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut session = probe.come_by_hand(&user, Over::WebSocket).await?;
    session.answers = false;
    let until = session.elapsed() + found_out(&session)?;
    let mut publisher = probe.publisher();
    let (event, late) = (probe.event_name(), format!("{}late", probe.event_name()));
    while session.elapsed() < until {
        let asked = probe.elapsed();
        publisher
            .push(To::User(&user), &event, &probe.message(1))
            .await?;
        let took = probe.elapsed().saturating_sub(asked);
        if took > PROMPTLY {
            let seen = format!("one after {took:?}");
            return Err(missed("pushes at a silent client answered promptly", seen));
        }
        tokio::time::sleep(session.interval / 2).await;
    }
    // Where nobody is there a push may be refused.
    publisher
        .ask(To::User(&user), &late, &probe.message(2))
        .await;
    loop {
        match probe.own_within(&mut session, PROMPTLY).await {
            Ok(Came::Packet(packet)) => {
                if packet.event().is_some_and(|(name, _)| name == late) {
                    let allowed = "no push for a client that has been silent for so long";
                    return Err(missed(allowed, packet.told()));
                }
            }
            Ok(Came::Other(_)) => {}
            Ok(Came::Ended(..)) | Err(ProbeError::Ended) => return Ok(Outcome::Pass),
            Err(error) => {
                let allowed = "a connection that was ended meanwhile";
                return Err(missed(allowed, error.to_string()));
            }
        }
    }
}

/// LV-07.
pub(super) async fn holds_nobody_back(probe: Probe) -> Judged {
    const PUSHES: u64 = 64;
    let bound = probe.section().bound.map(|span| span.0).unwrap_or_default();
    let (user, _seat) = probe.user().await?;
    let mut stalled = probe.come_by_hand(&user, Over::WebSocket).await?;
    let mut other = probe.come(&user).await?;
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    for n in 1..=PUSHES {
        let message = large(&probe, &stalled, n);
        let allowed = format!("each push at the other socket within {bound:?}");
        let asked = probe.elapsed();
        let pushed = publisher.ask(To::User(&user), &event, &message);
        let Ok(pushed) = tokio::time::timeout(bound * 2, pushed).await else {
            let seen = format!("push {n} not answered within {:?}", bound * 2);
            return Err(missed(allowed, seen));
        };
        if pushed.outcome != history::Outcome::Accepted {
            let why = pushed.why.unwrap_or_default();
            return Err(Outcome::Unknown(format!("a push was not accepted: {why}")));
        }
        let heard = other.until_within(bound * 2, &allowed, |packet| number(packet) == Some(n));
        let heard = heard.await?;
        let took = heard.last().map(|packet| packet.at).unwrap_or_default();
        let took = took.saturating_sub(asked);
        if took > bound {
            return Err(missed(allowed, format!("push {n} after {took:?}")));
        }
        // It is not known to be dead: it says that it lives, and reads nothing. That it was let go of for it is right.
        stalled.send("3").await.ok();
    }
    Ok(Outcome::Pass)
}

/// Pushes large messages of so many bytes at a user, and small ones behind them, while the session that reads nothing says that it lives.
/// Gives how many there were.
async fn flood(
    probe: &Probe,
    user: &User,
    publisher: &mut Publisher,
    session: &mut Session,
    bytes: u64,
) -> Result<u64, Outcome> {
    const SMALL: u64 = 200;
    const SIGNS: u64 = 8;
    let event = probe.event_name();
    let size = large(probe, session, 0).len() as u64;
    let first_small = bytes / size + 2;
    let total = first_small + SMALL;
    for n in 1..=total {
        let message = if n < first_small {
            large(probe, session, n)
        } else {
            probe.message(n)
        };
        publisher.push(To::User(user), &event, &message).await?;
        if n % SIGNS == 0 {
            // It may have been let go of by now.
            session.send("3").await.ok();
        }
    }
    Ok(total)
}

/// The bytes that may wait for a client, as far as it is stated. Unknown if that is more than is tried.
fn may_wait(probe: &Probe) -> Result<u64, Outcome> {
    const USUAL: u64 = 4 << 20;
    const MOST: u64 = 32 << 20;
    let stated = probe.section().queue_bytes.unwrap_or(USUAL);
    if stated > MOST {
        let why = format!("{stated} bytes that may wait are more than is tried");
        return Err(Outcome::Unknown(why));
    }
    Ok(stated)
}

/// LV-08.
pub(super) async fn comes_back(probe: Probe) -> Judged {
    let waits = may_wait(&probe)? + (1 << 20);
    let (user, _seat) = probe.user().await?;
    let mut publisher = probe.publisher();
    for over in probe.ways() {
        // An upgraded session is one on a WebSocket.
        let bytes = match over {
            Over::Polling => waits,
            Over::WebSocket => waits + IN_SYSTEMS,
            Over::Upgrade => continue,
        };
        let mut session = probe.come_by_hand(&user, over).await?;
        let due = flood(&probe, &user, &mut publisher, &mut session, bytes).await?;
        whole_or_over(&probe, &mut session, over, due).await?;
    }
    Ok(Outcome::Pass)
}

/// That so many messages come in order, or the first of them and then the end.
async fn whole_or_over(
    probe: &Probe,
    session: &mut Session,
    over: Over,
    due: u64,
) -> Result<(), Outcome> {
    const PATIENCE: Duration = Duration::from_secs(3);
    let allowed = format!(
        "over {}, all of {due} pushes in order, or the end",
        over.name()
    );
    let mut last = 0;
    while last < due {
        match probe.own_within(session, PATIENCE).await {
            Ok(Came::Packet(packet)) => match number(&packet) {
                Some(n) if n == last + 1 => last = n,
                _ => {
                    let seen = format!("behind push {last}: {}", packet.told());
                    return Err(missed(allowed, seen));
                }
            },
            Ok(Came::Ended(..)) | Err(ProbeError::Ended) => return Ok(()),
            Ok(Came::Other(text)) if text == "1" => return Ok(()),
            Ok(other) => return Err(missed(allowed, other.told())),
            Err(error) => {
                let seen = format!("behind push {last}: {error}");
                return Err(missed(allowed, seen));
            }
        }
    }
    Ok(())
}

/// LV-09.
pub(super) async fn too_much_waits(probe: Probe) -> Judged {
    const SOON: Duration = Duration::from_secs(1);
    let waits = may_wait(&probe)?;
    let (user, _seat) = probe.user().await?;
    let mut publisher = probe.publisher();
    let mut session = probe.come_by_hand(&user, Over::Polling).await?;
    let bytes = waits + (1 << 20);
    flood(&probe, &user, &mut publisher, &mut session, bytes).await?;
    if !session.requests().is_gone_within(SOON).await? {
        return Err(missed(
            format!("no session any more for which more than {waits} bytes wait"),
            format!("one that takes packets, with {bytes} bytes and more that wait"),
        ));
    }
    Ok(Outcome::Pass)
}
