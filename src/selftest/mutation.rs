//! Proof that the conformance suite tells bad servers from good ones: each mutant of the embedded platform is tried with the cases that
//! name it, each of which has to miss something; and all of them with a platform that is right, at which none may.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::hosted::Hosted;
use crate::conform::case::{self, Case};
use crate::conform::operate::Operates;
use crate::conform::target::Target;
use crate::conform::{self, Options};
use crate::platform::{AppConfig, Mutant, Origins, PlatformConfig, QueueBounds};
use crate::pool::{Running, several};
use crate::scenario::Plan;
use crate::scenario::conformance::Section;
use crate::scenario::file::File;
use crate::summary::conformance::{Conformance, Outcome};
use crate::summary::mutation::{Mutation, Trial};

/// Ids that are looked at where they are to be unguessable: enough to see every letter, and quick.
const SIDS: u32 = 600;
/// How long sockets can be recovered: as long as socket.io has it, and longer than any case.
const RECOVERY: Duration = Duration::from_secs(120);
/// Nodes of each platform.
const NODES: usize = 2;
/// How often a case is tried that comes to nothing, for want of CPU say. What it says once counts.
const ATTEMPTS: u32 = 3;

/// What is to be tried.
#[derive(Debug, Clone)]
pub struct Mutations {
    /// Only these; empty: all of them, and the control.
    pub only: Vec<Mutant>,
    /// Mutants at a time.
    pub jobs: usize,
    /// Has those under way.
    pub running: Running,
}

/// The settings of a platform for the suite, with times as [`Section::embedded`] states them, and short heartbeats.
pub fn platform(mutant: Option<Mutant>) -> PlatformConfig {
    let stated = Section::embedded();
    let span =
        |span: Option<crate::scenario::units::Span>| span.map_or(Duration::MAX, |span| span.0);
    let defaults = PlatformConfig::default();
    PlatformConfig {
        apps: vec![AppConfig::named("demo"), AppConfig::named("other")],
        any_password: stated.any_password,
        namespaces: stated.namespaces.unwrap_or_default(),
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_secs(2),
        connect_timeout: span(stated.connect_timeout),
        upgrade_timeout: span(stated.upgrade_timeout),
        assembly_timeout: span(stated.assembly_timeout),
        request_timeout: span(stated.request_timeout),
        queue: QueueBounds {
            bytes: stated.queue_bytes.unwrap_or_default() as usize,
            ..defaults.queue
        },
        max_sockets: stated.connections.unwrap_or_default() as usize,
        origins: Origins::Only(stated.origin.into_iter().collect()),
        recovery: Some(RECOVERY),
        mutants: mutant.into_iter().collect(),
        ..defaults
    }
}

/// The plan by which that platform is spoken to.
///
/// # Panics
/// If the built-in scenario is no plan.
pub fn plan() -> Arc<Plan> {
    let file = File {
        conformance: Section::embedded(),
        ..File::default()
    };
    let plan = Plan::from_file(&file, 1);
    Arc::new(plan.unwrap_or_else(|_| unreachable!("the built-in scenario is a plan")))
}

/// Tries these cases at a platform of its own with this mutant, if any.
pub async fn suite(
    mutant: Option<Mutant>,
    cases: &[&'static Case],
    jobs: usize,
) -> Result<Conformance, String> {
    let hosted = Hosted::start(NODES, platform(mutant)).await?;
    let mut urls = hosted.urls().into_iter();
    let url = urls.next().unwrap_or_default();
    let plan = Plan {
        nodes: urls.collect(),
        ..Plan::clone(&plan())
    };
    let by: Arc<dyn Operates> = hosted.clone();
    let target = Target::operated(&url, &Arc::new(plan), true, Some(by)).await;
    let suite = match target {
        Err(error) => Err(error.to_string()),
        Ok(target) => {
            let options = Options {
                jobs,
                sids: SIDS,
                destructive: true,
                // There is no network between.
                doubts: false,
            };
            let (_stop, stopped) = watch::channel(false);
            Ok(conform::run(cases, target, options, &Running::default(), stopped, |_| {}).await)
        }
    };
    hosted.end().await;
    suite
}

/// The cases that name each mutant.
fn namers() -> BTreeMap<&'static str, Vec<&'static Case>> {
    let mut namers: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for case in case::all() {
        for mutant in case.kills {
            namers.entry(*mutant).or_default().push(case);
        }
    }
    namers
}

/// Tries the mutants; `done` hears of each as it ends, with how many there are. Ends early when `stop` turns true.
pub async fn mutations(
    options: &Mutations,
    mut stop: watch::Receiver<bool>,
    mut done: impl FnMut(&Trial, usize),
) -> Mutation {
    let clock = crate::clock::Clock::start();
    let mut namers = namers();
    let all =
        Mutant::all().filter(|mutant| options.only.is_empty() || options.only.contains(mutant));
    let all: Vec<_> = all.collect();
    let of = all.len();
    let tasks = all.into_iter().map(|mutant| {
        let cases = namers.remove(mutant.name()).unwrap_or_default();
        let running = options.running.clone();
        async move {
            let _going = running.begin(mutant.name());
            one(mutant, &cases).await
        }
    });
    let ended = several(options.jobs, tasks, &mut stop, |trial| done(trial, of)).await;
    let mut mutation = Mutation {
        trials: ended.all,
        interrupted: ended.interrupted,
        ..Mutation::default()
    };
    if options.only.is_empty() && !mutation.interrupted {
        mutation.control = control().await;
    }
    mutation.took = clock.now() - crate::time::Time::ZERO;
    mutation
}

async fn one(mutant: Mutant, cases: &[&'static Case]) -> Trial {
    let clock = crate::clock::Clock::start();
    let mut left = cases.to_vec();
    let mut came: BTreeMap<&str, Outcome> = BTreeMap::new();
    for _ in 0..ATTEMPTS {
        match suite(Some(mutant), &left, left.len()).await {
            Err(why) => {
                let whys = left
                    .iter()
                    .map(|case| (case.about.id, Outcome::Error(why.clone())));
                came.extend(whys);
            }
            Ok(suite) => came.extend(
                suite
                    .rows
                    .into_iter()
                    .map(|row| (row.about.id, row.outcome)),
            ),
        }
        left.retain(|case| {
            let outcome = came.get(case.about.id);
            outcome.is_none_or(|outcome| matches!(outcome, Outcome::Unknown(_) | Outcome::Error(_)))
        });
        if left.is_empty() {
            break;
        }
    }
    let rows = cases
        .iter()
        .filter_map(|case| Some((case.about.id, came.remove(case.about.id)?)));
    Trial {
        mutant: mutant.name(),
        cases: rows.collect(),
        took: clock.now() - crate::time::Time::ZERO,
    }
}

/// What the cases miss at a platform that is right.
async fn control() -> Vec<(&'static str, Outcome)> {
    let cases: Vec<_> = case::all().collect();
    match suite(None, &cases, Options::default().jobs).await {
        Err(why) => vec![("the control", Outcome::Error(why))],
        Ok(suite) => {
            let wrong = suite.rows.into_iter().filter(|row| {
                !matches!(
                    row.outcome,
                    Outcome::Pass | Outcome::Info(_) | Outcome::Skip(_)
                )
            });
            wrong.map(|row| (row.about.id, row.outcome)).collect()
        }
    }
}
