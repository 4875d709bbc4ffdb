//! Ctrl-C and SIGTERM.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::files;

/// Ctrl-C and SIGTERM, as messages; on the first, says what comes of it.
pub(super) fn interrupts(told_first: &'static str) -> anyhow::Result<mpsc::Receiver<()>> {
    caught(Some(told_first))
}

/// The same, for a command that says by itself what comes of them.
pub(super) fn quiet_interrupts() -> anyhow::Result<mpsc::Receiver<()>> {
    caught(None)
}

fn caught(told_first: Option<&'static str>) -> anyhow::Result<mpsc::Receiver<()>> {
    let mut int = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut term = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(async move {
        let mut told = false;
        loop {
            tokio::select! {
                _ = int.recv() => {}
                _ = term.recv() => {}
            }
            if let Some(words) = told_first
                && !std::mem::replace(&mut told, true)
            {
                files::say(words);
            }
            if sender.send(()).await.is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}
