//! What the conformance suite came to: plain data, one row for each case.

use std::time::Duration;

use super::Verdict;

/// How binding a requirement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The protocol asks for it, or the platform is unsafe without it.
    Must,
    /// The reference server or its manual does it, and clients rely on it.
    Should,
    /// Left open: what a target does is recorded.
    May,
}

impl Level {
    /// The word of reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::May => "MAY",
        }
    }
}

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Its name for good: a topic of two letters and a number, as `HS-03`.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// What a target has to do, in a sentence.
    pub requirement: &'static str,
    /// Where that comes from.
    pub source: &'static str,
}

impl About {
    /// The topic: what stands before the dash.
    pub fn topic(&self) -> &'static str {
        self.id.split_once('-').map_or(self.id, |(topic, _)| topic)
    }
}

/// A requirement that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Missed {
    /// All that would have kept it.
    pub allowed: String,
    /// What came.
    pub seen: String,
    /// It is about what did not come, which may be the network's doing.
    pub silent: bool,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The requirement is kept.
    Pass,
    /// Something that it should do is missed, and nothing that it must.
    NonStrict(Missed),
    /// It is missed.
    Fail(Missed),
    /// The sources leave it open; what the target does.
    Info(String),
    /// There is no telling; why.
    Unknown(String),
    /// It was not tried; why.
    Skip(String),
    /// The suite's own fault, never the target's; what went wrong.
    Error(String),
}

impl Outcome {
    /// The word of reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::NonStrict(_) => "non-strict",
            Self::Fail(_) => "fail",
            Self::Info(_) => "info",
            Self::Unknown(_) => "unknown",
            Self::Skip(_) => "skip",
            Self::Error(_) => "error",
        }
    }

    /// Whether something was missed for what did not come.
    pub const fn is_silent(&self) -> bool {
        matches!(self, Self::Fail(missed) | Self::NonStrict(missed) if missed.silent)
    }

    /// Whether a requirement was missed, binding or not.
    pub const fn is_missed(&self) -> bool {
        matches!(self, Self::Fail(_) | Self::NonStrict(_))
    }

    /// What counts at this level: only what a target must do can fail.
    #[must_use]
    pub fn at(self, level: Level) -> Self {
        match self {
            Self::Fail(missed) if level != Level::Must => Self::NonStrict(missed),
            outcome => outcome,
        }
    }

    /// What there is to say of it besides its name; empty for a pass.
    pub fn detail(&self) -> String {
        match self {
            Self::Pass => String::new(),
            Self::NonStrict(missed) | Self::Fail(missed) => {
                format!("allowed: {}; seen: {}", missed.allowed, missed.seen)
            }
            Self::Info(why) | Self::Unknown(why) | Self::Skip(why) | Self::Error(why) => {
                why.clone()
            }
        }
    }
}

/// One case, tried or left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is about.
    pub about: About,
    /// How it ended.
    pub outcome: Outcome,
    /// What was said to and by the target, a line each; the middle of a long exchange is left out.
    pub trace: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// Cases by their outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Kept.
    pub passed: u64,
    /// Something that it must do was missed.
    pub failed: u64,
    /// Something that it should do was missed.
    pub warned: u64,
    /// What a target does was recorded.
    pub informed: u64,
    /// No telling.
    pub unknown: u64,
    /// Not tried.
    pub skipped: u64,
    /// The suite's own fault.
    pub errors: u64,
}

impl Counts {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.passed
            + self.failed
            + self.warned
            + self.informed
            + self.unknown
            + self.skipped
            + self.errors
    }
}

/// What the suite came to.
#[derive(Debug, Clone)]
pub struct Conformance {
    /// What the target is called.
    pub name: String,
    /// The base URL of the target.
    pub target: String,
    /// Whether that is the embedded platform.
    pub embedded: bool,
    /// One for each case that was asked for and came to its end, in the order of the catalogue.
    pub rows: Vec<Row>,
    /// The user ended it early.
    pub interrupted: bool,
    /// How long all of it took.
    pub took: Duration,
}

impl Conformance {
    /// The cases by their outcome.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for row in &self.rows {
            *match row.outcome {
                Outcome::Pass => &mut counts.passed,
                Outcome::NonStrict(_) => &mut counts.warned,
                Outcome::Fail(_) => &mut counts.failed,
                Outcome::Info(_) => &mut counts.informed,
                Outcome::Unknown(_) => &mut counts.unknown,
                Outcome::Skip(_) => &mut counts.skipped,
                Outcome::Error(_) => &mut counts.errors,
            } += 1;
        }
        counts
    }

    /// `fail`: a requirement that binds was missed. `unknown`: none was, but a case came to no result, or nothing was judged at all.
    pub fn verdict(&self) -> Verdict {
        let counts = self.counts();
        let judged = counts.passed + counts.warned + counts.informed;
        if counts.failed > 0 {
            Verdict::Fail
        } else if self.interrupted || counts.unknown + counts.errors > 0 || judged == 0 {
            Verdict::Unknown
        } else {
            Verdict::Pass
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A suite with these outcomes, each of a case that binds.
    pub(in crate::summary) fn suite(outcomes: &[(&'static str, Outcome)]) -> Conformance {
        let row = |(id, outcome): &(&'static str, Outcome)| Row {
            about: About {
                id,
                level: Level::Must,
                requirement: "",
                source: "",
            },
            outcome: outcome.clone(),
            trace: Vec::new(),
            took: Duration::ZERO,
        };
        Conformance {
            name: "t".to_owned(),
            target: "http://t".to_owned(),
            embedded: false,
            rows: outcomes.iter().map(row).collect(),
            interrupted: false,
            took: Duration::ZERO,
        }
    }

    fn of(outcomes: &[Outcome], interrupted: bool) -> Conformance {
        let outcomes: Vec<_> = outcomes.iter().map(|one| ("HS-01", one.clone())).collect();
        Conformance {
            interrupted,
            ..suite(&outcomes)
        }
    }

    pub(in crate::summary) fn missed() -> Missed {
        Missed {
            allowed: "a".to_owned(),
            seen: "b".to_owned(),
            silent: false,
        }
    }

    #[test]
    fn nothing_passes_for_want_of_evidence() {
        let verdict = |outcomes: &[Outcome]| of(outcomes, false).verdict();
        let (skip, unknown) = (
            Outcome::Skip(String::new()),
            Outcome::Unknown(String::new()),
        );
        let error = Outcome::Error(String::new());
        assert_eq!(verdict(&[]), Verdict::Unknown);
        assert_eq!(verdict(std::slice::from_ref(&skip)), Verdict::Unknown);
        assert_eq!(verdict(&[Outcome::Pass, skip]), Verdict::Pass);
        assert_eq!(verdict(&[Outcome::Pass, unknown.clone()]), Verdict::Unknown);
        assert_eq!(verdict(&[Outcome::Pass, error]), Verdict::Unknown);
        let warned = Outcome::NonStrict(missed());
        assert_eq!(verdict(&[Outcome::Pass, warned]), Verdict::Pass);
        let failed = Outcome::Fail(missed());
        assert_eq!(verdict(&[failed, unknown]), Verdict::Fail);
        assert_eq!(of(&[Outcome::Pass], true).verdict(), Verdict::Unknown);
    }

    #[test]
    fn only_what_must_be_can_fail() {
        let fail = || Outcome::Fail(missed());
        assert_eq!(fail().at(Level::Must), fail());
        for level in [Level::Should, Level::May] {
            assert_eq!(fail().at(level), Outcome::NonStrict(missed()));
        }
        assert_eq!(Outcome::Pass.at(Level::Should), Outcome::Pass);
    }
}
