//! Output: files named on the command line, `-` for standard output, and words for people on standard error.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// Writes to standard output. A reader that has had enough (`| head`) is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Says a line on standard error. If nobody listens (`2>&1 | head`), that is no reason to end: the exit code still has to be right.
pub(super) fn say(line: &str) {
    let mut line = line.to_owned();
    line.push('\n');
    say_all(&line);
}

/// Says lines on standard error, as [`say`].
pub(super) fn say_all(text: &str) {
    std::io::stderr().lock().write_all(text.as_bytes()).ok();
}

/// Where a report goes. Opened before the run that it is to tell of, so that no run ends at a folder that is not there; what stood
/// in the file before stays until the report is written.
#[derive(Debug)]
pub(super) struct Output {
    flag: &'static str,
    path: PathBuf,
    /// `None`: standard output.
    file: Option<File>,
    /// The file is there because of this, and empty.
    made: bool,
}

impl Output {
    /// Opens what a flag named.
    pub(super) fn open(flag: &'static str, path: &Path) -> anyhow::Result<Self> {
        if path.as_os_str().is_empty() {
            bail!("{flag} needs the name of a file, or - for standard output");
        }
        let (file, made) = if path.as_os_str() == "-" {
            (None, false)
        } else {
            let opened = open(path);
            let (file, made) = opened.with_context(|| cannot_write(flag, path))?;
            (Some(file), made)
        };
        Ok(Self {
            flag,
            path: path.to_owned(),
            file,
            made,
        })
    }

    /// Whether it is standard output.
    pub(super) fn is_stdout(&self) -> bool {
        self.file.is_none()
    }

    /// Writes the report in place of what was there.
    pub(super) fn write(mut self, text: &str) -> anyhow::Result<()> {
        let Some(file) = &mut self.file else {
            return print(text);
        };
        self.made = false;
        let emptied = match file.metadata() {
            Ok(metadata) if metadata.is_file() => file.set_len(0),
            // A device or a pipe has nothing to make room for.
            _ => Ok(()),
        };
        emptied
            .and_then(|()| file.write_all(text.as_bytes()))
            .with_context(|| cannot_write(self.flag, &self.path))
    }
}

impl Drop for Output {
    /// No report came: a file that was made for it would only puzzle whoever reads it.
    fn drop(&mut self) {
        if self.made {
            std::fs::remove_file(&self.path).ok();
        }
    }
}

/// Opens a file to write to without harm to what is in it, and tells whether it was made.
fn open(path: &Path) -> std::io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.append(true);
    match options.clone().create_new(true).open(path) {
        Ok(file) => Ok((file, true)),
        // It is there, or is a link to where there is nothing yet.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok((options.create(true).open(path)?, false))
        }
        Err(error) => Err(error),
    }
}

fn cannot_write(flag: &str, path: &Path) -> String {
    format!("{flag}: cannot write to {}", path.display())
}

/// Raises the limit of open files as far as it goes, and returns it.
pub(super) fn raise_limit() -> u64 {
    let raised = rlimit::increase_nofile_limit(u64::MAX);
    raised
        .or_else(|_| rlimit::getrlimit(rlimit::Resource::NOFILE).map(|(soft, _)| soft))
        .unwrap_or(1_024)
}
