//! Ctrl-C and SIGTERM.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::files;

/// Ctrl-C and SIGTERM, as messages; on the first, says what comes of it.
pub(super) fn interrupts(told_first: &'static str) -> anyhow::Result<mpsc::Receiver<()>> {
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
            if !std::mem::replace(&mut told, true) {
                files::say(told_first);
            }
            if sender.send(()).await.is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}
