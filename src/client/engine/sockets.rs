//! The sockets of an engine: their states in a slab, and what is to be done at which of them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use mio::event::Event;
use mio::{Registry, Token};
use slab::Slab;

use super::deadlines::Deadlines;
use super::link::{Got, Link};
use super::socket::{Socket, State};
use super::tools::{self, Tools};
use crate::client::endpoint::Opened;
use crate::client::listener::{ConnectError, Ended, Hello, Listener};
use crate::client::polling::Moved;
use crate::client::route::Session;
use crate::client::talk::{Step, Talk};
use crate::protocol::engine::{self, Packet, Part};
use crate::protocol::frame::{Opcode, Reader};
use crate::time::Time;

/// Largest message taken from a server: well above the 1 MB that Socket.IO servers allow by default.
const MAX_MESSAGE: usize = 16 << 20;
/// Read before others have their turn: some milliseconds' work.
const BYTES_A_TURN: usize = 1 << 20;
/// More than the kernel keeps of what comes at one socket.
const CATCH_UP: usize = 16 << 20;
/// How long a goodbye that the target does not take is waited for: it must not hold up the end of a run.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) struct Sockets<H> {
    slab: Slab<Socket<H>>,
    registry: Registry,
    deadlines: Deadlines,
    /// Those that have more to read than there was time for.
    unread: VecDeque<usize>,
    ended: Vec<(H, Ended)>,
    buffer: Box<[u8]>,
    tools: Tools,
}

/// What may still be read in a turn, in bytes.
pub(super) struct Turn(usize);

impl Turn {
    pub(super) fn is_over(&self) -> bool {
        self.0 == 0
    }
}

impl<H: Listener> Sockets<H> {
    pub(super) const BYTES_PER_SOCKET: usize = size_of::<Socket<H>>();

    pub(super) fn new(registry: Registry, tools: Tools) -> Self {
        Self {
            slab: Slab::new(),
            registry,
            deadlines: Deadlines::default(),
            unread: VecDeque::new(),
            ended: Vec::new(),
            buffer: vec![0; tools::READ].into(),
            tools,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slab.is_empty()
    }

    pub(super) fn unstamped(&self) -> Option<String> {
        self.tools.why_unstamped()
    }

    pub(super) fn add(&mut self, opened: Opened, hello: Hello, holder: H) {
        let tools = &self.tools;
        let talk = Talk::new(holder, hello, tools.clock.now(), tools.connect_timeout);
        let behind = opened.behind;
        let Some(key) = self.insert(opened.tcp, opened.tls, opened.address, talk) else {
            return;
        };
        // Orders may have changed while it was opened.
        self.at(key, Socket::ask);
        self.at(key, |socket, tools| socket.take(&behind, None, tools));
    }

    /// Takes a session that moves here from polls: the target is told, and what was not said there is said here.
    pub(super) fn carry(&mut self, moved: Moved<H>) {
        let Opened {
            tcp,
            tls,
            address,
            behind,
        } = moved.opened;
        let Some(key) = self.insert(tcp, tls, address, moved.talk) else {
            return;
        };
        self.at(key, |socket, tools| {
            engine::encode(&Packet::Upgrade, &mut tools.text);
            tools.write_text(&mut socket.link);
            // What is attached to an event stands among them as it would in a body.
            for part in moved.unsaid.iter().flat_map(|packet| engine::parts(packet)) {
                match part {
                    Ok(Part::Text(text)) => {
                        tools.text.push_str(text);
                        tools.write_text(&mut socket.link);
                    }
                    Ok(Part::Binary(bytes)) => {
                        tools.write(&mut socket.link, Opcode::Binary, &bytes);
                    }
                    Err(_) => {}
                }
            }
            socket.ask(tools)
        });
        // What came before is older than what the thread knows of itself, and until it was told the target could send nothing here.
        self.at(key, |socket, tools| {
            let now = tools.clock.now();
            socket.kept_back(now - moved.since);
            let step = socket.take(&behind, None, tools);
            socket.kept_back(now - moved.heard);
            step
        });
    }

    /// Takes a connection in, unless it cannot be served.
    fn insert(
        &mut self,
        tcp: std::net::TcpStream,
        tls: Option<Box<Session>>,
        address: SocketAddr,
        mut talk: Talk<H>,
    ) -> Option<usize> {
        if self.slab.len() == self.slab.capacity() {
            // Grows by a sixteenth: doubling would leave half of the room idle.
            self.slab.reserve_exact((self.slab.len() / 16).max(64));
        }
        let place = self.slab.vacant_entry();
        let key = place.key();
        let link = match Link::new(tcp, tls, &self.registry, Token(key), &mut self.tools) {
            Ok(link) => link,
            Err(error) => {
                let ended = talk.not_served(ConnectError::tcp(address, &error));
                self.ended.push((talk.holder, ended));
                return None;
            }
        };
        talk.holder.kept_at(key);
        place.insert(Socket {
            link,
            reader: Reader::new(MAX_MESSAGE),
            looked_at: Time::MAX,
            reads_at: Time::ZERO,
            state: State::Talking(talk),
        });
        Some(key)
    }

    /// Has a holder emit what it wants to at once, if it is kept there.
    pub(super) fn emit(&mut self, key: usize) {
        self.at(key, Socket::emit);
    }

    /// Asks all holders what to do from now on.
    pub(super) fn ask(&mut self) {
        for key in 0..self.slab.capacity() {
            self.at(key, Socket::ask);
        }
    }

    /// When there is something to do next unless something comes.
    pub(super) fn deadline(&self) -> Time {
        if self.ended.is_empty() {
            self.deadlines.next()
        } else {
            Time::ZERO
        }
    }

    /// Does what is due.
    pub(super) fn time_is(&mut self, now: Time) {
        while let Some((at, key)) = self.deadlines.due(now) {
            if self
                .slab
                .get(key)
                .is_none_or(|socket| socket.looked_at != at)
            {
                continue;
            }
            self.slab[key].looked_at = Time::MAX;
            // What came in time comes first, though the thread may have been away: a ping that lies there was not missed.
            let mut turn = Turn(CATCH_UP);
            while self.read(key, true, &mut turn) && !turn.is_over() {}
            self.at(key, |socket, tools| socket.time_is(now, tools));
        }
    }

    /// Those that have ended since.
    pub(super) fn take_ended(&mut self) -> Vec<(H, Ended)> {
        std::mem::take(&mut self.ended)
    }

    /// A turn begins with those that had more to read than there was time for in the last.
    pub(super) fn begin_turn(&mut self) -> Turn {
        let mut turn = Turn(BYTES_A_TURN);
        for _ in 0..self.unread.len() {
            if turn.is_over() {
                break;
            }
            if let Some(key) = self.unread.pop_front() {
                self.read(key, true, &mut turn);
            }
        }
        turn
    }

    /// Nobody has more to read.
    pub(super) fn has_read_all(&self) -> bool {
        self.unread.is_empty()
    }

    /// Does what the selector says can be done.
    pub(super) fn ready(&mut self, event: &Event, turn: &mut Turn) {
        let Token(key) = event.token();
        if event.is_writable() {
            self.with(key, |socket, _| socket.flush());
        }
        if turn.is_over() {
            self.unread.push_back(key);
        } else {
            self.read(key, event.is_read_closed() || event.is_error(), turn);
        }
    }

    /// Reads what there is, or as much as one socket may have of a turn; tells whether there may be more. `to_the_end`: a read that does not fill the buffer does not prove
    /// that there is nothing more, as the end of the stream may follow.
    fn read(&mut self, key: usize, to_the_end: bool, turn: &mut Turn) -> bool {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut more = false;
        self.with(key, |socket, tools| {
            match &socket.state {
                State::Talking(talk) if talk.reads() > 0 => {
                    let reads = talk.reads();
                    return socket.sip(&mut buffer, reads, tools);
                }
                State::Stopped(_) => return Step::Go,
                _ => socket.reads_at = Time::ZERO,
            }
            loop {
                let (length, read) = match socket.link.read(&mut buffer, tools::READ, tools) {
                    Ok(Got::Nothing) => return socket.check_link(),
                    Ok(Got::End) => return socket.lost("end of stream"),
                    Ok(Got::Bytes(length, read)) => (length, read),
                    Err(error) => return socket.lost(&error.to_string()),
                };
                turn.0 = turn.0.saturating_sub(read.bytes);
                match socket.take(&buffer[..length], read.received, tools) {
                    Step::Go if socket.link.is_choked() => return socket.check_link(),
                    Step::Go => {}
                    over => return over,
                }
                if !read.full && !to_the_end {
                    return socket.check_link();
                }
                if read.full || turn.is_over() {
                    more = true;
                    return Step::Go;
                }
            }
        });
        self.buffer = buffer;
        if more {
            self.unread.push_back(key);
        }
        more
    }

    /// Does something at a socket that may write, and sees to it that a failure to do so is noticed.
    fn at(&mut self, key: usize, act: impl FnOnce(&mut Socket<H>, &mut Tools) -> Step) {
        self.with(key, act);
        let broken = |socket: &Socket<H>| socket.link.broken().is_some();
        if self.slab.get(key).is_some_and(broken) {
            self.read(key, true, &mut Turn(BYTES_A_TURN));
        }
    }

    /// Does something at a socket, if it is there, and what follows from it.
    fn with(&mut self, key: usize, act: impl FnOnce(&mut Socket<H>, &mut Tools) -> Step) {
        let Some(socket) = self.slab.get_mut(key) else {
            return;
        };
        match act(socket, &mut self.tools) {
            Step::Go => {}
            Step::Close(ended) if !socket.link.is_written() => {
                let until = self.tools.clock.now() + PATIENCE;
                let closing = State::Closing { until };
                if let State::Talking(talk) = std::mem::replace(&mut socket.state, closing) {
                    self.ended.push((talk.holder, ended));
                }
            }
            Step::End(ended) | Step::Close(ended) => {
                if let State::Talking(talk) | State::Stopped(talk) = self.slab.remove(key).state {
                    self.ended.push((talk.holder, ended));
                }
                return;
            }
            Step::Stop => {
                let stopped =
                    std::mem::replace(&mut socket.state, State::Closing { until: Time::MAX });
                if let State::Talking(talk) = stopped {
                    socket.state = State::Stopped(talk);
                }
                socket.link.narrow();
            }
            Step::Gone => {
                self.slab.remove(key);
                return;
            }
        }
        socket.link.watch(&self.registry, Token(key));
        let deadline = socket.deadline();
        if deadline < socket.looked_at {
            socket.looked_at = deadline;
            self.deadlines.push(deadline, key);
        }
    }
}
