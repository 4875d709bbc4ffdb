//! `pushproof selftest`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use tokio::sync::watch;

use super::files::{self, Output};
use super::runtime;
use super::seed::draw_seed;
use super::signals::interrupts;
use crate::platform::Fault;
use crate::report::selftest;
use crate::selftest::{self as proof, Options};
use crate::summary::Verdict;
use crate::summary::proof::SelfTest;
use crate::summary::verdict::{EXIT_FAIL, EXIT_INTERRUPTED, EXIT_UNKNOWN};

/// Trials at a time: they wait more than they work.
const JOBS: usize = 2;
const QUICK_JOBS: usize = 8;

/// Prove the verifier: inject each fault into the embedded platform, and show that it is found as often as it was done.
#[derive(Debug, Args)]
pub(super) struct SelfTestArgs {
    /// Each fault once, in under half a minute, in place of every rate with and without churn.
    #[arg(long)]
    quick: bool,
    /// Only these faults, as drop,duplicate; `pushproof serve --fault-list` has them all.
    #[arg(long, value_name = "FAULTS", value_delimiter = ',')]
    only: Vec<Fault>,
    /// Trials at a time [default: 2, with --quick 8].
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Decides every random choice; drawn and printed if left out.
    #[arg(long, value_name = "N", env = "PUSHPROOF_SEED")]
    seed: Option<u64>,
    /// Write the table as JSON to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JSON")]
    json: Option<PathBuf>,
    /// Print no progress; the table only if the verifier does not pass.
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &SelfTestArgs) -> anyhow::Result<ExitCode> {
    if args.jobs == Some(0) {
        bail!("--jobs: with none at a time nothing is ever tried; ask for at least 1");
    }
    let json = Output::open_json(args.json.as_deref())?;
    files::raise_limit();
    let seed = match args.seed {
        Some(seed) => seed,
        None => draw_seed()?,
    };
    let options = Options {
        quick: args.quick,
        only: args.only.clone(),
        seed,
        jobs: args
            .jobs
            .unwrap_or(if args.quick { QUICK_JOBS } else { JOBS }),
    };
    let test = runtime()?.block_on(carry_out(&options, args.quiet))?;
    let verdict = test.verdict();
    if !args.quiet || verdict != Verdict::Pass {
        let table = selftest::text(&test);
        if json.as_ref().is_some_and(Output::is_stdout) {
            files::say_all(&table);
        } else {
            files::print(&table)?;
        }
    }
    if let Some(json) = json {
        json.write(&selftest::json(&test))?;
    }
    Ok(ExitCode::from(match verdict {
        _ if test.interrupted => EXIT_INTERRUPTED,
        Verdict::Pass => 0,
        Verdict::Fail => EXIT_FAIL,
        Verdict::Unknown => EXIT_UNKNOWN,
    }))
}

async fn carry_out(options: &Options, quiet: bool) -> anyhow::Result<SelfTest> {
    let mut interrupts = interrupts("interrupted: no more trials; the table of those that ended.")?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        if interrupts.recv().await.is_some() {
            stop.send_replace(true);
        }
        // Whoever waits for the order to stop goes on waiting.
        std::future::pending::<()>().await;
    });
    if !quiet {
        files::say(&format!("pushproof selftest: seed {}", options.seed));
    }
    let mut ended = 0;
    let test = proof::run(options, stopped, |row, of| {
        ended += 1;
        if !quiet {
            files::say(&format!("[{ended}/{of}]{}", selftest::line(row)));
        }
    });
    Ok(test.await)
}
