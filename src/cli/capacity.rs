//! `pushproof capacity`.

mod begin;
mod shown;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;

use super::files::{self, Keep};
use super::load::LoadArgs;
use super::runtime;
use super::screen::TuiArgs;
use super::seed::draw_seed;
use crate::capacity::search::Next;
use crate::capacity::{Search, Vary};
use crate::report::capacity as report;
use crate::scenario::units::Span;
use crate::summary::verdict::EXIT_USAGE;

/// Shorter steps measure next to nothing.
const SHORTEST: Duration = Duration::from_secs(1);

/// Search the largest load that holds the SLO with no violation, and say what breaks first.
#[derive(Debug, Args)]
pub(super) struct CapacityArgs {
    /// Scenario file; left out, the built-in one. What is varied is taken from the search.
    scenario: Option<PathBuf>,

    /// What to vary: sockets (not with --users), rate (pushes a second, not with --rate; with one lane for each 50 of them or more unless
    /// --lanes is given) or payload (bytes). The embedded platform is started anew for each step.
    #[arg(
        long,
        value_name = "WHAT",
        env = "PUSHPROOF_VARY",
        default_value = "sockets"
    )]
    vary: Vary,
    /// What a load has to keep to besides having no violation, as "latency.push.p99 < 50ms"; repeatable, or with ; between.
    #[arg(
        long,
        value_name = "EXPR",
        env = "PUSHPROOF_SLO",
        value_delimiter = ';'
    )]
    slo: Vec<String>,
    /// The load to begin with, as 500, 100/s or 4KiB [default: a tenth of the scenario's; payload: 1KiB].
    #[arg(long, value_name = "LOAD", env = "PUSHPROOF_FROM")]
    from: Option<String>,
    /// The largest load to try [default: the most that this machine allows].
    #[arg(long, value_name = "LOAD", env = "PUSHPROOF_TO")]
    to: Option<String>,
    /// By how much the load grows while it holds.
    #[arg(
        long,
        value_name = "N",
        env = "PUSHPROOF_FACTOR",
        default_value_t = 2.0
    )]
    factor: f64,
    /// How near each other the largest load that holds and the smallest that does not have to come.
    #[arg(long, value_name = "SHARE", env = "PUSHPROOF_PRECISION", default_value = "5%", value_parser = share)]
    precision: f64,
    /// How long each step measures, at least.
    #[arg(
        long,
        value_name = "TIME",
        env = "PUSHPROOF_STEP_DURATION",
        default_value = "10s"
    )]
    step_duration: Span,
    /// How long at most, where a percentile that the SLO bounds is not known well enough before [default: three times the least].
    #[arg(long, value_name = "TIME", env = "PUSHPROOF_STEP_AT_MOST")]
    step_at_most: Option<Span>,
    /// How long each step pushes before it measures; what is wrong meanwhile counts all the same.
    #[arg(
        long,
        value_name = "TIME",
        env = "PUSHPROOF_WARM_UP",
        default_value = "2s"
    )]
    warm_up: Span,
    /// The rest between two steps.
    #[arg(
        long,
        value_name = "TIME",
        env = "PUSHPROOF_COOL_DOWN",
        default_value = "1s"
    )]
    cool_down: Span,

    #[command(flatten)]
    load: LoadArgs,
    /// The target's process on this machine, to tell its CPU.
    #[arg(long, value_name = "PID", requires = "targets")]
    target_pid: Option<u32>,
    /// Decides every random choice; drawn and printed if left out. Each step takes the next.
    #[arg(long, value_name = "N", env = "PUSHPROOF_SEED")]
    seed: Option<u64>,

    /// Write the report as JSON to this file after each step; - for standard output, once.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JSON")]
    json: Option<PathBuf>,
    /// Write the report as an HTML page to this file after each step; - for standard output, once.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_HTML")]
    html: Option<PathBuf>,
    /// Go on with the search whose report is in this file, and keep it there unless --json names another.
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    tui: TuiArgs,
    /// Print no progress; the report only if no capacity was found.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more on standard error: what the embedded platform says.
    #[arg(short, long)]
    verbose: bool,
}

/// A share as 5% or 0.05.
fn share(text: &str) -> Result<f64, String> {
    let (number, by) = match text.trim().strip_suffix('%') {
        Some(percent) => (percent, 100.0),
        None => (text, 1.0),
    };
    let share = number.trim().parse::<f64>().map(|number| number / by);
    let share = share.ok().filter(|share| (0.001..=1.0).contains(share));
    share.ok_or_else(|| "write a share from 0.1% to 100%, as 5%".to_owned())
}

pub(super) fn run(args: &CapacityArgs) -> anyhow::Result<ExitCode> {
    check(args)?;
    let kept = args.resume.as_deref().map(resumed).transpose()?;
    let seed = match args.seed.or(kept.as_ref().map(|kept| kept.seed)) {
        Some(seed) => seed,
        None => draw_seed()?,
    };
    let mut search = match begin::search(args, seed)? {
        Ok(search) => search,
        Err(told) => {
            // What a run calls its thresholds.
            files::say_all(&told.replace("error: --threshold ", "error: --slo "));
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    if let Some(kept) = kept {
        report::resume(&mut search, kept).context("--resume")?;
    }
    let mut reports = Reports::open(args)?;
    let search = runtime()?.block_on(shown::carry_out(args, search, &mut reports))?;
    let code = search.judge().exit_code;
    if !args.quiet || code != 0 {
        let text = report::render(&search);
        if reports.has_stdout() {
            files::say_all(&text);
        } else {
            files::print(&text)?;
        }
    }
    reports.end(&search)?;
    Ok(ExitCode::from(code))
}

/// The files that the search is kept in as it goes.
struct Reports {
    json: Keep,
    html: Keep,
}

impl Reports {
    fn open(args: &CapacityArgs) -> anyhow::Result<Self> {
        let json = args.json.as_deref().or(args.resume.as_deref());
        let html = args.html.as_deref();
        if html.is_some() && json == html {
            bail!("--html: the same file as the JSON report's; name another");
        }
        Ok(Self {
            json: Keep::open("--json", json)?,
            html: Keep::open("--html", html)?,
        })
    }

    fn has_stdout(&self) -> bool {
        self.json.is_stdout() || self.html.is_stdout()
    }

    fn so_far(&mut self, search: &Search) -> anyhow::Result<()> {
        self.json.so_far(|| report::json(search))?;
        self.html.so_far(|| report::html(search))
    }

    fn end(self, search: &Search) -> anyhow::Result<()> {
        self.json.end(&report::json(search))?;
        self.html.end(&report::html(search))
    }
}

/// What can be said of the flags before anything is read.
fn check(args: &CapacityArgs) -> anyhow::Result<()> {
    if !(1.05..=100.0).contains(&args.factor) {
        bail!(
            "--factor: {} leads nowhere; write one from 1.05 to 100",
            args.factor
        );
    }
    if args.step_duration.0 < SHORTEST {
        bail!("--step-duration: less than {SHORTEST:?} measures next to nothing");
    }
    let least = args.step_duration;
    if args.step_at_most.is_some_and(|most| most.0 < least.0) {
        bail!("--step-at-most: less than --step-duration ({least}) leads nowhere");
    }
    if args.vary == Vary::Sockets && args.load.users.is_some() {
        bail!("--users: the search varies the sockets, and with them the users; leave it out");
    }
    if args.vary == Vary::Rate && args.load.rate.is_some() {
        bail!("--rate: the search varies the rate; say where to begin with --from");
    }
    Ok(())
}

fn resumed(path: &Path) -> anyhow::Result<report::form::Kept> {
    let shown = path.display();
    let text =
        std::fs::read_to_string(path).with_context(|| format!("--resume: cannot read {shown}"))?;
    report::read(&text).with_context(|| format!("--resume: {shown}"))
}

fn announce(search: &Search) {
    let settings = &search.settings;
    let target = if search.target.embedded {
        "the embedded platform"
    } else {
        &search.target.url
    };
    let kept = match search.steps.len() {
        0 => String::new(),
        n => format!(", going on after step {n}"),
    };
    files::say(&format!(
        "pushproof capacity: {} against {target}, steps of {} after {} of warm-up, at most {} (seed {}){kept}",
        settings.vary.name(),
        Span(settings.step),
        Span(settings.warm_up),
        settings.bounds.most_trials(),
        search.plan.seed
    ));
    if matches!(search.next(), Next::Done(_)) {
        files::say("nothing is left to be tried");
    }
}
