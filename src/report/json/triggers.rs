//! The triggers of a run side by side.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::by_class;
use super::form::ByClass;
use super::latency::{LatencyUs, latency};
use crate::summary;

/// What came of the pushes of one trigger.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// Pushes sent.
    pub pushes: u64,
    /// Pushes the target said yes to.
    pub accepted: u64,
    /// Pushes the target said no to.
    pub rejected: u64,
    /// Pushes of which nobody knows.
    pub unknown: u64,
    /// Pairs that had to happen.
    pub expected: u64,
    /// Deliveries.
    pub delivered: u64,
    /// Their latency, from the time the schedule wanted the push.
    pub push: LatencyUs,
    /// From asking for a push to the answer.
    pub trigger: LatencyUs,
    /// What is wrong with them, as far as it can be told which push it is of.
    #[serde(flatten)]
    pub wrong: ByClass,
}

pub(super) fn asked(triggers: &[(String, summary::Asked)]) -> BTreeMap<String, Asked> {
    let one = |of: &summary::Asked| {
        let counts = &of.counts;
        Asked {
            pushes: of.split.pushes,
            accepted: of.pushes.accepted,
            rejected: of.pushes.rejected,
            unknown: of.pushes.unknown,
            expected: counts.expected,
            delivered: of.split.delivered(),
            push: latency(&of.split.push),
            trigger: latency(&of.answered),
            wrong: by_class(counts),
        }
    };
    let all = triggers.iter();
    all.map(|(name, of)| (name.clone(), one(of))).collect()
}
