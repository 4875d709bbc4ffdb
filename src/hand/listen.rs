//! Listening: each user's socket is a task that logs in, connects, and comes back when it is dropped; one engine serves them all.
//!
//! Everything runs on the thread of [`listen`], which needs a runtime of one thread. Whoever is told waits for nobody else: while it is
//! busy with an event nothing more is read, so what comes meanwhile stays with the kernel and the target, and memory is bounded.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet, LocalSet};

use super::ear::Ear;
use super::who::Who;
use super::{look_up, way};
use crate::client::engine::{Base, Engine};
use crate::client::listener::ConnectError;
use crate::client::login::LoginError;
use crate::clock::{self, Clock};
use crate::fleet::nodes::Nodes;
use crate::history::Stamp;
use crate::scenario::Plan;

/// How long sockets may take to leave: a target that does not take the goodbye is not waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// What to listen to, and for how long.
#[derive(Debug)]
pub struct Order {
    /// Target and app, whether and how dropped sockets come back.
    pub plan: Plan,
    /// One socket for each.
    pub who: Vec<Who>,
    /// Longest wait for the answer to a login, and for a socket to be connected.
    pub timeout: Duration,
    /// Only events of these names count and are told; empty: all.
    pub events: Vec<String>,
    /// End after so many events.
    pub count: Option<u64>,
    /// End so long after everyone was connected.
    pub lasting: Option<Duration>,
}

/// What whoever listens is told.
#[derive(Debug)]
pub enum Told<'a> {
    /// CONNECT was accepted.
    Connected {
        /// Whose.
        who: &'a Who,
        /// It was connected before.
        again: bool,
    },
    /// An event arrived.
    Event(Heard<'a>),
    /// A connection ended, or an attempt to come back failed.
    Away {
        /// Whose.
        who: &'a Who,
        /// Why.
        why: String,
        /// It was connected until now.
        dropped: bool,
        /// The wait before the next attempt; `None`: there is none.
        wait: Option<Duration>,
    },
}

/// An event.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// Whose socket it arrived at.
    pub who: &'a Who,
    /// When it had reached this machine, in nanoseconds since 1970: by the kernel's stamp, or where there is none, when it was read.
    pub at_unix_nanos: u64,
    /// The event name.
    pub name: &'a str,
    /// The arguments as they stand between the brackets, with placeholders for attachments; empty if there are none. Not checked to be JSON.
    pub args: &'a str,
    /// The attachments, in the order of the placeholders' `num`.
    pub attachments: &'a [Bytes],
    /// It came before CONNECT was accepted.
    pub premature: bool,
    /// It came in a namespace that was never asked for.
    pub stray: bool,
}

/// Why the listening is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As many events were heard as were asked for.
    Counted,
    /// The time is over.
    TimeOver,
    /// Told to stop.
    Stopped,
    /// Whoever was told of the events wants no more.
    Unwanted,
}

/// How a listening ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listened {
    /// Why.
    pub end: End,
    /// Events told of.
    pub events: u64,
}

/// Why there is nothing (more) to listen to.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The target's name is not to be had.
    #[error("{0}")]
    Target(String),
    /// The system gave no selector for sockets.
    #[error("this machine lets no sockets be watched: {0}")]
    System(#[from] std::io::Error),
    /// A login gave no session.
    #[error("{0}")]
    Login(LoginError),
    /// A socket was not connected.
    #[error("{whose}: {cause}")]
    Connect {
        /// User, app and target.
        whose: String,
        /// Why.
        cause: ConnectError,
    },
    /// Nobody is connected any more, and nobody comes back.
    #[error("{whose} is gone for good: {why}")]
    Gone {
        /// User, app and target of the last connection.
        whose: String,
        /// Why it ended.
        why: String,
    },
}

type Sink = Box<dyn FnMut(Told<'_>) -> ControlFlow<()>>;

/// Listens until one of the ends of the order is reached, `stop` says true, or `told` breaks off. An error if somebody cannot be connected
/// at first, or nobody is left.
pub async fn listen(
    order: Order,
    mut stop: watch::Receiver<bool>,
    told: impl FnMut(Told<'_>) -> ControlFlow<()> + 'static,
) -> Result<Listened, ListenError> {
    let nodes = tokio::select! {
        nodes = look_up(&order.plan, order.timeout) => nodes.map_err(ListenError::Target)?,
        _ = stop.wait_for(|stop| *stop) => return Ok(Listened { end: End::Stopped, events: 0 }),
    };
    let room = Rc::new(Room::new(order, nodes, Box::new(told))?);
    LocalSet::new().run_until(serve(room, stop)).await
}

async fn serve(room: Rc<Room>, mut stop: watch::Receiver<bool>) -> Result<Listened, ListenError> {
    let (holding, orders) = (Rc::clone(&room), room.over.subscribe());
    let mut engine = tokio::task::spawn_local(async move {
        holding.engine.serve(orders, Ear::over).await;
    });
    let mut sockets = JoinSet::new();
    for place in 0..room.order.who.len() {
        sockets.spawn_local(way::stay(Rc::clone(&room), place));
    }
    let mut time_over = pin!(room.time_is_over());
    let mut failed = None;
    loop {
        tokio::select! {
            joined = sockets.join_next() => match joined {
                None => break,
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => {
                    // Somebody who never comes is as good as nobody: what was asked for cannot be.
                    let first = failed.is_none() || !room.is_over();
                    if room.missing.get() > 0 {
                        room.leave();
                    }
                    if first {
                        failed = Some(error);
                    }
                }
                Some(Err(ended)) => broken(Err(ended)),
            },
            () = &mut time_over, if !room.is_over() => room.end(End::TimeOver),
            _ = stop.wait_for(|stop| *stop), if !room.is_over() => room.end(End::Stopped),
            ended = &mut engine => broken(ended),
        }
    }
    tokio::select! {
        _ = tokio::time::timeout(PATIENCE, room.engine.emptied()) => {}
        ended = &mut engine => broken(ended),
    }
    engine.abort();
    engine.await.ok();
    match (room.end.get(), failed) {
        (None, Some(error)) => Err(error),
        (end, _) => Ok(Listened {
            end: end.unwrap_or(End::Stopped),
            events: room.events.get(),
        }),
    }
}

/// A task that nobody ended has: the listening ends as it did.
fn broken(ended: Result<(), JoinError>) {
    match ended.map_err(JoinError::try_into_panic) {
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        _ => panic!("a task of the listening has ended"),
    }
}

/// What the sockets share.
pub(super) struct Room {
    pub(super) order: Order,
    pub(super) nodes: Nodes,
    clock: Clock,
    pub(super) engine: Engine<Ear>,
    told: RefCell<Sink>,
    events: Cell<u64>,
    /// Those who have not been connected yet.
    missing: Cell<usize>,
    complete: Notify,
    end: Cell<Option<End>>,
    /// True: everybody leaves.
    pub(super) over: watch::Sender<bool>,
}

impl Room {
    fn new(order: Order, nodes: Nodes, told: Sink) -> std::io::Result<Self> {
        let clock = Clock::start();
        Ok(Self {
            nodes,
            clock,
            engine: Engine::new(Base::new()?, clock, order.timeout),
            told: RefCell::new(told),
            events: Cell::new(0),
            missing: Cell::new(order.who.len()),
            complete: Notify::new(),
            end: Cell::new(None),
            over: watch::Sender::new(false),
            order,
        })
    }

    pub(super) fn who(&self, place: usize) -> &Who {
        &self.order.who[place]
    }

    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Somebody is connected for the first time.
    pub(super) fn one_has_come(&self) {
        self.missing.set(self.missing.get() - 1);
        if self.missing.get() == 0 {
            self.complete.notify_one();
        }
    }

    /// Tells something, unless the listening is over.
    pub(super) fn tell(&self, told: Told<'_>) {
        if !self.is_over() && (self.told.borrow_mut())(told).is_break() {
            self.end(End::Unwanted);
        }
    }

    /// Tells of an event that was asked for, and whether it was the last.
    pub(super) fn hear<'a>(&self, at: Stamp, heard: impl FnOnce(u64) -> Heard<'a>) {
        if self.is_over() {
            return;
        }
        let waited = Duration::from_micros(at.waited_us.unwrap_or(0).into());
        let ago = self.clock.now() - at.at + waited;
        let ago = u64::try_from(ago.as_nanos()).unwrap_or(u64::MAX);
        let heard = heard(clock::unix_nanos().saturating_sub(ago));
        let names = &self.order.events;
        if !names.is_empty() && !names.iter().any(|name| name == heard.name) {
            return;
        }
        // Counted only once it was told: one that nobody took is none.
        self.tell(Told::Event(heard));
        if self.is_over() {
            return;
        }
        self.events.set(self.events.get() + 1);
        if self.order.count == Some(self.events.get()) {
            self.end(End::Counted);
        }
    }

    /// The first end is the one that counts.
    fn end(&self, end: End) {
        if !self.is_over() {
            self.end.set(Some(end));
            self.leave();
        }
    }

    fn leave(&self) {
        self.over.send_replace(true);
    }

    /// Ready so long after everyone was connected as was asked for.
    async fn time_is_over(&self) {
        let Some(lasting) = self.order.lasting else {
            return std::future::pending().await;
        };
        self.complete.notified().await;
        tokio::time::sleep(lasting).await;
    }
}
