//! The closed loop: no schedule, but the next push of a lane as soon as its last one has arrived.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file;
use super::plan::Plan;
use super::problems::Problems;
use super::schedule::{Arrivals, MOST_PUSHES};
use super::units::Span;
use crate::pace::Pace;

/// What a lane waits for before its next push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The time that the schedule wants it at, whatever the target does.
    #[default]
    Open,
    /// The arrival of its last push at every socket that has to get it: a closed loop.
    Closed,
}

/// How long a closed loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// Until there were so many pushes, over all lanes; `None`: for the plan's duration.
    pub count: Option<u64>,
}

impl Closed {
    /// Of a scenario; `None`: it follows a schedule. `given` is what the scenario itself says, with no default filled in.
    pub(super) fn new(given: &file::Pushes) -> Option<Self> {
        let closed = given.mode == Some(Mode::Closed);
        closed.then_some(Self { count: given.count })
    }

    /// No push is due before another: each as soon as its lane may send it.
    fn pace(self) -> Pace {
        Pace::new(f64::INFINITY, self.count.unwrap_or(MOST_PUSHES))
    }
}

impl Plan {
    /// The pushes of a closed loop, if it is one.
    pub(super) fn closed_pace(&self) -> Option<Pace> {
        self.closed.map(Closed::pace)
    }

    /// The keys of a scenario that give this plan's closed loop.
    pub(super) fn written_loop(&self, closed: Closed) -> file::Pushes {
        let lasts = closed.count.is_none();
        file::Pushes {
            mode: Some(Mode::Closed),
            count: closed.count,
            duration: lasts.then_some(Span(self.duration)),
            ..file::Pushes::default()
        }
    }

    /// How many pushes the whole run is to have, when so many were sent: those of the schedule. In a closed loop that lasts for a time,
    /// those that there were time for.
    pub fn scheduled(&self, sent: u64) -> u64 {
        match self.closed {
            Some(Closed { count: None }) => sent,
            Some(Closed { count: Some(_) }) | None => self.pace().hits(),
        }
    }
}

impl Problems {
    /// Checks a closed loop, or that what is only for one is not asked of a schedule.
    pub(super) fn closed(&mut self, given: &file::Pushes, plan: &Plan) {
        let Some(closed) = plan.closed else {
            return self.check(given.count.is_none(), "pushes.count", || {
                "a schedule has as many pushes as its rate and duration make; leave this out, or write mode = \"closed\""
                    .to_owned()
            });
        };
        for (key, is_given) in [
            ("pushes.rate", given.rate.is_some()),
            ("pushes.stages", given.stages.is_some()),
            ("pushes.burst", given.burst.is_some()),
            (
                "pushes.arrivals",
                given.arrivals.is_some_and(|of| of != Arrivals::Constant),
            ),
        ] {
            self.check(!is_given, key, || {
                "a closed loop has no schedule: each lane sends its next push when its last one has arrived; leave this out, or leave mode = \"closed\" out"
                    .to_owned()
            });
        }
        let count = closed.count;
        self.check(
            count.is_none() || given.duration.is_none(),
            "pushes.count",
            || {
                "pushes.duration already says how long the closed loop goes on; leave one of the two out"
                    .to_owned()
            },
        );
        self.check(
            count.is_none_or(|n| (1..=MOST_PUSHES).contains(&n)),
            "pushes.count",
            || {
                format!(
                    "{} pushes; ask for 1 to {MOST_PUSHES}",
                    count.unwrap_or_default()
                )
            },
        );
        let endless = count.is_none() && plan.duration == Duration::ZERO;
        self.check(!endless, "pushes.duration", || {
            "nothing can be pushed in no time; write one above zero, as 10s".to_owned()
        });
        self.check(plan.workers <= 1, "generator.workers", || {
            "the lanes of a closed loop have to know of every arrival, and what arrives at another process they learn too late; leave workers out, or mode = \"closed\""
                .to_owned()
        });
        self.check(plan.requests.is_none(), "requests", || {
            "requests have a schedule, beside the one of pushes; leave them out, or mode = \"closed\""
                .to_owned()
        });
        self.check(plan.churn.is_none(), "pushes.mode", || {
            "sockets that leave would hold the lanes of a closed loop up until the deadline, push by push; leave the section churn out, or mode = \"closed\""
                .to_owned()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Lane, PushId, Seq};
    use crate::scenario::file::File;
    use crate::scenario::workload::Workload;
    use crate::time::Time;

    fn plan(pushes: &str) -> Plan {
        let text = format!("seed = 1\n[pushes]\nmode = \"closed\"\n{pushes}");
        Plan::from_file(&File::parse(&text).unwrap(), 1).unwrap()
    }

    #[test]
    fn a_closed_loop_has_as_many_pushes_as_asked_for_and_no_times() {
        let plan = plan("count = 10\nlanes = 3\n");
        assert_eq!(plan.pace().hits(), 10);
        assert_eq!((plan.scheduled(0), plan.scheduled(7)), (10, 10));
        assert_eq!(plan.pushes_per_lane(), 4);
        let workload = Workload::new(&plan);
        let of = |lane| {
            let specs = (0..).map_while(move |seq| {
                let (lane, seq) = (Lane(lane), Seq(seq));
                workload.spec(PushId { lane, seq })
            });
            specs.collect::<Vec<_>>()
        };
        assert_eq!(of(2).len(), 3);
    }

    #[test]
    fn a_closed_loop_that_lasts_has_the_pushes_there_was_time_for() {
        let plan = plan("duration = \"3s\"\n");
        assert_eq!(plan.duration, Duration::from_secs(3));
        assert_eq!((plan.scheduled(0), plan.scheduled(7)), (0, 7));
        assert_eq!(plan.pace().intended(99_999_999), Time::ZERO);
    }

    #[test]
    fn a_closed_loop_reads_back() {
        for pushes in ["count = 10\n", "duration = \"3s\"\nlanes = 2\n", ""] {
            let plan = Plan {
                password: "password-{n}".to_owned(),
                ..plan(pushes)
            };
            let json = serde_json::to_string(&plan).unwrap();
            assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan, "{json}");
        }
    }
}
