//! A lane: asks for its pushes one after the other, each at its intended time or as soon after as the answer before it allows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::http::HttpTrigger;
use crate::clock::Clock;
use crate::history::{Outcome, Push};
use crate::ids::{Lane, PushId, Seq};
use crate::measure::Latency;
use crate::scenario::workload::Spec;
use crate::scenario::{Plan, Workload};
use crate::summary::{PushCounts, Reasons};
use crate::time::Time;
use crate::verify::{Answer, LaneWriter};

/// Pushes so far, over all lanes; anyone may read it at any time.
#[derive(Debug, Default)]
pub struct Progress {
    sent: AtomicU64,
    accepted: AtomicU64,
    rejected: AtomicU64,
    unknown: AtomicU64,
}

impl Progress {
    /// The counts now, of so many scheduled pushes.
    pub fn counts(&self, scheduled: u64) -> PushCounts {
        PushCounts {
            scheduled,
            sent: self.sent.load(Ordering::Relaxed),
            accepted: self.accepted.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            unknown: self.unknown.load(Ordering::Relaxed),
        }
    }

    fn answered(&self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Accepted => &self.accepted,
            Outcome::Rejected => &self.rejected,
            Outcome::Unknown => &self.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a lane measured.
#[derive(Debug, Default)]
pub struct LaneReport {
    /// From asking to the answer.
    pub trigger: Latency,
    /// From when the lane could have sent (the push was due and the answer before it there) to when it did: the generator's own delay.
    pub lag: Latency,
    /// Why pushes were not accepted, with how often.
    pub reasons: Reasons,
}

impl LaneReport {
    /// Adds another lane's.
    pub fn merge(&mut self, other: &Self) {
        self.trigger.merge(&other.trigger);
        self.lag.merge(&other.lag);
        self.reasons.merge(&other.reasons);
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
    pub trigger: HttpTrigger,
    /// Where its pushes are entered.
    pub writer: LaneWriter,
    /// The run's clock.
    pub clock: Clock,
    /// When pushing began.
    pub start: Time,
    /// Counts for whoever watches.
    pub progress: Arc<Progress>,
    /// Turns true when no more pushes are to be sent.
    pub stop: watch::Receiver<bool>,
}

/// Works a lane to its end: the end of the schedule, or the order to stop. A push that was asked for is always waited for.
pub async fn run(mut setup: Setup) -> LaneReport {
    let mut report = LaneReport::default();
    // A lane held up by slow answers may still send what is overdue, but not for ever.
    let last_call = setup.start + setup.plan.duration + setup.plan.deadline;
    let mut free_since = setup.start;
    let mut seq = 0;
    while let Some(spec) = setup.spec(seq) {
        let due = setup.start + (spec.intended - Time::ZERO);
        if !setup.wait_until(due).await || setup.clock.now() > last_call {
            break;
        }
        let ready = due.max(free_since);
        if !setup.push(seq, &spec, due, ready, &mut report).await {
            break;
        }
        free_since = setup.clock.now();
        seq += 1;
    }
    report
}

impl Setup {
    fn id(&self, seq: u32) -> PushId {
        PushId {
            lane: self.lane,
            seq: Seq(seq),
        }
    }

    fn spec(&self, seq: u32) -> Option<Spec> {
        self.workload.spec(self.id(seq))
    }

    /// False: told to stop.
    async fn wait_until(&mut self, due: Time) -> bool {
        if *self.stop.borrow() {
            return false;
        }
        if due <= self.clock.now() {
            return true;
        }
        tokio::select! {
            () = tokio::time::sleep_until(self.clock.instant(due)) => true,
            _ = self.stop.wait_for(|stop| *stop) => false,
        }
    }

    /// False: the ledger has no room for it.
    async fn push(
        &mut self,
        seq: u32,
        spec: &Spec,
        due: Time,
        ready: Time,
        report: &mut LaneReport,
    ) -> bool {
        let stream_seq = self.writer.next_in_stream(spec.app, spec.audience);
        let tag = Workload::tag(self.id(seq), spec, stream_seq);
        let message = self.workload.payload(spec, &tag);
        let user_id = self.plan.audience_name(spec.audience);
        let event = &self.plan.events[spec.event.index()];
        let body = HttpTrigger::body(&user_id, event, &message);
        let sent = self.clock.now();
        let entered = self.writer.send(&Push {
            intended: due,
            sent,
            app: spec.app,
            audience: spec.audience,
            event: spec.event,
            stream_seq,
        });
        let Some(id) = entered else {
            return false;
        };
        self.progress.sent.fetch_add(1, Ordering::Relaxed);
        report.lag.record(sent - ready);
        let asked = self.trigger.ask(spec.app.index(), body).await;
        let at = self.clock.now();
        let outcome = asked.outcome;
        self.writer.answer(id, Answer { outcome, at });
        self.progress.answered(outcome);
        report.trigger.record(at - sent);
        if let Some(why) = asked.why {
            report.reasons.add(&why, 1);
        }
        true
    }
}

/// How long a target may take to answer one request: long enough for a busy one, short enough that a dead one does not hang a run.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
