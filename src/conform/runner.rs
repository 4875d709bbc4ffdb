//! Tries the cases, several at a time.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::case::{Case, Judged};
use super::doubt;
use super::probe::{Probe, Trace};
use super::target::Target;
use crate::clock::Clock;
use crate::pool::{Running, several};
use crate::summary::conformance::{Conformance, Outcome, Row};

/// How the cases are tried.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Cases at a time, at least one.
    pub jobs: usize,
    /// Whether cases are tried that may bring a target down.
    pub destructive: bool,
    /// Whether a case that missed something for what did not come is tried once more, and only believed then.
    pub doubts: bool,
    /// How many session ids are looked at where ids are to be unguessable.
    pub sids: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            jobs: 8,
            destructive: false,
            doubts: true,
            sids: 10_000,
        }
    }
}

/// Tries these cases; `running` has those under way, and `done` hears of each as it ends. Ends early when `stop` turns true: what has not ended then is in no row.
pub async fn run(
    cases: &[&'static Case],
    target: Arc<Target>,
    options: Options,
    running: &Running,
    mut stop: watch::Receiver<bool>,
    mut done: impl FnMut(&Row),
) -> Conformance {
    let clock = Clock::start();
    let base = target.base.clone();
    target.operator().allow(options.destructive);
    let mut rows = Vec::new();
    let mut interrupted = false;
    // Those that want to be alone come last, one at a time.
    for (alone, jobs) in [(false, options.jobs), (true, 1)] {
        let cases = cases.iter().copied().enumerate();
        let tasks = cases.filter(|(_, case)| case.alone == alone);
        let tasks = tasks.map(|(n, case)| {
            let target = Arc::clone(&target);
            let running = running.clone();
            async move {
                let _going = running.begin(case.about.id);
                (n, try_one(case, target, clock, options).await)
            }
        });
        let ended = several(jobs, tasks, &mut stop, |(_, row)| done(row)).await;
        rows.extend(ended.all);
        interrupted |= ended.interrupted;
        if interrupted {
            break;
        }
    }
    rows.sort_by_key(|(n, _)| *n);
    Conformance {
        name: base.clone(),
        target: base,
        embedded: false,
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        interrupted,
        took: clock.now() - crate::time::Time::ZERO,
    }
}

async fn try_one(case: &'static Case, target: Arc<Target>, clock: Clock, options: Options) -> Row {
    let begun = clock.now();
    let probe = Probe::new(Arc::clone(&target), clock, options.sids);
    let trace = probe.trace().clone();
    let lacking = case.needs.iter().find_map(|what| target.lacks(*what));
    let outcome = if let Some(lacking) = lacking {
        lacking
    } else if case.destructive && !options.destructive {
        Outcome::Skip("it may bring the target down; --destructive tries it".to_owned())
    } else {
        let first = carry_out(case, probe).await;
        if first.is_silent() && options.doubts {
            again(case, &target, clock, options, first, &trace).await
        } else {
            first
        }
    };
    Row {
        about: case.about,
        outcome: outcome.at(case.about.level),
        trace: trace.told(),
        took: clock.now() - begun,
    }
}

/// What comes of a case that missed something for what did not come.
async fn again(
    case: &'static Case,
    target: &Arc<Target>,
    clock: Clock,
    options: Options,
    first: Outcome,
    trace: &Trace,
) -> Outcome {
    if let Some(judged) = doubt::judged(&first, &doubt::way(target).await) {
        return judged;
    }
    trace.note("(something did not come: the case is tried once more)");
    let probe = Probe::new(Arc::clone(target), clock, options.sids).tracing(trace);
    doubt::both(&first, carry_out(case, probe).await)
}

/// The case in a task of its own: whatever it does, the others go on.
async fn carry_out(case: &'static Case, probe: Probe) -> Outcome {
    let mut task = JoinSet::new();
    let healing = probe.clone();
    task.spawn((case.run)(probe));
    let outcome = ended(case, &mut task).await;
    // Whatever the case was about to do, from here on nobody ends the target any more.
    task.shutdown().await;
    match healing.heal().await {
        // Those behind it will find no target; that it was lost here is to be seen here.
        Err(why) if outcome == Outcome::Pass => why,
        _ => outcome,
    }
}

async fn ended(case: &Case, task: &mut JoinSet<Judged>) -> Outcome {
    match tokio::time::timeout(case.timeout, task.join_next()).await {
        Ok(Some(Ok(Ok(outcome) | Err(outcome)))) => outcome,
        Ok(Some(Err(error))) => Outcome::Error(match error.try_into_panic() {
            Ok(payload) => format!("the case panicked: {}", words(&*payload)),
            Err(error) => format!("the case ended: {error}"),
        }),
        Ok(None) => Outcome::Error("the case did not begin".to_owned()),
        Err(_) => Outcome::Unknown(format!("not over after {}", seconds(case.timeout))),
    }
}

fn seconds(span: Duration) -> String {
    format!("{} s", span.as_secs_f64())
}

/// What a panic says.
fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::case::Capability::Polling;
    use crate::conform::case::missed;
    use crate::summary::conformance::Level;

    static CASES: [Case; 5] = [
        Case::new("T-00", Level::Must, "It panics.", "test", |_| {
            Box::pin(async { panic!("on purpose") })
        }),
        Case::new("T-01", Level::Must, "It never ends.", "test", |_| {
            Box::pin(std::future::pending())
        })
        .within(Duration::from_millis(20)),
        Case::new(
            "T-02",
            Level::Must,
            "It needs what is not there.",
            "test",
            |_| Box::pin(async { Ok(Outcome::Pass) }),
        )
        .needing(&[Polling]),
        Case::new(
            "T-03",
            Level::Should,
            "It misses something.",
            "test",
            |_| Box::pin(async { Err(missed("a", "b")) }),
        )
        .alone(),
        Case::new("T-04", Level::Must, "It is kept.", "test", |_| {
            Box::pin(async { Ok(Outcome::Pass) })
        }),
    ];

    async fn all(jobs: usize, stopped: bool) -> Conformance {
        let cases: Vec<_> = CASES.iter().collect();
        let options = Options {
            jobs,
            ..Options::default()
        };
        let (_stop, stop) = watch::channel(stopped);
        run(
            &cases,
            Arc::new(Target::without_transports()),
            options,
            &Running::default(),
            stop,
            |_| {},
        )
        .await
    }

    #[tokio::test]
    async fn what_a_case_does_is_no_matter_of_the_others() {
        for jobs in [1, 8] {
            let suite = all(jobs, false).await;
            let outcomes: Vec<_> = suite.rows.iter().map(|row| row.outcome.name()).collect();
            assert_eq!(outcomes, ["error", "unknown", "skip", "non-strict", "pass"]);
            let detail = |n: usize| suite.rows[n].outcome.detail();
            assert_eq!(detail(0), "the case panicked: on purpose");
            assert_eq!(detail(1), "not over after 0.02 s");
            assert_eq!(detail(2), "the target has no long-polling");
        }
    }

    #[tokio::test]
    async fn what_had_not_ended_at_an_interrupt_is_in_no_row() {
        let suite = all(1, true).await;
        assert!(suite.interrupted);
        assert!(suite.rows.len() < CASES.len());
    }
}
