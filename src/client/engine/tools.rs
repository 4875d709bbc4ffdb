//! What an engine's sockets use in turn.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::kernel::{Reading, Received};
use super::link::Link;
use super::stamps::Stamps;
use crate::clock::Clock;
use crate::history::Stamp;
use crate::protocol::frame::{self, Opcode};

/// Read at once: one buffer for all sockets. So much of a backlog shares a system call.
pub(super) const READ: usize = 64 * 1024;

pub(super) struct Tools {
    pub(super) clock: Clock,
    /// How long a server may take to answer CONNECT.
    pub(super) connect_timeout: Duration,
    /// What a client masks its frames with shall not be foretold.
    masks: ChaCha8Rng,
    pub(super) reading: Reading,
    stamps: Stamps,
    /// Why a connection was refused its receive stamps.
    pub(super) unstamped: Option<String>,
    frame: Vec<u8>,
    /// Where there is TLS: records that were read, and records to be written. Empty as long as there is none.
    pub(super) raw: Vec<u8>,
    pub(super) sealed: Vec<u8>,
    pub(super) text: String,
}

impl Tools {
    pub(super) fn new(clock: Clock, connect_timeout: Duration, seed: [u8; 32]) -> Self {
        Self {
            clock,
            connect_timeout,
            masks: ChaCha8Rng::from_seed(seed),
            reading: Reading::new(),
            stamps: Stamps::new(clock),
            unstamped: None,
            frame: Vec::new(),
            raw: Vec::new(),
            sealed: Vec::new(),
            text: String::new(),
        }
    }

    /// Now, and when the kernel received what was read just now.
    pub(super) fn stamp(&mut self, received: Option<Received>) -> Stamp {
        let at = self.clock.now();
        let reached = received.and_then(|received| self.stamps.reached(received, at));
        Stamp::new(at, reached)
    }

    /// Why some of what was read has no receive stamp, as far as is known.
    pub(super) fn why_unstamped(&self) -> Option<String> {
        let set = || match self.stamps.steps() {
            0 => None,
            1 => Some("the machine's clock was set meanwhile".to_owned()),
            n => Some(format!("the machine's clock was set {n} times meanwhile")),
        };
        self.unstamped.clone().or_else(set)
    }

    /// Writes a WebSocket frame.
    pub(super) fn write(&mut self, link: &mut Link, opcode: Opcode, payload: &[u8]) {
        self.frame.clear();
        let mask = self.masks.next_u32().to_ne_bytes();
        frame::write(opcode, payload, mask, &mut self.frame);
        link.write(&self.frame, &mut self.sealed);
    }

    /// Writes `text` as a WebSocket frame, and empties it.
    pub(super) fn write_text(&mut self, link: &mut Link) {
        let text = std::mem::take(&mut self.text);
        self.write(link, Opcode::Text, text.as_bytes());
        self.text = text;
        self.text.clear();
    }
}
