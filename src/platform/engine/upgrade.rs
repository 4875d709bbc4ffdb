//! The session on WebSocket, and the way there.

use super::{CloseReason, Engine, Life, Next, Pending, ProbeStep, Transport, Upgrade};
use crate::platform::mutants::Mutant;
use crate::protocol::engine::{self, Packet};
use crate::time::Time;

impl Engine {
    /// A WebSocket for this session came: the number of the attempt, unless no upgrade is possible now.
    pub(crate) fn begin_upgrade(&mut self, now: Time) -> Option<u32> {
        let mutants = self.config.mutants;
        let possible = self.is_open()
            && (self.transport == Transport::Polling || mutants.has(Mutant::StealBySecondWs))
            && self.upgrade.is_none()
            && self.config.websocket;
        if !possible {
            return None;
        }
        self.attempts = self.attempts.wrapping_add(1);
        self.upgrade = Some(Upgrade {
            attempt: self.attempts,
            probed: false,
            until: if mutants.has(Mutant::LeakOnStalledUpgrade) {
                Time::MAX
            } else {
                now + self.config.upgrade_timeout
            },
        });
        Some(self.attempts)
    }

    /// Whether this attempt may still become the session's transport.
    pub(crate) fn upgrade_lives(&self, attempt: u32) -> bool {
        self.upgrade.as_ref().is_some_and(|u| u.attempt == attempt)
    }

    /// A text frame on the WebSocket of that attempt.
    pub(crate) fn handle_probe(&mut self, attempt: u32, text: &str) -> ProbeStep {
        let mutants = self.config.mutants;
        let Some(upgrade) = self.upgrade.as_mut().filter(|u| u.attempt == attempt) else {
            return ProbeStep::Drop;
        };
        match engine::decode(text) {
            Ok(Packet::Ping("probe")) => {
                upgrade.probed = true;
                self.poll = self.poll.map(|_| Pending::Released);
                ProbeStep::Answer
            }
            Ok(Packet::Upgrade) if upgrade.probed || mutants.has(Mutant::UpgradeWithoutProbe) => {
                if mutants.has(Mutant::LoseDuringUpgrade) {
                    self.queue.clear();
                }
                if mutants.has(Mutant::DupDuringUpgrade) {
                    self.queue.double();
                }
                self.upgrade = None;
                self.transport = Transport::WebSocket;
                if mutants.has(Mutant::ReorderOnUpgrade) {
                    self.queue.reverse();
                }
                ProbeStep::Upgraded
            }
            _ => {
                self.upgrade = None;
                ProbeStep::Drop
            }
        }
    }

    /// The WebSocket of that attempt broke: polling goes on as if nothing had been tried.
    pub(crate) fn end_upgrade(&mut self, attempt: u32) {
        if self.upgrade_lives(attempt) {
            self.upgrade = None;
            if self.config.mutants.has(Mutant::HalfUpgradeBlackhole) {
                self.finish(CloseReason::TransportLost);
            }
        }
    }

    /// Whether a client has asked for an upgrade that is not over.
    pub(crate) fn is_upgrading(&self) -> bool {
        self.upgrade.is_some()
    }

    /// Moves the session to a WebSocket at once, by a mutant. False: it is not to be moved.
    pub(crate) fn hijack(&mut self) -> bool {
        let possible = self.is_open() && self.transport == Transport::Polling;
        if possible {
            self.upgrade = None;
            self.transport = Transport::WebSocket;
        }
        possible
    }

    /// What the session's WebSocket is to write next. Without room for a frame only the end of the session comes out.
    pub(crate) fn next_frame(&mut self, room: bool) -> Next {
        if let Life::Closed(reason) = self.life {
            return Next::Close(reason);
        }
        if !room {
            return Next::Nothing;
        }
        if let Some(frame) = self.queue.pop() {
            return Next::Frame(frame);
        }
        if let Life::Closing(reason, _) = self.life {
            self.finish(reason);
            return Next::Close(reason);
        }
        Next::Nothing
    }
}
