//! The files that a suite is written to.

use super::super::files::Output;
use super::ConformArgs;
use crate::report::conformance as report;
use crate::report::conformance::matrix;
use crate::summary::conformance::Conformance;

/// The files that a suite is written to, each open before anything is tried.
pub(super) struct Outputs {
    json: Option<Output>,
    junit: Option<Output>,
    html: Option<Output>,
    markdown: Option<Output>,
}

impl Outputs {
    pub(super) fn open(args: &ConformArgs) -> anyhow::Result<Self> {
        let open = |flag, path: &Option<std::path::PathBuf>| {
            let path = path.as_deref();
            path.map(|path| Output::open(flag, path)).transpose()
        };
        let outputs = Self {
            json: Output::open_json(args.json.as_deref())?,
            junit: open("--junit", &args.junit)?,
            html: open("--html", &args.html)?,
            markdown: open("--markdown", &args.markdown)?,
        };
        if outputs.to_stdout() > 1 {
            anyhow::bail!("only one report can go to standard output; name files for the others");
        }
        Ok(outputs)
    }

    fn to_stdout(&self) -> usize {
        let all = [&self.json, &self.junit, &self.html, &self.markdown];
        let open = all.into_iter().flatten();
        open.filter(|output| output.is_stdout()).count()
    }

    /// Whether one of them has standard output for itself.
    pub(super) fn take_stdout(&self) -> bool {
        self.to_stdout() > 0
    }

    /// Writes them. `several`: more than one target was named.
    pub(super) fn write(self, suites: &[Conformance], several: bool) -> anyhow::Result<()> {
        if let Some(json) = self.json {
            json.write(&match suites {
                [one] if !several => report::json(one),
                all => matrix::json(all),
            })?;
        }
        if let Some(junit) = self.junit {
            junit.write(&report::junit(suites))?;
        }
        if let Some(html) = self.html {
            html.write(&report::html(suites))?;
        }
        if let Some(markdown) = self.markdown {
            markdown.write(&matrix::markdown(suites))?;
        }
        Ok(())
    }
}
