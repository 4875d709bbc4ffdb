//! Coming and leaving.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::conform::case::{Capability, Judged, missed};
use crate::conform::driver::{By, Credentials, Publisher, To, User, exactly};
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::{Came, Socket};
use crate::conform::probe::{PATIENCE, Probe};
use crate::history;
use crate::protocol::socket::{MAIN_NAMESPACE, PacketType, encode_event};
use crate::scenario::conformance::{Offline, SessionEnd};
use crate::summary::conformance::Outcome;

/// How long a leave may take to be heeded.
const HEEDED: Duration = Duration::from_secs(3);
/// How long until that is tried again.
const AGAIN: Duration = Duration::from_millis(50);
/// How long what is not to come is waited for.
const LATER: Duration = Duration::from_millis(200);

/// RT-03.
pub(super) async fn absent(probe: Probe) -> Judged {
    let users = probe.users(2).await?;
    let mut other = probe.come(&users[1]).await?;
    let mut publisher = probe.publisher();
    let (event, message) = (probe.event_name(), probe.message(1));
    let asked = publisher.ask(To::User(&users[0]), &event, &message).await;
    let stated = probe.section().offline;
    match (asked.outcome, stated) {
        (history::Outcome::Unknown, _) => {
            return Err(Outcome::Unknown(asked.why.unwrap_or_default()));
        }
        (history::Outcome::Rejected, Some(Offline::Drop | Offline::Store)) => {
            let seen = format!("a refusal: {}", asked.why.unwrap_or_default());
            return Err(missed(
                "a push at who is not there accepted, as stated",
                seen,
            ));
        }
        (history::Outcome::Accepted, Some(Offline::Refuse)) => {
            let allowed = "a push at who is not there refused, as stated";
            return Err(missed(allowed, "accepted"));
        }
        _ => {}
    }
    let mut late = probe.come(&users[0]).await?;
    let heard = publisher.heard(&users[0], &mut late).await?;
    let stored = stated == Some(Offline::Store);
    let due: &[String] = if stored { &[message] } else { &[] };
    let what = if stored {
        "what was stored"
    } else {
        "nothing from before the user came"
    };
    exactly(what, &heard, due)?;
    let heard = publisher.heard(&users[1], &mut other).await?;
    exactly("nothing at another user", &heard, &[])?;
    Ok(Outcome::Pass)
}

/// RT-17.
pub(super) async fn gone(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let mut stays = probe.come(&user).await?;
    let shows = probe.log_in(&user).await?;
    let mut leaving = Leaving {
        publisher: probe.publisher(),
        probe: &probe,
        user: &user,
        pushes: 0,
    };
    for over in probe.ways() {
        let mut leaves = probe.socket_over(&shows, over).await?;
        leaves.leave();
        let how = format!("it has left its namespace over {}", over.name());
        leaving.heeded(&how, &mut leaves, &mut stays).await?;
        // One that is gone altogether harms nobody.
        drop(leaves);
        leaving.one_more(&mut stays).await?;
    }
    if probe.offers(Capability::Logout)
        && probe.section().session_end == Some(SessionEnd::Disconnect)
    {
        let mut kicked = probe.socket(&shows).await?;
        probe.log_out(&shows).await?;
        leaving
            .heeded("it was logged out", &mut kicked, &mut stays)
            .await?;
    }
    Ok(Outcome::Pass)
}

/// A user, one of whose sockets stays while another leaves.
struct Leaving<'a> {
    probe: &'a Probe,
    user: &'a User,
    publisher: Publisher,
    pushes: u32,
}

impl Leaving<'_> {
    /// A push, which the one that stays gets.
    async fn one_more(&mut self, stays: &mut Socket) -> Result<(), Outcome> {
        self.pushes += 1;
        let event = format!("{}-{}", self.probe.event_name(), self.pushes);
        self.publisher
            .push(To::User(self.user), &event, "null")
            .await?;
        stays.event(&event).await.map(drop)
    }

    /// That pushes do not reach this one any more, soon, and go on reaching the one that stays.
    async fn heeded(
        &mut self,
        how: &str,
        leaves: &mut Socket,
        stays: &mut Socket,
    ) -> Result<(), Outcome> {
        let until = self.probe.elapsed() + HEEDED;
        loop {
            self.one_more(stays).await?;
            match came(leaves).await {
                None => break,
                Some(event) if self.probe.elapsed() > until => {
                    let allowed = format!("no push at a socket once {how}");
                    return Err(missed(allowed, event));
                }
                // It was on its way, perhaps; a little later it is not any more.
                Some(_) => tokio::time::sleep(AGAIN).await,
            }
        }
        // Once it is gone, it stays so.
        self.one_more(stays).await?;
        match came(leaves).await {
            None => Ok(()),
            Some(event) => Err(missed(
                format!("no push at a socket once {how}, and one was missed"),
                event,
            )),
        }
    }
}

/// An event that has come at a socket, if any has.
async fn came(socket: &mut Socket) -> Option<String> {
    while let Some(came) = socket.next_within(LATER).await {
        match came {
            Came::Packet(packet) if packet.event().is_some() => return Some(packet.told()),
            Came::Ended(..) => return None,
            _ => {}
        }
    }
    None
}

/// RT-18.
pub(super) async fn two_namespaces(probe: Probe) -> Judged {
    let ways = probe.carriers()?;
    let namespaces = probe.section().namespaces.clone().unwrap_or_default();
    let further = namespaces.first().cloned().unwrap_or_default();
    let users = probe.users(2).await?;
    let main = probe.log_in(&users[0]).await?;
    let other = probe.log_in(&users[1]).await?.in_namespace(&further);
    let mut session = probe.presenting(&main).session(probe.usual_way()).await?;
    let first = session.hello(&main.hello).await?;
    let second = session.hello(&other.hello).await?;
    for answer in [&first, &second] {
        if answer.kind != PacketType::Connect {
            let allowed = "a CONNECT in both namespaces for good credentials";
            return Err(missed(allowed, answer.told()));
        }
    }
    let mut socket = probe.keep(session, &first)?;
    // What is due: each message with the namespace that it belongs to.
    let (one, two) = (probe.message(1), probe.message(2));
    let mut due = Vec::new();
    if ways.contains(&By::Echo) {
        let event = probe.section().echo.clone().unwrap_or_default().event;
        for (namespace, message) in [(MAIN_NAMESPACE, &one), (&further, &two)] {
            let mut text = "4".to_owned();
            encode_event(namespace, None, &event, message, &mut text);
            socket.send(&text);
            due.push((namespace.to_owned(), message.clone()));
        }
    } else {
        let to = To::User(&users[0]);
        let mut publisher = probe.publisher();
        publisher.push(to, &probe.event_name(), &one).await?;
        due.push((MAIN_NAMESPACE.to_owned(), one));
    }
    let mut heard = Vec::new();
    while heard.len() < due.len() {
        match socket.next_within(PATIENCE).await {
            Some(Came::Packet(packet)) => heard.push(packet),
            Some(other) => return Err(missed("events in both namespaces", other.told())),
            None => {
                let seen = format!("{} of {} events", heard.len(), due.len());
                return Err(missed("events in both namespaces", seen));
            }
        }
    }
    while let Some(Came::Packet(packet)) = socket.next_within(LATER).await {
        heard.push(packet);
    }
    for (namespace, message) in &due {
        let own: Vec<Packet> = heard
            .iter()
            .filter(|packet| packet.namespace == *namespace)
            .cloned()
            .collect();
        exactly(
            &format!("what is for {namespace}, in it"),
            &own,
            std::slice::from_ref(message),
        )?;
    }
    Ok(Outcome::Pass)
}

/// Sockets that have a push right behind their CONNECT.
const ROUNDS: u64 = 20;

/// RT-19.
pub(super) async fn at_once(probe: Probe) -> Judged {
    let (user, _seat) = probe.user().await?;
    let shows = probe.log_in(&user).await?;
    let mut publisher = probe.publisher();
    for round in 0..ROUNDS {
        let event = format!("{}-{round}", probe.event_name());
        let mut socket = probe.socket(&shows).await?;
        publisher.push(To::User(&user), &event, "null").await?;
        let came = socket.event(&event).await;
        came.map_err(|outcome| match outcome {
            Outcome::Fail(seen) => missed("the first push behind CONNECT", seen.seen),
            other => other,
        })?;
    }
    Ok(Outcome::Pass)
}

/// Pushes at the user who stays, and comings and goings that there have to be meanwhile.
const STREAM: u64 = 400;
const CHURN: u32 = 200;
/// Clients that come and leave.
const CHURNING: u32 = 4;
/// How long that may take.
const LONGEST: Duration = Duration::from_secs(20);

/// RT-20.
pub(super) async fn churn(probe: Probe) -> Judged {
    let users = probe.users(1 + CHURNING).await?;
    let mut socket = probe.come(&users[0]).await?;
    let (left, stop) = (
        Arc::new(AtomicU32::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let mut churning = JoinSet::new();
    for user in &users[1..] {
        let shows = probe.log_in(user).await?;
        let (left, stop) = (Arc::clone(&left), Arc::clone(&stop));
        churning.spawn(come_and_leave(probe.clone(), shows, left, stop));
    }
    let mut publisher = probe.publisher();
    let event = probe.event_name();
    let mut due = Vec::new();
    while (due.len() as u64) < STREAM || left.load(Ordering::Relaxed) < CHURN {
        if probe.elapsed() > LONGEST || churning.is_empty() {
            break;
        }
        let message = probe.message(due.len() as u64);
        publisher
            .push(To::User(&users[0]), &event, &message)
            .await?;
        due.push(message);
    }
    stop.store(true, Ordering::Relaxed);
    while churning.join_next().await.is_some() {}
    let left = left.load(Ordering::Relaxed);
    if left < CHURN {
        let why = format!("only {left} clients came and left in {LONGEST:?}");
        return Err(Outcome::Unknown(why));
    }
    let heard = publisher.heard(&users[0], &mut socket).await?;
    let what = format!("{} pushes while {left} clients came and left", due.len());
    exactly(&what, &heard, &due)?;
    Ok(Outcome::Pass)
}

async fn come_and_leave(
    probe: Probe,
    shows: Credentials,
    left: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
) {
    while !stop.load(Ordering::Relaxed) {
        // One that does not get in is no churn.
        if probe.socket(&shows).await.is_ok() {
            left.fetch_add(1, Ordering::Relaxed);
        }
    }
}
