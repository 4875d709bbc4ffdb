//! A line on how something goes on, below all that was said: on a terminal only, written over once a second, and gone at the end.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ratatui::crossterm::terminal;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::time::Time;

/// Between two versions of the line.
const EVERY: Duration = Duration::from_millis(500);
/// To the beginning of the line, and what is after it away.
const ERASE: &str = "\r\x1b[K";

/// What stands there. `None`: no line is wanted now.
static LINE: Mutex<Option<String>> = Mutex::new(None);

fn line() -> MutexGuard<'static, Option<String>> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The line is away while this lives, so that something else can be said above it.
pub(super) struct Lifted {
    line: MutexGuard<'static, Option<String>>,
}

/// Takes the line away, if there is one, for as long as something is said.
pub(super) fn lift() -> Lifted {
    let line = line();
    if line.is_some() {
        io::stderr().write_all(ERASE.as_bytes()).ok();
    }
    Lifted { line }
}

impl Drop for Lifted {
    fn drop(&mut self) {
        if let Some(line) = self.line.as_ref() {
            io::stderr().write_all(line.as_bytes()).ok();
        }
    }
}

/// Writes the line over.
fn show(text: &str) {
    let columns = terminal::size().map_or(80, |(columns, _)| columns);
    // A line that reaches the end would begin another, on some terminals.
    let text: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(usize::from(columns).saturating_sub(1))
        .collect();
    let mut line = line();
    io::stderr()
        .write_all(format!("{ERASE}{text}").as_bytes())
        .ok();
    *line = Some(text);
}

/// The line, while it is wanted.
pub(super) struct Status {
    writer: Option<JoinHandle<()>>,
}

impl Status {
    /// Shows what this says of the time that has passed, again and again. `wanted`: whether anybody wants progress at all.
    pub(super) fn start(wanted: bool, say: impl Fn(Duration) -> String + Send + 'static) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let shown = wanted && !dumb && io::stderr().is_terminal() && io::stdout().is_terminal();
        let writer = shown.then(|| {
            tokio::spawn(async move {
                let clock = Clock::start();
                loop {
                    show(&say(clock.now() - Time::ZERO));
                    tokio::time::sleep(EVERY).await;
                }
            })
        });
        Self { writer }
    }

    /// Takes it away.
    pub(super) async fn stop(mut self) {
        if let Some(writer) = self.writer.take() {
            writer.abort();
            writer.await.ok();
        }
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.abort();
        }
        let mut lifted = lift();
        *lifted.line = None;
    }
}
