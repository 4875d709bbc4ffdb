//! A run whose sockets are spread over several processes, because one may not open as many files as there are sockets.
//!
//! The run keeps the lanes, the ledger and the verdict; each [worker](host) has some of the shards, and judges what arrives there by a
//! `copy` of the ledger. They talk in messages (`message`) over a `link` that could be anything which keeps their order; here it is the
//! standard input and output of a child process. What a worker's shards say goes where those of this process would say it, so the run
//! does not care where they are.

mod copy;
mod feed;
pub mod host;
mod link;
mod message;

use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use super::sockets::{shard_count, shards_of_worker};
use crate::clock::Clock;
use crate::fleet::arrive::LoginNote;
use crate::fleet::nodes::Place;
use crate::fleet::shard::{Finished, Note, Order};
use crate::journal::Follower;
use crate::scenario::{Access, Plan};
use crate::summary::Generator;
use crate::time::Time;
use feed::Feed;
use message::{Assign, Final, FromWorker, ToWorker, VERSION};

/// Between two beats of a worker.
const BEAT: Duration = Duration::from_millis(100);
/// A worker whose last beat is longer ago was away: stopped, or without a processor.
const AWAY: Duration = Duration::from_millis(300);
/// A worker that has not been heard for so long is given up.
const HUNG: Duration = Duration::from_secs(60);
/// How long the workers may take to start their shards.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long they may take to end.
const GRACE: Duration = Duration::from_secs(5);
/// From the order to start to the first login.
const COUNTDOWN: Duration = Duration::from_millis(50);

/// The workers of a run. They end when this is dropped, and with this process however that ends: their standard input ends.
pub(super) struct Workers {
    clock: Clock,
    feed: Arc<Feed>,
    said: mpsc::UnboundedReceiver<(usize, Said)>,
    pulses: Vec<Arc<Pulse>>,
    ended: Vec<bool>,
    /// Of which it has been said that they are lost: one that tells of its trouble ends, too.
    lost: Vec<bool>,
    /// Shards of each.
    shards: usize,
    tasks: JoinSet<()>,
    pids: Vec<u32>,
}

/// What a worker says about itself.
pub(super) enum Said {
    Ready,
    /// It cannot go on, for this reason.
    Trouble(String),
    Final(Box<Final>),
    /// Its process has ended, in words.
    Ended(String),
}

/// Everything that is known at the end.
pub(super) struct All {
    pub(super) shards: Vec<(usize, Option<Finished>)>,
    /// How many shards of this process failed.
    pub(super) failed: u64,
    /// How each worker fared, with its sockets that were connected when pushing began.
    pub(super) generators: Vec<(Generator, u64)>,
    /// Workers that ended before their time, in words.
    pub(super) lost: Vec<String>,
}

/// Whether a worker lives.
struct Pulse {
    heard: Mutex<(Time, Vec<Duration>)>,
    kill: Notify,
}

impl Pulse {
    fn heard(&self) -> MutexGuard<'_, (Time, Vec<Duration>)> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where what a worker's shards and users say goes.
#[derive(Clone)]
pub(super) struct Ears {
    pub(super) notes: mpsc::Sender<Note>,
    pub(super) logins: mpsc::Sender<LoginNote>,
}

impl Workers {
    /// Their processes.
    pub(super) fn pids(&self) -> Vec<u32> {
        self.pids.clone()
    }

    /// Starts the workers of a plan, and waits until all have their shards.
    pub(super) async fn start(
        plan: &Plan,
        places: &[Place],
        clock: Clock,
        ears: Ears,
    ) -> Result<Self, String> {
        let shards = shards_of_worker(plan);
        let (say, said) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let (mut feed, mut pulses) = (Feed::default(), Vec::new());
        let mut pids = Vec::new();
        let plan_json = serde_json::to_string(plan).map_err(|e| e.to_string())?;
        let users = serde_json::to_string(&plan.people.meant()).map_err(|e| e.to_string())?;
        let spoken = serde_json::to_string(&plan.contract.given).map_err(|e| e.to_string())?;
        for worker in 0..plan.workers as usize {
            let mut child = spawn().map_err(|e| format!("a worker could not be started: {e}"))?;
            pids.extend(child.id());
            let pipes = child.stdin.take().zip(child.stdout.take());
            let (stdin, stdout) = pipes.ok_or("a worker has no pipes")?;
            tasks.spawn(feed.link(stdin));
            let pulse = Arc::new(Pulse {
                heard: Mutex::new((clock.now(), Vec::new())),
                kill: Notify::new(),
            });
            pulses.push(Arc::clone(&pulse));
            let listening = Listening {
                worker,
                clock,
                ears: ears.clone(),
                say: say.clone(),
                pulse,
            };
            tasks.spawn(listening.to(child, stdout));
            let assign = Assign {
                version: VERSION.to_owned(),
                plan: plan_json.clone(),
                password: plan.password.clone(),
                users: users.clone(),
                spoken: spoken.clone(),
                access: Access::clone(&plan.access),
                places: places.to_vec(),
                first: worker * shards,
                here: shards,
                all: shard_count(plan),
                origin: clock.origin(),
            };
            feed.tell_one(worker, &ToWorker::Assign(Box::new(assign)));
        }
        let mut workers = Self {
            clock,
            feed: Arc::new(feed),
            said,
            ended: vec![false; pulses.len()],
            lost: vec![false; pulses.len()],
            pulses,
            shards,
            tasks,
            pids,
        };
        let ready = tokio::time::timeout(PATIENCE, workers.all_ready()).await;
        ready.map_err(|_| format!("the workers did not get ready within {PATIENCE:?}"))??;
        Ok(workers)
    }

    async fn all_ready(&mut self) -> Result<(), String> {
        for _ in 0..self.pulses.len() {
            match self.said().await {
                (_, Said::Ready) => {}
                (worker, Said::Trouble(why) | Said::Ended(why)) => {
                    return Err(format!("{}: {why}", self.name(worker)));
                }
                (_, Said::Final(_)) => return Err("a worker ended before it began".to_owned()),
            }
        }
        Ok(())
    }

    /// Has all users come in from now on.
    pub(super) fn begin(&self) {
        let at = self.clock.now() + COUNTDOWN;
        self.feed.tell(&ToWorker::Start { at });
    }

    pub(super) fn stop_arrivals(&self) {
        self.feed.tell(&ToWorker::StopArrivals);
    }

    pub(super) fn pushing(&self) {
        self.feed.tell(&ToWorker::Pushing);
    }

    pub(super) fn pushed(&self) {
        self.feed.tell(&ToWorker::Pushed);
    }

    pub(super) fn order(&self, order: Order) {
        self.feed.tell(&ToWorker::Order(order));
    }

    /// What the lanes tell of their pushes.
    pub(super) fn feed(&self) -> Arc<dyn Follower> {
        Arc::clone(&self.feed) as _
    }

    /// Tells how far the pushes have been told of; several times a second.
    pub(super) fn told(&self) {
        self.feed.tell(&ToWorker::Told(self.clock.now()));
    }

    /// A second is over.
    pub(super) fn turn(&self, now: Time) {
        self.feed.tell(&ToWorker::Settle(now));
        for (worker, pulse) in self.pulses.iter().enumerate() {
            let silent = now - pulse.heard().0;
            if !self.ended[worker] && (silent > HUNG || self.feed.is_choked(worker)) {
                pulse.kill.notify_one();
            }
        }
    }

    /// What a worker says of itself. Never returns if none is left.
    pub(super) async fn said(&mut self) -> (usize, Said) {
        match self.said.recv().await {
            Some((worker, said)) => {
                self.ended[worker] |= matches!(said, Said::Ended(_));
                (worker, said)
            }
            None => std::future::pending().await,
        }
    }

    /// How a worker is lost by what it says before it is done, in words; `None`: it is not, or that has been said.
    pub(super) fn loss(&mut self, worker: usize, said: Said) -> Option<String> {
        let name = self.name(worker);
        let how = match said {
            Said::Ended(why) => format!("{name} ended before its time ({why})"),
            Said::Trouble(why) => format!("{name}: {why}"),
            Said::Ready | Said::Final(_) => return None,
        };
        let before = std::mem::replace(&mut self.lost[worker], true);
        (!before).then_some(how)
    }

    /// A worker's name, for people.
    fn name(&self, worker: usize) -> String {
        format!("worker {} of {}", worker + 1, self.pulses.len())
    }

    /// How long each thread of each worker has been away in all, a present absence included.
    pub(super) fn away(&self, now: Time) -> Vec<Duration> {
        let mut all = Vec::new();
        for (pulse, ended) in self.pulses.iter().zip(&self.ended) {
            let heard = pulse.heard();
            let silent = now - heard.0;
            let present = if *ended || silent <= AWAY {
                Duration::ZERO
            } else {
                silent
            };
            // Threads that it has not told of yet have not been away either; one place for each shard and one for its runtime.
            let threads = 0..=self.shards;
            all.extend(threads.map(|n| heard.1.get(n).copied().unwrap_or_default() + present));
        }
        all
    }

    /// Has the workers judge, when all pushes and answers have been told of.
    pub(super) async fn finish(&mut self) -> All {
        self.feed.tell(&ToWorker::Told(self.clock.now()));
        self.feed.tell(&ToWorker::Finish);
        let mut finals: Vec<Option<Final>> = (0..self.pulses.len()).map(|_| None).collect();
        let mut lost = Vec::new();
        let mut look = tokio::time::interval(Duration::from_secs(1));
        while (0..finals.len()).any(|worker| finals[worker].is_none() && !self.ended[worker]) {
            tokio::select! {
                (worker, said) = self.said() => match said {
                    Said::Final(told) => finals[worker] = Some(*told),
                    // It is done.
                    Said::Ended(_) if finals[worker].is_some() => {}
                    said => lost.extend(self.loss(worker, said)),
                },
                _ = look.tick() => self.turn(self.clock.now()),
            }
        }
        let mut all = All {
            shards: Vec::new(),
            failed: 0,
            generators: Vec::new(),
            lost,
        };
        for (worker, told) in finals.into_iter().enumerate() {
            let Some(told) = told else {
                let first = worker * self.shards;
                let shards = first..first + self.shards;
                all.shards.extend(shards.map(|shard| (shard, None)));
                continue;
            };
            all.shards.extend(told.shards);
            all.generators.push((told.generator, told.connected));
        }
        all
    }

    /// Ends all workers, and waits until they have ended.
    pub(super) async fn stop(mut self) {
        self.order(Order::Leave);
        self.feed.end();
        drop(self.feed);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        tokio::time::timeout(GRACE, all).await.ok();
    }
}

fn spawn() -> std::io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    // A Ctrl-C at the terminal goes to the whole process group; the workers have to outlive it, for the run to settle.
    #[cfg(unix)]
    command.process_group(0);
    command.spawn()
}

struct Listening {
    worker: usize,
    clock: Clock,
    ears: Ears,
    say: mpsc::UnboundedSender<(usize, Said)>,
    pulse: Arc<Pulse>,
}

impl Listening {
    async fn to(self, mut child: Child, mut stdout: tokio::process::ChildStdout) {
        let heard = tokio::select! {
            heard = self.listen(&mut stdout) => heard,
            () = self.pulse.kill.notified() => Err(std::io::Error::other("it gave no sign of life and was ended")),
        };
        let why = match heard {
            Ok(()) => None,
            Err(error) => {
                child.start_kill().ok();
                Some(error.to_string())
            }
        };
        let status = child.wait().await;
        let why = why.unwrap_or_else(|| match status {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        });
        self.say.send((self.worker, Said::Ended(why))).ok();
    }

    /// Passes on what it says, until it says no more.
    async fn listen(&self, from: &mut tokio::process::ChildStdout) -> std::io::Result<()> {
        let mut room = Vec::new();
        let say = |said| self.say.send((self.worker, said)).ok();
        while let Some(message) = link::next(from, &mut room).await? {
            self.pulse.heard().0 = self.clock.now();
            match message {
                FromWorker::Note(note) => drop(self.ears.notes.send(note).await),
                FromWorker::Login(note) => drop(self.ears.logins.send(note).await),
                FromWorker::Beat(away) => self.pulse.heard().1 = away,
                FromWorker::Ready => drop(say(Said::Ready)),
                FromWorker::Trouble(why) => drop(say(Said::Trouble(why))),
                FromWorker::Final(told) => drop(say(Said::Final(told))),
            }
        }
        Ok(())
    }
}
