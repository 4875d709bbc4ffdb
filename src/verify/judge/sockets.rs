//! The sockets of a judge and their connections.
//!
//! A socket of the plan stays for good, in 40 bytes; a connection takes 80 bytes and 16 for each lane, and its place is used again when it
//! has ended and everything that was under way then has settled.

use std::collections::HashMap;

use crate::ids::{AppId, Audience, Lane, SocketId, UserId};
use crate::time::Time;
use crate::verify::gaps::Gaps;
use crate::verify::standing::Presence;

/// A connection's place in its judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot {
    pub(super) index: u32,
    /// Which of the connections that had this place.
    generation: u32,
}

/// No connection.
const NONE: u32 = u32::MAX;

/// A socket of the plan.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) id: SocketId,
    pub(super) user: UserId,
    pub(super) app: AppId,
    /// How many batches it has been judged by.
    pub(super) judged: u32,
    /// The first of its connections.
    first: u32,
}

/// One connection of a socket.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) presence: Presence,
    /// The latest send time among the pushes that have arrived.
    pub(super) latest_sent: Time,
    /// The socket's place.
    pub(super) socket: u32,
    /// How many batches there had been when it was opened.
    pub(super) opened: u32,
    /// Settled pushes with unknown outcome in its audience when it was opened.
    pub(super) unknown_before: u32,
    /// Another goes on where it ended, and has all that came here.
    pub(super) is_continued: bool,
    /// The next connection of the same socket.
    next: u32,
    generation: u32,
}

/// What a connection has seen of a lane.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LaneSeen {
    /// One past the largest number of the lane's stream for everyone that has come, or has settled.
    everyone: u32,
    /// As well of its stream for the socket's user.
    user: u32,
    /// One past the highest sequence number that has arrived.
    pub(super) end: u32,
    /// The first of the settled pushes that was sent only after the connection was there.
    pub(super) since: u32,
}

#[derive(Debug)]
pub(super) struct Sockets {
    by_id: HashMap<SocketId, u32>,
    pub(super) all: Vec<Socket>,
    /// Of sockets that are away for now, the connection that the next may go on with; until that is known they are judged by no further batch.
    away: HashMap<u32, u32>,
    /// Since when those read nothing that have stopped: few do.
    stuck: HashMap<u32, Time>,
    connections: Vec<Connection>,
    /// `lanes` entries for each connection, side by side.
    seen: Vec<LaneSeen>,
    lanes: usize,
    gaps: Gaps,
    /// Places of connections that have ended and may still be missing something.
    ended: Vec<u32>,
    free: Vec<u32>,
}

impl Sockets {
    /// It reads nothing from now on.
    pub(super) fn stop(&mut self, socket: u32, since: Time) {
        self.stuck.insert(socket, since);
    }

    /// Since when it reads nothing; `Time::MAX`: it does.
    pub(super) fn stuck_since(&self, socket: u32) -> Time {
        if self.stuck.is_empty() {
            return Time::MAX;
        }
        self.stuck.get(&socket).copied().unwrap_or(Time::MAX)
    }

    pub(super) fn new(lanes: usize) -> Self {
        Self {
            by_id: HashMap::new(),
            all: Vec::new(),
            away: HashMap::new(),
            stuck: HashMap::new(),
            connections: Vec::new(),
            seen: Vec::new(),
            lanes,
            gaps: Gaps::default(),
            ended: Vec::new(),
            free: Vec::new(),
        }
    }

    /// The socket's place; a new one has been judged by all batches so far.
    pub(super) fn plan(&mut self, id: SocketId, user: UserId, app: AppId, judged: u32) -> u32 {
        if let Some(place) = self.by_id.get(&id) {
            return *place;
        }
        let place = self.all.len() as u32;
        self.by_id.insert(id, place);
        let socket = Socket {
            id,
            user,
            app,
            judged,
            first: NONE,
        };
        push(&mut self.all, socket);
        place
    }

    /// A new connection of a socket. `floor`: the first push of each lane that is not settled.
    pub(super) fn open(
        &mut self,
        socket: u32,
        opened: u32,
        unknown_before: u32,
        floor: &[u32],
    ) -> Slot {
        let first = &mut self.all[socket as usize].first;
        let mut connection = Connection {
            presence: Presence::NONE,
            latest_sent: Time::ZERO,
            socket,
            opened,
            unknown_before,
            is_continued: false,
            next: *first,
            generation: 0,
        };
        let index = if let Some(index) = self.free.pop() {
            index
        } else {
            let index = self.connections.len() as u32;
            reserve(&mut self.seen, self.lanes);
            let len = self.seen.len() + self.lanes;
            self.seen.resize(len, LaneSeen::default());
            let place = Connection { ..connection };
            push(&mut self.connections, place);
            index
        };
        *first = index;
        connection.generation = self.connections[index as usize].generation + 1;
        let generation = connection.generation;
        self.connections[index as usize] = connection;
        for (lane, floor) in floor.iter().enumerate() {
            *self.lane(index, lane) = LaneSeen {
                since: *floor,
                ..LaneSeen::default()
            };
        }
        Slot { index, generation }
    }

    /// The socket is away for now: its next connection may go on where this one ended.
    pub(super) fn leaves_for_now(&mut self, index: u32) {
        let socket = self.at(index).socket;
        self.away.insert(socket, index);
    }

    /// No connection goes on where the socket's last one ended.
    pub(super) fn goes_on_with_nothing(&mut self, socket: u32) {
        self.away.remove(&socket);
    }

    /// The same by the socket's id.
    pub(super) fn forsake(&mut self, id: SocketId) {
        if let Some(place) = self.by_id.get(&id) {
            self.away.remove(place);
        }
    }

    /// Whether there is one that the socket's next connection may go on with.
    pub(super) fn is_away_for_now(&self, id: SocketId) -> bool {
        let place = self.by_id.get(&id);
        place.is_some_and(|place| self.away.contains_key(place))
    }

    /// The connection that has ended and that the next may go on with.
    pub(super) fn may_go_on_with(&self, socket: usize) -> Option<u32> {
        self.away.get(&(socket as u32)).copied()
    }

    /// What had come at one connection has come at another.
    pub(super) fn copy(&mut self, from: u32, to: u32) {
        for lane in 0..self.lanes {
            *self.lane(to, lane) = *self.lane(from, lane);
            for audience in [Audience::Everyone, Audience::User(UserId(0))] {
                let key = |index| self.key(index, Lane(lane as u32), audience);
                let (from, to) = (key(from), key(to));
                self.gaps.copy(from, to);
            }
        }
        self.at_mut(to).latest_sent = self.at(from).latest_sent;
        self.at_mut(from).is_continued = true;
    }

    /// `None`: it has ended long ago.
    #[inline]
    pub(super) fn get(&mut self, slot: Slot) -> Option<&mut Connection> {
        let connection = &mut self.connections[slot.index as usize];
        (connection.generation == slot.generation).then_some(connection)
    }

    /// The slot of the connection that has this place now.
    pub(super) fn slot(&self, index: u32) -> Slot {
        let generation = self.at(index).generation;
        Slot { index, generation }
    }

    pub(super) fn at(&self, index: u32) -> &Connection {
        &self.connections[index as usize]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, index: u32) -> &mut Connection {
        &mut self.connections[index as usize]
    }

    /// The socket that a connection belongs to.
    pub(super) fn of(&self, index: u32) -> &Socket {
        &self.all[self.at(index).socket as usize]
    }

    /// How many places there are.
    pub(super) fn places(&self) -> usize {
        self.connections.len()
    }

    /// The connections of a socket, the latest first.
    pub(super) fn connections(&self, socket: usize) -> impl Iterator<Item = u32> + '_ {
        let at = |index: u32| (index != NONE).then_some(index);
        std::iter::successors(at(self.all[socket].first), move |index| {
            at(self.connections[*index as usize].next)
        })
    }

    #[inline]
    pub(super) fn lane(&mut self, index: u32, lane: usize) -> &mut LaneSeen {
        &mut self.seen[index as usize * self.lanes + lane]
    }

    #[inline]
    fn key(&self, index: u32, lane: Lane, audience: Audience) -> u64 {
        let stream = index as usize * self.lanes + lane.index();
        stream as u64 * 2 + u64::from(audience == Audience::Everyone)
    }

    /// Marks a push as come. False: it had come before.
    #[inline]
    pub(super) fn insert(&mut self, index: u32, lane: Lane, audience: Audience, n: u32) -> bool {
        let key = self.key(index, lane, audience);
        let seen = &mut self.seen[index as usize * self.lanes + lane.index()];
        let next = seen.next(audience);
        if *next == n {
            *next += 1;
            return true;
        }
        self.gaps.insert(key, next, n)
    }

    /// Whether a push of a stream has come.
    pub(super) fn has(&mut self, index: u32, lane: Lane, audience: Audience, n: u32) -> bool {
        let key = self.key(index, lane, audience);
        let next = *self.lane(index, lane.index()).next(audience);
        self.gaps.has(key, next, n)
    }

    /// The pushes of a stream that have not come, out of a range.
    pub(super) fn missing(
        &mut self,
        index: u32,
        lane: Lane,
        audience: Audience,
        range: std::ops::Range<u32>,
    ) -> Vec<(u32, u32)> {
        let key = self.key(index, lane, audience);
        let next = *self.lane(index, lane.index()).next(audience);
        if next >= range.end && self.gaps.is_empty() {
            return Vec::new();
        }
        self.gaps.within(key, next, range)
    }

    /// Nobody asks about the pushes of a stream below this any more.
    pub(super) fn settle(&mut self, index: u32, lane: Lane, audience: Audience, below: u32) {
        let key = self.key(index, lane, audience);
        let seen = &mut self.seen[index as usize * self.lanes + lane.index()];
        if self.gaps.is_empty() {
            let next = seen.next(audience);
            *next = below.max(*next);
        } else {
            self.gaps.settle(key, seen.next(audience), below);
        }
    }

    /// Parts a connection that has ended from its socket. Its place is free when [`Sockets::swept`].
    pub(super) fn end(&mut self, index: u32) {
        let next = self.at(index).next;
        let socket = self.at(index).socket as usize;
        if self.all[socket].first == index {
            self.all[socket].first = next;
        } else {
            let before = self.connections(socket);
            let before = before.into_iter().find(|n| self.at(*n).next == index);
            if let Some(before) = before {
                self.at_mut(before).next = next;
            }
        }
        // Whoever still has the slot is not heard any more.
        self.at_mut(index).generation += 1;
        if !self.gaps.is_empty() {
            for stream in 0..self.lanes as u64 * 2 {
                self.gaps
                    .forget(u64::from(index) * self.lanes as u64 * 2 + stream);
            }
        }
        self.ended.push(index);
    }

    /// Connections that have ended and whose places wait to be swept.
    pub(super) fn ended(&self) -> &[u32] {
        &self.ended
    }

    /// Nothing refers to the ended connections any more.
    pub(super) fn swept(&mut self) {
        self.free.append(&mut self.ended);
    }
}

impl Slot {
    /// The place alone; it is given again to a later connection when this one has ended.
    pub fn number(self) -> u32 {
        self.index
    }

    pub(super) fn index(self) -> u32 {
        self.index
    }
}

impl LaneSeen {
    #[inline]
    fn next(&mut self, audience: Audience) -> &mut u32 {
        match audience {
            Audience::Everyone => &mut self.everyone,
            Audience::User(_) => &mut self.user,
        }
    }
}

/// Grows by a sixteenth: doubling would make half of the room for 10,000 sockets idle.
fn reserve<T>(list: &mut Vec<T>, more: usize) {
    if list.len() + more > list.capacity() {
        list.reserve_exact((list.len() / 16).max(more).max(64));
    }
}

fn push<T>(list: &mut Vec<T>, item: T) {
    reserve(list, 1);
    list.push(item);
}
