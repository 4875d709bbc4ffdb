//! `pushproof run`.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::files::{self, Output};
use crate::report::{json, progress, text};
use crate::run::embedded::Embedded;
use crate::run::{self, Order};
use crate::scenario::Plan;
use crate::scenario::file::{self, File};
use crate::scenario::plan::Problem;
use crate::scenario::units::{Rate, Span};
use crate::summary::verdict::{EXIT_INTERRUPTED, EXIT_UNKNOWN, EXIT_USAGE};
use crate::summary::{Snapshot, Summary, Target};

/// Between progress lines.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);
/// Descriptors a run needs besides its sockets: lanes, logins, the runtime, the report.
const OTHER_FILES: u64 = 700;

/// Log users in, push, and verify every arrival; with no target, against the embedded platform.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Scenario file; left out, the built-in one: 1,000 users in two apps, ten seconds of pushes.
    scenario: Option<PathBuf>,

    /// Base URL of the system under test; left out, the embedded platform is started.
    #[arg(long, value_name = "URL", env = "PUSHPROOF_TARGET")]
    target: Option<String>,
    /// An app id; repeatable. Users and pushes are spread over the apps, and no app may hear another.
    #[arg(
        long = "app",
        value_name = "ID",
        env = "PUSHPROOF_APP",
        value_delimiter = ','
    )]
    apps: Vec<String>,
    /// Users, over all apps.
    #[arg(long, value_name = "N", env = "PUSHPROOF_USERS")]
    users: Option<u32>,
    /// Sockets of each user.
    #[arg(long, value_name = "N", env = "PUSHPROOF_SOCKETS_PER_USER")]
    sockets_per_user: Option<u32>,
    /// Rate at which logins and connects begin, as 500/s.
    #[arg(long, value_name = "RATE", env = "PUSHPROOF_CONNECT_RATE")]
    connect_rate: Option<Rate>,
    /// Pushes a second over all lanes, as 200/s.
    #[arg(long, value_name = "RATE", env = "PUSHPROOF_RATE")]
    rate: Option<Rate>,
    /// Sequential trigger workers that share the rate.
    #[arg(long, value_name = "N", env = "PUSHPROOF_LANES")]
    lanes: Option<u32>,
    /// How long to push, as 30s.
    #[arg(long, value_name = "TIME", env = "PUSHPROOF_DURATION")]
    duration: Option<Span>,
    /// How long after it was sent a push may arrive without being late, as 2s.
    #[arg(long, value_name = "TIME", env = "PUSHPROOF_DEADLINE")]
    deadline: Option<Span>,
    /// How long to wait after the last push before judging, as 3s; at least the deadline.
    #[arg(long, value_name = "TIME", env = "PUSHPROOF_SETTLE")]
    settle: Option<Span>,
    /// Decides every random choice; drawn and printed if left out.
    #[arg(long, value_name = "N", env = "PUSHPROOF_SEED")]
    seed: Option<u64>,

    /// Write the report as JSON to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JSON")]
    json: Option<PathBuf>,
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
    check_files(&plan)?;
    let json = args
        .json
        .as_deref()
        .map(|path| Output::open("--json", path));
    let json = json.transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(carry_out(args, json, name, plan))
}

/// The scenario's name and the plan of it, or what is wrong with it.
fn plan(args: &RunArgs) -> anyhow::Result<Result<(String, Plan), Vec<Problem>>> {
    let (name, file) = match &args.scenario {
        None => ("first-proof".to_owned(), File::default()),
        Some(path) => read(path)?,
    };
    let seed = getrandom::u64().context("the system gives no random numbers")?;
    // Readers of the JSON report that know numbers only as doubles shall read the seed whole.
    let seed = seed & ((1 << 53) - 1);
    let plan = Plan::from_file(&file.overlaid(flags(args)), seed);
    Ok(plan.map(|plan| (name, plan)))
}

fn read(path: &Path) -> anyhow::Result<(String, File)> {
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
    File {
        seed: args.seed,
        target: file::Target {
            url: args.target.clone(),
            apps: (!args.apps.is_empty()).then(|| args.apps.clone()),
        },
        users: file::Users {
            count: args.users,
            sockets_per_user: args.sockets_per_user,
            connect_rate: args.connect_rate,
            ..file::Users::default()
        },
        pushes: file::Pushes {
            rate: args.rate,
            lanes: args.lanes,
            duration: args.duration,
            ..file::Pushes::default()
        },
        verify: file::Verify {
            deadline: args.deadline,
            // A deadline alone moves the settling with it, which must not end before.
            settle: args.settle.or_else(|| {
                let file_has = args.scenario.is_some();
                let deadline = args.deadline.filter(|_| !file_has)?;
                Some(Span(deadline.0 + Duration::from_secs(1)))
            }),
            ..file::Verify::default()
        },
    }
}

/// A problem with the flag that mends it.
fn told(problem: &Problem) -> String {
    let flag = match problem.key {
        "target.url" => "--target",
        "target.apps" => "--app",
        "users.count" => "--users",
        "users.sockets_per_user" => "--sockets-per-user",
        "users.connect_rate" => "--connect-rate",
        "pushes.rate" => "--rate",
        "pushes.lanes" => "--lanes",
        "pushes.duration" => "--duration",
        "verify.deadline" => "--deadline",
        "verify.settle" => "--settle",
        _ => return problem.to_string(),
    };
    format!("{flag} ({}): {}", problem.key, problem.message)
}

/// Raises the limit of open files as far as it goes, and makes sure that the sockets fit.
fn check_files(plan: &Plan) -> anyhow::Result<()> {
    let needed = u64::from(plan.sockets()) + u64::from(plan.lanes) + OTHER_FILES;
    let limit = files::raise_limit();
    if limit < needed {
        bail!(
            "{} sockets need about {needed} open files, and this process may have {limit}; ask for fewer sockets, or raise the hard limit (ulimit -Hn)",
            plan.sockets()
        );
    }
    Ok(())
}

async fn carry_out(
    args: &RunArgs,
    json: Option<Output>,
    scenario: String,
    plan: Plan,
) -> anyhow::Result<ExitCode> {
    let interrupts = interrupts()?;
    let (watcher, snapshots) = watch::channel(Snapshot::default());
    let embedded = match &plan.target {
        Some(_) => None,
        None => match Embedded::start(&plan.apps, args.verbose).await {
            Ok(embedded) => Some(embedded),
            Err(error) => {
                files::say(&format!("error: {error}"));
                return Ok(ExitCode::from(EXIT_UNKNOWN));
            }
        },
    };
    let url = embedded.as_ref().map(|e| e.url().to_owned());
    let target = Target {
        embedded: embedded.is_some(),
        url: url.or_else(|| plan.target.clone()).unwrap_or_default(),
    };
    if !args.quiet {
        announce(&plan, &target);
    }
    let progress = (!args.quiet).then(|| tokio::spawn(show_progress(snapshots, args.verbose)));
    let order = Order {
        scenario,
        plan,
        target,
        interrupts,
        watcher,
    };
    let summary = run::run(order).await;
    if let Some(progress) = progress {
        // The watcher is gone with the run, so this ends by itself.
        progress.await.ok();
    }
    let code = if let Some(summary) = &summary {
        report(args, json, summary)?
    } else {
        files::say("ended at once, without a report");
        EXIT_INTERRUPTED
    };
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    Ok(ExitCode::from(code))
}

/// Ctrl-C and SIGTERM, as messages.
fn interrupts() -> anyhow::Result<mpsc::Receiver<()>> {
    let mut int = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut term = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(async move {
        let mut told = false;
        loop {
            tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
            }
            if !std::mem::replace(&mut told, true) {
                files::say(
                    "interrupted: no more pushes; settling, then the report. Once more to end at once.",
                );
            }
            if sender.send(()).await.is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}

fn announce(plan: &Plan, target: &Target) {
    let what = if target.embedded {
        "the embedded platform"
    } else {
        &target.url
    };
    files::say(&format!(
        "pushproof: {} users × {} sockets, {} pushes/s for {} in {} lanes, against {what} (seed {})",
        plan.users,
        plan.sockets_per_user,
        plan.rate,
        Span(plan.duration),
        plan.lanes,
        plan.seed
    ));
}

async fn show_progress(mut snapshots: watch::Receiver<Snapshot>, verbose: bool) {
    let mut shown = Duration::ZERO;
    while snapshots.changed().await.is_ok() {
        let snapshot = snapshots.borrow_and_update().clone();
        let since = snapshot.elapsed.saturating_sub(shown);
        // Snapshots come once a second, give or take a few milliseconds.
        if verbose || since + Duration::from_millis(500) > PROGRESS_EVERY {
            shown = snapshot.elapsed;
            files::say(&progress::line(&snapshot));
        }
    }
}

/// Writes the reports and gives the exit code.
fn report(args: &RunArgs, json: Option<Output>, summary: &Summary) -> anyhow::Result<u8> {
    let judgement = summary.judge();
    if !args.quiet || judgement.exit_code != 0 {
        if json.as_ref().is_some_and(Output::is_stdout) {
            let colour = colour(std::io::stderr().is_terminal());
            files::say_all(&text::render(summary, colour));
        } else {
            let colour = colour(std::io::stdout().is_terminal());
            files::print(&text::render(summary, colour))?;
        }
    }
    if let Some(json) = json {
        json.write(&json::render(summary))?;
    }
    Ok(judgement.exit_code)
}

/// Colour is for terminals that know it, of people who want it (`NO_COLOR` set to anything but nothing says no).
fn colour(terminal: bool) -> text::Colour {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    if terminal && !unwanted && !dumb {
        text::Colour::On
    } else {
        text::Colour::Off
    }
}
