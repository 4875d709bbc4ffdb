//! What is to be watched: a file, or a run elsewhere.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::super::report;
use super::elsewhere::Elsewhere;
use crate::journal::MAGIC;
use crate::report::json::form::Report;

/// Bytes by which a file is told: a report may begin with spaces.
const START: u64 = 64;
/// How files that can be watched come about.
const FILES: &str = "a report (run --json FILE) or a journal (run --journal FILE)";

/// What is to be watched.
pub(super) enum Source {
    /// A run that is over, by its history.
    Journal(File),
    /// The same, by its report.
    Report(Box<Report>),
    /// A run that goes on.
    Elsewhere(Box<Elsewhere>),
}

impl Source {
    /// A file if there is one of this name, else an address.
    pub(super) fn of(what: &OsStr) -> anyhow::Result<Self> {
        let path = Path::new(what);
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => Self::of_file(path),
            Ok(_) => bail!("{} is no file; name {FILES}", path.display()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Err(error).context(format!("cannot read {}", path.display()))
            }
            Err(_) => Self::of_address(what),
        }
    }

    fn of_address(what: &OsStr) -> anyhow::Result<Self> {
        let shown = what.to_string_lossy();
        match Elsewhere::at(&shown) {
            Ok(elsewhere) => Ok(Self::Elsewhere(elsewhere.into())),
            Err(error) if shown.contains("://") => Err(error),
            Err(_) => bail!(
                "there is no file {shown:?}, and it is no address of metrics either; name {FILES}, or an address as http://127.0.0.1:9464"
            ),
        }
    }

    fn of_file(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut start = Vec::new();
        let file = File::open(path).and_then(|file| {
            (&file).take(START).read_to_end(&mut start)?;
            Ok(file)
        });
        let file = file.with_context(|| format!("cannot read {shown}"))?;
        if start.starts_with(&MAGIC) {
            return Ok(Self::Journal(file));
        }
        match start.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None if start.is_empty() => bail!("{shown} is empty; name {FILES}"),
            Some(b'{') => Ok(Self::Report(report::read(path)?.into())),
            _ => bail!("{shown} is nothing that can be watched; name {FILES}"),
        }
    }
}
