//! The search, carried out and shown while it goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::super::access;
use super::super::files;
use super::super::shown::{Shown, Voice, Wanted};
use super::super::signals::interrupts_and_keys;
use super::{CapacityArgs, Reports, announce};
use crate::capacity::Search;
use crate::climb::{self, Means, Told};
use crate::dashboard::list::climb::{CAME_TO, Climb, Now, STEPS, item};
use crate::dashboard::list::{About, State, Tried};
use crate::report::capacity as report;
use crate::report::progress;
use crate::summary::Snapshot;

/// How far the search is. Its lock is never held while anything is drawn.
#[derive(Clone)]
struct Climbing {
    now: Arc<Mutex<Inner>>,
}

struct Inner {
    tried: Tried,
    search: Arc<Search>,
    step: Option<Step>,
}

/// A step under way.
struct Step {
    number: usize,
    load: f64,
    snapshots: watch::Receiver<Snapshot>,
}

impl Climbing {
    fn of(search: &Search) -> Self {
        let steps = search.steps.iter().enumerate();
        let ended = steps.map(|(n, step)| Arc::new(item(search, n + 1, step)));
        let tried = Tried {
            about: about(search).into(),
            phase: "resting",
            ended: Arc::new(ended.collect()),
            ..Tried::default()
        };
        let inner = Inner {
            tried,
            search: search.clone().into(),
            step: None,
        };
        Self {
            now: Arc::new(Mutex::new(inner)),
        }
    }

    fn now(&self) -> MutexGuard<'_, Inner> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begins(&self, step: Step) {
        self.now().step = Some(step);
    }

    fn ended(&self, search: &Search) {
        let mut now = self.now();
        now.step = None;
        now.search = search.clone().into();
        if let Some(step) = search.steps.last() {
            let item = item(search, search.steps.len(), step);
            Arc::make_mut(&mut now.tried.ended).push(item.into());
        }
    }

    /// How it stands after so much time.
    fn look(&self, elapsed: Duration) -> Tried {
        let now = self.now();
        let step = now.step.as_ref().map(|step| Now {
            number: step.number,
            load: step.load,
            run: step.snapshots.borrow().clone(),
        });
        Tried {
            elapsed,
            climb: Some(Climb {
                search: Arc::clone(&now.search),
                now: step,
            }),
            ..now.tried.clone()
        }
    }
}

fn about(search: &Search) -> About {
    let settings = &search.settings;
    let target = if search.target.embedded {
        "the embedded platform".to_owned()
    } else {
        search.target.url.clone()
    };
    let slo = search.plan.thresholds.iter();
    let slo: Vec<_> = slo.map(ToString::to_string).collect();
    let mut facts = vec![format!("by {}", settings.vary.name())];
    facts.extend((!slo.is_empty()).then(|| slo.join("; ")));
    facts.push(format!("seed {}", search.plan.seed));
    About {
        command: "capacity",
        target,
        facts: facts.join(", "),
        called: ("step", "steps"),
        columns: STEPS,
        words: CAME_TO,
        held_against: String::new(),
    }
}

/// How the step under way goes, in a line.
fn line(tried: &Tried) -> String {
    let now = tried.climb.as_ref().and_then(|climb| {
        let now = climb.now.as_ref()?;
        Some((climb.search.settings.vary, now))
    });
    let Some((vary, now)) = now else {
        return String::new();
    };
    let left = now.run.phase_left.map_or_else(String::new, |left| {
        format!(", {:.0} s left", left.as_secs_f64())
    });
    let (number, load) = (now.number, report::load(vary, now.load));
    let told = progress::line(&now.run);
    format!("[{number}] {load}: {}{left}", told.trim_start())
}

/// Searches, keeps the reports as they grow, and shows how it goes.
pub(super) async fn carry_out(
    args: &CapacityArgs,
    search: Search,
    reports: &mut Reports,
) -> anyhow::Result<Search> {
    let tui = !args.quiet && args.tui.wanted(!reports.has_stdout())?;
    let (key, interrupts) = interrupts_and_keys(
        "interrupted: no more steps; the one under way settles, then the report.",
    )?;
    let voice = Voice {
        verbose: args.verbose,
        tui,
    };
    let means = Means {
        interrupts,
        target_pid: args.target_pid,
        says: Box::new(move || voice.says()),
    };
    if !args.quiet {
        announce(&search);
    }
    access::announce(&search.plan);
    let vary = search.settings.vary;
    let climbing = Climbing::of(&search);
    let looked_at = climbing.clone();
    let shown = Shown::start(
        Wanted::of(tui, args.quiet),
        State::default(),
        move |elapsed| looked_at.look(elapsed),
        line,
        // It has been told already if there is no room.
        move || {
            key.try_send(()).ok();
        },
    );
    let tell = |text: &str| {
        if !args.quiet {
            shown.tell_people(text);
        }
    };
    let mut kept = true;
    let search = climb::run(search, means, |told| match told {
        Told::Begins {
            steps,
            load,
            snapshots,
        } => {
            let number = steps + 1;
            tell(&format!("[{number}] {} …\n", report::load(vary, load)));
            climbing.begins(Step {
                number,
                load,
                snapshots,
            });
        }
        Told::Ended(search) => {
            if let Some(step) = search.steps.last() {
                tell(&format!("{}\n", report::line(search, step)));
                for why in step.broke.iter().map(|b| &b.detail).chain(&step.unclear) {
                    tell(&format!("    {why}\n"));
                }
            }
            climbing.ended(search);
            // Told at once, and once: the search goes on, and the end is written all the same, if it can be by then.
            if kept && let Err(error) = reports.so_far(search) {
                files::say(&format!("error: {error:#}"));
                kept = false;
            }
        }
    });
    let search = search.await;
    files::say_all(&shown.stop().await);
    Ok(search)
}
