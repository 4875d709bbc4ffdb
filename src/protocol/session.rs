//! The client's session as a sans-IO state machine: one user's Socket.IO connection to a namespace over WebSocket.
//!
//! The driver feeds frames ([`Session::handle_text`], [`Session::handle_binary`]) and, at [`Session::deadline`], the passing of time
//! ([`Session::handle_timeout`]); after each it writes what [`Session::poll_transmit`] gives until that is `None`. Ten thousand sessions
//! sit in memory at once, so what is equal for many of them (auth, time-outs) is the driver's.
//!
//! Invariants: an event is reported as premature unless CONNECT was accepted before it. An `Err` tells of one bad frame and leaves the
//! session as it was (but for an unfinished binary packet, which is dropped): whether to go on is the driver's decision.

mod incoming;
mod transmit;

use std::borrow::Cow;
use std::time::Duration;

pub use self::incoming::{Incoming, ProtocolError, refusal_message};
use self::transmit::Owed;
pub use self::transmit::{Transmit, encode_connect};
use super::binary::Assembler;
use super::engine::{self, Handshake};
use super::socket::{self, MAIN_NAMESPACE, Packet, PacketType};
use crate::time::Time;

/// Most bytes of one binary packet, text and attachments together: over four times the largest frame that servers accept by default
/// (1 MB), while a misbehaving target cannot fill the harness's memory through one socket.
pub const MAX_BINARY_PACKET_BYTES: usize = 4 * 1024 * 1024;

/// How far a session has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waiting for the Engine.IO handshake.
    AwaitingOpen,
    /// Waiting for the server's answer to CONNECT.
    AwaitingConnect,
    /// CONNECT was accepted.
    Connected,
    /// Left, refused, disconnected, closed or timed out.
    Closed,
}

/// Why a session ran out of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Timeout {
    /// No answer to CONNECT (or no handshake) in time.
    #[error("the server did not answer CONNECT in time")]
    Connect,
    /// No ping for `pingInterval` + `pingTimeout` of the handshake.
    #[error("the server sent no ping for pingInterval + pingTimeout")]
    Ping,
}

/// The state of one connection. See the module.
#[derive(Debug)]
pub struct Session {
    state: State,
    /// CONNECT was accepted at some time.
    accepted: bool,
    /// Closed by this side: what still arrives was under way, and is no fault.
    left: bool,
    owed: Owed,
    connect_deadline: Time,
    ping_deadline: Time,
    /// The longest silence between pings, in milliseconds; 0 until the handshake tells it.
    ping_allowance_ms: u64,
    assembler: Assembler,
    /// `None`: the main one.
    namespace: Option<Box<str>>,
}

impl Session {
    /// A session whose transport was opened at `now`; CONNECT has to be answered within `connect_timeout`.
    pub fn new(now: Time, connect_timeout: Duration) -> Self {
        Self {
            state: State::AwaitingOpen,
            accepted: false,
            left: false,
            owed: Owed::default(),
            connect_deadline: now + connect_timeout,
            ping_deadline: Time::MAX,
            ping_allowance_ms: 0,
            assembler: Assembler::new(MAX_BINARY_PACKET_BYTES),
            namespace: None,
        }
    }

    /// The same in this namespace, in place of the main one.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str) -> Self {
        self.namespace = (namespace != MAIN_NAMESPACE).then(|| namespace.into());
        self
    }

    /// The namespace that it connects to.
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or(MAIN_NAMESPACE)
    }

    /// How far the session has come.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Takes a WebSocket text frame.
    pub fn handle_text<'a>(
        &mut self,
        now: Time,
        frame: &'a str,
    ) -> Result<Incoming<'a>, ProtocolError> {
        if self.left {
            return Ok(Incoming::Nothing);
        }
        match engine::decode(frame)? {
            engine::Packet::Message(text) => {
                let packet = socket::decode(text)?;
                match self.assembler.handle_text(packet)? {
                    Some(packet) => self.handle_packet(packet),
                    None => Ok(Incoming::Nothing),
                }
            }
            engine::Packet::Ping(data) => self.handle_ping(now, data),
            engine::Packet::Open(data) => self.handle_open(now, data),
            engine::Packet::Close => {
                self.close_with(false);
                Ok(Incoming::Closed)
            }
            engine::Packet::Noop => Ok(Incoming::Nothing),
            engine::Packet::Pong(_) => Err(self.unexpected("Engine.IO pong")),
            engine::Packet::Upgrade => Err(self.unexpected("Engine.IO upgrade")),
            engine::Packet::Binary(_) => Err(self.unexpected("binary packet in a text frame")),
        }
    }

    /// Takes a WebSocket binary frame. Its bytes are copied.
    pub fn handle_binary(
        &mut self,
        _now: Time,
        frame: &[u8],
    ) -> Result<Incoming<'static>, ProtocolError> {
        if self.left {
            return Ok(Incoming::Nothing);
        }
        let Some(packet) = self.assembler.handle_binary(frame)? else {
            return Ok(Incoming::Nothing);
        };
        let packet = Box::new(packet);
        if packet.namespace != self.namespace() {
            return Ok(Incoming::OtherNamespaceBinary(packet));
        }
        if packet.kind == PacketType::BinaryEvent {
            let premature = self.check_event()?;
            return Ok(Incoming::BinaryEvent { packet, premature });
        }
        let id = self.check_ack(packet.id)?;
        Ok(Incoming::BinaryAck { id, packet })
    }

    fn handle_packet<'a>(&mut self, packet: Packet<'a>) -> Result<Incoming<'a>, ProtocolError> {
        if packet.namespace != self.namespace() {
            return Ok(Incoming::OtherNamespace(packet));
        }
        match packet.kind {
            // The binary types never come here: the assembler keeps them.
            PacketType::Event | PacketType::BinaryEvent => {
                let premature = self.check_event()?;
                let event = socket::event(packet.data)?;
                Ok(Incoming::Event {
                    id: packet.id,
                    name: event.name,
                    args: event.args,
                    premature,
                })
            }
            PacketType::Ack | PacketType::BinaryAck => Ok(Incoming::Ack {
                id: self.check_ack(packet.id)?,
                args: socket::array_items(packet.data)?,
            }),
            PacketType::Connect => self.handle_accepted(packet.data),
            PacketType::ConnectError => {
                self.expect(self.connect_is_asked(), "CONNECT_ERROR")?;
                self.close_with(false);
                Ok(Incoming::Refused { data: packet.data })
            }
            PacketType::Disconnect => {
                self.expect(
                    matches!(self.state, State::AwaitingConnect | State::Connected),
                    "DISCONNECT",
                )?;
                self.close_with(false);
                Ok(Incoming::Disconnected)
            }
        }
    }

    /// Whether an event is premature. One that comes after the end of an accepted connection is an error; at a refused one it is
    /// premature: it reached somebody who was not let in.
    fn check_event(&self) -> Result<bool, ProtocolError> {
        self.expect(!(self.accepted && self.state == State::Closed), "EVENT")?;
        Ok(!self.accepted)
    }

    fn check_ack(&self, id: Option<u64>) -> Result<u64, ProtocolError> {
        self.expect(self.state == State::Connected, "ACK")?;
        id.ok_or(ProtocolError::AckWithoutId)
    }

    fn handle_accepted<'a>(&mut self, data: &'a str) -> Result<Incoming<'a>, ProtocolError> {
        #[derive(serde::Deserialize)]
        struct Accepted<'a> {
            #[serde(borrow)]
            sid: Cow<'a, str>,
            // Of another type it is none.
            #[serde(default)]
            pid: serde_json::Value,
        }
        self.expect(self.connect_is_asked(), "CONNECT")?;
        let accepted: Accepted<'a> =
            serde_json::from_str(data).map_err(|_| ProtocolError::NoSid)?;
        if accepted.sid.is_empty() {
            return Err(ProtocolError::NoSid);
        }
        self.state = State::Connected;
        self.accepted = true;
        let pid = match accepted.pid {
            serde_json::Value::String(pid) => Some(pid),
            _ => None,
        };
        Ok(Incoming::Connected {
            sid: accepted.sid,
            pid,
        })
    }

    /// CONNECT was handed to the driver and is not yet answered.
    fn connect_is_asked(&self) -> bool {
        self.state == State::AwaitingConnect && !self.owed.connect
    }

    fn handle_open(&mut self, now: Time, data: &str) -> Result<Incoming<'static>, ProtocolError> {
        self.expect(self.state == State::AwaitingOpen, "Engine.IO open")?;
        let handshake = Handshake::parse(data)?;
        self.state = State::AwaitingConnect;
        self.owed.connect = true;
        self.ping_allowance_ms = handshake
            .ping_interval
            .saturating_add(handshake.ping_timeout);
        self.ping_deadline = now + Duration::from_millis(self.ping_allowance_ms);
        Ok(Incoming::Opened(handshake))
    }

    fn handle_ping(&mut self, now: Time, data: &str) -> Result<Incoming<'static>, ProtocolError> {
        self.expect(self.state != State::AwaitingOpen, "Engine.IO ping")?;
        // After a refusal or DISCONNECT the Engine.IO connection lives on, and its heartbeat with it; it is only not watched.
        self.ping_deadline = now + Duration::from_millis(self.ping_allowance_ms);
        self.owed.pong = Some(data.into());
        Ok(Incoming::Nothing)
    }

    fn expect(&self, fits: bool, packet: &'static str) -> Result<(), ProtocolError> {
        if fits {
            Ok(())
        } else {
            Err(self.unexpected(packet))
        }
    }

    fn unexpected(&self, packet: &'static str) -> ProtocolError {
        ProtocolError::Unexpected {
            packet,
            state: self.state,
        }
    }

    /// The longest silence between two pings of the server, and from a ping that is not answered to the end.
    pub fn ping_allowance(&self) -> Duration {
        Duration::from_millis(self.ping_allowance_ms)
    }

    /// The next thing to write, if any.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.owed.poll()
    }

    /// When [`Session::handle_timeout`] has something to say unless frames come before; it moves with every ping.
    pub fn deadline(&self) -> Option<Time> {
        match self.state {
            State::AwaitingOpen | State::AwaitingConnect => {
                Some(self.connect_deadline.min(self.ping_deadline))
            }
            State::Connected => Some(self.ping_deadline),
            State::Closed => None,
        }
    }

    /// Closes the session if its time is up at `now`, and says why. `None` if it is not: calling early or twice does no harm.
    pub fn handle_timeout(&mut self, now: Time) -> Option<Timeout> {
        if now < self.deadline()? {
            return None;
        }
        let connecting = self.state != State::Connected;
        self.close_with(true);
        Some(
            if connecting && self.connect_deadline <= self.ping_deadline {
                Timeout::Connect
            } else {
                Timeout::Ping
            },
        )
    }

    /// Says DISCONNECT, if CONNECT was accepted, and listens on: what still arrives is reported as before.
    pub fn disconnect(&mut self) {
        self.owed.disconnect |= self.state == State::Connected;
    }

    /// Leaves the namespace: DISCONNECT if it was joined. What still arrives is ignored.
    pub fn leave(&mut self) {
        self.owed.disconnect |= self.state == State::Connected;
        self.close_with(true);
    }

    /// Closes the Engine.IO connection by its own packet (after [`Session::leave`]: both are sent). What still arrives is ignored.
    pub fn close(&mut self) {
        // The handshake makes it positive; before that there is nothing to close but the transport.
        self.owed.close |= self.ping_allowance_ms > 0;
        self.close_with(true);
    }

    fn close_with(&mut self, left: bool) {
        self.state = State::Closed;
        self.left |= left;
        self.owed.connect = false;
        self.assembler.reset();
    }
}
