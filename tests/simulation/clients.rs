//! The generator's sockets: what they read when their shard gets to it, and when they come and go.

use std::collections::VecDeque;
use std::time::Duration;

use pushproof::history::{Leave, Left};
use pushproof::ids::{AppId, SocketId, UserId};
use pushproof::protocol::session::{Incoming, Session};
use pushproof::time::Time;
use pushproof::verify::Arrival;

use crate::server::{Fault, Frame, Peer};
use crate::world::{APPS, Client, Event, FromClient, MS, TICK, World};

impl World {
    pub(crate) fn shard_of(&self, socket: usize) -> usize {
        socket / self.setup.sockets_per_user as usize % self.setup.shards
    }

    pub(crate) fn user_of(&self, socket: usize) -> (UserId, AppId) {
        let user = socket as u32 / self.setup.sockets_per_user;
        (UserId(user), AppId(user % APPS))
    }

    pub(crate) fn come(&mut self, socket: usize) {
        if self.lanes_ended_at.is_some() {
            return;
        }
        let (user, app) = self.user_of(socket);
        let shard = self.shard_of(socket);
        let slot = self.judges[shard].open(SocketId(socket as u32), user, app);
        let conn = self.clients.len();
        self.reconnects += u64::from(self.current[socket].is_some());
        self.current[socket] = Some(conn);
        self.clients.push(Client {
            socket,
            session: Session::new(self.time(), Duration::from_secs(5)),
            slot,
            open: true,
            connected: None,
            after: None,
            heard: self.time(),
            inbox: VecDeque::new(),
            timer: u64::MAX,
            next_in: 0,
            next_out: 0,
            dead: false,
        });
        self.peers.push(Peer::new(app, user));
        let at = self.now + self.latency();
        self.at(at, Event::Opened(conn));
    }

    pub(crate) fn reaches_client(&mut self, conn: usize, frame: Frame) {
        let client = &mut self.clients[conn];
        if !client.open || client.dead {
            return;
        }
        if matches!(frame, Frame::Rst) {
            client.inbox.clear();
        }
        client.inbox.push_back((self.now, frame));
        let shard = self.shard_of(self.clients[conn].socket);
        if self.shards[shard].round_at.is_none() {
            let at = self.now + self.rand.below(MS / 5);
            self.shards[shard].round_at = Some(at);
            self.at(at, Event::Round(shard));
        }
    }

    pub(crate) fn round(&mut self, shard: usize) {
        self.shards[shard].round_at = None;
        if !self.clients.iter().any(|client| !client.inbox.is_empty()) {
            return self.park(shard);
        }
        for conn in 0..self.clients.len() {
            if self.shard_of(self.clients[conn].socket) == shard {
                self.read(conn);
            }
        }
        self.park(shard);
    }

    /// Nothing is left to do.
    pub(crate) fn park(&mut self, shard: usize) {
        let shard = &mut self.shards[shard];
        shard.parked_before = shard.parked;
        shard.parked = self.now;
    }

    pub(crate) fn not_before(&self, conn: usize) -> Time {
        Time::from_nanos(self.shards[self.shard_of(self.clients[conn].socket)].parked_before)
    }

    pub(crate) fn read(&mut self, conn: usize) {
        while self.clients[conn].open {
            let Some((came, frame)) = self.clients[conn].inbox.pop_front() else {
                break;
            };
            self.clients[conn].heard = self.not_before(conn);
            match frame {
                Frame::Text { text, harm } => self.hear(conn, &text, harm, came),
                Frame::Fin => self.died(conn, Leave::ServerClose),
                Frame::Rst => self.died(conn, Leave::ConnectionLost),
            }
        }
        self.set_timer(conn);
    }

    pub(crate) fn hear(&mut self, conn: usize, text: &str, harm: Option<Fault>, came: u64) {
        let (now, not_before) = (self.time(), self.not_before(conn));
        let shard = self.shard_of(self.clients[conn].socket);
        let client = &mut self.clients[conn];
        let incoming = client.session.handle_text(now, text);
        let judge = &mut self.judges[shard];
        match incoming.expect("the model server follows the protocol") {
            Incoming::Connected { .. } => {
                client.connected = Some(now);
                judge.connected(client.slot, now);
            }
            Incoming::Event {
                name,
                args,
                premature,
                ..
            } => {
                let found = self.rules.tagger.find(text.as_bytes());
                let push = found.and_then(|found| self.ledger.get(found.tag.push));
                // The answer may have come too late for the lane; then nobody can say when the push should have come.
                let accepted = push.is_none_or(|entry| entry.accepted_at().is_some());
                if let Some(harm) = harm.filter(|harm| accepted || *harm != Fault::Reorder) {
                    *self.told_read.entry(harm.name()).or_default() += 1;
                }
                if let Some(entry) = push {
                    let took = Time::from_nanos(came) - entry.push.sent;
                    let deadline = self.rules.deadline;
                    self.came_late += u64::from(took > deadline);
                    // A shard that is not away has had nothing to do twice in this time.
                    let sure = deadline + Duration::from_nanos(3 * TICK);
                    self.came_late_for_sure += u64::from(took > sure);
                }
                judge.arrived(
                    client.slot,
                    Arrival {
                        at: now,
                        not_before,
                        event: &name,
                        payload: args,
                        premature,
                    },
                );
            }
            Incoming::Disconnected => self.died(conn, Leave::ServerDisconnect),
            _ => {}
        }
        self.transmit(conn);
    }

    pub(crate) fn transmit(&mut self, conn: usize) {
        while let Some(transmit) = self.clients[conn].session.poll_transmit() {
            let mut text = String::new();
            transmit.encode("/", "", &mut text);
            if text == "40" {
                let (slot, socket) = (self.clients[conn].slot, self.clients[conn].socket);
                let now = self.time();
                let shard = self.shard_of(socket);
                self.judges[shard].connecting(slot, now);
            }
            self.client_says(conn, FromClient::Text(text));
        }
    }

    pub(crate) fn client_says(&mut self, conn: usize, what: FromClient) {
        let at = (self.now + self.latency()).max(self.clients[conn].next_out + 1);
        self.clients[conn].next_out = at;
        if !self.clients[conn].dead {
            self.at(at, Event::ToServer(conn, what));
        }
    }

    pub(crate) fn set_timer(&mut self, conn: usize) {
        let client = &mut self.clients[conn];
        let deadline = client.session.deadline().map_or(u64::MAX, Time::as_nanos);
        if client.open && deadline != client.timer && deadline != u64::MAX {
            client.timer = deadline;
            self.at(deadline, Event::Timer(conn));
        }
    }

    pub(crate) fn timer(&mut self, conn: usize) {
        // Frames come first, as in the driver.
        self.read(conn);
        let now = self.time();
        if self.clients[conn].open && self.clients[conn].session.handle_timeout(now).is_some() {
            self.died(conn, Leave::PingTimeout);
        }
        self.set_timer(conn);
    }

    /// A connection is over, for whatever reason but our own.
    pub(crate) fn died(&mut self, conn: usize, cause: Leave) {
        let after = match cause {
            Leave::PingTimeout => self.clients[conn].heard,
            _ => self.not_before(conn),
        };
        self.close(conn, after, cause);
        let socket = self.clients[conn].socket;
        let at = self.now + self.rand.between(1, 200) * MS;
        self.at(at, Event::Come(socket));
    }

    pub(crate) fn close(&mut self, conn: usize, after: Time, cause: Leave) {
        let by = self.time();
        let socket = self.clients[conn].socket;
        let shard = self.shard_of(socket);
        let client = &mut self.clients[conn];
        client.open = false;
        client.inbox.clear();
        client.after = Some(after);
        if client.connected.is_some() {
            self.judges[shard].left(client.slot, Left { after, by, cause });
        }
        self.client_says(conn, FromClient::Gone);
    }

    /// Some socket leaves on purpose and comes back.
    pub(crate) fn churn(&mut self) {
        let socket = self.rand.below(self.current.len() as u64) as usize;
        let Some(conn) = self.current[socket] else {
            return;
        };
        if !self.clients[conn].open || self.clients[conn].connected.is_none() {
            return;
        }
        let alive = !self.clients[conn].dead && !self.peers[conn].gone;
        let (after, cause) = if self.rand.one_in(2) {
            self.clients[conn].session.leave();
            self.transmit(conn);
            // The server answers the goodbye if it is there.
            let after = if alive {
                self.not_before(conn)
            } else {
                self.clients[conn].heard
            };
            (after, Leave::Ours)
        } else {
            (self.clients[conn].heard, Leave::OursAbrupt)
        };
        self.close(conn, after, cause);
        let at = self.now + self.rand.between(0, 300) * MS;
        self.at(at, Event::Come(socket));
    }
}
