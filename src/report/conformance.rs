//! The conformance suite in lines, and as JSON.
//!
//! * [`matrix`]: several targets side by side, and a table for a README.
//! * `junit`, `page`: as `JUnit` XML, and as HTML.
//! * `changes`: where a target did otherwise than was expected.

mod changes;
mod junit;
pub mod matrix;
mod page;

use std::fmt::Write as _;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::changes::changes;
pub use self::junit::junit;
pub use self::page::html;
use crate::summary::Verdict;
use crate::summary::conformance::{About, Conformance, Counts, Outcome, Row};

/// Lines of a trace shown below what went wrong, the last ones; all of them where more was asked for.
const SHORT: usize = 12;

/// A report of the conformance suite.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// `pushproof.conformance/1`.
    pub schema: &'static str,
    /// What the target is called: the file that names it, or its URL.
    pub name: String,
    /// The base URL of the target.
    pub target: String,
    /// Whether that is the embedded platform.
    pub embedded: bool,
    /// `pass`, `fail` or `unknown`.
    pub verdict: &'static str,
    /// The user ended it early: cases that had not ended then are missing.
    pub interrupted: bool,
    /// How long all of it took, in milliseconds.
    pub duration_ms: u64,
    /// The cases by their outcome.
    pub summary: Summary,
    /// One for each case that was asked for, in the order of the catalogue.
    pub cases: Vec<Case>,
}

/// The cases by their outcome.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Summary {
    /// `pass`.
    pub passed: u64,
    /// `fail`: something was missed that a target must do.
    pub failed: u64,
    /// `skip`: not tried.
    pub skipped: u64,
    /// `non-strict`: something was missed that a target should do.
    pub warned: u64,
    /// `info`: the sources leave it open.
    pub informed: u64,
    /// `unknown`: no telling.
    pub unknown: u64,
    /// `error`: the suite's own fault.
    pub errors: u64,
    /// All of them.
    pub cases: u64,
}

/// One case.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Case {
    /// Its name for good, as `HS-03`.
    pub id: &'static str,
    /// `MUST`, `SHOULD` or `MAY`.
    pub level: &'static str,
    /// What a target has to do, in a sentence.
    pub requirement: &'static str,
    /// Where that comes from.
    pub source: &'static str,
    /// `pass`, `non-strict`, `fail`, `info`, `unknown`, `skip` or `error`.
    pub outcome: &'static str,
    /// What there is to say of it besides: what was allowed and what was seen, what a target does, or why there is no telling. Empty for a
    /// pass.
    pub detail: String,
    /// What would have kept the requirement; `null` unless it was missed.
    pub allowed: Option<String>,
    /// What came instead; `null` unless it was missed.
    pub seen: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What was said to and by the target, a line each, with the middle of a long exchange left out; empty for a pass.
    pub trace: Vec<String>,
}

impl From<&Row> for Case {
    fn from(row: &Row) -> Self {
        let about = row.about;
        let missed = match &row.outcome {
            Outcome::Fail(missed) | Outcome::NonStrict(missed) => Some(missed.clone()),
            _ => None,
        };
        let (allowed, seen) = missed.map(|m| (m.allowed, m.seen)).unzip();
        Self {
            id: about.id,
            level: about.level.name(),
            requirement: about.requirement,
            source: about.source,
            outcome: row.outcome.name(),
            detail: row.outcome.detail(),
            allowed,
            seen,
            duration_ms: millis(row.took),
            trace: match row.outcome {
                Outcome::Pass => Vec::new(),
                _ => row.trace.clone(),
            },
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl From<Counts> for Summary {
    fn from(counts: Counts) -> Self {
        Self {
            passed: counts.passed,
            failed: counts.failed,
            skipped: counts.skipped,
            warned: counts.warned,
            informed: counts.informed,
            unknown: counts.unknown,
            errors: counts.errors,
            cases: counts.total(),
        }
    }
}

/// The JSON report, ending in a line break.
///
/// # Panics
/// Never: the report is JSON.
#[must_use]
pub fn json(suite: &Conformance) -> String {
    let mut text = serde_json::to_string_pretty(&report(suite)).expect("a report is JSON");
    text.push('\n');
    text
}

fn report(suite: &Conformance) -> Report {
    Report {
        schema: "pushproof.conformance/1",
        name: suite.name.clone(),
        target: suite.target.clone(),
        embedded: suite.embedded,
        verdict: suite.verdict().name(),
        interrupted: suite.interrupted,
        duration_ms: millis(suite.took),
        summary: suite.counts().into(),
        cases: suite.rows.iter().map(Case::from).collect(),
    }
}

/// The cases without trying them, a line each.
#[must_use]
pub fn list(cases: &[About]) -> String {
    let lines = cases.iter().map(|about| {
        let (id, level) = (about.id, about.level.name());
        format!("{id}  {level:<6}  {}\n", about.requirement)
    });
    lines.collect()
}

/// One case in a line, ending in a line break; `verbose`: with all that was said below it.
#[must_use]
pub fn line(row: &Row, verbose: bool) -> String {
    let about = row.about;
    let mut line = format!(
        "{:>10} [{:>8.3}s] {}  {:<6}  {}",
        row.outcome.name().to_uppercase(),
        row.took.as_secs_f64(),
        about.id,
        about.level.name(),
        about.requirement
    );
    if let Outcome::Info(what) | Outcome::Skip(what) = &row.outcome {
        let _ = write!(line, "\n{:>23} {what}", "=");
    }
    line.push('\n');
    if verbose {
        for said in &row.trace {
            let _ = writeln!(line, "             {said}");
        }
    }
    line
}

/// What went wrong, and the summary, ending in a line break. `again`: the command that was given, without what chose the cases.
#[must_use]
pub fn text(suite: &Conformance, again: &str, verbose: bool) -> String {
    let mut out = String::new();
    for row in &suite.rows {
        match row.outcome {
            Outcome::Pass | Outcome::Info(_) | Outcome::Skip(_) => {}
            _ => detail(&mut out, row, again, verbose),
        }
    }
    let counts = suite.counts();
    let verdict = match suite.verdict() {
        Verdict::Pass if counts.warned > 0 => {
            "PASS  all that the target must do is kept; some of what it should do is not"
        }
        Verdict::Pass => "PASS  every requirement that was tried is kept",
        Verdict::Fail => "FAIL  something that the target must do is not kept",
        Verdict::Unknown if suite.interrupted => "UNKNOWN  interrupted before every case had ended",
        Verdict::Unknown => "UNKNOWN  nothing was missed, but not every case came to a result",
    };
    let platform = if suite.embedded {
        " (the embedded platform)"
    } else {
        ""
    };
    let _ = writeln!(out, "\n{verdict}\n  target   {}{platform}", suite.target);
    let _ = writeln!(
        out,
        "  cases    {} in {:.1} s: {}",
        counts.total(),
        suite.took.as_secs_f64(),
        counted(counts)
    );
    out
}

/// The counts that are not zero, passes always.
fn counted(counts: Counts) -> String {
    let mut parts = vec![format!("{} passed", counts.passed)];
    for (count, what) in [
        (counts.failed, "failed"),
        (counts.warned, "non-strict"),
        (counts.informed, "info"),
        (counts.unknown, "unknown"),
        (counts.skipped, "skipped"),
        (counts.errors, "errors of the suite"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    parts.join(", ")
}

/// What was allowed, what was seen, and what was said.
fn detail(out: &mut String, row: &Row, again: &str, verbose: bool) {
    let about = row.about;
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "\n{} {} ({})\n  {}\n  source:  {}",
        row.outcome.name().to_uppercase(),
        about.id,
        about.level.name(),
        about.requirement,
        about.source
    );
    match &row.outcome {
        Outcome::Fail(missed) | Outcome::NonStrict(missed) => {
            let _ = writeln!(
                out,
                "  allowed: {}\n  seen:    {}",
                missed.allowed, missed.seen
            );
        }
        outcome => {
            let _ = writeln!(out, "  because: {}", outcome.detail());
        }
    }
    // With all that was said already above.
    if !verbose && !row.trace.is_empty() {
        let from = row.trace.len().saturating_sub(SHORT);
        let earlier = if from > 0 { ", the last of it" } else { "" };
        let _ = writeln!(out, "  said{earlier}:");
        for said in &row.trace[from..] {
            let _ = writeln!(out, "    {said}");
        }
    }
    let _ = writeln!(out, "  again:   {again} --case {} -v", about.id);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::conformance::{Level, Missed};

    pub(super) fn suite() -> Conformance {
        let row = |id, level, outcome| Row {
            about: About {
                id,
                level,
                requirement: "It does so.",
                source: "a document",
            },
            outcome,
            trace: (0..20).map(|n| format!("line {n}")).collect(),
            took: Duration::from_millis(12),
        };
        let missed = Missed {
            allowed: "HTTP 400".to_owned(),
            seen: "HTTP 200".to_owned(),
            silent: false,
        };
        Conformance {
            name: "http://t:1".to_owned(),
            target: "http://t:1".to_owned(),
            embedded: false,
            rows: vec![
                row("HS-01", Level::Must, Outcome::Pass),
                row("HS-02", Level::Must, Outcome::Fail(missed.clone())),
                row("HS-03", Level::Should, Outcome::NonStrict(missed)),
                row("HS-04", Level::Must, Outcome::Unknown("slow".to_owned())),
                row("HS-05", Level::May, Outcome::Info("served".to_owned())),
            ],
            interrupted: false,
            took: Duration::from_millis(1_500),
        }
    }

    #[test]
    fn a_failure_tells_what_was_allowed_what_came_and_how_to_see_it_again() {
        let text = text(&suite(), "pushproof conform --target http://t:1", false);
        let failure = "\nFAIL HS-02 (MUST)\n  It does so.\n  source:  a document\n  allowed: HTTP 400\n  seen:    HTTP 200\n  said, the last of it:\n    line 8\n";
        assert!(text.starts_with(failure), "{text}");
        assert!(text.contains(
            "    line 19\n  again:   pushproof conform --target http://t:1 --case HS-02 -v\n\nNON-STRICT HS-03"
        ));
        assert!(text.contains(
            "\nUNKNOWN HS-04 (MUST)\n  It does so.\n  source:  a document\n  because: slow\n"
        ));
        assert!(text.ends_with(
            "\nFAIL  something that the target must do is not kept\n  target   http://t:1\n  cases    5 in 1.5 s: 1 passed, 1 failed, 1 non-strict, 1 info, 1 unknown\n"
        ), "{text}");
    }

    #[test]
    fn a_case_is_a_line_with_its_time() {
        let suite = suite();
        assert_eq!(
            line(&suite.rows[0], false),
            "      PASS [   0.012s] HS-01  MUST    It does so.\n"
        );
        assert_eq!(
            line(&suite.rows[4], false),
            "      INFO [   0.012s] HS-05  MAY     It does so.\n                      = served\n"
        );
        assert_eq!(line(&suite.rows[0], true).lines().count(), 21);
    }

    #[test]
    fn the_report_has_the_counts_and_every_case() {
        let json: serde_json::Value = serde_json::from_str(&json(&suite())).unwrap();
        assert_eq!(json["schema"], "pushproof.conformance/1");
        assert_eq!(json["verdict"], "fail");
        assert_eq!(json["summary"]["failed"], 1);
        assert_eq!(json["summary"]["warned"], 1);
        let cases = json["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 5);
        assert_eq!(cases[1]["detail"], "allowed: HTTP 400; seen: HTTP 200");
        assert_eq!(cases[0]["trace"], serde_json::json!([]));
        assert_eq!(cases[2]["outcome"], "non-strict");
    }
}
