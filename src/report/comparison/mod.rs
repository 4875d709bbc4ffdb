//! Two reports side by side: what differs, what of it can be told from noise, and whether gates are kept. As JSON, text and Markdown.

pub mod figures;
pub mod form;
mod markdown;
mod text;

use std::collections::BTreeMap;

use self::form::{Both, Comparison, Run};
use super::json::form::Report;
use crate::comparison::Change;
use crate::scenario::file::File;
use crate::scenario::threshold::gate::Gate;
use crate::scenario::threshold::words;
use crate::verify::Class;

pub use markdown::markdown;
pub use text::text;

/// The name and version of the form.
const SCHEMA: &str = "pushproof.comparison/1";

/// The comparison as JSON, ending in a line break.
///
/// # Panics
/// Never: a comparison is JSON.
#[must_use]
pub fn json(comparison: &Comparison) -> String {
    let mut text = serde_json::to_string_pretty(comparison).expect("a comparison is JSON");
    text.push('\n');
    text
}

/// The event names and triggers of both, which gates may name.
pub fn names(base: &Report, new: &Report) -> (Vec<String>, Vec<String>) {
    let both = |one: Vec<&String>, other: Vec<&String>| -> Vec<String> {
        let mut all: Vec<String> = one.into_iter().chain(other).cloned().collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    (
        both(
            base.by_event.keys().collect(),
            new.by_event.keys().collect(),
        ),
        both(
            base.by_trigger.keys().collect(),
            new.by_trigger.keys().collect(),
        ),
    )
}

/// Compares two runs.
#[must_use]
pub fn compare(base: &Report, new: &Report, gates: &[Gate]) -> Comparison {
    let metrics = figures::metrics(base, new);
    let gates: Vec<_> = gates
        .iter()
        .map(|gate| held(base, new, &metrics, gate))
        .collect();
    let mut violated = violated(new);
    let of = |outcome: &str| -> Vec<String> {
        let those = gates.iter().filter(|gate| gate.outcome == outcome);
        those
            .map(|gate| format!("gate {outcome}: {}: {}", gate.expression, gate.observed))
            .collect()
    };
    let (mut breached, mut unknown) = (of("breached"), of("unknown"));
    unknown.extend(nothing_told(base, new));
    let (verdict, exit_code) = match (violated.is_empty(), breached.is_empty(), unknown.is_empty())
    {
        (false, _, _) => ("fail", 1),
        (true, false, _) => ("fail", 3),
        (true, true, false) => ("unknown", 4),
        (true, true, true) => ("pass", 0),
    };
    violated.append(&mut breached);
    violated.append(&mut unknown);
    Comparison {
        schema: SCHEMA,
        verdict,
        exit_code,
        reasons: violated,
        notes: notes(base, new),
        base: about(base),
        new: about(new),
        violations: classes(base, new),
        metrics,
        gates,
    }
}

fn about(report: &Report) -> Run {
    let target = if report.target.embedded {
        "the embedded platform"
    } else {
        &report.target.url
    };
    Run {
        scenario: report.scenario.name.clone(),
        target: target.to_owned(),
        started_at: report.started_at.clone(),
        seed: report.seed,
        verdict: report.verdict.clone().into_owned(),
    }
}

fn classes(base: &Report, new: &Report) -> BTreeMap<&'static str, Both> {
    let of = |class: Class| Both {
        base: base.deliveries.wrong.of(class),
        new: new.deliveries.wrong.of(class),
    };
    Class::ALL
        .iter()
        .map(|class| (class.name(), of(*class)))
        .collect()
}

/// What is wrong with the new run whatever the old one was.
fn violated(new: &Report) -> Vec<String> {
    let mut told: Vec<_> = Class::ALL
        .iter()
        .map(|class| (new.deliveries.wrong.of(*class), class.name()))
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("the new run has {n} {name}"))
        .collect();
    if let Some(of) = new
        .requests
        .as_ref()
        .filter(|of| of.wrong + of.timed_out + of.unasked > 0)
    {
        told.push(format!(
            "the new run has requests that went wrong: {} wrong, {} timed out, {} unasked",
            of.wrong, of.timed_out, of.unasked
        ));
    }
    if let Some(of) = new.must_refuse.as_ref().filter(|of| of.let_in > 0) {
        told.push(format!(
            "the new run has {} sockets let in that had to be refused",
            of.let_in
        ));
    }
    told
}

/// Why nothing can be said, if so.
fn nothing_told(base: &Report, new: &Report) -> Vec<String> {
    let mut told = Vec::new();
    for (which, run) in [("base", base), ("new", new)] {
        if let Some(why) = &run.not_begun {
            told.push(format!(
                "nothing can be compared: the {which} run could not begin: {why}"
            ));
        } else if run.deliveries.delivered == 0 {
            told.push(format!(
                "nothing can be compared: nothing was delivered in the {which} run"
            ));
        }
    }
    if told.is_empty() && new.verdict == "unknown" {
        let why = new.reasons.first().map_or("", String::as_str);
        told.push(format!("the new run proves nothing: {why}"));
    }
    told
}

/// In what the runs are not alike besides.
fn notes(base: &Report, new: &Report) -> Vec<String> {
    let mut notes = Vec::new();
    if plan(base) != plan(new) || base.scenario.plan.known().is_none() {
        notes.push("the runs went by different plans, so what differs may be theirs".to_owned());
    }
    let target = |run: &Report| {
        (
            run.target.embedded,
            (!run.target.embedded).then(|| run.target.url.clone()),
        )
    };
    if target(base) != target(new) {
        notes.push("the runs had different targets".to_owned());
    }
    let machine = |run: &Report| {
        let of = &run.environment;
        (of.os.clone(), of.arch.clone(), of.cpus)
    };
    if machine(base) != machine(new) {
        notes.push("the generators ran on different machines".to_owned());
    }
    if base.environment.pushproof != new.environment.pushproof {
        notes.push("the runs were made by different versions of pushproof".to_owned());
    }
    for (which, run) in [("base", base), ("new", new)] {
        if run.verdict != "pass" {
            let why = run.reasons.first().map_or("", String::as_str);
            notes.push(format!("the {which} run came to {}: {why}", run.verdict));
        }
        if run.generator.limited {
            notes.push(format!("the generator was the limit in the {which} run"));
        }
    }
    notes
}

/// What a run went by, but for what is drawn anew each time, where it was aimed at and what it had to keep to.
fn plan(report: &Report) -> Option<File> {
    let mut file = report.scenario.plan.known()?.clone();
    file.seed = None;
    file.target.url = None;
    file.target.nodes = None;
    file.thresholds = None;
    Some(file)
}

/// Holds a gate against two runs. What is beyond its bound, and cannot be told from noise, is not known.
fn held(base: &Report, new: &Report, metrics: &[form::Metric], gate: &Gate) -> form::Gate {
    let unit = figures::unit(&gate.metric);
    let figure = |of: Option<f64>| of.map_or("nothing".to_owned(), |of| words(of, unit));
    let (was, is) = (
        figures::figure(base, &gate.metric),
        figures::figure(new, &gate.metric),
    );
    let name = gate.metric.to_string();
    let change = metrics
        .iter()
        .find(|metric| metric.metric == name)
        .map(|metric| metric.change);
    let mut observed = format!("it was {} and is {}", figure(was), figure(is));
    let outcome = match was.zip(is) {
        None => "unknown",
        Some((was, is)) if !gate.is_breached(was, is) => "kept",
        Some(_) if change == Some(Change::Noise.name()) => {
            observed += ", which cannot be told from noise";
            "unknown"
        }
        Some(_) => "breached",
    };
    form::Gate {
        expression: gate.to_string(),
        outcome,
        observed,
    }
}
