//! How a run stands while it goes on: the rules of the verdict, as far as they can be known by then.

use super::limits::is_own;
use super::thresholds::may_be_the_generators;
use super::{Checked, Outcome, Snapshot, Verdict};
use crate::verify::Class;

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is over.
    Over(Verdict),
    /// Nothing that had to come has come yet, so there is nothing to say.
    Unknown,
    /// Nothing is wrong so far.
    Ok,
    /// The generator itself is the limit.
    Limited,
    /// A threshold does not hold, as it stands.
    Breached,
    /// Something went wrong that no run passes with.
    Violations,
}

impl Standing {
    /// The same in a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::Over(verdict) => verdict.name(),
            Self::Unknown => "unknown yet",
            Self::Ok => "ok",
            Self::Limited => "limited",
            Self::Breached => "threshold breached",
            Self::Violations => "violations",
        }
    }
}

/// How a run stands, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoFar {
    /// How.
    pub standing: Standing,
    /// Why, in words; empty if nothing is wrong.
    pub why: String,
}

impl Snapshot {
    /// How the run stands: the weightiest of what can be said, as its verdict would have it.
    pub fn so_far(&self) -> SoFar {
        let so_far = |standing, why| SoFar { standing, why };
        if let Some(ended) = &self.ended {
            let why = ended.reasons.first().cloned().unwrap_or_default();
            return so_far(Standing::Over(ended.verdict), why);
        }
        let violations = self.violations();
        if !violations.is_empty() {
            return so_far(Standing::Violations, violations.join(", "));
        }
        if let Some(breached) = self.breached() {
            let held = breached.held.as_ref().map(ToString::to_string);
            let why = format!(
                "{}: it is {}",
                breached.expression,
                held.unwrap_or_default()
            );
            return so_far(Standing::Breached, why);
        }
        if let Some(limited) = &self.generator.limited {
            return so_far(Standing::Limited, limited.clone());
        }
        if self.phase == "pushing" && self.sockets.alive == 0 {
            let why = "no socket is connected".to_owned();
            return so_far(Standing::Unknown, why);
        }
        if self.counts.delivered == 0 {
            let why = "nothing was delivered yet".to_owned();
            return so_far(Standing::Unknown, why);
        }
        so_far(Standing::Ok, String::new())
    }

    /// What went wrong, each kind with its count.
    fn violations(&self) -> Vec<String> {
        let of = |class: &Class| (self.counts.of(*class), class.name());
        let requests = &self.requests;
        let others = [
            (self.must_refuse.let_in, "let in"),
            (requests.wrong, "wrong answers"),
            (requests.timed_out, "requests without an answer"),
            (requests.unasked, "acks that nobody asked for"),
        ];
        let all = Class::ALL.iter().map(of).chain(others);
        all.filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"))
            .collect()
    }

    /// The first threshold that does not hold and that the generator has not caused.
    fn breached(&self) -> Option<&Checked> {
        let limited = self.generator.limited.is_some();
        self.thresholds.iter().find(|checked| {
            checked.outcome == Outcome::Breached
                && !is_own(&checked.metric)
                && !(limited && may_be_the_generators(&checked.metric))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::RequestCounts;
    use crate::scenario::threshold::Figure;
    use crate::scenario::threshold::Threshold;
    use crate::summary::verdict::Judgement;

    fn running() -> Snapshot {
        let mut snapshot = Snapshot {
            phase: "pushing",
            ..Snapshot::default()
        };
        snapshot.sockets.alive = 3;
        snapshot.counts.delivered = 1;
        snapshot
    }

    fn breach(expression: &str, value: f64) -> Checked {
        let threshold = Threshold::parse(expression, &[]).unwrap();
        let held = threshold.check(Figure { value, of: None });
        Checked {
            expression: expression.to_owned(),
            metric: threshold.metric.clone(),
            held,
            outcome: Outcome::Breached,
        }
    }

    #[track_caller]
    fn stands(snapshot: &Snapshot, standing: Standing, why: &str) {
        let so_far = snapshot.so_far();
        assert_eq!((so_far.standing, so_far.why.as_str()), (standing, why));
    }

    #[test]
    fn the_weightiest_is_told() {
        let mut snapshot = running();
        stands(&snapshot, Standing::Ok, "");
        snapshot.generator.limited = Some("too slow".to_owned());
        stands(&snapshot, Standing::Limited, "too slow");
        // What a generator at its limit may have caused is no breach, what it is itself asked for neither.
        snapshot.thresholds = vec![
            breach("latency.push.p99 < 50ms", 60_000.0),
            breach("generator.rss < 1MiB", 3e6),
        ]
        .into();
        stands(&snapshot, Standing::Limited, "too slow");
        snapshot.generator.limited = None;
        let why = "latency.push.p99 < 50ms: it is 60 ms";
        stands(&snapshot, Standing::Breached, why);
        snapshot.requests = RequestCounts {
            wrong: 2,
            ..RequestCounts::default()
        };
        stands(&snapshot, Standing::Violations, "2 wrong answers");
        snapshot.ended = Some(
            Judgement {
                verdict: Verdict::Fail,
                exit_code: 1,
                reasons: vec!["2 lost".to_owned(), "more".to_owned()],
                limits: Vec::new(),
                thresholds: Vec::new(),
            }
            .into(),
        );
        stands(&snapshot, Standing::Over(Verdict::Fail), "2 lost");
    }

    #[test]
    fn without_a_delivery_there_is_nothing_to_say() {
        let mut snapshot = running();
        snapshot.counts.delivered = 0;
        stands(&snapshot, Standing::Unknown, "nothing was delivered yet");
        snapshot.sockets.alive = 0;
        stands(&snapshot, Standing::Unknown, "no socket is connected");
        snapshot.must_refuse.let_in = 1;
        stands(&snapshot, Standing::Violations, "1 let in");
    }
}
