//! A line on how something goes on, below all that was said: on a terminal only, written over once a second, and gone at the end.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ratatui::crossterm::terminal;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::pool::Running;
use crate::time::Time;

/// Between two versions of the line.
const EVERY: Duration = Duration::from_millis(500);
/// Names of what goes on that are told at most.
const NAMES: usize = 4;
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

/// How far several things are that are done one by one, as a line.
pub(super) struct Counting {
    status: Status,
    tally: Tally,
}

impl Counting {
    /// Of so many things of this name, where that is known yet.
    pub(super) fn start(wanted: bool, what: &'static str, of: usize, running: &Running) -> Self {
        let tally = Tally::default();
        tally.set_of(of);
        let (own, running) = (tally.clone(), running.clone());
        let status = Status::start(wanted, move |passed| own.line(what, &running, passed));
        Self { status, tally }
    }

    /// One of so many came to this.
    pub(super) fn ended(&self, came: &'static str, of: usize) {
        self.tally.set_of(of);
        self.tally.add(came);
    }

    /// Takes the line away.
    pub(super) async fn stop(self) {
        self.status.stop().await;
    }
}

/// What things came to, counted.
#[derive(Debug, Clone, Default)]
struct Tally {
    counted: Arc<Mutex<Counted>>,
}

#[derive(Debug, Default)]
struct Counted {
    of: usize,
    came: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_of(&self, of: usize) {
        self.counted().of = of;
    }

    fn add(&self, came: &'static str) {
        *self.counted().came.entry(came).or_default() += 1;
    }

    /// How far they are, and which are under way.
    fn line(&self, what: &str, running: &Running, passed: Duration) -> String {
        let counted = self.counted();
        let ended: usize = counted.came.values().sum();
        let of = match counted.of {
            0 => String::new(),
            of => format!(" of {of}"),
        };
        let came = counted.came.iter();
        let mut told: Vec<_> = came.map(|(word, n)| format!("{n} {word}")).collect();
        let names = running.names();
        if !names.is_empty() {
            let more = match names.len().saturating_sub(NAMES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let shown = &names[..names.len().min(NAMES)];
            told.push(format!("now {}{more}", shown.join(", ")));
        }
        let s = passed.as_secs();
        let (m, s) = (s / 60, s % 60);
        format!("{ended}{of} {what} in {m}:{s:02}: {}", told.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_says_how_far_things_are_and_which_are_under_way() {
        let (tally, running) = (Tally::default(), Running::default());
        tally.set_of(85);
        for came in ["pass", "fail", "pass"] {
            tally.add(came);
        }
        let names = ["HS-01", "HS-02", "TR-01", "TR-02", "TR-03", "TR-04"];
        let going = names.map(|name| running.begin(name));
        let line = tally.line("cases", &running, Duration::from_secs(75));
        let told =
            "3 of 85 cases in 1:15: 1 fail, 2 pass, now HS-01, HS-02, TR-01, TR-02 and 2 more";
        assert_eq!(line, told);
        drop(going);
        let line = tally.line("cases", &running, Duration::ZERO);
        assert_eq!(line, "3 of 85 cases in 0:00: 1 fail, 2 pass");
    }
}
