//! What came of a trial: what was injected next to what was found.

use super::trials::{Trial, shows_as};
use crate::platform::Fault;
use crate::run::embedded::{FaultTruth, Truth};
use crate::summary::proof::{Row, Standing};
use crate::summary::{Summary, Verdict};
use crate::verify::Class;

/// The row of a trial that did not come to its end.
pub(super) fn unknown(trial: Trial, why: String) -> Row {
    Row {
        fault: trial.fault.map(Fault::name),
        one_in: trial.one_in,
        churn: trial.churn,
        occasions: 0,
        injected: 0,
        detected: 0,
        blamed: Vec::new(),
        false_alarms: 0,
        deliveries: 0,
        standing: Standing::Unknown(why),
    }
}

/// Compares what the platform did with what the run found.
pub(super) fn row(trial: Trial, summary: &Summary, truth: &Truth) -> Row {
    let done = |count: fn(&FaultTruth) -> u64| truth.faults.iter().map(count).sum::<u64>();
    let (occasions, injected) = (done(|f| f.occasions), done(|f| f.injected));
    let counts = &summary.findings.counts;
    let of = |class| counts.of(class);
    let compared = compare(trial, injected, of, summary.pushes.unknown);
    let blamed = Class::ALL.map(|class| (class, of(class)));
    Row {
        occasions,
        injected,
        detected: compared.detected,
        blamed: blamed.into_iter().filter(|(_, n)| *n > 0).collect(),
        false_alarms: compared.false_alarms,
        deliveries: counts.delivered,
        standing: standing(trial, injected, &compared, summary),
        ..unknown(trial, String::new())
    }
}

struct Compared {
    detected: u64,
    false_alarms: u64,
    /// What does not fit, in words.
    off: Vec<String>,
}

fn compare(trial: Trial, injected: u64, found: impl Fn(Class) -> u64, unknown: u64) -> Compared {
    let due = trial.fault.map_or(&[][..], shows_as);
    let mut compared = Compared {
        detected: 0,
        false_alarms: 0,
        off: Vec::new(),
    };
    for class in Class::ALL {
        let each = due
            .iter()
            .find(|(of, _)| *of == class)
            .map_or(0, |(_, n)| *n);
        let (is, wanted) = (found(class), injected * each);
        compared.false_alarms += is.saturating_sub(wanted);
        if is != wanted {
            let name = class.name();
            compared
                .off
                .push(format!("{is} {name} in place of {wanted}"));
        }
    }
    let of_class = |(class, each): &(Class, u64)| found(*class) / each;
    // A fault that is no violation shows as pushes of which nobody knows.
    let outcomes = if trial.fault.is_some() && due.is_empty() {
        injected
    } else {
        0
    };
    if unknown != outcomes {
        let off = format!("{unknown} pushes of unknown outcome in place of {outcomes}");
        compared.off.push(off);
    }
    compared.detected = match due {
        [] if trial.fault.is_some() => unknown,
        due => due.iter().map(of_class).min().unwrap_or(0),
    };
    compared
}

fn standing(trial: Trial, injected: u64, compared: &Compared, summary: &Summary) -> Standing {
    let judgement = summary.judge();
    if let Some(why) = &summary.not_begun {
        return Standing::Unknown(why.clone());
    }
    let sockets = &summary.sockets;
    if !judgement.limits.is_empty() || summary.interrupted || sockets.refused + sockets.dropped > 0
    {
        let why = judgement.reasons.last().cloned().unwrap_or_default();
        return Standing::Unknown(why);
    }
    if !compared.off.is_empty() {
        return Standing::Wrong(compared.off.join(", "));
    }
    if trial.fault.is_some() && injected == 0 {
        return Standing::Unknown("the fault was never done".to_owned());
    }
    if trial.churn && sockets.left + sockets.reconnected == 0 {
        return Standing::Unknown("no socket left and came back".to_owned());
    }
    let due = match trial.fault.map(shows_as) {
        None => Verdict::Pass,
        Some([]) => judgement.verdict,
        Some(_) => Verdict::Fail,
    };
    if judgement.verdict == due {
        Standing::Exact
    } else {
        let (is, due) = (judgement.verdict.name(), due.name());
        Standing::Wrong(format!("the verdict was {is} in place of {due}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a run found, by class.
    fn found(violations: &[(Class, u64)]) -> impl Fn(Class) -> u64 {
        let violations = violations.to_vec();
        move |class| {
            let found = violations.iter().find(|(of, _)| *of == class);
            found.map_or(0, |(_, n)| *n)
        }
    }

    fn trial(fault: Fault) -> Trial {
        Trial {
            fault: Some(fault),
            one_in: 100,
            churn: false,
        }
    }

    #[test]
    fn only_what_is_equal_in_every_class_fits() {
        let lost = found(&[(Class::Lost, 3)]);
        let compared = compare(trial(Fault::Drop), 3, &lost, 0);
        assert_eq!((compared.detected, compared.false_alarms), (3, 0));
        assert!(compared.off.is_empty());

        let compared = compare(trial(Fault::Drop), 4, &lost, 0);
        assert_eq!((compared.detected, compared.false_alarms), (3, 0));
        assert_eq!(compared.off, ["3 lost in place of 4"]);

        let more = found(&[(Class::Lost, 3), (Class::Late, 2)]);
        let compared = compare(trial(Fault::Drop), 3, &more, 1);
        assert_eq!((compared.detected, compared.false_alarms), (3, 2));
        let off = [
            "2 late in place of 0",
            "1 pushes of unknown outcome in place of 0",
        ];
        assert_eq!(compared.off, off);
    }

    #[test]
    fn a_swap_is_two_of_each() {
        let half = found(&[(Class::Lost, 4), (Class::Misdelivered, 3)]);
        let compared = compare(trial(Fault::Swap), 2, &half, 0);
        assert_eq!(compared.detected, 1);
        assert_eq!(compared.off, ["3 misdelivered in place of 4"]);
    }

    #[test]
    fn an_unknown_outcome_is_found_as_such() {
        let compared = compare(trial(Fault::Answer500), 5, found(&[]), 5);
        assert_eq!((compared.detected, compared.off.len()), (5, 0));
        let compared = compare(trial(Fault::Answer500), 5, found(&[]), 4);
        assert_eq!((compared.detected, compared.off.len()), (4, 1));
    }

    #[test]
    fn a_clean_run_finds_nothing() {
        let clean = Trial {
            fault: None,
            one_in: 1,
            churn: true,
        };
        assert!(compare(clean, 0, found(&[]), 0).off.is_empty());
        let phantom = found(&[(Class::Phantom, 1)]);
        assert_eq!(compare(clean, 0, &phantom, 0).false_alarms, 1);
    }
}
