//! Reports: a summary in, bytes or text out. Nothing here prints, and nothing here decides: the verdict comes with the summary.

pub mod capacity;
pub mod dry_run;
pub mod hand;
mod html;
pub mod json;
pub mod mistakes;
mod opinion;
pub mod progress;
pub mod selftest;
pub mod text;

/// The JSON Schema of the report, as `pushproof schema report` prints it.
#[must_use]
pub fn report_schema() -> String {
    pretty(&schemars::schema_for!(json::form::Report))
}

/// The JSON Schema of the self-test's report, as `pushproof schema selftest` prints it.
#[must_use]
pub fn selftest_schema() -> String {
    pretty(&schemars::schema_for!(selftest::Report))
}

/// The JSON Schema of the report of a search for the capacity, as `pushproof schema capacity` prints it.
#[must_use]
pub fn capacity_schema() -> String {
    pretty(&schemars::schema_for!(capacity::form::Report))
}

/// The JSON Schema of scenario files, as `pushproof schema scenario` prints it.
#[must_use]
pub fn scenario_schema() -> String {
    pretty(&schemars::schema_for!(crate::scenario::file::File))
}

fn pretty(schema: &schemars::Schema) -> String {
    let mut text = serde_json::to_string_pretty(schema).expect("a schema is JSON");
    text.push('\n');
    text
}
