//! Users arrive: each logs in and its sockets connect, begun at a rate, with a bound on how many are under way at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

use super::identity::Identity;
use super::nodes::Nodes;
use super::shard::Command;
use crate::client::login::LoginError;
use crate::clock::Clock;
use crate::ids::{SocketId, UserId};
use crate::pace::{Pace, Step};
use crate::scenario::Plan;

/// Most users whose login or connect is under way: a target that answers slowly is not met by a wave of thousands.
pub(super) const UNDER_WAY: usize = 512;
/// Most logins that are asked for at once: each takes a connection of its own, whose buffers leave their memory behind.
const LOGINS: usize = 128;
/// As many at first: what the target's latency is, nobody knows yet.
const FIRST_LOGINS: usize = 8;

/// What became of a user's login.
#[derive(Debug, Serialize, Deserialize)]
pub enum LoginNote {
    /// It succeeded; the sockets go to their shards.
    In {
        /// From the request to its answer.
        took: Duration,
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
) {
    let begun = clock.now();
    let per_second = plan.connect_rate / f64::from(plan.sockets_per_user);
    let pace = Pace::new(per_second, u64::from(plan.users));
    let share_of = |part: Part| part.here as f64 / part.all as f64;
    let share = |all: usize| (all * part.here).div_ceil(part.all);
    let under_way = Arc::new(Semaphore::new(share(UNDER_WAY)));
    let logins = Arc::new(Logins::new(per_second * share_of(part), share(LOGINS)));
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
                };
                tasks.spawn(arrival.of(UserId(next as u32), permit));
                next += 1;
            }
        }
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

/// The shard of a user's sockets. Users take the apps in turn; shards are taken in turn within an app, so that each app is on every
/// shard.
fn shard_of(plan: &Plan, user: UserId, shards: usize) -> usize {
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

/// Logs a user of the plan in and gives the session id; an empty one if nobody logs in.
pub async fn log_in(plan: &Plan, nodes: &Nodes, user: UserId) -> Result<String, LoginError> {
    let (name, password) = (plan.name_of(user), plan.password_of(user));
    let identity = Identity {
        app: &plan.apps[plan.app_of(user).index()],
        user: &name,
        password: &password,
        session: "",
    };
    let http = nodes.of_user(plan, user);
    identity.log_in(&plan.contract, http).await
}

/// Turns for logins: twice as many at once as the rate asks for (Little's law) at the latency of a target that is not busy, which is the
/// shortest seen. More would wait at the target instead of here, each with a connection.
struct Logins {
    turns: Semaphore,
    per_second: f64,
    most: usize,
    seen: Mutex<Seen>,
}

struct Seen {
    shortest: Duration,
    turns: usize,
}

impl Logins {
    fn new(per_second: f64, most: usize) -> Self {
        let turns = FIRST_LOGINS.min(most);
        Self {
            turns: Semaphore::new(turns),
            per_second,
            most,
            seen: Mutex::new(Seen {
                shortest: Duration::MAX,
                turns,
            }),
        }
    }

    /// A login has taken so long. Turns are only ever added: a target that was slow at first gets more than it needs.
    fn took(&self, took: Duration) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.shortest = seen.shortest.min(took);
        let at_once = (self.per_second * seen.shortest.as_secs_f64()).min(self.most as f64);
        let wanted = (FIRST_LOGINS + 2 * at_once as usize).min(self.most);
        let more = wanted.saturating_sub(seen.turns);
        seen.turns += more;
        self.turns.add_permits(more);
    }
}

struct Arrival {
    plan: Arc<Plan>,
    nodes: Nodes,
    clock: Clock,
    shard: mpsc::Sender<Command>,
    notes: mpsc::Sender<LoginNote>,
    under_way: Arc<Semaphore>,
    logins: Arc<Logins>,
}

impl Arrival {
    async fn of(self, user: UserId, permit: OwnedSemaphorePermit) {
        let sockets = self.plan.sockets_per_user;
        let Ok(turn) = self.logins.turns.acquire().await else {
            return;
        };
        let begun = self.clock.now();
        let login = Box::pin(log_in(&self.plan, &self.nodes, user)).await;
        drop(turn);
        self.logins.took(self.clock.now() - begun);
        let session = match login {
            Ok(session) => session,
            Err(error) => {
                let (user, app) = error.who();
                let note = LoginNote::Out {
                    reason: error.reason(),
                    user: user.to_owned(),
                    app: app.to_owned(),
                    shortage: error.shortage().map(str::to_owned),
                    sockets,
                };
                self.notes.send(note).await.ok();
                return;
            }
        };
        let took = self.clock.now() - begun;
        if self.plan.contract.login.is_some() {
            self.notes.send(LoginNote::In { took }).await.ok();
        }
        let session: Arc<str> = session.into();
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
                app: self.plan.app_of(user),
                session: Arc::clone(&session),
                permit,
            };
            self.shard.send(open).await.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_logins_at_once_as_the_rate_asks_for() {
        let turns_after = |per_second, took: &[u64]| {
            let logins = Logins::new(per_second, 128);
            for micros in took {
                logins.took(Duration::from_micros(*micros));
            }
            logins.turns.available_permits()
        };
        assert_eq!(turns_after(10_000.0, &[]), 8);
        assert_eq!(turns_after(10_000.0, &[200]), 12);
        assert_eq!(turns_after(100.0, &[100_000]), 28);
        assert_eq!(turns_after(10_000.0, &[100_000]), 128);
        // Its load makes it slower, and that asks for no more.
        assert_eq!(turns_after(10_000.0, &[200, 100_000, 300]), 12);
        assert_eq!(turns_after(f64::INFINITY, &[1]), 128);
    }
}
