//! `pushproof report`.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use super::outputs::{Outputs, ReportArgs};
use super::terminal;
use crate::report::format::Format;
use crate::report::json;
use crate::report::json::form::Report;

/// Longest report that is read: a run of several days has less.
const LONGEST: u64 = 512 << 20;

/// Render a saved report of a run again: as text, a page, `JUnit` XML, Markdown or CSV.
///
/// With no file named, the text goes to standard output. The bytes are those that the run itself would have written. The exit code is 0 once
/// all is rendered, whatever the run came to; 2 if the file is no report.
#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    /// The file that `run --json` wrote; - for standard input.
    report: PathBuf,

    #[command(flatten)]
    files: ReportArgs,
    /// Write the summary as text to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_TEXT")]
    text: Option<PathBuf>,
    /// End with the exit code of the run.
    #[arg(long)]
    exit_code: bool,
}

pub(super) fn run(args: &RenderArgs) -> anyhow::Result<ExitCode> {
    let report = read(&args.report)?;
    let text = (Format::Text, args.text.as_deref());
    let outputs = Outputs::open(args.files.asked().into_iter().chain([text]))?;
    if outputs.is_empty() {
        terminal::print(&report)?;
    }
    outputs.write(&report)?;
    Ok(if args.exit_code {
        ExitCode::from(report.exit_code)
    } else {
        ExitCode::SUCCESS
    })
}

/// Reads the report of a run from a file, or from standard input.
pub(super) fn read(path: &Path) -> anyhow::Result<Report> {
    let shown = if path.as_os_str() == "-" {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .take(LONGEST + 1)
            .read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
    };
    let length = read.with_context(|| format!("cannot read the report {shown}"))?;
    if length as u64 > LONGEST {
        bail!(
            "{shown} is longer than {} MiB, so it is no report of a run",
            LONGEST >> 20
        );
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            bail!("{shown}: it is no report of a run: it is no UTF-8 from byte {at} on");
        }
    };
    match json::read(&text) {
        Ok(report) => Ok(report),
        Err(error) => bail!("{shown}: {error}"),
    }
}
