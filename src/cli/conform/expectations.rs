//! The files of what is expected.

use std::path::PathBuf;

use anyhow::Context as _;

use super::ConformArgs;
use crate::report::conformance as report;
use crate::summary::Verdict;
use crate::summary::conformance::Conformance;
use crate::summary::expected::{Expected, verdict};

/// What is expected of each target, and where to write what came.
pub(super) struct Expectations {
    known: Vec<(PathBuf, Expected)>,
    /// With what stood there before.
    written: Vec<(PathBuf, Option<Expected>)>,
}

fn read(path: &std::path::Path) -> Result<Expected, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    Expected::read(&text).map_err(|error| format!("{shown}: {error}"))
}

impl Expectations {
    /// Reads what was named for so many targets, or tells what is wrong with it.
    pub(super) fn read(args: &ConformArgs, targets: usize) -> Result<Self, String> {
        for (flag, files) in [
            ("--expect", args.expect.len()),
            ("--write-expected", args.write_expected.len()),
        ] {
            if files > 0 && files != targets {
                return Err(format!(
                    "error: {flag}: one file for each target is needed, in their order: {targets} targets, {files} files\n"
                ));
            }
        }
        let known = args
            .expect
            .iter()
            .map(|path| Ok((path.clone(), read(path)?)));
        let known: Result<_, String> = known.collect();
        // One that is not there yet is made; one that is no such file may be something else, and is not written over.
        let written = args.write_expected.iter().map(|path| {
            let before = path.exists().then(|| read(path)).transpose()?;
            Ok((path.clone(), before))
        });
        let written: Result<_, String> = written.collect();
        Ok(Self {
            known: known.map_err(|error| format!("error: --expect: {error}\n"))?,
            written: written.map_err(|error| format!("error: --write-expected: {error}\n"))?,
        })
    }

    /// The file of what is expected of a target, if anything is.
    pub(super) fn of(&self, target: usize) -> Option<std::path::Display<'_>> {
        self.known.get(target).map(|(path, _)| path.display())
    }

    /// What changed at a target, in words, and what that comes to; nothing where nothing is expected.
    pub(super) fn changes(&self, target: usize, suite: &Conformance) -> Option<(Verdict, String)> {
        let (path, expected) = self.known.get(target)?;
        let changes = expected.changes(suite);
        let told = report::changes(suite, expected, &changes, &path.to_string_lossy());
        Some((verdict(&changes, suite), told))
    }

    /// Writes what came at a target, if that was asked for.
    pub(super) fn write(&self, target: usize, suite: &Conformance) -> anyhow::Result<()> {
        let Some((path, before)) = self.written.get(target) else {
            return Ok(());
        };
        let name = before.as_ref().map_or(&suite.name, |before| &before.target);
        let text = Expected::of(suite, name, before.as_ref()).text();
        std::fs::write(path, text).with_context(|| format!("--write-expected: {}", path.display()))
    }
}
