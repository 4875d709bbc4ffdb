//! What is said at one socket: frames to the session, what they mean to the holder, and what both want to the link.

use std::time::Duration;

use super::link::Link;
use super::tools::Tools;
use crate::client::ending;
use crate::client::going::Going;
use crate::client::listener::{ConnectError, Ended, Listener, Manner};
use crate::history::{Leave, Stamp};
use crate::protocol::frame::{Message, Opcode};
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
}

/// What came of something.
pub(super) enum Step {
    Go,
    /// It is over.
    End(Ended),
    /// It is over when what was written has left.
    Close(Ended),
    /// It was over before.
    Gone,
}

impl<H: Listener> Talk<H> {
    pub(super) fn new(holder: H, auth: String, tools: &Tools) -> Self {
        Self {
            session: Session::new(tools.clock.now(), tools.connect_timeout),
            auth: auth.into(),
            connected: false,
            heard: holder.not_before(),
            asked: Time::ZERO,
            going: Going::Staying,
            holder,
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected
    }

    /// Takes a message that was read `at` some time.
    pub(super) fn take(
        &mut self,
        at: Stamp,
        message: Message<'_>,
        link: &mut Link,
        tools: &mut Tools,
    ) -> Step {
        self.heard = self.heard.max(self.holder.not_before());
        let now = at.at;
        let incoming = match message {
            Message::Text(text) => self.session.handle_text(now, text),
            Message::Binary(bytes) => self.session.handle_binary(now, bytes),
            Message::Ping(data) => {
                tools.write(link, Opcode::Pong, data);
                return Step::Go;
            }
            Message::Pong(data) => {
                self.answered(data);
                return Step::Go;
            }
            Message::Close(why) => {
                let leave = Leave::of_close_code(why.map(|why| why.code));
                // It is answered in kind (RFC 6455, section 5.5.1).
                match why {
                    Some(why) => tools.write(link, Opcode::Close, &why.code.to_be_bytes()),
                    None => tools.write(link, Opcode::Close, &[]),
                }
                let why = why.map_or_else(String::new, |why| {
                    format!("WebSocket close {} {}", why.code, why.reason)
                });
                return Step::Close(self.ended(leave, why.trim()));
            }
        };
        match incoming {
            Ok(incoming) => {
                let heard = Self::hear(&mut self.holder, self.connected, at, incoming);
                let step = self.told(heard, tools);
                if matches!(step, Step::Go) {
                    self.transmit(link, tools);
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
                name,
                args,
                premature,
                ..
            } => holder.event(at, &name, args, premature),
            Incoming::BinaryEvent { packet, premature } => match socket::event(&packet.data) {
                Ok(event) => {
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
            Incoming::Connected { .. } => return Heard::Connected,
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
            Incoming::Nothing
            | Incoming::Opened(_)
            | Incoming::Ack { .. }
            | Incoming::BinaryAck { .. }
            | Incoming::OtherNamespace(_)
            | Incoming::OtherNamespaceBinary(_) => holder.alive(holder.not_before()),
        }
        Heard::Nothing
    }

    fn told(&mut self, heard: Heard, tools: &mut Tools) -> Step {
        match heard {
            Heard::Nothing => {}
            Heard::Connected => {
                self.connected = true;
                self.auth = Box::default();
                let now = tools.clock.now();
                self.holder.connected(now);
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
    fn transmit(&mut self, link: &mut Link, tools: &mut Tools) {
        while let Some(transmit) = self.session.poll_transmit() {
            if transmit == Transmit::Connect {
                self.holder.connecting(tools.clock.now());
            }
            transmit.encode(&self.auth, &mut tools.text);
            tools.write_text(link);
        }
    }

    /// Asks the holder what to do from now on.
    pub(super) fn ask(&mut self, link: &mut Link, tools: &mut Tools) {
        let now = tools.clock.now();
        if self.connected && self.holder.wants_sign() {
            self.ask_target(now, link, tools);
        }
        self.going = self.going.told(self.holder.departure(now), now);
    }

    /// Asks the target for a sign of life: a WebSocket ping with the time. It must answer with the same bytes (RFC 6455, section 5.5.3),
    /// and what it sent before the answer comes before it.
    fn ask_target(&mut self, now: Time, link: &mut Link, tools: &mut Tools) {
        tools.write(link, Opcode::Ping, &now.as_nanos().to_be_bytes());
        self.asked = now;
    }

    fn answered(&mut self, bytes: &[u8]) {
        if bytes == self.asked.as_nanos().to_be_bytes() {
            self.heard = self.heard.max(self.asked);
            self.holder.alive(self.asked);
            if let Going::Asking { until, .. } = &mut self.going {
                *until = Time::ZERO;
            }
        }
    }

    /// When something is to be done unless a frame comes before.
    pub(super) fn deadline(&self) -> Time {
        let going = self.going.deadline();
        self.session.deadline().map_or(going, |at| at.min(going))
    }

    /// Does what is due.
    pub(super) fn time_is(&mut self, now: Time, link: &mut Link, tools: &mut Tools) -> Step {
        match self.going {
            Going::At(departure) if departure.at <= now => {
                if !self.connected || !departure.asks {
                    return self.depart(departure.manner, link, tools);
                }
                self.ask_target(now, link, tools);
                let (manner, until) = (departure.manner, now + ASK);
                self.going = Going::Asking { manner, until };
            }
            Going::Asking { manner, until } if until <= now => {
                return self.depart(manner, link, tools);
            }
            Going::Lingering { until } if until <= now => {
                tools.write(link, Opcode::Close, &[]);
                return Step::Close(self.ended(Leave::Ours, ""));
            }
            _ => {}
        }
        match self.session.handle_timeout(now) {
            None => Step::Go,
            Some(Timeout::Connect) => {
                let waited = ConnectError::Timeout(tools.connect_timeout);
                Step::End(Ended::NotConnected(waited))
            }
            Some(timeout @ Timeout::Ping) => self.end(Leave::PingTimeout, &timeout.to_string()),
        }
    }

    fn depart(&mut self, manner: Manner, link: &mut Link, tools: &mut Tools) -> Step {
        if !self.connected {
            self.session.leave();
            self.transmit(link, tools);
            tools.write(link, Opcode::Close, &[]);
            return Step::Close(Ended::NotConnected(ConnectError::Stopped));
        }
        let now = tools.clock.now();
        match manner {
            Manner::Goodbye { linger } => {
                self.holder.leaving(now);
                self.session.disconnect();
                self.transmit(link, tools);
                if !linger.is_zero() {
                    let until = now + linger;
                    self.going = Going::Lingering { until };
                    return Step::Go;
                }
                let ended = self.ended(Leave::Ours, "");
                tools.write(link, Opcode::Close, &[]);
                return Step::Close(ended);
            }
            Manner::Reset => link.reset_at_drop(),
            Manner::Cut => {}
        }
        Step::End(self.ended(Leave::OursAbrupt, ""))
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
        ending::left(leave, detail, said_goodbye, self.heard, not_before)
    }
}

/// What a frame changed.
enum Heard {
    Nothing,
    Connected,
    Refused(String),
    End(Leave, String),
}
