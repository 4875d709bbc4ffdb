//! The thresholds of a run.

use std::fmt::Write as _;

use crate::summary::{Checked, Outcome};

/// A line for each; nothing if there is none.
pub(super) fn render(out: &mut String, checked: &[Checked]) -> std::fmt::Result {
    let widths = checked.iter().map(|one| one.expression.chars().count());
    let Some(width) = widths.max() else {
        return Ok(());
    };
    let head = "threshold";
    writeln!(out, "  {head:<width$}  {:<8}  observed", "")?;
    for one in checked {
        let observed = one.held.as_ref();
        let observed = observed.map_or_else(|| "-".to_owned(), ToString::to_string);
        let outcome = match one.outcome {
            Outcome::Breached => "BREACHED",
            other => other.name(),
        };
        writeln!(
            out,
            "  {:<width$}  {outcome:<8}  {observed}",
            one.expression
        )?;
    }
    writeln!(out)
}
