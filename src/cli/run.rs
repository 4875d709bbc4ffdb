//! `pushproof run`.

mod drivers;
mod outputs;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::sync::{mpsc, watch};

use self::outputs::Files;
use super::access;
use super::display::{Display, Wanted};
use super::files;
use super::load::{LoadArgs, given};
use super::newest::Newest;
use super::outputs::ReportArgs;
use super::runtime;
use super::scenario::Asked;
use super::screen::TuiArgs;
use super::seed::draw_seed;
use super::signals::interrupts;
use super::terminal::{announce, report};
use crate::dashboard::state::{Of, Order as Pressed};
use crate::journal::{self, Journal, Pen};
use crate::report::dry_run;
use crate::run::embedded::{Embedded, EmbeddedError};
use crate::run::{self, Command, Order};
use crate::scenario::file::File;
use crate::scenario::report::metrics_address;
use crate::scenario::units::Span;
use crate::scenario::{Driver, Forecast, Plan, Problem, left_out};
use crate::summary::verdict::{EXIT_INTERRUPTED, EXIT_UNKNOWN, EXIT_USAGE};
use crate::summary::{Snapshot, Summary, Target};
use drivers::Drivers;

/// What `--fail-fast` stands for.
const FAIL_FAST: &str = "deliveries.violations > 0";
/// Seeds drawn before a schedule is taken that leaves out part of the scenario.
const DRAWS: u32 = 32;

/// Log users in, push, and verify every arrival; with no target, against the embedded platform.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
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
    /// Which client holds the sockets: lean (the default), `rust_socketio`, an independent implementation that only builds with that feature
    /// have, or both, one after the other: a pass of the first is one only if the second agrees.
    #[arg(long, value_name = "DRIVER", env = "PUSHPROOF_DRIVER")]
    driver: Option<Drivers>,
    /// Say what the run would do, how much that is and how long it takes, and end.
    #[arg(long)]
    dry_run: bool,

    /// Write the report as JSON to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JSON")]
    json: Option<PathBuf>,
    #[command(flatten)]
    reports: ReportArgs,
    /// Keep the report in every form in a folder of its own, reports/runs/<time>-<scenario>.
    #[arg(long, env = "PUSHPROOF_SAVE", value_parser = clap::builder::FalseyValueParser::new())]
    save: bool,
    /// Write the history of the run to this file while it happens; `pushproof verify` judges it again.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JOURNAL")]
    journal: Option<PathBuf>,
    /// Serve the metrics of the run at this address while it goes on, as 127.0.0.1:9464, for Prometheus and whatever reads its format; a port
    /// alone is one of the loopback interface, and 0 any that is free.
    #[arg(long, value_name = "ADDRESS", env = "PUSHPROOF_METRICS", value_parser = metrics_address)]
    metrics: Option<SocketAddr>,
    /// Send the metrics of the run to a collector of OpenTelemetry while it goes on, as <http://127.0.0.1:4318>; only builds with that feature can.
    /// The rest is as its variables say: `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_METRIC_EXPORT_INTERVAL` and others.
    #[arg(long, value_name = "URL", env = "PUSHPROOF_OTLP")]
    otlp: Option<String>,

    #[command(flatten)]
    tui: TuiArgs,
    /// Print no progress; the summary only if the run does not pass.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more on standard error: progress every second, and what the embedded platform says.
    #[arg(short, long)]
    verbose: bool,
}

pub(super) fn run(args: &RunArgs) -> anyhow::Result<ExitCode> {
    let planned = plan(args)?.and_then(|(asked, plan)| {
        let both = args.driver == Some(Drivers::Both);
        let second = both.then(|| plan.by(Driver::RustSocketio)).transpose();
        let second = second.map_err(|problems| in_words(&problems))?;
        Ok((asked, plan, second))
    });
    let (asked, plan, second) = match planned {
        Ok(found) => found,
        Err(told) => {
            files::say_all(&told);
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    let drivers = [Some(&plan), second.as_ref()].map(|plan| plan.map(|plan| plan.clients.driver));
    if let Some(lacking) = drivers.into_iter().flatten().find_map(Driver::lacking) {
        bail!("--driver: {lacking}");
    }
    if args.dry_run {
        files::print(&dry_run::render(&asked.name, &plan, &Forecast::of(&plan)))?;
        files::check_limit(&plan)?;
        return Ok(ExitCode::SUCCESS);
    }
    files::check_limit(&plan)?;
    if args.journal.is_some() && plan.workers > 1 {
        bail!(
            "--journal: only a run that holds its sockets itself can keep one; leave --workers out"
        );
    }
    let files = match Files::open(args, &asked)? {
        Ok(files) => files,
        Err(told) => {
            files::say_all(&told);
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    runtime()?.block_on(carry_out(args, files, asked.name, plan, second))
}

/// The scenario and the plan of it, or what is wrong with it.
fn plan(args: &RunArgs) -> anyhow::Result<Result<(Asked, Plan), String>> {
    let asked = Asked::load(args.scenario.as_deref(), flags(args), &args.load.settings)?;
    let mut draws = 0;
    loop {
        draws += 1;
        let plan = asked.plan(draw_seed()?);
        // A short schedule may draw no push for an event name, say, and would then prove nothing of it.
        let whole = plan.as_ref().map_or(true, |plan| left_out(plan).is_empty());
        if whole || asked.file().seed.is_some() || draws == DRAWS {
            return Ok(plan.map(|plan| (asked, plan)));
        }
    }
}

/// What of a plan the second driver cannot do, in words.
fn in_words(problems: &[Problem]) -> String {
    let told = problems.iter().map(|problem| format!("error: {problem}\n"));
    told.collect()
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
    file.clients.driver = args.driver.map(Drivers::first);
    file
}

async fn carry_out(
    args: &RunArgs,
    files: Files,
    scenario: String,
    plan: Plan,
    second: Option<Plan>,
) -> anyhow::Result<ExitCode> {
    let to_stdout = files.reports.take_stdout();
    let wanted = Wanted {
        tui: !args.quiet && args.tui.wanted(!to_stdout)?,
        quiet: args.quiet,
        verbose: args.verbose,
    };
    let mut interrupts = interrupts(
        "interrupted: no more pushes; settling, then the report. Once more to end at once.",
    )?;
    let journal = files.journal.map(start_journal).transpose()?;
    let pen = journal.as_ref().map(Journal::pen);
    let name = scenario.clone();
    let told = files.told.as_ref();
    let mut summary = match one(wanted, &mut interrupts, told, name, plan, pen).await {
        Ok(Some(summary)) => summary,
        Ok(None) => {
            files::say("ended at once, without a report");
            return Ok(ExitCode::from(EXIT_INTERRUPTED));
        }
        Err(error) => {
            files::say(&format!("error: {error}"));
            return Ok(ExitCode::from(EXIT_UNKNOWN));
        }
    };
    let closed = journal.map(|journal| journal.close(&journal::footer(&summary)));
    summary.findings.keep_examples(files.examples);
    let mut opinion = None;
    // One that could not begin, or was ended, needs no second opinion.
    if let Some(plan) = second.filter(|_| summary.not_begun.is_none() && !summary.interrupted) {
        files::say(&format!("once more, by {}:", plan.clients.driver));
        let mut none = Summary::empty(scenario.clone(), plan.clone(), Target::of(&plan), 0);
        opinion = Some(
            match one(wanted, &mut interrupts, told, scenario, plan, None).await {
                Ok(Some(summary)) => summary,
                Ok(None) => {
                    none.interrupted = true;
                    none
                }
                Err(error) => {
                    none.not_begun = Some(error.to_string());
                    none
                }
            },
        );
    }
    let code = report(args.quiet, files.reports, &summary, opinion.as_ref())?;
    if let Some(otlp) = files.otlp {
        otlp.finish(args.quiet);
    }
    if let Some(saved) = &files.saved {
        files::say(&format!("saved in {}", saved.0.display()));
    }
    Ok(ExitCode::from(match closed {
        Some(Err(error)) => incomplete(&files.journal_at, &error, code),
        _ => code,
    }))
}

/// Carries one plan out, against a platform of its own if no target is named. `None`: the user killed it.
async fn one(
    wanted: Wanted,
    interrupts: &mut mpsc::Receiver<()>,
    told: Option<&Newest>,
    scenario: String,
    plan: Plan,
    journal: Option<Pen>,
) -> Result<Option<Summary>, EmbeddedError> {
    let (watcher, snapshots) = watch::channel(Snapshot::default());
    if let Some(newest) = told {
        newest.of(snapshots.clone());
    }
    let embedded = match &plan.target {
        Some(_) => None,
        None => Some(Embedded::start(&plan, wanted.says()).await?),
    };
    let target = match &embedded {
        Some(embedded) => embedded.target(),
        None => Target::of(&plan),
    };
    if !wanted.quiet {
        announce(&plan, &target);
    }
    access::announce(&plan);
    let mut display = Display::start(wanted, snapshots, Of::Run);
    let (interrupt, interrupted) = mpsc::channel(8);
    let (command, commands) = mpsc::channel(8);
    let order = Order {
        scenario,
        plan,
        measuring: None,
        target,
        interrupts: interrupted,
        watcher,
        // A run that can be steered goes on to the end of its time, for its rate may still be raised.
        commands: display.takes_keys().then_some(commands),
        journal,
    };
    // A run is a large future, and there is one at a time.
    let mut run = Box::pin(run::run(order));
    let summary = loop {
        tokio::select! {
            summary = &mut run => break summary,
            // It has been told already if there is no room.
            Some(()) = interrupts.recv() => {
                interrupt.try_send(()).ok();
            }
            order = display.order() => match order {
                Pressed::End | Pressed::Interrupt => {
                    interrupt.try_send(()).ok();
                }
                Pressed::Rate(factor) => {
                    command.try_send(Command::Rate { factor }).ok();
                }
                Pressed::Redraw => {}
            },
        }
    };
    display.stop().await;
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    Ok(summary)
}

/// Starts the journal, in place of what was in its file.
fn start_journal(mut output: files::Output) -> anyhow::Result<Journal> {
    let file = output.emptied()?.context("a journal has a file")?;
    Journal::start(file).context("a thread for the journal could not be started")
}

/// The run is over, and its journal is not whole: an error, unless the run has come to worse.
fn incomplete(path: &Path, error: &std::io::Error, code: u8) -> u8 {
    files::say(&format!(
        "error: --journal: {} is not whole: {error}. What is in it can be judged: pushproof verify {0}",
        path.display()
    ));
    if code == 0 { EXIT_USAGE } else { code }
}
