//! The metrics as a table, for docs/metrics.md.

use std::fmt::Write as _;

use super::families;

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
