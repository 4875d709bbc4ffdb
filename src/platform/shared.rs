//! What all connections of a platform share, and what each of their requests leads to.

mod ending;

use super::accounts::{Accounts, Login};
use super::admin::PushCount;
use super::attempts::Attempts;
use super::calls::Failures;
use super::clock::Clock;
use super::config::PlatformConfig;
use super::conn::Conn;
use super::engine::{CloseReason, Transport};
use super::events::{self, Call};
use super::faults::Fault;
use super::frame::Frame;
use super::hub::{Audience, Hub};
use super::limit::DeliveryLimit;
use super::mutants::Mutant;
use super::nodes::{Ask, Elsewhere, Nodes, Role, Way};
use super::socket::{ClientEvent, Membership, Request};
use super::store::Data;
use super::token::Token;
use super::wrong::{self, au, rc};
use crate::protocol::engine::Packet;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

const INVALID_NAMESPACE: &str = "Invalid namespace";
/// Most calls of scenarios by clients' events, and at endpoints that answer at once, that are under way.
const MOST_CALLS: usize = 10_000;

/// What all connections of a platform share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Arc<PlatformConfig>,
    pub(crate) clock: Clock,
    pub(crate) accounts: Accounts,
    /// Logins that failed.
    pub(crate) attempts: Attempts,
    /// The objects of all apps.
    pub(crate) data: Data,
    /// The pushes of each app.
    pub(crate) pushes: Vec<PushCount>,
    pub(crate) hub: Hub,
    /// The other nodes of the platform, if there are any.
    pub(super) nodes: Option<Nodes>,
    deliveries: Option<Arc<DeliveryLimit>>,
    conns: Mutex<HashMap<Token, Arc<Conn>>>,
    tasks: Mutex<JoinSet<()>>,
    /// Calls of scenarios that may be under way, by clients' events and at endpoints that answer at once.
    calls: Arc<Semaphore>,
    /// What was said of calls that failed.
    pub(super) failures: Failures,
    stop: watch::Sender<bool>,
    /// What mutants remember.
    pub(super) entering: au::State,
    pub(super) returning: rc::State,
    pub(super) ending: wrong::ends::State,
}

impl Shared {
    /// What they share, and the ways to the other nodes.
    pub(super) fn new(config: PlatformConfig, role: Role) -> (Arc<Self>, Vec<Way>) {
        let config = Arc::new(config);
        let most = config.limits.deliveries_per_s.and_then(NonZeroU32::new);
        let (nodes, ways) = Nodes::new(role, &config);
        let structures = config.apps.iter().map(|app| app.structures.len());
        let data = Data::new(Clock::unix_ms(), structures);
        let shared = Arc::new(Self {
            nodes,
            data,
            pushes: config.apps.iter().map(|_| PushCount::default()).collect(),
            deliveries: most.map(|most| Arc::new(DeliveryLimit::new(most))),
            clock: Clock::start(),
            accounts: Accounts::new(&config),
            attempts: Attempts::new(config.failed_logins),
            hub: Hub::new(&config),
            conns: Mutex::default(),
            tasks: Mutex::default(),
            calls: Arc::new(Semaphore::new(MOST_CALLS)),
            failures: Failures::default(),
            stop: watch::Sender::new(false),
            entering: au::State::default(),
            returning: rc::State::default(),
            ending: wrong::ends::State::default(),
            config,
        });
        (shared, ways)
    }

    /// Connections of Engine.IO that are open.
    pub(super) fn connections(&self) -> usize {
        self.conns().len()
    }

    fn conns(&self) -> MutexGuard<'_, HashMap<Token, Arc<Conn>>> {
        self.conns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a connection, unless there are too many. `bare`: with nothing above Engine.IO.
    pub(crate) fn open(&self, transport: Transport, bare: bool) -> Option<Arc<Conn>> {
        let mut conns = self.conns();
        // The lock makes the stop and the last opening follow each other: nothing opens that the stop does not see.
        let is_full = conns.len() >= self.config.max_sockets;
        if wrong::ends::is_used_up(self, is_full) || *self.stop.borrow() {
            return None;
        }
        let limit = self.deliveries.clone();
        let conn = Conn::open(&self.config, transport, bare, limit, self.clock.now());
        conns.insert(conn.sid(), Arc::clone(&conn));
        Some(conn)
    }

    /// The connection of an Engine.IO session id, of the one kind or the other.
    pub(crate) fn find(&self, sid: &str, bare: bool) -> Option<Arc<Conn>> {
        let sid = Token::parse(sid)?;
        let mut conn = self.conns().get(&sid).cloned();
        if conn.is_none() {
            let mutants = self.config.mutants;
            if mutants.has(Mutant::SidClash) {
                conn = self.conns().values().next().cloned();
            } else if mutants.has(Mutant::EioSidPublic) {
                let all: Vec<_> = self.conns().values().cloned().collect();
                conn = wrong::se::by_public_id(all, sid);
            }
        }
        let conn = conn?;
        let over = conn.read(|session| session.engine.is_closed() || session.bare != bare);
        (!over).then_some(conn)
    }

    /// Removes a connection that is over from everywhere.
    pub(crate) fn forget(&self, conn: &Arc<Conn>) {
        let now = self.clock.now();
        let (lost, memberships) = conn.change(|session| {
            session.engine.close(now, CloseReason::TransportLost);
            let memberships: Vec<_> = session.sockets.memberships().collect();
            (session.engine.is_lost(), memberships)
        });
        for membership in memberships {
            self.hub.leave(conn, membership, lost.then_some(now));
        }
        self.conns().remove(&conn.sid());
    }

    /// Hands one packet of a client to its session and does what it asks for.
    pub(crate) fn receive(self: &Arc<Self>, conn: &Arc<Conn>, packet: Packet<'_>) {
        let now = self.clock.now();
        let mutants = self.config.mutants;
        if wrong::se::crashes(mutants, &packet) {
            return self.crash();
        }
        match conn.change(|session| session.receive(now, packet)) {
            Request::Fatal(_) if self.config.mutants.has(Mutant::SharedFate) => {
                self.end_all(CloseReason::TransportLost);
            }
            Request::Nothing | Request::Fatal(_) => {}
            Request::Connect { namespace, auth } => self.connect(conn, namespace, auth),
            Request::Unknown { namespace } if mutants.has(Mutant::AcceptAnyNamespace) => {
                au::welcome_anywhere(self, conn, namespace);
            }
            Request::Unknown { namespace } => {
                conn.change(|session| session.refuse(now, namespace, INVALID_NAMESPACE));
            }
            Request::Leave(membership) => {
                self.hub.depart(conn, membership, now);
                if self.config.mutants.has(Mutant::LeavingClosesAll) {
                    conn.change(|session| session.engine.close(now, CloseReason::ByClient));
                }
            }
            Request::Event(event) => {
                let sender = conn.read(|session| {
                    let mut all = session.sockets.memberships();
                    all.find(|one| one.namespace == event.namespace)
                });
                if mutants.has(Mutant::LifecycleByEvent)
                    && au::is_lifecycle(self, conn, &event, sender)
                    || mutants.has(Mutant::DedupWithoutAck) && rc::is_again(self, conn, &event)
                {
                    return;
                }
                let call = sender.and_then(|sender| Call::of(self, sender, &event));
                if let Some(call) = call {
                    return self.call(conn, call);
                }
                wrong::client::publish(&self.hub, sender, &event, now);
                let wanted = sender.filter(|_| event.id.is_some()).zip(self.hub.faults());
                let fault =
                    wanted.and_then(|(sender, faults)| faults.ack(sender.sid, &event.name, now));
                self.answer(conn, sender, &event, fault);
            }
        }
    }

    /// Queues what answers an event.
    fn answer(
        &self,
        conn: &Arc<Conn>,
        sender: Option<Membership>,
        event: &ClientEvent<'_>,
        fault: Option<Fault>,
    ) {
        let answer = |offset| {
            let frames = events::acknowledge(&self.config, event, fault, offset);
            self.send(conn, frames);
        };
        let kept = self.hub.recovery().zip(sender);
        match kept.zip(events::answer_name(&self.config, event)) {
            Some(((recovery, sender), name)) => {
                let now = self.clock.now();
                recovery.keep_answer(sender, (name, event), now, |offset| answer(Some(offset)));
            }
            None => answer(None),
        }
    }

    /// Queues packets next to each other.
    pub(super) fn send(&self, conn: &Conn, frames: Vec<Frame>) {
        if frames.is_empty() {
            return;
        }
        let now = self.clock.now();
        conn.change(|session| {
            for frame in frames {
                session.engine.send(now, frame);
            }
        });
    }

    /// Leave for one more call that nobody waits for.
    pub(super) fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.calls).try_acquire_owned().ok()
    }

    /// Makes the call of a client's event, and answers it when it is over: at once, unless other nodes have to do their part.
    fn call(self: &Arc<Self>, conn: &Arc<Conn>, call: Call) {
        // Whoever calls faster than the nodes answer is let go of.
        let Some(permit) = self.permit() else {
            let now = self.clock.now();
            return conn.change(|session| session.engine.close(now, CloseReason::Overflow));
        };
        let (shared, conn) = (Arc::clone(self), Arc::clone(conn));
        let mut making = Box::pin(async move {
            let ack = call.make(&shared).await;
            shared.send(&conn, ack.into_iter().collect());
            drop(permit);
        });
        let mut nobody = Context::from_waker(Waker::noop());
        if making.as_mut().poll(&mut nobody).is_pending() {
            self.spawn(making);
        }
    }

    /// Does what time asks of a connection.
    pub(crate) fn handle_timeout(&self, conn: &Arc<Conn>) {
        let now = self.clock.now();
        if let Some(ended) = conn.change(|session| session.handle_timeout(now)) {
            self.hub.leave(conn, ended, None);
        }
    }

    /// Does what another node asks for. Returns at how many sockets.
    pub(super) fn carry_out(self: &Arc<Self>, ask: Ask<'_>) -> u64 {
        if wrong::nodes::puts_off(self, ask) {
            return 0;
        }
        let now = self.clock.now();
        match ask {
            Ask::LogIn {
                token,
                app,
                user,
                left,
            } => {
                let login = Login {
                    token: Token::from_bits(token),
                    app,
                    user: user.into(),
                    until: now + left,
                };
                self.accounts.take_over(login, now);
                0
            }
            Ask::LogOut { token } => {
                if let Some(login) = self.accounts.get(Token::from_bits(token)) {
                    self.log_out(&login);
                }
                0
            }
            Ask::Push {
                app,
                user,
                event,
                message,
            } => {
                let audience = user.map_or(Audience::Everyone, Audience::User);
                if self.config.mutants.has(Mutant::DupPerNode) {
                    self.hub.push(app, audience, event, message, now);
                }
                self.hub.push(app, audience, event, message, now).sockets as u64
            }
        }
    }

    /// Asks the other nodes, if there are any.
    pub(super) fn ask(&self, ask: Ask<'_>) -> Option<Elsewhere> {
        self.nodes.as_ref().map(|nodes| nodes.ask(ask))
    }

    /// Starts a task that the stop waits for.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Keeps the time of a session on polling until it is over or has moved to WebSocket.
    pub(crate) fn keep(self: &Arc<Self>, conn: Arc<Conn>) {
        let shared = Arc::clone(self);
        self.spawn(async move {
            let mut timer = std::pin::pin!(tokio::time::sleep_until(tokio::time::Instant::now()));
            poll_fn(|cx| {
                loop {
                    let Some(deadline) = conn.poll_keeper(cx) else {
                        return Poll::Ready(());
                    };
                    timer.as_mut().reset(shared.clock.instant(deadline));
                    if timer.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    shared.handle_timeout(&conn);
                }
            })
            .await;
            if conn.read(|session| session.engine.is_closed()) {
                shared.forget(&conn);
            }
        });
    }

    /// Lets go of what faults hold back, when it is time.
    pub(crate) fn keep_faults(self: &Arc<Self>) {
        if self.hub.faults().is_none() {
            return;
        }
        let shared = Arc::clone(self);
        let mut stopping = self.stopping();
        self.spawn(async move {
            let Some(faults) = shared.hub.faults() else {
                return;
            };
            loop {
                let due = shared.clock.instant(faults.deadline());
                tokio::select! {
                    () = tokio::time::sleep_until(due) => faults.handle_timeout(shared.clock.now()),
                    () = faults.sooner() => {}
                    () = async { drop(stopping.wait_for(|stop| *stop).await) } => return,
                }
            }
        });
    }

    /// Lets deliveries through at their rate, if it is limited.
    pub(crate) fn keep_limit(self: &Arc<Self>) {
        let Some(limit) = self.deliveries.clone() else {
            return;
        };
        let shared = Arc::clone(self);
        let mut stopping = self.stopping();
        self.spawn(async move {
            loop {
                if limit.release(shared.clock.now()) {
                    tokio::task::yield_now().await;
                    continue;
                }
                let due = shared.clock.instant(limit.deadline());
                tokio::select! {
                    () = tokio::time::sleep_until(due) => {}
                    () = limit.begun() => {}
                    () = async { drop(stopping.wait_for(|stop| *stop).await) } => return,
                }
            }
        });
    }

    /// Tells when the platform begins to stop.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }
}
