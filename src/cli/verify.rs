//! `pushproof verify`.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;

use super::files;
use super::outputs::{Outputs, ReportArgs};
use super::terminal::report;
use crate::journal::{self, Verified};
use crate::report::format::Format;
use crate::summary::verdict::EXIT_USAGE;

/// Judge the journal of a run again: the same verdict and counts, from the history alone.
///
/// A journal that is cut short or damaged is judged as far as it is whole: violations stand, and it never passes. The exit code is that of
/// the run; 2 if the file cannot be judged, or comes to anything else than the run said.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The file that `run --journal` wrote.
    journal: PathBuf,

    /// Write the report as JSON to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JSON")]
    json: Option<PathBuf>,
    #[command(flatten)]
    reports: ReportArgs,
    /// Print the summary only if the run did not pass.
    #[arg(short, long)]
    quiet: bool,
}

/// Most pieces of damage, and differences, told one a line.
const MOST_TOLD: usize = 20;

pub(super) fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let shown = args.journal.display();
    let json = (Format::Json, args.json.as_deref());
    let reports = Outputs::open([json].into_iter().chain(args.reports.asked()))?;
    let mut file =
        File::open(&args.journal).with_context(|| format!("cannot read the journal {shown}"))?;
    let verified = journal::verify(&mut file)
        .with_context(|| format!("the journal {shown} cannot be judged"))?;
    tell_damage(&verified);
    let code = report(args.quiet, reports, &verified.summary, None)?;
    if !verified.differences.is_empty() {
        tell_differences(&verified);
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    Ok(ExitCode::from(code))
}

/// Names what is damaged, and what the run itself had said.
pub(super) fn tell_damage(verified: &Verified) {
    for damage in verified.damage.iter().take(MOST_TOLD) {
        files::say(&format!("damaged: {damage}"));
    }
    if verified.damage.len() > MOST_TOLD {
        let more = verified.damage.len() - MOST_TOLD;
        files::say(&format!("damaged: {more} more places"));
    }
    if let Some(said) = verified
        .said
        .as_ref()
        .filter(|_| !verified.damage.is_empty())
    {
        let judgement = said.judge();
        files::say(&format!(
            "the run itself said {}: {} deliveries, {} violations",
            judgement.verdict.name(),
            said.findings.counts.delivered,
            said.findings.counts.violations()
        ));
    }
}

/// Names where the journal comes to something else.
pub(super) fn tell_differences(verified: &Verified) {
    files::say(
        "error: the journal comes to something else than the run said; this is a fault of pushproof, please report it:",
    );
    for difference in verified.differences.iter().take(MOST_TOLD) {
        files::say(&format!(
            "  {}: the run said {}, its journal says {}",
            difference.what, difference.said, difference.judged
        ));
    }
}
