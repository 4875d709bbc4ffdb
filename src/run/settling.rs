//! Has the shards judge what has settled, once a second, so that the run does not keep it.

use std::sync::Arc;

use crate::fleet::shard::{Command, Shard};
use crate::ids::Lane;
use crate::journal::{Follower, LaneRecorder, PushLog};
use crate::scenario::Plan;
use crate::summary::Splits;
use crate::time::Time;
use crate::verify::{LaneWriter, Ledger, Settling, Streams};

/// The ledger of a run, and how it is emptied.
pub(super) struct Settler {
    ledger: Arc<Ledger>,
    settling: Settling,
    /// The journal of the pushes.
    log: Option<PushLog>,
    /// Who else has to know of every push.
    follower: Option<Arc<dyn Follower>>,
    /// What has settled last, and the shards that have not been given it for want of room.
    last: Option<(Arc<Streams>, Vec<usize>)>,
    /// Counts of the pushes that have left the ledger.
    pub(super) splits: Splits,
}

impl Settler {
    pub(super) fn new(
        plan: &Plan,
        ledger: Arc<Ledger>,
        shards: usize,
        log: Option<PushLog>,
    ) -> Self {
        Self {
            settling: Settling::new(Arc::clone(&ledger), plan.settle, shards as u32),
            log,
            follower: None,
            last: None,
            splits: Splits::new(plan),
            ledger,
        }
    }

    /// Tells somebody else of every push too.
    pub(super) fn followed(self, by: Option<Arc<dyn Follower>>) -> Self {
        Self {
            follower: by,
            ..self
        }
    }

    /// Enters the pushes of a lane.
    pub(super) fn lane(&self, lane: Lane) -> LaneRecorder {
        let writer = LaneWriter::new(Arc::clone(&self.ledger), lane);
        let lane = LaneRecorder::new(writer, self.log.clone());
        match &self.follower {
            Some(follower) => lane.followed(Arc::clone(follower)),
            None => lane,
        }
    }

    /// A second is over. Waits for nobody: a shard that has no room for a command gets it a second later, and the others no more until
    /// then.
    pub(super) fn turn(&mut self, now: Time, shards: &[Shard]) {
        if self.last.is_none()
            && let Some(streams) = self.settling.step(now)
        {
            count(&mut self.splits, &streams);
            if let Some(log) = &self.log {
                log.batch(now);
            }
            self.last = Some((streams, (0..shards.len()).collect()));
        }
        if let Some(log) = &self.log {
            log.turn(now);
        }
        let Some((streams, owed)) = &mut self.last else {
            return;
        };
        owed.retain(|shard| {
            let command = Command::Settle(Arc::clone(streams));
            shards[*shard].commands.try_send(command).is_err()
        });
        if owed.is_empty() {
            self.last = None;
        }
    }

    /// The end: all shards have what has settled so far, and this is the rest. The lanes have ended.
    pub(super) async fn rest(&mut self, now: Time, shards: &[Shard]) -> Arc<Streams> {
        if let Some(log) = &self.log {
            log.end(now);
        }
        if let Some((streams, owed)) = self.last.take() {
            for shard in owed {
                let command = Command::Settle(Arc::clone(&streams));
                shards[shard].commands.send(command).await.ok();
            }
        }
        let rest = Arc::new(self.settling.rest());
        count(&mut self.splits, &rest);
        rest
    }
}

fn count(splits: &mut Splits, streams: &Streams) {
    for (_, entry) in streams.entries() {
        splits.count(&entry.push);
    }
}
