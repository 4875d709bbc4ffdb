//! `pushproof conform`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use clap::{Args, ValueEnum};
use tokio::sync::watch;

use super::access::{self, TlsArgs};
use super::files::{self, Output};
use super::runtime;
use super::scenario::Asked;
use super::seed::draw_seed;
use super::signals::interrupts;
use crate::conform::case::Case;
use crate::conform::select::Selection;
use crate::conform::target::{Target, Unreached};
use crate::conform::{self, Options};
use crate::report::conformance as report;
use crate::run::embedded::Embedded;
use crate::scenario::Plan;
use crate::scenario::conformance::Section;
use crate::scenario::file::{self, File};
use crate::scenario::profile::Profile;
use crate::summary::Verdict;
use crate::summary::conformance::{Conformance, Level};
use crate::summary::verdict::{EXIT_FAIL, EXIT_INTERRUPTED, EXIT_UNKNOWN, EXIT_USAGE};

/// What the embedded platform is, besides what the plan says: cases wait for its times, and [`Section::embedded`] states them.
const FLAGS: [&str; 11] = [
    "--ping-interval-ms=1000",
    "--ping-timeout-ms=2000",
    "--connect-timeout-ms=2000",
    "--upgrade-timeout-ms=2000",
    "--assembly-timeout-ms=2000",
    "--request-timeout-ms=3000",
    "--queue-bytes=8388608",
    "--namespace=/custom",
    "--namespace=/admin",
    "--any-password=any",
    "--origin=https://app.example",
];

/// Try a target's Engine.IO and Socket.IO rule by rule; with no target, the embedded platform's.
///
/// A case that a target must keep fails the command if it is missed; one that it should keep is a warning. `docs/conformance.md` has all
/// of them.
#[derive(Debug, Args)]
pub(super) struct ConformArgs {
    /// Base URL of the target; left out, the scenario's, or else the embedded platform is started.
    #[arg(long, value_name = "URL", env = "PUSHPROOF_TARGET")]
    target: Option<String>,
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

    /// The flags as a scenario that lies over the file.
    fn file(&self) -> File {
        File {
            target: file::Target {
                url: self.target.clone(),
                // A target named here takes the place of all that the scenario names.
                nodes: self.target.is_some().then(Vec::new),
                tls: self.tls.section(),
                ..file::Target::default()
            },
            ..File::default()
        }
    }

    /// The command that says the same of the target.
    fn again(&self, plan: &Plan) -> String {
        let mut words = vec!["pushproof conform".to_owned()];
        if let Some(path) = &self.scenario {
            words.push(format!("--scenario {}", quoted(&path.to_string_lossy())));
        }
        let named = self.target.as_ref().and(plan.target.as_ref());
        words.extend(named.map(|url| format!("--target {}", quoted(url))));
        words.extend(
            self.settings
                .iter()
                .map(|set| format!("--set {}", quoted(set))),
        );
        words.join(" ")
    }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:.,_-=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

pub(super) fn run(args: &ConformArgs) -> anyhow::Result<ExitCode> {
    let cases = match args.selection().cases() {
        Ok(cases) => cases,
        Err(error) => {
            files::say(&format!("error: {error}"));
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    if args.list {
        let about: Vec<_> = cases.iter().map(|case| case.about).collect();
        files::print(&report::list(&about))?;
        return Ok(ExitCode::SUCCESS);
    }
    let asked = asked(args, args.file())?;
    let plan = match asked.plan(draw_seed()?) {
        Ok(plan) => Arc::new(plan),
        Err(told) => {
            files::say_all(&told);
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    if args.jobs == 0 {
        bail!("--jobs: with none at a time nothing is ever tried; ask for at least 1");
    }
    let json = Output::open_json(args.json.as_deref())?;
    files::raise_limit();
    access::announce(&plan);
    // What people read makes way for what programs do.
    let show = |text: &str| {
        if json.as_ref().is_some_and(Output::is_stdout) {
            files::say_all(text);
            Ok(())
        } else {
            files::print(text)
        }
    };
    let plan = if plan.target.is_some() {
        plan
    } else {
        Arc::new(for_embedded(&plan))
    };
    let suite = runtime()?.block_on(carry_out(args, &cases, &plan, &show))?;
    let Some(suite) = suite else {
        return Ok(ExitCode::from(EXIT_UNKNOWN));
    };
    show(&report::text(&suite, &args.again(&plan), args.verbose))?;
    if let Some(json) = json {
        json.write(&report::json(&suite))?;
    }
    Ok(ExitCode::from(match suite.verdict() {
        _ if suite.interrupted => EXIT_INTERRUPTED,
        Verdict::Pass => 0,
        Verdict::Fail => EXIT_FAIL,
        Verdict::Unknown => EXIT_UNKNOWN,
    }))
}

/// Tries the cases, at a platform of its own if no target is named. `None`: there is no target, and that has been said.
async fn carry_out(
    args: &ConformArgs,
    cases: &[&'static Case],
    plan: &Arc<Plan>,
    show: &dyn Fn(&str) -> anyhow::Result<()>,
) -> anyhow::Result<Option<Conformance>> {
    let mut interrupts = interrupts("interrupted: no more cases; the report of those that ended.")?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        if interrupts.recv().await.is_some() {
            stop.send_replace(true);
        }
        // Whoever waits for the order to stop goes on waiting.
        std::future::pending::<()>().await;
    });
    let embedded = match &plan.target {
        Some(_) => None,
        None => match Embedded::start_with(plan, args.verbose, &FLAGS).await {
            Ok(embedded) => Some(embedded),
            Err(error) => {
                files::say(&format!("error: {error}"));
                return Ok(None);
            }
        },
    };
    let url = embedded
        .as_ref()
        .map(Embedded::url)
        .or(plan.target.as_deref());
    let target = match find(args, url.unwrap_or_default(), plan, embedded.is_some()).await? {
        Ok(target) => target,
        Err(error) => {
            files::say(&format!("error: {error}"));
            return Ok(None);
        }
    };
    let options = Options {
        jobs: args.jobs,
        destructive: args.destructive,
        ..Options::default()
    };
    let mut shown = Ok(());
    let mut suite = conform::run(cases, target, options, stopped, |row| {
        if shown.is_ok() {
            shown = show(&report::line(row, args.verbose));
        }
    })
    .await;
    shown?;
    suite.embedded = embedded.is_some();
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    Ok(Some(suite))
}

/// The scenario that is asked for, with more to lie over it.
fn asked(args: &ConformArgs, flags: File) -> anyhow::Result<Asked> {
    let mut asked = Asked::load(args.scenario.as_deref(), flags, &args.settings)?;
    asked.for_cases();
    Ok(asked)
}

/// What is known of the embedded platform.
fn for_embedded(plan: &Plan) -> Plan {
    Plan {
        conformance: Section::embedded(),
        ..plan.clone()
    }
}

/// The target. One that is named by nothing but its URL, and lets nobody in as the platform does, is taken for any Socket.IO server.
async fn find(
    args: &ConformArgs,
    url: &str,
    plan: &Arc<Plan>,
    endless: bool,
) -> anyhow::Result<Result<Arc<Target>, Unreached>> {
    let found = match Target::find(url, plan, endless).await {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    let bare = args.target.is_some() && args.scenario.is_none() && args.settings.is_empty();
    let Some(why) = found.nobody_is_let_in().filter(|_| bare) else {
        return Ok(Ok(found));
    };
    let mut flags = args.file();
    flags.target.profile = Some(Profile::Socketio);
    let Ok(open) = asked(args, flags)?.plan(plan.seed) else {
        return Ok(Ok(found));
    };
    files::say(&format!(
        "note: {why}; taken for a Socket.IO server of which nothing is known: how users log in and pushes are asked for says a scenario's [target]"
    ));
    Ok(Target::find(url, &Arc::new(open), endless).await)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_is_one_word_to_a_shell() {
        assert_eq!(quoted("http://t:3000/a"), "http://t:3000/a");
        assert_eq!(quoted("http://[::1]:1"), "'http://[::1]:1'");
        assert_eq!(quoted("it's here.toml"), "'it'\\''s here.toml'");
        assert_eq!(quoted(""), "''");
    }
}
