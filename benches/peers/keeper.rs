//! Keeps a program that does not end by itself when whoever started it does: `peers keeper PROGRAM ARGUMENTS…` says its process id and,
//! when it ends, its exit code; when standard input closes it is killed.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::orders::say;

/// How often it looks.
const LOOK: Duration = Duration::from_millis(50);

/// Runs the program to its end, or to the end of standard input.
pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    let [program, args @ ..] = args else {
        anyhow::bail!("peers keeper PROGRAM ARGUMENTS…");
    };
    let (closed, over) = std::sync::mpsc::channel::<()>();
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .spawn()?;
    say(&json!({"pid": child.id()}));
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        drop(closed);
    });
    loop {
        if let Some(status) = child.try_wait()? {
            say(&json!({"exited": status.code()}));
            return Ok(());
        }
        if over.recv_timeout(LOOK) == Err(std::sync::mpsc::RecvTimeoutError::Disconnected) {
            child.kill()?;
            child.wait()?;
            return Ok(());
        }
    }
}
