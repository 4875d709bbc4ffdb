//! The `pushproof` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    pushproof::cli::main()
}
