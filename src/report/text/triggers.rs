//! The triggers of a run side by side, where there are several.

use std::fmt::Write as _;

use super::{duration, number};
use crate::report::hand::printable;
use crate::report::json::form::Report;
use crate::verify::Class;

/// Letters of a name that are shown.
const NAME: usize = 14;

/// A row for each trigger; nothing if there is but one.
pub(super) fn render(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.by_trigger.len() < 2 {
        return Ok(());
    }
    writeln!(
        out,
        "  {:<NAME$}{:>9}{:>9}{:>8}{:>10}{:>10}{:>9}{:>9}",
        "trigger", "accepted", "rejected", "unknown", "delivered", "answered", "push p50", "p99"
    )?;
    for (name, of) in &report.by_trigger {
        let push = &of.push;
        let name: String = printable(name).chars().take(NAME - 1).collect();
        writeln!(
            out,
            "  {name:<NAME$}{:>9}{:>9}{:>8}{:>10}{:>10}{:>9}{:>9}",
            number(of.accepted),
            number(of.rejected),
            number(of.unknown),
            number(of.delivered),
            duration(of.trigger.p50_us),
            duration(push.p50_us),
            duration(push.p99_us),
        )?;
        let wrong = Class::ALL
            .into_iter()
            .map(|class| (class, of.wrong.of(class)));
        let wrong = wrong.filter(|(_, n)| *n > 0);
        let wrong: Vec<_> = wrong
            .map(|(class, n)| format!("{} {}", number(n), class.name()))
            .collect();
        if !wrong.is_empty() {
            writeln!(
                out,
                "  {:<NAME$}of {} expected: {}",
                "",
                number(of.expected),
                wrong.join(" · ")
            )?;
        }
    }
    writeln!(out)
}
