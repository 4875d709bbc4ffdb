//! A run that is over, from its report.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use super::super::terminal::print;
use super::shown::{Left, Shown};
use super::speed::Speed;
use super::{announce, left, tell_end};
use crate::report::json::form::Report;
use crate::report::snapshot::Saved;

/// Shows how it ended, after how it went if a speed is given.
pub(super) async fn watch(
    name: &OsStr,
    report: &Report,
    speed: Option<Speed>,
    start: impl FnOnce() -> Shown,
) -> anyhow::Result<ExitCode> {
    let name = Path::new(name).display();
    let saved = Saved::new(report).with_context(|| format!("the report {name} cannot be shown"))?;
    announce(&saved.end().about, &format!("from {name}"));
    let mut shown = start();
    if let Some(speed) = speed
        && let Some(early) = gone_through(&saved, speed, &mut shown).await
    {
        shown.stop().await;
        return Ok(left(early));
    }
    shown.show(saved.end().clone());
    shown.stands().await;
    let was_dashboard = shown.is_dashboard();
    shown.stop().await;
    if was_dashboard {
        if let Some(judgement) = &saved.end().ended {
            tell_end(judgement);
        }
    } else {
        print(report)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn gone_through(saved: &Saved, speed: Speed, shown: &mut Shown) -> Option<Left> {
    let begun = shown.now();
    for (seconds, snapshot) in saved.seconds().enumerate() {
        let since = Duration::from_secs(seconds as u64);
        let left = shown.until(begun + speed.after(since)).await;
        if left.is_some() {
            return left;
        }
        shown.show(snapshot);
    }
    None
}
