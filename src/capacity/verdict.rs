//! What a search came to: the one place that decides it.

use super::search::{Because, End, Next};
use super::{Break, Outcome, Search};
use crate::summary::verdict::{EXIT_BREACH, EXIT_FAIL, EXIT_INTERRUPTED, EXIT_UNKNOWN};
use crate::verify::Class;

/// What is known of the capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is between two loads that are as near each other as was asked for.
    Found,
    /// It is not below a load that held; nobody knows how far above.
    AtLeast,
    /// Not even the smallest load held.
    Below,
    /// Nothing.
    Unknown,
}

impl Verdict {
    /// The word of reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::AtLeast => "at_least",
            Self::Below => "below",
            Self::Unknown => "unknown",
        }
    }
}

/// What a search came to, with why.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// What is known.
    pub verdict: Verdict,
    /// The exit code that goes with it.
    pub exit_code: u8,
    /// The largest load that held.
    pub held: Option<f64>,
    /// The smallest that did not.
    pub broke: Option<f64>,
    /// What broke there, the likeliest to be first at its head.
    pub first: Vec<Break>,
    /// Why it is not more.
    pub reasons: Vec<String>,
}

impl Search {
    /// What the search has come to.
    pub fn judge(&self) -> Judgement {
        let end = match self.next() {
            Next::Done(end) => Some(end),
            Next::Try(_) => None,
        };
        let (held, broke) = end.map_or_else(|| self.so_far(), |end| (end.held, end.broke));
        let (held, broke) = (held.map(|n| self.load(n)), broke.map(|n| self.load(n)));
        let first = broke.map_or_else(Vec::new, |load| self.breaks(load));
        let verdict = match (end.map(|end| end.because), held) {
            (Some(Because::Precise), _) => Verdict::Found,
            (Some(Because::Least), _) => Verdict::Below,
            (_, Some(_)) => Verdict::AtLeast,
            (_, None) => Verdict::Unknown,
        };
        let exit_code = match verdict {
            _ if self.interrupted => EXIT_INTERRUPTED,
            Verdict::Found => 0,
            // It bore all that it was asked to bear.
            Verdict::AtLeast if self.reached_what_was_asked(end) => 0,
            Verdict::Below => below(&first),
            Verdict::AtLeast | Verdict::Unknown => EXIT_UNKNOWN,
        };
        Judgement {
            verdict,
            exit_code,
            held,
            broke,
            first,
            reasons: self.reasons(end),
        }
    }

    fn reached_what_was_asked(&self, end: Option<End>) -> bool {
        let most = end.is_some_and(|end| end.because == Because::Most);
        most && self.settings.most_was_asked_for
    }

    /// What is known of a search that is not over.
    fn so_far(&self) -> (Option<u64>, Option<u64>) {
        let trials: Vec<_> = self.steps.iter().map(|step| self.trial(step)).collect();
        self.settings.bounds.known(&trials)
    }

    /// What broke under a load, as the first of its steps says in which anything did.
    fn breaks(&self, load: f64) -> Vec<Break> {
        let mut steps = self.at(load);
        let broke = steps.find(|step| step.outcome == Outcome::Broke);
        broke.map(|step| step.broke.clone()).unwrap_or_default()
    }

    fn reasons(&self, end: Option<End>) -> Vec<String> {
        let unit = self.settings.vary.unit();
        let mut reasons = Vec::new();
        if self.interrupted {
            reasons.push(
                "the search was interrupted; --resume goes on from what --json wrote".to_owned(),
            );
        }
        reasons.extend(self.trouble.clone());
        match end.map(|end| end.because) {
            Some(Because::Most) if self.settings.most_was_asked_for => reasons.push(format!(
                "{} {unit} held, and no more were asked for",
                self.load(self.settings.bounds.most)
            )),
            Some(Because::Most) => reasons.push(format!(
                "{} {unit} held, and are the most that this machine or pushproof can ask for",
                self.load(self.settings.bounds.most)
            )),
            Some(Because::Least) => reasons.push(format!(
                "not even {} {unit} held",
                self.load(self.settings.bounds.least)
            )),
            Some(Because::Unclear(load)) => {
                let load = self.load(load);
                let mut steps = self.at(load).filter(|s| s.outcome == Outcome::Unclear);
                let why = steps.next_back().and_then(|step| step.unclear.first());
                let why = why.map_or("no reason was given", String::as_str);
                reasons.push(format!("{load} {unit} say nothing of the target: {why}"));
            }
            Some(Because::Precise) | None => {}
        }
        if end.is_none() && reasons.is_empty() {
            reasons.push("the search is not over".to_owned());
        }
        reasons
    }
}

/// The exit code of a run of the smallest load, which did not hold.
fn below(first: &[Break]) -> u8 {
    let is = |what: &str| first.iter().any(|broke| broke.what == what);
    if Class::ALL.iter().any(|class| is(class.name())) {
        EXIT_FAIL
    } else if is("threshold") || is("aborted") {
        EXIT_BREACH
    } else {
        EXIT_UNKNOWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::{Step, Vary, tests};

    fn search(steps: &[(f64, Outcome)]) -> Search {
        let mut search = tests::search(Vary::Sockets, "");
        let step = |(load, outcome): &(f64, Outcome)| tests::step(*load, *outcome);
        search.steps = steps.iter().map(step).collect();
        search
    }

    #[track_caller]
    fn check(search: &Search, verdict: Verdict, exit_code: u8, bounds: (Option<f64>, Option<f64>)) {
        let judged = search.judge();
        let seen = (
            judged.verdict,
            judged.exit_code,
            (judged.held, judged.broke),
        );
        assert_eq!(seen, (verdict, exit_code, bounds), "{judged:?}");
    }

    #[test]
    fn found_only_when_it_is_known_as_well_as_was_asked_for() {
        use Outcome::{Broke, Held, Unclear};
        let steps = [(10.0, Held), (20.0, Broke), (14.0, Held), (17.0, Held)];
        let mut whole = search(&steps);
        whole.settings.bounds.precision = 0.2;
        check(&whole, Verdict::Found, 0, (Some(17.0), Some(20.0)));
        assert_eq!(whole.judge().first[0].what, "late");
        assert_eq!(whole.judge().reasons, [] as [&str; 0]);
        // Not over: what is known so far, and no more.
        let mut begun = search(&steps[..2]);
        check(&begun, Verdict::AtLeast, 4, (Some(10.0), Some(20.0)));
        begun.interrupted = true;
        check(&begun, Verdict::AtLeast, 130, (Some(10.0), Some(20.0)));
        check(&search(&[]), Verdict::Unknown, 4, (None, None));

        let mut unclear = search(&[(10.0, Held)]);
        let never = Step {
            unclear: vec!["too slow".to_owned()],
            ..tests::step(20.0, Unclear)
        };
        unclear.steps.extend([never.clone(), never.clone(), never]);
        check(&unclear, Verdict::AtLeast, 4, (Some(10.0), None));
        let reasons = unclear.judge().reasons;
        assert_eq!(reasons, ["20 sockets say nothing of the target: too slow"]);
    }

    #[test]
    fn at_the_ends_of_what_is_tried() {
        use Outcome::{Broke, Held};
        let mut all = search(&[(10.0, Held)]);
        all.settings.bounds.most = 10;
        check(&all, Verdict::AtLeast, 0, (Some(10.0), None));
        all.settings.most_was_asked_for = false;
        check(&all, Verdict::AtLeast, 4, (Some(10.0), None));
        let mut none = search(&[(10.0, Broke)]);
        none.settings.bounds.least = 10;
        check(&none, Verdict::Below, 1, (None, Some(10.0)));
        none.steps[0].broke[0].what = "threshold".to_owned();
        check(&none, Verdict::Below, 3, (None, Some(10.0)));
        none.steps[0].broke[0].what = "refused".to_owned();
        check(&none, Verdict::Below, 4, (None, Some(10.0)));
    }
}
