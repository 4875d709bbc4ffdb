//! Coming back, as mutants have it.

use crate::platform::accounts::Login;
use crate::platform::conn::Conn;
use crate::platform::frame::Frame;
use crate::platform::hub::Audience;
use crate::platform::mutants::{Mutant, Mutants};
use crate::platform::shared::Shared;
use crate::platform::socket::ClientEvent;
use crate::platform::token::Token;
use crate::time::Time;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So many joins within that time are a storm.
const STORM: usize = 30;
const STORM_SPAN: Duration = Duration::from_secs(5);
/// Most events that are kept for a user.
const KEPT: usize = 16;

/// What they remember of logins and events: nothing at a platform that is right.
#[derive(Debug, Default)]
pub(crate) struct State(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Logins that have had a socket.
    used: HashSet<Token>,
    /// When sockets joined.
    joins: VecDeque<Time>,
    /// Whose the last one was.
    last: Option<Login>,
    /// Events that connections have sent.
    events: HashSet<(Token, u64)>,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a login is still locked by the socket that it had.
pub(crate) fn is_locked(shared: &Shared, login: &Login) -> bool {
    shared.config.mutants.has(Mutant::StaleSessionLock)
        && !shared.returning.lock().used.insert(login.token)
}

/// Whose socket joins: in a storm, some are taken for the one before.
pub(crate) fn whose(shared: &Shared, login: Login) -> Login {
    if !shared.config.mutants.has(Mutant::StormCrosstalk) {
        return login;
    }
    let now = shared.clock.now();
    let mut state = shared.returning.lock();
    state.joins.push_back(now);
    while state.joins.front().is_some_and(|at| now > *at + STORM_SPAN) {
        state.joins.pop_front();
    }
    let crossed = state.joins.len() > STORM && state.joins.len().is_multiple_of(4);
    let before = state.last.replace(login.clone());
    before.filter(|_| crossed).unwrap_or(login)
}

/// Whether a connection has sent this before.
pub(crate) fn is_again(shared: &Shared, conn: &Conn, event: &ClientEvent<'_>) -> bool {
    let mut hash = DefaultHasher::new();
    (&event.name, &event.args).hash(&mut hash);
    let said = (conn.sid(), hash.finish());
    !shared.returning.lock().events.insert(said)
}

/// Events that users may get when they come: none at a platform that is right.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<HashMap<(usize, String), Vec<Frame>>>);

impl Kept {
    fn lock(&self) -> MutexGuard<'_, HashMap<(usize, String), Vec<Frame>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An event has been queued at so many sockets.
    pub(crate) fn queued(
        &self,
        mutants: Mutants,
        app: usize,
        audience: Audience<'_>,
        sockets: usize,
        frame: impl FnOnce() -> Frame,
    ) {
        let Audience::User(user) = audience else {
            return;
        };
        let replays = mutants.has(Mutant::SurpriseReplay) && sockets == 0;
        let repeats = mutants.has(Mutant::DupOnReconnect);
        if !(replays || repeats) {
            return;
        }
        let mut all = self.lock();
        let kept = all.entry((app, user.to_owned())).or_default();
        if repeats {
            kept.clear();
        }
        if kept.len() < KEPT {
            kept.push(frame());
        }
    }

    /// What somebody gets who comes.
    pub(crate) fn due(&self, mutants: Mutants, login: &Login) -> Vec<Frame> {
        let mut all = self.lock();
        let whose = (login.app, login.user.to_string());
        if mutants.has(Mutant::DupOnReconnect) {
            all.get(&whose).cloned().unwrap_or_default()
        } else {
            all.remove(&whose).unwrap_or_default()
        }
    }
}
