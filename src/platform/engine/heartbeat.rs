//! The heartbeat: pings of the server, and what comes of their answers.

use super::{CloseReason, Engine, Transport};
use crate::platform::config::PlatformConfig;
use crate::platform::mutants::Mutant;
use crate::protocol::engine::Packet;
use crate::time::Time;
use std::time::Duration;

/// How late a timer of this machine may be while nothing keeps it.
const TIMER_GRAIN: Duration = Duration::from_millis(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heartbeat {
    /// The next ping is due then.
    Rest { ping_at: Time },
    /// A ping was queued at `pinged` and wants its pong by `until`.
    Waiting { pinged: Time, until: Time },
}

impl Heartbeat {
    /// When it wants something done.
    pub(super) fn due(self) -> Time {
        match self {
            Self::Rest { ping_at } => ping_at,
            Self::Waiting { until, .. } => until,
        }
    }
}

impl Engine {
    /// Sends a ping, or gives the client up, if it is time.
    pub(super) fn beat(&mut self, now: Time) {
        match self.heartbeat {
            Heartbeat::Rest { ping_at } if now >= ping_at => {
                // What a timer is late by its own grain is no time that the client has more; nor is anything to the official suites,
                // which wait to the millisecond.
                let official = self.config.official_echo;
                let now = if official || now <= ping_at + TIMER_GRAIN {
                    ping_at
                } else {
                    now
                };
                self.heartbeat = Heartbeat::Waiting {
                    pinged: now,
                    until: now + self.pong_within(),
                };
                self.send_packet(now, &Packet::Ping(""));
            }
            Heartbeat::Waiting { until, .. } if now >= until => {
                self.close(now, CloseReason::PingTimeout);
            }
            _ => {}
        }
    }

    /// Pings keep their cadence whatever the answers' delay; an unasked pong means nothing.
    pub(super) fn handle_pong(&mut self, now: Time) {
        let mutants = self.config.mutants;
        match self.heartbeat {
            Heartbeat::Waiting { .. } if mutants.has(Mutant::SpuriousTimeout) => {}
            Heartbeat::Waiting { pinged, .. } => {
                self.heartbeat = Heartbeat::Rest {
                    ping_at: (pinged + self.config.ping_interval).max(now),
                };
            }
            Heartbeat::Rest { .. } if mutants.has(Mutant::PongFlood) => {
                self.send_packet(now, &Packet::Ping(""));
            }
            Heartbeat::Rest { .. } => {}
        }
    }

    /// How long a pong may take.
    fn pong_within(&self) -> Duration {
        let mutants = self.config.mutants;
        let on_websocket = self.transport == Transport::WebSocket;
        if mutants.has(Mutant::NoPingTimeout)
            || mutants.has(Mutant::HalfOpenForever) && on_websocket
        {
            return Duration::MAX;
        }
        self.config.ping_timeout
    }
}

/// How long after the open packet the first ping is due.
pub(super) fn first_ping(config: &PlatformConfig, transport: Transport) -> Duration {
    if config.mutants.has(Mutant::NoPing) {
        Duration::MAX
    } else if transport == Transport::WebSocket && config.mutants.has(Mutant::PingAtZero) {
        Duration::ZERO
    } else {
        config.ping_interval
    }
}
