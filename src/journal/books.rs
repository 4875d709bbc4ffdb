//! The ledger of a run, made again from its journal.

use std::ops::Range;
use std::sync::Arc;

use super::fact::{Fact, Nonsense};
use super::replay::Terms;
use crate::history::{Outcome, Push, Reply, Request};
use crate::ids::{AppId, Audience, EventId, Lane, PushId, Seq};
use crate::measure::Latency;
use crate::scenario::phases::WarmUp;
use crate::scenario::triggers::Deal;
use crate::scenario::{Plan, Workload};
use crate::summary::parts::PartSoFar;
use crate::summary::{PushCounts, Splits};
use crate::time::Time;
use crate::verify::{Answer, Entry, LaneWriter, Ledger, Settling, Source, Streams, Tag, There};

/// The pushes of a run, as its seed makes them.
pub(super) trait Pushes: Source {
    /// Where, at whom and under which name this push was to be asked for; `None`: the run has no such push.
    fn asked(&self, id: PushId) -> Option<(AppId, Audience, EventId)>;
}

impl Pushes for Workload {
    fn asked(&self, id: PushId) -> Option<(AppId, Audience, EventId)> {
        let spec = self.spec_at_any_time(id)?;
        Some((spec.app, spec.audience, spec.event))
    }
}

/// Why a fact cannot be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It contradicts what came before.
    Nonsense,
    /// It is another push than the seed stands for.
    Other(PushId),
}

impl From<Nonsense> for Wrong {
    fn from(Nonsense: Nonsense) -> Self {
        Self::Nonsense
    }
}

/// Pushes that have settled.
pub(super) struct Batch {
    /// Counted here.
    pub(super) nth: usize,
    /// Counted by the run.
    pub(super) number: u32,
    pub(super) streams: Arc<Streams>,
}

fn so_far(counts: &PushCounts) -> PartSoFar {
    PartSoFar {
        sent: counts.sent,
        failed: counts.failed(),
    }
}

/// The ledger, and what is not known of it.
pub(super) struct Books {
    pub(super) ledger: Arc<Ledger>,
    writers: Vec<LaneWriter>,
    /// When each lane sent or was answered last.
    lane_at: Vec<Time>,
    pushes: Arc<dyn Pushes>,
    /// Rows that stand for pushes of which nothing is known.
    unknown: Vec<(Lane, Range<u32>)>,
    /// Something is missing.
    pub(super) torn: bool,
    pub(super) counts: PushCounts,
    pub(super) trigger: Latency,
    /// The same for each trigger, with its pushes.
    pub(super) asked: Vec<(PushCounts, Latency)>,
    /// Two for each event name: targeted, then broadcast.
    by_event: Vec<PushCounts>,
    /// Deliveries that the pushes sent should bring, without those of pushes that were refused: an estimate.
    pub(super) expected: u64,
    /// The same of the last push of each lane.
    expected_last: Vec<u32>,
    /// When the schedule wanted the first push.
    pub(super) begun: Option<Time>,
    /// The last answer.
    pub(super) answered: Time,
    /// The sockets that are there.
    there: Arc<There>,
    deal: Deal,
    /// Pushes sent.
    pub(super) splits: Splits,
    plan: Plan,
    /// What is left out of latencies.
    warm_up: Option<WarmUp>,
    settling: Settling,
    /// What has settled last; every judge has had what came before.
    pub(super) batch: Option<Batch>,
    made: usize,
}

impl Books {
    pub(super) fn new(terms: &Terms, judges: u32, there: Arc<There>) -> Self {
        let lanes = terms.plan.lanes;
        let pushes_per_lane = terms.plan.most_pushes_per_lane();
        let ledger = Arc::new(Ledger::new(lanes, pushes_per_lane));
        let writer = |lane| LaneWriter::new(Arc::clone(&ledger), Lane(lane));
        Self {
            writers: (0..lanes).map(writer).collect(),
            lane_at: vec![Time::ZERO; lanes as usize],
            settling: Settling::new(Arc::clone(&ledger), terms.rules.settle, judges),
            batch: None,
            warm_up: terms.warm_up.clone(),
            made: 0,
            splits: Splits::new(&terms.plan),
            plan: terms.plan.clone(),
            ledger,
            pushes: Arc::clone(&terms.pushes),
            unknown: Vec::new(),
            torn: false,
            counts: PushCounts::default(),
            trigger: Latency::default(),
            asked: vec![Default::default(); terms.plan.triggers.len()],
            by_event: vec![PushCounts::default(); terms.plan.events.len() * 2],
            expected: 0,
            expected_last: vec![0; lanes as usize],
            begun: None,
            answered: Time::ZERO,
            there,
            deal: terms.plan.deal(),
        }
    }

    /// What this answer to a request is, which the run took for a wrong one.
    pub(super) fn reply(&self, request: &Request, answer: &str) -> Reply {
        let right = self.plan.requests.as_ref().is_some_and(|requests| {
            requests.is_right(&self.plan, request.user, request.number, answer)
        });
        if right { Reply::Right } else { Reply::Wrong }
    }

    /// Enters a fact.
    pub(super) fn take(&mut self, fact: &Fact<'_>) -> Result<(), Wrong> {
        match fact {
            Fact::Sent(id, push) => self.sent(*id, push),
            Fact::Answered(id, answer) => self.answered(*id, *answer),
            Fact::Batch { number, at } => {
                if let Some(streams) = self.settling.step(*at) {
                    let (nth, number) = (self.made, *number);
                    self.made += 1;
                    self.batch = Some(Batch {
                        nth,
                        number,
                        streams,
                    });
                }
                Ok(())
            }
            _ => Err(Wrong::Nonsense),
        }
    }

    fn sent(&mut self, id: PushId, push: &Push) -> Result<(), Wrong> {
        let next = self.ledger.len(id.lane);
        let asked = self.pushes.asked(id).ok_or(Wrong::Nonsense)?;
        let ahead = id.seq.0 > next && !self.torn;
        // A lane asks for a push after the answer to the one before.
        let early = self
            .lane_at
            .get(id.lane.index())
            .is_none_or(|at| push.sent < *at);
        if id.seq.0 < next || ahead || early {
            return Err(Wrong::Nonsense);
        }
        if asked != (push.app, push.audience, push.event) {
            return Err(Wrong::Other(id));
        }
        for seq in next..id.seq.0 {
            self.stand_in(id.lane, Seq(seq))?;
        }
        if id.seq.0 > next {
            self.unknown.push((id.lane, next..id.seq.0));
        }
        self.enter(id.lane, push)?;
        let reach = self.plan.reach(push.app, push.audience);
        self.counts.count_sent(reach);
        self.asked[self.deal.trigger_of(id.lane)]
            .0
            .count_sent(reach);
        self.splits.count(push);
        self.begun.get_or_insert(push.intended);
        let expected = if reach.is_nobody() {
            0
        } else {
            self.there.count(push.app, push.audience)
        };
        self.expected += u64::from(expected);
        self.expected_last[id.lane.index()] = expected;
        self.part(push).count_sent(reach);
        Ok(())
    }

    fn part(&mut self, push: &Push) -> &mut PushCounts {
        let broadcast = usize::from(push.audience == Audience::Everyone);
        &mut self.by_event[push.event.index() * 2 + broadcast]
    }

    /// Pushes of each event name, two for each: targeted, then broadcast.
    pub(super) fn by_event(&self) -> Vec<PartSoFar> {
        self.by_event.iter().map(so_far).collect()
    }

    /// Pushes of each trigger.
    pub(super) fn by_trigger(&self) -> Vec<PartSoFar> {
        let counts = self.asked.iter().map(|(counts, _)| counts);
        counts.map(so_far).collect()
    }

    /// A row for a push of which nothing is known but what the seed says.
    fn stand_in(&mut self, lane: Lane, seq: Seq) -> Result<(), Wrong> {
        let asked = self.pushes.asked(PushId { lane, seq });
        let (app, audience, event) = asked.ok_or(Wrong::Nonsense)?;
        let sent = self.lane_at[lane.index()];
        let push = Push {
            intended: sent,
            sent,
            app,
            audience,
            event,
            stream_seq: self.writers[lane.index()].next_in_stream(app, audience),
        };
        self.enter(lane, &push)
    }

    fn enter(&mut self, lane: Lane, push: &Push) -> Result<(), Wrong> {
        let writer = &mut self.writers[lane.index()];
        if push.stream_seq != writer.next_in_stream(push.app, push.audience) {
            return Err(Wrong::Nonsense);
        }
        writer.send(push).ok_or(Wrong::Nonsense)?;
        self.lane_at[lane.index()] = push.sent;
        Ok(())
    }

    fn answered(&mut self, id: PushId, answer: Answer) -> Result<(), Wrong> {
        let Some(entry) = self.get(id) else {
            return if self.torn {
                Ok(())
            } else {
                Err(Wrong::Nonsense)
            };
        };
        let at = &mut self.lane_at[id.lane.index()];
        if entry.answer.is_some() || answer.at < *at {
            return Err(Wrong::Nonsense);
        }
        *at = answer.at;
        let reach = self.plan.reach(entry.push.app, entry.push.audience);
        self.counts.count_answer(answer.outcome, reach);
        self.part(&entry.push).count_answer(answer.outcome, reach);
        let expected = std::mem::take(&mut self.expected_last[id.lane.index()]);
        if answer.outcome == Outcome::Rejected {
            self.expected -= u64::from(expected);
        }
        self.answered = self.answered.max(answer.at);
        let (counts, latency) = &mut self.asked[self.deal.trigger_of(id.lane)];
        counts.count_answer(answer.outcome, reach);
        let warms_up = |warm_up: &mut WarmUp| warm_up.has(id, entry.push.intended);
        if !self.warm_up.as_mut().is_some_and(warms_up) {
            let took = answer.at - entry.push.sent;
            self.trigger.record(took);
            latency.record(took);
        }
        self.writers[id.lane.index()].answer(id, answer);
        Ok(())
    }

    /// All answers are there: the pushes that no batch has.
    pub(super) fn finish(&mut self) -> Streams {
        self.settling.rest()
    }

    /// Whether the push is known, be it that it has been let go of.
    pub(super) fn knows(&self, id: PushId) -> bool {
        let stands_in =
            |(lane, range): &(Lane, Range<u32>)| *lane == id.lane && range.contains(&id.seq.0);
        id.seq.0 < self.ledger.len(id.lane) && !self.unknown.iter().any(stands_in)
    }

    /// The tag of a push, be it let go of or not: all but its place follows from the seed.
    pub(super) fn late_tag(&self, push: PushId, stream_seq: u32) -> Option<Tag> {
        let (app, audience, event) = self.pushes.asked(push)?;
        Some(Tag {
            push,
            app,
            audience,
            event,
            stream_seq,
            intended: Time::ZERO,
        })
    }

    /// The push, if it is known and has not been let go of.
    pub(super) fn get(&self, id: PushId) -> Option<Entry> {
        let known = self.knows(id);
        self.ledger.get(id).filter(|_| known)
    }
}
