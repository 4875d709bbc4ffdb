//! A search for the capacity as text, as JSON and as a page.

pub mod form;
mod html;
mod text;

use std::time::{Duration, UNIX_EPOCH};

use super::json;
use crate::capacity::curve::{self, Point};
use crate::capacity::fit;
use crate::capacity::{Search, Step};
use crate::scenario::file::File;
use form::{Capacity, Estimate, Kept, Report, Usl};

pub use html::html;
pub use text::{line, load, render};

/// The name of the form.
const SCHEMA: &str = "pushproof.capacity/1";

/// The JSON report, ending in a line break.
///
/// # Panics
/// Never: the report is JSON.
#[must_use]
pub fn json(search: &Search) -> String {
    let judgement = search.judge();
    let points = curve::points(search);
    let fitted = curve::scalability(search);
    let report = Report {
        schema: SCHEMA,
        verdict: judgement.verdict.name(),
        exit_code: judgement.exit_code,
        reasons: judgement.reasons,
        unit: search.settings.vary.unit(),
        capacity: Capacity {
            held: judgement.held,
            broke: judgement.broke,
        },
        broke_first: judgement.first,
        knee: curve::knee(&points),
        usl: fitted.as_ref().ok().map(usl),
        usl_missing: fitted.err().map(|why| why.to_string()),
        search: settings(search),
        scenario: json::about::Scenario {
            name: search.scenario.clone(),
            plan: json::about::Planned::of(&search.plan),
        },
        seed: search.plan.seed,
        target: json::about::Target {
            url: search.target.url.clone(),
            nodes: search.target.nodes.clone(),
            embedded: search.target.embedded,
            insecure: search.plan.is_insecure(),
            apps: search.plan.apps.clone(),
            ways: search.plan.ways(),
        },
        started_at: json::rfc3339(search.started_at_unix_ms),
        duration_ms: search.took.as_millis() as u64,
        steps: search.steps.clone(),
        environment: json::environment(&search.environment),
    };
    let mut text = serde_json::to_string_pretty(&report).expect("a report is JSON");
    text.push('\n');
    text
}

fn settings(search: &Search) -> form::Search {
    let settings = &search.settings;
    let most = search.load(settings.bounds.most);
    form::Search {
        vary: settings.vary,
        from: search.load(settings.bounds.from),
        to: settings.most_was_asked_for.then_some(most),
        factor: settings.bounds.factor,
        precision: settings.bounds.precision,
        step_ms: settings.step.as_millis() as u64,
        step_at_most_ms: settings.step_most.as_millis() as u64,
        warm_up_ms: settings.warm_up.as_millis() as u64,
        cool_down_ms: settings.cool_down.as_millis() as u64,
    }
}

fn usl(usl: &fit::Usl) -> Usl {
    let estimate = |estimate: fit::Estimate| Estimate {
        value: estimate.value,
        standard_error: estimate.error,
    };
    Usl {
        lambda: estimate(usl.lambda),
        sigma: estimate(usl.sigma),
        kappa: estimate(usl.kappa),
        r_squared: usl.r_squared,
        points: usl.points,
        peak_load: usl.peak(),
        peak_deliveries_per_s: usl.peak().map(|load| usl.throughput(load)),
    }
}

/// Why a search cannot go on with what was kept of another.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// It is no report of a search.
    #[error("it is no report of a search for the capacity: {0}")]
    Form(String),
    /// Its steps were made under other conditions.
    #[error("its steps were made with another {0}, so they say nothing of this search")]
    Other(&'static str),
}

/// Reads what was kept of a search.
///
/// # Errors
/// If the text is no such report.
pub fn read(text: &str) -> Result<Kept, ResumeError> {
    let kept: Kept =
        serde_json::from_str(text).map_err(|error| ResumeError::Form(error.to_string()))?;
    if kept.schema != SCHEMA {
        return Err(ResumeError::Form(format!(
            "it says {:?} in place of {SCHEMA:?}",
            kept.schema
        )));
    }
    Ok(kept)
}

/// Gives a search the steps that were kept of another, which has to have asked the same of the same target. It may have searched in
/// other loads, or less precisely.
///
/// # Errors
/// If it has not.
pub fn resume(search: &mut Search, kept: Kept) -> Result<(), ResumeError> {
    let (is, was) = (settings(search), kept.search);
    let other = |what| Err(ResumeError::Other(what));
    if is.vary != was.vary {
        return other("--vary");
    }
    if (is.step_ms, is.warm_up_ms) != (was.step_ms, was.warm_up_ms) {
        return other("--step-duration or --warm-up");
    }
    let (mut is, mut was) = (File::from(&search.plan), kept.scenario.plan);
    if (&is.thresholds, &is.target) != (&was.thresholds, &was.target) {
        return other("SLO or target");
    }
    (is.seed, was.seed) = (None, None);
    if is != was {
        return other("scenario");
    }
    let started = humantime::parse_rfc3339(&kept.started_at).ok();
    let since = started.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    search.started_at_unix_ms = since.map_or(0, |since| since.as_millis() as u64);
    search.took = Duration::from_millis(kept.duration_ms);
    search.steps = kept.steps;
    Ok(())
}

/// The steps and the points of a text report.
fn table(search: &Search) -> (Vec<&Step>, Vec<Point>) {
    (curve::sorted(search), curve::points(search))
}
