//! The self-test: proof that the verifier finds what is wrong, as often as it is, and nothing else.
//!
//! A trial is an ordinary run against an embedded platform of its own that misbehaves at a known rate. Afterwards the platform says
//! what it did; injected and detected have to be equal to the last one, and nothing else may have been found. The clean trials, with
//! and without churn, are the control. docs/faults.md says what each fault has to show as.

mod hosted;
pub mod mutation;
mod outcome;
pub mod trials;

use tokio::sync::{mpsc, watch};

use crate::platform::Fault;
use crate::pool::{Running, several};
use crate::run::embedded::Embedded;
use crate::run::{self, Order};
use crate::scenario::Plan;
use crate::summary::Snapshot;
use crate::summary::proof::{Row, SelfTest, Standing};
use trials::Trial;

/// How often a trial is made that says nothing, for want of CPU say. One that says something is never made again.
const ATTEMPTS: u32 = 3;

/// What a trial without a fault is called.
const CLEAN: &str = "none";

/// What is to be tried.
#[derive(Debug, Clone)]
pub struct Options {
    /// Each fault once, for a check that has to be short.
    pub quick: bool,
    /// Only these; empty: all of them, and the clean controls.
    pub only: Vec<Fault>,
    /// Decides every random choice.
    pub seed: u64,
    /// Trials at a time.
    pub jobs: usize,
    /// Has those under way.
    pub running: Running,
}

/// Runs the trials; `done` hears of each as it ends, with how many there are. Ends early when `stop` turns true.
pub async fn run(
    options: &Options,
    mut stop: watch::Receiver<bool>,
    mut done: impl FnMut(&Row, usize),
) -> SelfTest {
    let mut trials = trials::all(options.quick);
    trials.retain(|trial| {
        let named = |fault| options.only.contains(&fault);
        options.only.is_empty() || trial.fault.is_some_and(named)
    });
    let of = trials.len();
    let seed = options.seed;
    let tasks = trials.into_iter().enumerate().map(|(n, trial)| {
        // Another seed for each, so that not all harm the same places.
        let seed = seed.wrapping_add(n as u64) & ((1 << 53) - 1);
        let running = options.running.clone();
        async move {
            let _going = running.begin(trial.fault.map_or(CLEAN, Fault::name));
            let mut row = Box::pin(try_one(trial, seed)).await;
            for _ in 1..ATTEMPTS {
                if !matches!(row.standing, Standing::Unknown(_)) {
                    break;
                }
                row = Box::pin(try_one(trial, seed)).await;
            }
            row
        }
    });
    // Platforms end with their trials.
    let ended = several(options.jobs, tasks, &mut stop, |row| done(row, of)).await;
    SelfTest {
        seed: options.seed,
        rows: ended.all,
        interrupted: ended.interrupted,
    }
}

async fn try_one(trial: Trial, seed: u64) -> Row {
    let plan = match Plan::from_file(&trial.scenario(seed), seed) {
        Ok(plan) => plan,
        Err(problems) => {
            let words: Vec<_> = problems.iter().map(ToString::to_string).collect();
            return outcome::unknown(trial, words.join("; "));
        }
    };
    let embedded = match Embedded::start(&plan, false).await {
        Ok(embedded) => embedded,
        Err(error) => return outcome::unknown(trial, error.to_string()),
    };
    let (_interrupt, interrupts) = mpsc::channel(1);
    let order = Order {
        scenario: "selftest".to_owned(),
        target: embedded.target(),
        plan,
        measuring: None,
        interrupts,
        watcher: watch::channel(Snapshot::default()).0,
        commands: None,
        journal: None,
    };
    let Some(summary) = Box::pin(run::run(order)).await else {
        return outcome::unknown(trial, "the run gave no report".to_owned());
    };
    let row = match embedded.truth().await {
        Ok(truth) => outcome::row(trial, &summary, &truth),
        Err(error) => outcome::unknown(trial, error.to_string()),
    };
    embedded.stop().await;
    row
}
