//! The history of a run once more, from its journal: the same facts in the same order to judges like those of the run.
//!
//! **What is missing.** Where blocks of a shard are missing, its sockets are taken to have been lost sight of: each leaves when the gap
//! begins, and one that is heard of again is another connection, which was there when the gap ended. That is what the judge knows
//! already of sockets that come and go, so nothing is called lost that may be in the gap. Where pushes are missing, arrivals of them are
//! left out, and counted.

use std::io::{Read, Seek};
use std::sync::Arc;

use super::block::Source;
use super::books::{Books, Pushes, Wrong};
use super::cursor::{Cursor, Item};
use super::fact::Fact;
use super::present::Present;
use super::scan::{Damage, Spot, Unreadable};
use super::sockets::Shard;
use crate::ids::PushId;
use crate::measure::{Latency, Meter, Requests};
use crate::scenario::Plan;
use crate::scenario::phases::WarmUp;
use crate::summary::{PushCounts, Splits};
use crate::time::Time;
use crate::verify::{Findings, Judge, Rules, There};

/// What judging it again goes by.
pub(super) struct Terms {
    pub(super) rules: Arc<Rules>,
    pub(super) pushes: Arc<dyn Pushes>,
    /// What is left out of latencies.
    pub(super) warm_up: Option<WarmUp>,
    pub(super) plan: Plan,
}

/// What came of it.
pub(super) struct Replayed {
    pub(super) findings: Findings,
    pub(super) pushes: PushCounts,
    pub(super) trigger: Latency,
    /// The same for each trigger, with its pushes.
    pub(super) asked: Vec<(PushCounts, Latency)>,
    pub(super) meter: Meter,
    pub(super) requests: Requests,
    /// Pushes sent.
    pub(super) splits: Splits,
    /// Sockets that were connected at least once.
    pub(super) connected: u64,
    /// Times that one was connected again.
    pub(super) reconnected: u64,
    /// Of these: it went on where another connection had ended.
    pub(super) recovered: u64,
    /// Connections that ended without our doing.
    pub(super) dropped: u64,
    /// Events that could not be judged, for want of what is missing.
    pub(super) left_out: u64,
    pub(super) damage: Vec<Damage>,
    /// Until when anything is there.
    pub(super) through: Time,
}

/// Why it cannot be judged.
#[derive(Debug)]
pub(super) enum Failed {
    Io(std::io::Error),
    OtherPushes(PushId),
}

impl Failed {
    /// The same of a journal that this version of pushproof has written.
    pub(super) fn of(self, version: &str) -> Unreadable {
        match self {
            Self::Io(error) => Unreadable::Io(error),
            Self::OtherPushes(push) => Unreadable::OtherPushes {
                push,
                version: version.to_owned(),
            },
        }
    }
}

/// The blocks of a journal, on their way to the judges.
pub(super) struct Replay {
    pub(super) terms: Terms,
    lanes: Lanes,
    shards: Vec<(Cursor, Shard)>,
}

struct Lanes {
    cursor: Cursor,
    books: Books,
}

impl Replay {
    /// Of what these blocks tell.
    pub(super) fn new(terms: Terms, pushes: Vec<Spot>, sockets: Vec<(Source, Vec<Spot>)>) -> Self {
        let there = Arc::new(There::new(terms.plan.users, terms.plan.apps.len()));
        let books = Books::new(&terms, sockets.len() as u32, Arc::clone(&there));
        let shard = |(_, spots)| {
            let source = Arc::clone(&terms.pushes);
            let judge = Judge::new(Arc::clone(&terms.rules), Arc::clone(&books.ledger), source);
            let present = Present::new(&terms.plan, Arc::clone(&there));
            (Cursor::new(spots), Shard::new(judge, &terms, present))
        };
        Self {
            shards: sockets.into_iter().map(shard).collect(),
            lanes: Lanes {
                cursor: Cursor::new(pushes),
                books,
            },
            terms,
        }
    }

    /// The ledger.
    pub(super) fn books(&self) -> &Books {
        &self.lanes.books
    }

    /// The shards with their judges.
    pub(super) fn shards(&mut self) -> impl Iterator<Item = &mut Shard> {
        self.shards.iter_mut().map(|(_, shard)| shard)
    }

    /// When the next fact was told; `None`: there is none.
    pub(super) fn next_at(
        &mut self,
        file: &mut (impl Read + Seek),
    ) -> Result<Option<Time>, Failed> {
        let (pushed, first) = self.next(file)?;
        Ok(pushed.into_iter().chain(first.map(|(_, at)| at)).min())
    }

    /// When the next fact of the lanes was told, and of the shards which has the next, and when.
    #[allow(clippy::type_complexity)] // two things that belong together for a moment
    fn next(
        &mut self,
        file: &mut (impl Read + Seek),
    ) -> Result<(Option<Time>, Option<(usize, Time)>), Failed> {
        let mut first = None;
        for (n, (cursor, _)) in self.shards.iter_mut().enumerate() {
            let at = cursor.next_at(file).map_err(Failed::Io)?;
            if at.is_some_and(|at| first.is_none_or(|(_, before)| at < before)) {
                first = at.map(|at| (n, at));
            }
        }
        let lanes = &mut self.lanes;
        let pushed = lanes.cursor.next_at(file).map_err(Failed::Io)?;
        lanes.books.torn |= pushed.is_none() && !lanes.cursor.has_ended();
        Ok((pushed, first))
    }

    /// Takes in the fact that was told first of those that are left, if it was told before that time. False: there is none.
    pub(super) fn step(
        &mut self,
        file: &mut (impl Read + Seek),
        before: Option<Time>,
    ) -> Result<bool, Failed> {
        let (pushed, first) = self.next(file)?;
        let is_due = |at: &Time| before.is_none_or(|before| *at < before);
        match (pushed, first) {
            // A push comes before whatever came at the same time.
            (Some(pushed), first) if first.is_none_or(|(_, at)| pushed <= at) => {
                if !is_due(&pushed) {
                    return Ok(false);
                }
                self.lanes.step(&mut self.shards)?;
            }
            (_, Some((n, at))) if is_due(&at) => {
                let (cursor, shard) = &mut self.shards[n];
                let taken = match cursor.next() {
                    Some(Item::Fact(_, fact)) => shard.take(&fact, &self.lanes.books),
                    Some(Item::Gap(to)) => {
                        shard.lose_sight(to);
                        Ok(())
                    }
                    Some(Item::Nonsense) => Err(Wrong::Nonsense),
                    None => Ok(()),
                };
                if taken.is_err() {
                    cursor.nonsense();
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What came of all that was taken in.
    pub(super) fn finish(self) -> Replayed {
        finish(&self.terms, self.lanes, self.shards)
    }
}

impl Lanes {
    fn step(&mut self, shards: &mut [(Cursor, Shard)]) -> Result<(), Failed> {
        let taken = match self.cursor.next() {
            Some(Item::Fact(_, fact)) => {
                if matches!(fact, Fact::Batch { .. }) {
                    // Every judge had the one before by then, whether that can still be read or not.
                    settle_all(&mut self.books, shards);
                }
                self.books.take(&fact)
            }
            Some(Item::Gap(..)) => {
                self.books.torn = true;
                Ok(())
            }
            Some(Item::Nonsense) => Err(Wrong::Nonsense),
            None => Ok(()),
        };
        match taken {
            Ok(()) => Ok(()),
            Err(Wrong::Nonsense) => {
                self.cursor.nonsense();
                Ok(())
            }
            Err(Wrong::Other(push)) => Err(Failed::OtherPushes(push)),
        }
    }
}

/// Gives every judge the batches that it has not had.
fn settle_all(books: &mut Books, shards: &mut [(Cursor, Shard)]) {
    for (_, shard) in shards {
        shard.settle(u32::MAX, books);
    }
    books.batch = None;
}

fn finish(terms: &Terms, mut lanes: Lanes, mut shards: Vec<(Cursor, Shard)>) -> Replayed {
    settle_all(&mut lanes.books, &mut shards);
    let rest = lanes.books.finish();
    let mut replayed = Replayed {
        findings: Findings::default(),
        pushes: lanes.books.counts,
        trigger: std::mem::take(&mut lanes.books.trigger),
        asked: std::mem::take(&mut lanes.books.asked),
        meter: Meter::new(terms.plan.events.len(), terms.plan.apps.len())
            .with_triggers(terms.plan.triggers.len()),
        requests: Requests::default(),
        splits: std::mem::take(&mut lanes.books.splits),
        connected: 0,
        reconnected: 0,
        recovered: 0,
        dropped: 0,
        left_out: 0,
        through: lanes.cursor.covered(),
        damage: std::mem::take(&mut lanes.cursor.damage),
    };
    for (cursor, mut shard) in shards {
        if !cursor.has_ended() {
            shard.lose_sight(Time::MAX);
        }
        replayed.through = replayed.through.max(cursor.covered());
        replayed.damage.extend(cursor.damage);
        let connected = shard.connected.len() as u64;
        replayed.connected += connected;
        replayed.reconnected += shard.accepted - connected;
        replayed.recovered += shard.recovered;
        replayed.dropped += shard.present.counts().dropped;
        replayed.left_out += shard.left_out;
        replayed.meter.merge(&shard.meter);
        replayed.requests.merge(&shard.requests);
        replayed.findings.merge(shard.judge.finish(&rest));
    }
    replayed
}
