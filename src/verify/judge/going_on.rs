//! Connections that go on where another of their socket ended: connection state recovery, of Socket.IO 4.6 and later.
//!
//! Such a target keeps, for a while, what a socket misses when its connection breaks, and sends it once the socket is back
//! (<https://socket.io/docs/v4/connection-state-recovery>). So what the socket missed may come, once over all connections that go on from each
//! other, and in order. Nothing of it has to come: a target that keeps it is free not to.
//!
//! As long as a socket may be back like that it is judged by no further batch: what it is missing would be let go of, and what comes of it then
//! could not be told.

use super::{Judge, Slot};
use crate::history::{Left, Outcome};
use crate::ids::SocketId;
use crate::time::Time;

impl Judge {
    /// As [`Judge::left`], of a socket whose next connection may go on where this one ended. Sooner or later [`Judge::connected`],
    /// [`Judge::went_on`] or [`Judge::forsaken`] has to follow, for until then all pushes are kept.
    pub fn left_for_now(&mut self, slot: Slot, left: Left) {
        self.left(slot, left);
        let connection = self.sockets.get(slot);
        if connection.is_some_and(|connection| connection.presence.has_left()) {
            self.sockets.leaves_for_now(slot.index());
        }
    }

    /// Whether the socket's next connection has one that it can go on from.
    pub fn may_go_on(&self, socket: SocketId) -> bool {
        self.sockets.is_away_for_now(socket)
    }

    /// The socket does not come back.
    pub fn forsaken(&mut self, socket: SocketId) {
        self.sockets.forsake(socket);
    }

    /// The socket's CONNECT was accepted, and the target says that it goes on where the connection of the last [`Judge::left_for_now`]
    /// ended. Without one it is connected as any other.
    pub fn went_on(&mut self, slot: Slot, at: Time) {
        self.go_on(slot);
        self.connected(slot, at);
    }

    fn go_on(&mut self, slot: Slot) {
        let Some(connection) = self.sockets.get(slot) else {
            return;
        };
        let (socket, opened) = (connection.socket as usize, connection.opened);
        let Some(before) = self.sockets.may_go_on_with(socket) else {
            return;
        };
        let here = slot.index();
        self.sockets.copy(before, here);
        self.kept.copy(before, here, self.sockets.places());
        let doubtful = self.doubtful.iter().filter(|(_, slot)| *slot == before);
        let doubtful: Vec<_> = doubtful.map(|(id, _)| (*id, here)).collect();
        self.doubtful.extend(doubtful);
        // It is judged by the batches that wait for the socket, too. What was over before those had come, or was lost, and is not made up for.
        let judged = self.sockets.all[socket].judged;
        let waiting = self.pending.len() as u32 - (self.batches - judged);
        let waiting = self.pending.get(waiting as usize).cloned();
        for (lane, floor) in self.floor.iter().enumerate() {
            let from = waiting.as_ref().map(|batch| batch.lanes()[lane].from);
            self.sockets.lane(here, lane).since = from.unwrap_or(*floor);
        }
        let unknown = self.unknown_between(socket, judged, opened);
        let since = self.sockets.at(before).presence;
        let since = since.missed_since(self.rules.settle);
        let connection = self.sockets.at_mut(here);
        connection.opened = judged;
        connection.unknown_before -= unknown;
        connection.presence.goes_on(since);
    }

    /// Pushes in a socket's audience with an unknown outcome, in these batches.
    fn unknown_between(&self, socket: usize, from: u32, to: u32) -> u32 {
        let (app, user) = (self.sockets.all[socket].app, self.sockets.all[socket].user);
        let first = self.batches - self.pending.len() as u32;
        let batches = (first..).zip(&self.pending);
        let batches = batches.filter(|(number, _)| (from..to).contains(number));
        let streams = batches.flat_map(|(_, streams)| streams.of_socket(app, user));
        let unknown = streams.map(|(.., stream)| stream.count(Outcome::Unknown, stream.range()));
        unknown.sum::<u64>() as u32
    }
}
