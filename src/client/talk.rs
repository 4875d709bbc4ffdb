//! What is said at one socket, whatever it travels through: messages to the session, what they mean to the holder, and what both want to
//! the wire.

mod wire;

use std::time::Duration;

pub(super) use self::wire::Wire;
use super::ending;
use super::going::Going;
use super::listener::{ConnectError, Ended, Hello, Listener, Manner};
use super::neglect::Neglects;
use crate::history::{Leave, Stamp};
use crate::protocol::frame::Message;
use crate::protocol::session::{Incoming, Session, Timeout, Transmit, refusal_message};
use crate::protocol::socket::{self, PacketType};
use crate::time::Time;

/// How long a target that is asked for a sign of life before a socket leaves may take. One that gives none loses the proof of what it did
/// since the last.
const ASK: Duration = Duration::from_secs(1);

pub(super) struct Talk<H> {
    pub(super) holder: H,
    session: Session,
    /// The CONNECT payload; dropped once it was accepted.
    auth: Box<str>,
    connected: bool,
    /// The last sign of life.
    heard: Time,
    /// When the target was asked for a sign of life last.
    asked: Time,
    going: Going,
    neglects: Neglects,
}

/// What came of something.
pub(super) enum Step {
    Go,
    /// It is over.
    End(Ended),
    /// It is over when what was written has left.
    Close(Ended),
    /// It goes on, and nothing of it is read any more.
    Stop,
    /// It was over before: the engine's own, whose sockets may still be writing.
    Gone,
}

impl<H: Listener> Talk<H> {
    /// A transport was opened at `now`; CONNECT must be answered within `connect_timeout`.
    pub(super) fn new(holder: H, hello: Hello, now: Time, connect_timeout: Duration) -> Self {
        let session = Session::new(now, connect_timeout);
        Self {
            session: match hello.namespace {
                Some(namespace) => session.in_namespace(&namespace),
                None => session,
            },
            auth: hello.auth.into(),
            connected: false,
            heard: holder.not_before(),
            asked: Time::ZERO,
            going: Going::Staying,
            neglects: Neglects::default(),
            holder,
        }
    }

    /// Goodbye was said, or is about to be.
    pub(super) fn is_leaving(&self) -> bool {
        matches!(self.going, Going::Asking { .. } | Going::Lingering { .. })
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected
    }

    /// Bytes that it reads a second; 0: all that comes.
    pub(super) fn reads(&self) -> u32 {
        self.neglects.reads()
    }

    /// Takes a message that was read `at` some time.
    pub(super) fn take(&mut self, at: Stamp, message: Message<'_>, wire: &mut impl Wire) -> Step {
        self.heard = self.heard.max(self.holder.not_before());
        let now = at.at;
        let incoming = match message {
            Message::Text(text) => self.session.handle_text(now, text),
            Message::Binary(bytes) => self.session.handle_binary(now, bytes),
            Message::Ping(data) => {
                if !self.is_mute(now) {
                    wire.pong(data);
                }
                return Step::Go;
            }
            Message::Pong(data) => {
                if let Ok(at) = data.try_into().map(u64::from_be_bytes) {
                    self.answered(Time::from_nanos(at));
                }
                return Step::Go;
            }
            Message::Close(why) => {
                let leave = Leave::of_close_code(why.map(|why| why.code));
                // It is answered in kind (RFC 6455, section 5.5.1).
                wire.close(why.map(|why| why.code));
                let why = why.map_or_else(String::new, |why| {
                    format!("WebSocket close {} {}", why.code, why.reason)
                });
                return Step::Close(self.ended(leave, why.trim()));
            }
        };
        match incoming {
            Ok(incoming) => {
                let heard = Self::hear(&mut self.holder, self.connected, at, incoming);
                let step = self.told(heard, wire);
                if matches!(step, Step::Go) {
                    self.transmit(wire);
                }
                step
            }
            Err(error) => self.end(Leave::ProtocolError, &error.to_string()),
        }
    }

    /// Hands on what there is to hear; says what changed.
    fn hear(holder: &mut H, connected: bool, at: Stamp, incoming: Incoming<'_>) -> Heard {
        let mut stray = |data: &str| {
            if let Ok(event) = socket::event(data) {
                holder.stray_event(at, &event.name, event.args, !connected);
            }
        };
        match incoming {
            Incoming::Event {
                id,
                name,
                args,
                premature,
            } => {
                if id.is_some() {
                    holder.asks_for_ack();
                }
                holder.event(at, &name, args, premature);
            }
            Incoming::BinaryEvent { packet, premature } => match socket::event(&packet.data) {
                Ok(event) => {
                    if packet.id.is_some() {
                        holder.asks_for_ack();
                    }
                    holder.binary_event(
                        at,
                        &event.name,
                        event.args,
                        &packet.attachments,
                        premature,
                    );
                }
                Err(error) => return Heard::End(Leave::ProtocolError, error.to_string()),
            },
            Incoming::Connected { pid, .. } => {
                if let Some(pid) = pid {
                    holder.recoverable(pid);
                }
                return Heard::Connected;
            }
            // Whatever it is, it has no business here, and the listener will say so.
            Incoming::OtherNamespace(packet) if packet.kind == PacketType::Event => {
                stray(packet.data);
            }
            Incoming::OtherNamespaceBinary(packet) if packet.kind == PacketType::BinaryEvent => {
                stray(&packet.data);
            }
            Incoming::Refused { data } => {
                return Heard::Refused(refusal_message(data).unwrap_or_else(|| data.to_owned()));
            }
            Incoming::Disconnected => return Heard::End(Leave::ServerDisconnect, String::new()),
            Incoming::Closed => return Heard::End(Leave::ServerClose, String::new()),
            Incoming::Ack { id, args } => holder.acked(at, id, args),
            Incoming::BinaryAck { id, packet } => match socket::array_items(&packet.data) {
                Ok(args) => holder.acked(at, id, args),
                Err(error) => return Heard::End(Leave::ProtocolError, error.to_string()),
            },
            Incoming::Nothing
            | Incoming::Opened(_)
            | Incoming::OtherNamespace(_)
            | Incoming::OtherNamespaceBinary(_) => holder.alive(holder.not_before()),
        }
        Heard::Nothing
    }

    fn told(&mut self, heard: Heard, wire: &impl Wire) -> Step {
        match heard {
            Heard::Nothing => {}
            Heard::Connected => {
                self.connected = true;
                self.auth = Box::default();
                let now = wire.clock().now();
                self.holder.connected(now);
                self.neglects.told(self.holder.neglect(), now);
                self.going = self.going.told(self.holder.departure(now), now);
            }
            Heard::Refused(why) => {
                return Step::End(Ended::NotConnected(ConnectError::Refused(why)));
            }
            Heard::End(leave, detail) => return self.end(leave, &detail),
        }
        Step::Go
    }

    /// Writes what the session owes.
    fn transmit(&mut self, wire: &mut impl Wire) {
        while let Some(transmit) = self.session.poll_transmit() {
            let is_pong = matches!(transmit, Transmit::Pong(_));
            if is_pong && self.neglects.pings() && self.is_mute(wire.clock().now()) {
                continue;
            }
            if transmit == Transmit::Connect {
                self.holder.connecting(wire.clock().now());
            }
            wire.say(&transmit, self.session.namespace(), &self.auth);
        }
    }

    /// Asks the holder what to do from now on.
    pub(super) fn ask(&mut self, wire: &mut impl Wire) {
        let now = wire.clock().now();
        if self.connected {
            self.neglects.told(self.holder.neglect(), now);
            if self.holder.wants_sign() {
                self.ask_target(now, wire);
            }
        }
        self.going = self.going.told(self.holder.departure(now), now);
    }

    fn ask_target(&mut self, now: Time, wire: &mut impl Wire) {
        wire.ask(now);
        self.asked = now;
    }

    /// The target has given the sign of life that it was asked for at this time.
    pub(super) fn answered(&mut self, asked: Time) {
        if asked == self.asked {
            self.heard = self.heard.max(self.asked);
            self.holder.alive(self.asked);
            if let Going::Asking { until, .. } = &mut self.going {
                *until = Time::ZERO;
            }
        }
    }

    /// When something is to be done unless a frame comes before.
    pub(super) fn deadline(&self) -> Time {
        let own = self.going.deadline().min(self.neglects.due());
        let own = if self.emits() {
            own.min(self.holder.emits_at())
        } else {
            own
        };
        match self.session.deadline() {
            Some(at) if !self.is_deaf() => at.min(own),
            _ => own,
        }
    }

    /// Whether pings may lie unread by its own doing, so that none missing says anything.
    fn is_deaf(&self) -> bool {
        self.connected && self.neglects.was_slow()
    }

    /// Whether a ping that came is not answered.
    fn is_mute(&mut self, now: Time) -> bool {
        self.neglects.is_mute(now, self.session.ping_allowance())
    }

    /// Whether it may have something of its own to say.
    fn emits(&self) -> bool {
        self.connected && !self.is_leaving()
    }

    /// Emits what is due.
    pub(super) fn emit(&mut self, now: Time, wire: &mut impl Wire) {
        if !self.emits() || self.holder.emits_at() > now {
            return;
        }
        while let Some(event) = self.holder.emit(now, wire.clock().now()) {
            wire.event(self.session.namespace(), &event);
        }
    }

    /// Does what is due.
    pub(super) fn time_is(&mut self, now: Time, wire: &mut impl Wire) -> Step {
        match self.going {
            Going::At(departure) if departure.at <= now => {
                if !self.connected || !departure.asks {
                    return self.depart(departure.manner, wire);
                }
                self.ask_target(now, wire);
                let (manner, until) = (departure.manner, now + ASK);
                self.going = Going::Asking { manner, until };
            }
            Going::Asking { manner, until } if until <= now => {
                return self.depart(manner, wire);
            }
            Going::Lingering { until } if until <= now => {
                wire.close(None);
                return Step::Close(self.ended(Leave::Ours, ""));
            }
            _ => {}
        }
        self.emit(now, wire);
        if self.neglects.due() <= now {
            return self.end(Leave::Overdue, "");
        }
        if self.is_deaf() {
            return Step::Go;
        }
        match self.session.handle_timeout(now) {
            None => Step::Go,
            Some(Timeout::Connect) => {
                let waited = ConnectError::Timeout(wire.connect_timeout());
                Step::End(Ended::NotConnected(waited))
            }
            Some(timeout @ Timeout::Ping) => self.end(Leave::PingTimeout, &timeout.to_string()),
        }
    }

    fn depart(&mut self, manner: Manner, wire: &mut impl Wire) -> Step {
        if !self.connected {
            self.session.leave();
            self.transmit(wire);
            wire.close(None);
            return Step::Close(Ended::NotConnected(ConnectError::Stopped));
        }
        let now = wire.clock().now();
        match manner {
            Manner::Goodbye { linger } => {
                self.holder.leaving(now);
                self.session.disconnect();
                self.transmit(wire);
                if !linger.is_zero() {
                    let until = now + linger;
                    self.going = Going::Lingering { until };
                    return Step::Go;
                }
                let ended = self.ended(Leave::Ours, "");
                wire.close(None);
                return Step::Close(ended);
            }
            Manner::Reset => wire.reset_at_drop(),
            Manner::Cut => {}
            Manner::Stop => {
                self.going = Going::Staying;
                self.holder.stopped(self.heard);
                return Step::Stop;
            }
        }
        Step::End(self.ended(Leave::OursAbrupt, ""))
    }

    /// Its connection cannot be served, for want of something on this machine.
    pub(super) fn not_served(&self, error: ConnectError) -> Ended {
        if self.connected {
            self.ended(Leave::ConnectionLost, &error.to_string())
        } else {
            Ended::NotConnected(error)
        }
    }

    /// The connection has ended, or nothing more can be made of it.
    pub(super) fn end(&self, leave: Leave, detail: &str) -> Step {
        Step::End(self.ended(leave, detail))
    }

    fn ended(&self, leave: Leave, detail: &str) -> Ended {
        if !self.connected {
            return ending::not_connected(leave, detail);
        }
        let said_goodbye = matches!(self.going, Going::Lingering { .. });
        let not_before = self.holder.not_before();
        let ended = ending::left(leave, detail, said_goodbye, self.heard, not_before);
        self.neglects.ended(ended)
    }

    /// Whoever has stopped reading is asked whether to end for good.
    pub(super) fn ends_stopped(&mut self, now: Time) -> bool {
        self.holder.departure(now).is_some()
    }
}

/// What a frame changed.
enum Heard {
    Nothing,
    Connected,
    Refused(String),
    End(Leave, String),
}
