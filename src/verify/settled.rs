//! Counts of what has settled, for each trigger.

use std::sync::Arc;

use super::finding::{Class, Counts, Findings};
use super::rules::Rules;
use crate::ids::Lane;

/// What is known for good of the pushes that have settled.
#[derive(Debug)]
pub(super) struct Settled {
    rules: Arc<Rules>,
    /// Of each trigger, and last of none.
    counts: Vec<Counts>,
}

impl Settled {
    pub(super) fn new(rules: &Arc<Rules>) -> Self {
        Self {
            counts: vec![Counts::default(); rules.parts() + 1],
            rules: Arc::clone(rules),
        }
    }

    /// The counts of a lane's trigger.
    pub(super) fn of(&mut self, lane: Lane) -> &mut Counts {
        let at = self.rules.part_of(lane).unwrap_or(self.counts.len() - 1);
        &mut self.counts[at]
    }

    /// Those that no trigger is known for.
    pub(super) fn of_any(&mut self) -> &mut Counts {
        let last = self.counts.len() - 1;
        &mut self.counts[last]
    }

    pub(super) fn add(&mut self, lane: Lane, class: Class, n: u64) {
        self.of(lane).add(class, n);
    }

    /// Joins what was found as it arrived.
    pub(super) fn join(&self, findings: &mut Findings) {
        for (n, counts) in self.counts.iter().enumerate() {
            findings.join(n, counts);
        }
    }
}

impl Rules {
    /// How many triggers have counts of their own.
    pub(super) fn parts(&self) -> usize {
        self.triggers
            .iter()
            .max()
            .map_or(0, |most| usize::from(*most) + 1)
    }

    /// The trigger of a lane, if it has counts of its own.
    pub(super) fn part_of(&self, lane: Lane) -> Option<usize> {
        self.triggers.get(lane.index()).map(|n| usize::from(*n))
    }
}
