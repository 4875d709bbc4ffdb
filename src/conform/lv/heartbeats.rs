//! Pings, pongs, and what comes of none.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::conform::case::{Judged, missed};
use crate::conform::driver::event;
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::{Heard, Probe, ProbeError};
use crate::summary::conformance::Outcome;

/// The longest time until a ping has to be answered that is waited for.
const LONGEST: Duration = Duration::from_secs(90);
/// How much later than it happened an end may be seen here.
const LATE: Duration = Duration::from_millis(700);

/// When a client that has fallen silent is to be found out, from its last sign of life. Unknown if that is too long to be waited for.
pub(super) fn found_out(session: &Session) -> Result<Duration, Outcome> {
    let span = session.interval + session.timeout;
    if span > LONGEST {
        let why =
            format!("a ping that has to be answered within {span:?} is longer than is waited for");
        return Err(Outcome::Unknown(why));
    }
    Ok(span + span / 10 + LATE)
}

/// How a session has ended, if this is its end.
pub(super) fn end(heard: &Result<Heard, ProbeError>) -> Option<String> {
    match heard {
        Ok(Heard::Close(_) | Heard::End) | Err(ProbeError::Ended) => {
            Some("the end of the connection".to_owned())
        }
        Ok(Heard::Text(text)) if text == "1" => Some("a close packet".to_owned()),
        _ => None,
    }
}

/// The first thing that one of several tasks has missed.
async fn all(mut tasks: JoinSet<Result<(), Outcome>>) -> Judged {
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|error| Outcome::Error(error.to_string()))??;
    }
    Ok(Outcome::Pass)
}

/// LV-01.
pub(super) async fn pings(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut tasks = JoinSet::new();
    for over in probe.ways() {
        let session = probe.come_by_hand(&user, over).await?;
        found_out(&session)?;
        tasks.spawn(regular(session, over));
    }
    all(tasks).await
}

/// That pings come regularly. What comes between them counts for nothing.
async fn regular(mut session: Session, over: Over) -> Result<(), Outcome> {
    /// Pings that are waited for where they are quick, and where they are not.
    const MANY: u32 = 3;
    const FEW: u32 = 2;
    const QUICK: Duration = Duration::from_secs(2);
    session.answers = false;
    let (interval, timeout) = (session.interval, session.timeout);
    let tolerance = (interval / 10).max(Duration::from_millis(50));
    let allowed = format!(
        "a ping every {interval:?}, give or take {tolerance:?}, over {}",
        over.name()
    );
    let wanted = if interval <= QUICK { MANY } else { FEW };
    let (mut first, mut last, mut came) = (session.elapsed(), session.elapsed(), 0);
    while came < wanted {
        let latest = last + interval + timeout;
        let left = latest.saturating_sub(session.elapsed());
        let heard = session.next_within(left).await;
        match heard {
            Ok(Heard::Text(text)) if text == "2" => {
                last = session.elapsed();
                if came == 0 {
                    first = last;
                }
                came += 1;
                session.send("3").await?;
            }
            Err(ProbeError::Timeout(_)) => {
                return Err(missed(
                    allowed,
                    format!("none for {:?}", interval + timeout),
                ));
            }
            heard => {
                if let Some(end) = end(&heard) {
                    return Err(missed(allowed, end));
                }
                heard?;
            }
        }
    }
    let mean = last.saturating_sub(first) / (wanted - 1);
    if mean.abs_diff(interval) > tolerance {
        return Err(missed(allowed, format!("one every {mean:?}")));
    }
    Ok(())
}

/// LV-02.
pub(super) async fn no_pong(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut tasks = JoinSet::new();
    for over in probe.ways() {
        let begun = probe.elapsed();
        let session = probe.come_by_hand(&user, over).await?;
        found_out(&session)?;
        tasks.spawn(closed_in_time(session, over, begun));
    }
    all(tasks).await
}

/// That a session that was begun after this, and that says nothing from now on, is closed in time.
async fn closed_in_time(mut session: Session, over: Over, begun: Duration) -> Result<(), Outcome> {
    session.answers = false;
    let interval = session.interval;
    let (earliest, said) = (begun + interval.mul_f64(0.9), session.elapsed());
    let latest = said + found_out(&session)?;
    let allowed = format!(
        "over {}, {interval:?} to {:?} (and 10 %) after the last sign of life, the end",
        over.name(),
        interval + session.timeout
    );
    loop {
        let left = latest.saturating_sub(session.elapsed());
        let heard = session.next_within(left).await;
        let at = session.elapsed();
        if let Some(end) = end(&heard) {
            if at < earliest {
                let seen = format!("{end} after {:?}", at.saturating_sub(begun));
                return Err(missed(allowed, seen));
            }
            return Ok(());
        }
        if at >= latest {
            let seen = format!("no end within {:?}", at.saturating_sub(said));
            return Err(missed(allowed, seen));
        }
        heard?;
    }
}

/// LV-03.
pub(super) async fn answering(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut tasks = JoinSet::new();
    for over in probe.ways() {
        for traffic in [false, true] {
            let session = probe.come_by_hand(&user, over).await?;
            found_out(&session)?;
            tasks.spawn(goes_on(probe.clone(), session, over, traffic));
        }
    }
    all(tasks).await
}

/// That a session goes on whose pings are answered.
async fn goes_on(
    probe: Probe,
    mut session: Session,
    over: Over,
    traffic: bool,
) -> Result<(), Outcome> {
    const PAUSE: Duration = Duration::from_millis(100);
    let until = session.elapsed() + session.interval * 2 + session.timeout;
    let how = if traffic { "with" } else { "without" };
    let allowed = format!("over {}, {how} traffic, no end", over.name());
    let name = format!("{}traffic", probe.mark());
    while session.elapsed() < until {
        if traffic {
            let sent = session.send(&event(&name, "1")).await;
            sent.map_err(|outcome| missed(allowed.clone(), outcome.detail()))?;
        }
        let heard = session.next_within(PAUSE).await;
        if let Some(end) = end(&heard) {
            return Err(missed(allowed, end));
        }
    }
    Ok(())
}

/// LV-04.
pub(super) async fn many_pongs(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut tasks = JoinSet::new();
    for over in probe.ways() {
        let session = probe.come_by_hand(&user, over).await?;
        tasks.spawn(no_more_pings(session, over));
    }
    all(tasks).await
}

async fn no_more_pings(mut session: Session, over: Over) -> Result<(), Outcome> {
    /// Pongs at once, and how often; pings that are in order meanwhile.
    const AT_ONCE: usize = 10;
    const TIMES: usize = 5;
    const MOST: usize = 5;
    const LONGEST: Duration = Duration::from_secs(5);
    session.answers = false;
    for _ in 0..TIMES {
        session.send_all(&["3"; AT_ONCE]).await?;
    }
    let until = session.elapsed() + (session.interval * 2).min(LONGEST);
    let mut pings = 0;
    loop {
        let left = until.saturating_sub(session.elapsed());
        let heard = session.next_within(left).await;
        if let Some(end) = end(&heard) {
            let allowed = format!("over {}, a session that goes on", over.name());
            return Err(missed(allowed, end));
        }
        match heard {
            Ok(Heard::Text(text)) if text == "2" => {
                pings += 1;
                session.send_all(&["3", "3"]).await?;
            }
            Ok(_) => {}
            Err(ProbeError::Timeout(_)) => break,
            Err(error) => return Err(error.into()),
        }
    }
    if pings > MOST {
        let allowed = format!("over {}, a ping each {:?}", over.name(), session.interval);
        let seen = format!(
            "{pings} after {} pongs that nobody asked for",
            AT_ONCE * TIMES
        );
        return Err(missed(allowed, seen));
    }
    Ok(())
}

/// LV-05.
pub(super) async fn ping_of_client(probe: Probe) -> Judged {
    const LATER: Duration = Duration::from_millis(500);
    let (user, _seat) = probe.user().await?;
    let mut session = probe.come_by_hand(&user, probe.usual_way()).await?;
    session.send("2").await.ok();
    let until = session.elapsed() + LATER;
    loop {
        let left = until.saturating_sub(session.elapsed());
        let heard = session.next_within(left).await;
        if end(&heard).is_some() {
            return Ok(Outcome::Info("it ends the connection".to_owned()));
        }
        match heard {
            Ok(Heard::Text(text)) if text == "3" => {
                return Ok(Outcome::Info("it is answered with a pong".to_owned()));
            }
            Ok(_) => {}
            Err(_) => return Ok(Outcome::Info("it means nothing".to_owned())),
        }
    }
}

/// LV-15.
pub(super) async fn never_polled(probe: Probe) -> Judged {
    const SESSIONS: usize = 100;
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        sessions.push(probe.session(Over::Polling).await?);
    }
    let span = found_out(&sessions[0])?;
    tokio::time::sleep(span).await;
    let mut left = 0;
    for session in &sessions {
        let gone = session.requests().is_gone_within(Duration::ZERO).await?;
        left += usize::from(!gone);
    }
    if left > 0 {
        return Err(missed(
            format!("none of {SESSIONS} sessions {span:?} after they were opened"),
            format!("{left} that take packets"),
        ));
    }
    Ok(Outcome::Pass)
}
