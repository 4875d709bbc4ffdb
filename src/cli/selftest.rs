//! `pushproof selftest`.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::bail;
use clap::Args;

use super::files::{self, Output};
use super::runtime;
use super::screen::TuiArgs;
use super::seed::draw_seed;
use super::shown::Wanted;
use super::signals::stopped;
use super::trying::Trying;
use crate::dashboard::list::{About, Item, items};
use crate::platform::Fault;
use crate::pool::Running;
use crate::report::{mutation, selftest};
use crate::selftest::mutation::{Mutations, mutations};
use crate::selftest::{self as proof, Options};
use crate::summary::Verdict;
use crate::summary::mutation::Mutation;
use crate::summary::proof::SelfTest;
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
    #[command(flatten)]
    tui: TuiArgs,
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
    let wanted = wanted(args, json.as_ref())?;
    let test = runtime()?.block_on(carry_out(&options, wanted))?;
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
    let wanted = wanted(args, json.as_ref())?;
    let mutation = runtime()?.block_on(carry_out_mutations(&options, wanted))?;
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

/// What is to be shown.
fn wanted(args: &SelfTestArgs, json: Option<&Output>) -> anyhow::Result<Wanted> {
    let to_stdout = json.is_some_and(Output::is_stdout);
    let tui = !args.quiet && args.tui.wanted(!to_stdout)?;
    Ok(Wanted::of(tui, args.quiet))
}

async fn carry_out(options: &Options, wanted: Wanted) -> anyhow::Result<SelfTest> {
    let (stop, stopped) = stopped(STOPPED)?;
    let quiet = wanted == Wanted::Nothing;
    if !quiet {
        files::say(&format!("pushproof selftest: seed {}", options.seed));
    }
    let trying = Trying::new(&options.running, fault);
    let about = About {
        command: "selftest",
        target: "embedded platforms that misbehave".to_owned(),
        facts: format!("{} at a time, seed {}", options.jobs, options.seed),
        called: ("trial", "trials"),
        columns: items::TRIALS,
        words: items::STANDINGS,
        ..About::default()
    };
    trying.begin(about, None, "trying");
    let shown = trying.show(wanted, stop);
    let mut ended = 0;
    let test = proof::run(options, stopped, |row, of| {
        ended += 1;
        let mut item = Item::from(row);
        if let Some(name) = row.fault {
            item.details.insert(1, ("which is", fault(name).to_owned()));
        }
        trying.ended(item, of);
        if !quiet {
            shown.tell_people(&format!("[{ended}/{of}]{}\n", selftest::line(row)));
        }
    });
    let test = test.await;
    files::say_all(&shown.stop().await);
    Ok(test)
}

async fn carry_out_mutations(options: &Mutations, wanted: Wanted) -> anyhow::Result<Mutation> {
    let (stop, stopped) = stopped(STOPPED)?;
    let trying = Trying::new(&options.running, |_| "");
    let about = About {
        command: "selftest --conformance",
        target: "embedded platforms that break the protocol".to_owned(),
        facts: format!("{} at a time", options.jobs),
        called: ("mutant", "mutants"),
        columns: items::MUTANTS,
        words: items::LIVES,
        ..About::default()
    };
    trying.begin(about, None, "trying");
    let shown = trying.show(wanted, stop);
    let mut ended = 0;
    let tried = mutations(options, stopped, |trial, of| {
        ended += 1;
        trying.ended(Item::from(trial), of);
        if ended == of {
            // What is left is a server that is right, at which nothing may be found.
            trying.goes_on("control");
        }
        if wanted != Wanted::Nothing {
            shown.tell_people(&format!("[{ended}/{of}]{}\n", mutation::line(trial)));
        }
    });
    let tried = tried.await;
    files::say_all(&shown.stop().await);
    Ok(tried)
}

/// What a fault of this name does.
fn fault(name: &str) -> &'static str {
    let found = Fault::all().find(|fault| fault.name() == name);
    found.map_or(
        "nothing is wrong, and nothing may be found",
        Fault::sentence,
    )
}
