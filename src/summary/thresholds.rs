//! The thresholds of a scenario, held against what was observed.

use super::{Summary, figures, limits};
use crate::scenario::threshold::metric::{
    DeliveryFigure, LoginFigure, PartFigure, PushFigure, RefusedFigure, RequestFigure,
    SocketFigure, Stat,
};
use crate::scenario::threshold::{Figure, Held, Known, Metric, Threshold};

/// Why there is no telling of a threshold.
const NOTHING: &str = "nothing was observed that it could be held against";
const MISSING: &str = "parts of what was observed are missing";
const EARLY: &str = "the run ended early, and the figure was still growing";
const AT_THE_END: &str = "it is known only when the run is over";
const NOTHING_YET: &str = "nothing was observed yet that it could be held against";
const GROWING: &str = "the figure is still growing";
const LIMITED: &str = "the generator was the limit";

/// How a threshold came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was kept.
    Kept,
    /// It was not.
    Breached,
    /// There is no telling, for this reason.
    Unknown(&'static str),
}

impl Outcome {
    /// The word of reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Breached => "breached",
            Self::Unknown(_) => "unknown",
        }
    }

    /// That there is no telling, for a reason that somebody else gave.
    pub fn unknown(why: &str) -> Self {
        let all = [
            NOTHING,
            MISSING,
            EARLY,
            AT_THE_END,
            NOTHING_YET,
            GROWING,
            LIMITED,
        ];
        let known = all.into_iter().find(|known| *known == why);
        Self::Unknown(known.unwrap_or("nobody knows why"))
    }
}

/// A threshold with what was observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// As written.
    pub expression: String,
    /// What it is about.
    pub metric: Metric,
    /// What was observed; `None`: nothing.
    pub held: Option<Held>,
    /// How it came out.
    pub outcome: Outcome,
}

/// Holds each threshold against what was observed, as if the generator had been no limit.
pub(super) fn check(summary: &Summary) -> Vec<Checked> {
    let one = |threshold: &Threshold| check_one(summary, threshold);
    summary.plan.thresholds.iter().map(one).collect()
}

fn check_one(summary: &Summary, threshold: &Threshold) -> Checked {
    let metric = &threshold.metric;
    let figure = figures::of_summary(summary, metric);
    let held = figure.and_then(|figure| threshold.check(figure));
    let cut_short = summary.interrupted || summary.aborted.is_some();
    let outcome = match &held {
        None => Outcome::Unknown(NOTHING),
        Some(_) if !summary.missing.is_empty() => Outcome::Unknown(MISSING),
        Some(_) if cut_short && grows(metric) => Outcome::Unknown(EARLY),
        Some(held) if held.holds => Outcome::Kept,
        Some(_) => Outcome::Breached,
    };
    Checked {
        expression: threshold.to_string(),
        metric: metric.clone(),
        held,
        outcome,
    }
}

/// Holds a threshold against a figure of a run that goes on.
pub(super) fn as_it_stands(threshold: &Threshold, figure: Option<Figure>) -> Checked {
    let metric = &threshold.metric;
    let held = figure.and_then(|figure| threshold.check(figure));
    let outcome = match &held {
        _ if threshold.known() == Known::End => Outcome::Unknown(AT_THE_END),
        None => Outcome::Unknown(NOTHING_YET),
        Some(held) if held.holds => Outcome::Kept,
        Some(_) if grows(metric) => Outcome::Unknown(GROWING),
        Some(_) => Outcome::Breached,
    };
    Checked {
        expression: threshold.to_string(),
        metric: metric.clone(),
        held,
        outcome,
    }
}

/// A generator that was the limit takes back whatever it may have caused.
pub(super) fn take_back(checked: &mut [Checked]) {
    let caused = checked
        .iter_mut()
        .filter(|checked| checked.held.is_some() && may_be_the_generators(&checked.metric));
    for checked in caused {
        checked.outcome = Outcome::Unknown(LIMITED);
    }
}

/// Whether a generator at its limit can have made this figure what it is. Violations are judged so that it cannot.
pub(super) fn may_be_the_generators(metric: &Metric) -> bool {
    match metric {
        own if limits::is_own(own) => false,
        Metric::Deliveries(figure) => *figure == DeliveryFigure::Rate || tells_of_load(*figure),
        // Who lets somebody in whom it has to refuse does so whatever the load.
        Metric::Generator(_) | Metric::MustRefuse(_) => false,
        // As the violations that they are.
        Metric::Requests(figure) => !matches!(
            figure,
            RequestFigure::Wrong | RequestFigure::TimedOut | RequestFigure::Unasked
        ),
        Metric::Logins(_)
        | Metric::Sockets(_)
        | Metric::Pushes(_)
        | Metric::Latency(..)
        | Metric::Part(..) => true,
    }
}

/// Whether a figure of the deliveries is no violation: how many there were, and what became of the rest.
fn tells_of_load(figure: DeliveryFigure) -> bool {
    use DeliveryFigure::{
        Allowed, Away, Came, Delivered, Expected, MissedAtChurn, MissedAtDeath, Pairs, Recovered,
    };
    matches!(
        figure,
        Expected
            | Delivered
            | Allowed
            | Recovered
            | Pairs
            | Came
            | MissedAtDeath
            | MissedAtChurn
            | Away
    )
}

/// Whether a figure only says how far a run has come.
fn grows(metric: &Metric) -> bool {
    match metric {
        Metric::Sockets(figure) => {
            use SocketFigure::{Connected, Left, Reconnected, Recovered};
            matches!(figure, Connected | Left | Reconnected | Recovered)
        }
        Metric::Logins(figure) => *figure == LoginFigure::Attempted,
        Metric::MustRefuse(figure) => *figure == RefusedFigure::Refused,
        Metric::Pushes(figure) => matches!(figure, PushFigure::Sent | PushFigure::Accepted),
        Metric::Requests(figure) => {
            matches!(figure, RequestFigure::Sent | RequestFigure::Answered)
        }
        Metric::Deliveries(figure) => tells_of_load(*figure),
        Metric::Latency(_, stat) | Metric::Part(_, _, PartFigure::Push(stat)) => {
            *stat == Stat::Count
        }
        Metric::Part(..) => true,
        Metric::Generator(_) => false,
    }
}
