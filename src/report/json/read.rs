//! A report read back. What it does not know it passes over, for newer versions add keys; what it needs has to be there and be right.

use std::fmt;

use serde::Deserialize;

use super::SCHEMA;
use super::form::Report;

/// Why a text is no report of a run.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is cut short, no JSON at all, or has something else where a report has a field.
    #[error("it is no report of a run: {0}")]
    Form(Told),
    /// It is the report of something else, or of a version to come.
    #[error("its schema is {found:?}, and this version reads {SCHEMA:?}{hint}")]
    Schema {
        /// What it says.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// It has no schema.
    #[error("it has no \"schema\", so it is no report; `pushproof run --json FILE` writes one")]
    None,
    /// It says what no run comes to.
    #[error("it is no report of a run: {key} is {found:?}; it is one of {allowed}")]
    Word {
        /// Where.
        key: &'static str,
        /// What it says.
        found: String,
        /// What it may say.
        allowed: &'static str,
    },
}

/// What the reader of JSON says, in words.
#[derive(Debug)]
pub struct Told(serde_json::Error);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = (self.0.line(), self.0.column());
        if self.0.is_eof() {
            return write!(f, "it is cut short, it ends at line {line} column {column}");
        }
        write!(f, "{}", self.0)
    }
}

/// Any document of pushproof, by what it says it is.
#[derive(Deserialize)]
struct Any {
    schema: Option<String>,
}

/// Reads a report.
///
/// # Errors
/// If the text is none of this version, with what and where.
pub fn read(text: &str) -> Result<Report, ReadError> {
    // A document of another kind has other fields; that it is one is what has to be told.
    match serde_json::from_str::<Any>(text) {
        Ok(Any { schema: None }) => return Err(ReadError::None),
        Ok(Any {
            schema: Some(found),
        }) if found != SCHEMA => {
            let hint = hint(&found);
            return Err(ReadError::Schema { found, hint });
        }
        Ok(_) => {}
        Err(error) => return Err(ReadError::Form(Told(error))),
    }
    let report = serde_json::from_str(text).map_err(|error| ReadError::Form(Told(error)))?;
    check(&report)?;
    Ok(report)
}

fn hint(found: &str) -> &'static str {
    match found.strip_prefix("pushproof.") {
        Some(rest) if rest.starts_with("report/") => {
            "; take the version of pushproof that wrote it"
        }
        Some(_) => ", which `pushproof run --json FILE` writes",
        None => "",
    }
}

/// What is a word of a few.
fn check(report: &Report) -> Result<(), ReadError> {
    let word = |key, found: &str, allowed: &[&str], told| {
        if allowed.contains(&found) {
            return Ok(());
        }
        Err(ReadError::Word {
            key,
            found: found.to_owned(),
            allowed: told,
        })
    };
    let verdicts = ["pass", "fail", "unknown"];
    word(
        "verdict",
        &report.verdict,
        &verdicts,
        "pass, fail and unknown",
    )?;
    for one in &report.thresholds {
        let outcomes = ["kept", "breached", "unknown"];
        let told = "kept, breached and unknown";
        word("thresholds[].outcome", &one.outcome, &outcomes, told)?;
    }
    match &report.second_opinion {
        Some(second) => check(&second.report),
        None => Ok(()),
    }
}
