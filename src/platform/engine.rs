//! The server's half of one Engine.IO session, sans-IO: transports, heartbeat, upgrade, closing.
//!
//! Time is an argument; bytes come in as packets and go out as frames. Invariants:
//! - every packet given to [`Engine::send`] leaves through exactly one transport, in order, or the session closes;
//! - once the session has begun to close, nothing that comes in is handled any more;
//! - one poll and one POST at a time; one upgrade at a time; a failed upgrade leaves polling as it was.

mod breach;
mod heartbeat;
mod polling;
mod upgrade;

use self::heartbeat::{Heartbeat, first_ping};

use super::config::PlatformConfig;
use super::frame::{Frame, Queue};
use super::mutants::Mutant;
use super::token::Token;
use crate::protocol::engine::{self, Handshake, Packet};
use crate::time::Time;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// How long a closing session may take to hand out what waits for it.
const FAREWELL: Duration = Duration::from_secs(2);

/// The transport that carries the session now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Polling,
    WebSocket,
}

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloseReason {
    /// The client said so.
    ByClient,
    /// The client's connection broke.
    TransportLost,
    /// A heartbeat was not answered in time.
    PingTimeout,
    /// No namespace was joined in time.
    ConnectTimeout,
    /// The client broke the protocol; the text says how.
    Protocol(&'static str),
    /// A text that is not UTF-8.
    NotText,
    /// A message above the limit.
    TooBig,
    /// More waited for the client than may wait.
    Overflow,
    /// Two polls at once.
    PollOverlap,
    /// The server ended the login that the connection was for.
    Kicked,
    /// The platform stops.
    Shutdown,
}

impl CloseReason {
    /// Whether what waits is still handed out before the end.
    fn flushes(self) -> bool {
        matches!(self, Self::Kicked | Self::Shutdown)
    }

    /// The WebSocket close code that says so.
    pub(crate) fn code(self) -> u16 {
        match self {
            Self::ByClient | Self::TransportLost | Self::Kicked => 1000,
            Self::Shutdown => 1001,
            Self::Protocol(_) | Self::PollOverlap => 1002,
            Self::PingTimeout | Self::ConnectTimeout | Self::Overflow => 1008,
            Self::NotText => 1007,
            Self::TooBig => 1009,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Open,
    /// Nothing comes in any more; what waits still goes out, until the moment given.
    Closing(CloseReason, Time),
    Closed(CloseReason),
}

/// A poll that waits for packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    /// As long as it takes.
    Patient,
    /// Until then: an upgrade is under way and the client wants its poll back.
    Until(Time),
    /// Not any longer.
    Released,
}

#[derive(Debug)]
struct Upgrade {
    attempt: u32,
    probed: bool,
    until: Time,
}

/// A message for the layer above.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input<'a> {
    Text(&'a str),
    Binary(Cow<'a, [u8]>),
    Nothing,
}

/// Why a poll is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PollRefusal {
    /// The session is over.
    Gone,
    /// The session lives on WebSocket.
    WrongTransport,
    /// Another poll is pending; the session ends.
    Overlap,
}

/// What a packet on a probing WebSocket asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProbeStep {
    /// Answer with `3probe`.
    Answer,
    /// The session is on this WebSocket now.
    Upgraded,
    /// Close this WebSocket; the session stays on polling.
    Drop,
}

/// What a WebSocket carrying the session is to write next.
#[derive(Debug)]
pub(crate) enum Next {
    Frame(Frame),
    Close(CloseReason),
    Nothing,
}

/// The server's half of one Engine.IO session.
#[derive(Debug)]
pub(crate) struct Engine {
    config: Arc<PlatformConfig>,
    transport: Transport,
    life: Life,
    queue: Queue,
    heartbeat: Heartbeat,
    poll: Option<Pending>,
    posting: bool,
    upgrade: Option<Upgrade>,
    attempts: u32,
}

impl Engine {
    /// Opens a session; its open packet is the first to go out.
    pub(crate) fn open(
        config: Arc<PlatformConfig>,
        transport: Transport,
        sid: Token,
        now: Time,
    ) -> Self {
        let mut engine = Self {
            transport,
            life: Life::Open,
            queue: Queue::default(),
            heartbeat: Heartbeat::Rest {
                ping_at: now + first_ping(&config, transport),
            },
            poll: None,
            posting: false,
            upgrade: None,
            attempts: 0,
            config,
        };
        let handshake = engine.handshake(sid);
        engine.send_packet(now, &Packet::Open(&handshake));
        if transport == Transport::Polling && engine.config.mutants.has(Mutant::PingInOpen) {
            engine.send_packet(now, &Packet::Ping(""));
        }
        engine
    }

    fn handshake(&self, sid: Token) -> String {
        let mutants = self.config.mutants;
        let polls = self.transport == Transport::Polling && self.config.websocket;
        let upgrades = if polls || mutants.has(Mutant::UpgradesLie) {
            vec!["websocket".to_owned()]
        } else {
            Vec::new()
        };
        let millis = |d: Duration| {
            let millis = u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
            if mutants.has(Mutant::IntervalInSeconds) {
                millis / 1000
            } else {
                millis
            }
        };
        let handshake = Handshake {
            sid: sid.to_string(),
            upgrades,
            ping_interval: millis(self.config.ping_interval),
            ping_timeout: millis(self.config.ping_timeout),
            max_payload: (!mutants.has(Mutant::DropMaxPayload))
                .then_some(self.config.max_payload as u64),
        };
        serde_json::to_string(&handshake).expect("a handshake is plain data")
    }

    pub(crate) fn is_open(&self) -> bool {
        self.life == Life::Open
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.life, Life::Closed(_))
    }

    /// Whether the session is over without anybody's leave: its sockets may come back and go on. These are the ends after which socket.io keeps
    /// what it may recover; one by the server's own will, or for a breach of the protocol, is none.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(
            self.life,
            Life::Closed(
                CloseReason::ByClient
                    | CloseReason::TransportLost
                    | CloseReason::PingTimeout
                    | CloseReason::Overflow
            )
        )
    }

    /// Whether the client's own breach of the protocol ended the session.
    pub(crate) fn is_broken(&self) -> bool {
        matches!(self.life, Life::Closed(CloseReason::Protocol(_)))
    }

    pub(crate) fn transport(&self) -> Transport {
        self.transport
    }

    pub(crate) fn config(&self) -> &Arc<PlatformConfig> {
        &self.config
    }

    /// Whether packets wait for the transport.
    pub(crate) fn has_output(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Bytes that wait for the transport.
    pub(crate) fn bytes_waiting(&self) -> usize {
        self.queue.bytes()
    }

    /// When [`Self::handle_timeout`] is wanted next.
    pub(crate) fn deadline(&self) -> Time {
        let heartbeat = self.heartbeat.due();
        let life = match self.life {
            Life::Open => Time::MAX,
            Life::Closing(_, until) => return until,
            Life::Closed(_) => return Time::MAX,
        };
        let upgrade = self.upgrade.as_ref().map_or(Time::MAX, |u| u.until);
        heartbeat.min(life).min(upgrade).min(match self.poll {
            Some(Pending::Until(release)) => release,
            _ => Time::MAX,
        })
    }

    /// Does what time asks for: a ping, a timeout, the end of an upgrade that stalled.
    pub(crate) fn handle_timeout(&mut self, now: Time) {
        match self.life {
            Life::Open => {}
            Life::Closing(reason, until) => {
                if now >= until {
                    self.finish(reason);
                }
                return;
            }
            Life::Closed(_) => return,
        }
        self.beat(now);
        if self.upgrade.as_ref().is_some_and(|u| now >= u.until) {
            self.upgrade = None;
        }
        if matches!(self.poll, Some(Pending::Until(release)) if now >= release) {
            self.poll = Some(Pending::Released);
        }
    }

    /// Queues a packet; a session whose queue is full closes instead. False if the packet will not go out.
    pub(crate) fn send(&mut self, now: Time, frame: Frame) -> bool {
        if !self.is_open() {
            return false;
        }
        let bounds = self.config.queue;
        let full = self.queue.len() >= bounds.packets
            || self.queue.bytes() + frame.wire().len() > bounds.bytes;
        // A packet larger than the whole bound still goes to an idle reader.
        if full && !self.queue.is_empty() && !self.config.mutants.has(Mutant::UnboundedBuffer) {
            if self.config.mutants.has(Mutant::SilentDropWhenFull) {
                return true;
            }
            self.close(now, CloseReason::Overflow);
            return false;
        }
        let mutants = self.config.mutants;
        if mutants.has(Mutant::BoundedQueue128) && self.queue.len() >= 128 {
            return true;
        }
        self.queue.push(frame);
        if mutants.has(Mutant::ReorderUnderLoad) {
            self.queue.swap_last();
        }
        true
    }

    fn send_packet(&mut self, now: Time, packet: &Packet<'_>) {
        let mut text = String::new();
        engine::encode(packet, &mut text);
        self.send(now, Frame::text(&text));
    }

    /// Begins the end. Reasons of the server's own choosing let the client have what already waits for it.
    pub(crate) fn close(&mut self, now: Time, reason: CloseReason) {
        if !self.is_open() {
            return;
        }
        if reason.flushes() {
            self.life = Life::Closing(reason, now + FAREWELL);
            self.upgrade = None;
        } else {
            self.finish(reason);
        }
    }

    fn finish(&mut self, reason: CloseReason) {
        self.life = Life::Closed(reason);
        self.queue.clear();
        self.upgrade = None;
    }

    /// One packet of the client on the session's transport.
    pub(crate) fn handle_packet<'a>(&mut self, now: Time, packet: Packet<'a>) -> Input<'a> {
        if !self.is_open() {
            return Input::Nothing;
        }
        match packet {
            Packet::Message(text) => return Input::Text(text),
            Packet::Binary(data) => return Input::Binary(data),
            Packet::Pong(_) => self.handle_pong(now),
            Packet::Close if self.ignores_close() => {}
            Packet::Close => self.close(now, CloseReason::ByClient),
            Packet::Ping(_) => {
                self.close(
                    now,
                    CloseReason::Protocol("heartbeat in the wrong direction"),
                );
            }
            Packet::Open(_) | Packet::Upgrade | Packet::Noop => {
                self.close(now, CloseReason::Protocol("packet type out of place"));
            }
        }
        Input::Nothing
    }

    /// Whether a client's goodbye means nothing: a mutant.
    fn ignores_close(&self) -> bool {
        self.config.mutants.has(match self.transport {
            Transport::Polling => Mutant::CloseIgnored,
            Transport::WebSocket => Mutant::CloseIgnoredWs,
        })
    }
}

#[cfg(test)]
mod tests;
