//! A lane: asks for its pushes one after the other, each at its intended time or as soon after as the answer before it allows.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, watch};

use super::progress::{Progress, Spot};
use super::turns::Turns;
use super::{Asker, Wanted};
use crate::clock::Clock;
use crate::history::{Outcome, Push};
use crate::ids::{Audience, Lane, PushId, Seq};
use crate::journal::LaneRecorder;
use crate::measure::Latency;
use crate::pace::Course;
use crate::scenario::workload::Spec;
use crate::scenario::{Plan, Workload};
use crate::summary::{Missed, PushCounts, Reasons};
use crate::time::Time;
use crate::verify::{Answer, Awaited};

/// What a lane measured.
#[derive(Debug, Default)]
pub struct LaneReport {
    /// Which lane.
    pub lane: Lane,
    /// Its pushes; how many were scheduled is not told.
    pub pushes: PushCounts,
    /// From asking to the answer.
    pub trigger: Latency,
    /// From when the lane could have sent (the push was due and the answer before it there) to when it did: the generator's own delay.
    pub lag: Latency,
    /// Why pushes were not accepted that had somebody to reach, with how often.
    pub reasons: Reasons,
    /// What the generator's machine ran out of, with how many pushes met it.
    pub shortages: Reasons,
    /// Pushes given up because the schedule had long been over.
    pub missed: Missed,
}

impl LaneReport {
    /// Adds another lane's.
    pub fn merge(&mut self, other: &Self) {
        self.pushes.merge(&other.pushes);
        self.trigger.merge(&other.trigger);
        self.lag.merge(&other.lag);
        self.reasons.merge(&other.reasons);
        self.shortages.merge(&other.shortages);
        self.missed.by_target += other.missed.by_target;
        self.missed.by_generator += other.missed.by_generator;
    }
}

/// What a lane works with.
pub struct Setup {
    /// Which lane.
    pub lane: Lane,
    /// The plan.
    pub plan: Arc<Plan>,
    /// Its pushes.
    pub workload: Arc<Workload>,
    /// How to ask.
    pub trigger: Asker,
    /// Which of the plan's triggers that is.
    pub which: usize,
    /// Which node of the target is asked; `None`: the trigger goes elsewhere.
    pub node: Option<usize>,
    /// Where its pushes are entered.
    pub writer: LaneRecorder,
    /// The run's clock.
    pub clock: Clock,
    /// What is asked for by one lane at a time.
    pub turns: Arc<Turns>,
    /// When pushing began.
    pub start: Time,
    /// From when on answers are measured; what is due before is a warm-up.
    pub measured_from: Time,
    /// What is waited for in a closed loop.
    pub awaited: Option<Arc<Awaited>>,
    /// The course that the schedule takes.
    pub course: watch::Receiver<Course>,
    /// Whether that may be changed: who has no more pushes then waits for the end.
    pub may_change: bool,
    /// Counts for whoever watches.
    pub progress: Arc<Progress>,
    /// Turns true when no more pushes are to be sent.
    pub stop: watch::Receiver<bool>,
}

/// Works a lane to its end: the end of the schedule, or the order to stop. A push that was asked for is always waited for.
pub async fn run(mut setup: Setup) -> LaneReport {
    let mut report = LaneReport {
        lane: setup.lane,
        ..LaneReport::default()
    };
    setup.trigger.open(&setup.plan.apps).await;
    // A lane held up by slow answers may still send what is overdue, but not for ever.
    let last_call = setup.start + setup.plan.duration + setup.plan.deadline;
    let over = setup.over();
    let mut free_since = setup.clock.now();
    let mut waited = Waited::default();
    let mut own = Own::of(&setup.plan, setup.lane, &setup.course.borrow());
    let mut seq = 0;
    while let Some((spec, due)) = setup.next(seq, free_since, &mut own).await {
        let Some(waited_for_sender) = setup.sender(&spec).await else {
            break;
        };
        let (turn, waited_for_turn) = setup.turn(&spec).await;
        let waited_for_others = waited_for_sender + waited_for_turn;
        waited.answers += waited_for_others;
        let ready = due.max(free_since) + waited_for_others;
        let now = setup.clock.now();
        if over.is_some_and(|over| now >= over) {
            break;
        }
        if setup.plan.closed.is_none() && now > last_call {
            waited.own += now - ready;
            report.missed = waited.blame(own.pushes.saturating_sub(seq));
            break;
        }
        let Some((sent, outcome)) = setup.push(seq, &spec, due, ready, &mut report).await else {
            break;
        };
        drop(turn);
        if outcome == Outcome::Accepted {
            setup.arrival(sent).await;
        }
        free_since = setup.clock.now();
        waited.own += now - ready;
        waited.answers += free_since - now;
        seq += 1;
    }
    report
}

/// The pushes of the course that are a lane's.
struct Own {
    /// After so many changes of it.
    changes: usize,
    pushes: u32,
}

impl Own {
    fn of(plan: &Plan, lane: Lane, course: &Course) -> Self {
        Self {
            changes: course.changes(),
            pushes: plan.deal().pushes_of(lane, course.hits()),
        }
    }
}

/// Where the time of a lane went that it was not waiting for its schedule.
#[derive(Debug, Default)]
struct Waited {
    /// A push could have been sent, and was not yet.
    own: Duration,
    /// The target had been asked, and had not answered yet.
    answers: Duration,
}

impl Waited {
    /// Whoever the lane waited for longer is why pushes were never sent.
    fn blame(&self, missed: u32) -> Missed {
        let missed = u64::from(missed);
        if self.own > self.answers {
            Missed {
                by_generator: missed,
                ..Missed::default()
            }
        } else {
            Missed {
                by_target: missed,
                ..Missed::default()
            }
        }
    }
}

impl Setup {
    fn id(&self, seq: u32) -> PushId {
        PushId {
            lane: self.lane,
            seq: Seq(seq),
        }
    }

    /// The lane's next push once it is due, with when that was. `None`: there is none, or the lane was told to stop.
    async fn next(&mut self, seq: u32, free_since: Time, own: &mut Own) -> Option<(Spec, Time)> {
        if self.plan.closed.is_some() {
            // As soon as may be.
            let spec = self.workload.spec(self.id(seq))?;
            return (!*self.stop.borrow()).then_some((spec, free_since));
        }
        loop {
            if *self.stop.borrow() {
                return None;
            }
            let (spec, due) = {
                // Looked at once: which push is next and when it is due have to come from the same course.
                let course = self.course.borrow_and_update();
                if own.changes != course.changes() {
                    *own = Own::of(&self.plan, self.lane, &course);
                }
                let id = PushId {
                    lane: self.lane,
                    seq: Seq(seq),
                };
                let spec = (seq < own.pushes).then(|| self.workload.spec(id)).flatten();
                let due = match &spec {
                    Some(spec) => course.real(spec.intended) - Time::ZERO,
                    // As long as the rate may be raised there may be another.
                    None if self.may_change => self.plan.duration,
                    None => return None,
                };
                (spec, self.start + due)
            };
            if due > self.clock.now() {
                tokio::select! {
                    () = tokio::time::sleep_until(self.clock.instant(due)) => {}
                    Ok(()) = self.course.changed() => continue,
                    _ = self.stop.wait_for(|stop| *stop) => return None,
                }
            }
            return spec.map(|spec| (spec, due));
        }
    }

    /// Waits for who is to send a push, if that is a user of the run who is away, and says how long. `None`: told to stop.
    async fn sender(&mut self, spec: &Spec) -> Option<Duration> {
        let app = &self.plan.apps[spec.app.index()];
        if self.trigger.is_there(app) {
            return Some(Duration::ZERO);
        }
        let since = self.clock.now();
        tokio::select! {
            () = self.trigger.there(app) => Some(self.clock.now() - since),
            _ = self.stop.wait_for(|stop| *stop) => None,
        }
    }

    /// The turn of a push that carries no tag, and how long it took until there was one: that is a wait for the answer to another push.
    async fn turn(&self, spec: &Spec) -> (Option<OwnedMutexGuard<()>>, Duration) {
        if !self.workload.is_untagged(spec) {
            return (None, Duration::ZERO);
        }
        if let Some(turn) = self.turns.at_once(spec.app, spec.event) {
            return (Some(turn), Duration::ZERO);
        }
        let since = self.clock.now();
        let turn = self.turns.wait(spec.app, spec.event).await;
        self.progress.waited_for_turn();
        (Some(turn), self.clock.now() - since)
    }

    /// When a closed loop is over that lasts for a time.
    fn over(&self) -> Option<Time> {
        let closed = self.plan.closed?;
        closed
            .count
            .is_none()
            .then(|| self.start + self.plan.duration)
    }

    fn spot(&self, spec: &Spec) -> Spot {
        let plan = &self.plan;
        Spot {
            event: spec.event,
            broadcast: spec.audience == Audience::Everyone,
            trigger: self.which,
            node: self.node,
            reach: plan.reach(spec.app, spec.audience),
            expected: self.progress.recipients(plan, spec.app, spec.audience),
        }
    }

    /// In a closed loop: waits until the push sent last has arrived wherever it has to, or is overdue.
    async fn arrival(&mut self, sent: Time) {
        let Some(awaited) = &self.awaited else {
            return;
        };
        let overdue = self.clock.instant(sent + self.plan.deadline);
        tokio::select! {
            biased;
            () = poll_fn(|task| awaited.poll_arrived(self.lane, task)) => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
            () = tokio::time::sleep_until(overdue) => {
                self.progress.gave_up();
            }
        }
    }

    /// Asks for a push: when, and how that ended. `None`: the ledger has no room for it.
    async fn push(
        &mut self,
        seq: u32,
        spec: &Spec,
        due: Time,
        could: Time,
        report: &mut LaneReport,
    ) -> Option<(Time, Outcome)> {
        let stream_seq = self.writer.next_in_stream(spec.app, spec.audience);
        let tag = Workload::tag(self.id(seq), spec, stream_seq);
        let bytes = self.workload.bytes(spec, &tag);
        let message = self.workload.payload(spec, &tag);
        let user_id = self.plan.audience_name(spec.audience);
        let event = &self.plan.events[spec.event.index()];
        let ready = self.trigger.ready(&Wanted {
            app: &self.plan.apps[spec.app.index()],
            user: (spec.audience != Audience::Everyone).then_some(&user_id),
            listed: match spec.audience {
                Audience::Everyone => None,
                Audience::User(user) => self.plan.people.listed(user),
            },
            event,
            message: &message,
            bytes: bytes.as_deref(),
        });
        let sent = self.clock.now();
        let entered = self.writer.send(&Push {
            // In a closed loop nobody wanted it at any time.
            intended: if self.plan.closed.is_some() {
                sent
            } else {
                due
            },
            sent,
            app: spec.app,
            audience: spec.audience,
            event: spec.event,
            stream_seq,
        });
        let id = entered?;
        let spot = self.spot(spec);
        let reach = spot.reach;
        if let Some(awaited) = &self.awaited {
            awaited.send(id, spot.expected);
        }
        self.progress.sent(&spot, sent - could);
        report.pushes.count_sent(reach);
        report.lag.record(sent - could);
        let asked = self.trigger.ask(ready).await;
        let at = self.clock.now();
        let outcome = asked.outcome;
        self.writer.answer(id, Answer { outcome, at });
        let measured = due >= self.measured_from;
        let took = measured.then(|| at - sent);
        self.progress.answered(&spot, &asked, took);
        report.pushes.count_answer(outcome, reach);
        if let Some(took) = took {
            report.trigger.record(took);
        }
        // That nobody was there is no failure.
        let may_be = outcome == Outcome::Rejected && reach.is_nobody();
        if let Some(why) = asked.why.filter(|_| !may_be) {
            report.reasons.add(&why, 1);
        }
        if let Some(what) = asked.shortage {
            report.shortages.add(&what, 1);
        }
        Some((sent, outcome))
    }
}

/// How long a target may take to answer one request: long enough for a busy one, short enough that a dead one does not hang a run.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_was_waited_for_longer_is_to_blame() {
        let waited = |own, answers| Waited {
            own: Duration::from_millis(own),
            answers: Duration::from_millis(answers),
        };
        assert_eq!(waited(10, 2_000).blame(7).by_target, 7);
        assert_eq!(waited(2_000, 10).blame(7).by_generator, 7);
        assert_eq!(waited(2_000, 10).blame(7).by_target, 0);
    }
}
