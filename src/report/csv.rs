//! The timeline as CSV: a header with units, then a row for each second. What was not measured is empty.

use std::fmt::Write as _;

use super::json::form::Report;

/// The columns.
const HEADER: &str = "second,connected,sent,accepted,delivered,expected,violations,push_p50_us,push_p99_us,push_max_us,loop_delay_us";

/// The table, ending in a line break.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut out = format!("{HEADER}\n");
    for row in &report.timeline {
        // All of them are numbers, so nothing needs quotes. Writing to memory does not fail.
        let _ = write!(
            out,
            "{},{},{},{},{}",
            row.second, row.connected, row.sent, row.accepted, row.delivered
        );
        let seen = [row.expected, Some(row.violations)];
        let us = [
            row.push_p50_us,
            row.push_p99_us,
            row.push_max_us,
            row.loop_delay_us,
        ];
        for number in seen.into_iter().chain(us) {
            out.push(',');
            if let Some(number) = number {
                let _ = write!(out, "{number}");
            }
        }
        out.push('\n');
    }
    out
}
