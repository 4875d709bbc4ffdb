//! A run from its first login to its summary.
//!
//! [`machine`] decides what happens; this module makes it happen: it starts shards, arrivals and lanes, turns what they say into
//! events, and carries out the effects. Order of the end: lanes, settling, judging, sockets, shards' threads, summary. Everything
//! started here is joined here.

pub mod embedded;
pub mod machine;
mod preflight;
pub mod process;
mod refused;
mod tally;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::client::http::Http;
use crate::client::websocket::Endpoint;
use crate::clock::{self, Clock};
use crate::fleet::arrive::{self, LoginNote};
use crate::fleet::shard::{self, Command, Finished, Note, Shard};
use crate::ids::Lane;
use crate::scenario::{Plan, Workload};
use crate::summary::{Snapshot, Summary, Target};
use crate::time::Time;
use crate::trigger::http::HttpTrigger;
use crate::trigger::lane::{self, LaneReport, Progress};
use crate::verify::{Judge, LaneWriter, Ledger, Rules, Streams};
use machine::{Effect, Event, Machine};
use refused::RefusedLogins;
use tally::Tally;

/// From a socket's first byte to the answer to CONNECT, at most.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Most shards: beyond a handful of threads the machine, not the thread count, is the limit.
const MOST_SHARDS: usize = 16;

/// What a run is asked to do.
pub struct Order {
    /// The scenario's name.
    pub scenario: String,
    /// The plan.
    pub plan: Plan,
    /// The target.
    pub target: Target,
    /// Each message asks the run to end: the first to drain and report, the second at once.
    pub interrupts: mpsc::Receiver<()>,
    /// Hears how the run goes, once a second.
    pub watcher: watch::Sender<Snapshot>,
}

/// Carries a run out. `None`: the user killed it, and there is nothing to report.
pub async fn run(order: Order) -> Option<Summary> {
    let started_at_unix_ms = clock::unix_millis();
    let clock = Clock::start();
    let plan = Arc::new(order.plan);
    let http = Http::new(&order.target.url, lane::ANSWER_TIMEOUT);
    let mut tally = Tally::new(&plan, order.target, order.scenario, started_at_unix_ms);
    let mut interrupts = order.interrupts;
    let reached = tokio::select! {
        reached = preflight::check(&plan, &http) => reached,
        _ = interrupts.recv() => {
            tally.interrupted();
            return Some(tally.not_begun(clock.now()));
        }
    };
    let endpoint = match reached {
        Ok(reached) => Endpoint {
            address: reached.address,
            uri: reached.sockets,
            connect_timeout: CONNECT_TIMEOUT,
        },
        Err(why) => {
            tally.cannot_begin(why);
            return Some(tally.not_begun(clock.now()));
        }
    };
    match Sockets::start(&plan, &endpoint, clock) {
        Ok(sockets) => {
            let conductor = Conductor::new(plan, http, clock, tally, sockets, order.watcher);
            conductor.conduct(interrupts).await
        }
        Err(error) => {
            tally.cannot_begin(format!(
                "a thread for the sockets could not be started: {error}"
            ));
            Some(tally.not_begun(clock.now()))
        }
    }
}

/// The shards, and what they and the lanes share.
struct Sockets {
    workload: Arc<Workload>,
    ledger: Arc<Ledger>,
    shards: Vec<Shard>,
    notes: mpsc::Receiver<Note>,
}

impl Sockets {
    fn start(plan: &Plan, endpoint: &Endpoint, clock: Clock) -> std::io::Result<Self> {
        let workload = Arc::new(Workload::new(plan));
        let ledger = Arc::new(Ledger::new(plan.lanes, plan.pushes_per_lane()));
        let rules = Arc::new(Rules {
            tagger: workload.tagger().clone(),
            events: plan.events.clone(),
            ordering: plan.ordering,
            deadline: plan.deadline,
            settle: plan.settle,
        });
        // Room for everything that every socket can say, and some: a shard never waits for the run.
        let (note, notes) = mpsc::channel(plan.sockets() as usize * 2 + 1_024);
        let start = |index| {
            let source = Arc::clone(&workload);
            Shard::start(shard::Setup {
                index,
                judge: Judge::new(Arc::clone(&rules), Arc::clone(&ledger), source),
                events: plan.events.len(),
                apps: plan.apps.len(),
                window: plan.settle,
                endpoint: endpoint.clone(),
                clock,
                notes: note.clone(),
            })
        };
        let shards = (0..shard_count(plan))
            .map(start)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            workload,
            ledger,
            shards,
            notes,
        })
    }
}

struct Conductor {
    plan: Arc<Plan>,
    workload: Arc<Workload>,
    ledger: Arc<Ledger>,
    clock: Clock,
    http: Http,
    machine: Machine,
    tally: Tally,
    refused_logins: RefusedLogins,
    progress: Arc<Progress>,
    shards: Vec<Shard>,
    notes: mpsc::Receiver<Note>,
    logins: mpsc::Receiver<LoginNote>,
    arrivals: JoinHandle<()>,
    lanes: JoinSet<LaneReport>,
    stop_lanes: watch::Sender<bool>,
    wake_at: Time,
    watcher: watch::Sender<Snapshot>,
}

/// What carrying out effects led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Finish,
    Kill,
}

impl Conductor {
    fn new(
        plan: Arc<Plan>,
        http: Http,
        clock: Clock,
        mut tally: Tally,
        sockets: Sockets,
        watcher: watch::Sender<Snapshot>,
    ) -> Self {
        tally.connecting();
        let (login_note, logins) = mpsc::channel(plan.users as usize + 1);
        let commands = sockets.shards.iter().map(|shard| shard.commands.clone());
        let arrivals = tokio::spawn(arrive::users(
            Arc::clone(&plan),
            http.clone(),
            clock,
            commands.collect(),
            login_note,
        ));
        Self {
            machine: Machine::new(u64::from(plan.sockets()), plan.settle),
            tally,
            refused_logins: RefusedLogins::default(),
            workload: sockets.workload,
            ledger: sockets.ledger,
            clock,
            http,
            progress: Arc::default(),
            shards: sockets.shards,
            notes: sockets.notes,
            logins,
            arrivals,
            lanes: JoinSet::new(),
            stop_lanes: watch::channel(false).0,
            wake_at: Time::MAX,
            watcher,
            plan,
        }
    }

    async fn conduct(mut self, mut interrupts: mpsc::Receiver<()>) -> Option<Summary> {
        let mut second = 0;
        loop {
            let turn = Time::ZERO + shard::WINDOW * (second + 1);
            let event = tokio::select! {
                Some(note) = self.notes.recv() => self.note(note),
                Some(note) = self.logins.recv() => self.login(note),
                Some(report) = self.lanes.join_next() => self.lane(&report.unwrap_or_default()),
                () = tokio::time::sleep_until(self.clock.instant(self.wake_at)) => {
                    self.wake_at = Time::MAX;
                    Some(Event::Woken)
                }
                Some(()) = interrupts.recv() => Some(Event::Interrupted),
                () = tokio::time::sleep_until(self.clock.instant(turn)) => {
                    self.turn(u64::from(second));
                    second += 1;
                    None
                }
            };
            match event.map_or(Next::GoOn, |event| self.happened(event)) {
                Next::GoOn => {}
                Next::Finish => return Some(self.finish(u64::from(second)).await),
                Next::Kill => return None,
            }
        }
    }

    fn happened(&mut self, event: Event) -> Next {
        let now = self.clock.now();
        for effect in self.machine.handle(now, event) {
            match effect {
                Effect::StopArrivals => self.arrivals.abort(),
                Effect::StartPushing => self.start_pushing(),
                Effect::StopPushing => {
                    self.stop_lanes.send_replace(true);
                }
                Effect::WakeAt(at) => self.wake_at = at,
                Effect::Finish => return Next::Finish,
                Effect::Kill => return Next::Kill,
            }
        }
        Next::GoOn
    }

    fn note(&mut self, note: Note) -> Option<Event> {
        match note {
            Note::Connected { took } => {
                self.tally.connected(took);
                Some(Event::Connected)
            }
            Note::Refused(error) => Some(Event::Refused {
                sockets: 1,
                why: error.to_string(),
            }),
            Note::Left(leave, detail) => Some(Event::Left(leave, detail)),
            Note::Window {
                second,
                window,
                counts,
                recipients,
                shard,
            } => {
                self.tally.window(shard, second, &window, &counts);
                self.tally.recipients(recipients);
                None
            }
        }
    }

    fn login(&mut self, note: LoginNote) -> Option<Event> {
        match note {
            LoginNote::In { took } => {
                self.tally.logged_in(took);
                None
            }
            LoginNote::Out { error, sockets } => Some(Event::Refused {
                sockets: u64::from(sockets),
                why: self.refused_logins.words(&error),
            }),
        }
    }

    fn lane(&mut self, report: &LaneReport) -> Option<Event> {
        self.tally.lane(report);
        self.lanes.is_empty().then_some(Event::LanesEnded)
    }

    /// A second is over: the shards' windows of it are on their way, or were.
    fn turn(&mut self, second: u64) {
        let pushes = self.progress.counts(self.plan.pace().hits());
        self.tally.second(second, self.machine.alive(), pushes);
        self.watcher.send_replace(Snapshot {
            phase: self.machine.phase().name(),
            elapsed: self.clock.now() - Time::ZERO,
            sockets: self.machine.sockets,
            pushes,
            counts: self.tally.counts(),
            second: self.tally.last_second(),
        });
    }

    fn start_pushing(&mut self) {
        let start = self.clock.now();
        self.tally.pushing(start, &self.machine.sockets);
        let trigger = HttpTrigger::new(self.http.clone(), &self.plan.apps);
        for lane in (0..self.plan.lanes).map(Lane) {
            self.lanes.spawn(lane::run(lane::Setup {
                lane,
                plan: Arc::clone(&self.plan),
                workload: Arc::clone(&self.workload),
                trigger: trigger.clone(),
                writer: LaneWriter::new(Arc::clone(&self.ledger), lane),
                clock: self.clock,
                start,
                progress: Arc::clone(&self.progress),
                stop: self.stop_lanes.subscribe(),
            }));
        }
    }

    /// Judges, then closes and joins everything, then sums up. `second` is the first one that has not been entered as over.
    async fn finish(mut self, second: u64) -> Summary {
        let ended = self.clock.now();
        self.tally.ended();
        self.arrivals.abort();
        // Lanes still there (an interrupted connect has none) would write to the ledger while it is judged.
        self.stop_lanes.send_replace(true);
        while let Some(report) = self.lanes.join_next().await {
            self.tally.lane(&report.unwrap_or_default());
        }
        // What was said before the judging still counts: a socket that dropped in the last moment is not passed over.
        while let Ok(note) = self.notes.try_recv() {
            if let Some(event) = self.note(note) {
                self.machine.handle(ended, event);
            }
        }
        let streams = Arc::new(Streams::of(&self.ledger));
        let mut judged = Vec::new();
        for (index, shard) in self.shards.iter().enumerate() {
            if let Some(finished) = judge(shard, &streams).await {
                judged.push((index, finished));
            }
        }
        // A shard whose second was over just before it was judged has handed that window over: it comes before the rest.
        while let Ok(note) = self.notes.try_recv() {
            if matches!(note, Note::Window { .. }) {
                self.note(note);
            }
        }
        for (index, finished) in judged {
            self.tally.finished(index, finished);
        }
        let pushes = self.progress.counts(self.plan.pace().hits());
        self.tally
            .last_seconds(second, ended, self.machine.alive(), pushes);
        (&mut self.arrivals).await.ok();
        for shard in &self.shards {
            shard.leave();
        }
        self.notes.close();
        let shards = std::mem::take(&mut self.shards);
        let joined = tokio::task::spawn_blocking(|| shards.into_iter().for_each(Shard::stop));
        joined.await.ok();
        let (machine, ledger) = (self.machine, self.ledger);
        self.tally.sum_up(ended, machine, pushes, &ledger)
    }
}

async fn judge(shard: &Shard, streams: &Arc<Streams>) -> Option<Finished> {
    let (reply, finished) = oneshot::channel();
    let streams = Arc::clone(streams);
    let command = Command::Finish { streams, reply };
    shard.commands.send(command).await.ok()?;
    finished.await.ok()
}

fn shard_count(plan: &Plan) -> usize {
    process::cpus()
        .clamp(1, MOST_SHARDS)
        .min(plan.users as usize)
}
