//! `pushproof watch`: a run that goes on elsewhere, or one that is over, on the dashboard.

mod elsewhere;
mod replayed;
mod saved;
mod shown;
mod source;
mod speed;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use self::shown::{Left, Shown};
use self::source::Source;
use self::speed::Speed;
use super::files;
use super::screen::TuiArgs;
use super::signals::quiet_interrupts;
use crate::summary::live::About;
use crate::summary::verdict::Judgement;

/// Show a run on the dashboard: one that goes on elsewhere, or one that is over.
///
/// A file is a journal, which is judged again while it is shown, or a report, which stands at the run's end. Anything else is the address at
/// which a run elsewhere, of the same version of pushproof, serves its metrics. What is watched is not steered. Without a terminal there are
/// lines, and of a file the summary.
///
/// The exit code is 0 if the run was seen to its end or left with q, whatever it came to; 130 if Ctrl-C came before its end; 2 if there is
/// nothing to be seen, a run elsewhere can be reached no more, or a journal comes to anything else than its run said.
#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// The file that `run --journal` or `run --json` wrote; or where the metrics of a run are (--metrics), as `http://127.0.0.1:9464` or
    /// `127.0.0.1:9464`.
    #[arg(value_name = "FILE|ADDRESS")]
    what: OsString,
    /// Go through a file so many times as fast as the run went, 0.01 to 10000, or max: as fast as can be. A journal is gone through at 1 if
    /// nothing is said, a report only if something is.
    #[arg(long, value_name = "TIMES")]
    speed: Option<Speed>,
    #[command(flatten)]
    tui: TuiArgs,
    /// Without the dashboard: a line every second, not every other.
    #[arg(short, long)]
    verbose: bool,
}

pub(super) fn run(args: &WatchArgs) -> anyhow::Result<ExitCode> {
    let source = Source::of(&args.what)?;
    if args.speed.is_some() && matches!(source, Source::Elsewhere(_)) {
        bail!("--speed: a run that goes on elsewhere goes at its own; it is for files");
    }
    let tui = args.tui.wanted(true)?;
    let verbose = args.verbose;
    super::runtime()?.block_on(async {
        // Nothing is said before an interrupt is heard.
        let interrupted = quiet_interrupts()?;
        let start = |interrupted| Shown::start(tui, verbose, interrupted);
        match source {
            Source::Elsewhere(from) => elsewhere::watch(*from, interrupted, start).await,
            Source::Report(report) => {
                let shown = || start(interrupted);
                saved::watch(&args.what, &report, args.speed, shown).await
            }
            Source::Journal(file) => {
                let shown = || start(interrupted);
                let speed = args.speed.unwrap_or(Speed::Times(1.0));
                Box::pin(replayed::watch(&args.what, file, speed, shown)).await
            }
        }
    })
}

/// Says what is shown, and from where.
fn announce(about: &About, from: &str) {
    files::say(&format!(
        "pushproof: {} against {} (seed {}), {from}",
        about.scenario, about.target.url, about.seed
    ));
}

/// Whoever watched a run that is over left before its end.
fn left(left: Left) -> ExitCode {
    files::say("no longer watching");
    left.code()
}

/// Says what a run came to.
fn tell_end(judgement: &Judgement) {
    let code = judgement.exit_code;
    files::say(&format!("{}, exit code {code}", judgement.verdict.name()));
    for reason in &judgement.reasons {
        files::say(&format!("  {reason}"));
    }
}
