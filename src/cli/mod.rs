//! The command line: one file for each subcommand, and the only place where the parts are wired together.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod files;
mod run;
mod schema;
pub mod serve;

/// Prove that every push arrives: load testing and conformance for push systems built on Socket.IO.
#[derive(Debug, Parser)]
#[command(name = "pushproof", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    pass
  1    fail: a violation
  2    usage, scenario or configuration error
  4    unknown: nothing was observed, the target could not be reached, or the generator was the limit
  130  interrupted (the report is written all the same)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Log users in, push, and verify every arrival; with no target, against the embedded platform.
    Run(Box<run::RunArgs>),
    /// Run the embedded push platform as a server of its own.
    Serve(Box<serve::ServeArgs>),
    /// Print a JSON Schema.
    Schema(schema::SchemaArgs),
}

/// Runs the command line and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Schema(args) => schema::run(&args),
    };
    result.unwrap_or_else(|error| {
        files::say(&format!("error: {error:#}"));
        ExitCode::from(crate::summary::verdict::EXIT_USAGE)
    })
}
