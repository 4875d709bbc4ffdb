//! Which cases were asked for.

use super::case::{self, Case, TOPICS};
use crate::summary::conformance::Level;

/// Which cases were asked for, in words that are topics or ids, in any case.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these topics and ids; empty: all.
    pub only: Vec<String>,
    /// None of these topics and ids.
    pub skip: Vec<String>,
    /// Only what binds as much as this.
    pub level: Option<Level>,
}

/// Why a selection makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// There is no such topic or case.
    #[error("there is no topic or case {word:?}{near}; the topics are {topics}, and --list has all cases", topics = topics())]
    Unknown {
        /// What was asked for.
        word: String,
        /// What may have been meant, as a question; or empty.
        near: String,
    },
    /// Nothing is left.
    #[error("no case is left to try; --list shows what a selection comes to")]
    Nothing,
}

fn topics() -> String {
    let names: Vec<_> = TOPICS.iter().map(|(name, _, _)| *name).collect();
    names.join(", ")
}

/// Whether a word names a case, or its topic.
fn names(word: &str, case: &Case) -> bool {
    word.eq_ignore_ascii_case(case.about.id) || word.eq_ignore_ascii_case(case.about.topic())
}

impl Selection {
    /// The cases, in the order of the catalogue.
    pub fn cases(&self) -> Result<Vec<&'static Case>, SelectError> {
        for word in self.only.iter().chain(&self.skip) {
            if !case::all().any(|case| names(word, case)) {
                return Err(unknown(word));
            }
        }
        let named = |words: &[String], case| words.iter().any(|word| names(word, case));
        let cases = case::all().filter(|case| {
            (self.only.is_empty() || named(&self.only, case))
                && !named(&self.skip, case)
                && self.level.is_none_or(|level| case.about.level <= level)
        });
        let cases: Vec<_> = cases.collect();
        if cases.is_empty() {
            return Err(SelectError::Nothing);
        }
        Ok(cases)
    }
}

fn unknown(word: &str) -> SelectError {
    let upper = word.to_ascii_uppercase();
    let near = case::all()
        .map(|case| (strsim::jaro(case.about.id, &upper), case.about.id))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    SelectError::Unknown {
        word: word.to_owned(),
        near: near.map_or_else(String::new, |(_, id)| format!(", did you mean {id:?}?")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(selection: &Selection) -> Result<Vec<&'static str>, SelectError> {
        let cases = selection.cases()?;
        Ok(cases.iter().map(|case| case.about.id).collect())
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn topics_and_ids_choose_and_leave_out() {
        let all = ids(&Selection::default()).unwrap();
        assert_eq!(all.len(), case::all().count());
        let mut some = Selection {
            only: words(&["hs-03", "HS-01"]),
            ..Selection::default()
        };
        assert_eq!(ids(&some).unwrap(), ["HS-01", "HS-03"]);
        some.skip = words(&["HS-01"]);
        assert_eq!(ids(&some).unwrap(), ["HS-03"]);
        some.skip = words(&["hs"]);
        assert_eq!(ids(&some), Err(SelectError::Nothing));
    }

    #[test]
    fn a_level_leaves_out_what_binds_less() {
        let must = Selection {
            level: Some(Level::Must),
            ..Selection::default()
        };
        let cases = must.cases().unwrap();
        assert!(cases.iter().all(|case| case.about.level == Level::Must));
        let may = Selection {
            level: Some(Level::May),
            ..Selection::default()
        };
        assert_eq!(may.cases().unwrap().len(), case::all().count());
    }

    #[test]
    fn what_is_not_there_is_told_with_what_may_be_meant() {
        let wrong = Selection {
            only: words(&["HS-1"]),
            ..Selection::default()
        };
        let error = wrong.cases().unwrap_err().to_string();
        assert!(error.contains("\"HS-1\", did you mean \"HS-1"), "{error}");
        assert!(error.contains("topics are HS"), "{error}");
    }
}
