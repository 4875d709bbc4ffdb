//! The tables of all cases, for docs/conformance.md.

use std::fmt::Write as _;

use super::case::{Case, TOPICS};

/// A section for each topic with a table of its cases, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = String::new();
    for (topic, about, cases) in TOPICS {
        if cases.is_empty() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(out, "### {topic}: {about}\n");
        out.push_str("| case | level | requirement | source | known-bad servers it tells |\n");
        out.push_str("|---|---|---|---|---|\n");
        for case in *cases {
            row(&mut out, case);
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn row(out: &mut String, case: &Case) {
    let about = &case.about;
    let elsewhere = case
        .faults
        .iter()
        .map(|name| format!("`{name}` of the Node servers of the tests"));
    let kills = case.kills.iter().map(|name| format!("`{name}`"));
    let kills: Vec<_> = kills.chain(elsewhere).collect();
    let kills = if kills.is_empty() {
        "none: it records".to_owned()
    } else {
        kills.join(", ")
    };
    let _ = writeln!(
        out,
        "| {} | {} | {} | {} | {kills} |",
        about.id,
        about.level.name(),
        about.requirement.replace('|', "\\|"),
        about.source.replace('|', "\\|"),
    );
}
