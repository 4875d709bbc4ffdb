//! What the shards have told so far beside their counts and latencies, added up for whoever watches.

use std::collections::BTreeMap;

use crate::fleet::shard::Passed;
use crate::measure::{RequestCounts, Share, Sketch, Window};

/// What the shards have told so far.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Two for each event name: targeted, then broadcast.
    pub(super) by_event: Vec<Share>,
    pub(super) by_trigger: Vec<Share>,
    /// What deliveries waited for the generator.
    pub(super) generator_delay: Sketch,
    /// How late the loops of the shards were.
    pub(super) loop_delay: Sketch,
    /// Of each shard, its sockets by node.
    at_node: BTreeMap<usize, Vec<u64>>,
    /// Of each shard, its requests.
    requests: BTreeMap<usize, RequestCounts>,
}

impl Sums {
    /// A shard tells what it measured in a second.
    pub(super) fn window(&mut self, window: &Window) {
        Share::merge_all(&mut self.by_event, &window.by_event);
        Share::merge_all(&mut self.by_trigger, &window.by_trigger);
        self.generator_delay.merge(&window.generator_delay);
    }

    /// And what else it knows.
    pub(super) fn passed(&mut self, passed: &mut Passed) {
        self.loop_delay.merge(&passed.delays);
        let at_node = std::mem::take(&mut passed.at_node);
        self.at_node.insert(passed.shard, at_node);
        self.requests.insert(passed.shard, passed.requests);
    }

    /// Sockets connected at a node of the target.
    pub(super) fn at_node(&self, node: usize) -> u64 {
        let of_shards = self.at_node.values().filter_map(|nodes| nodes.get(node));
        of_shards.sum()
    }

    /// Requests so far.
    pub(super) fn requests(&self) -> RequestCounts {
        let mut sum = RequestCounts::default();
        for counts in self.requests.values() {
            sum.merge(counts);
        }
        sum
    }
}
