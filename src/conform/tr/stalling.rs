//! Upgrades that are not finished, or not asked for as they have to be.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::{To, User, event, exactly};
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::{Heard, Probe, ProbeError};
use crate::protocol::frame::Opcode;
use crate::summary::conformance::{Missed, Outcome};

use super::upgrading::probed;

/// Long enough for the end of a connection to be noticed.
const SHORTLY: Duration = Duration::from_millis(100);

/// How an upgrade stalls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stall {
    /// Nothing is said on its WebSocket.
    Silent,
    /// The probe was answered, and that is all.
    Probed,
    /// The connection ends before anything is said.
    Dropped,
    /// The connection ends behind the answer to the probe.
    DroppedProbed,
    /// It is closed behind the answer to the probe.
    Closed,
}

/// TR-15.
pub(super) async fn leaves_polling(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut publisher = probe.publisher();
    let stalls = [
        Stall::Silent,
        Stall::Probed,
        Stall::Dropped,
        Stall::DroppedProbed,
        Stall::Closed,
    ];
    for (n, stall) in (1..).zip(stalls) {
        let mut session = probe.come_by_hand(&user, Over::Polling).await?;
        session.poll_on();
        let mut ws = match stall {
            Stall::Silent | Stall::Dropped => session.probing().await?,
            _ => probed(&session).await?,
        };
        let name = format!("{}-{n}", probe.event_name());
        let before = probe.message(n);
        publisher.push(To::User(&user), &name, &before).await?;
        if stall == Stall::Closed {
            let code = 1000_u16.to_be_bytes();
            ws.send_frame(Opcode::Close, &code).await?;
        }
        let held = matches!(stall, Stall::Silent | Stall::Probed).then_some(ws);
        tokio::time::sleep(SHORTLY).await;
        let with = |outcome: Outcome| match outcome {
            Outcome::Fail(mut missed) => {
                missed.seen = format!("after an upgrade that stalled ({stall:?}): {}", missed.seen);
                Outcome::Fail(missed)
            }
            other => other,
        };
        let heard = probe.events_until(&mut session, &name).await;
        exactly(
            "the push during the upgrade",
            &heard.map_err(with)?,
            &[before],
        )?;
        let works = probe.still_works(&mut session, n).await;
        works.map_err(with)?;
        drop(held);
    }
    Ok(Outcome::Pass)
}

/// TR-16.
pub(super) async fn ends(probe: Probe) -> Judged {
    const SESSIONS: usize = 16;
    let stated = probe.section().upgrade_timeout;
    let stated = stated.map(|span| span.0).unwrap_or_default();
    let (user, _seat) = probe.user().await?;
    let mut tasks = JoinSet::new();
    for n in 0..SESSIONS {
        let session = probe.come_by_hand(&user, Over::Polling).await?;
        tasks.spawn(stalled(probe.clone(), session, n % 2 == 0, stated));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|error| Outcome::Error(error.to_string()))??;
    }
    Ok(Outcome::Pass)
}

/// That an upgrade is dropped that goes no further than this, while its session goes on and can be upgraded afterwards.
async fn stalled(
    probe: Probe,
    mut session: Session,
    asks: bool,
    stated: Duration,
) -> Result<(), Outcome> {
    /// How much later it may be seen.
    const LATE: Duration = Duration::from_millis(700);
    let mut ws = if asks {
        probed(&session).await?
    } else {
        session.probing().await?
    };
    let latest = probe.elapsed() + stated + stated / 10 + LATE;
    loop {
        let left = latest.saturating_sub(probe.elapsed());
        tokio::select! {
            heard = ws.next_within(left) => match heard {
                Ok(Heard::Close(_) | Heard::End) | Err(ProbeError::Ended) => break,
                Err(ProbeError::Timeout(_)) => return Err(missed(
                    format!("the WebSocket of a stalled upgrade closed after {stated:?}"),
                    "one that stays open",
                )),
                Ok(heard) => return Err(missed("no word on a stalled upgrade", format!("{heard:?}"))),
                Err(error) => return Err(error.into()),
            },
            // Pings are answered there; it is not waited for longer than the other.
            heard = session.next_within(left + LATE) => match heard? {
                Heard::End | Heard::Close(_) => {
                    return Err(missed("a session that goes on", "its end"));
                }
                Heard::Text(text) if text == "1" => {
                    return Err(missed("a session that goes on", "a close packet"));
                }
                _ => {}
            },
        }
    }
    session.upgrade().await?;
    probe.still_works(&mut session, 1).await
}

/// TR-17. That a bare 5 is enough to move a session loses nothing, so it is a warning.
pub(super) async fn without_probe(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    for (n, first) in (1..).zip(["2", "2other", "2probe2", "3probe"]) {
        if let Some(moved) = moves(&probe, &user, first, n).await? {
            let allowed = format!("a session that stays on long-polling after {first:?} and 5");
            return Err(missed(allowed, moved.seen));
        }
    }
    let moved = moves(&probe, &user, "", 0).await?;
    Ok(moved.map_or(Outcome::Pass, Outcome::NonStrict))
}

/// What happens to a session for which this is said on a WebSocket, and 5, unless it stays where it is. A session that is lost is an
/// error.
async fn moves(probe: &Probe, user: &User, first: &str, n: u64) -> Result<Option<Missed>, Outcome> {
    /// How long an answer that is not to come is waited for.
    const LATER: Duration = Duration::from_millis(200);
    let mut session = probe.come_by_hand(user, Over::Polling).await?;
    session.poll_on();
    let mut ws = session.probing().await?;
    if !first.is_empty() {
        ws.send(first).await.ok();
    }
    ws.send("5").await.ok();
    if let Ok(Heard::Text(text)) = ws.next_within(LATER).await {
        let allowed = format!("no answer to {first:?} and 5");
        return Err(missed(allowed, text));
    }
    let works = probe.still_works(&mut session, n).await;
    let Err(Outcome::Fail(seen)) = works else {
        return works.map(|()| None);
    };
    let allowed = format!("a session that goes on after {first:?} and 5");
    let message = probe.message(n);
    ws.send(&event(&probe.echo().event, &message)).await.ok();
    loop {
        match ws.next().await {
            Ok(Heard::Text(text)) if text.contains(&message) => {
                return Ok(Some(Missed {
                    allowed: "a session that stays on long-polling".to_owned(),
                    seen: "one that is on the WebSocket".to_owned(),
                    silent: false,
                }));
            }
            Ok(Heard::Text(_) | Heard::Binary(_)) => {}
            _ => return Err(missed(allowed, seen.seen)),
        }
    }
}
