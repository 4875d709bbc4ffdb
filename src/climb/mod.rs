//! Carries out the search for a capacity: each step is an ordinary run under one load.
//!
//! An embedded platform is started anew for each step, so that none finds what the one before has left; any other target has a rest.
//! What a step says, and which is next, [`crate::capacity`] decides.

mod target;

use tokio::sync::{mpsc, watch};

use crate::capacity::search::Next;
use crate::capacity::{Search, Step, outcome};
use crate::clock::{self, Clock};
use crate::run::embedded::{Embedded, Says};
use crate::run::measuring::Measuring;
use crate::run::{self, Order};
use crate::scenario::Plan;
use crate::summary::{Snapshot, Summary, Target};
use crate::time::Time;

/// What is told while a search goes on.
#[derive(Debug)]
pub enum Told<'a> {
    /// A step begins.
    Begins {
        /// How many there were before.
        steps: usize,
        /// Its load.
        load: f64,
        /// How its run goes.
        snapshots: watch::Receiver<Snapshot>,
    },
    /// One has ended, and is the last of these.
    Ended(&'a Search),
}

/// What a search needs of whoever asks for it.
pub struct Means {
    /// Each message asks for the end: the first lets the step under way settle, the second does not.
    pub interrupts: mpsc::Receiver<()>,
    /// The process of the target on this machine, whose CPU is told; the embedded platform is known.
    pub target_pid: Option<u32>,
    /// Where each embedded platform says what it says.
    pub says: Box<dyn Fn() -> Says>,
}

/// How a step ended.
enum Ended {
    Step(Box<Step>),
    /// The user ended it: what it says is not what was asked.
    Interrupted,
    Trouble(String),
}

/// Searches on from where a search is, to its end or to the user's.
pub async fn run(mut search: Search, mut means: Means, mut told: impl FnMut(Told<'_>)) -> Search {
    let clock = Clock::start();
    let before = search.took;
    if search.started_at_unix_ms == 0 {
        search.started_at_unix_ms = clock::unix_millis();
    }
    let mut first = true;
    while let Next::Try(units) = search.next() {
        if !std::mem::take(&mut first) && !rest(&search, &mut means).await {
            search.interrupted = true;
            break;
        }
        let load = search.load(units);
        let (watcher, snapshots) = watch::channel(Snapshot::default());
        told(Told::Begins {
            steps: search.steps.len(),
            load,
            snapshots,
        });
        let ended = Box::pin(step(&search, units, watcher, &mut means)).await;
        search.took = before + (clock.now() - Time::ZERO);
        match ended {
            Ended::Step(step) => search.steps.push(*step),
            Ended::Interrupted => {
                search.interrupted = true;
                break;
            }
            Ended::Trouble(why) => {
                search.trouble = Some(why);
                break;
            }
        }
        told(Told::Ended(&search));
    }
    search
}

/// The rest between two steps. False: the user wants no more.
async fn rest(search: &Search, means: &mut Means) -> bool {
    let pause = search.settings.cool_down;
    if pause.is_zero() {
        return means.interrupts.try_recv().is_err();
    }
    tokio::select! {
        () = tokio::time::sleep(pause) => true,
        _ = means.interrupts.recv() => false,
    }
}

async fn step(
    search: &Search,
    units: u64,
    watcher: watch::Sender<Snapshot>,
    means: &mut Means,
) -> Ended {
    let plan = search.plan_of(units);
    let embedded = match &plan.target {
        Some(_) => None,
        None => match Embedded::start(&plan, (means.says)()).await {
            Ok(embedded) => Some(embedded),
            Err(error) => return Ended::Trouble(error.to_string()),
        },
    };
    let target = match &embedded {
        Some(embedded) => embedded.target(),
        None => search.target.clone(),
    };
    let pid = embedded.as_ref().and_then(Embedded::id);
    let cpu = tokio::spawn(target::watch(pid.or(means.target_pid), watcher.subscribe()));
    let (summary, interrupted) = carry_out(search, plan, target, watcher, means).await;
    // The run was the one who told, and it is over.
    let cpu = cpu.await.ok().flatten();
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    match summary {
        Some(summary) if !interrupted => {
            let step = outcome::step(&summary, search.load(units), cpu);
            Ended::Step(Box::new(step))
        }
        _ => Ended::Interrupted,
    }
}

/// The run of a step, and whether the user ended it.
async fn carry_out(
    search: &Search,
    plan: Plan,
    target: Target,
    watcher: watch::Sender<Snapshot>,
    means: &mut Means,
) -> (Option<Summary>, bool) {
    let (interrupt, interrupts) = mpsc::channel(8);
    let order = Order {
        scenario: search.scenario.clone(),
        plan,
        measuring: Some(Measuring {
            warm_up: search.settings.warm_up,
            enough: Box::new(search.enough()),
        }),
        target,
        interrupts,
        watcher,
        commands: None,
        journal: None,
    };
    let mut run = Box::pin(run::run(order));
    let mut interrupted = false;
    loop {
        tokio::select! {
            summary = &mut run => return (summary, interrupted),
            Some(()) = means.interrupts.recv() => {
                interrupted = true;
                // A run that hears no more is about to end.
                interrupt.try_send(()).ok();
            }
        }
    }
}
