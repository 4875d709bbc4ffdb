//! A comparison as a table for a terminal.

use std::fmt::Write as _;

use super::form::{Comparison, Metric};
use crate::report::hand::printable;
use crate::report::text::number;
use crate::scenario::threshold::words;

/// What was observed, for people.
pub(super) fn figure(of: Option<f64>, unit: &str) -> String {
    of.map_or("–".to_owned(), |of| words(of, unit))
}

/// A change with its sign.
pub(super) fn percent(of: Option<f64>) -> String {
    of.map_or("–".to_owned(), |of| format!("{of:+.1} %"))
}

/// What is known of its noise.
pub(super) fn interval(metric: &Metric) -> String {
    metric.seconds.map_or("–".to_owned(), |of| {
        format!("{:+.1} to {:+.1} %", of.low, of.high)
    })
}

/// What a change is, in words.
pub(super) fn change(metric: &Metric) -> &'static str {
    match metric.change {
        "noise" => "within noise",
        "unknown" => "noise not known",
        other => other,
    }
}

/// The table, ending in a line break.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn text(comparison: &Comparison) -> String {
    let mut out = String::new();
    write(&mut out, comparison).expect("writing to memory does not fail");
    out
}

fn write(out: &mut String, of: &Comparison) -> std::fmt::Result {
    let told = match of.verdict {
        "pass" => "no violation, and no gate is breached",
        "fail" if of.exit_code == 1 => "the new run has violations",
        "fail" => "a gate is breached",
        _ => "this is no proof",
    };
    writeln!(out, "{}  {told}", of.verdict.to_uppercase())?;
    for reason in &of.reasons {
        writeln!(out, "  - {}", printable(reason))?;
    }
    writeln!(out)?;
    for (name, run) in [("base", &of.base), ("new", &of.new)] {
        writeln!(
            out,
            "  {name:<5} {} at {}, {}, seed {}: {}",
            printable(&run.scenario),
            printable(&run.target),
            printable(&run.started_at),
            run.seed,
            run.verdict
        )?;
    }
    for note in &of.notes {
        writeln!(out, "  note  {}", printable(note))?;
    }
    writeln!(
        out,
        "\n  {:<27}{:>12}{:>12}{:>11}{:>20}  ",
        "metric", "base", "new", "change", "seconds, 99.8 %"
    )?;
    for metric in &of.metrics {
        writeln!(
            out,
            "  {:<27}{:>12}{:>12}{:>11}{:>20}  {}",
            metric.metric,
            figure(metric.base, metric.unit),
            figure(metric.new, metric.unit),
            percent(metric.percent),
            interval(metric),
            change(metric)
        )?;
    }
    let wrong = of
        .violations
        .iter()
        .filter(|(_, both)| both.base + both.new > 0);
    for (class, both) in wrong {
        writeln!(
            out,
            "  {class:<27}{:>12}{:>12}",
            number(both.base),
            number(both.new)
        )?;
    }
    if !of.gates.is_empty() {
        writeln!(out)?;
    }
    for gate in &of.gates {
        writeln!(
            out,
            "  gate  {}  {}: {}",
            printable(&gate.expression),
            gate.outcome,
            gate.observed
        )?;
    }
    Ok(())
}
