//! When pushes are sent: a rate, or stages of rates, and how pushes lie within it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::closed::Closed;
use super::file;
use super::plan::Plan;
use super::problems::Problems;
use super::units::{Rate, Span, UnitError, from_text};
use crate::pace;

pub(super) const MOST_PUSHES: u64 = 100_000_000;
/// A schedule may be made to pass so many times as fast as it is written, at most, while it goes on ...
pub const FASTEST: f64 = 10.0;
/// ... and at least.
pub const SLOWEST: f64 = 0.1;
const MOST_STAGES: usize = 1_000;
/// As long as any span may be: a month.
const LONGEST: Duration = Duration::from_secs(31 * 24 * 3600);
/// Pushes at once unless a scenario says otherwise.
const BURST: u32 = 50;

/// One stage of a schedule, written `30s: 500/s` or `10s: 0 -> 500/s`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage(pub pace::Stage);

/// How pushes lie within their rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// Evenly.
    #[default]
    Constant,
    /// At random and independently of each other, as the pushes of many users are: a Poisson process.
    Poisson,
    /// So many at once, then none for as long as the rate takes to make up for them.
    Burst,
}

/// Why a text is no stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StageError {
    /// Not of the form.
    #[error(
        "{text:?} is not a stage; write a duration and a rate, as \"30s: 500/s\" or \"10s: 0 -> 500/s\""
    )]
    Form {
        /// What was written.
        text: String,
    },
    /// One of its parts is not what it has to be.
    #[error("stage {text:?}: {error}")]
    Part {
        /// What was written.
        text: String,
        /// What is wrong with the part.
        error: UnitError,
    },
}

impl FromStr for Stage {
    type Err = StageError;

    fn from_str(text: &str) -> Result<Self, StageError> {
        let part = |error| StageError::Part {
            text: text.to_owned(),
            error,
        };
        let (lasts, rates) = text.split_once(':').ok_or_else(|| StageError::Form {
            text: text.to_owned(),
        })?;
        let lasts: Span = lasts.trim().parse().map_err(part)?;
        let ends = rates.split_once("->").or_else(|| rates.split_once('→'));
        let (from, to) = match ends {
            Some((from, to)) => (from.trim(), to.trim()),
            None => (rates.trim(), rates.trim()),
        };
        let end: Rate = to.parse().map_err(part)?;
        // "0 -> 500/m": the first without a unit has that of the second.
        let begin: Rate = match (from.contains('/'), to.split_once('/')) {
            (false, Some((_, unit))) => format!("{from}/{unit}").parse().map_err(part)?,
            _ => from.parse().map_err(part)?,
        };
        Ok(Self(pace::Stage {
            lasts: lasts.0,
            from: begin.0,
            to: end.0,
        }))
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pace::Stage { lasts, from, to } = self.0;
        write!(f, "{}: {}", Span(lasts), Rate(from))?;
        if from.total_cmp(&to).is_ne() {
            write!(f, " -> {}", Rate(to))?;
        }
        Ok(())
    }
}

from_text!(Stage, "a stage in quotes, as \"10s: 0 -> 500/s\",");

/// When the pushes of a plan are sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schedule {
    pub(super) closed: Option<Closed>,
    pub(super) rate: f64,
    pub(super) duration: Duration,
    pub(super) stages: Vec<pace::Stage>,
    pub(super) arrivals: Arrivals,
    pub(super) burst: u32,
}

impl Schedule {
    /// Of a scenario, `rate` and `duration` being what it goes by without stages. With stages they follow from these.
    pub(super) fn new(pushes: &file::Pushes) -> Self {
        let stages: Vec<_> = pushes.stages.iter().flatten().map(|s| s.0).collect();
        let closed = Closed::new(pushes);
        let mut schedule = Self {
            closed,
            rate: match closed {
                Some(_) => 0.0,
                None => pushes.rate.map_or(0.0, |r| r.0),
            },
            duration: match closed {
                // As long as it takes.
                Some(Closed { count: Some(_) }) => Duration::ZERO,
                _ => pushes.duration.map_or(Duration::ZERO, |s| s.0),
            },
            arrivals: pushes.arrivals.unwrap_or_default(),
            burst: pushes.burst.unwrap_or(BURST),
            stages,
        };
        if !schedule.stages.is_empty() {
            schedule.duration = schedule.stages.iter().map(|stage| stage.lasts).sum();
            let pushes: f64 = schedule.stages.iter().map(pace::Stage::hits).sum();
            schedule.rate = pushes / schedule.duration.as_secs_f64();
        }
        schedule
    }
}

impl Plan {
    /// The keys of a scenario that give this plan's schedule.
    pub(super) fn written_schedule(&self) -> file::Pushes {
        if let Some(closed) = self.closed {
            return self.written_loop(closed);
        }
        let steady = self.stages.is_empty();
        let all = || self.stages.iter().copied().map(Stage).collect();
        file::Pushes {
            rate: steady.then_some(Rate(self.rate)),
            duration: steady.then_some(Span(self.duration)),
            stages: (!steady).then(all),
            arrivals: Some(self.arrivals),
            burst: (self.arrivals == Arrivals::Burst).then_some(self.burst),
            ..file::Pushes::default()
        }
    }

    /// The schedule of pushes over all lanes.
    pub fn pace(&self) -> pace::Pace {
        if let Some(closed) = self.closed_pace() {
            return closed;
        }
        let arrivals = match self.arrivals {
            Arrivals::Constant => pace::Arrivals::Constant,
            Arrivals::Burst => pace::Arrivals::Burst(self.burst),
            Arrivals::Poisson => pace::Arrivals::Poisson(self.seed),
        };
        let steady = [pace::Stage::constant(self.rate, self.duration)];
        let stages = if self.stages.is_empty() {
            &steady
        } else {
            &self.stages[..]
        };
        pace::Pace::staged(stages, arrivals)
    }

    /// The same, which goes on beyond its end as far as it can get when it is made to pass as fast as may be.
    pub fn pace_beyond(&self) -> pace::Pace {
        let beyond = self.duration.saturating_mul(FASTEST as u32);
        self.pace().beyond(beyond).at_most(MOST_PUSHES)
    }

    /// The course that the schedule takes, as long as nothing is changed of it.
    pub fn course(&self) -> pace::Course {
        pace::Course::new(&self.pace(), self.pace_beyond(), self.duration)
    }
}

impl Problems {
    /// Checks the schedule of a plan. `given` is what the scenario itself says, with no default filled in.
    pub(super) fn schedule(&mut self, given: &file::Pushes, plan: &Plan) {
        self.closed(given, plan);
        if plan.closed.is_some() {
            return;
        }
        if given.stages.is_some() {
            self.stages(given, plan);
        } else {
            self.check(plan.rate > 0.0, "pushes.rate", || {
                "at this rate nothing is ever pushed; write one above zero, as 200/s".to_owned()
            });
            self.check(!plan.duration.is_zero(), "pushes.duration", || {
                "nothing can be pushed in no time; write one above zero, as 10s".to_owned()
            });
        }
        let at_once = plan.arrivals == Arrivals::Burst;
        self.check(at_once || given.burst.is_none(), "pushes.burst", || {
            "pushes come at once only with arrivals = \"burst\"; write that, or leave this out"
                .to_owned()
        });
        self.check(plan.burst >= 1, "pushes.burst", || {
            "none at once is no burst; write a number above zero, as 50".to_owned()
        });
        let key = if given.stages.is_some() {
            "pushes.stages"
        } else {
            "pushes.duration"
        };
        let hits = plan.pace().hits();
        self.check(hits <= MOST_PUSHES, key, || {
            format!("{hits} pushes are more than one run keeps account of (at most {MOST_PUSHES}); lower the rate or the duration")
        });
    }

    fn stages(&mut self, given: &file::Pushes, plan: &Plan) {
        const KEY: &str = "pushes.stages";
        for (key, beside) in [
            ("pushes.rate", given.rate.is_some()),
            ("pushes.duration", given.duration.is_some()),
        ] {
            self.check(!beside, key, || {
                "pushes.stages already says how fast and for how long; leave this out, or the stages"
                    .to_owned()
            });
        }
        if plan.stages.is_empty() {
            return self.add(KEY, "there is none; write at least one, as \"30s: 500/s\"");
        }
        let most = plan.stages.len() <= MOST_STAGES;
        self.check(most, KEY, || format!("at most {MOST_STAGES} stages"));
        for (n, stage) in plan.stages.iter().enumerate() {
            self.check(!stage.lasts.is_zero(), KEY, || {
                format!(
                    "stage {}: \"{}\" takes no time; the rate may jump between two stages without one",
                    n + 1,
                    Stage(*stage)
                )
            });
        }
        self.check(plan.duration <= LONGEST, KEY, || {
            format!("together they last longer than {}", Span(LONGEST))
        });
        // A rate that is no number comes of stages that take no time.
        let some = plan.rate > 0.0 || plan.duration.is_zero();
        self.check(some, KEY, || {
            "at these rates nothing is ever pushed; write one above zero, as \"30s: 500/s\""
                .to_owned()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;
    use crate::time::Time;

    fn plan(pushes: &str) -> Result<Plan, Vec<String>> {
        let file =
            File::parse(&format!("[pushes]\n{pushes}\n")).map_err(|e| vec![e.to_string()])?;
        let plan = Plan::from_file(&file, 5);
        plan.map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn stages_are_read_and_written() {
        for (text, secs, from, to, written) in [
            ("30s: 500/s", 30, 500.0, 500.0, "30s: 500/s"),
            ("10s: 0 -> 500/s", 10, 0.0, 500.0, "10s: 0/s -> 500/s"),
            ("1m30s:500/s→50/s", 90, 500.0, 50.0, "90s: 500/s -> 50/s"),
            ("2m : 60 -> 600/m", 120, 1.0, 10.0, "2m: 1/s -> 10/s"),
            ("5s: 7", 5, 7.0, 7.0, "5s: 7/s"),
        ] {
            let stage: Stage = text.parse().unwrap();
            assert_eq!(stage.0.lasts, Duration::from_secs(secs), "{text}");
            assert_eq!((stage.0.from, stage.0.to), (from, to), "{text}");
            assert_eq!(stage.to_string(), written);
            assert_eq!(written.parse(), Ok(stage));
        }
    }

    #[test]
    fn says_how_to_write_a_stage() {
        for (text, says) in [
            ("", "is not a stage; write a duration and a rate"),
            ("500/s", "is not a stage"),
            ("30: 500/s", "\"30\" has no unit; write 30s"),
            ("30s: fast", "\"fast\" is not a rate"),
            ("30s: -> 5/s", "is not a rate"),
            ("30s: 5/s -> ", "is not a rate"),
            ("30s: 1/s -> 2/s -> 3/s", "is not a rate"),
            ("30s: -5/s", "is not a rate"),
        ] {
            let error = text.parse::<Stage>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
        let error = plan("stages = [\"30s: fast\"]").unwrap_err();
        assert!(
            error[0].contains("line 2") && error[0].contains("30s: fast"),
            "{error:?}"
        );
    }

    #[test]
    fn stages_take_the_place_of_rate_and_duration() {
        let plan = plan("stages = [\"10s: 0 -> 500/s\", \"30s: 500/s\", \"5s: 500/s -> 50/s\"]");
        let plan = plan.unwrap();
        assert_eq!(plan.duration, Duration::from_secs(45));
        assert_eq!(plan.pace().hits(), 18_875);
        assert!((plan.rate - 18_875.0 / 45.0).abs() < 1e-9);
        let file = File::from(&plan);
        assert_eq!((file.pushes.rate, file.pushes.duration), (None, None));
        assert_eq!(Plan::from_file(&file, 1).unwrap(), plan);
    }

    #[test]
    fn arrivals_are_as_asked_for() {
        let burst = plan("arrivals = \"burst\"\nburst = 20\n").unwrap();
        assert_eq!(burst.pace().hits(), 2_000);
        assert_eq!(burst.pace().intended(39), Time::from_nanos(100_000_000));
        let random = plan("arrivals = \"poisson\"\n").unwrap();
        assert_ne!(
            random.pace(),
            Plan {
                seed: 6,
                ..random.clone()
            }
            .pace()
        );
        for plan in [burst, random] {
            assert_eq!(Plan::from_file(&File::from(&plan), 1).unwrap(), plan);
        }
        assert_eq!(plan("arrivals = \"burst\"\n").unwrap().burst, 50);
    }

    #[test]
    fn every_misuse_is_told_with_its_key() {
        for (pushes, wanted) in [
            (
                "stages = [\"5s: 5/s\"]\nrate = \"5/s\"\nduration = \"5s\"",
                &[
                    "pushes.rate: pushes.stages already",
                    "pushes.duration: pushes.stages already",
                ][..],
            ),
            ("stages = []", &["pushes.stages: there is none"]),
            (
                "stages = [\"0s: 5/s\", \"1s: 5/s\"]",
                &["pushes.stages: stage 1: \"0s: 5/s\" takes no time"],
            ),
            ("stages = [\"0s: 5/s\"]", &["pushes.stages: stage 1"]),
            ("stages = [\"5s: 0\"]", &["pushes.stages: at these rates"]),
            (
                "stages = [\"744h: 1/h\", \"1s: 1/s\"]",
                &["pushes.stages: together they last longer than 44640m"],
            ),
            (
                "stages = [\"1h: 0 -> 1000000/s\"]",
                &["pushes.stages: 1800000000 pushes are more"],
            ),
            (
                "burst = 5",
                &["pushes.burst: pushes come at once only with"],
            ),
            (
                "arrivals = \"burst\"\nburst = 0",
                &["pushes.burst: none at once"],
            ),
            (
                "rate = \"0/s\"\nduration = \"0s\"",
                &["pushes.rate: at this rate", "pushes.duration: nothing can"],
            ),
        ] {
            let told = plan(pushes).unwrap_err();
            assert_eq!(told.len(), wanted.len(), "{pushes}: {told:?}");
            for (told, wanted) in told.iter().zip(wanted) {
                assert!(told.starts_with(wanted), "{pushes}: {told}");
            }
        }
    }
}
