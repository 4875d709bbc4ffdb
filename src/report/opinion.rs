//! A second driver's opinion, as a few lines of the summary.

use std::fmt::Write as _;

use super::hand::printable;
use super::text::number;
use crate::report::json::about::SecondOpinion;

/// The lines, each ending in a line break.
pub(super) fn lines(second: &SecondOpinion) -> String {
    let report = &second.report;
    let mut out = String::new();
    let word = report.verdict.to_uppercase();
    let driver = second.driver;
    let delivered = number(report.deliveries.delivered);
    let agrees = if second.agrees {
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
    for reason in &report.reasons {
        writeln!(out, "              - {}", printable(reason)).ok();
    }
    for differs in &second.differences {
        writeln!(out, "              {}", printable(differs)).ok();
    }
    out
}
