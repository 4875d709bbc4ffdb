//! `pushproof selftest`.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::bail;
use clap::Args;

use super::files::{self, Output};
use super::runtime;
use super::seed::draw_seed;
use super::signals::stopped;
use super::status::Counting;
use crate::pool::Running;
use crate::report::{mutation, selftest};
use crate::selftest::mutation::{Mutations, mutations};
use crate::selftest::{self as proof, Options};
use crate::summary::Verdict;
use crate::summary::proof::{SelfTest, Standing};
use crate::summary::verdict::{EXIT_FAIL, EXIT_INTERRUPTED, EXIT_UNKNOWN, EXIT_USAGE};

/// Trials at a time: they wait more than they work.
const JOBS: usize = 2;
const QUICK_JOBS: usize = 8;

/// Said at the first interrupt.
const STOPPED: &str = "interrupted: no more trials; the table of those that ended.";

/// Prove the verifier: inject each fault into the embedded platform, and show that it is found as often as it was done.
#[derive(Debug, Args)]
pub(super) struct SelfTestArgs {
    /// Each fault once, in under half a minute, in place of every rate with and without churn.
    #[arg(long)]
    quick: bool,
    /// Prove the conformance suite instead: try it with each server that is known to be bad, and show that the cases that name it tell.
    #[arg(long, conflicts_with_all = ["quick", "seed"])]
    conformance: bool,
    /// Only these faults, as drop,duplicate; `pushproof serve --fault-list` has them all. With --conformance only these mutants, as
    /// two-connects; docs/conformance.md has them all.
    #[arg(long, value_name = "FAULTS", value_delimiter = ',')]
    only: Vec<String>,
    /// Trials at a time [default: 2, with --quick or --conformance 8].
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
    if args.conformance {
        return conformance(args);
    }
    let only = match named(&args.only) {
        Ok(only) => only,
        Err(told) => return Ok(refuse(&told)),
    };
    let json = Output::open_json(args.json.as_deref())?;
    files::raise_limit();
    let seed = match args.seed {
        Some(seed) => seed,
        None => draw_seed()?,
    };
    let options = Options {
        quick: args.quick,
        only,
        seed,
        jobs: args
            .jobs
            .unwrap_or(if args.quick { QUICK_JOBS } else { JOBS }),
        running: Running::default(),
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
    Ok(ends(verdict, test.interrupted))
}

/// The faults or mutants of these names, or what is wrong with one of them.
fn named<T: FromStr<Err: Display>>(only: &[String]) -> Result<Vec<T>, String> {
    let read = only.iter().map(|name| name.parse());
    read.collect::<Result<_, T::Err>>()
        .map_err(|error| format!("--only: {error}"))
}

fn refuse(told: &str) -> ExitCode {
    files::say(&format!("error: {told}"));
    ExitCode::from(EXIT_USAGE)
}

/// Proves the conformance suite.
fn conformance(args: &SelfTestArgs) -> anyhow::Result<ExitCode> {
    let options = Mutations {
        only: match named(&args.only) {
            Ok(only) => only,
            Err(told) => return Ok(refuse(&told)),
        },
        jobs: args.jobs.unwrap_or(QUICK_JOBS),
        running: Running::default(),
    };
    let json = Output::open_json(args.json.as_deref())?;
    files::raise_limit();
    let mutation = runtime()?.block_on(async {
        let stopped = stopped(STOPPED)?;
        let mut ended = 0;
        let line = Counting::start(!args.quiet, "mutants", 0, &options.running);
        let tried = mutations(&options, stopped, |trial, of| {
            ended += 1;
            line.ended(if trial.is_killed() { "killed" } else { "LIVE" }, of);
            if !args.quiet {
                files::say(&format!("[{ended}/{of}]{}", mutation::line(trial)));
            }
        });
        let tried = tried.await;
        line.stop().await;
        anyhow::Ok(tried)
    })?;
    let verdict = mutation.verdict();
    if !args.quiet || verdict != Verdict::Pass {
        let text = mutation::text(&mutation);
        if json.as_ref().is_some_and(Output::is_stdout) {
            files::say_all(&text);
        } else {
            files::print(&text)?;
        }
    }
    if let Some(json) = json {
        json.write(&mutation::json(&mutation))?;
    }
    Ok(ends(verdict, mutation.interrupted))
}

fn ends(verdict: Verdict, interrupted: bool) -> ExitCode {
    ExitCode::from(match verdict {
        _ if interrupted => EXIT_INTERRUPTED,
        Verdict::Pass => 0,
        Verdict::Fail => EXIT_FAIL,
        Verdict::Unknown => EXIT_UNKNOWN,
    })
}

/// What a trial came to, in a word.
fn word(standing: &Standing) -> &'static str {
    match standing {
        Standing::Exact => "exact",
        Standing::Wrong(_) => "WRONG",
        Standing::Unknown(_) => "unknown",
    }
}

async fn carry_out(options: &Options, quiet: bool) -> anyhow::Result<SelfTest> {
    let stopped = stopped(STOPPED)?;
    if !quiet {
        files::say(&format!("pushproof selftest: seed {}", options.seed));
    }
    let mut ended = 0;
    let line = Counting::start(!quiet, "trials", 0, &options.running);
    let test = proof::run(options, stopped, |row, of| {
        ended += 1;
        line.ended(word(&row.standing), of);
        if !quiet {
            files::say(&format!("[{ended}/{of}]{}", selftest::line(row)));
        }
    });
    let test = test.await;
    line.stop().await;
    Ok(test)
}
