//! Ctrl-C and SIGTERM.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use super::files;

/// Ctrl-C and SIGTERM, as messages; on the first, says what comes of it.
pub(super) fn interrupts(told_first: &'static str) -> anyhow::Result<mpsc::Receiver<()>> {
    caught(Some(told_first))
}

/// The same, for a command that says by itself what comes of them.
pub(super) fn quiet_interrupts() -> anyhow::Result<mpsc::Receiver<()>> {
    caught(None)
}

/// The same, with a way in for keys that stand for Ctrl-C while there is a dashboard: it takes what Ctrl-C sends to nobody then.
pub(super) fn interrupts_and_keys(
    told_first: &'static str,
) -> anyhow::Result<(mpsc::Sender<()>, mpsc::Receiver<()>)> {
    let mut signals = caught(Some(told_first))?;
    let (sender, receiver) = mpsc::channel(8);
    let both = sender.clone();
    tokio::spawn(async move {
        while signals.recv().await.is_some() {
            if sender.send(()).await.is_err() {
                break;
            }
        }
    });
    Ok((both, receiver))
}

/// Turns true at the first of them, which says then what comes of it, or when a key asks for that.
pub(super) fn stopped(
    told_first: &'static str,
) -> anyhow::Result<(watch::Sender<bool>, watch::Receiver<bool>)> {
    let mut interrupts = interrupts(told_first)?;
    let (stop, stopped) = watch::channel(false);
    let key = stop.clone();
    tokio::spawn(async move {
        if interrupts.recv().await.is_some() {
            stop.send_replace(true);
        }
        // Whoever waits for the order to stop goes on waiting.
        std::future::pending::<()>().await;
    });
    Ok((key, stopped))
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
