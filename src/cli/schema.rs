//! `pushproof schema`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::files;
use crate::report;

/// Print a JSON Schema.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Of what.
    #[arg(value_enum)]
    of: Of,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Of {
    /// Scenario files.
    Scenario,
    /// The JSON report of a run.
    Report,
    /// The JSON report of the self-test.
    Selftest,
    /// The JSON report of the conformance suite.
    Conformance,
    /// The JSON report of the conformance suite at several targets.
    ConformanceMatrix,
    /// The JSON report of the mutants.
    Mutation,
    /// The JSON report of a search for the capacity.
    Capacity,
    /// The JSON of a comparison of two runs.
    Comparison,
    /// The object that `push --json` prints.
    Push,
    /// A line of `listen --json`.
    Listen,
}

pub(super) fn run(args: &SchemaArgs) -> anyhow::Result<ExitCode> {
    let schema = match args.of {
        Of::Scenario => report::scenario_schema(),
        Of::Report => report::report_schema(),
        Of::Selftest => report::selftest_schema(),
        Of::Conformance => report::conformance_schema(),
        Of::ConformanceMatrix => report::conformance_matrix_schema(),
        Of::Mutation => report::mutation_schema(),
        Of::Capacity => report::capacity_schema(),
        Of::Comparison => report::comparison_schema(),
        Of::Push => report::push_schema(),
        Of::Listen => report::listen_schema(),
    };
    files::print(&schema)?;
    Ok(ExitCode::SUCCESS)
}
