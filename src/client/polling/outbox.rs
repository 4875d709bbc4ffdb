//! What waits to be posted: the wire of a socket that polls.

use std::collections::VecDeque;
use std::time::Duration;

use super::call::{Known, reset_at_drop};
use crate::client::talk::Wire;
use crate::clock::Clock;
use crate::protocol::engine::{self, Packet, SEPARATOR};
use crate::protocol::session::Transmit;
use crate::time::Time;

/// Most bytes waiting to be posted: room for some of the largest pushes that users ask for. All else that a socket says is little.
const MOST: usize = 4 << 20;

pub(super) struct Outbox {
    clock: Clock,
    connect_timeout: Duration,
    /// Most bytes of a POST that the server takes.
    max_payload: usize,
    /// Packets, each as it stands in a body.
    packets: VecDeque<String>,
    /// Their bytes.
    bytes: usize,
    /// A sign of life is wanted, since then.
    asked: Option<Time>,
    is_choked: bool,
    /// The connections there are, to have them reset: of polls, and of POSTs.
    pub(super) poll_tcp: Known,
    pub(super) post_tcp: Known,
}

/// A body to be posted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) body: String,
    /// Its answer is the sign of life that was asked for at this time.
    pub(super) asked: Option<Time>,
}

impl Outbox {
    pub(super) fn new(clock: Clock, connect_timeout: Duration, max_payload: Option<u64>) -> Self {
        Self {
            clock,
            connect_timeout,
            // One that does not say has a limit all the same, which was always this unless its operator chose another.
            max_payload: usize::try_from(max_payload.unwrap_or(1_000_000)).unwrap_or(usize::MAX),
            packets: VecDeque::new(),
            bytes: 0,
            asked: None,
            is_choked: false,
            poll_tcp: Known::default(),
            post_tcp: Known::default(),
        }
    }

    /// Whether more waits than a target leaves lying that is well.
    pub(super) fn is_choked(&self) -> bool {
        self.is_choked
    }

    /// The next body: all that waits, as far as the server takes it at once.
    pub(super) fn letter(&mut self) -> Option<Letter> {
        let asked = self.asked.take();
        if asked.is_some() {
            let mut pong = String::new();
            engine::encode(&Packet::Pong(""), &mut pong);
            self.packets.push_front(pong);
            self.bytes += 1;
        }
        let mut body = self.next()?;
        while let Some(packet) = self.packets.front()
            && body.len() + 1 + packet.len() <= self.max_payload
        {
            body.push(SEPARATOR);
            body += &self.next()?;
        }
        Some(Letter { body, asked })
    }

    /// The next packet. A sign of life is none.
    pub(super) fn next(&mut self) -> Option<String> {
        let packet = self.packets.pop_front()?;
        self.bytes -= packet.len();
        Some(packet)
    }

    fn push(&mut self, packet: String) {
        if self.bytes + packet.len() > MOST {
            self.is_choked = true;
            return;
        }
        self.bytes += packet.len();
        self.packets.push_back(packet);
    }
}

impl Wire for Outbox {
    fn clock(&self) -> Clock {
        self.clock
    }

    fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    fn say(&mut self, transmit: &Transmit, namespace: &str, auth: &str) {
        let mut packet = String::new();
        transmit.encode(namespace, auth, &mut packet);
        self.push(packet);
    }

    /// There are no such pings here.
    fn pong(&mut self, _: &[u8]) {}

    /// A pong that nobody asked for: the one packet that means nothing to any server, whose POST is answered if the session is alive.
    fn ask(&mut self, at: Time) {
        self.asked = Some(at);
    }

    fn emit(&mut self, packet: &str) {
        self.push(packet.to_owned());
    }

    fn attach(&mut self, bytes: &[u8]) {
        let mut packet = String::new();
        engine::encode(&Packet::Binary(bytes.into()), &mut packet);
        self.push(packet);
    }

    /// The close packet of Engine.IO.
    fn close(&mut self, _: Option<u16>) {
        let mut packet = String::new();
        engine::encode(&Packet::Close, &mut packet);
        self.push(packet);
    }

    fn reset_at_drop(&self) {
        for known in [&self.poll_tcp, &self.post_tcp] {
            reset_at_drop(known);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(max_payload: u64) -> Outbox {
        Outbox::new(Clock::start(), Duration::from_secs(1), Some(max_payload))
    }

    fn pong(data: &str) -> Transmit {
        Transmit::Pong(data.into())
    }

    #[test]
    fn what_waits_goes_at_once_as_far_as_the_server_takes_it() {
        let mut out = outbox(10);
        assert_eq!(out.letter(), None);
        out.say(&Transmit::Connect, "/", "{}");
        out.say(&pong("abc"), "/", "");
        out.say(&pong("d"), "/", "");
        let mut bodies = Vec::new();
        while let Some(letter) = out.letter() {
            assert_eq!(letter.asked, None);
            bodies.push(letter.body);
        }
        assert_eq!(bodies, ["40{}\u{1e}3abc", "3d"]);
        // One that is larger goes alone: the server will say what it thinks of it.
        out.say(&pong("0123456789"), "/", "");
        out.close(None);
        assert_eq!(out.letter().unwrap().body, "30123456789");
        assert_eq!(out.letter().unwrap().body, "1");
        assert_eq!(out.letter(), None);
    }

    #[test]
    fn a_sign_of_life_is_a_pong_of_its_own() {
        let mut out = outbox(1_000);
        let at = Time::from_nanos(7);
        out.ask(at);
        let letter = out.letter().unwrap();
        assert_eq!((letter.body.as_str(), letter.asked), ("3", Some(at)));
        assert_eq!(out.letter(), None);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut out = outbox(1_000);
        for _ in 0..MOST / 2 {
            out.say(&pong("x"), "/", "");
        }
        assert!(!out.is_choked());
        out.say(&pong("x"), "/", "");
        assert!(out.is_choked());
    }
}
