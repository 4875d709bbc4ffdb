//! What a target is expected to make of each case of the conformance suite, and where it does otherwise: a change in either direction counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Verdict;
use super::conformance::{Conformance, Outcome, Row};

/// The version of such files.
pub const SCHEMA: &str = "pushproof.expected/1";

/// What a target is expected to make of each case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// [`SCHEMA`].
    pub schema: String,
    /// What the target is, in words.
    pub target: String,
    /// What each case comes to.
    pub cases: BTreeMap<String, Due>,
}

/// What one case comes to: the word of reports, or that and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Due {
    /// This, always.
    Always(String),
    /// This, for a reason.
    Because {
        /// The word of reports; several, where it is one time this and another time that.
        outcome: Words,
        /// Why it is so, in a sentence.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
}

/// One word, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// One.
    One(String),
    /// Any of these.
    Any(Vec<String>),
}

impl Due {
    /// The words that are expected.
    pub fn words(&self) -> Vec<&str> {
        match self {
            Self::Always(word)
            | Self::Because {
                outcome: Words::One(word),
                ..
            } => vec![word],
            Self::Because {
                outcome: Words::Any(words),
                ..
            } => words.iter().map(String::as_str).collect(),
        }
    }

    /// Why it is so; empty: that is not said.
    pub fn why(&self) -> &str {
        match self {
            Self::Always(_) => "",
            Self::Because { why, .. } => why,
        }
    }
}

/// Why a file of expectations is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpectedError {
    /// It is not JSON of this form.
    #[error("{0}")]
    Form(String),
    /// It is of another version.
    #[error("its schema is {0:?}; this pushproof reads {SCHEMA:?}")]
    Schema(String),
    /// A word that is no outcome.
    #[error(
        "{case} is expected to be {word:?}, which is no outcome; write pass, non-strict, fail, info, unknown, skip or error"
    )]
    Word {
        /// The case.
        case: String,
        /// The word.
        word: String,
    },
}

/// All words of reports.
const WORDS: [&str; 7] = [
    "pass",
    "non-strict",
    "fail",
    "info",
    "unknown",
    "skip",
    "error",
];

/// A case that came to something else than was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The case.
    pub id: &'static str,
    /// What was expected; empty: the file does not have the case.
    pub due: Vec<String>,
    /// What came.
    pub came: &'static str,
}

impl Change {
    /// There is no telling whether it changed.
    fn is_open(&self) -> bool {
        matches!(self.came, "unknown" | "error")
    }
}

impl Expected {
    /// Reads a file.
    pub fn read(text: &str) -> Result<Self, ExpectedError> {
        let read: Self =
            serde_json::from_str(text).map_err(|error| ExpectedError::Form(error.to_string()))?;
        if read.schema != SCHEMA {
            return Err(ExpectedError::Schema(read.schema));
        }
        for (case, due) in &read.cases {
            if let Some(word) = due.words().iter().find(|word| !WORDS.contains(word)) {
                return Err(ExpectedError::Word {
                    case: case.clone(),
                    word: (*word).to_owned(),
                });
            }
        }
        Ok(read)
    }

    /// What a suite came to, as a file that expects the same. Reasons of cases that come to what they came to are kept from another.
    pub fn of(suite: &Conformance, target: &str, before: Option<&Self>) -> Self {
        let due = |row: &Row| {
            let known = before.and_then(|before| before.cases.get(row.about.id));
            match known.filter(|due| due.words().contains(&row.outcome.name())) {
                Some(due) => due.clone(),
                None => match &row.outcome {
                    Outcome::Pass | Outcome::Info(_) => Due::Always(row.outcome.name().to_owned()),
                    outcome => Due::Because {
                        outcome: Words::One(outcome.name().to_owned()),
                        why: match outcome {
                            Outcome::Skip(why) => why.clone(),
                            _ => String::new(),
                        },
                    },
                },
            }
        };
        let cases = suite.rows.iter();
        let cases = cases.map(|row| (row.about.id.to_owned(), due(row)));
        Self {
            schema: SCHEMA.to_owned(),
            target: target.to_owned(),
            cases: cases.collect(),
        }
    }

    /// The file, ending in a line break.
    ///
    /// # Panics
    /// Never: it is JSON.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("expectations are JSON");
        text.push('\n');
        text
    }

    /// Where a suite came to something else. Cases that were not tried are not compared.
    pub fn changes(&self, suite: &Conformance) -> Vec<Change> {
        let rows = suite.rows.iter();
        let changes = rows.filter_map(|row| {
            let came = row.outcome.name();
            let due = self
                .cases
                .get(row.about.id)
                .map_or_else(Vec::new, Due::words);
            (!due.contains(&came)).then(|| Change {
                id: row.about.id,
                due: due.into_iter().map(str::to_owned).collect(),
                came,
            })
        });
        changes.collect()
    }
}

/// `pass`: nothing changed, whatever was missed. `fail`: something did. `unknown`: only in cases that came to no result, or nothing was tried.
pub fn verdict(changes: &[Change], suite: &Conformance) -> Verdict {
    if changes.iter().any(|change| !change.is_open()) {
        Verdict::Fail
    } else if !changes.is_empty() || suite.interrupted || suite.rows.is_empty() {
        Verdict::Unknown
    } else {
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::conformance::tests::{missed, suite};

    fn fail() -> Outcome {
        Outcome::Fail(missed())
    }

    #[test]
    fn a_change_in_either_direction_counts() {
        let before = suite(&[("A-01", Outcome::Pass), ("A-02", fail())]);
        let expected = Expected::of(&before, "t", None);
        assert_eq!(Expected::read(&expected.text()), Ok(expected.clone()));
        assert_eq!(expected.changes(&before), []);
        assert_eq!(verdict(&[], &before), Verdict::Pass);
        let after = suite(&[
            ("A-01", fail()),
            ("A-02", Outcome::Pass),
            ("A-03", Outcome::Pass),
        ]);
        let changes = expected.changes(&after);
        let told: Vec<_> = changes
            .iter()
            .map(|c| (c.id, c.due.join("|"), c.came))
            .collect();
        let due = [
            ("A-01", "pass", "fail"),
            ("A-02", "fail", "pass"),
            ("A-03", "", "pass"),
        ];
        assert_eq!(told, due.map(|(id, due, came)| (id, due.to_owned(), came)));
        assert_eq!(verdict(&changes, &after), Verdict::Fail);
        let open = suite(&[("A-01", Outcome::Unknown("why".to_owned()))]);
        let changes = expected.changes(&open);
        assert_eq!(verdict(&changes, &open), Verdict::Unknown);
        assert_eq!(verdict(&[], &suite(&[])), Verdict::Unknown);
    }

    #[test]
    fn reasons_are_kept_as_long_as_they_fit() {
        let text = r#"{"schema":"pushproof.expected/1","target":"t","cases":{
            "A-01":{"outcome":["fail","pass"],"why":"a race"},"A-02":{"outcome":"fail","why":"old"}}}"#;
        let known = Expected::read(text).unwrap();
        let came = suite(&[("A-01", Outcome::Pass), ("A-02", Outcome::Pass)]);
        let kept = Expected::of(&came, "t", Some(&known));
        assert_eq!(kept.cases["A-01"].why(), "a race");
        assert_eq!(kept.cases["A-02"], Due::Always("pass".to_owned()));
    }

    #[test]
    fn what_is_no_such_file_is_told() {
        let told = |text: &str| Expected::read(text).unwrap_err().to_string();
        assert!(told("[]").contains("expected struct"), "{}", told("[]"));
        let other = r#"{"schema":"x/2","target":"t","cases":{}}"#;
        assert!(told(other).starts_with("its schema is \"x/2\""));
        let word = r#"{"schema":"pushproof.expected/1","target":"t","cases":{"A-01":"good"}}"#;
        assert!(told(word).starts_with("A-01 is expected to be \"good\""));
    }
}
