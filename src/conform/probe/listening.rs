//! What a case hears on a session that it drives itself: all packets until it has enough, or the end of the connection.

use std::time::Duration;

use super::link::Session;
use super::packet::Packet;
pub use super::packet::{bare, connect, event, namespace_of};
use super::socket::Came;
use super::{Probe, ProbeError};
use crate::client::listener::Hello;
use crate::conform::case::missed;
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

/// What was heard.
#[derive(Debug, Default)]
pub struct Listened {
    /// The packets.
    pub packets: Vec<Packet>,
    /// When the connection ended, if it did.
    pub ended: Option<Duration>,
}

impl Listened {
    /// The first event among the packets.
    pub fn event(&self) -> Option<&Packet> {
        self.packets.iter().find(|packet| packet.event().is_some())
    }

    /// The first packet of this kind in this namespace.
    pub fn first(&self, kind: PacketType, namespace: &str) -> Option<&Packet> {
        let mut packets = self.packets.iter();
        packets.find(|packet| packet.kind == kind && packet.namespace == namespace)
    }
}

impl Session {
    /// Listens for this long, or until the connection ends.
    pub async fn listen(&mut self, span: Duration) -> Listened {
        self.listen_until(span, |_| false).await
    }

    /// The same, or until this is so of the packets that came. Events of other cases are left out.
    pub async fn listen_until(
        &mut self,
        span: Duration,
        enough: impl Fn(&[Packet]) -> bool,
    ) -> Listened {
        let until = self.elapsed() + span;
        let mut listened = Listened::default();
        while !enough(&listened.packets) {
            let left = until.saturating_sub(self.elapsed());
            match self.next_packet(left).await {
                Ok(Came::Packet(packet)) if packet.is_noise(self.probe().mark()) => {}
                Ok(Came::Packet(packet)) => listened.packets.push(packet),
                Ok(Came::Other(_)) => {}
                Err(ProbeError::Timeout(_)) => break,
                Ok(Came::Ended(..)) | Err(_) => {
                    listened.ended = Some(self.elapsed());
                    break;
                }
            }
        }
        listened
    }

    /// Sends this, though the target may have ended the connection: then that is what is heard next.
    pub async fn say(&mut self, packet: &str) {
        self.send(packet).await.ok();
    }
}

impl Probe {
    /// A namespace that no target has.
    pub fn nowhere(&self) -> String {
        format!("/{}nowhere", self.mark())
    }

    /// Leaves the namespace of a hello, and waits until the target is sure to have read that: it refuses a namespace that it does not have,
    /// which is asked for behind it. Gives what came meanwhile.
    pub async fn leave(&self, session: &mut Session, hello: &Hello) -> Result<Listened, Outcome> {
        const PATIENCE: Duration = super::PATIENCE;
        let nowhere = self.nowhere();
        let leaves = bare(PacketType::Disconnect, namespace_of(hello));
        session.send(&leaves).await?;
        session.say(&bare(PacketType::Connect, &nowhere)).await;
        let answered = |packets: &[Packet]| {
            let last = packets.last();
            last.is_some_and(|packet| packet.namespace == nowhere)
        };
        let listened = session.listen_until(PATIENCE, answered).await;
        if listened.ended.is_none() && !answered(&listened.packets) {
            let seen = format!("nothing of that namespace within {PATIENCE:?}");
            return Err(missed("CONNECT_ERROR in an unknown namespace", seen));
        }
        Ok(listened)
    }
}
