//! `pushproof conform`.

mod expectations;
mod operated;
mod outputs;
mod suite;
mod targets;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use clap::{Args, ValueEnum};

use self::expectations::Expectations;
use self::outputs::Outputs;
use self::suite::Suite;
use self::targets::Named;
use super::access::{self, TlsArgs};
use super::files;
use super::runtime;
use super::screen::TuiArgs;
use super::seed::draw_seed;
use crate::conform::Options;
use crate::conform::select::Selection;
use crate::report::conformance as report;
use crate::report::conformance::matrix;
use crate::scenario::Plan;
use crate::summary::Verdict;
use crate::summary::conformance::Level;
use crate::summary::verdict::{EXIT_FAIL, EXIT_INTERRUPTED, EXIT_UNKNOWN, EXIT_USAGE};

/// Try a target's Engine.IO and Socket.IO rule by rule; with no target, the embedded platform's.
///
/// A case that a target must keep fails the command if it is missed; one that it should keep is a warning. `docs/conformance.md` has all
/// of them.
#[derive(Debug, Args)]
pub(super) struct ConformArgs {
    /// The target: its base URL, a scenario file (x.toml) that says how it is reached, or `embedded`; several make a table. Left out, the
    /// scenario's, or else the embedded platform is started.
    #[arg(long = "target", value_name = "URL|FILE", env = "PUSHPROOF_TARGET")]
    targets: Vec<String>,
    #[command(flatten)]
    tls: TlsArgs,
    /// A scenario whose [target] says how the target is reached.
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Set any key of the scenario, as target.path=/live/; repeatable.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Only these topics and cases, as HS or HS-03,HS-04.
    #[arg(long, value_name = "TOPICS", value_delimiter = ',')]
    only: Vec<String>,
    /// None of these topics and cases.
    #[arg(long, value_name = "TOPICS", value_delimiter = ',')]
    skip: Vec<String>,
    /// Only this case, as HS-03; repeatable.
    #[arg(long = "case", value_name = "ID", value_delimiter = ',')]
    cases: Vec<String>,
    /// Only what a target must keep, or what it must or should.
    #[arg(long, value_enum, ignore_case = true, default_value_t = Least::May)]
    level: Least,
    /// Try cases as well that may bring the target down.
    #[arg(long)]
    destructive: bool,
    /// Cases at a time.
    #[arg(long, value_name = "N", default_value_t = Options::default().jobs)]
    jobs: usize,
    /// Print the cases without trying them, and end.
    #[arg(long)]
    list: bool,
    /// Write the report as JSON to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JSON")]
    json: Option<PathBuf>,
    /// Write the report as `JUnit` XML to this file; - for standard output.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the report as a page to this file; - for standard output.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write a table for a README, in Markdown, to this file; - for standard output.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// What is expected of the target, case by case: every change is a failure, an unexpected pass too, and what was expected to fail is none.
    /// One for each target.
    #[arg(long, value_name = "FILE")]
    expect: Vec<PathBuf>,
    /// Write what came to this file, for --expect later; reasons that stand there are kept where they still fit. One for each target.
    #[arg(long, value_name = "FILE")]
    write_expected: Vec<PathBuf>,
    #[command(flatten)]
    tui: TuiArgs,
    /// Print what is said to and by the target, below each case.
    #[arg(short, long)]
    verbose: bool,
}

/// How binding a case has to be.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Least {
    /// What a target must keep.
    Must,
    /// What it must, and what it should.
    Should,
    /// All cases.
    May,
}

impl From<Least> for Level {
    fn from(least: Least) -> Self {
        match least {
            Least::Must => Self::Must,
            Least::Should => Self::Should,
            Least::May => Self::May,
        }
    }
}

impl ConformArgs {
    fn selection(&self) -> Selection {
        Selection {
            only: self.only.iter().chain(&self.cases).cloned().collect(),
            skip: self.skip.clone(),
            level: Some(self.level.into()),
        }
    }
}

/// A target with its plan.
struct Planned {
    named: Named,
    plan: Arc<Plan>,
}

pub(super) fn run(args: &ConformArgs) -> anyhow::Result<ExitCode> {
    let usage = |told: &str| {
        files::say_all(told);
        Ok(ExitCode::from(EXIT_USAGE))
    };
    let cases = match args.selection().cases() {
        Ok(cases) => cases,
        Err(error) => return usage(&format!("error: {error}\n")),
    };
    if args.list {
        let about: Vec<_> = cases.iter().map(|case| case.about).collect();
        files::print(&report::list(&about))?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.jobs == 0 {
        bail!("--jobs: with none at a time nothing is ever tried; ask for at least 1");
    }
    let named = match Named::all(args) {
        Ok(named) => named,
        Err(told) => return usage(&told),
    };
    let seed = draw_seed()?;
    let mut planned = Vec::new();
    for named in named {
        match named.plan(args, seed)? {
            Ok(plan) => planned.push(Planned {
                named,
                plan: Arc::new(plan),
            }),
            Err(told) => return usage(&told),
        }
    }
    let expectations = match Expectations::read(args, planned.len()) {
        Ok(expectations) => expectations,
        Err(told) => return usage(&told),
    };
    let outputs = Outputs::open(args)?;
    files::raise_limit();
    for one in &planned {
        access::announce(&one.plan);
    }
    // What people read makes way for what programs do.
    let show = |text: &str| {
        if outputs.take_stdout() {
            files::say_all(text);
            Ok(())
        } else {
            files::print(text)
        }
    };
    let tui = args.tui.wanted(!outputs.take_stdout())?;
    let suite = Suite {
        args,
        cases: &cases,
        planned: &planned,
        expectations: &expectations,
        tui,
        show: &show,
    };
    let suites = runtime()?.block_on(suite.carry_out())?;
    let mut verdicts = Vec::new();
    for (n, (one, suite)) in planned.iter().zip(&suites).enumerate() {
        let Some(suite) = suite else {
            verdicts.push(Verdict::Unknown);
            continue;
        };
        let again = one.named.again(args, &one.plan);
        show(&report::text(suite, &again, args.verbose))?;
        verdicts.push(match expectations.changes(n, suite) {
            None => suite.verdict(),
            Some((verdict, told)) => {
                show(&told)?;
                verdict
            }
        });
        expectations.write(n, suite)?;
    }
    let there: Vec<_> = suites.into_iter().flatten().collect();
    if planned.len() > 1 {
        show(&format!("\n{}", matrix::text(&there, args.verbose)))?;
    }
    if !there.is_empty() {
        outputs.write(&there, planned.len() > 1)?;
    }
    let of = |verdict| verdicts.contains(&verdict);
    Ok(ExitCode::from(
        if there.iter().any(|suite| suite.interrupted) {
            EXIT_INTERRUPTED
        } else if of(Verdict::Fail) {
            EXIT_FAIL
        } else if of(Verdict::Unknown) || verdicts.is_empty() {
            EXIT_UNKNOWN
        } else {
            0
        },
    ))
}
