//! `pushproof worker`.

use std::process::ExitCode;

use super::{files, runtime};
use crate::run::workers::host;
use crate::summary::verdict::EXIT_UNKNOWN;

/// Work for a run: hold part of its sockets. Started by `run --workers`, spoken to over standard input and output.
#[derive(Debug, clap::Args)]
pub(super) struct WorkerArgs {}

pub(super) fn run(_: &WorkerArgs) -> anyhow::Result<ExitCode> {
    files::raise_limit();
    let worked = runtime()?.block_on(host::work(std::io::stdin(), std::io::stdout()));
    Ok(match worked {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            files::say(&format!("error: worker: {why}"));
            ExitCode::from(EXIT_UNKNOWN)
        }
    })
}
