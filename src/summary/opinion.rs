//! Two runs of one scenario by two drivers: whether they say the same of the target.

use super::Summary;
use super::verdict::{EXIT_INTERRUPTED, EXIT_UNKNOWN, Judgement, Verdict};
use crate::verify::Class;

/// What the first driver came to, whose verdict counts, and what the second did.
#[derive(Debug, Clone, Copy)]
pub struct Opinions<'a> {
    /// By the first.
    pub first: &'a Summary,
    /// By the second.
    pub second: &'a Summary,
}

impl Opinions<'_> {
    /// Whether the verdicts are the same.
    pub fn agree(&self) -> bool {
        self.first.judge().verdict == self.second.judge().verdict
    }

    /// In what the two differ, in words: the verdicts, and what was counted. Two runs of one scenario ask for the same pushes at the same
    /// sockets, so on a target that is as it should be there is nothing.
    pub fn differences(&self) -> Vec<String> {
        let (first, second) = (self.first, self.second);
        let (one, other) = (first.plan.clients.driver, second.plan.clients.driver);
        let verdict = |summary: &Summary| summary.judge().verdict.name();
        let mut differ = Vec::new();
        if !self.agree() {
            let (first, second) = (verdict(first), verdict(second));
            differ.push(format!("verdict: {first} by {one}, {second} by {other}"));
        }
        let counts = |summary: &Summary| {
            let deliveries = &summary.findings.counts;
            let mut counts = vec![
                ("sockets connected", summary.sockets.connected),
                ("sockets dropped", summary.sockets.dropped),
                ("pushes accepted", summary.pushes.accepted),
                ("deliveries expected", deliveries.expected),
                ("delivered", deliveries.delivered),
            ];
            counts.extend(Class::ALL.map(|class| (class.name(), deliveries.of(class))));
            counts
        };
        for ((what, by_one), (_, by_other)) in counts(first).into_iter().zip(counts(second)) {
            if by_one != by_other {
                differ.push(format!("{what}: {by_one} by {one}, {by_other} by {other}"));
            }
        }
        differ
    }

    /// The verdict on the target: the first driver's. A pass that the second does not share is no proof.
    pub fn judge(&self) -> Judgement {
        let (mut judged, second) = (self.first.judge(), self.second.judge());
        if judged.verdict == second.verdict {
            return judged;
        }
        let driver = self.second.plan.clients.driver;
        let why = second.reasons.first().map_or("", String::as_str);
        let comma = if why.is_empty() { "" } else { ": " };
        let word = second.verdict.name();
        judged.reasons.push(format!(
            "the second driver, {driver}, says {word}{comma}{why}"
        ));
        if judged.verdict == Verdict::Pass {
            judged.verdict = Verdict::Unknown;
            judged.exit_code = if self.second.interrupted {
                EXIT_INTERRUPTED
            } else {
                EXIT_UNKNOWN
            };
        }
        judged
    }
}
