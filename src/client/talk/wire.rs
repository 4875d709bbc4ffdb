//! What a socket is written through.

use std::time::Duration;

use crate::client::listener::Emitted;
use crate::clock::Clock;
use crate::protocol::session::Transmit;
use crate::protocol::socket;
use crate::time::Time;

/// What a socket is written through. Nothing of it waits.
pub(in crate::client) trait Wire {
    /// The run's clock.
    fn clock(&self) -> Clock;
    /// How long a server may take to answer CONNECT.
    fn connect_timeout(&self) -> Duration;
    /// What the session wants said in its namespace; `auth` is the CONNECT payload.
    fn say(&mut self, transmit: &Transmit, namespace: &str, auth: &str);
    /// The answer to a WebSocket ping.
    fn pong(&mut self, data: &[u8]);
    /// Asks the target for a sign of life; `at` is now, and comes back with it ([`super::Talk::answered`]). What the target sent before it should
    /// come before it.
    fn ask(&mut self, at: Time);
    /// An event, as a packet of Socket.IO in its Engine.IO message.
    fn emit(&mut self, packet: &str);
    /// An event that the holder emits, with what is attached to it.
    fn event(&mut self, namespace: &str, event: &Emitted) {
        let Emitted {
            id,
            name,
            args,
            bytes,
        } = event;
        // The packet of Engine.IO around it.
        let mut packet = String::from("4");
        match bytes {
            None => {
                socket::encode_event(namespace, *id, name, args, &mut packet);
                self.emit(&packet);
            }
            Some(bytes) => {
                socket::encode_binary_event(namespace, *id, name, args, 1, &mut packet);
                self.emit(&packet);
                self.attach(bytes);
            }
        }
    }
    /// What is attached to the event before it.
    fn attach(&mut self, bytes: &[u8]);
    /// Closes the connection, with the code that the other side closed it with, if there was one.
    fn close(&mut self, code: Option<u16>);
    /// Has the connection reset when it is dropped.
    fn reset_at_drop(&self);
}
