//! Several targets side by side: a line for each case, a column for each target. As text, and as Markdown for a README.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::{Report, report};
use crate::summary::Verdict;
use crate::summary::conformance::{About, Conformance, Outcome};
use crate::summary::expected::Expected;

/// What the targets of a matrix came to.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Matrix {
    /// `pushproof.conformance-matrix/1`.
    pub schema: &'static str,
    /// The worst of the targets' verdicts.
    pub verdict: &'static str,
    /// One report for each target, in the order they were named.
    pub targets: Vec<Report>,
}

/// The JSON of several targets, ending in a line break.
///
/// # Panics
/// Never: the reports are JSON.
#[must_use]
pub fn json(suites: &[Conformance]) -> String {
    let matrix = Matrix {
        schema: "pushproof.conformance-matrix/1",
        verdict: worst(suites).name(),
        targets: suites.iter().map(report).collect(),
    };
    let mut text = serde_json::to_string_pretty(&matrix).expect("reports are JSON");
    text.push('\n');
    text
}

/// The worst of the verdicts.
#[must_use]
pub fn worst(suites: &[Conformance]) -> Verdict {
    let verdicts: Vec<_> = suites.iter().map(Conformance::verdict).collect();
    let of = |verdict| verdicts.contains(&verdict);
    if of(Verdict::Fail) {
        Verdict::Fail
    } else if of(Verdict::Unknown) || verdicts.is_empty() {
        Verdict::Unknown
    } else {
        Verdict::Pass
    }
}

/// All cases that any target was tried with, in the order of the catalogue, and what each target made of it.
fn rows(suites: &[Conformance]) -> Vec<(About, Vec<Option<&Outcome>>)> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all: Vec<(About, Vec<Option<&Outcome>>)> = Vec::new();
    for (column, suite) in suites.iter().enumerate() {
        for row in &suite.rows {
            let place = *places.entry(row.about.id).or_insert_with(|| {
                all.push((row.about, vec![None; suites.len()]));
                all.len() - 1
            });
            all[place].1[column] = Some(&row.outcome);
        }
    }
    all
}

/// What stands in a cell.
fn word(outcome: Option<&Outcome>) -> &'static str {
    outcome.map_or("", Outcome::name)
}

/// The matrix as text, ending in a line break. Cases that are the same everywhere are left out unless `all` are asked for.
#[must_use]
pub fn text(suites: &[Conformance], all: bool) -> String {
    let mut out = String::new();
    for (n, suite) in suites.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  [{}] {}", n + 1, suite.name);
    }
    out.push_str("\ncase   level ");
    for n in 1..=suites.len() {
        let _ = write!(out, "  {:<10}", format!("[{n}]"));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    let mut same = 0;
    for (about, cells) in rows(suites) {
        let words: Vec<_> = cells.iter().map(|cell| word(*cell)).collect();
        if !all && words.iter().all(|word| *word == words[0]) && matches!(words[0], "pass" | "info")
        {
            same += 1;
            continue;
        }
        let _ = write!(out, "{}  {:<6}", about.id, about.level.name());
        for word in words {
            let _ = write!(out, "  {word:<10}");
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    if same > 0 {
        let _ = writeln!(out, "… and {same} that are kept by all (-v shows them)");
    }
    out
}

/// A table for a README: a line for each topic, what each target keeps of it, and below it what is missed. Ends in a line break.
#[must_use]
pub fn markdown(suites: &[Conformance]) -> String {
    let mut out = "| topic |".to_owned();
    for suite in suites {
        let _ = write!(out, " {} |", cell(&suite.name));
    }
    out.push_str("\n|---|");
    out.push_str(&"---|".repeat(suites.len()));
    out.push('\n');
    let mut topics: Vec<&str> = Vec::new();
    for (about, _) in rows(suites) {
        if !topics.contains(&about.topic()) {
            topics.push(about.topic());
        }
    }
    for topic in topics {
        let _ = write!(out, "| {topic} |");
        for suite in suites {
            let _ = write!(out, " {} |", badge(suite, topic));
        }
        out.push('\n');
    }
    for suite in suites {
        let missed: Vec<_> = suite
            .rows
            .iter()
            .filter(|row| row.outcome.is_missed())
            .collect();
        if missed.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\nWhat {} misses:\n", cell(&suite.name));
        for row in missed {
            let (id, level) = (row.about.id, row.about.level.name());
            let _ = writeln!(out, "- **{id}** ({level}): {}", cell(&row.outcome.detail()));
        }
    }
    out
}

/// What several targets are expected to come to, for a document: a table of the cases that not all of them keep, and why each of those that one
/// misses is missed. Cases in the order of the catalogue. Ends in a line break.
#[must_use]
pub fn explained(cases: &[About], targets: &[Expected]) -> String {
    let mut out = "| case | level |".to_owned();
    for target in targets {
        let _ = write!(out, " {} |", cell(&target.target));
    }
    out.push_str("\n|---|---|");
    out.push_str(&"---|".repeat(targets.len()));
    out.push('\n');
    let due = |target: &Expected, about: &About| {
        let due = target.cases.get(about.id);
        due.map_or_else(String::new, |due| due.words().join(" or "))
    };
    let kept = |word: &String| matches!(&**word, "pass" | "info");
    let mut same = 0;
    for about in cases {
        let words: Vec<_> = targets.iter().map(|target| due(target, about)).collect();
        if words.iter().all(kept) {
            same += 1;
            continue;
        }
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            about.id,
            about.level.name(),
            words.join(" | ")
        );
    }
    let _ = writeln!(out, "\nAll of them keep the {same} others.");
    for target in targets {
        let reasons = cases.iter().filter_map(|about| {
            let due = target.cases.get(about.id)?;
            let missed = due
                .words()
                .iter()
                .any(|word| !matches!(*word, "pass" | "info" | "skip"));
            missed.then_some((about.id, due))
        });
        let reasons: Vec<_> = reasons.collect();
        if reasons.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}:\n", cell(&target.target));
        for (id, due) in reasons {
            let _ = writeln!(
                out,
                "- **{id}** ({}): {}",
                due.words().join(" or "),
                cell(due.why())
            );
        }
    }
    out
}

/// A topic in a cell: how many of its cases are kept of those that were tried.
fn badge(suite: &Conformance, topic: &str) -> String {
    let (mut kept, mut tried, mut failed, mut open) = (0_u32, 0_u32, 0_u32, 0_u32);
    for row in suite.rows.iter().filter(|row| row.about.topic() == topic) {
        match row.outcome {
            Outcome::Skip(_) | Outcome::Info(_) => continue,
            Outcome::Pass => kept += 1,
            Outcome::Fail(_) => failed += 1,
            Outcome::Unknown(_) | Outcome::Error(_) => open += 1,
            Outcome::NonStrict(_) => {}
        }
        tried += 1;
    }
    let mark = match (failed, open, kept == tried) {
        _ if tried == 0 => return "–".to_owned(),
        (1.., _, _) => "❌",
        (0, 1.., _) => "❔",
        (0, 0, true) => "✅",
        (0, 0, false) => "⚠️",
    };
    format!("{mark} {kept}/{tried}")
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::super::tests::suite;
    use super::*;

    fn two() -> [Conformance; 2] {
        let mut other = suite();
        other.name = "http://u|v".to_owned();
        other.rows.truncate(2);
        other.rows[1].outcome = Outcome::Pass;
        [suite(), other]
    }

    #[test]
    fn a_case_is_a_line_and_a_target_is_a_column() {
        let text = text(&two(), false);
        assert!(
            text.starts_with("  [1] http://t:1\n  [2] http://u|v\n"),
            "{text}"
        );
        assert!(text.contains("HS-02  MUST    fail        pass\n"), "{text}");
        assert!(text.contains("HS-03  SHOULD  non-strict\n"), "{text}");
        assert!(
            text.ends_with("… and 1 that are kept by all (-v shows them)\n"),
            "{text}"
        );
        assert_eq!(worst(&two()), Verdict::Fail);
    }

    #[test]
    fn a_table_for_people_has_topics_and_what_is_missed() {
        let table = markdown(&two());
        let head =
            "| topic | http://t:1 | http://u\\|v |\n|---|---|---|\n| HS | ❌ 1/4 | ✅ 2/2 |\n";
        assert!(table.starts_with(head), "{table}");
        assert!(table.contains(
            "\nWhat http://t:1 misses:\n\n- **HS-02** (MUST): allowed: HTTP 400; seen: HTTP 200\n"
        ));
        assert!(!table.contains("v misses"), "{table}");
    }

    #[test]
    fn what_is_missed_is_explained() {
        let text = r#"{"schema":"pushproof.expected/1","target":"a|b","cases":{"HS-01":"pass",
            "HS-02":{"outcome":["fail","pass"],"why":"It is old."},"HS-05":"info"}}"#;
        let one = Expected::read(text).unwrap();
        let about: Vec<_> = suite().rows.iter().map(|row| row.about).collect();
        let table = explained(&about, &[one]);
        assert!(
            table.starts_with(
                "| case | level | a\\|b |\n|---|---|---|\n| HS-02 | MUST | fail or pass |\n"
            ),
            "{table}"
        );
        assert!(
            table.contains("\na\\|b:\n\n- **HS-02** (fail or pass): It is old.\n"),
            "{table}"
        );
        assert!(table.contains("All of them keep the 2 others."), "{table}");
    }

    #[test]
    fn the_json_has_every_report() {
        let json: serde_json::Value = serde_json::from_str(&json(&two())).unwrap();
        assert_eq!(json["schema"], "pushproof.conformance-matrix/1");
        assert_eq!(
            (&json["verdict"], &json["targets"][1]["verdict"]),
            (&"fail".into(), &"pass".into())
        );
    }
}
