//! Capacity: the largest load that holds. What a search decides, without carrying any of it out.
//!
//! A search varies one figure of a scenario and takes the verdicts of ordinary runs: [`search`] says which load is next, [`outcome`]
//! what a run says of its load, [`verdict`] what it all comes to, and [`curve`] and [`fit`] what else the steps tell.

use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measure::Blocks;
use crate::scenario::Plan;
use crate::scenario::units::Rate;
use crate::summary::{Environment, Target};

pub mod curve;
pub mod fit;
pub mod interval;
pub mod outcome;
pub mod search;
pub mod verdict;

use search::{Bounds, Next, Trial};

/// Pushes a second that a lane is good for where the search may choose how many lanes there are: the target may then take 20 ms to
/// answer each.
const RATE_OF_A_LANE: f64 = 50.0;
/// Most lanes that a search chooses by itself.
const MOST_LANES: u32 = 256;
/// Steps of a rate: a tenth of a push a second.
const RATE_STEPS: f64 = 10.0;

/// What a search varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Vary {
    /// Sockets held.
    Sockets,
    /// Pushes a second.
    Rate,
    /// Bytes of a payload.
    Payload,
}

impl Vary {
    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sockets => "sockets",
            Self::Rate => "rate",
            Self::Payload => "payload",
        }
    }

    /// What a load is counted in.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Sockets => "sockets",
            Self::Rate => "pushes/s",
            Self::Payload => "bytes",
        }
    }
}

impl Vary {
    /// Reads a load as people write it: sockets as a number, a rate as `500/s`, a payload as `4096` or `4KiB`. The error says so.
    pub fn parse(self, text: &str) -> Result<f64, String> {
        let text = text.trim();
        let found = match self {
            Self::Sockets => text.replace('_', "").parse::<u32>().ok().map(f64::from),
            Self::Rate => text.parse::<Rate>().ok().map(|rate| rate.0),
            Self::Payload => bytes(text),
        };
        found.filter(|load| *load > 0.0).ok_or_else(|| {
            let write = match self {
                Self::Sockets => "a number of sockets, as 500",
                Self::Rate => "a rate, as 500/s",
                Self::Payload => "a size, as 4096 or 4KiB",
            };
            format!("{text:?} is not {write}")
        })
    }
}

fn bytes(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let times = match &text[digits.len()..] {
        "" | "B" => 1,
        "kB" => 1_000,
        "KiB" => 1_024,
        _ => return None,
    };
    let bytes = digits.replace('_', "").parse::<u32>().ok()?;
    Some(f64::from(bytes) * f64::from(times))
}

impl FromStr for Vary {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Sockets, Self::Rate, Self::Payload];
        let found = all.into_iter().find(|vary| vary.name() == text);
        found.ok_or_else(|| "write sockets, rate or payload".to_owned())
    }
}

/// How a search goes about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// What it varies.
    pub vary: Vary,
    /// In which loads it searches.
    pub bounds: Bounds,
    /// The largest load is the user's choice, not what this machine can do.
    pub most_was_asked_for: bool,
    /// The lanes are the user's choice too.
    pub lanes_were_asked_for: bool,
    /// How long a step measures at least.
    pub step: Duration,
    /// How long at most, where a percentile that the SLO bounds is not known well enough before.
    pub step_most: Duration,
    /// How long it pushes before that.
    pub warm_up: Duration,
    /// The rest between two steps.
    pub cool_down: Duration,
}

/// What a step measured, after its warm-up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    /// Sockets connected.
    pub sockets: u64,
    /// Pushes accepted a second.
    pub pushes_per_s: f64,
    /// Deliveries a second, while pushing.
    pub deliveries_per_s: f64,
    /// Push latencies measured.
    pub samples: u64,
    /// Their mean.
    pub mean_us: Option<f64>,
    /// Their median.
    pub p50_us: Option<u64>,
    /// 95th percentile.
    pub p95_us: Option<u64>,
    /// 99th percentile.
    pub p99_us: Option<u64>,
    /// With 95 % confidence it is not below this; `null`: too short a step to tell.
    pub p99_low_us: Option<u64>,
    /// Nor above this; `null`: it may be above all that was seen, or there is no telling.
    pub p99_high_us: Option<u64>,
    /// Largest.
    pub max_us: Option<u64>,
    /// Violations of all classes.
    pub violations: u64,
    /// CPU of the generator's busiest thread while pushing, in percent of a processor.
    pub generator_percent: Option<f64>,
    /// CPU of the target while pushing, in percent of one processor; `null` where nobody can tell.
    pub target_percent: Option<f64>,
    /// The same of its busiest thread.
    pub target_thread_percent: Option<f64>,
    /// From the step's start to its verdict.
    pub took_ms: u64,
}

/// CPU of a target while it is pushed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TargetCpu {
    /// All of its threads, in percent of one processor.
    pub percent: f64,
    /// The busiest of them.
    pub busiest_thread_percent: f64,
}

/// Something that kept a load from holding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Break {
    /// `refused`, `dropped`, a class of violation, `threshold`, `pushes` or `aborted`; after one of these `cpu`.
    pub what: String,
    /// In words.
    pub detail: String,
}

/// How a step came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The load held.
    Held,
    /// The target broke under it.
    Broke,
    /// There is no telling, because of the generator say.
    Unclear,
}

/// One step: a run under one load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The load, in the unit of the search.
    pub load: f64,
    /// The seed of its run.
    pub seed: u64,
    /// How it came out.
    pub outcome: Outcome,
    /// So close to the boundary that it was, or would have been, made again.
    pub close: bool,
    /// What kept the load from holding, the likeliest to be first.
    pub broke: Vec<Break>,
    /// Why there is no telling.
    pub unclear: Vec<String>,
    /// What was measured.
    pub figures: Figures,
}

/// A search, as far as it has come.
#[derive(Debug, Clone)]
pub struct Search {
    /// The scenario's name.
    pub scenario: String,
    /// What all steps go by but for what is varied.
    pub plan: Plan,
    /// The system under test.
    pub target: Target,
    /// How it is searched.
    pub settings: Settings,
    /// When the search was begun, in milliseconds since 1970.
    pub started_at_unix_ms: u64,
    /// How long it has taken, over all sittings.
    pub took: Duration,
    /// What has been tried.
    pub steps: Vec<Step>,
    /// The machine that it is searched from.
    pub environment: Environment,
    /// The user ended it early.
    pub interrupted: bool,
    /// Why it could not go on.
    pub trouble: Option<String>,
}

impl Search {
    /// What to do next.
    pub fn next(&self) -> Next {
        let trials: Vec<_> = self.steps.iter().map(|step| self.trial(step)).collect();
        self.settings.bounds.next(&trials)
    }

    fn trial(&self, step: &Step) -> Trial {
        Trial {
            load: units(self.settings.vary, &self.plan, step.load),
            outcome: match step.outcome {
                Outcome::Held => search::Outcome::Held,
                Outcome::Broke => search::Outcome::Broke,
                Outcome::Unclear => search::Outcome::Unclear,
            },
            close: step.close,
        }
    }

    /// A load of the search's own unit as people count it.
    pub fn load(&self, units: u64) -> f64 {
        match self.settings.vary {
            Vary::Sockets => (units * u64::from(self.plan.sockets_per_user)) as f64,
            Vary::Rate => units as f64 / RATE_STEPS,
            Vary::Payload => units as f64,
        }
    }

    /// The plan of the next step, under this load. Each has a seed of its own, lest a target that keeps messages is taken for one that
    /// invents them.
    pub fn plan_of(&self, units: u64) -> Plan {
        let mut plan = self.plan.clone();
        plan.seed = (plan.seed + self.steps.len() as u64) & ((1 << 53) - 1);
        plan.duration = self.settings.warm_up + self.settings.step;
        if self.prolongs() {
            plan.duration = self.settings.warm_up + self.settings.step_most;
        }
        let whole = u32::try_from(units).unwrap_or(u32::MAX);
        match self.settings.vary {
            Vary::Sockets => plan.users = whole,
            Vary::Rate => plan.rate = self.load(units),
            Vary::Payload => plan.size = whole.into(),
        }
        if self.settings.vary == Vary::Rate && !self.settings.lanes_were_asked_for {
            let needed = (plan.rate / RATE_OF_A_LANE).ceil() as u32;
            plan.lanes = plan.lanes.max(needed.min(MOST_LANES));
        }
        plan
    }

    /// Whether a step may measure for longer than the least.
    fn prolongs(&self) -> bool {
        self.settings.step_most > self.settings.step && interval::bound_by(&self.plan.thresholds)
    }

    /// Whether what a step has measured in so many seconds is enough: asked as it goes.
    pub fn enough(&self) -> impl FnMut(&Blocks, u64) -> bool + Send + 'static {
        let (least, thresholds) = (self.settings.step, self.plan.thresholds.clone());
        let prolongs = self.prolongs();
        move |blocks, seconds| {
            prolongs && seconds >= least.as_secs() && interval::known(blocks, &thresholds)
        }
    }

    /// The steps under this load.
    pub fn at(&self, load: f64) -> impl DoubleEndedIterator<Item = &Step> {
        let same = move |step: &&Step| step.load.total_cmp(&load).is_eq();
        self.steps.iter().filter(same)
    }
}

/// A load as people count it in the search's own unit: users, tenths of a push a second, bytes.
pub fn units(vary: Vary, plan: &Plan, load: f64) -> u64 {
    let units = match vary {
        Vary::Sockets => load / f64::from(plan.sockets_per_user.max(1)),
        Vary::Rate => load * RATE_STEPS,
        Vary::Payload => load,
    };
    units.round() as u64
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::scenario::file::File;

    pub(crate) fn search(vary: Vary, text: &str) -> Search {
        let plan = Plan::from_file(&File::parse(text).unwrap(), 5).unwrap();
        Search {
            scenario: "s".to_owned(),
            target: Target {
                url: String::new(),
                nodes: Vec::new(),
                embedded: true,
            },
            settings: Settings {
                vary,
                bounds: Bounds {
                    from: 10,
                    least: 1,
                    most: 10_000,
                    factor: 2.0,
                    precision: 0.05,
                },
                most_was_asked_for: true,
                lanes_were_asked_for: false,
                step: Duration::from_secs(3),
                step_most: Duration::from_secs(9),
                warm_up: Duration::from_secs(1),
                cool_down: Duration::ZERO,
            },
            plan,
            started_at_unix_ms: 0,
            took: Duration::ZERO,
            steps: Vec::new(),
            environment: Environment::default(),
            interrupted: false,
            trouble: None,
        }
    }

    pub(crate) fn step(load: f64, outcome: Outcome) -> Step {
        let broke = Break {
            what: "late".to_owned(),
            detail: "too late".to_owned(),
        };
        Step {
            load,
            seed: 1,
            outcome,
            close: false,
            broke: (outcome == Outcome::Broke)
                .then_some(broke)
                .into_iter()
                .collect(),
            unclear: Vec::new(),
            figures: Figures::default(),
        }
    }

    #[test]
    fn a_load_is_one_figure_of_the_plan() {
        let sockets = search(Vary::Sockets, "[users]\nsockets_per_user = 3\n");
        assert_eq!(sockets.next(), Next::Try(10));
        let plan = sockets.plan_of(10);
        assert_eq!((plan.users, plan.sockets()), (10, 30));
        assert_eq!(plan.duration, Duration::from_secs(4));
        let there = sockets.load(10);
        assert_eq!((there, units(Vary::Sockets, &plan, there)), (30.0, 10));

        let mut rate = search(Vary::Rate, "[pushes]\nlanes = 2\n");
        let plan = rate.plan_of(1_234);
        assert_eq!((plan.rate, plan.lanes, plan.seed), (123.4, 3, 5));
        assert_eq!(units(Vary::Rate, &plan, rate.load(1_234)), 1_234);
        rate.settings.lanes_were_asked_for = true;
        rate.steps.push(step(1.0, Outcome::Held));
        let plan = rate.plan_of(1_234);
        assert_eq!((plan.lanes, plan.seed), (2, 6));

        let payload = search(Vary::Payload, "");
        assert_eq!(payload.plan_of(70_000).size.most(), 70_000);
    }

    #[test]
    fn loads_are_written_with_their_units() {
        assert_eq!(Vary::Sockets.parse("5_000"), Ok(5_000.0));
        assert_eq!(Vary::Rate.parse("30/m"), Ok(0.5));
        assert_eq!(Vary::Payload.parse("4KiB"), Ok(4_096.0));
        assert_eq!(Vary::Payload.parse("900"), Ok(900.0));
        for (vary, wrong) in [
            (Vary::Sockets, "0"),
            (Vary::Sockets, "5/s"),
            (Vary::Rate, "fast"),
            (Vary::Payload, "4GiB"),
        ] {
            assert!(vary.parse(wrong).unwrap_err().contains(", as "), "{wrong}");
        }
    }

    #[test]
    fn the_steps_say_what_is_next() {
        let mut search = search(Vary::Sockets, "");
        search.steps.push(step(10.0, Outcome::Held));
        assert_eq!(search.next(), Next::Try(20));
        search.steps.push(step(20.0, Outcome::Broke));
        assert_eq!(search.next(), Next::Try(14));
        assert_eq!(search.at(20.0).count(), 1);
    }
}
