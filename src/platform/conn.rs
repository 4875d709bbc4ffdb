//! One client connection: the two protocol layers behind one lock, and the wakers of those who serve it.
//!
//! The lock is held for the length of one state change, never across an await. Order of locks: an app's register of members first,
//! then a connection. Whoever changes the state wakes whoever has something to do because of it.

use super::config::PlatformConfig;
use super::engine::{CloseReason, Engine, Input, Next, Transport};
use super::frame::Frame;
use super::limit::{DeliveryLimit, Waiting};
use super::mutants::Mutant;
use super::socket::{Membership, Request, Sockets};
use super::token::Token;
use crate::protocol::engine::Packet;
use crate::protocol::socket::PacketType;
use crate::time::Time;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

pub(crate) use super::packets::{
    array, encode, encode_binary, encode_event, encode_head, offset, with_offset,
};

/// Both layers of one connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) engine: Engine,
    pub(crate) sockets: Sockets,
    /// There is no Socket.IO above the engine: messages are sent back as they are.
    pub(crate) bare: bool,
}

impl Session {
    /// One packet of the client; what it asks of the owner. Breaking the protocol ends the session here.
    pub(crate) fn receive<'a>(&mut self, now: Time, packet: Packet<'a>) -> Request<'a> {
        let config = Arc::clone(self.engine.config());
        let request = match self.engine.handle_packet(now, packet) {
            Input::Nothing => Request::Nothing,
            Input::Text(text) if self.bare => {
                self.engine.send(now, Frame::text(&format!("4{text}")));
                Request::Nothing
            }
            Input::Binary(data) if self.bare => {
                self.engine.send(now, Frame::binary(&data));
                Request::Nothing
            }
            Input::Text(text) => self.sockets.handle_text(&config, now, text),
            Input::Binary(data) => self.sockets.handle_binary(&config, &data),
        };
        if let Request::Fatal(how) = request {
            self.engine.breach(now, how);
        }
        request
    }

    /// Whether this socket is joined here; `None` means any.
    fn has(&self, member: Option<(usize, Token)>) -> bool {
        member.is_none_or(|(namespace, sid)| self.sockets.is_member(namespace, sid))
    }

    /// When [`Self::handle_timeout`] is wanted next.
    pub(crate) fn deadline(&self) -> Time {
        if self.engine.leaks() {
            return Time::MAX;
        }
        if self.engine.is_open() && !self.bare {
            self.engine.deadline().min(self.sockets.deadline())
        } else {
            self.engine.deadline()
        }
    }

    /// Does what time asks for. Returns a membership that ended with its login.
    pub(crate) fn handle_timeout(&mut self, now: Time) -> Option<Membership> {
        self.engine.handle_timeout(now);
        if !self.engine.is_open() || self.bare {
            return None;
        }
        if self.sockets.joined_too_late(now) {
            self.engine.close(now, CloseReason::ConnectTimeout);
        }
        if self.sockets.assembly_stalled(now) {
            self.engine
                .close(now, CloseReason::Protocol("attachments did not come"));
        }
        let expired = self.sockets.expired(now)?;
        self.kick(now, expired.namespace, expired.sid);
        Some(expired)
    }

    /// Ends a membership by the server's will; with the last one the connection ends too.
    pub(crate) fn kick(&mut self, now: Time, namespace: usize, sid: Token) {
        if self.sockets.kick(namespace, sid) {
            self.send_packet(now, PacketType::Disconnect, namespace, "");
            if !self.sockets.any_joined() {
                self.engine.close(now, CloseReason::Kicked);
            }
        }
    }

    /// Grants a namespace: the answer is queued and the membership begins in one step, with what the socket had missed ahead of the answer, as
    /// socket.io sends it. False if the session cannot join any more.
    pub(crate) fn grant(&mut self, now: Time, membership: Membership, missed: Vec<Frame>) -> bool {
        if !self.engine.is_open() || !self.sockets.join(membership) {
            return false;
        }
        let mutants = self.engine.config().mutants;
        if mutants.has(Mutant::JoinBeforeAck) || mutants.has(Mutant::JoinBeforeAuth) {
            return true;
        }
        for frame in missed {
            self.engine.send(now, frame);
        }
        self.welcome(now, membership);
        if mutants.has(Mutant::TwoConnects) {
            self.welcome(now, membership);
        }
        true
    }

    /// Queues the answer that grants a namespace.
    pub(super) fn welcome(&mut self, now: Time, membership: Membership) {
        let sid = membership.sid;
        let data = match membership.pid {
            None => format!("{{\"sid\":\"{sid}\"}}"),
            Some(pid) => format!("{{\"sid\":\"{sid}\",\"pid\":\"{pid}\"}}"),
        };
        self.send_packet(now, PacketType::Connect, membership.namespace, &data);
    }

    /// Refuses a namespace.
    pub(crate) fn refuse(&mut self, now: Time, namespace: &str, message: &str) {
        let data = if self.engine.config().mutants.has(Mutant::StringPayload) {
            serde_json::json!(message)
        } else {
            serde_json::json!({ "message": message })
        };
        let data = data.to_string();
        let frame = encode(PacketType::ConnectError, namespace, None, &data);
        self.engine.send(now, frame);
    }

    fn send_packet(&mut self, now: Time, kind: PacketType, namespace: usize, data: &str) {
        let config = Arc::clone(self.engine.config());
        let frame = encode(kind, config.namespace_name(namespace), None, data);
        self.engine.send(now, frame);
    }
}

#[derive(Debug)]
struct Inner {
    session: Session,
    /// Waits for [`Engine::poll_body`].
    poll: Option<Waker>,
    /// Drives the session's WebSocket, or one that would become it.
    socket: Option<Waker>,
    /// Keeps the time of a session on polling.
    keeper: Option<Waker>,
}

/// One client connection.
#[derive(Debug)]
pub(crate) struct Conn {
    sid: Token,
    /// Where deliveries wait before they are queued here, if their rate is limited.
    limit: Option<Arc<DeliveryLimit>>,
    inner: Mutex<Inner>,
}

impl Conn {
    /// Opens a connection; the open packet waits in its queue.
    pub(crate) fn open(
        config: &Arc<PlatformConfig>,
        transport: Transport,
        bare: bool,
        limit: Option<Arc<DeliveryLimit>>,
        now: Time,
    ) -> Arc<Self> {
        let sid = if config.mutants.has(Mutant::SequentialSid) {
            Token::next()
        } else {
            Token::random()
        };
        Arc::new(Self {
            sid,
            limit,
            inner: Mutex::new(Inner {
                session: Session {
                    engine: Engine::open(Arc::clone(config), transport, sid, now),
                    sockets: Sockets::new(config, now),
                    bare,
                },
                poll: None,
                socket: None,
                keeper: None,
            }),
        })
    }

    /// The Engine.IO session id, a secret of this client.
    pub(crate) fn sid(&self) -> Token {
        self.sid
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the state.
    pub(crate) fn read<R>(&self, look: impl FnOnce(&Session) -> R) -> R {
        look(&self.lock().session)
    }

    /// Changes the state and wakes all that serve the connection and wait. (A WebSocket's driver at work does not wait.)
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Session) -> R) -> R {
        let mut inner = self.lock();
        let result = change(&mut inner.session);
        let wakers = [inner.poll.take(), inner.socket.take(), inner.keeper.take()];
        drop(inner);
        wakers.into_iter().flatten().for_each(Waker::wake);
        result
    }

    /// Queues one event for a member. False if it is a member no more, or its queue overflowed, which ends the connection.
    pub(crate) fn deliver(
        self: &Arc<Self>,
        now: Time,
        namespace: usize,
        sid: Token,
        frame: Frame,
    ) -> bool {
        self.send(now, Some((namespace, sid)), frame)
    }

    /// Queues one event whoever is there to have it: a fault. False if the connection is over.
    pub(crate) fn deliver_to_nobody(self: &Arc<Self>, now: Time, frame: Frame) -> bool {
        self.send(now, None, frame)
    }

    fn send(self: &Arc<Self>, now: Time, member: Option<(usize, Token)>, frame: Frame) -> bool {
        let Some(limit) = &self.limit else {
            return self.let_through(now, member, frame);
        };
        if !self.read(|session| session.engine.is_open() && session.has(member)) {
            return false;
        }
        let conn = Arc::clone(self);
        let waits = limit.wait(
            now,
            Waiting {
                conn,
                member,
                frame,
            },
        );
        if !waits {
            self.change(|session| session.engine.close(now, CloseReason::Overflow));
        }
        waits
    }

    /// Queues an event whose turn it is.
    pub(super) fn let_through(
        &self,
        now: Time,
        member: Option<(usize, Token)>,
        frame: Frame,
    ) -> bool {
        self.queue(now, frame, |session| session.has(member))
    }

    fn queue(&self, now: Time, frame: Frame, may: impl FnOnce(&Session) -> bool) -> bool {
        let mut inner = self.lock();
        let session = &mut inner.session;
        if !may(session) {
            return false;
        }
        let idle = !session.engine.has_output();
        let queued = session.engine.send(now, frame);
        // Whoever drains a queue that is not empty will come across this packet by itself.
        let waker = if idle || !queued {
            match session.engine.transport() {
                Transport::Polling => inner.poll.take(),
                Transport::WebSocket => inner.socket.take(),
            }
        } else {
            None
        };
        let keeper = if queued { None } else { inner.keeper.take() };
        drop(inner);
        waker.into_iter().chain(keeper).for_each(Waker::wake);
        queued
    }

    /// The body that ends the pending poll.
    pub(crate) fn poll_body(&self, cx: &Context<'_>) -> Poll<String> {
        let mut inner = self.lock();
        let Some(body) = inner.session.engine.poll_body() else {
            remember(&mut inner.poll, cx);
            return Poll::Pending;
        };
        let keeper = if inner.session.engine.is_closed() {
            inner.keeper.take()
        } else {
            None
        };
        drop(inner);
        keeper.into_iter().for_each(Waker::wake);
        Poll::Ready(body)
    }

    /// What the session's WebSocket is to write next.
    pub(crate) fn next_frame(&self, room: bool) -> Next {
        self.lock().session.engine.next_frame(room)
    }

    /// The driver of the session's WebSocket has nothing to do until the moment returned, or until it is woken. `None` if there is
    /// something to do after all. `room`: whether a frame could be written.
    pub(crate) fn park(&self, room: bool, cx: &Context<'_>) -> Option<Time> {
        let mut inner = self.lock();
        let engine = &inner.session.engine;
        let busy = engine.is_closed() || (room && (engine.has_output() || !engine.is_open()));
        if busy {
            return None;
        }
        let deadline = inner.session.deadline();
        remember(&mut inner.socket, cx);
        Some(deadline)
    }

    /// Whether a probing WebSocket may go on; it is woken when that changes.
    pub(crate) fn poll_upgrade_over(&self, attempt: u32, cx: &Context<'_>) -> Poll<()> {
        let mut inner = self.lock();
        if inner.session.engine.upgrade_lives(attempt) {
            remember(&mut inner.socket, cx);
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    /// The moment at which a session on polling wants its time kept; `None` once it is over or has moved to WebSocket.
    pub(crate) fn poll_keeper(&self, cx: &Context<'_>) -> Option<Time> {
        let mut inner = self.lock();
        let engine = &inner.session.engine;
        if engine.is_closed() || engine.transport() == Transport::WebSocket {
            return None;
        }
        let deadline = inner.session.deadline();
        remember(&mut inner.keeper, cx);
        Some(deadline)
    }
}

fn remember(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(waker) if waker.will_wake(cx.waker()) => {}
        _ => *slot = Some(cx.waker().clone()),
    }
}
