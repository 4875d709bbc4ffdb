//! The files that the report of a run goes to, one for each rendering that was asked for.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::files::Output;
use crate::report::format::Format;
use crate::report::json::form::Report;

/// The renderings besides JSON.
#[derive(Debug, Default, Args)]
pub(super) struct ReportArgs {
    /// Write the report as a page to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_HTML")]
    html: Option<PathBuf>,
    /// Write the report as `JUnit` XML to this file; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_JUNIT")]
    junit: Option<PathBuf>,
    /// Write a summary in Markdown to this file, for a comment on a pull request; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_MARKDOWN")]
    markdown: Option<PathBuf>,
    /// Write the timeline as CSV to this file, a row for each second; - for standard output.
    #[arg(long, value_name = "FILE", env = "PUSHPROOF_CSV")]
    csv: Option<PathBuf>,
}

impl ReportArgs {
    /// Each with its file, if it was asked for.
    pub(super) fn asked(&self) -> [(Format, Option<&Path>); 4] {
        [
            (Format::Html, self.html.as_deref()),
            (Format::Junit, self.junit.as_deref()),
            (Format::Markdown, self.markdown.as_deref()),
            (Format::Csv, self.csv.as_deref()),
        ]
    }
}

/// Renderings, each with where it goes, open already.
#[derive(Debug, Default)]
pub(super) struct Outputs(Vec<(Format, Output)>);

impl Outputs {
    /// Opens what flags named.
    pub(super) fn open<'a>(
        asked: impl IntoIterator<Item = (Format, Option<&'a Path>)>,
    ) -> anyhow::Result<Self> {
        let mut outputs = Self::default();
        for (format, path) in asked {
            if let Some(path) = path {
                outputs.add(format, format.flag(), path)?;
            }
        }
        Ok(outputs)
    }

    /// Opens what a flag named, or a key.
    pub(super) fn add(
        &mut self,
        format: Format,
        name: &'static str,
        path: &Path,
    ) -> anyhow::Result<()> {
        let output = Output::open(name, path)?;
        if output.is_stdout() && self.take_stdout() {
            bail!("{name}: only one report can go to standard output; name files for the others");
        }
        if let Some((other, _)) = self.0.iter().find(|(_, other)| other.is_same(&output)) {
            bail!(
                "{name}: {} goes to {} already; name another file",
                other.flag().trim_start_matches('-'),
                path.display()
            );
        }
        self.0.push((format, output));
        Ok(())
    }

    /// Whether one of them has standard output for itself.
    pub(super) fn take_stdout(&self) -> bool {
        self.0.iter().any(|(_, output)| output.is_stdout())
    }

    /// Whether none was asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes them all, whatever happens to one of them; the first error is what is told.
    pub(super) fn write(self, report: &Report) -> anyhow::Result<()> {
        let mut first = Ok(());
        for (format, output) in self.0 {
            first = first.and(output.write(&format.render(report)));
        }
        first
    }
}
