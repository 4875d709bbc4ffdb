//! The verdict: the one place that decides whether a run passes.
//!
//! A violation fails a run whatever else happened. Short of that, a run passes only if it could have failed: whatever leaves the
//! evidence incomplete makes it `unknown`, with the reason. docs/verification.md states the rules for users.

use std::time::Duration;

use super::Summary;
use crate::verify::Class;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that had to happen did, nothing else did, and enough was asked for to say so.
    Pass,
    /// A violation.
    Fail,
    /// There is no telling.
    Unknown,
}

impl Verdict {
    /// The word of reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The exit code that goes with it.
    pub exit_code: u8,
    /// Why, the weightiest first; empty for a pass.
    pub reasons: Vec<String>,
    /// Whether the generator itself was the limit.
    pub limited: bool,
}

/// Exit code of a violation.
pub const EXIT_FAIL: u8 = 1;
/// Exit code of a usage, scenario or configuration error.
pub const EXIT_USAGE: u8 = 2;
/// Exit code of an unknown verdict.
pub const EXIT_UNKNOWN: u8 = 4;
/// Exit code of a run that the user ended.
pub const EXIT_INTERRUPTED: u8 = 130;

/// Share of the scheduled pushes that has to be accepted for the run to have applied the load that was asked for.
const LOAD_APPLIED: f64 = 0.99;

/// Schedule lag (99th percentile) above which the generator, not the target, set the pace. Lanes are due within a millisecond or two.
pub const LAG_LIMIT: Duration = Duration::from_millis(100);

/// Judges a run.
pub fn judge(summary: &Summary) -> Judgement {
    let violations = violations(summary);
    let limited = limited(summary);
    let mut reasons = violations;
    let failed = !reasons.is_empty();
    reasons.extend(gaps_in_evidence(summary, limited.as_deref()));
    let verdict = match (failed, reasons.is_empty()) {
        (true, _) => Verdict::Fail,
        (false, false) => Verdict::Unknown,
        (false, true) => Verdict::Pass,
    };
    let exit_code = match verdict {
        _ if summary.interrupted => EXIT_INTERRUPTED,
        Verdict::Pass => 0,
        Verdict::Fail => EXIT_FAIL,
        Verdict::Unknown => EXIT_UNKNOWN,
    };
    Judgement {
        verdict,
        exit_code,
        reasons,
        limited: limited.is_some(),
    }
}

fn violations(summary: &Summary) -> Vec<String> {
    let counts = &summary.findings.counts;
    let told = Class::ALL.iter().filter(|class| counts.of(**class) > 0);
    told.map(|class| {
        let n = counts.of(*class);
        let what = match class {
            Class::Lost => format!(
                "of {} expected deliveries did not come before the end of settling",
                counts.expected
            ),
            Class::Duplicated => "deliveries of a push that the socket already had".to_owned(),
            Class::Misdelivered => "deliveries at sockets outside the push's audience".to_owned(),
            Class::Misrouted => "deliveries under another event name".to_owned(),
            Class::Corrupted => "deliveries with another payload than was sent".to_owned(),
            Class::Reordered => {
                "deliveries after a push that was sent only once they had been accepted".to_owned()
            }
            Class::Late => format!(
                "deliveries after the deadline of {:?}",
                summary.plan.deadline
            ),
            Class::Phantom => "events that no push explains".to_owned(),
            Class::Premature => "events before CONNECT was accepted".to_owned(),
        };
        format!("{n} {}: {what}", class.name())
    })
    .collect()
}

/// Everything that keeps a run without violations from being a proof.
fn gaps_in_evidence(summary: &Summary, limited: Option<&str>) -> Vec<String> {
    if let Some(why) = &summary.not_begun {
        return vec![why.clone()];
    }
    let mut gaps = Vec::new();
    if summary.interrupted {
        gaps.push("the run was interrupted before its end".to_owned());
    }
    if summary.target_lost {
        gaps.push("the target went away: every socket was lost before the last push".to_owned());
    }
    gaps.extend(sockets(summary));
    if summary.sockets.connected > 0 && !summary.interrupted {
        gaps.extend(pushes(summary));
    }
    gaps.extend(limited.map(str::to_owned));
    gaps
}

fn sockets(summary: &Summary) -> Vec<String> {
    let sockets = &summary.sockets;
    let mut gaps = Vec::new();
    if sockets.refused > 0 {
        let why = summary.refusals.most_common();
        gaps.push(if sockets.connected == 0 {
            format!("no socket could be connected: {why}")
        } else {
            format!(
                "{} of {} sockets could not be connected: {why}",
                sockets.refused, sockets.wanted
            )
        });
    }
    if sockets.dropped > 0 {
        let why = summary.drops.most_common();
        gaps.push(format!(
            "{} of {} sockets were dropped, and what they missed cannot be told: {why}",
            sockets.dropped, sockets.connected
        ));
    }
    gaps
}

fn pushes(summary: &Summary) -> Vec<String> {
    let pushes = &summary.pushes;
    let why = summary.push_failures.most_common();
    let share = pushes.accepted as f64 / pushes.scheduled.max(1) as f64;
    if pushes.accepted == 0 {
        let why = if pushes.sent == 0 {
            "none was sent".to_owned()
        } else {
            why
        };
        return vec![format!("no push was accepted: {why}")];
    }
    let mut gaps = Vec::new();
    if share < LOAD_APPLIED && !summary.target_lost {
        gaps.push(match pushes.rejected + pushes.unknown {
            0 => format!(
                "only {} of {} scheduled pushes could be sent: {} lanes wait for the target's answers; raise --lanes or lower --rate",
                pushes.sent, pushes.scheduled, summary.plan.lanes
            ),
            failed => format!(
                "only {} of {} scheduled pushes were accepted ({failed} were not): {why}",
                pushes.accepted, pushes.scheduled
            ),
        });
    }
    if summary.findings.counts.expected == 0 {
        gaps.push(
            "no delivery had to happen: the pushes aimed at nobody who was connected all the time"
                .to_owned(),
        );
    }
    gaps
}

fn limited(summary: &Summary) -> Option<String> {
    let lag_us = summary.generator.schedule_lag.quantile_us(0.99)?;
    (lag_us > LAG_LIMIT.as_micros() as u64).then(|| {
        format!(
            "the generator was the limit: pushes left {} ms after their time (99th percentile); give it more CPU or lower the load",
            lag_us / 1_000
        )
    })
}
