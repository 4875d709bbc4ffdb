//! Sessions that a case drives itself: somebody on one, and the events that come on it.

use std::time::Duration;

use super::User;
use crate::conform::case::{Capability, missed, silence};
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::packet::{self, Packet};
use crate::conform::probe::socket::{Came, MARK, otherwise};
use crate::conform::probe::{PATIENCE, Probe, ProbeError};
use crate::protocol::socket::{MAIN_NAMESPACE, PacketType};
use crate::scenario::conformance::Echo;
use crate::summary::conformance::Outcome;

impl Probe {
    /// A session of this user's on this way, joined, which nobody reads but the case.
    pub async fn come_by_hand(&self, user: &User, over: Over) -> Result<Session, Outcome> {
        let shows = self.log_in(user).await?;
        let mut session = self.presenting(&shows).session(over).await?;
        let answer = session.hello(&shows.hello).await?;
        if answer.kind != PacketType::Connect {
            return Err(missed("a CONNECT for good credentials", answer.told()));
        }
        Ok(session)
    }

    /// The events that the target answers with what it was sent; the usual names, if it is not said.
    pub fn echo(&self) -> Echo {
        self.section().echo.clone().unwrap_or_default()
    }

    /// Whether this is no event of another case.
    pub fn is_own(&self, packet: &Packet) -> bool {
        packet.event().is_none() || !packet.data.contains(MARK) || packet.data.contains(self.mark())
    }

    /// The events of this case that come up to the first of this name, that one last. What else comes, and that it does not come within
    /// the usual patience, is missed.
    pub async fn events_until(
        &self,
        session: &mut Session,
        name: &str,
    ) -> Result<Vec<Packet>, Outcome> {
        let until = self.elapsed() + PATIENCE;
        let mut all = Vec::new();
        loop {
            let what = format!("the event {name:?}");
            let left = until.saturating_sub(self.elapsed());
            match self.own_within(session, left).await {
                Ok(Came::Packet(packet)) => {
                    let last = packet.event().is_some_and(|(own, _)| own == name);
                    all.push(packet);
                    if last {
                        return Ok(all);
                    }
                }
                Ok(other @ Came::Ended(..)) => {
                    return Err(silence(what, after(&all, &other.told())));
                }
                Ok(other) => return Err(missed(what, after(&all, &other.told()))),
                Err(error) => return Err(silence(what, after(&all, &error.to_string()))),
            }
        }
    }

    /// That a joined session carries events both ways: one with this number is echoed. Where there is no echo, that it is not over.
    pub async fn still_works(&self, session: &mut Session, n: u64) -> Result<(), Outcome> {
        const SHORTLY: Duration = Duration::from_millis(200);
        if !self.offers(Capability::Echo) {
            return match self.own_within(session, SHORTLY).await {
                Ok(Came::Packet(_)) | Err(ProbeError::Timeout(_)) => Ok(()),
                Ok(other) => Err(otherwise("a session that goes on", &other)),
                Err(error) => Err(silence("a session that goes on", error.to_string())),
            };
        }
        let (echo, message) = (self.echo(), self.message(n));
        session.send(&event(&echo.event, &message)).await?;
        let came = self.events_until(session, &echo.back).await?;
        super::exactly("the echo, and nothing else", &came, &[message])
    }

    /// What comes next within this time, but for the events of other cases.
    pub async fn own_within(
        &self,
        session: &mut Session,
        patience: Duration,
    ) -> Result<Came, ProbeError> {
        let until = self.elapsed() + patience;
        loop {
            let left = until.saturating_sub(self.elapsed());
            match session.next_packet(left).await? {
                Came::Packet(packet) if !self.is_own(&packet) => {}
                came => return Ok(came),
            }
        }
    }
}

/// An event of the main namespace, with this argument, as it is sent.
pub(in crate::conform) fn event(name: &str, argument: &str) -> String {
    packet::event(MAIN_NAMESPACE, None, name, argument)
}

/// The number of a message of [`Probe::message`].
pub(in crate::conform) fn number(packet: &Packet) -> Option<u64> {
    packet.value().get(1)?.get("n")?.as_u64()
}

/// What came in the end, and what before it.
fn after(all: &[Packet], seen: &str) -> String {
    match all.last() {
        None => seen.to_owned(),
        Some(last) => format!(
            "{} packets, the last of them {}, and then: {seen}",
            all.len(),
            last.told()
        ),
    }
}
