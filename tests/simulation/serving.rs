//! What goes on at the server and in the network.

use pushproof::history::Outcome;

use crate::server::{self, Asked, Decision, Fault, Frame, Sent};
use crate::world::{Event, FromClient, MS, World};

/// Between two pings of a connection; it stands in the handshake too.
const PING_INTERVAL: u64 = 400 * MS;

impl World {
    pub(crate) fn opened(&mut self, conn: usize) {
        let timeout = self.setup.ping_timeout;
        let handshake = format!(
            "0{{\"sid\":\"e\",\"upgrades\":[],\"pingInterval\":400,\"pingTimeout\":{timeout},\"maxPayload\":100000}}"
        );
        self.server_says(conn, Frame::text(handshake));
        self.at(self.now + PING_INTERVAL, Event::Ping(conn));
    }

    pub(crate) fn server_says(&mut self, conn: usize, frame: Frame) {
        let sent = self.now.max(self.peers[conn].stuck_until);
        let at = (sent + self.latency()).max(self.clients[conn].next_in + 1);
        self.clients[conn].next_in = at;
        self.at(at, Event::ToClient(conn, frame));
    }

    pub(crate) fn server_hears(&mut self, conn: usize, what: &FromClient) {
        let peer = &mut self.peers[conn];
        if peer.gone {
            return;
        }
        let FromClient::Text(text) = what else {
            peer.gone = true;
            return;
        };
        match text.as_str() {
            "40" => {
                peer.joined = true;
                let fault = self.setup.fault;
                for frame in server::accept(conn, fault, &mut self.rand) {
                    self.server_says(conn, frame);
                }
            }
            "41" => peer.joined = false,
            "3" => peer.pings_owed = 0,
            other => panic!("the client sent {other:?}"),
        }
    }

    pub(crate) fn ping(&mut self, conn: usize) {
        let peer = &mut self.peers[conn];
        if peer.gone {
            return;
        }
        if peer.pings_owed >= self.setup.pings_owed {
            peer.gone = true;
            return self.server_says(conn, Frame::Fin);
        }
        peer.pings_owed += 1;
        self.server_says(conn, Frame::text("2"));
        self.at(self.now + PING_INTERVAL, Event::Ping(conn));
    }

    pub(crate) fn request(&mut self, asked: Asked) {
        let (refusals, unknowns) = (self.setup.refusals, self.setup.unknowns);
        let decision = Decision::draw(&mut self.rand, refusals, unknowns);
        let accepted = decision.answer == Some(Outcome::Accepted);
        let id = asked.id;
        if decision.deliver {
            // Deliveries come in the order in which they were asked for, sooner or later.
            let later = if self.setup.delivers_later {
                self.rand.below(20 * MS)
            } else {
                0
            };
            self.fanned_out = self.fanned_out.max(self.now + later);
            if self.fanned_out == self.now {
                self.fan_out(&asked, accepted);
            } else {
                self.at(self.fanned_out, Event::FanOut(asked, accepted));
            }
        }
        if let Some(outcome) = decision.answer {
            let at = self.now + self.latency();
            self.at(at, Event::Answer(id, outcome));
        }
    }

    pub(crate) fn fan_out(&mut self, asked: &Asked, accepted: bool) {
        // Nothing is held back that nothing will overtake any more.
        let over = self.lanes_ended_at.is_some();
        let fault = self
            .setup
            .fault
            .filter(|fault| !(over && *fault == Fault::Reorder));
        let Sent { frames, dropped } = server::fan_out(
            &mut self.peers,
            asked,
            accepted,
            self.now,
            fault,
            &mut self.rand,
        );
        for (conn, frame) in frames {
            self.server_says(conn, frame);
        }
        let dropped = dropped.into_iter().map(|conn| (asked.id, conn));
        self.dropped.extend(dropped);
    }

    /// A connection dies, or the server ends some.
    pub(crate) fn trouble(&mut self) {
        if self.clients.is_empty() {
            return;
        }
        let conn = self.rand.below(self.clients.len() as u64) as usize;
        let end = |world: &mut Self, conn: usize, frame: Frame| {
            if !world.peers[conn].gone {
                world.peers[conn].gone = true;
                world.server_says(conn, frame);
            }
        };
        match self.rand.below(6) {
            0 => end(self, conn, Frame::Fin),
            1 => end(self, conn, Frame::Rst),
            2 if self.peers[conn].joined && !self.peers[conn].gone => {
                self.peers[conn].joined = false;
                self.server_says(conn, Frame::text("41"));
            }
            3 | 4 => self.clients[conn].dead = true,
            5 => {
                for conn in 0..self.peers.len() {
                    end(self, conn, Frame::Rst);
                }
            }
            _ => {}
        }
    }
}
