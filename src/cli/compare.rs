//! `pushproof compare`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use super::files::{self, Output};
use super::report;
use crate::report::comparison;
use crate::scenario::threshold::gate::Gate;

/// Compare two runs by their reports: what differs, and what of it can be told from noise.
///
/// The exit code is 0; 1 if the new run has a violation; 3 if a gate is breached; 4 if it cannot be told: nothing can be compared, the new run
/// proves nothing, or what is beyond a gate may be noise; 2 if a file is no report.
#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The report to compare with, as `run --json` wrote it; - for standard input.
    base: PathBuf,
    /// The report to compare.
    new: PathBuf,

    /// What must not change by more, as "latency.push.p99 > +20%" or "deliveries.rate < -10/s"; repeatable, or with ; between.
    #[arg(
        long,
        value_name = "EXPR",
        env = "PUSHPROOF_FAIL_ON",
        value_delimiter = ';'
    )]
    fail_on: Vec<String>,
    /// Write the comparison as JSON to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JSON")]
    json: Option<PathBuf>,
    /// Write it in Markdown to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_MARKDOWN")]
    markdown: Option<PathBuf>,
    /// Print the table only if the exit code is not 0.
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &CompareArgs) -> anyhow::Result<ExitCode> {
    if args.base == args.new && args.base.as_os_str() == "-" {
        bail!("only one report can come from standard input");
    }
    let (base, new) = (report::read(&args.base)?, report::read(&args.new)?);
    let (events, triggers) = comparison::names(&base, &new);
    let mut gates = Vec::new();
    for text in &args.fail_on {
        match Gate::parse(text, &events, &triggers) {
            Ok(gate) => gates.push(gate),
            Err(error) => bail!("--fail-on: {error}"),
        }
    }
    let json = Output::open_json(args.json.as_deref())?;
    let markdown = args.markdown.as_deref();
    let markdown = markdown
        .map(|path| Output::open("--markdown", path))
        .transpose()?;
    let to_stdout = |output: &Option<Output>| output.as_ref().is_some_and(Output::is_stdout);
    if to_stdout(&json) && to_stdout(&markdown) {
        bail!(
            "only one of --json and --markdown can go to standard output; name a file for the other"
        );
    }
    if let (Some(json), Some(markdown)) = (&json, &markdown)
        && json.is_same(markdown)
    {
        bail!("--markdown: json goes to the same file; name another");
    }
    let taken = to_stdout(&json) || to_stdout(&markdown);
    let compared = comparison::compare(&base, &new, &gates);
    if !args.quiet || compared.exit_code != 0 {
        let text = comparison::text(&compared);
        if taken {
            files::say_all(&text);
        } else {
            files::print(&text)?;
        }
    }
    if let Some(json) = json {
        json.write(&comparison::json(&compared))?;
    }
    if let Some(markdown) = markdown {
        markdown.write(&comparison::markdown(&compared))?;
    }
    Ok(ExitCode::from(compared.exit_code))
}
