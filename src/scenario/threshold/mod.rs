//! Thresholds: what a run has to keep to, as `latency.push.p99 < 50ms`, and conditions that end it early, as
//! `deliveries.late > 100 after 10s`.
//!
//! ```text
//! threshold = metric op value
//! condition = metric op value [ "after" duration ]
//! metric    = part { "." part }          a part with a dot, space or sign in it stands in quotes
//! op        = "<" | "<=" | ">" | ">=" | "==" | "!="
//! ```
//!
//! A threshold is checked against the list of [`metric`]s and their units when it is read, so none can turn out to mean nothing
//! after the run. docs/thresholds.md is the page for users.

pub mod gate;
pub mod metric;
mod value;

use std::fmt;
use std::time::Duration;

use metric::TRIGGERS;
pub use metric::{Known, Metric, Unit};
use value::Bound;

use super::units::Span;

/// How a figure is compared with its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

/// A comparison of one figure with a bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    text: String,
    /// The figure.
    pub metric: Metric,
    op: Op,
    bound: Bound,
}

/// A condition that ends a run early.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    text: String,
    /// What must not become true.
    pub threshold: Threshold,
    /// From how long after the start of the run on it is looked at.
    pub after: Duration,
}

/// A figure as it was observed, in the base of its unit: things, microseconds, bytes, times a second, percent of a processor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// How much.
    pub value: f64,
    /// The whole that it is a part of, where it is.
    pub of: Option<f64>,
}

/// A figure held against a threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The figure in the unit of [`Held::unit`].
    pub observed: f64,
    /// `us`, `bytes`, `/s`, `%`, or nothing for a count.
    pub unit: &'static str,
    /// Whether the comparison is true.
    pub holds: bool,
}

/// Why a text is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThresholdError {
    /// Not of the form.
    #[error(
        "{text:?} is not a metric, a comparison and a value; write it as \"latency.push.p99 < 50ms\""
    )]
    Form {
        /// What was written.
        text: String,
    },
    /// One `=`.
    #[error("{text:?}: write == for \"equal\"")]
    Assignment {
        /// What was written.
        text: String,
    },
    /// No such metric.
    #[error("{text:?}: there is no metric {metric:?}{}", nearest(.near))]
    Metric {
        /// What was written.
        text: String,
        /// The metric in it.
        metric: String,
        /// Metrics whose names are like it, the likest first.
        near: Vec<String>,
    },
    /// The value does not fit the metric.
    #[error("{text:?}: {why}")]
    Value {
        /// What was written.
        text: String,
        /// Why, and what to write.
        why: String,
    },
    /// A threshold with a delay.
    #[error(
        "{text:?}: a threshold is looked at when the run is over and takes no \"after\"; abort_on does"
    )]
    After {
        /// What was written.
        text: String,
    },
    /// A condition on what is known only at the end.
    #[error(
        "{text:?}: {what} is known only when the run is over, so it cannot end one early; make it a threshold"
    )]
    NotLive {
        /// What was written.
        text: String,
        /// The metric, or a share of it.
        what: String,
    },
}

fn nearest(near: &[String]) -> String {
    match near {
        [] => "; docs/thresholds.md lists them".to_owned(),
        [one] => format!("; did you mean {one}?"),
        [rest @ .., last] => format!("; did you mean {} or {last}?", rest.join(", ")),
    }
}

impl Threshold {
    /// Reads a threshold of a run with these event names.
    pub fn parse(text: &str, events: &[String]) -> Result<Self, ThresholdError> {
        Self::of(text, events, &TRIGGERS.map(str::to_owned))
    }

    /// The same, of a run with these triggers.
    pub fn of(text: &str, events: &[String], triggers: &[String]) -> Result<Self, ThresholdError> {
        let (path, op, value) = split(text)?;
        if value.contains(" after ") {
            let text = text.to_owned();
            return Err(ThresholdError::After { text });
        }
        Self::read(text, &path, op, value, &Metric::of(events, triggers))
    }

    fn read(
        text: &str,
        path: &[String],
        op: Op,
        value: &str,
        all: &[Metric],
    ) -> Result<Self, ThresholdError> {
        let text = text.trim().to_owned();
        let Some(metric) = all.iter().find(|metric| metric.path() == path) else {
            let metric = path.join(".");
            let near = like(&metric, all);
            return Err(ThresholdError::Metric { text, metric, near });
        };
        let metric = metric.clone();
        match Bound::parse(value, &metric) {
            Ok(bound) => Ok(Self {
                text,
                metric,
                op,
                bound,
            }),
            Err(why) => Err(ThresholdError::Value { text, why }),
        }
    }

    /// Compares a figure; `None` for a share of nothing.
    pub fn check(&self, figure: Figure) -> Option<Held> {
        // Shares are compared without dividing: 57 of 100 is 57 %, to the last bit.
        let (left, right, observed) = if self.bound.share {
            let of = figure.of.filter(|of| *of > 0.0)?;
            let observed = figure.value * 100.0 / of;
            (figure.value * 100.0, self.bound.number * of, observed)
        } else {
            (figure.value, self.bound.number, figure.value)
        };
        let holds = match self.op {
            Op::Less => left < right,
            Op::AtMost => left <= right,
            Op::More => left > right,
            Op::AtLeast => left >= right,
            Op::Equal => left.total_cmp(&right).is_eq(),
            Op::NotEqual => left.total_cmp(&right).is_ne(),
        };
        Some(Held {
            observed,
            unit: self.bound.unit(&self.metric),
            holds,
        })
    }
}

impl Threshold {
    /// This figure, which made it true or not.
    pub fn held(&self, observed: f64, holds: bool) -> Held {
        Held {
            observed,
            unit: self.bound.unit(&self.metric),
            holds,
        }
    }

    /// From when on it can be checked.
    pub fn known(&self) -> Known {
        if self.is_share_of_end() {
            Known::End
        } else {
            self.metric.known()
        }
    }

    /// It is about a share of what is known only at the end.
    fn is_share_of_end(&self) -> bool {
        self.bound.share && matches!(self.metric, Metric::Deliveries(_))
    }

    /// The bound that a figure has to stay below, or may just reach, in the base of its unit; `None`: it is bounded otherwise.
    pub fn most(&self) -> Option<f64> {
        let upper = matches!(self.op, Op::Less | Op::AtMost) && !self.bound.share;
        upper.then_some(self.bound.number)
    }

    /// How much of its bound an observed figure takes up: below 1 there is room, above 1 it is breached. `None` where there is no
    /// nearer and further.
    pub fn strain(&self, observed: f64) -> Option<f64> {
        let bound = self.bound.number;
        let strain = match self.op {
            Op::Less | Op::AtMost => observed / bound,
            Op::More | Op::AtLeast => bound / observed,
            Op::Equal | Op::NotEqual => return None,
        };
        strain.is_finite().then_some(strain)
    }
}

impl Condition {
    /// Reads a condition of a run with these event names.
    pub fn parse(text: &str, events: &[String]) -> Result<Self, ThresholdError> {
        Self::of(text, events, &TRIGGERS.map(str::to_owned))
    }

    /// The same, of a run with these triggers.
    pub fn of(text: &str, events: &[String], triggers: &[String]) -> Result<Self, ThresholdError> {
        let (path, op, rest) = split(text)?;
        let (value, after) = rest.split_once(" after ").unwrap_or((rest, "0s"));
        let threshold = Threshold::read(text, &path, op, value, &Metric::of(events, triggers))?;
        let text = threshold.text.clone();
        let metric = &threshold.metric;
        let share_of_end = threshold.is_share_of_end();
        if threshold.known() == Known::End {
            let share = if share_of_end { "the share of " } else { "" };
            let what = format!("{share}{metric}");
            return Err(ThresholdError::NotLive { text, what });
        }
        match after.parse::<Span>() {
            Ok(after) => Ok(Self {
                text,
                threshold,
                after: after.0,
            }),
            Err(error) => {
                let why = error.to_string();
                Err(ThresholdError::Value { text, why })
            }
        }
    }

    /// This figure, which made it true.
    pub fn held(&self, observed: f64) -> Held {
        self.threshold.held(observed, true)
    }
}

impl fmt::Display for Threshold {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Condition {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A figure for people, in one of the units of [`Held::unit`].
pub fn words(observed: f64, unit: &str) -> String {
    value::words(observed, unit)
}

impl fmt::Display for Held {
    /// What was observed, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&value::words(self.observed, self.unit))
    }
}

/// The parts of the metric's name, the comparison, and what follows it.
fn split(text: &str) -> Result<(Vec<String>, Op, &str), ThresholdError> {
    let form = || ThresholdError::Form {
        text: text.to_owned(),
    };
    let mut path = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, behind) = part(rest).ok_or_else(form)?;
        path.push(part);
        rest = behind;
        let Some(behind) = rest.strip_prefix('.') else {
            break;
        };
        rest = behind;
    }
    rest = rest.trim_start();
    // The longer ones first.
    let ops = [
        ("<=", Op::AtMost),
        (">=", Op::AtLeast),
        ("==", Op::Equal),
        ("!=", Op::NotEqual),
        ("<", Op::Less),
        (">", Op::More),
    ];
    let found = ops
        .iter()
        .find_map(|(sign, op)| Some((*op, rest.strip_prefix(sign)?.trim())));
    match found {
        Some((op, value)) if !value.is_empty() => Ok((path, op, value)),
        None if rest.starts_with('=') => Err(ThresholdError::Assignment {
            text: text.to_owned(),
        }),
        _ => Err(form()),
    }
}

/// The first part of a name, bare or in quotes, and what is behind it.
fn part(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| "\"'".contains(*c));
    let Some(quote) = quote else {
        let end = text.find(|c| !metric::is_bare(c)).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut part = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => {
                part.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            c if c == quote => return Some((part, &text[at + 1..])),
            c => part.push(c),
        }
    }
    None
}

/// Metrics whose names are like this one, the likest first.
fn like(name: &str, all: &[Metric]) -> Vec<String> {
    /// Of 1 for the same name.
    const LIKE: f64 = 0.6;
    const MOST: usize = 3;
    let mut near: Vec<_> = all
        .iter()
        .map(|metric| {
            let full = metric.to_string();
            (strsim::normalized_damerau_levenshtein(name, &full), full)
        })
        .filter(|(likeness, _)| *likeness >= LIKE)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(MOST).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests;
