//! What the self-test came to: plain data, one row for each trial.

use super::Verdict;
use crate::verify::Class;

/// What the self-test came to.
#[derive(Debug, Clone)]
pub struct SelfTest {
    /// Decides every random choice.
    pub seed: u64,
    /// One for each trial.
    pub rows: Vec<Row>,
    /// The user ended it early.
    pub interrupted: bool,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the platform did wrong; `None`: nothing.
    pub fault: Option<&'static str>,
    /// Once in so many occasions.
    pub one_in: u32,
    /// Whether sockets left and came back meanwhile.
    pub churn: bool,
    /// How often the fault could have been done.
    pub occasions: u64,
    /// How often it was done.
    pub injected: u64,
    /// How often it was found: violations of its class, or pushes of unknown outcome where it shows as that.
    pub detected: u64,
    /// What was found, by class.
    pub blamed: Vec<(Class, u64)>,
    /// Violations that nobody injected.
    pub false_alarms: u64,
    /// Deliveries that were judged.
    pub deliveries: u64,
    /// Whether all of it is as it should be.
    pub standing: Standing,
}

/// How a trial stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Injected is detected, and nothing else was found.
    Exact,
    /// It is not; how so.
    Wrong(String),
    /// The trial says nothing; why.
    Unknown(String),
}

impl SelfTest {
    /// `fail`: something was missed or invented; `unknown`: a trial said nothing.
    pub fn verdict(&self) -> Verdict {
        let any = |test: fn(&Standing) -> bool| self.rows.iter().any(|row| test(&row.standing));
        if any(|standing| matches!(standing, Standing::Wrong(_))) {
            Verdict::Fail
        } else if self.interrupted
            || self.rows.is_empty()
            || any(|standing| matches!(standing, Standing::Unknown(_)))
        {
            Verdict::Unknown
        } else {
            Verdict::Pass
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(standings: &[Standing], interrupted: bool) -> Verdict {
        let row = |standing: &Standing| Row {
            fault: Some("drop"),
            one_in: 100,
            churn: false,
            occasions: 300,
            injected: 3,
            detected: 3,
            blamed: vec![(Class::Lost, 3)],
            false_alarms: 0,
            deliveries: 297,
            standing: standing.clone(),
        };
        let test = SelfTest {
            seed: 1,
            rows: standings.iter().map(row).collect(),
            interrupted,
        };
        test.verdict()
    }

    #[test]
    fn only_exact_trials_pass() {
        use Standing::{Exact, Unknown, Wrong};
        let (wrong, unknown) = (Wrong("off".to_owned()), Unknown("slow".to_owned()));
        assert_eq!(verdict(&[Exact, Exact], false), Verdict::Pass);
        assert_eq!(verdict(&[Exact, Exact], true), Verdict::Unknown);
        assert_eq!(verdict(&[], false), Verdict::Unknown);
        assert_eq!(verdict(&[Exact, unknown.clone()], false), Verdict::Unknown);
        assert_eq!(verdict(&[unknown, wrong, Exact], true), Verdict::Fail);
    }
}
