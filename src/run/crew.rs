//! Whoever holds the sockets of a run: the shards of this process, or workers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Interval, interval};

use super::health::Health;
use super::settling::Settler;
use super::sockets::{self, CONNECT_TIMEOUT, Share, Sockets};
use super::vigil;
use super::workers::{All, Ears, Workers};
use crate::clock::Clock;
use crate::fleet::arrive::{self, LoginNote};
use crate::fleet::nodes::{Nodes, Place};
use crate::fleet::shard::{Note, Order, Shard};
use crate::ids::Lane;
use crate::journal::{Follower, Header, Pen, PushLog};
use crate::scenario::{Plan, Workload};
use crate::time::Time;
use crate::trigger::lane::ANSWER_TIMEOUT;
use crate::trigger::sender::Speaker;
use crate::verify::{Awaited, Ledger, There};

/// How often workers are told how far the pushes have been told of.
const TOLD_EVERY: Duration = Duration::from_millis(20);

pub(super) enum Crew {
    Here {
        shards: Vec<Shard>,
        arrivals: JoinHandle<()>,
    },
    Apart {
        workers: Workers,
        /// When they are told next how far the pushes have been told of.
        telling: Interval,
        /// Those that ended before their time.
        lost: Vec<String>,
    },
}

/// What a run begins with.
pub(super) struct Begun {
    pub(super) crew: Crew,
    pub(super) workload: Arc<Workload>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) push_log: Option<PushLog>,
    /// What the lanes of a closed loop wait for.
    pub(super) awaited: Option<Arc<Awaited>>,
    /// The sockets that are there; `None`: only the workers know.
    pub(super) there: Option<Arc<There>>,
    pub(super) notes: mpsc::Receiver<Note>,
    pub(super) logins: mpsc::Receiver<LoginNote>,
    pub(super) nodes: Nodes,
    /// Users who ask for pushes, and for which lane.
    pub(super) speakers: Vec<(Lane, Speaker)>,
}

impl Crew {
    /// Starts shards or workers, and has the users come in. The error is in words.
    pub(super) async fn begin(
        plan: &Arc<Plan>,
        places: &[Place],
        clock: Clock,
        journal: Option<(Pen, Header)>,
        health: &mut Health,
    ) -> Result<Begun, String> {
        let nodes = Nodes::new(plan, places, ANSWER_TIMEOUT, CONNECT_TIMEOUT)?;
        let (login_note, logins) = mpsc::channel(plan.users as usize + 1);
        let share = Share::whole(plan);
        if plan.workers > 1 {
            let (note, heard) = mpsc::channel(plan.sockets() as usize * 2 + 1_024);
            let ears = Ears {
                notes: note,
                logins: login_note,
            };
            let workers = Workers::start(plan, places, clock, ears).await?;
            health.connecting();
            workers.begin();
            let crew = Self::Apart {
                workers,
                telling: interval(TOLD_EVERY),
                lost: Vec::new(),
            };
            return Ok(Begun {
                crew,
                workload: Arc::new(Workload::new(plan)),
                ledger: share.ledger,
                push_log: None,
                awaited: None,
                there: None,
                notes: heard,
                logins,
                nodes,
                // Their sockets would be elsewhere: no plan has both.
                speakers: Vec::new(),
            });
        }
        let part = share.part;
        let sockets = Sockets::start(plan, places, share, clock, journal)
            .map_err(|e| format!("a thread for the sockets could not be started: {e}"))?;
        let commands = sockets.shards.iter().map(|shard| shard.commands.clone());
        health.connecting();
        // Connections of their own, which end when everybody has come.
        let logins_at = Nodes::new(plan, places, ANSWER_TIMEOUT, CONNECT_TIMEOUT)?;
        let arrivals = tokio::spawn(arrive::users(
            Arc::clone(plan),
            logins_at,
            clock,
            part,
            commands.collect(),
            login_note,
            sockets.logins,
        ));
        Ok(Begun {
            crew: Self::Here {
                shards: sockets.shards,
                arrivals,
            },
            workload: sockets.workload,
            ledger: sockets.ledger,
            push_log: sockets.push_log,
            awaited: sockets.awaited,
            there: Some(sockets.there),
            notes: sockets.notes,
            logins,
            nodes,
            speakers: sockets.speakers,
        })
    }

    /// How many shards of this process have to judge what has settled.
    pub(super) fn judges(&self) -> usize {
        self.here().len()
    }

    fn here(&self) -> &[Shard] {
        match self {
            Self::Here { shards, .. } => shards,
            Self::Apart { .. } => &[],
        }
    }

    /// Who else has to know of every push.
    pub(super) fn follower(&self) -> Option<Arc<dyn Follower>> {
        match self {
            Self::Here { .. } => None,
            Self::Apart { workers, .. } => Some(workers.feed()),
        }
    }

    pub(super) fn order(&self, order: Order) {
        match self {
            Self::Here { shards, .. } => shards.iter().for_each(|shard| shard.order(order)),
            Self::Apart { workers, .. } => workers.order(order),
        }
    }

    pub(super) fn stop_arrivals(&self) {
        match self {
            Self::Here { arrivals, .. } => arrivals.abort(),
            Self::Apart { workers, .. } => workers.stop_arrivals(),
        }
    }

    /// Pushes begin.
    pub(super) fn pushing(&self) {
        if let Self::Apart { workers, .. } = self {
            workers.pushing();
        }
    }

    /// The last push has its answer.
    pub(super) fn pushed(&self) {
        if let Self::Apart { workers, .. } = self {
            workers.pushed();
        }
    }

    /// The processes of the workers.
    pub(super) fn pids(&self) -> Vec<u32> {
        match self {
            Self::Here { .. } => Vec::new(),
            Self::Apart { workers, .. } => workers.pids(),
        }
    }

    /// A second is over.
    pub(super) fn turn(&self, now: Time, settler: &mut Settler) {
        settler.turn(now, self.here());
        if let Self::Apart { workers, .. } = self {
            workers.turn(now);
        }
    }

    /// How long each thread that holds sockets has been away in all.
    pub(super) fn away(&self, now: Time) -> Vec<Duration> {
        match self {
            Self::Here { shards, .. } => {
                let beats: Vec<_> = shards.iter().map(|s| Arc::clone(&s.beats)).collect();
                vigil::away(&beats, now)
            }
            Self::Apart { workers, .. } => workers.away(now),
        }
    }

    /// Waits until a worker is lost, and gives its name and how. Never returns where there are none.
    pub(super) async fn loss(&mut self) {
        let Self::Apart {
            workers,
            telling,
            lost,
        } = self
        else {
            return std::future::pending().await;
        };
        loop {
            tokio::select! {
                (worker, said) = workers.said() => if let Some(how) = workers.loss(worker, said) {
                    lost.push(how);
                    return;
                },
                _ = telling.tick() => workers.told(),
            }
        }
    }

    /// Judges, when the lanes have ended.
    pub(super) async fn judge(&mut self, settler: &mut Settler, now: Time) -> All {
        let streams = settler.rest(now, self.here()).await;
        match self {
            Self::Here { shards, .. } => {
                let shards = sockets::judge(shards, 0, &streams).await;
                let failed = shards.iter().filter(|(_, finished)| finished.is_none());
                All {
                    failed: failed.count() as u64,
                    shards,
                    generators: Vec::new(),
                    lost: Vec::new(),
                }
            }
            Self::Apart { workers, lost, .. } => {
                let mut all = workers.finish().await;
                all.lost.splice(0..0, std::mem::take(lost));
                all
            }
        }
    }

    /// Closes and joins everything.
    pub(super) async fn stop(self, notes: &mut mpsc::Receiver<Note>) {
        self.order(Order::Leave);
        notes.close();
        match self {
            Self::Here { shards, arrivals } => {
                arrivals.await.ok();
                let all = move || shards.into_iter().for_each(Shard::stop);
                tokio::task::spawn_blocking(all).await.ok();
            }
            Self::Apart { workers, .. } => workers.stop().await,
        }
    }
}
