//! A comparison in Markdown, for a comment on a pull request.

use std::fmt::Write as _;

use super::form::Comparison;
use super::text::{change, figure, interval, percent};
use crate::report::markdown::Plain;
use crate::report::text::number;

/// The summary, ending in a line break.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn markdown(comparison: &Comparison) -> String {
    let mut out = String::new();
    write(&mut out, comparison).expect("writing to memory does not fail");
    out
}

fn write(out: &mut String, of: &Comparison) -> std::fmt::Result {
    let mark = match of.verdict {
        "pass" => "✅ pass",
        "fail" => "❌ fail",
        _ => "❔ unknown",
    };
    writeln!(out, "### pushproof compare: {mark}\n")?;
    for reason in &of.reasons {
        writeln!(out, "- {}", Plain(reason))?;
    }
    for note in &of.notes {
        writeln!(out, "- note: {}", Plain(note))?;
    }
    if !of.reasons.is_empty() || !of.notes.is_empty() {
        writeln!(out)?;
    }
    writeln!(
        out,
        "| metric | base | new | change | over seconds, 99.8 % | |\n|---|--:|--:|--:|--:|---|"
    )?;
    for metric in &of.metrics {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            Plain(&metric.metric),
            figure(metric.base, metric.unit),
            figure(metric.new, metric.unit),
            percent(metric.percent),
            interval(metric),
            change(metric)
        )?;
    }
    for (class, both) in of
        .violations
        .iter()
        .filter(|(_, both)| both.base + both.new > 0)
    {
        writeln!(
            out,
            "| **{class}** | {} | {} | | | |",
            number(both.base),
            number(both.new)
        )?;
    }
    if !of.gates.is_empty() {
        writeln!(out, "\n| gate | | |\n|---|---|---|")?;
    }
    for gate in &of.gates {
        writeln!(
            out,
            "| {} | {} | {} |",
            Plain(&gate.expression),
            gate.outcome,
            Plain(&gate.observed)
        )?;
    }
    writeln!(
        out,
        "\n<sub>base: {}, {}, seed {} · new: {}, {}, seed {}</sub>",
        Plain(&of.base.scenario),
        Plain(&of.base.started_at),
        of.base.seed,
        Plain(&of.new.scenario),
        Plain(&of.new.started_at),
        of.new.seed
    )
}
