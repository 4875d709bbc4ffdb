//! The triggers of a run side by side, where there are several.

use std::fmt::Write as _;

use super::{duration, number};
use crate::summary::Summary;
use crate::verify::Class;

/// Letters of a name that are shown.
const NAME: usize = 14;

/// A row for each trigger; nothing if there is but one.
pub(super) fn render(out: &mut String, summary: &Summary) -> std::fmt::Result {
    if summary.by_trigger.len() < 2 {
        return Ok(());
    }
    writeln!(
        out,
        "  {:<NAME$}{:>9}{:>9}{:>8}{:>10}{:>10}{:>9}{:>9}",
        "trigger", "accepted", "rejected", "unknown", "delivered", "answered", "push p50", "p99"
    )?;
    for (name, of) in &summary.by_trigger {
        let push = &of.split.push;
        let name: String = name.chars().take(NAME - 1).collect();
        writeln!(
            out,
            "  {name:<NAME$}{:>9}{:>9}{:>8}{:>10}{:>10}{:>9}{:>9}",
            number(of.pushes.accepted),
            number(of.pushes.rejected),
            number(of.pushes.unknown),
            number(of.split.delivered()),
            duration(of.answered.quantile_us(0.5)),
            duration(push.quantile_us(0.5)),
            duration(push.quantile_us(0.99)),
        )?;
        let wrong = Class::ALL
            .into_iter()
            .map(|class| (class, of.counts.of(class)));
        let wrong = wrong.filter(|(_, n)| *n > 0);
        let wrong: Vec<_> = wrong
            .map(|(class, n)| format!("{} {}", number(n), class.name()))
            .collect();
        if !wrong.is_empty() {
            writeln!(
                out,
                "  {:<NAME$}of {} expected: {}",
                "",
                number(of.counts.expected),
                wrong.join(" · ")
            )?;
        }
    }
    writeln!(out)
}
