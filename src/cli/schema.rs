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
}

pub(super) fn run(args: &SchemaArgs) -> anyhow::Result<ExitCode> {
    let schema = match args.of {
        Of::Scenario => report::scenario_schema(),
        Of::Report => report::report_schema(),
    };
    files::print(&schema)?;
    Ok(ExitCode::SUCCESS)
}
