//! What stands for it where it is not built in.

use crate::cli::newest::Newest;

/// There is none.
#[derive(Debug)]
pub(in crate::cli) enum Exporter {}

impl Exporter {
    /// Says what to build.
    pub(in crate::cli) fn start(_url: &str, _shown: Newest) -> anyhow::Result<Self> {
        anyhow::bail!(
            "--otlp: this pushproof was built without it. Build one that has it with cargo build --release --features otlp, or serve the \
             metrics with --metrics, which a collector can scrape"
        )
    }

    pub(in crate::cli) fn to(&self) -> &str {
        match *self {}
    }

    pub(in crate::cli) fn finish(self, _quiet: bool) {
        match self {}
    }
}
