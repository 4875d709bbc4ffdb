//! What is said on standard error while the dashboard has the terminal: held back, shown as messages, and printed when it is over.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, PipeWriter, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::files;

/// Lines that are kept: a platform that says something of every push must not fill the memory.
const MOST: usize = 500;

#[derive(Debug, Default)]
struct Held {
    lines: VecDeque<String>,
    /// Of these, the last ones that the dashboard has not shown.
    unseen: usize,
    left_out: u64,
}

/// `None`: nothing is held back.
static HELD: Mutex<Option<Held>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<Held>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on lines are held back.
pub(super) fn begin() {
    *held() = Some(Held::default());
}

/// Holds lines back, if that is the time for it.
pub(in crate::cli) fn take(text: &str) -> bool {
    let mut held = held();
    let Some(held) = held.as_mut() else {
        return false;
    };
    for line in text.lines() {
        if held.lines.len() == MOST {
            held.lines.pop_front();
            held.left_out += 1;
        }
        held.lines.push_back(line.to_owned());
        held.unseen = (held.unseen + 1).min(MOST);
    }
    true
}

/// The lines that have come since the last call.
pub(super) fn unseen() -> Vec<String> {
    let mut held = held();
    let Some(held) = held.as_mut() else {
        return Vec::new();
    };
    let new = std::mem::take(&mut held.unseen);
    let from = held.lines.len() - new;
    held.lines.range(from..).cloned().collect()
}

/// Prints what was held back; what is said from now on is said at once.
pub(super) fn end() {
    let Some(held) = held().take() else {
        return;
    };
    let mut out = io::stderr().lock();
    if held.left_out > 0 {
        writeln!(out, "({} lines before these are left out)", held.left_out).ok();
    }
    for line in held.lines {
        writeln!(out, "{line}").ok();
    }
}

/// A pipe for what a child process says: each line is said as if it were ours.
pub(in crate::cli) fn pipe() -> io::Result<PipeWriter> {
    let (reader, writer) = io::pipe()?;
    // It ends with the last process that can write; nobody waits for it.
    std::thread::Builder::new()
        .name("said".to_owned())
        .spawn(move || {
            let lines = BufReader::new(reader).split(b'\n');
            for line in lines.map_while(Result::ok) {
                files::say(&String::from_utf8_lossy(&line));
            }
        })?;
    Ok(writer)
}
