//! Gates of a comparison: by how much a figure may change from one run to another, as `latency.push.p99 > +20%`.
//!
//! ```text
//! gate   = metric ( ">" "+" | "<" "-" ) change
//! change = number "%"                  of what it was
//!        | value                       in the metric's unit, as 5ms, 10/s or 3
//! ```

use std::fmt;

use super::metric::Metric;
use super::value::{self, Bound};
use super::{Op, ThresholdError, like, split};

/// What a figure must not do.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    text: String,
    /// Which figure.
    pub metric: Metric,
    /// It must not grow; otherwise it must not fall.
    grows: bool,
    by: By,
}

/// By how much.
#[derive(Debug, Clone, Copy, PartialEq)]
enum By {
    /// In percent of what it was.
    Percent(f64),
    /// In the base of its unit.
    Amount(f64),
}

impl Gate {
    /// Reads a gate over runs with these event names and triggers.
    ///
    /// # Errors
    /// If it is none, with what to write.
    pub fn parse(
        text: &str,
        events: &[String],
        triggers: &[String],
    ) -> Result<Self, ThresholdError> {
        let text = text.trim().to_owned();
        let wrong = |why: &str| ThresholdError::Value {
            text: text.clone(),
            why: why.to_owned(),
        };
        let form = "this is no gate; write a metric and by how much it may change, as latency.push.p99 > +20% or deliveries.rate < -10%";
        let (path, op, change) = split(&text).map_err(|_| wrong(form))?;
        let all = Metric::of(events, triggers);
        let Some(metric) = all.iter().find(|metric| metric.path() == path) else {
            let metric = path.join(".");
            let near = like(&metric, &all);
            return Err(ThresholdError::Metric { text, metric, near });
        };
        let (grows, sign) = match op {
            Op::More => (true, '+'),
            Op::Less => (false, '-'),
            _ => {
                return Err(wrong(
                    "a gate has > for what must not grow, or < for what must not fall",
                ));
            }
        };
        let Some(change) = change.strip_prefix(sign) else {
            let told = if grows {
                "write by how much it may grow, as +20% or +5ms; a bound of its own is a threshold of the run"
            } else {
                "write by how much it may fall, as -20% or -10/s; a bound of its own is a threshold of the run"
            };
            return Err(wrong(told));
        };
        let by = if let Some(percent) = change.trim().strip_suffix('%') {
            let percent = value::number(percent.trim());
            let told = "a share is a number in percent of what it was, as +20%";
            By::Percent(percent.ok_or_else(|| wrong(told))?)
        } else {
            let bound = Bound::parse(change, metric);
            By::Amount(bound.map_err(|why| wrong(&why))?.number)
        };
        Ok(Self {
            metric: metric.clone(),
            grows,
            by,
            text,
        })
    }

    /// Whether the change from one figure to another is more than may be.
    pub fn is_breached(&self, base: f64, new: f64) -> bool {
        let may = match self.by {
            By::Percent(percent) => base.abs() * percent / 100.0,
            By::Amount(amount) => amount,
        };
        if self.grows {
            new - base > may
        } else {
            base - new > may
        }
    }
}

impl fmt::Display for Gate {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(text: &str) -> Result<Gate, String> {
        let (events, triggers) = (["new message".to_owned()], ["http".to_owned()]);
        Gate::parse(text, &events, &triggers).map_err(|error| error.to_string())
    }

    #[test]
    fn holds_a_change_against_its_bound() {
        for (text, base, new, breached) in [
            ("latency.push.p99 > +20%", 100.0, 120.0, false),
            ("latency.push.p99 > +20%", 100.0, 121.0, true),
            ("latency.push.p99 > +20 %", 100.0, 10.0, false),
            ("latency.push.p99 > + 5ms", 1_000.0, 6_000.0, false),
            ("latency.push.p99 > +5ms", 1_000.0, 6_001.0, true),
            ("deliveries.rate < -10%", 100.0, 90.0, false),
            ("deliveries.rate < -10%", 100.0, 89.0, true),
            ("deliveries.rate < -5/s", 100.0, 94.0, true),
            ("sockets.dropped > +0", 0.0, 1.0, true),
            ("sockets.dropped > +50%", 0.0, 1.0, true),
            ("by_event.\"new message\".push.p50 > +0%", 5.0, 5.0, false),
        ] {
            let read = gate(text).unwrap();
            assert_eq!(read.is_breached(base, new), breached, "{text} {base} {new}");
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn says_what_to_write() {
        for (text, says) in [
            ("latency.push.p99", "this is no gate; write a metric"),
            (
                "latency.push.p98 > +20%",
                "there is no metric \"latency.push.p98\"; did you mean",
            ),
            ("latency.push.p99 > 20%", "write by how much it may grow"),
            ("latency.push.p99 > -20%", "write by how much it may grow"),
            ("deliveries.rate < +5%", "write by how much it may fall"),
            (
                "latency.push.p99 == +5ms",
                "a gate has > for what must not grow",
            ),
            (
                "latency.push.p99 > +much%",
                "a share is a number in percent",
            ),
            (
                "latency.push.p99 > +5",
                "latency.push.p99 is a time, and \"5\" is none",
            ),
        ] {
            let error = gate(text).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
