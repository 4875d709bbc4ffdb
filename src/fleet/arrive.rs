//! Users arrive: each logs in and its sockets connect, begun at a rate, with a bound on how many are under way at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::shard::Command;
use crate::client::http::Http;
use crate::client::login::{self, LoginError};
use crate::clock::Clock;
use crate::ids::{SocketId, UserId};
use crate::pace::{Pace, Step};
use crate::scenario::Plan;

/// Most users whose login or connect is under way: a target that answers slowly is not met by a wave of thousands.
const UNDER_WAY: usize = 512;

/// What became of a user's login.
#[derive(Debug)]
pub enum LoginNote {
    /// It succeeded; the sockets go to their shards.
    In {
        /// From the request to its answer.
        took: Duration,
    },
    /// It failed, and so many sockets will not be.
    Out {
        /// Why.
        error: LoginError,
        /// The user's sockets.
        sockets: u32,
    },
}

/// Brings all users of the plan in. Ends when each has been sent on its way or failed, or when dropped.
pub async fn users(
    plan: Arc<Plan>,
    http: Http,
    clock: Clock,
    shards: Vec<mpsc::Sender<Command>>,
    notes: mpsc::Sender<LoginNote>,
) {
    let begun = clock.now();
    let per_second = plan.connect_rate / f64::from(plan.sockets_per_user);
    let pace = Pace::new(per_second, u64::from(plan.users));
    let under_way = Arc::new(Semaphore::new(UNDER_WAY));
    let mut tasks = JoinSet::new();
    let mut next = 0;
    loop {
        let elapsed = crate::time::Time::ZERO + (clock.now() - begun);
        match pace.step(elapsed, next) {
            Step::Stop => break,
            Step::Wait(wait) => tokio::time::sleep(wait).await,
            Step::Due(_) => {
                let user = UserId(next as u32);
                // Users take the apps in turn; shards are taken in turn within an app, so that each app is on every shard.
                let nth_of_app = user.index() / plan.apps.len();
                let shard = shards[nth_of_app % shards.len()].clone();
                let arrival = Arrival {
                    plan: Arc::clone(&plan),
                    http: http.clone(),
                    clock,
                    shard,
                    notes: notes.clone(),
                    under_way: Arc::clone(&under_way),
                };
                tasks.spawn(arrival.of(user));
                next += 1;
            }
        }
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

struct Arrival {
    plan: Arc<Plan>,
    http: Http,
    clock: Clock,
    shard: mpsc::Sender<Command>,
    notes: mpsc::Sender<LoginNote>,
    under_way: Arc<Semaphore>,
}

impl Arrival {
    async fn of(self, user: UserId) {
        let sockets = self.plan.sockets_per_user;
        let Ok(permit) = Arc::clone(&self.under_way).acquire_owned().await else {
            return;
        };
        let begun = self.clock.now();
        let app_id = &self.plan.apps[self.plan.app_of(user).index()];
        let name = self.plan.name_of(user);
        let login = login::login(&self.http, app_id, &name, &self.plan.password_of(user)).await;
        let session = match login {
            Ok(session) => session,
            Err(error) => {
                self.notes
                    .send(LoginNote::Out { error, sockets })
                    .await
                    .ok();
                return;
            }
        };
        let took = self.clock.now() - begun;
        self.notes.send(LoginNote::In { took }).await.ok();
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
                socket: SocketId(user.0 * sockets + n),
                user,
                app: self.plan.app_of(user),
                auth: login::auth(app_id, &session),
                permit,
            };
            self.shard.send(open).await.ok();
        }
    }
}
