//! `pushproof run`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::sync::watch;

use super::files::{self, Output};
use super::load::{LoadArgs, given};
use super::runtime;
use super::seed::draw_seed;
use super::signals::interrupts;
use super::terminal::{announce, report, show_progress};
use crate::journal::{self, Journal};
use crate::platform::{FaultConfig, UserGlob};
use crate::run::embedded::Embedded;
use crate::run::{self, Order};
use crate::scenario::file::File;
use crate::scenario::plan::Faults;
use crate::scenario::units::Span;
use crate::scenario::{Plan, Problem, left_out};
use crate::summary::verdict::{EXIT_INTERRUPTED, EXIT_UNKNOWN, EXIT_USAGE};
use crate::summary::{Snapshot, Target};

/// What `--fail-fast` stands for.
const FAIL_FAST: &str = "deliveries.violations > 0";
/// Seeds drawn before a schedule is taken that leaves out part of the scenario.
const DRAWS: u32 = 32;

/// Log users in, push, and verify every arrival; with no target, against the embedded platform.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Scenario file; left out, the built-in one: 1,000 users in two apps, ten seconds of pushes.
    scenario: Option<PathBuf>,

    #[command(flatten)]
    load: LoadArgs,
    /// How long to push, as 30s.
    #[arg(long, value_name = "TIME", env = "PUSHPROOF_DURATION")]
    duration: Option<Span>,
    /// How many processes the embedded platform is, each with a port and files of its own; all of them are one platform.
    #[arg(long, value_name = "N", env = "PUSHPROOF_PLATFORM_NODES")]
    platform_nodes: Option<u32>,
    /// Decides every random choice; drawn and printed if left out.
    #[arg(long, value_name = "N", env = "PUSHPROOF_SEED")]
    seed: Option<u64>,
    /// What the run has to keep to besides the scenario's thresholds, as "latency.push.p99 < 50ms"; repeatable, or with ; between.
    #[arg(
        long = "threshold",
        value_name = "EXPR",
        env = "PUSHPROOF_THRESHOLD",
        value_delimiter = ';'
    )]
    thresholds: Vec<String>,
    /// What ends the run early besides what the scenario has for it, as "latency.push.p99 > 2s after 10s"; repeatable, or with ; between.
    #[arg(
        long,
        value_name = "EXPR",
        env = "PUSHPROOF_ABORT_ON",
        value_delimiter = ';'
    )]
    abort_on: Vec<String>,
    /// End the run at the first violation seen: --abort-on "deliveries.violations > 0".
    #[arg(long)]
    fail_fast: bool,

    /// Write the report as JSON to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JSON")]
    json: Option<PathBuf>,
    /// Write the history of the run to this file while it happens; `pushproof verify` judges it again.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JOURNAL")]
    journal: Option<PathBuf>,
    /// Print no progress; the summary only if the run does not pass.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more on standard error: progress every second, and what the embedded platform says.
    #[arg(short, long)]
    verbose: bool,
}

pub(super) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let (name, plan) = match plan(args)? {
        Ok(found) => found,
        Err(problems) => {
            for problem in &problems {
                files::say(&format!("error: {}", told(problem)));
            }
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    files::check_limit(&plan)?;
    if args.journal.is_some() && plan.workers > 1 {
        bail!(
            "--journal: only a run that holds its sockets itself can keep one; leave --workers out"
        );
    }
    let json = Output::open_json(args.json.as_deref())?;
    let journal = args.journal.as_deref().map(Output::open_journal);
    let files = Files {
        json,
        journal: journal.transpose()?,
    };
    runtime()?.block_on(carry_out(args, files, name, plan))
}

/// The scenario's name and the plan of it, or what is wrong with it.
fn plan(args: &RunArgs) -> anyhow::Result<Result<(String, Plan), Vec<Problem>>> {
    let (name, file) = match &args.scenario {
        None => ("first-proof".to_owned(), File::default()),
        Some(path) => read(path)?,
    };
    let file = file.overlaid(flags(args));
    let mut draws = 0;
    loop {
        draws += 1;
        let plan = Plan::from_file(&file, draw_seed()?);
        let plan = plan.and_then(|plan| {
            let problems = plan.faults.as_ref().map_or_else(Vec::new, fault_problems);
            if problems.is_empty() {
                Ok(plan)
            } else {
                Err(problems)
            }
        });
        // A short schedule may draw no push for an event name, say, and would then prove nothing of it.
        let whole = plan.as_ref().map_or(true, |plan| left_out(plan).is_empty());
        if whole || file.seed.is_some() || draws == DRAWS {
            return Ok(plan.map(|plan| (name, plan)));
        }
    }
}

/// What the platform would not take of the faults that a scenario asks for.
pub(super) fn fault_problems(faults: &Faults) -> Vec<Problem> {
    let rates = FaultConfig::parse_rates(&faults.rates).and_then(|rates| {
        FaultConfig {
            rates,
            delay: faults.delay.unwrap_or(FaultConfig::DELAY),
            ..FaultConfig::default()
        }
        .validate()
    });
    let users = faults.users.as_deref().map(str::parse::<UserGlob>);
    let users = users.and_then(Result::err);
    let said = [
        rates.err().map(|e| ("platform.faults", e)),
        users.map(|e| ("platform.fault_users", e)),
    ];
    said.into_iter()
        .flatten()
        .map(|(key, error)| Problem {
            key,
            message: error.to_string(),
        })
        .collect()
}

/// The scenario of a file, with its name.
pub(super) fn read(path: &Path) -> anyhow::Result<(String, File)> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the scenario {shown}"))?;
    let file = match File::parse(&text) {
        Ok(file) => file,
        Err(error) => bail!("{shown}: {}", error.to_string().trim_end()),
    };
    let name = path.file_stem().unwrap_or(path.as_os_str());
    Ok((name.to_string_lossy().into_owned(), file))
}

/// The flags as a scenario that lies over the file.
fn flags(args: &RunArgs) -> File {
    let mut abort_on = args.abort_on.clone();
    abort_on.extend(args.fail_fast.then(|| FAIL_FAST.to_owned()));
    let mut file = args.load.file();
    file.seed = args.seed;
    file.thresholds = given(args.thresholds.clone());
    file.abort_on = given(abort_on);
    file.pushes.duration = args.duration;
    file.platform.nodes = args.platform_nodes;
    // A deadline alone moves the settling with it, which must not end before.
    file.verify.settle = args.load.settle.or_else(|| {
        let file_has = args.scenario.is_some();
        let deadline = args.load.deadline.filter(|_| !file_has)?;
        Some(Span(deadline.0 + Duration::from_secs(1)))
    });
    file
}

/// A problem with the flag that mends it.
pub(super) fn told(problem: &Problem) -> String {
    let flag = match problem.key {
        "target.url" | "target.nodes" => "--target",
        "target.apps" => "--app",
        "users.count" => "--users",
        "users.sockets_per_user" => "--sockets-per-user",
        "users.connect_rate" => "--connect-rate",
        "pushes.rate" => "--rate",
        "pushes.lanes" => "--lanes",
        "pushes.duration" => "--duration",
        "verify.deadline" => "--deadline",
        "verify.settle" => "--settle",
        "generator.workers" => "--workers",
        "generator.source_addrs" => "--source-addr",
        "platform.nodes" => "--platform-nodes",
        "thresholds" => "--threshold",
        "abort_on" => "--abort-on",
        _ => return problem.to_string(),
    };
    format!("{flag} ({}): {}", problem.key, problem.message)
}

/// Where a run writes to.
struct Files {
    json: Option<Output>,
    journal: Option<Output>,
}

async fn carry_out(
    args: &RunArgs,
    files: Files,
    scenario: String,
    plan: Plan,
) -> anyhow::Result<ExitCode> {
    let interrupts = interrupts(
        "interrupted: no more pushes; settling, then the report. Once more to end at once.",
    )?;
    let (watcher, snapshots) = watch::channel(Snapshot::default());
    let embedded = match &plan.target {
        Some(_) => None,
        None => match Embedded::start(&plan, args.verbose).await {
            Ok(embedded) => Some(embedded),
            Err(error) => {
                files::say(&format!("error: {error}"));
                return Ok(ExitCode::from(EXIT_UNKNOWN));
            }
        },
    };
    let target = match &embedded {
        Some(embedded) => embedded.target(),
        None => Target::of(&plan),
    };
    if !args.quiet {
        announce(&plan, &target);
    }
    let progress = (!args.quiet).then(|| tokio::spawn(show_progress(snapshots, args.verbose)));
    let journal = files.journal.map(start_journal).transpose()?;
    let order = Order {
        scenario,
        plan,
        measuring: None,
        target,
        interrupts,
        watcher,
        journal: journal.as_ref().map(Journal::pen),
    };
    // A run is a large future, and there is one.
    let summary = Box::pin(run::run(order)).await;
    if let Some(progress) = progress {
        // The watcher is gone with the run, so this ends by itself.
        progress.await.ok();
    }
    let code = if let Some(summary) = &summary {
        let closed = journal.map(|journal| journal.close(&journal::footer(summary)));
        let code = report(args.quiet, files.json, summary)?;
        match closed {
            Some(Err(error)) => incomplete(args, &error, code),
            _ => code,
        }
    } else {
        files::say("ended at once, without a report");
        EXIT_INTERRUPTED
    };
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    Ok(ExitCode::from(code))
}

/// Starts the journal, in place of what was in its file.
fn start_journal(mut output: Output) -> anyhow::Result<Journal> {
    let file = output.emptied()?.context("a journal has a file")?;
    Journal::start(file).context("a thread for the journal could not be started")
}

/// The run is over, and its journal is not whole: an error, unless the run has come to worse.
fn incomplete(args: &RunArgs, error: &std::io::Error, code: u8) -> u8 {
    let path = args.journal.as_deref().unwrap_or(Path::new(""));
    files::say(&format!(
        "error: --journal: {} is not whole: {error}. What is in it can be judged: pushproof verify {0}",
        path.display()
    ));
    if code == 0 { EXIT_USAGE } else { code }
}
