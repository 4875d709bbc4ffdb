//! Users arrive: each logs in and its sockets connect, begun at a rate, with a bound on how many are under way at once.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::login::{Credentials, Door, Rate, Tried, Turns};
use super::nodes::Nodes;
use super::shard::Command;
use crate::clock::Clock;
use crate::ids::{SocketId, UserId};
use crate::pace::{Pace, Step};
use crate::scenario::Plan;
use crate::scenario::refused::Kind;

/// Most users whose login or connect is under way: a target that answers slowly is not met by a wave of thousands.
pub(super) const UNDER_WAY: usize = 512;
/// Most logins that are asked for at once: each takes a connection of its own, whose buffers leave their memory behind.
const LOGINS: usize = 128;

/// What became of a user's login.
#[derive(Debug, Serialize, Deserialize)]
pub enum LoginNote {
    /// It succeeded; the sockets go to their shards.
    In {
        /// From the first request to the answer that lets the user in, waits between retries among it.
        took: Duration,
        /// Its requests.
        tried: Tried,
    },
    /// It failed, and so many sockets will not be.
    Out {
        /// Why, whoever it was.
        reason: String,
        /// Who it was.
        user: String,
        /// In which app.
        app: String,
        /// What this machine ran out of, if that is why.
        shortage: Option<String>,
        /// The user's sockets.
        sockets: u32,
        /// The requests.
        tried: Tried,
        /// The target had to refuse them.
        refused: bool,
    },
}

/// Which of a run's shards are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The first one.
    pub first: usize,
    /// How many are here.
    pub here: usize,
    /// How many there are in all.
    pub all: usize,
}

impl Part {
    /// All shards are here.
    pub fn whole(all: usize) -> Self {
        let first = 0;
        let here = all;
        Self { first, here, all }
    }

    /// The shards that are here.
    pub fn shards(self) -> std::ops::Range<usize> {
        self.first..self.first + self.here
    }

    /// The place here of a user's shard; `None`: it is elsewhere.
    fn place_of(self, plan: &Plan, user: UserId) -> Option<usize> {
        let place = shard_of(plan, user, self.all).checked_sub(self.first)?;
        (place < self.here).then_some(place)
    }
}

/// Brings the users in whose shards these are. Each comes at the time that the plan has for it, whoever brings in the others. Ends when each
/// has been sent on its way or failed, or when dropped.
pub async fn users(
    plan: Arc<Plan>,
    nodes: Nodes,
    clock: Clock,
    part: Part,
    shards: Vec<mpsc::Sender<Command>>,
    told: mpsc::Sender<LoginNote>,
    rate: Arc<Rate>,
) {
    let begun = clock.now();
    let per_second = plan.connect_rate / f64::from(plan.sockets_per_user);
    let pace = Pace::new(per_second, u64::from(plan.users));
    let share_of = |part: Part| part.here as f64 / part.all as f64;
    let share = |all: usize| (all * part.here).div_ceil(part.all);
    let under_way = Arc::new(Semaphore::new(share(UNDER_WAY)));
    let logins = Arc::new(Turns::new(per_second * share_of(part), share(LOGINS)));
    let mut tasks = JoinSet::new();
    let mut next = 0;
    loop {
        let Some(here) = part.place_of(&plan, UserId(next as u32)) else {
            next += 1;
            if next >= u64::from(plan.users) {
                break;
            }
            continue;
        };
        let elapsed = crate::time::Time::ZERO + (clock.now() - begun);
        match pace.step(elapsed, next) {
            Step::Stop => break,
            Step::Wait(wait) => tokio::time::sleep(wait).await,
            Step::Due(_) => {
                // Before there is a task: what waits for its turn shall not take memory.
                let Ok(permit) = Arc::clone(&under_way).acquire_owned().await else {
                    break;
                };
                let arrival = Arrival {
                    plan: Arc::clone(&plan),
                    nodes: nodes.clone(),
                    clock,
                    shard: shards[here].clone(),
                    notes: told.clone(),
                    under_way: Arc::clone(&under_way),
                    logins: Arc::clone(&logins),
                    rate: Arc::clone(&rate),
                };
                tasks.spawn(arrival.of(UserId(next as u32), permit));
                next += 1;
            }
        }
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

/// The shard of a user's sockets, of so many. Users take the apps in turn; shards are taken in turn within an app, so that each app is on every
/// shard.
pub fn shard_of(plan: &Plan, user: UserId, shards: usize) -> usize {
    user.index() / plan.apps.len() % shards
}

/// The sockets that one of so many shards gets, each with its user.
pub fn sockets_of(
    plan: &Plan,
    shard: usize,
    shards: usize,
) -> impl Iterator<Item = (SocketId, UserId)> {
    let users = (0..plan.users).map(UserId);
    let users = users.filter(move |user| shard_of(plan, *user, shards) == shard);
    users.flat_map(move |user| {
        let sockets = (0..plan.sockets_per_user).map(move |n| socket_of(plan, user, n));
        sockets.map(move |socket| (socket, user))
    })
}

fn socket_of(plan: &Plan, user: UserId, n: u32) -> SocketId {
    SocketId(user.0 * plan.sockets_per_user + n)
}

struct Arrival {
    plan: Arc<Plan>,
    nodes: Nodes,
    clock: Clock,
    shard: mpsc::Sender<Command>,
    notes: mpsc::Sender<LoginNote>,
    under_way: Arc<Semaphore>,
    logins: Arc<Turns>,
    rate: Arc<Rate>,
}

impl Arrival {
    async fn of(self, user: UserId, permit: OwnedSemaphorePermit) {
        let Some(credentials) = Box::pin(self.get_in(user)).await else {
            return;
        };
        self.connect(user, credentials, permit).await;
    }

    /// What the user's sockets are to show. `None`: there is nothing to connect with, and the run has been told.
    async fn get_in(&self, user: UserId) -> Option<Credentials> {
        let door = Door {
            plan: &self.plan,
            nodes: &self.nodes,
            clock: self.clock,
            rate: Some(&self.rate),
            waits_for_target: true,
        };
        let begun = self.clock.now();
        let (login, tried) = door.log_in_at(user, Some(&self.logins)).await;
        let took = match tried.0.as_slice() {
            // What it waited for its turn is not the target's.
            [one] => *one,
            _ => self.clock.now() - begun,
        };
        let credentials = match login {
            Ok(credentials) => credentials,
            Err(error) => {
                let shortage = error.shortage().map(str::to_owned);
                self.out(user, error.reason(), shortage, tried).await;
                return None;
            }
        };
        if self.plan.contract.login.is_some() {
            self.notes.send(LoginNote::In { took, tried }).await.ok();
        }
        let refused = self.plan.refused.filter(|_| self.plan.is_refused(user));
        let Some(refused) = refused else {
            return Some(credentials);
        };
        if refused.kind == Kind::Revoked
            && let Err(why) = door.log_out(user, &credentials).await
        {
            self.out(user, why, None, Tried::default()).await;
            return None;
        }
        tokio::time::sleep(refused.after).await;
        Some(credentials)
    }

    async fn out(&self, user: UserId, reason: String, shortage: Option<String>, tried: Tried) {
        let note = LoginNote::Out {
            reason,
            user: self.plan.name_of(user),
            app: self.plan.apps[self.plan.app_of(user).index()].clone(),
            shortage,
            sockets: self.plan.sockets_per_user,
            tried,
            refused: self.plan.is_refused(user),
        };
        self.notes.send(note).await.ok();
    }

    async fn connect(self, user: UserId, session: Credentials, permit: OwnedSemaphorePermit) {
        let sockets = self.plan.sockets_per_user;
        let mut permit = Some(permit);
        for n in 0..sockets {
            let permit = match permit.take() {
                Some(permit) => permit,
                None => match Arc::clone(&self.under_way).acquire_owned().await {
                    Ok(permit) => permit,
                    Err(_) => return,
                },
            };
            let open = Command::Open {
                socket: socket_of(&self.plan, user, n),
                user,
                app: self.plan.hears(user),
                session: session.clone(),
                permit,
            };
            self.shard.send(open).await.ok();
        }
    }
}
