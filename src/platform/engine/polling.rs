//! The session on long-polling: its polls and posts.

use super::{CloseReason, Engine, Life, Pending, PollRefusal, Transport};
use crate::platform::mutants::Mutant;
use crate::platform::wrong;
use crate::protocol::engine::{self, Packet};
use crate::time::Time;
use std::time::Duration;

/// How long a poll begun during an upgrade waits for packets before it is released.
const RELEASE: Duration = Duration::from_millis(100);

impl Engine {
    /// A GET came.
    pub(crate) fn begin_poll(&mut self, now: Time) -> Result<(), PollRefusal> {
        if self.is_closed() {
            return Err(PollRefusal::Gone);
        }
        if self.transport != Transport::Polling {
            return Err(PollRefusal::WrongTransport);
        }
        let mutants = self.config.mutants;
        if self.poll.is_some() {
            if !mutants.has(Mutant::BothServed) {
                self.close(now, CloseReason::PollOverlap);
            }
            return Err(PollRefusal::Overlap);
        }
        self.poll = Some(match &self.upgrade {
            Some(upgrade) if upgrade.probed && !mutants.has(Mutant::OneNoopOnly) => {
                Pending::Until(now + RELEASE)
            }
            _ => Pending::Patient,
        });
        Ok(())
    }

    /// The body that ends the pending poll, once there is one.
    pub(crate) fn poll_body(&mut self) -> Option<String> {
        let pending = self.poll?;
        let mut body = String::new();
        if self.transport == Transport::Polling {
            let mutants = self.config.mutants;
            let most = if mutants.has(Mutant::OversizePoll) {
                usize::MAX
            } else {
                self.config.max_payload
            };
            self.queue.fill_poll(most, &mut body);
            if mutants.any() {
                wrong::transports::spoil(mutants, &mut body);
            }
        }
        match self.life {
            Life::Closing(reason, _) if self.queue.is_empty() => {
                if !body.is_empty() {
                    body.push(engine::SEPARATOR);
                }
                engine::encode(&Packet::Close, &mut body);
                self.finish(reason);
            }
            Life::Closed(reason) => {
                // The client that said goodbye needs no answer to it, only the end of its poll.
                let last = match reason {
                    CloseReason::ByClient => Packet::Noop,
                    _ => Packet::Close,
                };
                engine::encode(&last, &mut body);
            }
            _ => {}
        }
        if body.is_empty() {
            if self.transport == Transport::Polling && pending != Pending::Released {
                return None;
            }
            engine::encode(&Packet::Noop, &mut body);
        }
        self.poll = None;
        Some(body)
    }

    /// The pending poll's connection broke: what it would have carried is unknowable, so the session ends; unless it has moved to
    /// WebSocket, as nothing but a release was left for the poll then.
    pub(crate) fn abort_poll(&mut self, now: Time) {
        self.poll = None;
        let kept = self.config.mutants.has(Mutant::KeepSessionAfterAbort);
        if self.transport != Transport::Polling || kept {
            return;
        }
        self.close(now, CloseReason::TransportLost);
        if let Life::Closing(reason, _) = self.life {
            self.finish(reason);
        }
    }

    /// A POST came. False: refuse it.
    pub(crate) fn begin_post(&mut self) -> bool {
        let free = self.is_open() && self.takes_posts() && !self.posting;
        self.posting |= free;
        free
    }

    /// Whether what is posted is for this session.
    pub(crate) fn takes_posts(&self) -> bool {
        self.transport == Transport::Polling
            || self.config.mutants.has(Mutant::SidHijackCrossTransport)
    }

    /// Whether time stands still for the session: a mutant.
    pub(crate) fn leaks(&self) -> bool {
        self.config.mutants.has(Mutant::SessionLeak)
            && self.transport == Transport::Polling
            && self.poll.is_none()
    }

    /// The POST was handled or given up.
    pub(crate) fn end_post(&mut self) {
        self.posting = false;
    }
}
