//! Reports: a summary in, bytes or text out. Nothing here prints, and nothing here decides: the verdict comes with the summary.

pub mod capacity;
pub mod comparison;
pub mod conformance;
pub mod csv;
pub mod dry_run;
pub mod format;
pub mod hand;
mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod metrics;
pub mod mistakes;
pub mod mutation;
mod opinion;
pub mod progress;
pub mod selftest;
pub mod snapshot;
pub mod text;
mod xml;

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

/// The JSON Schema of the report of the conformance suite, as `pushproof schema conformance` prints it.
#[must_use]
pub fn conformance_schema() -> String {
    pretty(&schemars::schema_for!(conformance::Report))
}

/// The JSON Schema of the report of several targets, as `pushproof schema conformance-matrix` prints it.
#[must_use]
pub fn conformance_matrix_schema() -> String {
    pretty(&schemars::schema_for!(conformance::matrix::Matrix))
}

/// The JSON Schema of the report of the mutants, as `pushproof schema mutation` prints it.
#[must_use]
pub fn mutation_schema() -> String {
    pretty(&schemars::schema_for!(mutation::Report))
}

/// The JSON Schema of the report of a search for the capacity, as `pushproof schema capacity` prints it.
#[must_use]
pub fn capacity_schema() -> String {
    pretty(&schemars::schema_for!(capacity::form::Report))
}

/// The JSON Schema of the comparison of two runs, as `pushproof schema comparison` prints it.
#[must_use]
pub fn comparison_schema() -> String {
    pretty(&written::<comparison::form::Comparison>())
}

/// The JSON Schema of scenario files, as `pushproof schema scenario` prints it.
#[must_use]
pub fn scenario_schema() -> String {
    pretty(&schemars::schema_for!(crate::scenario::file::File))
}

/// The JSON Schema of the object that `push --json` prints, as `pushproof schema push` prints it.
#[must_use]
pub fn push_schema() -> String {
    pretty(&written::<hand::form::Push<'static>>())
}

/// The JSON Schema of a line of `listen --json`, as `pushproof schema listen` prints it.
#[must_use]
pub fn listen_schema() -> String {
    pretty(&written::<hand::form::Event<'static>>())
}

/// The schema of what is only ever written: what may be left out is told from what may be `null`.
fn written<T: schemars::JsonSchema>() -> schemars::Schema {
    let settings = schemars::generate::SchemaSettings::default().for_serialize();
    settings.into_generator().into_root_schema_for::<T>()
}

fn pretty(schema: &schemars::Schema) -> String {
    let mut text = serde_json::to_string_pretty(schema).expect("a schema is JSON");
    text.push('\n');
    text
}
