//! A socket that comes back and gets what it has missed: connection state recovery.

use std::time::Duration;

use futures_util::future::try_join;
use serde_json::{Value, json};

use crate::conform::case::Capability::{Logout, SessionEnd};
use crate::conform::case::{Judged, missed};
use crate::conform::driver::{Credentials, Publisher, To, User, exactly};
use crate::conform::probe::link::Session;
use crate::conform::probe::listening::{Listened, connect, namespace_of};
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::Socket;
use crate::conform::probe::{PATIENCE, Probe};
use crate::protocol::socket::PacketType;
use crate::scenario::conformance::SessionEnd as Policy;
use crate::summary::conformance::Outcome;

/// Pushes that are missed.
const MISSED: u64 = 3;
/// How long what is not to come is waited for.
const LATER: Duration = Duration::from_millis(300);
/// How often a socket comes back whose end the target may not have noticed yet, and how long it waits for that.
const ATTEMPTS: usize = 10;
const NOTICES: Duration = Duration::from_millis(50);

/// A socket of somebody that can be recovered once it is gone.
struct Known {
    sid: String,
    pid: String,
    offset: String,
}

impl Known {
    /// What a socket shows that asks for this.
    fn asked(&self, shows: &Credentials) -> Credentials {
        asking(shows, json!(self.pid), json!(self.offset))
    }
}

fn asking(shows: &Credentials, pid: Value, offset: Value) -> Credentials {
    shows.with("pid", Some(pid)).with("offset", Some(offset))
}

fn text(value: &Value, key: &str) -> String {
    let text = value.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// One who has a socket, and asks for pushes at it.
struct Owner {
    user: User,
    shows: Credentials,
    publisher: Publisher,
    event: String,
}

impl Owner {
    async fn new(probe: &Probe, user: &User) -> Result<Self, Outcome> {
        Ok(Self {
            user: user.clone(),
            shows: probe.log_in(user).await?,
            publisher: probe.publisher(),
            event: probe.event_name(),
        })
    }

    async fn push(&mut self, message: &str) -> Result<(), Outcome> {
        let to = To::User(&self.user);
        self.publisher.push(to, &self.event, message).await
    }

    /// A socket that has got a push, and with it an offset.
    async fn known(&mut self, probe: &Probe) -> Result<(Session, Known), Outcome> {
        let (mut session, connected) = joined(probe, &self.shows).await?;
        self.push(&probe.message(0)).await?;
        let heard = session.listen_until(PATIENCE, |packets| !packets.is_empty());
        let Some(packet) = heard.await.packets.pop() else {
            return Err(missed("the push at its user", "nothing"));
        };
        let offset = packet
            .offset
            .ok_or_else(|| Outcome::Unknown("an event had no offset".to_owned()))?;
        let known = Known {
            sid: text(&connected, "sid"),
            pid: text(&connected, "pid"),
            offset,
        };
        Ok((session, known))
    }

    /// One that is gone, and has missed pushes since.
    async fn lost(&mut self, probe: &Probe) -> Result<Known, Outcome> {
        let (session, known) = self.known(probe).await?;
        drop(session);
        self.miss(probe).await?;
        tokio::time::sleep(NOTICES).await;
        Ok(known)
    }

    async fn miss(&mut self, probe: &Probe) -> Result<(), Outcome> {
        for n in 1..=MISSED {
            self.push(&probe.message(n)).await?;
        }
        Ok(())
    }
}

/// A new session that has joined, and what CONNECT said.
async fn joined(probe: &Probe, shows: &Credentials) -> Result<(Session, Value), Outcome> {
    let mut session = probe.presenting(shows).session(probe.usual_way()).await?;
    let answer = session.hello(&shows.hello).await?;
    if answer.kind != PacketType::Connect {
        return Err(missed("a CONNECT for good credentials", answer.told()));
    }
    Ok((session, answer.value()))
}

/// A session that has asked with these credentials, what came up to the answer, and that. What was missed may come before it.
async fn asked(
    probe: &Probe,
    shows: &Credentials,
) -> Result<(Session, Listened, Option<Packet>), Outcome> {
    let mut session = probe.presenting(shows).session(probe.usual_way()).await?;
    session.send(&connect(&shows.hello)).await?;
    let namespace = namespace_of(&shows.hello);
    let is_answer = |packet: &Packet| {
        let kinds = [PacketType::Connect, PacketType::ConnectError];
        kinds.contains(&packet.kind) && packet.namespace == namespace
    };
    let answered = |packets: &[Packet]| packets.last().is_some_and(is_answer);
    let mut heard = session.listen_until(PATIENCE, answered).await;
    let answer = heard.packets.pop_if(|packet| is_answer(packet));
    if answer.is_none() && heard.ended.is_none() {
        let seen = format!("nothing within {PATIENCE:?}");
        return Err(missed("an answer to CONNECT", seen));
    }
    Ok((session, heard, answer))
}

/// That whoever asked so has a new session, and nothing of what was missed.
async fn is_fresh(
    probe: &Probe,
    what: &str,
    shows: &Credentials,
    known: &Known,
) -> Result<(), Outcome> {
    let allowed = format!("a new session, with nothing that was missed, for {what}");
    let (mut session, heard, answer) = asked(probe, shows).await?;
    let answer = answer.ok_or_else(|| missed(&*allowed, "the end of the connection"))?;
    let sid = text(&answer.value(), "sid");
    if answer.kind != PacketType::Connect || sid == known.sid {
        return Err(missed(allowed, answer.told()));
    }
    hears_nothing(&allowed, &heard)?;
    hears_nothing(&allowed, &session.listen(LATER).await)
}

fn hears_nothing(allowed: &str, heard: &Listened) -> Result<(), Outcome> {
    match heard.event() {
        None => Ok(()),
        Some(event) => Err(missed(allowed, event.told())),
    }
}

/// RC-05.
pub(super) async fn private_id(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    for way in probe.ways() {
        let shows = probe.log_in(&user).await?;
        let socket: Socket = probe.socket_over(&shows, way).await?;
        let pid = text(&socket.connected, "pid");
        if pid.is_empty() || pid == socket.sid || pid == socket.session {
            let seen = format!("over {}: {}", way.name(), socket.connected);
            return Err(missed("a pid that is an id of its own", seen));
        }
    }
    Ok(Outcome::Pass)
}

/// RC-06.
pub(super) async fn gets_missed(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut owner = Owner::new(&probe, &user).await?;
    let known = owner.lost(&probe).await?;
    let shows = known.asked(&owner.shows);
    for _ in 0..ATTEMPTS {
        let (mut session, mut heard, answer) = asked(&probe, &shows).await?;
        let answer = answer.filter(|answer| answer.kind == PacketType::Connect);
        let answer = answer.ok_or_else(|| missed("CONNECT for good credentials", "a refusal"))?;
        if text(&answer.value(), "sid") != known.sid {
            // Its end may not have been noticed yet.
            tokio::time::sleep(NOTICES).await;
            continue;
        }
        let newest = probe.message(MISSED + 1);
        owner.push(&newest).await?;
        let is_newest = |packet: &Packet| packet.data.contains(&newest);
        let rest = session.listen_until(PATIENCE, |packets| packets.last().is_some_and(is_newest));
        heard.packets.extend(rest.await.packets);
        heard.packets.extend(session.listen(LATER).await.packets);
        heard.packets.retain(|packet| packet.event().is_some());
        let due: Vec<_> = (1..=MISSED + 1).map(|n| probe.message(n)).collect();
        exactly("all that was missed, and what is new", &heard.packets, &due)?;
        return Ok(Outcome::Pass);
    }
    let allowed = "the same sid for a socket that comes back with its pid and offset";
    Err(missed(allowed, format!("new sessions, {ATTEMPTS} times")))
}

/// RC-07.
pub(super) async fn unknown_ids(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut owner = Owner::new(&probe, &user).await?;
    let known = owner.lost(&probe).await?;
    let (pid, offset) = (json!(known.pid), json!(known.offset));
    let all = [
        (
            "a pid that nobody has",
            json!(format!("x{}", known.pid)),
            offset.clone(),
        ),
        ("an empty pid", json!(""), offset.clone()),
        ("a number for a pid", json!(7), offset.clone()),
        ("an array for a pid", json!([pid]), offset.clone()),
        ("`__proto__` for a pid", json!("__proto__"), offset.clone()),
        ("null for an offset", pid.clone(), Value::Null),
        ("an object for an offset", pid, json!({"offset": offset})),
    ];
    for (what, pid, offset) in all {
        let shows = asking(&owner.shows, pid, offset);
        is_fresh(&probe, what, &shows, &known).await?;
    }
    Ok(Outcome::Pass)
}

/// RC-08.
pub(super) async fn stolen_id(probe: Probe) -> Judged {
    let users = probe.users(2).await?;
    let mut owner = Owner::new(&probe, &users[0]).await?;
    let mut thief = Owner::new(&probe, &users[1]).await?;
    let known = owner.lost(&probe).await?;
    let allowed = "nothing of another user's for whoever shows their pid";
    let (mut session, heard, answer) = asked(&probe, &known.asked(&thief.shows)).await?;
    hears_nothing(allowed, &heard)?;
    let Some(answer) = answer.filter(|answer| answer.kind == PacketType::Connect) else {
        return Ok(Outcome::Pass);
    };
    if text(&answer.value(), "sid") == known.sid {
        return Err(missed(allowed, answer.told()));
    }
    // Somebody has to be there for pushes at the owner to be good.
    let _there = probe.socket(&owner.shows).await?;
    owner.push(&probe.message(MISSED + 1)).await?;
    thief.event = format!("{}own", probe.mark());
    thief.push("null").await?;
    let is_own = |packet: &Packet| packet.data.contains(&thief.event);
    let heard = session
        .listen_until(PATIENCE, |packets| packets.iter().any(is_own))
        .await;
    let mut events = heard
        .packets
        .iter()
        .filter(|packet| packet.event().is_some());
    match events.find(|packet| !is_own(packet)) {
        None => Ok(Outcome::Pass),
        Some(event) => Err(missed(allowed, event.told())),
    }
}

/// RC-09.
pub(super) async fn revoked(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut owner = Owner::new(&probe, &user).await?;
    let known = owner.lost(&probe).await?;
    probe.log_out(&owner.shows).await?;
    let (_, heard, answer) = asked(&probe, &known.asked(&owner.shows)).await?;
    let allowed = "a refusal, and nothing of what was missed, once the session has ended";
    hears_nothing(allowed, &heard)?;
    match answer {
        Some(answer) if answer.kind == PacketType::Connect => Err(missed(allowed, answer.told())),
        _ => Ok(Outcome::Pass),
    }
}

/// RC-10.
pub(super) async fn left(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut owner = Owner::new(&probe, &user).await?;
    let (mut session, known) = owner.known(&probe).await?;
    probe.leave(&mut session, &owner.shows.hello).await?;
    drop(session);
    owner.miss(&probe).await?;
    let shows = known.asked(&owner.shows);
    is_fresh(&probe, "a socket that had left", &shows, &known).await?;
    let ends = probe.section().session_end == Some(Policy::Disconnect);
    if !(ends && probe.offers(SessionEnd) && probe.offers(Logout)) {
        return Ok(Outcome::Pass);
    }
    let (mut session, known) = owner.known(&probe).await?;
    probe.log_out(&owner.shows).await?;
    session.listen(PATIENCE).await;
    drop(session);
    owner.shows = probe.log_in(&user).await?;
    owner.miss(&probe).await?;
    let shows = known.asked(&owner.shows);
    is_fresh(&probe, "a socket that the target ended", &shows, &known).await?;
    Ok(Outcome::Pass)
}

/// RC-11.
pub(super) async fn unknown_offset(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut owner = Owner::new(&probe, &user).await?;
    let known = owner.lost(&probe).await?;
    let old = format!("0{}", known.offset);
    let shows = asking(&owner.shows, json!(known.pid), json!(old));
    is_fresh(&probe, "an offset that is not there", &shows, &known).await?;
    Ok(Outcome::Pass)
}

/// RC-12.
pub(super) async fn twice_at_once(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut owner = Owner::new(&probe, &user).await?;
    let known = owner.lost(&probe).await?;
    let shows = known.asked(&owner.shows);
    let (one, two) = try_join(asked(&probe, &shows), asked(&probe, &shows)).await?;
    let recovered = [&one, &two].into_iter().filter(|(_, heard, answer)| {
        let sid = answer.as_ref().map(|answer| text(&answer.value(), "sid"));
        sid.as_ref() == Some(&known.sid) || heard.event().is_some()
    });
    if recovered.count() <= 1 {
        return Ok(Outcome::Pass);
    }
    Err(missed(
        "one session that is recovered at the most",
        "two of them",
    ))
}

/// MN-13.
pub(in crate::conform) async fn elsewhere(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut owner = Owner::new(&probe, &user).await?;
    let known = owner.lost(&probe).await?;
    let shows = known.asked(&owner.shows);
    let other = probe.at_node(1);
    let (mut session, mut heard, answer) = asked(&other, &shows).await?;
    let answer = answer.filter(|answer| answer.kind == PacketType::Connect);
    let answer = answer.ok_or_else(|| missed("CONNECT for good credentials", "a refusal"))?;
    let said = answer.value();
    heard.packets.extend(session.listen(LATER).await.packets);
    let is_back = text(&said, "sid") == known.sid || text(&said, "pid") == known.pid;
    if !is_back {
        hears_nothing("a new session, with nothing that was missed", &heard)?;
        return Ok(Outcome::Pass);
    }
    heard.packets.retain(|packet| packet.event().is_some());
    let due: Vec<_> = (1..=MISSED).map(|n| probe.message(n)).collect();
    exactly(
        "all that was missed, for a socket that is recovered at another node",
        &heard.packets,
        &due,
    )?;
    Ok(Outcome::Pass)
}
