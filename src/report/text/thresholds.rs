//! The thresholds of a run.

use std::fmt::Write as _;

use crate::report::hand::printable;
use crate::report::json::form::Threshold;
use crate::scenario::threshold;

/// A line for each; nothing if there is none.
pub(super) fn render(out: &mut String, checked: &[Threshold]) -> std::fmt::Result {
    let widths = checked
        .iter()
        .map(|one| printable(&one.expression).chars().count());
    let Some(width) = widths.max() else {
        return Ok(());
    };
    let head = "threshold";
    writeln!(out, "  {head:<width$}  {:<8}  observed", "")?;
    for one in checked {
        let observed = observed(one);
        let outcome = match one.outcome.as_ref() {
            "breached" => "BREACHED",
            other => other,
        };
        writeln!(
            out,
            "  {:<width$}  {outcome:<8}  {observed}",
            printable(&one.expression)
        )?;
    }
    writeln!(out)
}

/// What was observed, for people.
pub(in crate::report) fn observed(one: &Threshold) -> String {
    let unit = one.unit.as_deref().unwrap_or_default();
    let told = one
        .observed
        .map(|observed| threshold::words(observed, unit));
    told.unwrap_or_else(|| "-".to_owned())
}
