//! Users from a program that prints one in each line, as a JSON object.

use std::collections::VecDeque;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::{KNOWN, List, MOST_BYTES, place, put};
use crate::clock::Clock;
use crate::scenario::people::{Loaded, Row};
use crate::time::Time;

/// Longest time that it may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most bytes of what it says on standard error that are told: the last ones.
const WORDS: usize = 400;
/// How often is looked whether it has ended, once it has closed its output.
const LOOK: Duration = Duration::from_millis(5);

/// Starts the program, and reads what it prints. The error is in words.
pub(super) fn run(command: &[String], beside: &Path) -> Result<Loaded, String> {
    let (stdout, name) = output(command, beside, PATIENCE)?;
    read(&name, &stdout)
}

fn output(
    command: &[String],
    beside: &Path,
    patience: Duration,
) -> Result<(Vec<u8>, String), String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(
            "no program is named; write for example command = [\"./make-users\"]".to_owned(),
        );
    };
    // A name alone is looked for as a shell does; a path is relative to the scenario, as the program's own paths are.
    let path = if program.contains('/') {
        let path = place(program, beside);
        std::path::absolute(&path).unwrap_or(path)
    } else {
        program.into()
    };
    let beside = if beside.as_os_str().is_empty() {
        Path::new(".")
    } else {
        beside
    };
    let mut child = Command::new(path)
        .args(arguments)
        .current_dir(beside)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {program}: {error}"))?;
    let ended = watch(&mut child, patience);
    if !matches!(ended, Ok((_, Some(_), _))) {
        // It is still there.
        child.kill().ok();
        child.wait().ok();
    }
    match ended {
        Err(()) => Err(format!("{program} could not be listened to")),
        Ok((_, None, words)) => Err(format!(
            "{program} did not end within {patience:?}{}",
            said(&words)
        )),
        Ok((stdout, _, _)) if stdout.len() as u64 > MOST_BYTES => {
            Err(format!("{program} printed more than {MOST_BYTES} bytes"))
        }
        Ok((_, Some(status), words)) if !status.success() => {
            Err(format!("{program} failed ({status}){}", said(&words)))
        }
        Ok((stdout, ..)) => Ok((stdout, program.clone())),
    }
}

/// What it printed, how it ended (`None`: not in time), and its last words on standard error.
fn watch(
    child: &mut Child,
    patience: Duration,
) -> Result<(Vec<u8>, Option<ExitStatus>, String), ()> {
    let clock = Clock::start();
    let (stdout, stderr) = (
        child.stdout.take().ok_or(())?,
        child.stderr.take().ok_or(())?,
    );
    let (printed, prints) = mpsc::channel();
    std::thread::spawn(move || {
        let mut all = Vec::new();
        stdout.take(MOST_BYTES + 1).read_to_end(&mut all).ok();
        printed.send(all).ok();
    });
    let (told, tells) = mpsc::channel();
    std::thread::spawn(move || told.send(last(stderr)).ok());
    let left = || patience.saturating_sub(clock.now() - Time::ZERO);
    let Ok(stdout) = prints.recv_timeout(left()) else {
        return Ok((Vec::new(), None, String::new()));
    };
    if stdout.len() as u64 > MOST_BYTES {
        return Ok((stdout, None, String::new()));
    }
    loop {
        if let Some(status) = child.try_wait().map_err(|_| ())? {
            // Whoever it has started may hold its standard error for longer.
            let words = tells.recv_timeout(left().min(Duration::from_secs(1)));
            return Ok((stdout, Some(status), words.unwrap_or_default()));
        }
        if left().is_zero() {
            return Ok((stdout, None, String::new()));
        }
        std::thread::sleep(LOOK);
    }
}

/// The last bytes that come, whatever comes before.
fn last(mut stderr: impl Read) -> String {
    let mut words = VecDeque::with_capacity(WORDS * 2);
    let mut buffer = [0; 4_096];
    while let Ok(read @ 1..) = stderr.read(&mut buffer) {
        words.extend(&buffer[..read]);
        let more = words.len().saturating_sub(WORDS);
        words.drain(..more);
    }
    let words: Vec<u8> = words.into();
    String::from_utf8_lossy(&words).trim().to_owned()
}

fn said(words: &str) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!("; it says: {words}")
    }
}

fn read(name: &str, stdout: &[u8]) -> Result<Loaded, String> {
    let mut list = List::new();
    let lines = stdout.split(|byte| *byte == b'\n').enumerate();
    for (n, line) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
        let place = format!("{name} line {}", n + 1);
        // What stands there may be a secret.
        let user: Map<String, Value> = serde_json::from_slice(line)
            .map_err(|_| format!("{place}: it is no JSON object; print one in each line, as {{\"name\":\"ann\",\"password\":\"…\"}}"))?;
        let mut row = Row {
            place: place.clone(),
            ..Row::default()
        };
        for (column, value) in user {
            let at = if KNOWN.contains(&column.as_str()) {
                None
            } else {
                let at = list.column(&column);
                Some(at.map_err(|why| format!("{place}: {why}"))?)
            };
            let value = match value {
                Value::String(text) => text,
                Value::Null => String::new(),
                other => other.to_string(),
            };
            put(&mut row, at, &column, value);
        }
        list.add(row)?;
    }
    Ok(list.loaded())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Result<Vec<u8>, String> {
        let command = ["sh", "-c", script].map(str::to_owned);
        output(&command, Path::new(""), patience).map(|(stdout, _)| stdout)
    }

    #[test]
    fn each_line_is_a_user() {
        let lines = b"{\"name\":\"ann\",\"age\":7}\n\n{\"name\":\"bob\",\"token\":\"t\",\"vip\":true,\"age\":null}\n";
        let loaded = read("make", lines).unwrap();
        let rows = loaded.rows.unwrap();
        assert_eq!(loaded.columns, ["age", "vip"]);
        assert_eq!(rows[0].more, ["7"]);
        assert_eq!(
            (rows[1].place.as_str(), rows[1].more.as_slice()),
            ("make line 3", &[String::new(), "true".to_owned()][..])
        );
        for (line, says) in [
            (
                &b"{\"name\":\"ann\"}\n[\"secret\"]"[..],
                "make line 2: it is no JSON object",
            ),
            (
                b"{\"password\":\"secret\"}",
                "make line 1: the user has no name",
            ),
        ] {
            let why = read("make", line).unwrap_err();
            assert!(why.starts_with(says) && !why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn how_it_ended_is_told() {
        let long = Duration::from_secs(30);
        assert_eq!(shell("echo hello", long), Ok(b"hello\n".to_vec()));
        let why = shell("echo half; echo no users today >&2; exit 3", long).unwrap_err();
        assert_eq!(why, "sh failed (exit status: 3); it says: no users today");
        let why = shell("read forever < /dev/zero", Duration::from_millis(200)).unwrap_err();
        assert_eq!(why, "sh did not end within 200ms");
        let missing = output(&["./no-such".to_owned()], Path::new("/tmp"), long).unwrap_err();
        assert!(missing.starts_with("cannot start ./no-such: "), "{missing}");
    }
}
