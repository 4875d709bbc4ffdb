//! Pages about the metrics: where to look, and the table of docs/metrics.md.

use std::fmt::Write as _;

use super::families;

/// What `/` says: where to look.
#[must_use]
pub fn index() -> String {
    "pushproof\n\n/metrics   every figure of the run, for Prometheus and whatever reads its format\n/snapshot  the same and more as JSON, for pushproof alone; ?since=N leaves out the seconds before\n"
        .to_owned()
}

/// The metrics as a table in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = "| metric | kind | labels | what it is |\n|---|---|---|---|\n".to_owned();
    for family in families() {
        let labels: Vec<_> = family
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let (sample, kind) = (family.sample(), family.kind.name());
        let (labels, help) = (labels.join(" "), family.help.replace('|', "\\|"));
        writeln!(out, "| `{sample}` | {kind} | {labels} | {help} |").ok();
    }
    out
}
