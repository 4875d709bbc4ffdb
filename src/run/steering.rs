//! What whoever watches may ask of a run while it goes on: another rate.

use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::Conductor;
use super::machine::Phase;
use crate::pace::Course;
use crate::scenario::Plan;
use crate::scenario::schedule::{FASTEST, SLOWEST};
use crate::summary::live::RateChange;
use crate::time::Time;

/// From when on a change counts, after it was asked for: every lane has heard of it by then, so that none sends what it would not have.
const LEAD: Duration = Duration::from_millis(20);
/// Most changes of one run: each stands in the report, and is looked at for every push.
const MOST: usize = 1_000;

/// What may be asked of a run while it goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Command {
    /// From now on push so many times as fast as the schedule says, within 0.1 and 10. What is out of that is brought to its edge. Where the
    /// rate [cannot be changed](crate::summary::Snapshot::rate_fixed) nothing happens.
    Rate {
        /// How many times.
        factor: f64,
    },
}

/// The course of a run, and who may change it.
pub(super) struct Steering {
    pub(super) course: watch::Sender<Course>,
    commands: Option<mpsc::Receiver<Command>>,
    pub(super) changes: Vec<RateChange>,
    warm_up: Duration,
    closed: bool,
    /// When pushing began.
    start: Option<Time>,
}

impl Steering {
    pub(super) fn new(plan: &Plan, commands: Option<mpsc::Receiver<Command>>) -> Self {
        Self {
            course: watch::channel(plan.course()).0,
            commands,
            changes: Vec::new(),
            warm_up: plan.warm_up,
            closed: plan.closed.is_some(),
            start: None,
        }
    }

    /// Pushing begins.
    pub(super) fn pushing(&mut self, now: Time) {
        self.start = Some(now);
    }

    /// Whether anybody may change anything.
    pub(super) fn may_change(&self) -> bool {
        self.commands.is_some()
    }

    /// The next command; never, where nobody gives any.
    pub(super) async fn command(&mut self) -> Command {
        if let Some(commands) = &mut self.commands
            && let Some(command) = commands.recv().await
        {
            return command;
        }
        std::future::pending().await
    }

    /// Why the rate cannot be changed now, in words, if it cannot.
    pub(super) fn fixed(&self, phase: Phase, now: Time) -> Option<&'static str> {
        if self.closed {
            return Some(
                "a closed loop has no rate: each push follows the arrival of the one before",
            );
        }
        if self.commands.is_none() {
            return Some("nobody may change it");
        }
        let Some(start) = self.start.filter(|_| phase == Phase::Pushing) else {
            return Some("nothing is pushed now");
        };
        if now < start + self.warm_up {
            return Some("the warm-up goes on");
        }
        (self.changes.len() >= MOST).then_some("it was changed a thousand times")
    }

    /// Changes the rate, if it can be. True: it was.
    fn change(&mut self, factor: f64, phase: Phase, now: Time) -> bool {
        let Some(start) = self.start.filter(|_| self.fixed(phase, now).is_none()) else {
            return false;
        };
        if factor.is_nan() {
            return false;
        }
        let (factor, at) = (factor.clamp(SLOWEST, FASTEST), now + LEAD);
        self.course
            .send_modify(|course| course.change(at - start, factor));
        let at = at - Time::ZERO;
        self.changes.push(RateChange { at, factor });
        true
    }
}

impl Conductor {
    /// Does what was asked for.
    pub(super) fn commanded(&mut self, command: Command) {
        let Command::Rate { factor } = command;
        let (phase, now) = (self.machine.phase(), self.clock.now());
        if self.steering.change(factor, phase, now) {
            let hits = self.steering.course.borrow().hits();
            self.progress.schedule(hits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    fn plan(pushes: &str) -> Plan {
        let text = format!("seed = 1\n[pushes]\n{pushes}");
        Plan::from_file(&File::parse(&text).unwrap(), 1).unwrap()
    }

    fn at(secs: u64) -> Time {
        Time::ZERO + Duration::from_secs(secs)
    }

    fn steering(plan: &Plan) -> Steering {
        let mut steering = Steering::new(plan, Some(mpsc::channel(1).1));
        steering.pushing(at(10));
        steering
    }

    #[test]
    fn a_change_counts_a_moment_later_and_is_kept() {
        let mut steering = steering(&plan("rate = \"100/s\"\nduration = \"10s\"\n"));
        assert!(steering.change(50.0, Phase::Pushing, at(14)));
        assert_eq!(steering.course.borrow().hits(), 402 + 5_980);
        assert!(steering.change(0.0, Phase::Pushing, at(15)));
        let factors: Vec<_> = steering
            .changes
            .iter()
            .map(|change| change.factor)
            .collect();
        assert_eq!(factors, [10.0, 0.1]);
        assert_eq!(steering.changes[0].at, Duration::from_millis(14_020));
        assert!(!steering.change(f64::NAN, Phase::Pushing, at(15)));
    }

    #[test]
    fn where_it_cannot_be_changed_it_is_said_why() {
        let open = plan("rate = \"100/s\"\nduration = \"10s\"\n");
        let mut one = steering(&open);
        assert_eq!(one.fixed(Phase::Pushing, at(11)), None);
        assert_eq!(
            one.fixed(Phase::Settling, at(21)),
            Some("nothing is pushed now")
        );
        assert!(!one.change(2.0, Phase::Settling, at(21)));
        let none = Steering::new(&open, None);
        assert_eq!(
            none.fixed(Phase::Pushing, at(11)),
            Some("nobody may change it")
        );
        let closed = steering(&plan("mode = \"closed\"\ncount = 5\n"));
        let why = closed.fixed(Phase::Pushing, at(11)).unwrap();
        assert!(why.starts_with("a closed loop"), "{why}");
        let mut warm = steering(&Plan {
            warm_up: Duration::from_secs(3),
            ..open
        });
        assert_eq!(
            warm.fixed(Phase::Pushing, at(12)),
            Some("the warm-up goes on")
        );
        assert!(warm.change(2.0, Phase::Pushing, at(13)));
        assert_eq!(warm.course.borrow().hits(), 302 + 2 * 698);
    }
}
