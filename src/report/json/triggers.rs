//! The triggers of a run side by side.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::form::LatencyUs;
use super::latency;
use crate::summary;
use crate::verify::Class;

/// What came of the pushes of one trigger.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[allow(missing_docs)] // the nine classes speak for themselves; docs/verification.md defines them
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
    /// The nine classes together, as far as it can be told which push they are of.
    pub violations: u64,
    pub lost: u64,
    pub duplicated: u64,
    pub misdelivered: u64,
    pub misrouted: u64,
    pub corrupted: u64,
    pub reordered: u64,
    pub late: u64,
    pub phantom: u64,
    pub premature: u64,
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
            delivered: of.split.push.count(),
            push: latency(&of.split.push),
            trigger: latency(&of.answered),
            violations: counts.violations(),
            lost: counts.of(Class::Lost),
            duplicated: counts.of(Class::Duplicated),
            misdelivered: counts.of(Class::Misdelivered),
            misrouted: counts.of(Class::Misrouted),
            corrupted: counts.of(Class::Corrupted),
            reordered: counts.of(Class::Reordered),
            late: counts.of(Class::Late),
            phantom: counts.of(Class::Phantom),
            premature: counts.of(Class::Premature),
        }
    };
    let all = triggers.iter();
    all.map(|(name, of)| (name.clone(), one(of))).collect()
}
