//! What the lanes have done so far, for whoever watches.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Asked;
use crate::history::Outcome;
use crate::ids::{AppId, Audience, EventId};
use crate::measure::Latency;
use crate::scenario::{Plan, Reach};
use crate::summary::parts::PartSoFar;
use crate::summary::{PushCounts, Reasons};
use crate::verify::There;

/// Pushes so far, over all lanes; anyone may read it at any time. Lanes write to it a few times for each push, never for a delivery.
#[derive(Debug)]
pub struct Progress {
    sent: AtomicU64,
    accepted: AtomicU64,
    rejected: AtomicU64,
    unknown: AtomicU64,
    absent: AtomicU64,
    foreign: AtomicU64,
    rejected_at_nobody: AtomicU64,
    turns: AtomicU64,
    given_up: AtomicU64,
    /// Deliveries that the pushes sent should bring, and those that were taken back with the answer.
    expected: AtomicU64,
    withdrawn: AtomicU64,
    /// Two for each event name: targeted, then broadcast.
    by_event: Box<[Part]>,
    by_trigger: Box<[Part]>,
    by_node: Box<[Part]>,
    measured: Mutex<Measured>,
    /// The sockets that are there; `None`: only workers know.
    there: Option<Arc<There>>,
    /// Pushes of the course, if that is not the plan's; 0: it is.
    scheduled: AtomicU64,
    /// Sockets connected of those wanted, in millionths.
    connected_ppm: AtomicU64,
}

/// Pushes of one part.
#[derive(Debug, Default)]
struct Part {
    sent: AtomicU64,
    failed: AtomicU64,
}

/// What is measured of pushes so far.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// From asking to the answer, but for those of a warm-up.
    pub trigger: Latency,
    /// How late pushes were sent that could have been.
    pub lag: Latency,
    /// The most of that since this was taken last.
    pub lag_since: Option<Duration>,
    /// Why pushes were not accepted that had somebody to reach.
    pub reasons: Reasons,
    /// What the generator's machine ran out of.
    pub shortages: Reasons,
}

/// Where a push belongs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) event: EventId,
    pub(super) broadcast: bool,
    pub(super) trigger: usize,
    /// `None`: it is asked for at no node of the target.
    pub(super) node: Option<usize>,
    pub(super) reach: Reach,
    /// Deliveries that it should bring.
    pub(super) expected: u32,
}

impl Progress {
    /// Of a run with this plan, of so many nodes of the target. `there`: the sockets that are there, if they are of this process.
    pub fn new(plan: &Plan, nodes: usize, there: Option<Arc<There>>) -> Self {
        let parts = |n| (0..n).map(|_| Part::default()).collect();
        Self {
            sent: AtomicU64::default(),
            accepted: AtomicU64::default(),
            rejected: AtomicU64::default(),
            unknown: AtomicU64::default(),
            absent: AtomicU64::default(),
            foreign: AtomicU64::default(),
            rejected_at_nobody: AtomicU64::default(),
            turns: AtomicU64::default(),
            given_up: AtomicU64::default(),
            expected: AtomicU64::default(),
            withdrawn: AtomicU64::default(),
            by_event: parts(plan.events.len() * 2),
            by_trigger: parts(plan.triggers.len()),
            by_node: parts(nodes),
            measured: Mutex::default(),
            there,
            scheduled: AtomicU64::default(),
            connected_ppm: AtomicU64::default(),
        }
    }

    /// The counts now, of the pushes of this plan.
    pub fn counts(&self, plan: &Plan) -> PushCounts {
        let sent = self.sent.load(Ordering::Relaxed);
        PushCounts {
            scheduled: match self.scheduled.load(Ordering::Relaxed) {
                0 => plan.scheduled(sent),
                changed => changed,
            },
            sent,
            accepted: self.accepted.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            unknown: self.unknown.load(Ordering::Relaxed),
            absent: self.absent.load(Ordering::Relaxed),
            foreign: self.foreign.load(Ordering::Relaxed),
            rejected_at_nobody: self.rejected_at_nobody.load(Ordering::Relaxed),
            waited_for_turn: self.turns.load(Ordering::Relaxed),
            given_up: self.given_up.load(Ordering::Relaxed),
        }
    }

    /// Deliveries that the pushes sent so far should bring, without those of pushes that were refused: an estimate.
    pub fn expected(&self) -> u64 {
        let withdrawn = self.withdrawn.load(Ordering::Relaxed);
        let expected = self.expected.load(Ordering::Relaxed);
        expected.saturating_sub(withdrawn)
    }

    /// Pushes by event name, two for each: targeted, then broadcast.
    pub fn by_event(&self) -> Vec<PartSoFar> {
        self.by_event.iter().map(Part::so_far).collect()
    }

    /// Pushes by trigger.
    pub fn by_trigger(&self) -> Vec<PartSoFar> {
        self.by_trigger.iter().map(Part::so_far).collect()
    }

    /// Pushes by node of the target that was asked.
    pub fn by_node(&self) -> Vec<PartSoFar> {
        self.by_node.iter().map(Part::so_far).collect()
    }

    /// What was measured so far. The next will have the lag since now.
    pub fn measured(&self) -> Measured {
        let mut measured = self.lock();
        let now = measured.clone();
        measured.lag_since = None;
        now
    }

    /// The course of the schedule was changed, and has so many pushes now.
    pub fn schedule(&self, hits: u64) {
        self.scheduled.store(hits, Ordering::Relaxed);
    }

    /// So many sockets are connected of those wanted: what is expected goes by their share where only workers know who is there.
    pub fn connected(&self, alive: u64, wanted: u64) {
        let ppm = (alive * 1_000_000).checked_div(wanted).unwrap_or(0);
        self.connected_ppm.store(ppm, Ordering::Relaxed);
    }

    /// At how many sockets a push should arrive that is sent now, as far as is known.
    pub(super) fn recipients(&self, plan: &Plan, app: AppId, audience: Audience) -> u32 {
        if plan.reach(app, audience).is_nobody() {
            return 0;
        }
        if let Some(there) = &self.there {
            return there.count(app, audience);
        }
        let planned = match audience {
            Audience::Everyone => plan.wanted_sockets() / plan.apps.len() as u32,
            Audience::User(_) => plan.sockets_per_user,
        };
        let ppm = self.connected_ppm.load(Ordering::Relaxed);
        ((u64::from(planned) * ppm + 500_000) / 1_000_000) as u32
    }

    /// A push is sent, and could have been so long ago.
    pub(super) fn sent(&self, spot: &Spot, lag: Duration) {
        match spot.reach {
            Reach::Absent => self.absent.fetch_add(1, Ordering::Relaxed),
            Reach::Foreign => self.foreign.fetch_add(1, Ordering::Relaxed),
            Reach::Everyone | Reach::One | Reach::Refused => 0,
        };
        self.sent.fetch_add(1, Ordering::Relaxed);
        let expected = u64::from(spot.expected);
        self.expected.fetch_add(expected, Ordering::Relaxed);
        for part in self.parts(spot) {
            part.sent.fetch_add(1, Ordering::Relaxed);
        }
        let mut measured = self.lock();
        measured.lag.record(lag);
        measured.lag_since = measured.lag_since.max(Some(lag));
    }

    /// It was answered, after so long; `None`: that is not measured.
    pub(super) fn answered(&self, spot: &Spot, asked: &Asked, took: Option<Duration>) {
        let nobody = spot.reach.is_nobody();
        let counter = match asked.outcome {
            Outcome::Accepted => &self.accepted,
            Outcome::Rejected => {
                let at_nobody = u64::from(nobody);
                self.rejected_at_nobody
                    .fetch_add(at_nobody, Ordering::Relaxed);
                let expected = u64::from(spot.expected);
                self.withdrawn.fetch_add(expected, Ordering::Relaxed);
                &self.rejected
            }
            Outcome::Unknown => &self.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let may_be = asked.outcome == Outcome::Rejected && nobody;
        if asked.outcome != Outcome::Accepted && !may_be {
            for part in self.parts(spot) {
                part.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
        let mut measured = self.lock();
        if let Some(took) = took {
            measured.trigger.record(took);
        }
        // That nobody was there is no failure.
        if let Some(why) = asked.why.as_ref().filter(|_| !may_be) {
            measured.reasons.add(why, 1);
        }
        if let Some(what) = &asked.shortage {
            measured.shortages.add(what, 1);
        }
    }

    /// A push had to wait for the turn of its name.
    pub(super) fn waited_for_turn(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// A lane waits for its last push no more.
    pub(super) fn gave_up(&self) {
        self.given_up.fetch_add(1, Ordering::Relaxed);
    }

    fn parts(&self, spot: &Spot) -> impl Iterator<Item = &Part> {
        let event = spot.event.index() * 2 + usize::from(spot.broadcast);
        let node = spot.node.and_then(|node| self.by_node.get(node));
        let own = [self.by_event.get(event), self.by_trigger.get(spot.trigger)];
        own.into_iter().flatten().chain(node)
    }

    fn lock(&self) -> MutexGuard<'_, Measured> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    fn so_far(&self) -> PartSoFar {
        PartSoFar {
            sent: self.sent.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use crate::scenario::file::File;

    fn plan() -> Plan {
        let text = "[target]\napps = [\"a\", \"b\"]\n[users]\ncount = 8\nsockets_per_user = 2\n";
        Plan::from_file(&File::parse(text).unwrap(), 1).unwrap()
    }

    fn answer(outcome: Outcome) -> Asked {
        Asked {
            outcome,
            why: (outcome != Outcome::Accepted).then(|| "no".to_owned()),
            shortage: None,
        }
    }

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn what_is_refused_is_expected_no_more() {
        let plan = plan();
        let there = Arc::new(There::new(plan.users, 2));
        for user in [0, 0, 2, 4, 1] {
            let user = UserId(user);
            there.is_there(plan.app_of(user), user, true);
        }
        let progress = Progress::new(&plan, 2, Some(there));
        let of = |app, audience| progress.recipients(&plan, AppId(app), audience);
        assert_eq!(of(0, Audience::Everyone), 4);
        assert_eq!(of(1, Audience::Everyone), 1);
        assert_eq!(of(0, Audience::User(UserId(0))), 2);
        // Another app's user, and nobody's.
        assert_eq!(of(1, Audience::User(UserId(0))), 0);
        assert_eq!(of(0, Audience::User(UserId(800))), 0);
        let spot = |broadcast, reach, expected| Spot {
            event: EventId(0),
            broadcast,
            trigger: 0,
            node: Some(1),
            reach,
            expected,
        };
        let all = [
            (spot(true, Reach::Everyone, 4), Outcome::Accepted),
            (spot(true, Reach::Everyone, 4), Outcome::Rejected),
            (spot(false, Reach::One, 2), Outcome::Unknown),
            (spot(false, Reach::Absent, 0), Outcome::Rejected),
        ];
        for (spot, outcome) in &all {
            progress.sent(spot, MS);
            progress.answered(spot, &answer(*outcome), Some(MS * 2));
        }
        assert_eq!(progress.expected(), 6);
        let so_far = |sent, failed| PartSoFar { sent, failed };
        assert_eq!(progress.by_event()[..2], [so_far(2, 1), so_far(2, 1)]);
        assert_eq!(progress.by_trigger(), [so_far(4, 2)]);
        assert_eq!(progress.by_node(), [so_far(0, 0), so_far(4, 2)]);
        let measured = progress.measured();
        assert_eq!((measured.trigger.count(), measured.lag.count()), (4, 4));
        assert_eq!(measured.lag_since, Some(MS));
        assert_eq!(measured.reasons.total(), 2);
        assert_eq!(progress.measured().lag_since, None);
        let counts = progress.counts(&plan);
        assert_eq!((counts.sent, counts.accepted, counts.rejected), (4, 1, 2));
        assert_eq!((counts.absent, counts.rejected_at_nobody), (1, 1));
    }

    #[test]
    fn where_only_workers_know_who_is_there_their_share_is_taken() {
        let plan = plan();
        let progress = Progress::new(&plan, 1, None);
        let of = |audience| progress.recipients(&plan, AppId(0), audience);
        assert_eq!(of(Audience::Everyone), 0);
        progress.connected(12, 16);
        assert_eq!(of(Audience::Everyone), 6);
        assert_eq!(of(Audience::User(UserId(0))), 2);
    }
}
