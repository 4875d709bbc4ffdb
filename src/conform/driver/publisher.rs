//! Asks for pushes by the scenario's trigger, and waits until they have arrived.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::User;
use crate::conform::case::missed;
use crate::conform::probe::packet::Packet;
use crate::conform::probe::socket::{Came, Socket, otherwise};
use crate::conform::probe::{PATIENCE, Probe};
use crate::history;
use crate::ids::AppId;
use crate::summary::conformance::Outcome;
use crate::trigger::{Asked, Asker, Wanted};

/// How long a push may take to be answered.
const ANSWER: Duration = Duration::from_secs(10);
/// How long something that is not to come is waited for behind what came last.
const LATER: Duration = Duration::from_millis(200);

/// Whom a push is for.
#[derive(Debug, Clone, Copy)]
pub enum To<'a> {
    /// Everyone in this app.
    Everyone(&'a str),
    /// A user.
    User(&'a User),
}

/// One who asks for pushes, one after the other.
pub struct Publisher {
    probe: Probe,
    asker: Asker,
    fences: u32,
}

impl Probe {
    /// Somebody who asks for pushes over a connection of their own.
    pub fn publisher(&self) -> Publisher {
        let target = &self.target;
        let node = target.nodes.of_lane(self.lane(), 0);
        let asker = Asker::new(&target.plan, 0, node, Vec::new(), ANSWER, self.clock);
        Publisher {
            probe: self.clone(),
            asker,
            fences: 0,
        }
    }

    /// An event name of this case alone.
    pub fn event_name(&self) -> String {
        format!("{}event", self.mark())
    }

    /// The fewest bytes of JSON that tell this case's pushes from each other: an object with the case's mark and this number.
    pub fn message(&self, n: u64) -> String {
        format!(r#"{{"of":"{}","n":{n}}}"#, self.mark())
    }
}

impl Publisher {
    pub(super) fn probe(&self) -> &Probe {
        &self.probe
    }

    /// Asks for a push with this message as JSON (empty: no argument), and gives the answer.
    pub async fn ask(&mut self, to: To<'_>, event: &str, message: &str) -> Asked {
        self.asked(to, event, message, None).await.0
    }

    /// The same with what the answer says, where that is JSON.
    pub async fn ask_in_full(
        &mut self,
        to: To<'_>,
        event: &str,
        message: &str,
    ) -> (Asked, Option<Value>) {
        let (asked, body) = self.asked(to, event, message, None).await;
        let said = body.and_then(|body| serde_json::from_slice(&body).ok());
        (asked, said)
    }

    /// The same with bytes for a message.
    pub async fn ask_binary(&mut self, to: To<'_>, event: &str, bytes: &[u8]) -> Asked {
        self.asked(to, event, "", Some(bytes)).await.0
    }

    async fn asked(
        &mut self,
        to: To<'_>,
        event: &str,
        message: &str,
        bytes: Option<&[u8]>,
    ) -> (Asked, Option<bytes::Bytes>) {
        let plan = &self.probe.target.plan;
        let (app, user) = match to {
            To::Everyone(app) => (app, None),
            To::User(user) => (user.app.as_str(), Some(user.name.as_str())),
        };
        let ready = self.asker.ready(&Wanted {
            app,
            user,
            listed: user.and_then(|user| plan.somebody(AppId(0), user).listed()),
            event,
            message,
            bytes,
        });
        let whom = user.map_or_else(|| "everyone".to_owned(), |user| format!("{user:?}"));
        let said = bytes.map_or_else(
            || message.to_owned(),
            |bytes| format!("{} bytes", bytes.len()),
        );
        self.probe.note_at(
            0,
            "→",
            &format!("(push {event:?} at {whom} of app {app}: {said})"),
        );
        let (asked, answer) = self.asker.ask_in_full(ready).await;
        let why = asked.why.as_deref().unwrap_or_default();
        self.probe
            .note_at(0, "←", &format!("(push {:?} {why})", asked.outcome));
        (asked, answer.map(|answer| answer.body))
    }

    /// Asks for a push that has to be accepted: if it is not, there is no telling.
    pub async fn push(&mut self, to: To<'_>, event: &str, message: &str) -> Result<(), Outcome> {
        accepted(self.ask(to, event, message).await)
    }

    /// The same with bytes for a message.
    pub async fn push_binary(
        &mut self,
        to: To<'_>,
        event: &str,
        bytes: &[u8],
    ) -> Result<(), Outcome> {
        accepted(self.ask_binary(to, event, bytes).await)
    }

    /// All events that came at a socket of this user before one that is pushed at them now, and shortly behind that: what was pushed before
    /// has come by then, or comes out of order. That this one does not come is missed.
    pub async fn heard(
        &mut self,
        user: &User,
        socket: &mut Socket,
    ) -> Result<Vec<Packet>, Outcome> {
        self.fences += 1;
        let fence = format!("{}fence-{}", self.probe.mark(), self.fences);
        self.push(To::User(user), &fence, "null").await?;
        until_fence(socket, &fence).await
    }

    /// The same of several sockets of one user.
    pub async fn heard_by_all(
        &mut self,
        user: &User,
        sockets: &mut [Socket],
    ) -> Result<Vec<Vec<Packet>>, Outcome> {
        self.fences += 1;
        let fence = format!("{}fence-{}", self.probe.mark(), self.fences);
        self.push(To::User(user), &fence, "null").await?;
        let all = sockets.iter_mut().map(|socket| until_fence(socket, &fence));
        join_all(all).await.into_iter().collect()
    }

    /// The same of one socket of each of these users.
    pub async fn heard_by_each(
        &mut self,
        users: &[User],
        sockets: &mut [Socket],
    ) -> Result<Vec<Vec<Packet>>, Outcome> {
        self.fences += 1;
        let fence = format!("{}fence-{}", self.probe.mark(), self.fences);
        for user in users {
            self.push(To::User(user), &fence, "null").await?;
        }
        let all = sockets.iter_mut().map(|socket| until_fence(socket, &fence));
        join_all(all).await.into_iter().collect()
    }
}

async fn until_fence(socket: &mut Socket, fence: &str) -> Result<Vec<Packet>, Outcome> {
    let is_fence = |packet: &Packet| packet.event().is_some_and(|(name, _)| name == fence);
    let what = format!("the push {fence:?}, and others before it");
    let mut heard = socket.until_within(PATIENCE, &what, is_fence).await?;
    heard.pop();
    while let Some(came) = socket.next_within(LATER).await {
        match came {
            Came::Packet(packet) => heard.push(packet),
            other => return Err(otherwise("a connection that goes on", &other)),
        }
    }
    Ok(heard)
}

/// Only of a push that was accepted it is known that it has to arrive.
fn accepted(asked: Asked) -> Result<(), Outcome> {
    match asked.outcome {
        history::Outcome::Accepted => Ok(()),
        outcome => {
            let why = asked.why.unwrap_or_default();
            Err(match asked.shortage {
                Some(shortage) => Outcome::Error(shortage),
                None => Outcome::Unknown(format!("a push was not accepted ({outcome:?}): {why}")),
            })
        }
    }
}

/// That these are the messages that came, as JSON values, in this order, each once.
pub(in crate::conform) fn exactly(
    what: &str,
    heard: &[Packet],
    due: &[String],
) -> Result<(), Outcome> {
    let args = |packet: &Packet| match packet.event() {
        Some((_, args)) => args.to_owned(),
        None => packet.told(),
    };
    let value = |text: &str| serde_json::from_str::<Value>(&format!("[{text}]")).ok();
    let equal = |(packet, due): (&Packet, &String)| {
        let own = args(packet);
        own == *due || value(due).is_some_and(|due| value(&own) == Some(due))
    };
    if heard.len() == due.len() && heard.iter().zip(due).all(equal) {
        return Ok(());
    }
    let seen: Vec<_> = heard.iter().map(args).collect();
    Err(missed(format!("{what}: {}", listed(due)), listed(&seen)))
}

fn listed(all: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = all
        .iter()
        .take(SHOWN)
        .map(|one| crate::conform::probe::trace::escaped(one))
        .collect::<Vec<_>>()
        .join(", ");
    match all.len() {
        0 => "nothing".to_owned(),
        n if n > SHOWN => {
            format!("{shown} … ({n} in all)")
        }
        _ => shown,
    }
}
