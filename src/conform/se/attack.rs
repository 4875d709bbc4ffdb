//! What one says who has joined, and what comes of it.

use std::time::Duration;

use super::bystander::Bystander;
use crate::conform::case::{Judged, missed};
use crate::conform::driver::Credentials;
use crate::conform::probe::link::{Over, Session};
use crate::conform::probe::socket::Came;
use crate::conform::probe::{PATIENCE, Probe, ProbeError};
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

/// Something that is said.
#[derive(Debug, Clone)]
pub(super) enum Said {
    /// A packet of text, as it is written.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// The name, as JSON, of the event that a target acknowledges with what it had, if it has echoes; and else of one of this case alone.
pub(super) fn acked(probe: &Probe) -> String {
    let echo = probe.section().echo.as_ref();
    let name = echo.map_or_else(|| probe.event_name(), |echo| echo.ack.clone());
    serde_json::Value::from(name).to_string()
}

/// The transports of sessions that the target has.
pub(super) fn transports(probe: &Probe) -> Vec<Over> {
    let mut ways = probe.ways();
    ways.retain(|way| *way != Over::Upgrade);
    ways
}

/// Somebody who misbehaves, and a bystander.
pub(super) struct Scene {
    pub(super) probe: Probe,
    pub(super) bystander: Bystander,
    /// What the one who misbehaves shows.
    pub(super) shows: Credentials,
}

impl Scene {
    /// Both are let in, and the bystander has heard something.
    pub(super) async fn of(probe: &Probe) -> Result<Self, Outcome> {
        let (bystander, shows) = Bystander::beside(probe).await?;
        Ok(Self {
            probe: probe.clone(),
            bystander,
            shows,
        })
    }

    /// A session of the one who misbehaves, joined.
    pub(super) async fn joined(&self, over: Over) -> Result<Session, Outcome> {
        let probe = self.probe.presenting(&self.shows);
        let mut session = probe.session(over).await?;
        let answer = session.hello(&self.shows.hello).await?;
        if answer.kind == PacketType::Connect {
            Ok(session)
        } else {
            let told = answer.told();
            Err(Outcome::Unknown(format!("the case could not join: {told}")))
        }
    }

    /// The same, on the way that needs the least.
    pub(super) async fn joined_as_usual(&self) -> Result<Session, Outcome> {
        self.joined(self.probe.usual_way()).await
    }

    /// That each of these, said on a connection of its own, ends it unhandled, and harms nobody else.
    pub(super) async fn each_ends(
        &mut self,
        ways: &[Over],
        shapes: &[(&str, Vec<Said>)],
    ) -> Result<(), Outcome> {
        for (what, shape) in shapes {
            for over in ways {
                let mut session = self.joined(*over).await?;
                for said in shape {
                    say(&mut session, said).await?;
                }
                let what = format!("{what}, on {}", over.name());
                let ended = ends_within(&self.probe, &mut session, &what, PATIENCE).await;
                // That others are harmed is worse.
                self.bystander.goes_on(&what).await?;
                ended?;
            }
        }
        Ok(())
    }

    /// The end: that the bystander hears on, and that there are sessions for others.
    pub(super) async fn unharmed(self, after: &str) -> Judged {
        self.bystander.unharmed(after).await?;
        Ok(Outcome::Pass)
    }
}

/// Says this, as far as it is taken: that it is refused is no worse than that the connection ends.
pub(super) async fn say(session: &mut Session, said: &Said) -> Result<(), Outcome> {
    let sent = tokio::time::timeout(PATIENCE, async {
        match said {
            Said::Text(text) => session.send(text).await,
            Said::Binary(bytes) => session.send_binary(bytes).await,
        }
    });
    match sent.await {
        Ok(Err(outcome @ Outcome::Error(_))) => Err(outcome),
        _ => Ok(()),
    }
}

/// That the connection ends within this time, and that nothing said on it was handled: no acknowledgement comes, and no event of this
/// case.
pub(super) async fn ends_within(
    probe: &Probe,
    session: &mut Session,
    what: &str,
    patience: Duration,
) -> Result<(), Outcome> {
    let ended = tokio::time::timeout(patience, ends(probe, session, what));
    ended.await.unwrap_or_else(|_| {
        Err(missed(
            "the end of the connection",
            format!("{what}: a connection that is still open after {patience:?}"),
        ))
    })
}

async fn ends(probe: &Probe, session: &mut Session, what: &str) -> Result<(), Outcome> {
    loop {
        match session.next_packet(Duration::MAX).await {
            Ok(Came::Packet(packet)) => {
                let acked = matches!(packet.kind, PacketType::Ack | PacketType::BinaryAck);
                if acked || packet.data.contains(probe.mark()) {
                    let seen = format!("{what}: {}", packet.told());
                    return Err(missed("nothing of it handled", seen));
                }
            }
            // On long-polling the end is a packet.
            Ok(Came::Other(text)) if text == "1" => return Ok(()),
            Ok(Came::Other(_)) => {}
            Ok(Came::Ended(..)) | Err(ProbeError::Ended | ProbeError::Frame(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// The way that needs the least, alone.
pub(super) fn usual(probe: &Probe) -> [Over; 1] {
    [probe.usual_way()]
}

/// How long something may take for which a time is stated: machines are busy.
pub(super) fn within(stated: Duration) -> Duration {
    const LATE: Duration = Duration::from_secs(1);
    stated + stated / 2 + LATE
}
