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
use super::scan::{Damage, Spot};
use super::sockets::Shard;
use crate::ids::PushId;
use crate::measure::{Latency, Meter, Requests};
use crate::scenario::Plan;
use crate::scenario::phases::WarmUp;
use crate::summary::{PushCounts, Splits};
use crate::time::Time;
use crate::verify::{Findings, Judge, Rules};

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

/// Judges again what these blocks tell.
pub(super) fn replay(
    file: &mut (impl Read + Seek),
    terms: &Terms,
    pushes: Vec<Spot>,
    sockets: Vec<(Source, Vec<Spot>)>,
) -> Result<Replayed, Failed> {
    let books = Books::new(terms, sockets.len() as u32);
    let shard = |(_, spots)| {
        let source = Arc::clone(&terms.pushes);
        let judge = Judge::new(Arc::clone(&terms.rules), Arc::clone(&books.ledger), source);
        (
            Cursor::new(spots),
            Shard::new(
                judge,
                Arc::clone(&terms.rules),
                &terms.plan,
                terms.warm_up.clone(),
            ),
        )
    };
    let mut shards: Vec<_> = sockets.into_iter().map(shard).collect();
    let mut lanes = Lanes {
        cursor: Cursor::new(pushes),
        books,
    };
    while step(file, &mut lanes, &mut shards)? {}
    Ok(finish(terms, lanes, shards))
}

struct Lanes {
    cursor: Cursor,
    books: Books,
}

/// Takes in the fact that was told first of those that are left. False: there is none.
fn step(
    file: &mut (impl Read + Seek),
    lanes: &mut Lanes,
    shards: &mut [(Cursor, Shard)],
) -> Result<bool, Failed> {
    let mut first = None;
    for (n, (cursor, _)) in shards.iter_mut().enumerate() {
        let at = cursor.next_at(file).map_err(Failed::Io)?;
        if at.is_some_and(|at| first.is_none_or(|(_, before)| at < before)) {
            first = at.map(|at| (n, at));
        }
    }
    let pushed = lanes.cursor.next_at(file).map_err(Failed::Io)?;
    lanes.books.torn |= pushed.is_none() && !lanes.cursor.has_ended();
    match (pushed, first) {
        // A push comes before whatever came at the same time.
        (Some(pushed), first) if first.is_none_or(|(_, at)| pushed <= at) => {
            lanes.step(shards)?;
        }
        (_, Some((n, _))) => {
            let (cursor, shard) = &mut shards[n];
            let taken = match cursor.next() {
                Some(Item::Fact(_, fact)) => shard.take(&fact, &lanes.books),
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
        replayed.dropped += shard.dropped;
        replayed.left_out += shard.left_out;
        replayed.meter.merge(&shard.meter);
        replayed.requests.merge(&shard.requests);
        replayed.findings.merge(shard.judge.finish(&rest));
    }
    replayed
}
