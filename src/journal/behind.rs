//! A judge whose ledger is written elsewhere, and here a moment later: what arrives may be ahead of it.

use std::sync::Arc;

use crate::ids::PushId;
use crate::time::Time;
use crate::verify::{Arrival, By, Found, Judge, Rules, Slot};

/// A ledger that is written elsewhere, and here a moment later: what arrives may be ahead of it.
pub trait Follows: Send + Sync {
    /// Waits until this push is in the ledger, or everything that had been sent when it was read.
    fn wait_for(&self, push: PushId, read: Time);
    /// How many pushes are in the ledger.
    fn rows(&self) -> u64;
    /// Waits until there are more than so many. False: everything is there that had been sent when it was read.
    fn wait_for_more(&self, than: u64, read: Time) -> bool;
}

pub(super) struct Behind {
    pub(super) rules: Arc<Rules>,
    pub(super) ledger: Arc<dyn Follows>,
}

impl Behind {
    /// Waits until the push that an event names is in the ledger.
    pub(super) fn catch_up(&self, arrival: Arrival<'_>) {
        let tagger = &self.rules.tagger;
        if let Some(found) = tagger.find(arrival.payload.as_bytes()) {
            self.ledger.wait_for(found.tag.push, arrival.at);
        }
    }

    /// Which push an event is, once the ledger has caught up with it. One without a tag that nothing here awaits may be one that the ledger
    /// does not have yet.
    pub(super) fn identify(
        &self,
        judge: &mut Judge,
        slot: Slot,
        arrival: &Arrival<'_>,
        found: Option<Found>,
    ) -> Option<Found> {
        if let Some(found) = found.filter(|found| found.by == By::Tag) {
            self.ledger.wait_for(found.tag.push, arrival.at);
            return Some(found);
        }
        if !self.rules.is_untagged(arrival.event) {
            return found;
        }
        loop {
            let rows = self.ledger.rows();
            if let Some(found) = judge.awaited(slot, arrival) {
                return Some(found);
            }
            if !self.ledger.wait_for_more(rows, arrival.at) {
                return judge.identify(slot, arrival);
            }
        }
    }
}
