//! The steps of a search for the capacity as lines of a list, and what there is to see of a search besides.

use std::sync::Arc;

use super::items::{column, number, of, word};
use super::{Column, Item, Word, Worth};
use crate::capacity::{Outcome, Search, Step, Vary};
use crate::dashboard::text::{exact, micros};
use crate::dashboard::theme::Theme;
use crate::summary::Snapshot;

/// A search that things are steps of.
#[derive(Debug, Clone)]
pub struct Climb {
    /// It, with the steps that have ended.
    pub search: Arc<Search>,
    /// The step under way; `None`: it rests.
    pub now: Option<Now>,
}

/// A step under way.
#[derive(Debug, Clone)]
pub struct Now {
    /// Its number, from 1.
    pub number: usize,
    /// Its load, in the unit of the search.
    pub load: f64,
    /// How its run goes.
    pub run: Snapshot,
}

/// What a step may come to. That a load breaks the target is what is searched for, and fails nothing.
pub const CAME_TO: &[Word] = &[
    word("held", Worth::Good),
    word("broke", Worth::Warning),
    word("unclear", Worth::Unclear),
];

/// What the list shows of steps.
pub const STEPS: &[Column] = &[
    column("result", 9),
    number("load", 16),
    number("deliv./s", 9),
    Column {
        from: 100,
        ..number("p50", 8)
    },
    number("p99", 8),
    number("viol.", 5),
    Column {
        from: 100,
        ..number("target CPU", 10)
    },
    Column {
        from: 100,
        ..number("own CPU", 7)
    },
    column("what broke", 0),
];

/// A load with its unit.
pub fn load(vary: Vary, load: f64) -> String {
    match vary {
        Vary::Rate => format!("{load} {}", vary.unit()),
        Vary::Sockets | Vary::Payload => format!("{} {}", exact(load as u64), vary.unit()),
    }
}

/// Microseconds in what every terminal has: an item is text already.
fn latency(us: Option<u64>) -> String {
    let plain = Theme {
        colour: false,
        unicode: false,
    };
    us.map_or_else(|| "-".to_owned(), |us| micros(us, plain))
}

fn percent(of: Option<f64>) -> String {
    of.map_or_else(|| "-".to_owned(), |of| format!("{of:.0} %"))
}

/// What kept a load from holding, in as few words as there are.
fn why(step: &Step) -> String {
    let mut told: Vec<_> = step.broke.iter().map(|one| one.what.as_str()).collect();
    if step.outcome == Outcome::Unclear {
        told = step.unclear.iter().map(String::as_str).take(1).collect();
    }
    if step.close {
        told.push("close, so tried again");
    }
    told.join(", ")
}

/// The step of a search, by its number from 1.
pub fn item(search: &Search, number: usize, step: &Step) -> Item {
    let figures = &step.figures;
    let load = load(search.settings.vary, step.load);
    let name = match step.outcome {
        Outcome::Held => "held",
        Outcome::Broke => "broke",
        Outcome::Unclear => "unclear",
    };
    let took = figures.took_ms as f64 / 1_000.0;
    let mut details = vec![(
        "came to",
        format!("step {number}, {load}, seed {}, in {took:.1} s", step.seed),
    )];
    details.extend(step.broke.iter().map(|one| ("broke", one.detail.clone())));
    details.extend(step.unclear.iter().map(|why| ("unclear", why.clone())));
    if step.close {
        let told = "near what was asked for: it takes two steps that agree";
        details.push(("close", told.to_owned()));
    }
    let interval = match (figures.p99_low_us, figures.p99_high_us) {
        (None, _) => String::new(),
        (low, None) => format!(" ({} or more)", latency(low)),
        (low, high) => format!(" ({} to {})", latency(low), latency(high)),
    };
    details.extend([
        (
            "latency",
            format!(
                "p50 {}, p95 {}, p99 {}{interval}, max {}, of {} deliveries",
                latency(figures.p50_us),
                latency(figures.p95_us),
                latency(figures.p99_us),
                latency(figures.max_us),
                exact(figures.samples)
            ),
        ),
        (
            "load",
            format!(
                "{} sockets, {:.1} pushes/s, {:.1} deliveries/s",
                exact(figures.sockets),
                figures.pushes_per_s,
                figures.deliveries_per_s
            ),
        ),
        (
            "CPU",
            format!(
                "target {} (its busiest thread {}), generator's busiest thread {}",
                percent(figures.target_percent),
                percent(figures.target_thread_percent),
                percent(figures.generator_percent)
            ),
        ),
    ]);
    Item {
        name: load.clone(),
        word: of(CAME_TO, name),
        cells: vec![
            load,
            exact(figures.deliveries_per_s.round() as u64),
            latency(figures.p50_us),
            latency(figures.p99_us),
            exact(figures.violations),
            percent(figures.target_percent),
            percent(figures.generator_percent),
            why(step),
        ],
        details,
    }
}
