//! The command line: one file for each subcommand, and the only place where the parts are wired together.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use tokio::runtime::Runtime;

mod access;
mod capacity;
mod compare;
mod conform;
mod display;
mod files;
mod hand;
mod listen;
mod load;
mod metrics;
mod newest;
mod nodes;
mod otlp;
mod outputs;
mod ports;
mod push;
mod report;
mod run;
mod scenario;
mod schema;
mod screen;
mod seed;
mod selftest;
pub mod serve;
mod shown;
mod signals;
mod status;
mod terminal;
mod trying;
mod users;
mod verify;
mod watch;
mod worker;

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
  1    fail: a violation, or a conformance case failed
  2    usage, scenario or configuration error
  3    fail: no violation, but a threshold was breached, or a condition of abort_on came true
  4    unknown: nothing was observed, the target could not be reached, or the generator was the limit
  130  interrupted (the report is written all the same)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Log users in, push, and verify every arrival; with no target, against the embedded platform.
    Run(Box<run::RunArgs>),
    /// Try a target's Engine.IO and Socket.IO rule by rule; with no target, the embedded platform's.
    Conform(Box<conform::ConformArgs>),
    /// Search the largest load that holds the SLO with no violation, and say what breaks first.
    Capacity(Box<capacity::CapacityArgs>),
    /// Run the embedded push platform as a server of its own.
    Serve(Box<serve::ServeArgs>),
    /// Prove the verifier: inject each fault into the embedded platform, and show that it is found as often as it was done.
    Selftest(selftest::SelfTestArgs),
    /// Ask for one push by hand, and show what was answered.
    Push(push::PushArgs),
    /// Connect a socket by hand, and show every event that arrives.
    ///
    /// One line for each event: on a terminal for people, into a pipe with tabs between time, event name and arguments, and with --json as
    /// an object. What happens to the connection is said on standard error.
    Listen(listen::ListenArgs),
    /// Render a saved report of a run again: as text, a page, `JUnit` XML, Markdown or CSV.
    Report(report::RenderArgs),
    /// Compare two runs by their reports: what differs, and what of it can be told from noise.
    Compare(compare::CompareArgs),
    /// Judge the journal of a run again.
    Verify(verify::VerifyArgs),
    /// Show a run that goes on elsewhere.
    Watch(watch::WatchArgs),
    /// Work for a run: hold part of its sockets. Started by `run --workers`, spoken to over standard input and output.
    Worker(worker::WorkerArgs),
    /// Print a JSON Schema.
    Schema(schema::SchemaArgs),
}

/// The runtime of a run or a selftest: one worker beside the main thread, for sockets have threads of their own.
fn runtime() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

/// Runs the command line and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Conform(args) => conform::run(&args),
        Command::Capacity(args) => capacity::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Selftest(args) => selftest::run(&args),
        Command::Push(args) => push::run(&args),
        Command::Listen(args) => listen::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Worker(args) => worker::run(&args),
        Command::Schema(args) => schema::run(&args),
    };
    result.unwrap_or_else(|error| {
        files::say(&format!("error: {error:#}"));
        ExitCode::from(crate::summary::verdict::EXIT_USAGE)
    })
}
