//! One socket that comes back.

use std::time::Duration;

use crate::conform::case::Capability::WebSocket;
use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Credentials, To, User, exactly};
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::session::Polling;
use crate::conform::probe::{Heard, PATIENCE, Probe, ProbeError};
use crate::history;
use crate::protocol::socket::PacketType;
use crate::scenario::conformance::{Act, Offline};
use crate::summary::conformance::Outcome;

/// How long a socket that has left is listened to.
const LATER: Duration = Duration::from_millis(200);
/// Pushes at who is away.
const AWAY: u64 = 3;
/// How often an event is sent.
const TIMES: u64 = 3;

/// How a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It leaves its namespace and keeps its connection.
    Leaves,
    /// It closes the session.
    Closes,
    /// Its connection ends without a word.
    Breaks,
}

/// RC-01.
pub(super) async fn at_once(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    for way in probe.ways() {
        for ending in [Ending::Leaves, Ending::Closes, Ending::Breaks] {
            let shows = probe.log_in(&user).await?;
            comes_back(&probe, &user, &shows, way, ending).await?;
        }
    }
    Ok(Outcome::Pass)
}

/// A session that has joined, with its sid.
async fn joined(
    probe: &Probe,
    shows: &Credentials,
    way: Over,
    what: &str,
) -> Result<(Session, crate::conform::probe::packet::Packet), Outcome> {
    let mut session = probe.presenting(shows).session(way).await?;
    let answer = session.hello(&shows.hello).await?;
    if answer.kind != PacketType::Connect {
        let seen = format!("over {}: {}", way.name(), answer.told());
        return Err(missed(format!("CONNECT for {what}"), seen));
    }
    Ok((session, answer))
}

async fn comes_back(
    probe: &Probe,
    user: &User,
    shows: &Credentials,
    way: Over,
    ending: Ending,
) -> Result<(), Outcome> {
    let (mut session, first) = joined(probe, shows, way, "good credentials").await?;
    let mut old = None;
    match ending {
        Ending::Leaves => {
            probe.leave(&mut session, &shows.hello).await?;
            old = Some(session);
        }
        Ending::Closes => {
            session.say("1").await;
            drop(session);
        }
        Ending::Breaks => drop(session),
    }
    let what = format!("the same credentials, at once ({ending:?})");
    let (session, second) = joined(probe, shows, way, &what).await?;
    if first.value().get("sid") == second.value().get("sid") {
        let seen = format!("{} twice", second.told());
        return Err(missed("a new sid for a new socket", seen));
    }
    let mut socket = probe.keep(session, &second)?;
    let mut publisher = probe.publisher();
    let due = [probe.message(1)];
    publisher
        .push(To::User(user), &probe.event_name(), &due[0])
        .await?;
    let heard = publisher.heard(user, &mut socket).await?;
    exactly("one push at the user's one socket", &heard, &due)?;
    if let Some(mut old) = old
        && let Some(event) = old.listen(LATER).await.event()
    {
        let allowed = "nothing at a socket that left its namespace";
        return Err(missed(allowed, event.told()));
    }
    Ok(())
}

/// RC-02.
pub(super) async fn while_away(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let way = probe.usual_way();
    let (mut session, _) = joined(&probe, &shows, way, "good credentials").await?;
    probe.leave(&mut session, &shows.hello).await?;
    drop(session);
    let policy = probe.section().offline;
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    let mut due = Vec::new();
    for n in 1..=AWAY {
        let message = probe.message(n);
        let asked = publisher.ask(To::User(&user), &event, &message).await;
        let accepted = asked.outcome == history::Outcome::Accepted;
        match policy {
            Some(Offline::Refuse) if accepted => {
                let allowed = "a refusal of a push at who is away, as is stated";
                return Err(missed(allowed, "a push that is accepted"));
            }
            Some(Offline::Refuse) => {}
            _ if !accepted => {
                let why = asked.why.unwrap_or_default();
                return Err(Outcome::Unknown(format!("a push was not accepted: {why}")));
            }
            Some(Offline::Store) => due.push(message),
            _ => {}
        }
    }
    let mut socket = probe.socket(&shows).await?;
    let heard = publisher.heard(&user, &mut socket).await?;
    exactly("of what was pushed while its user was away", &heard, &due)?;
    Ok(Outcome::Pass)
}

/// RC-13.
pub(super) async fn old_ids(probe: Probe) -> Judged {
    for way in probe.ways() {
        let mut session = probe.session(way).await?;
        let (sid, websocket) = (session.sid.clone(), session.query("websocket"));
        session.say("1").await;
        // On a WebSocket, the end of that is all that servers have to heed.
        let heeds = !session.is_on_websocket();
        let patience = if heeds { PATIENCE } else { LATER };
        if session.listen(patience).await.ended.is_none() && heeds {
            let why = "a session on long-polling that was closed goes on".to_owned();
            return Err(Outcome::Unknown(why));
        }
        drop(session);
        is_nobodys(&probe, sid, &websocket, way).await?;
    }
    if probe.can(Act::Stop) && probe.can(Act::Start) {
        restarted(&probe).await?;
    }
    Ok(Outcome::Pass)
}

/// That the ids from before a restart are nobody's after it.
async fn restarted(probe: &Probe) -> Result<(), Outcome> {
    let mut before = Vec::new();
    for way in probe.ways() {
        before.push((way, probe.session(way).await?));
    }
    probe.operate(Act::Stop).await?;
    probe.operate(Act::Start).await?;
    probe.there_again().await?;
    for (way, session) in before {
        let websocket = session.query("websocket");
        is_nobodys(probe, session.sid.clone(), &websocket, way).await?;
    }
    Ok(())
}

/// That a session's id leads nowhere: HTTP 400 to who polls or posts, and no WebSocket.
async fn is_nobodys(probe: &Probe, sid: String, websocket: &str, way: Over) -> Result<(), Outcome> {
    let old = Polling::of(probe.clone(), sid);
    let posted = old.post(&old.query(), "40").await?;
    for (what, answer) in [("a poll", old.poll().await?), ("a POST", posted)] {
        if answer.status != 400 {
            let allowed = format!("HTTP 400 to {what} of a session that has ended");
            return Err(missed(allowed, format!("over {}: {answer}", way.name())));
        }
    }
    if probe.offers(WebSocket) {
        leads_nowhere(probe, websocket).await?;
    }
    Ok(())
}

/// That no WebSocket comes of the id of a session, or one that is closed with nothing said.
async fn leads_nowhere(probe: &Probe, query: &str) -> Result<(), Outcome> {
    let Ok(mut ws) = probe.websocket(query).await? else {
        return Ok(());
    };
    match ws.next().await {
        Ok(Heard::Close(_) | Heard::End) | Err(ProbeError::Frame(_)) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(heard) => {
            let allowed = "no WebSocket for a session that has ended";
            Err(missed(allowed, format!("{heard:?}")))
        }
    }
}

/// RC-14.
pub(super) async fn sent_again(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let name = probe.section().echo.as_ref().map(|echo| echo.ack.clone());
    let name = name.unwrap_or_default();
    let content = probe.message(1);
    for way in probe.ways() {
        let shows = probe.log_in(&user).await?;
        let mut socket = probe.socket_over(&shows, way).await?;
        for id in 1..=TIMES {
            socket.emit(Some(id), &name, &content);
            socket.ack(id).await?;
        }
    }
    Ok(Outcome::Pass)
}
