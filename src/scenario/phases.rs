//! The phases of a run after everybody is there: a ramp that warms up, a steady load, and settling. Shorthand for keys of `pushes` and
//! `verify`, but for one thing that only a ramp does: its pushes are verified, and left out of all latencies.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file::File;
use super::plan::Plan;
use super::problems::Problems;
use super::schedule::Stage;
use super::units::{Rate, Span};
use super::workload::Workload;
use crate::ids::PushId;
use crate::pace;
use crate::time::Time;

/// The phases of a run, once everybody is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Phases {
    /// A warm-up, as `5s`, in which pushes rise to `pushes.rate`, or the first of `pushes.stages`. Its pushes are verified as all others, and
    /// left out of latencies. Left out: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ramp: Option<Span>,
    /// The rate that the ramp begins with, as `10/s`; left out: `0/s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ramp_from: Option<Rate>,
    /// How long pushes go on at `pushes.rate` after the ramp, in place of `pushes.duration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steady: Option<Span>,
    /// How long to wait after the last push before judging, in place of `verify.settle`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle: Option<Span>,
}

impl Phases {
    /// Puts what it says where the rest of a plan is made of it, in a scenario with all defaults filled in.
    pub(super) fn spread(self, file: &mut File) {
        if self.steady.is_some() {
            file.pushes.duration = self.steady;
        }
        if self.settle.is_some() {
            file.verify.settle = self.settle;
        }
        let pushes = &mut file.pushes;
        let (Some(ramp), Some(rate), Some(steady), None) =
            (self.ramp, pushes.rate, pushes.duration, &pushes.stages)
        else {
            return;
        };
        if ramp.0.is_zero() {
            return;
        }
        let up = pace::Stage {
            lasts: ramp.0,
            from: self.ramp_from.map_or(0.0, |from| from.0),
            to: rate.0,
        };
        let stages = [up, pace::Stage::constant(rate.0, steady.0)];
        pushes.stages = Some(stages.map(Stage).to_vec());
    }

    /// What is said lies over what was said before: whichever of two keys for one thing was said last takes the place of both.
    pub(super) fn make_room(under: &mut File, over: &File) {
        if over.pushes.duration.is_some() {
            under.phases.steady = None;
        } else if over.phases.steady.is_some() {
            under.pushes.duration = None;
        }
        if over.verify.settle.is_some() {
            under.phases.settle = None;
        } else if over.phases.settle.is_some() {
            under.verify.settle = None;
        }
    }
}

impl Problems {
    /// Checks the phases that a scenario has. `given` is what it says itself, with no default filled in.
    pub(super) fn phases(&mut self, given: &File, plan: &Plan) {
        let (phases, pushes) = (given.phases, &given.pushes);
        let twice = "says the same; leave one of the two out";
        for (key, both, other) in [
            (
                "phases.steady",
                phases.steady.is_some() && pushes.duration.is_some(),
                "pushes.duration",
            ),
            (
                "phases.settle",
                phases.settle.is_some() && given.verify.settle.is_some(),
                "verify.settle",
            ),
        ] {
            self.check(!both, key, || format!("{other} {twice}"));
        }
        self.check(
            phases.steady.is_none() || pushes.stages.is_none(),
            "phases.steady",
            || "pushes.stages already says for how long; leave this out, or the stages".to_owned(),
        );
        self.check(
            phases.steady.is_none() || pushes.count.is_none(),
            "phases.steady",
            || {
                "pushes.count already says when the closed loop is over; leave one of the two out"
                    .to_owned()
            },
        );
        if phases.ramp.is_none() {
            return self.check(phases.ramp_from.is_none(), "phases.ramp_from", || {
                "there is no ramp to begin with this rate; write phases.ramp, or leave this out"
                    .to_owned()
            });
        }
        self.ramp(given, plan);
    }

    /// What is wrong with a key that the phases stand for is wrong with theirs.
    pub(super) fn at_phases(&mut self, phases: Phases) {
        for problem in &mut self.0 {
            problem.key = match problem.key {
                "pushes.duration" if phases.steady.is_some() => "phases.steady",
                "verify.settle" if phases.settle.is_some() => "phases.settle",
                key => key,
            };
        }
    }

    fn ramp(&mut self, given: &File, plan: &Plan) {
        const RAMP: &str = "phases.ramp";
        if plan.closed.is_some() {
            return self.add(
                RAMP,
                "a closed loop has no rate that could rise; leave this out, or mode = \"closed\"",
            );
        }
        if plan.warm_up.is_zero() {
            return self.add(
                RAMP,
                "this takes no time; write one above zero, as 5s, or leave it out",
            );
        }
        let stages = given.pushes.stages.is_some();
        self.check(
            !stages || given.phases.ramp_from.is_none(),
            "phases.ramp_from",
            || {
                "pushes.stages already says which rate there is when; leave this out, or the stages"
                    .to_owned()
            },
        );
        let pace = plan.pace();
        let measured = pace.hits() > pace.due(plan.warm_up);
        self.check(measured, RAMP, || {
            "no push comes after it, so that no latency would be measured; make it shorter, or push for longer"
                .to_owned()
        });
    }
}

impl Plan {
    /// The keys that give its phases, beside what the schedule and settling have of them.
    pub(super) fn written_phases(&self) -> Phases {
        Phases {
            ramp: (!self.warm_up.is_zero()).then_some(Span(self.warm_up)),
            ..Phases::default()
        }
    }
}

/// Tells the pushes of a warm-up, which are left out of latencies.
///
/// Nobody has to be told when pushing began: each push knows when after that it was due.
#[derive(Debug, Clone)]
pub struct WarmUp {
    workload: Arc<Workload>,
    lasts: Duration,
    /// When it ends; `None`: no push was seen yet.
    ends: Option<Time>,
}

impl WarmUp {
    /// That of a plan with these pushes; `None`: it has none.
    pub fn of(plan: &Plan, workload: &Arc<Workload>) -> Option<Self> {
        (!plan.warm_up.is_zero()).then(|| Self {
            workload: Arc::clone(workload),
            lasts: plan.warm_up,
            ends: None,
        })
    }

    /// Whether a push is part of it that was due then.
    pub fn has(&mut self, push: PushId, intended: Time) -> bool {
        let ends = self.ends.or_else(|| {
            let after = self.workload.spec(push)?.intended - Time::ZERO;
            let began = intended.as_nanos().saturating_sub(after.as_nanos() as u64);
            Some(Time::from_nanos(began) + self.lasts)
        });
        self.ends = ends;
        ends.is_some_and(|ends| intended < ends)
    }
}

/// Nothing is said there.
pub(super) fn is_none(phases: &Phases) -> bool {
    *phases == Phases::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Lane, Seq};

    fn plan(text: &str) -> Plan {
        Plan::from_file(&File::parse(&format!("seed = 1\n{text}")).unwrap(), 1).unwrap()
    }

    #[test]
    fn phases_are_a_ramp_and_a_steady_load() {
        let plan = plan(
            "[pushes]\nrate = \"100/s\"\n[phases]\nramp = \"2s\"\nsteady = \"3s\"\nsettle = \"4s\"\n",
        );
        assert_eq!(plan.duration, Duration::from_secs(5));
        assert_eq!(plan.warm_up, Duration::from_secs(2));
        assert_eq!(plan.settle, Duration::from_secs(4));
        let pace = plan.pace();
        assert_eq!((pace.due(plan.warm_up), pace.hits()), (100, 400));
        let flat = self::plan(
            "[pushes]\nrate = \"100/s\"\n[phases]\nramp = \"2s\"\nramp_from = \"100/s\"\nsteady = \"3s\"\n",
        );
        assert_eq!(flat.pace().hits(), 500);
        let staged =
            self::plan("[pushes]\nstages = [\"2s: 5/s\", \"2s: 50/s\"]\n[phases]\nramp = \"1s\"\n");
        assert_eq!(staged.pace().hits(), 110);
        assert_eq!(staged.warm_up, Duration::from_secs(1));
    }

    #[test]
    fn phases_read_back() {
        for text in [
            "[phases]\nramp = \"2s\"\nramp_from = \"7/s\"\nsteady = \"3s\"\nsettle = \"4s\"\n",
            "[phases]\nsteady = \"3s\"\n",
            "[phases]\nramp = \"1s\"\n[pushes]\narrivals = \"poisson\"\n",
        ] {
            let plan = Plan {
                password: "password-{n}".to_owned(),
                ..plan(text)
            };
            let json = serde_json::to_string(&plan).unwrap();
            assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan, "{json}");
        }
    }

    #[test]
    fn each_push_of_a_warm_up_is_told_whichever_comes_first() {
        let plan = plan("[pushes]\nlanes = 3\nrate = \"50/s\"\n[phases]\nramp = \"2s\"\n");
        let workload = Arc::new(Workload::new(&plan));
        let pace = plan.pace();
        let warm = pace.due(plan.warm_up);
        assert_eq!(warm, 50);
        let start = Time::from_nanos(123_456_789_000);
        for first in [0, warm - 1, warm, pace.hits() - 1] {
            let mut warm_up = WarmUp::of(&plan, &workload).unwrap();
            let mut has = |n: u64| {
                let push = plan.deal().push_at(n).unwrap();
                warm_up.has(push, start + (pace.intended(n) - Time::ZERO))
            };
            assert_eq!(has(first), first < warm);
            let all = (0..pace.hits()).filter(|n| has(*n)).count() as u64;
            assert_eq!(all, warm);
        }
        let beyond = PushId {
            lane: Lane(0),
            seq: Seq(9_999),
        };
        assert!(!WarmUp::of(&plan, &workload).unwrap().has(beyond, start));
    }
}
