//! Output: files named on the command line, `-` for standard output, and words for people on standard error.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::screen::held;
use super::status;

use crate::scenario::{Plan, Transport};

/// Writes to standard output. A reader that has had enough (`| head`) is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let _lifted = status::lift();
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

/// Says lines on standard error, as [`say`]; while the dashboard has the terminal, there.
pub(super) fn say_all(text: &str) {
    if !held::take(text) {
        let _lifted = status::lift();
        std::io::stderr().lock().write_all(text.as_bytes()).ok();
    }
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
    /// Opens what a flag named, or a key.
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

    /// Opens what `--json` named, if it was given.
    pub(super) fn open_json(path: Option<&Path>) -> anyhow::Result<Option<Self>> {
        path.map(|path| Self::open("--json", path)).transpose()
    }

    /// Opens the file of a journal, which is no text for standard output.
    pub(super) fn open_journal(path: &Path) -> anyhow::Result<Self> {
        if path.as_os_str() == "-" {
            bail!(
                "--journal needs the name of a file; a journal is not written to standard output"
            );
        }
        Self::open("--journal", path)
    }

    /// Whether it is standard output.
    pub(super) fn is_stdout(&self) -> bool {
        self.file.is_none()
    }

    /// Whether both are the same file; a device may be written to as often as one likes.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let of = |output: &Self| {
            let metadata = output.file.as_ref().and_then(|file| file.metadata().ok());
            metadata
                .filter(std::fs::Metadata::is_file)
                .map(|m| (m.dev(), m.ino()))
        };
        of(self).is_some_and(|own| of(other) == Some(own))
    }

    /// Whether it is a file that can be put in the place of another: no standard output, device or pipe.
    fn is_file(&self) -> bool {
        let metadata = self.file.as_ref().and_then(|file| file.metadata().ok());
        metadata.is_some_and(|metadata| metadata.is_file())
    }

    /// Writes the report in place of what was there.
    pub(super) fn write(mut self, text: &str) -> anyhow::Result<()> {
        let Some(mut file) = self.emptied()? else {
            return print(text);
        };
        file.write_all(text.as_bytes())
            .with_context(|| cannot_write(self.flag, &self.path))
    }

    /// The file, with nothing in it, for one who writes bit by bit; `None` if it is standard output.
    pub(super) fn emptied(&mut self) -> anyhow::Result<Option<File>> {
        let Some(file) = self.file.take() else {
            return Ok(None);
        };
        self.made = false;
        let emptied = match file.metadata() {
            Ok(metadata) if metadata.is_file() => file.set_len(0),
            // A device or a pipe has nothing to make room for.
            _ => Ok(()),
        };
        emptied.with_context(|| cannot_write(self.flag, &self.path))?;
        Ok(Some(file))
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

/// Descriptors a run needs besides its sockets: lanes, logins, the runtime, the report.
const OTHER_FILES: u64 = 700;

/// Raises the limit of open files as far as it goes, and makes sure that the sockets fit.
pub(super) fn check_limit(plan: &Plan) -> anyhow::Result<()> {
    let limit = raise_limit();
    check_platform(plan, limit)?;
    let others = u64::from(plan.lanes) + OTHER_FILES;
    let sockets = u64::from(plan.sockets());
    let files = sockets + polling(plan);
    let needed = |workers: u64| files.div_ceil(workers) + others;
    let workers = u64::from(plan.workers);
    if needed(workers) <= limit {
        return Ok(());
    }
    let enough = limit
        .checked_sub(others)
        .filter(|room| *room > 0)
        .map(|room| files.div_ceil(room));
    let several = enough.map_or_else(String::new, |n| format!("spread them with --workers {n}, "));
    let who = if workers == 1 {
        format!(
            "{sockets} sockets need about {} open files, and this process may have {limit}",
            needed(1)
        )
    } else {
        format!(
            "{sockets} sockets of {workers} workers need about {} open files in each, and a process may have {limit}",
            needed(workers)
        )
    };
    bail!("{who}; {several}ask for fewer sockets, or raise the hard limit (ulimit -Hn)");
}

/// Sockets of this plan that begin on long-polling: each has a second connection while it has something to say.
fn polling(plan: &Plan) -> u64 {
    let counts = plan.clients.transports.count(plan.seed, plan.sockets());
    let polling = counts
        .iter()
        .filter(|(one, _)| *one != Transport::WebSocket);
    polling.map(|(_, count)| count).sum()
}

/// Sockets that a run by this plan can hold, with the limit of open files raised as far as it goes.
pub(super) fn room(plan: &Plan) -> u64 {
    let others = u64::from(plan.lanes) + OTHER_FILES;
    let each = if plan.clients.transports.is_websocket() {
        1
    } else {
        2
    };
    raise_limit().saturating_sub(others) / each * u64::from(plan.workers)
}

/// A report that is written again and again as what it tells of goes on: in one piece each time, so that it can be read whenever, and
/// is there whatever happens next.
#[derive(Debug)]
pub(super) struct Keep {
    /// `None`: nobody wants it.
    output: Option<Output>,
}

impl Keep {
    /// Opens what a flag named, if it was given.
    pub(super) fn open(flag: &'static str, path: Option<&Path>) -> anyhow::Result<Self> {
        let output = path.map(|path| Output::open(flag, path)).transpose()?;
        Ok(Self { output })
    }

    /// Whether it is standard output.
    pub(super) fn is_stdout(&self) -> bool {
        self.output.as_ref().is_some_and(Output::is_stdout)
    }

    /// Writes how far it has come; to standard output, a device or a pipe only the end is written.
    pub(super) fn so_far(&mut self, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        let Some(output) = self.output.as_mut() else {
            return Ok(());
        };
        if output.is_file() {
            output.made = false;
            replace(&output.path, &text())
                .with_context(|| cannot_write(output.flag, &output.path))?;
        }
        Ok(())
    }

    /// Writes the end.
    pub(super) fn end(mut self, text: &str) -> anyhow::Result<()> {
        self.so_far(|| text.to_owned())?;
        match self.output {
            // What is a file has it.
            Some(output) if output.is_file() => Ok(()),
            Some(output) => output.write(text),
            None => Ok(()),
        }
    }
}

/// Puts a file in the place of another, which is there until the new one is whole.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = std::fs::canonicalize(path)?;
    let mut part = path.clone().into_os_string();
    part.push(".part");
    std::fs::write(&part, text)?;
    std::fs::rename(&part, path)
}

/// The embedded platform has the same limit, for each of its nodes.
fn check_platform(plan: &Plan, limit: u64) -> anyhow::Result<()> {
    let room = limit.saturating_sub(OTHER_FILES).max(1);
    let (sockets, nodes) = (u64::from(plan.sockets()), u64::from(plan.platform_nodes));
    if plan.target.is_some() || sockets.div_ceil(nodes) <= room {
        return Ok(());
    }
    bail!(
        "{sockets} sockets at the embedded platform: each of its processes may have {limit} open files; start it as several with --platform-nodes {}, or ask for fewer sockets",
        sockets.div_ceil(room)
    )
}
