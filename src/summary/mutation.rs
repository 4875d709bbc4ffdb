//! What the conformance suite makes of servers that are known to be bad: plain data, one row for each.

use std::time::Duration;

use super::Verdict;
use super::conformance::Outcome;

/// A known-bad server, tried with the cases that name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Its name, as `serve --mutant` has it.
    pub mutant: &'static str,
    /// The cases that name it, and what each came to.
    pub cases: Vec<(&'static str, Outcome)>,
    /// How long that took.
    pub took: Duration,
}

impl Trial {
    /// Every case that names it missed something, as it should.
    pub fn is_killed(&self) -> bool {
        !self.cases.is_empty() && self.cases.iter().all(|(_, outcome)| outcome.is_missed())
    }

    /// Why it lives, if it does.
    pub fn survives(&self) -> Option<String> {
        if self.cases.is_empty() {
            return Some("no case names it".to_owned());
        }
        let mut blind = self
            .cases
            .iter()
            .filter(|(_, outcome)| !outcome.is_missed());
        blind.next().map(|(id, outcome)| match outcome.detail() {
            detail if detail.is_empty() => format!("{id}: {}", outcome.name()),
            detail => format!("{id}: {}: {detail}", outcome.name()),
        })
    }
}

/// What the suite is worth.
#[derive(Debug, Clone, Default)]
pub struct Mutation {
    /// One for each known-bad server that was tried to its end.
    pub trials: Vec<Trial>,
    /// What the cases missed at a server that is right: nothing, if they are.
    pub control: Vec<(&'static str, Outcome)>,
    /// The user ended it early.
    pub interrupted: bool,
    /// How long all of it took.
    pub took: Duration,
}

impl Mutation {
    /// How many were killed.
    pub fn killed(&self) -> usize {
        self.trials.iter().filter(|trial| trial.is_killed()).count()
    }

    /// Those that live, and why.
    pub fn survivors(&self) -> impl Iterator<Item = (&'static str, String)> {
        let trials = self.trials.iter();
        trials.filter_map(|trial| Some((trial.mutant, trial.survives()?)))
    }

    /// Share of them that were killed, in percent; 0 where none was tried.
    pub fn score(&self) -> f64 {
        if self.trials.is_empty() {
            return 0.0;
        }
        self.killed() as f64 * 100.0 / self.trials.len() as f64
    }

    /// `fail`: one lives, or a case misses something at a server that is right.
    pub fn verdict(&self) -> Verdict {
        if !self.control.is_empty() || self.killed() < self.trials.len() {
            Verdict::Fail
        } else if self.interrupted || self.trials.is_empty() {
            Verdict::Unknown
        } else {
            Verdict::Pass
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::conformance::tests::missed;

    fn trial(cases: Vec<(&'static str, Outcome)>) -> Trial {
        Trial {
            mutant: "m",
            cases,
            took: Duration::ZERO,
        }
    }

    #[test]
    fn one_that_a_case_does_not_see_lives() {
        let missed = || Outcome::NonStrict(missed());
        let killed = trial(vec![("A-1", missed()), ("A-2", missed())]);
        let half = trial(vec![("A-1", missed()), ("A-2", Outcome::Pass)]);
        let blind = trial(vec![("A-1", Outcome::Unknown("why".to_owned()))]);
        assert_eq!(killed.survives(), None);
        assert_eq!(half.survives().as_deref(), Some("A-2: pass"));
        assert_eq!(blind.survives().as_deref(), Some("A-1: unknown: why"));
        assert_eq!(
            trial(Vec::new()).survives().as_deref(),
            Some("no case names it")
        );
        let all = |trials: Vec<Trial>| Mutation {
            trials,
            ..Mutation::default()
        };
        assert_eq!(all(vec![killed.clone()]).verdict(), Verdict::Pass);
        assert_eq!(all(Vec::new()).verdict(), Verdict::Unknown);
        let both = all(vec![killed.clone(), half]);
        assert_eq!((both.killed(), both.verdict()), (1, Verdict::Fail));
        assert!((both.score() - 50.0).abs() < 1e-9);
        let control = Mutation {
            control: vec![("A-1", missed())],
            ..all(vec![killed])
        };
        assert_eq!(control.verdict(), Verdict::Fail);
    }
}
