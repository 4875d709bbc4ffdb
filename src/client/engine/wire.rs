//! One socket's WebSocket as what is said at it is written through.

use std::time::Duration;

use super::link::Link;
use super::tools::Tools;
use crate::client::talk::Wire;
use crate::clock::Clock;
use crate::protocol::frame::Opcode;
use crate::protocol::session::Transmit;
use crate::time::Time;

pub(super) struct WebSocket<'a> {
    pub(super) link: &'a mut Link,
    pub(super) tools: &'a mut Tools,
}

impl WebSocket<'_> {
    fn write(&mut self, opcode: Opcode, payload: &[u8]) {
        self.tools.write(self.link, opcode, payload);
    }
}

impl Wire for WebSocket<'_> {
    fn clock(&self) -> Clock {
        self.tools.clock
    }

    fn connect_timeout(&self) -> Duration {
        self.tools.connect_timeout
    }

    fn say(&mut self, transmit: &Transmit, namespace: &str, auth: &str) {
        transmit.encode(namespace, auth, &mut self.tools.text);
        self.tools.write_text(self.link);
    }

    fn pong(&mut self, data: &[u8]) {
        self.write(Opcode::Pong, data);
    }

    /// A ping with the time: it must be answered with the same bytes (RFC 6455, section 5.5.3), behind what was sent before.
    fn ask(&mut self, at: Time) {
        self.write(Opcode::Ping, &at.as_nanos().to_be_bytes());
    }

    fn emit(&mut self, packet: &str) {
        self.write(Opcode::Text, packet.as_bytes());
    }

    fn attach(&mut self, bytes: &[u8]) {
        self.write(Opcode::Binary, bytes);
    }

    fn close(&mut self, code: Option<u16>) {
        match code {
            Some(code) => self.write(Opcode::Close, &code.to_be_bytes()),
            None => self.write(Opcode::Close, &[]),
        }
        self.link.say_over(&mut self.tools.sealed);
    }

    fn reset_at_drop(&self) {
        self.link.reset_at_drop();
    }
}
