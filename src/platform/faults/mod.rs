//! Misbehaviour on demand: the platform does wrong what it is told to, at an exact rate, and keeps the truth about it.
//!
//! The hub asks here before it queues a push, if faults are on; without them this module has no part in anything. What a judge should
//! find is nothing of its business: it knows neither the harness nor its words.
//!
//! # Layers
//! ```text
//! config, catalogue   which faults, how often, at whom       odds    which occasion of many is taken
//! state, harm         what is harmed, and how                alter   names and payloads, changed     scan   where their parts stand
//! outgoing            what is held back meanwhile            roster  sockets                         truth  what was done
//! replay              what recovered sockets get
//! ```
//!
//! # Invariants
//! - In each block of N occasions of a fault of rate 1/N exactly one is taken: which, is a function of seed, fault and block.
//! - A (push, socket) pair is harmed by one fault at most. What offers a fault no place is no occasion of it.
//! - A harm is counted when it is done: a packet left out at a live socket, or one too many or wrong queued there. What is held back
//!   when its socket ends is not counted.
//! - A socket at which something is held back sees exactly the harm that is counted, or all of it in order.
//!
//! # Concurrency
//! One lock over everything, taken while the register of an app is held, and before that of a connection. With faults on, pushes go
//! one after the other.

mod alter;
mod bytes;
mod catalogue;
mod config;
mod odds;
mod outgoing;
mod replay;
mod roster;
mod scan;
mod state;
mod truth;

pub use catalogue::Fault;
pub use config::{FaultConfig, FaultError, FaultRate, UserGlob};
pub(crate) use replay::Harmed;
pub(crate) use roster::Place;
pub(crate) use state::{Asked, Pushed};

use super::config::PlatformConfig;
use super::conn::Conn;
use super::frame::Frame;
use super::recovery::{Back, Missed};
use super::token::Token;
use crate::time::Time;
use serde_json::{Value, json};
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use truth::{EXAMPLES, Example};

/// An event that went ahead of a CONNECT answer: to be counted once it has.
#[derive(Debug)]
pub(crate) struct Early(Example);

/// The faults of a platform.
#[derive(Debug)]
pub(crate) struct Faults {
    state: Mutex<State>,
    /// Told when something is due earlier than before.
    sooner: Notify,
}

impl Faults {
    /// The faults of this platform; `None` if none is on.
    pub(crate) fn new(config: &Arc<PlatformConfig>) -> Option<Self> {
        let on = !config.faults.rates.is_empty();
        on.then(|| Self {
            state: Mutex::new(State::new(config)),
            sooner: Notify::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers a push to these sockets, more or less.
    pub(crate) fn push(&self, asked: Asked<'_>, audience: &[Token]) -> Pushed {
        let mut state = self.lock();
        let before = state.out.deadline();
        let pushed = state.push(asked, audience);
        let sooner = state.out.deadline() < before;
        drop(state);
        if sooner {
            self.sooner.notify_one();
        }
        pushed
    }

    /// An event of a client is about to get its ack: what is to be wrong with it.
    pub(crate) fn ack(&self, sid: Token, event: &str, now: Time) -> Option<Fault> {
        self.lock().ack(sid, event, now)
    }

    /// The answer to a push is about to be written.
    pub(crate) fn answered(&self, pushed: &Pushed, now: Time) {
        if !pushed.held.is_empty() {
            self.lock().out.answered(pushed.number, &pushed.held, now);
        }
    }

    /// An event to queue ahead of the answer to a CONNECT.
    pub(crate) fn premature(&self, place: &Place) -> Option<(Frame, Early)> {
        let early = self.lock().premature(place);
        early.map(|(frame, example)| (frame, Early(example)))
    }

    /// A socket has joined, with that event ahead of its answer.
    pub(crate) fn joined(&self, place: Place, early: Option<Early>, now: Time) {
        let mut state = self.lock();
        if let Some(Early(example)) = early {
            state.out.truth.count(Fault::Premature, example.at(now));
        }
        state.joined(place);
    }

    /// A client left and keeps its connection.
    pub(crate) fn departed(&self, sid: Token, now: Time) {
        self.lock().departed(sid, now);
    }

    /// What a socket that is back is to get in place of what it has missed; counted by [`Self::replayed`].
    pub(crate) fn replay(&self, place: &Place, back: &Back) -> Option<(Vec<Missed>, Harmed)> {
        self.lock().replay(place, back)
    }

    /// That has been queued.
    pub(crate) fn replayed(&self, Harmed(fault, example): Harmed, now: Time) {
        self.lock().out.truth.count(fault, example.at(now));
    }

    /// A socket is gone, if this connection still has it.
    pub(crate) fn forget(&self, conn: &Arc<Conn>, sid: Token) {
        let mut state = self.lock();
        let socket = state.out.roster.get(sid);
        if socket.is_some_and(|socket| Arc::ptr_eq(&socket.place.conn, conn)) {
            state.out.forget(sid);
        }
    }

    /// When [`Self::handle_timeout`] is wanted next.
    pub(crate) fn deadline(&self) -> Time {
        self.lock().out.deadline()
    }

    /// Ready when [`Self::deadline`] may have moved ahead.
    pub(crate) async fn sooner(&self) {
        self.sooner.notified().await;
    }

    /// Does what time asks for.
    pub(crate) fn handle_timeout(&self, now: Time) {
        self.lock().out.handle_timeout(now);
    }

    /// What was done.
    fn truth(&self) -> Value {
        let state = self.lock();
        let faults = state.config.rates.iter().map(|rate| {
            let truth = &state.out.truth;
            let injected = truth.injected(rate.fault);
            let examples: Vec<_> = truth
                .examples(rate.fault)
                .iter()
                .map(Example::told)
                .collect();
            json!({
                "fault": rate.fault.name(),
                "one_in": rate.one_in,
                "occasions": state.occasions(rate.fault),
                "injected": injected,
                "examples": examples,
                "examples_left_out": injected.saturating_sub(EXAMPLES as u64),
            })
        });
        let faults: Vec<_> = faults.collect();
        told(&state.config, &faults)
    }
}

/// What was done, for whoever compares it with what was found.
pub(crate) fn truth(faults: Option<&Faults>, config: &FaultConfig) -> Value {
    faults.map_or_else(|| told(config, &[]), Faults::truth)
}

fn told(config: &FaultConfig, faults: &[Value]) -> Value {
    json!({
        "seed": config.seed,
        "users": config.users.as_ref().map(ToString::to_string),
        "delay_ms": u64::try_from(config.delay.as_millis()).unwrap_or(u64::MAX),
        "faults": faults,
    })
}
