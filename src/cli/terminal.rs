//! What a command shows whoever started it.

use std::io::IsTerminal as _;
use std::time::Duration;

use tokio::sync::watch;

use super::files;
use super::outputs::Outputs;
use crate::report::json::form::Report;
use crate::report::{json, progress, text};
use crate::scenario::units::Span;
use crate::scenario::{Closed, Plan};
use crate::summary::opinion::Opinions;
use crate::summary::{Snapshot, Summary, Target};

/// Between progress lines.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// Says what is about to happen.
pub(super) fn announce(plan: &Plan, target: &Target) {
    let what = if target.embedded {
        "the embedded platform"
    } else {
        &target.url
    };
    let lasts = Span(plan.duration);
    let pushes = match plan.closed {
        Some(Closed { count: Some(n) }) => format!("{n} pushes in a closed loop"),
        Some(Closed { count: None }) => format!("pushes in a closed loop for {lasts}"),
        None if plan.stages.is_empty() => format!("{} pushes/s for {lasts}", plan.rate),
        None => format!("{:.1} pushes/s on average for {lasts}", plan.rate),
    };
    files::say(&format!(
        "pushproof: {} users × {} sockets, {pushes} in {} lanes, against {what} (seed {})",
        plan.users, plan.sockets_per_user, plan.lanes, plan.seed
    ));
    if let Some(faults) = &plan.faults {
        let (rates, seed) = (&faults.rates, faults.seed);
        files::say(&format!(
            "the platform is told to misbehave: {rates} (fault seed {seed})"
        ));
    }
    if plan.platform_nodes > 1 {
        files::say(&format!("the platform is {} nodes", plan.platform_nodes));
    }
    let limits = plan.limits;
    let limits = [
        limits.deliveries_per_s.map(|n| format!("{n} deliveries/s")),
        limits.sockets.map(|n| format!("{n} sockets")),
    ];
    let limits: Vec<_> = limits.into_iter().flatten().collect();
    if !limits.is_empty() {
        files::say(&format!("the platform is limited to {}", limits.join(", ")));
    }
}

/// Progress lines.
#[derive(Debug)]
pub(super) struct Lines {
    /// One for every second, not every other.
    verbose: bool,
    /// Which moment of the run was told of last.
    shown: Duration,
}

impl Lines {
    pub(super) fn new(verbose: bool) -> Self {
        Self {
            verbose,
            shown: Duration::ZERO,
        }
    }

    /// Tells of a snapshot, if it is time.
    pub(super) fn tell(&mut self, snapshot: &Snapshot) {
        // What it came to stands in the summary.
        if snapshot.ended.is_some() {
            return;
        }
        let since = snapshot.elapsed.saturating_sub(self.shown);
        // Snapshots come once a second, give or take a few milliseconds.
        if self.verbose || since + Duration::from_millis(500) > PROGRESS_EVERY {
            self.shown = snapshot.elapsed;
            files::say(&progress::line(snapshot));
        }
    }
}

/// Progress lines until the run is over.
pub(super) async fn show_progress(mut snapshots: watch::Receiver<Snapshot>, verbose: bool) {
    let mut lines = Lines::new(verbose);
    while snapshots.changed().await.is_ok() {
        let snapshot = snapshots.borrow_and_update().clone();
        lines.tell(&snapshot);
    }
}

/// Writes the reports and gives the exit code. `second`: what a second driver made of it. `quiet`: the summary only of what does not pass.
pub(super) fn report(
    quiet: bool,
    reports: Outputs,
    summary: &Summary,
    second: Option<&Summary>,
) -> anyhow::Result<u8> {
    let first = summary;
    let to_stdout = reports.take_stdout();
    let both = second.map(|second| Opinions { first, second });
    let made = both.map_or_else(|| json::report(summary), |both| json::report_both(&both));
    // Before anything is printed: whoever should read that may be gone, or take nothing.
    let written = reports.write(&made);
    if !quiet || made.exit_code != 0 {
        if to_stdout {
            let colour = colour(std::io::stderr().is_terminal());
            files::say_all(&text::render(&made, colour));
        } else {
            print(&made)?;
        }
    }
    written?;
    Ok(made.exit_code)
}

/// Prints what a run came to.
pub(super) fn print(made: &Report) -> anyhow::Result<()> {
    let colour = colour(std::io::stdout().is_terminal());
    files::print(&text::render(made, colour))
}

/// Colour is for terminals that know it, of people who want it (`NO_COLOR` set to anything but nothing says no).
pub(super) fn colour(terminal: bool) -> text::Colour {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    if terminal && !unwanted && !dumb {
        text::Colour::On
    } else {
        text::Colour::Off
    }
}
