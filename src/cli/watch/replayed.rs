//! A run that is over, from its journal: judged again while it is shown.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::mpsc;

use super::super::files;
use super::super::terminal::print;
use super::super::verify::{tell_damage, tell_differences};
use super::shown::{Left, Shown};
use super::speed::Speed;
use super::{announce, left, tell_end};
use crate::journal::{Playback, Unreadable, Verified};
use crate::report::json;
use crate::summary::Snapshot;
use crate::summary::verdict::EXIT_USAGE;

/// Seconds that are judged ahead of what is shown.
const AHEAD: usize = 2;

/// What the thread that judges has to tell.
enum Told {
    /// How the run stood at the end of one more second.
    Second(Snapshot),
    /// How it ended.
    End(Snapshot, Box<Verified>),
}

/// Shows how a run went, and how it ended.
pub(super) async fn watch(
    name: &OsStr,
    file: File,
    speed: Speed,
    start: impl FnOnce() -> Shown,
) -> anyhow::Result<ExitCode> {
    let name = Path::new(name).display();
    let wrong = || format!("the journal {name} cannot be shown");
    let playback = Playback::open(file).with_context(wrong)?;
    announce(playback.about(), &format!("from {name}"));
    let damaged = playback.damage().len();
    let mut shown = start();
    if damaged > 0 {
        let places = if damaged == 1 { "place" } else { "places" };
        files::say(&format!(
            "the journal is damaged in {damaged} {places}: what is whole is shown"
        ));
    }
    let (teller, mut told) = mpsc::channel(AHEAD);
    let playing = tokio::task::spawn_blocking(move || play(playback, &teller));
    let ended = gone_through(&mut told, speed, &mut shown).await;
    if let Ok(Ok(_)) = &ended {
        shown.stands().await;
    }
    let was_dashboard = shown.is_dashboard();
    shown.stop().await;
    drop(told);
    playing.await.ok();
    match ended.with_context(wrong)? {
        Ok(verified) => tell(&verified, was_dashboard),
        Err(early) => Ok(left(early)),
    }
}

/// Judges a journal second by second, for as long as anybody listens.
fn play(mut playback: Playback<File>, told: &mpsc::Sender<Result<Told, Unreadable>>) {
    loop {
        match playback.next_second() {
            Ok(Some(snapshot)) => {
                if told.blocking_send(Ok(Told::Second(snapshot))).is_err() {
                    return;
                }
            }
            Ok(None) => break,
            Err(error) => {
                told.blocking_send(Err(error)).ok();
                return;
            }
        }
    }
    let end = playback.end();
    let end = end.map(|(snapshot, verified)| Told::End(snapshot, Box::new(verified)));
    told.blocking_send(end).ok();
}

/// Shows one second after the other, and the end. An inner `Err`: whoever watches left before that.
async fn gone_through(
    told: &mut mpsc::Receiver<Result<Told, Unreadable>>,
    speed: Speed,
    shown: &mut Shown,
) -> Result<Result<Box<Verified>, Left>, Unreadable> {
    let (begun, mut seconds) = (shown.now(), 0);
    loop {
        let next = tokio::select! {
            left = shown.left() => return Ok(Err(left)),
            next = told.recv() => next,
        };
        let Some(next) = next else {
            // Only one that panicked says nothing at its end.
            return Err(Unreadable::Io(std::io::Error::other("judging it failed")));
        };
        // What is told of a run that stood still for long follows at once: seconds are counted, not looked at.
        if let Some(left) = shown
            .until(begun + speed.after(Duration::from_secs(seconds)))
            .await
        {
            return Ok(Err(left));
        }
        seconds += 1;
        match next? {
            Told::Second(snapshot) => shown.show(snapshot),
            Told::End(snapshot, verified) => {
                shown.show(snapshot);
                return Ok(Ok(verified));
            }
        }
    }
}

/// Says what the run came to, as `verify` does.
fn tell(verified: &Verified, was_dashboard: bool) -> anyhow::Result<ExitCode> {
    tell_damage(verified);
    if was_dashboard {
        tell_end(&verified.summary.judge());
    } else {
        print(&json::report(&verified.summary))?;
    }
    if verified.differences.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    tell_differences(verified);
    Ok(ExitCode::from(EXIT_USAGE))
}
