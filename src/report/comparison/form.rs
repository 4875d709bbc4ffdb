//! The form of a comparison: its fields, their units and meaning. The published JSON Schema is made from this file.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// A comparison of two runs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Comparison {
    /// `pushproof.comparison/1`.
    pub schema: &'static str,
    /// `pass`, `fail` or `unknown`.
    pub verdict: &'static str,
    /// 0; 1 if the new run has a violation; 3 if a gate is breached; 4 if it cannot be told.
    pub exit_code: u8,
    /// Why the verdict is not `pass`, the weightiest first.
    pub reasons: Vec<String>,
    /// What else one should know: in what the runs are not alike, in words.
    pub notes: Vec<String>,
    /// The run that is compared with.
    pub base: Run,
    /// The run that is compared.
    pub new: Run,
    /// Violations of both by class.
    pub violations: BTreeMap<&'static str, Both>,
    /// Figures of both.
    pub metrics: Vec<Metric>,
    /// What must not change by more.
    pub gates: Vec<Gate>,
}

/// One of two runs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Run {
    /// Its scenario.
    pub scenario: String,
    /// Its target.
    pub target: String,
    /// When it was.
    pub started_at: String,
    /// Its seed.
    pub seed: u64,
    /// What it came to.
    pub verdict: String,
}

/// A count of both.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[allow(missing_docs)] // the names say it
pub struct Both {
    pub base: u64,
    pub new: u64,
}

/// A figure of both.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Metric {
    /// Its name, as in a threshold.
    pub metric: String,
    /// `us`, `bytes`, `/s`, `%`, or nothing for a count.
    pub unit: &'static str,
    /// Of the one, in `unit`; `null` if nothing was observed.
    pub base: Option<f64>,
    /// Of the other.
    pub new: Option<f64>,
    /// By how much it changed, in percent of what it was; `null` if it was zero or is not known.
    pub percent: Option<f64>,
    /// What the seconds of both say; `null` if there is no such figure of each second, or there are too few.
    pub seconds: Option<Seconds>,
    /// `better`, `worse` or `changed`: it can be told from noise. `noise`: it cannot. `unknown`: how much it varies is not known.
    pub change: &'static str,
}

/// By how much the mean over seconds changed, in percent of what it was.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Seconds {
    /// The change.
    pub percent: f64,
    /// It is between this ...
    pub low: f64,
    /// ... and this with a confidence of 99.8 %.
    pub high: f64,
}

/// What must not change by more.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Gate {
    /// As written.
    pub expression: String,
    /// `kept`, `breached` or `unknown`.
    pub outcome: &'static str,
    /// What it was and is, in words.
    pub observed: String,
}
