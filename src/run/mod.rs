//! A run from its first login to its summary.
//!
//! [`machine`] decides what happens; this module makes it happen: it starts shards, arrivals and lanes, turns what they say into
//! events, and carries out the effects. Order of the end: lanes, settling, judging, sockets, shards' threads, summary. Everything
//! started here is joined here.

mod crew;
pub mod embedded;
mod health;
mod live;
pub mod machine;
pub mod measuring;
mod notes;
mod preflight;
pub mod process;
mod refused;
mod settling;
mod sockets;
mod steering;
mod sums;
mod tally;
mod vigil;
mod vitals;
pub mod workers;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::{self, Clock};
use crate::fleet::arrive::LoginNote;
use crate::fleet::nodes::Nodes;
pub use crate::fleet::nodes::check_certificates;
use crate::fleet::shard::{self, Note, Order as ShardOrder};
use crate::ids::Lane;
use crate::journal::{Header, Pen};
use crate::scenario::{Plan, Workload};
use crate::summary::{Snapshot, Summary, Target};
use crate::time::Time;
use crate::trigger::Asker;
use crate::trigger::lane::{self, ANSWER_TIMEOUT, LaneReport};
use crate::trigger::progress::Progress;
use crate::trigger::sender::Speaker;
use crate::trigger::turns::Turns;
use crate::verify::Awaited;
use crew::{Begun, Crew};
use live::{Live, Seen};
use machine::{Effect, Event, Machine};
use measuring::{Measured, Measuring};
use preflight::Unreached;
pub use preflight::places;
use refused::RefusedLogins;
use settling::Settler;
pub use steering::Command;
use steering::Steering;
use tally::Tally;
use vigil::Vigil;

/// What a run is asked to do.
pub struct Order {
    /// The scenario's name.
    pub scenario: String,
    /// The plan.
    pub plan: Plan,
    /// What of the run to measure; `None`: all of it.
    pub measuring: Option<Measuring>,
    /// The target.
    pub target: Target,
    /// Each message asks the run to end: the first to drain and report, the second at once.
    pub interrupts: mpsc::Receiver<()>,
    /// Hears how the run goes, once a second.
    pub watcher: watch::Sender<Snapshot>,
    /// What whoever watches asks of the run; `None`: nobody will.
    pub commands: Option<mpsc::Receiver<Command>>,
    /// Writes the journal, if there is to be one.
    pub journal: Option<Pen>,
}

/// Carries a run out. `None`: the user killed it, and there is nothing to report.
pub async fn run(order: Order) -> Option<Summary> {
    let started_at_unix_ms = clock::unix_millis();
    let clock = Clock::start();
    let plan = Arc::new(order.plan);
    let journal = order.journal.map(|pen| {
        let header = Header {
            pushproof: process::environment().pushproof,
            scenario: order.scenario.clone(),
            plan: Plan::clone(&plan),
            target: order.target.clone(),
            started_at_unix_ms,
            shards: sockets::shard_count(&plan) as u16,
        };
        (pen, header)
    });
    let target = order.target.clone();
    let scenario = order.scenario.clone();
    let live = Live::new(&plan, scenario, &target, started_at_unix_ms, order.watcher);
    let mut tally = Tally::new(&plan, order.target, order.scenario, started_at_unix_ms);
    tally.measured = order.measuring.map(Measured::new);
    let mut interrupts = order.interrupts;
    let steering = Steering::new(&plan, order.commands);
    let begun = async {
        let places = preflight::check(&plan, &target, clock).await?;
        let health = &mut tally.health;
        Ok(Crew::begin(&plan, &places, clock, journal, health).await?)
    };
    let begun: Result<Begun, Unreached> = tokio::select! {
        begun = begun => begun,
        _ = interrupts.recv() => {
            tally.interrupted();
            let summary = tally.not_begun(clock.now());
            live.end(&summary).await;
            return Some(summary);
        }
    };
    match begun {
        Ok(begun) => {
            let conductor = Conductor::new(plan, clock, tally, begun, (live, steering));
            Box::pin(conductor.conduct(interrupts)).await
        }
        Err(unreached) => {
            tally.cannot_begin(unreached);
            let summary = tally.not_begun(clock.now());
            live.end(&summary).await;
            Some(summary)
        }
    }
}

struct Conductor {
    plan: Arc<Plan>,
    workload: Arc<Workload>,
    settler: Box<Settler>,
    clock: Clock,
    nodes: Nodes,
    machine: Machine,
    tally: Tally,
    refused_logins: RefusedLogins,
    progress: Arc<Progress>,
    /// What the lanes of a closed loop wait for.
    awaited: Option<Arc<Awaited>>,
    crew: Crew,
    notes: mpsc::Receiver<Note>,
    logins: mpsc::Receiver<LoginNote>,
    /// Users who ask for pushes, and for which lane.
    speakers: Vec<(Lane, Speaker)>,
    lanes: JoinSet<LaneReport>,
    stop_lanes: watch::Sender<bool>,
    wake_at: Time,
    vigil: Vigil,
    live: Live,
    steering: Steering,
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
        clock: Clock,
        tally: Tally,
        begun: Begun,
        (live, steering): (Live, Steering),
    ) -> Self {
        let settler = Settler::new(&plan, begun.ledger, begun.crew.judges(), begun.push_log)
            .followed(begun.crew.follower());
        Self {
            machine: Machine::new(&plan),
            vigil: Vigil::start(clock),
            tally,
            refused_logins: RefusedLogins::default(),
            workload: begun.workload,
            settler: settler.into(),
            clock,
            progress: Progress::new(&plan, begun.nodes.count(), begun.there).into(),
            nodes: begun.nodes,
            awaited: begun.awaited,
            crew: begun.crew,
            notes: begun.notes,
            logins: begun.logins,
            speakers: begun.speakers,
            lanes: JoinSet::new(),
            stop_lanes: watch::channel(false).0,
            wake_at: Time::MAX,
            live,
            steering,
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
                Some(report) = self.lanes.join_next() => self.lane(report.ok()),
                // What it knew is gone: the run proves no more than what it has seen.
                () = self.crew.loss() => Some(Event::Aborted),
                () = tokio::time::sleep_until(self.clock.instant(self.wake_at)) => {
                    self.wake_at = Time::MAX;
                    let away = self.vigil.away_since(self.crew.away(self.clock.now()));
                    Some(Event::Woken { away })
                }
                Some(()) = interrupts.recv() => Some(Event::Interrupted),
                () = tokio::time::sleep_until(self.clock.instant(turn)) => {
                    second += 1;
                    self.turn(u64::from(second - 1))
                }
                () = self.live.something(self.clock) => None,
                command = self.steering.command() => {
                    self.commanded(command);
                    None
                }
            };
            self.show();
            match event.map_or(Next::GoOn, |event| self.happened(event)) {
                Next::GoOn => {}
                Next::Finish => return Some(self.finish(u64::from(second)).await),
                Next::Kill => return None,
            }
        }
    }

    fn happened(&mut self, event: Event) -> Next {
        let now = self.clock.now();
        let effects = self.machine.handle(now, event);
        self.live.stands(self.machine.phase(), now);
        for effect in effects {
            match effect {
                Effect::StopArrivals => self.crew.stop_arrivals(),
                Effect::StartPushing => self.start_pushing(),
                Effect::StopPushing => {
                    self.stop_lanes.send_replace(true);
                }
                Effect::StopChurn => self.crew.order(ShardOrder::Stay),
                Effect::WakeAt(at) => self.wake_at = at,
                Effect::Finish => return Next::Finish,
                Effect::Kill => return Next::Kill,
            }
        }
        Next::GoOn
    }

    fn lane(&mut self, report: Option<LaneReport>) -> Option<Event> {
        let last = self.lanes.is_empty();
        self.tally.lane(report, last.then(|| self.clock.now()));
        if last {
            self.crew.pushed();
            self.vigil.count_from_now(self.crew.away(self.clock.now()));
        }
        last.then_some(Event::LanesEnded)
    }

    /// A second is over: the shards' windows of it are on their way, or were.
    fn turn(&mut self, second: u64) -> Option<Event> {
        let now = self.clock.now();
        self.crew.turn(now, &mut self.settler);
        let pushes = self.progress.counts(&self.plan);
        let sockets = &self.machine.sockets;
        self.progress.connected(sockets.alive, sockets.wanted);
        let all = (pushes, self.progress.expected());
        self.tally.second(second, sockets.alive, all);
        self.live.turn(second, self.clock, self.crew.pids());
        self.tally.ends(&self.machine, second, &pushes, now)
    }

    /// Tells whoever watches, once there is something new.
    fn show(&mut self) {
        self.live.tell(&Seen {
            plan: &self.plan,
            machine: &self.machine,
            tally: &self.tally,
            progress: &self.progress,
            wake_at: self.wake_at,
            vigil: &self.vigil,
            steering: &self.steering,
            now: self.clock.now(),
        });
    }

    fn start_pushing(&mut self) {
        let start = self.clock.now();
        self.live.pushing(start);
        self.steering.pushing(start);
        let sockets = &self.machine.sockets;
        self.progress.connected(sockets.alive, sockets.wanted);
        let measured_from = self.tally.pushing(start, self.machine.sockets.connected);
        self.crew.pushing();
        let turns = Arc::new(Turns::new(&self.plan));
        let deal = self.plan.deal();
        for lane in (0..self.plan.lanes).map(Lane) {
            let own = self.speakers.iter().filter(|(of, _)| *of == lane);
            let own = own.map(|(_, speaker)| speaker.clone()).collect();
            let which = deal.trigger_of(lane);
            self.lanes.spawn(lane::run(lane::Setup {
                lane,
                plan: Arc::clone(&self.plan),
                workload: Arc::clone(&self.workload),
                trigger: Asker::new(
                    &self.plan,
                    which,
                    self.nodes.of_lane(lane, which),
                    own,
                    ANSWER_TIMEOUT,
                    self.clock,
                ),
                which,
                node: self.nodes.number_of_lane(lane, which),
                writer: self.settler.lane(lane),
                clock: self.clock,
                turns: Arc::clone(&turns),
                start,
                measured_from,
                course: self.steering.course.subscribe(),
                may_change: self.steering.may_change(),
                progress: Arc::clone(&self.progress),
                awaited: self.awaited.clone(),
                stop: self.stop_lanes.subscribe(),
            }));
        }
        if self.plan.churn.is_some() || self.plan.requests.is_some() {
            self.crew.order(ShardOrder::Pushing { since: start });
        }
    }

    /// Takes in what the shards have said.
    fn hear(&mut self, now: Time) {
        while let Ok(note) = self.notes.try_recv() {
            if let Some(event) = self.note(note) {
                self.machine.handle(now, event);
            }
        }
    }

    /// Judges, then closes and joins everything, then sums up. `second` is the first one that has not been entered as over.
    async fn finish(mut self, second: u64) -> Summary {
        let ended = self.clock.now();
        self.tally.health.ended();
        self.crew.stop_arrivals();
        // Lanes still there (an interrupted connect has none) would write to the ledger while it is judged.
        self.stop_lanes.send_replace(true);
        while let Some(report) = self.lanes.join_next().await {
            self.lane(report.ok());
        }
        self.hear(ended);
        let now = self.clock.now();
        let judged = self.crew.judge(&mut self.settler, now).await;
        // What was said meanwhile still counts, a socket that dropped in the last moment above all. And a shard whose second was over
        // just before it was judged has handed that window over: it comes before the rest.
        self.hear(ended);
        self.tally.health.others(judged.generators, judged.lost);
        for _ in 0..judged.failed {
            self.tally.health.part_failed();
        }
        for (index, finished) in judged.shards {
            let silent = finished.as_ref().map_or(0, |finished| finished.silent);
            self.machine.gave_no_sign(silent, self.plan.clients.driver);
            self.tally.finished(index, finished);
        }
        let pushes = self.progress.counts(&self.plan);
        let all = (pushes, self.progress.expected());
        self.tally
            .last_seconds(second, ended, self.machine.sockets.alive, all);
        let delay = self.vigil.end().await;
        self.tally.health.delays(&delay);
        self.crew.stop(&mut self.notes).await;
        let splits = &self.settler.splits;
        let mut summary = self.tally.sum_up(ended, self.machine, pushes, splits);
        summary.rate_changes = self.steering.changes;
        self.live.end(&summary).await;
        summary
    }
}
