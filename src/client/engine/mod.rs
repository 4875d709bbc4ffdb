//! The lean driver: all sockets of a thread in one engine, one task and one read buffer for all of them.
//!
//! A socket is some hundred bytes of state in a slab: its session, what its holder keeps, and, only while a frame is not
//! complete or the kernel takes no more, what came or waits. The sockets are registered with a selector of the engine's own; that is
//! itself a descriptor, which tokio watches. So tokio keeps timers, orders and everything that is not a connected socket, on the same
//! thread, and [`Engine::serve`] reads all sockets that have something.
//!
//! Invariants: when the task of `serve` waits, every socket of which the selector could tell something has been read to its end; if it
//! gives way to others before that, it does so as work put off, not as idleness (`fleet::pulse` builds on both). Reading never waits for
//! writing. No borrow is held across an await, and a holder is never called while it could call back.

mod deadlines;
mod kernel;
mod link;
mod socket;
mod sockets;
mod stamps;
mod tools;
mod wire;

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::pin::pin;
use std::time::Duration;

use mio::{Events, Poll, Registry};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{Notify, watch};

use self::sockets::Sockets;
use self::tools::Tools;
use super::endpoint::Opened;
use super::listener::{Ended, Hello, Listener};
use super::polling::Moved;
use crate::clock::Clock;
use crate::time::Time;

/// Sockets of which the kernel tells at once.
const EVENTS: usize = 1024;
/// Sockets read before others have their turn: some milliseconds' work if each has one frame.
const READS_A_TURN: usize = 512;

/// What an engine asks the system for beforehand: its selector, watched by a runtime, and a seed for its masks.
pub struct Base {
    selector: AsyncFd<Selector>,
    registry: Registry,
    seed: [u8; 32],
}

impl Base {
    /// To be called in the context of the runtime of the thread on which the engine will serve.
    pub fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| io::Error::other(error.to_string()))?;
        // Its successor asks for `unsafe`, in return for a promise: the descriptor stays the same, and open, as long as it is watched.
        // It does, as the selector is neither replaced nor dropped before.
        #[expect(deprecated)]
        let selector = AsyncFd::with_interest(Selector(RefCell::new(poll)), Interest::READABLE)?;
        Ok(Self {
            selector,
            registry,
            seed,
        })
    }
}

/// tokio only looks whether there is something; asking what it is changes the selector's own list of it.
struct Selector(RefCell<Poll>);

impl AsRawFd for Selector {
    fn as_raw_fd(&self) -> RawFd {
        self.0.borrow().as_raw_fd()
    }
}

/// Serves the sockets of one thread, each with a holder of kind `H`.
pub struct Engine<H> {
    selector: AsyncFd<Selector>,
    sockets: RefCell<Sockets<H>>,
    clock: Clock,
    /// A socket was added, or has emitted: its deadline may be the next.
    added: Notify,
    emptied: Notify,
}

impl<H: Listener> Engine<H> {
    /// What a socket takes in the engine while all that came was read and all that was written has left, without what its holder keeps
    /// elsewhere.
    pub const BYTES_PER_SOCKET: usize = Sockets::<H>::BYTES_PER_SOCKET;

    /// An engine without sockets. A socket's CONNECT must be answered within `connect_timeout`.
    pub fn new(base: Base, clock: Clock, connect_timeout: Duration) -> Self {
        let tools = Tools::new(clock, connect_timeout, base.seed);
        Self {
            selector: base.selector,
            sockets: RefCell::new(Sockets::new(base.registry, tools)),
            clock,
            added: Notify::new(),
            emptied: Notify::new(),
        }
    }

    /// Takes a socket whose WebSocket is open, and has it say hello. To be called in the turn in which it was opened: what comes
    /// meanwhile lies unread.
    pub fn add(&self, opened: Opened, hello: impl Into<Hello>, holder: H) {
        self.sockets.borrow_mut().add(opened, hello.into(), holder);
        self.added.notify_one();
    }

    /// Takes a session that has a WebSocket now in place of polls. To be called in the turn in which that was found.
    pub fn carry(&self, moved: Moved<H>) {
        self.sockets.borrow_mut().carry(moved);
        self.added.notify_one();
    }

    /// Asks the holder that is kept there ([`Listener::kept_at`]) for what it wants to emit at once. Not to be called by a holder.
    pub fn emit(&self, place: usize) {
        self.sockets.borrow_mut().emit(place);
        self.added.notify_one();
    }

    /// Why some of what came so far has no receive stamp; `None`: nothing is known that would have kept the kernel from stamping it.
    pub fn unstamped(&self) -> Option<String> {
        self.sockets.borrow().unstamped()
    }

    /// Waits until there are no sockets.
    pub async fn emptied(&self) {
        while !self.sockets.borrow().is_empty() {
            self.emptied.notified().await;
        }
    }

    /// Serves until it is dropped. `orders` says when to ask the holders again whether to leave; what they are is their business. `over`
    /// is told how each socket has ended.
    pub async fn serve<O>(&self, mut orders: watch::Receiver<O>, mut over: impl FnMut(H, Ended)) {
        let mut events = Events::with_capacity(EVENTS);
        let mut timer_at = Time::MAX;
        let mut timer = pin!(tokio::time::sleep_until(self.clock.instant(timer_at)));
        loop {
            if orders.has_changed().unwrap_or(false) {
                orders.mark_unchanged();
                self.sockets.borrow_mut().ask();
            }
            self.sockets.borrow_mut().time_is(self.clock.now());
            let ended = self.sockets.borrow_mut().take_ended();
            let any_ended = !ended.is_empty();
            for (holder, ended) in ended {
                over(holder, ended);
            }
            let (empty, deadline) = {
                let sockets = self.sockets.borrow();
                (sockets.is_empty(), sockets.deadline())
            };
            if empty && any_ended {
                self.emptied.notify_one();
            }
            if deadline != timer_at {
                timer_at = deadline;
                timer.as_mut().reset(self.clock.instant(timer_at));
            }
            tokio::select! {
                biased;
                ready = self.selector.readable() => {
                    let Ok(mut ready) = ready else {
                        // The runtime is being shut down.
                        return;
                    };
                    if self.read(&mut events) {
                        ready.clear_ready();
                    } else {
                        // Others have their turn, and there is more to read.
                        ready.retain_ready();
                        tokio::task::yield_now().await;
                    }
                }
                () = timer.as_mut() => timer_at = Time::ZERO,
                () = self.added.notified() => {}
                // An error: whoever gave orders is gone, and there will be no more.
                Ok(()) = orders.changed() => orders.mark_changed(),
            }
        }
    }

    /// Reads for one turn. True: everything that the selector could tell of has been read.
    fn read(&self, events: &mut Events) -> bool {
        let mut sockets = self.sockets.borrow_mut();
        let mut turn = sockets.begin_turn();
        let mut read = 0;
        while !turn.is_over() && read < READS_A_TURN {
            let mut selector = self.selector.get_ref().0.borrow_mut();
            match selector.poll(events, Some(Duration::ZERO)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // A selector fails for no other reason but a broken program.
                Err(error) => panic!("the selector of a shard: {error}"),
            }
            // Asked again until there is nothing: while a burst comes in, going by way of the runtime costs more than reading a socket.
            if events.is_empty() {
                return sockets.has_read_all();
            }
            for event in &*events {
                read += 1;
                sockets.ready(event, &mut turn);
            }
        }
        false
    }
}
