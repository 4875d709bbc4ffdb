//! `pushproof watch`: a run that goes on elsewhere.

mod elsewhere;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::sync::watch;

use self::elsewhere::Elsewhere;
use super::files;
use super::signals::interrupts;
use super::terminal::show_progress;
use crate::summary::Snapshot;
use crate::summary::verdict::{EXIT_INTERRUPTED, EXIT_USAGE};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Show a run that goes on elsewhere, from the address of its metrics.
///
/// The run has to be of the same version of pushproof, and be started with --metrics. It ends when the run does; the exit code is 0 if the run
/// was seen to its end, whatever it came to, and 2 if it was not there, or could not be reached any more.
#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// Where the metrics of the run are, as `http://127.0.0.1:9464` or `127.0.0.1:9464`.
    address: String,
    /// A line every second, not every other.
    #[arg(short, long)]
    verbose: bool,
}

pub(super) fn run(args: &WatchArgs) -> anyhow::Result<ExitCode> {
    let from = Elsewhere::at(&args.address)?;
    super::runtime()?.block_on(carry_out(args, from))
}

async fn carry_out(args: &WatchArgs, mut from: Elsewhere) -> anyhow::Result<ExitCode> {
    let mut interrupted = interrupts("no longer watching; the run goes on")?;
    let mut first = from.next().await?;
    // It listens a moment before there is a run to tell of.
    while first.about.started_at_unix_ms == 0 {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = interrupted.recv() => return Ok(ExitCode::from(EXIT_INTERRUPTED)),
        }
        first = from.next().await?;
    }
    announce(&first);
    let (watcher, snapshots) = watch::channel(Snapshot::default());
    let lines = tokio::spawn(show_progress(snapshots, args.verbose));
    watcher.send_replace(first);
    let ended = loop {
        if let Some(ended) = watcher.borrow().ended.clone() {
            break Ok(ended);
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = interrupted.recv() => return Ok(ExitCode::from(EXIT_INTERRUPTED)),
        }
        match from.next().await {
            Ok(snapshot) => watcher.send_replace(snapshot),
            Err(error) => break Err(error),
        };
    };
    drop(watcher);
    lines.await.ok();
    match ended {
        Ok(judgement) => {
            let code = judgement.exit_code;
            files::say(&format!("{}, exit code {code}", judgement.verdict.name()));
            for reason in &judgement.reasons {
                files::say(&format!("  {reason}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        // Who serves metrics ends with the run: the last look comes too late more often than not.
        Err(error) => {
            files::say(&format!(
                "the run is over, or cannot be reached any more: {error:#}"
            ));
            Ok(ExitCode::from(EXIT_USAGE))
        }
    }
}

fn announce(snapshot: &Snapshot) {
    let about = &snapshot.about;
    files::say(&format!(
        "pushproof: {} against {} (seed {}), elsewhere",
        about.scenario, about.target.url, about.seed
    ));
}
