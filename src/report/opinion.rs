//! A second driver's opinion, as a few lines of the summary.

use std::fmt::Write as _;

use super::text::number;
use crate::summary::opinion::Opinions;

/// The lines, each ending in a line break.
pub(super) fn lines(opinions: &Opinions<'_>) -> String {
    let second = opinions.second;
    let judged = second.judge();
    let mut out = String::new();
    let word = judged.verdict.name().to_uppercase();
    let driver = second.plan.clients.driver;
    let delivered = number(second.findings.counts.delivered);
    let agrees = if opinions.agree() {
        "agrees"
    } else {
        "does not agree"
    };
    // Writing to memory does not fail.
    writeln!(
        out,
        "  2nd driver  {driver} {agrees}: {word} · {delivered} deliveries"
    )
    .ok();
    for reason in &judged.reasons {
        writeln!(out, "              - {reason}").ok();
    }
    for differs in opinions.differences() {
        writeln!(out, "              {differs}").ok();
    }
    out
}
