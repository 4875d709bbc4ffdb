//! The cases, tried at one target after the other, and shown while that goes on.

use tokio::sync::watch;

use super::super::files;
use super::super::shown::{Shown, Voice, Wanted};
use super::super::signals::stopped;
use super::super::trying::Trying;
use super::expectations::Expectations;
use super::targets::Found;
use super::{ConformArgs, Planned};
use crate::conform::case::{self, Case};
use crate::conform::{self, Options};
use crate::dashboard::list::{About, Item, items};
use crate::pool::Running;
use crate::report::conformance as report;
use crate::summary::conformance::Conformance;

/// Topics that are named one by one at most.
const TOPICS: usize = 3;

/// What is to be tried, and how it is shown.
pub(super) struct Suite<'a> {
    pub(super) args: &'a ConformArgs,
    pub(super) cases: &'a [&'static Case],
    pub(super) planned: &'a [Planned],
    pub(super) expectations: &'a Expectations,
    /// By a dashboard.
    pub(super) tui: bool,
    /// Where lines of the report go.
    pub(super) show: &'a dyn Fn(&str) -> anyhow::Result<()>,
}

/// What it is carried out with.
struct Means {
    running: Running,
    trying: Trying,
    shown: Shown,
    stopped: watch::Receiver<bool>,
}

impl Suite<'_> {
    /// Tries the cases at one target after the other. `None`: that one is not there, and that has been said.
    pub(super) async fn carry_out(&self) -> anyhow::Result<Vec<Option<Conformance>>> {
        let (stop, stopped) =
            stopped("interrupted: no more cases; the report of those that ended.")?;
        let running = Running::default();
        let trying = Trying::new(&running, requirement);
        trying.begin(self.about(&[], None), Some(self.cases.len()), "starting");
        let means = Means {
            shown: trying.show(Wanted::of(self.tui, false), stop),
            running,
            trying,
            stopped,
        };
        let suites = self.all(&means).await;
        let later = means.shown.stop().await;
        if !later.is_empty() {
            (self.show)(&later)?;
        }
        suites
    }

    async fn all(&self, means: &Means) -> anyhow::Result<Vec<Option<Conformance>>> {
        let mut suites = Vec::new();
        for one in self.planned {
            if *means.stopped.borrow() {
                break;
            }
            if self.planned.len() > 1 {
                let name = format!("\n{}\n", one.named);
                means.shown.tell(&name, self.show)?;
            }
            let about = self.about(&suites, None);
            means
                .trying
                .begin(about, Some(self.cases.len()), "starting");
            let suite = self.try_one(one, &suites, means).await?;
            suites.push(suite);
        }
        Ok(suites)
    }

    async fn try_one(
        &self,
        one: &Planned,
        before: &[Option<Conformance>],
        means: &Means,
    ) -> anyhow::Result<Option<Conformance>> {
        let (args, of) = (self.args, self.cases.len());
        let voice = Voice {
            verbose: args.verbose,
            tui: self.tui,
        };
        let found = match one.named.find(args, &one.plan, voice).await? {
            Ok(found) => found,
            Err(told) => {
                files::say(&format!("error: {told}"));
                return Ok(None);
            }
        };
        means.trying.is_about(self.about(before, Some(&found)));
        means.trying.goes_on("trying");
        let options = Options {
            jobs: args.jobs,
            destructive: args.destructive,
            ..Options::default()
        };
        let mut told = Ok(());
        let stopped = means.stopped.clone();
        let done = |row: &_| {
            means.trying.ended(Item::from(row), of);
            if told.is_ok() {
                let line = report::line(row, args.verbose);
                told = means.shown.tell(&line, self.show);
            }
        };
        let (target, running) = (found.target, &means.running);
        let suite = conform::run(self.cases, target, options, running, stopped, done);
        let mut suite = suite.await;
        means.trying.goes_on("ending");
        told?;
        suite.embedded = found.embedded.is_some();
        suite.name = one.named.to_string();
        if let Some(embedded) = found.embedded {
            embedded.end().await;
        }
        Ok(Some(suite))
    }

    /// What is tried, after so many targets; more is known of the one that has been found.
    fn about(&self, before: &[Option<Conformance>], found: Option<&Found>) -> About {
        let one = self.planned.get(before.len());
        let name = one.map_or_else(String::new, |one| one.named.to_string());
        let mut facts = Vec::new();
        if self.planned.len() > 1 {
            let mut told = format!("target {} of {}", before.len() + 1, self.planned.len());
            let words = before.iter().map(|suite| match suite {
                Some(suite) => suite.verdict().name(),
                None => "not there",
            });
            let words: Vec<_> = words.collect();
            if !words.is_empty() {
                told = format!("{told} after {}", words.join(", "));
            }
            facts.push(told);
        }
        let target = match found {
            None => name,
            Some(found) => {
                facts.push(format!("profile {}", found.taken_for));
                let base = &found.target.base;
                match found.embedded {
                    Some(_) => format!("the embedded platform, {base}"),
                    None if name == *base => name,
                    None => format!("{name}, {base}"),
                }
            }
        };
        facts.push(self.topics());
        let held_against = self.expectations.of(before.len());
        About {
            command: "conform",
            target,
            facts: facts.join(", "),
            called: ("case", "cases"),
            columns: items::CASES,
            words: items::OUTCOMES,
            held_against: held_against.map_or_else(String::new, |path| format!("expected: {path}")),
        }
    }

    /// The topics of the cases, or how many there are.
    fn topics(&self) -> String {
        let mut topics: Vec<_> = self.cases.iter().map(|case| case.about.topic()).collect();
        topics.dedup();
        match topics.len() {
            n if n > TOPICS => format!("{n} topics"),
            _ => topics.join(" "),
        }
    }
}

/// What a target has to do for a case.
fn requirement(id: &str) -> &'static str {
    let mut all = case::all();
    let found = all.find(|case| case.about.id == id);
    found.map_or("", |case| case.about.requirement)
}
