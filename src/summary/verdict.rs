//! The verdict: the one place that decides whether a run passes.
//!
//! A violation fails a run whatever else happened, and so does a breached threshold, unless the generator may have caused it. Short of
//! that, a run passes only if it could have failed: whatever leaves the evidence incomplete makes it `unknown`, with the reason.
//! docs/verification.md states the rules for users.

use super::thresholds::{self, Checked, Outcome};
use super::{Summary, limits, logins, requests};
use crate::ids::AppId;
use crate::scenario::Reach;
use crate::scenario::file::Drops;
use crate::verify::Class;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that had to happen did, nothing else did, and enough was asked for to say so.
    Pass,
    /// A violation, or a breached threshold.
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
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The exit code that goes with it.
    pub exit_code: u8,
    /// Why, the weightiest first; empty for a pass.
    pub reasons: Vec<String>,
    /// Why the generator itself was the limit; empty if it was not.
    pub limits: Vec<String>,
    /// The thresholds of the scenario.
    pub thresholds: Vec<Checked>,
}

/// Exit code of a violation.
pub const EXIT_FAIL: u8 = 1;
/// Exit code of a usage, scenario or configuration error.
pub const EXIT_USAGE: u8 = 2;
/// Exit code of a breached threshold without a violation.
pub const EXIT_BREACH: u8 = 3;
/// Exit code of an unknown verdict.
pub const EXIT_UNKNOWN: u8 = 4;
/// Exit code of a run that the user ended.
pub const EXIT_INTERRUPTED: u8 = 130;

/// Share of the scheduled pushes that has to be accepted for the run to have applied the load that was asked for.
pub const LOAD_APPLIED: f64 = 0.99;

/// Judges a run.
pub fn judge(summary: &Summary) -> Judgement {
    let mut thresholds = thresholds::check(summary);
    let limits = limits::limits(summary, &thresholds);
    let limited = !limits.is_empty();
    if limited {
        thresholds::take_back(&mut thresholds);
    }
    let mut reasons = violations(summary);
    reasons.extend(logins::let_in(summary));
    reasons.extend(requests::violations(summary));
    let violated = !reasons.is_empty();
    reasons.extend(breaches(summary, &thresholds, limited));
    let failed = !reasons.is_empty();
    reasons.extend(gaps_in_evidence(summary));
    if summary.not_begun.is_none() {
        reasons.extend(thresholds.iter().filter_map(unknown));
        reasons.extend(aborted(summary).filter(|_| !breaks(summary, limited)));
    }
    reasons.extend(
        limits
            .iter()
            .map(|why| format!("the generator was the limit: {why}")),
    );
    let verdict = match (failed, reasons.is_empty()) {
        (true, _) => Verdict::Fail,
        (false, false) => Verdict::Unknown,
        (false, true) => Verdict::Pass,
    };
    let exit_code = match verdict {
        _ if summary.interrupted => EXIT_INTERRUPTED,
        Verdict::Pass => 0,
        Verdict::Fail if violated => EXIT_FAIL,
        Verdict::Fail => EXIT_BREACH,
        Verdict::Unknown => EXIT_UNKNOWN,
    };
    Judgement {
        verdict,
        exit_code,
        reasons,
        limits,
        thresholds,
    }
}

/// What fails a run that has no violation.
fn breaches(summary: &Summary, thresholds: &[Checked], limited: bool) -> Vec<String> {
    // What a scenario asks of the generator says nothing of the target.
    let breached = thresholds
        .iter()
        .filter(|checked| checked.outcome == Outcome::Breached && !limits::is_own(&checked.metric));
    let told = |checked: &Checked| {
        let held = checked
            .held
            .as_ref()
            .map_or_else(String::new, ToString::to_string);
        format!("threshold breached: {}: it was {held}", checked.expression)
    };
    let aborted = aborted(summary).filter(|_| breaks(summary, limited));
    aborted.into_iter().chain(breached.map(told)).collect()
}

/// Whether what ended the run early counts against the target.
fn breaks(summary: &Summary, limited: bool) -> bool {
    summary.aborted.as_ref().is_some_and(|aborted| {
        !limited || !thresholds::may_be_the_generators(&aborted.condition.threshold.metric)
    })
}

fn aborted(summary: &Summary) -> Option<String> {
    let aborted = summary.aborted.as_ref()?;
    Some(format!(
        "the run was ended early after {:.0} s: {}: it was {}",
        aborted.at.as_secs_f64(),
        aborted.condition,
        aborted.held
    ))
}

fn unknown(checked: &Checked) -> Option<String> {
    match checked.outcome {
        Outcome::Unknown(why) => Some(format!("threshold unknown: {}: {why}", checked.expression)),
        Outcome::Kept | Outcome::Breached => None,
    }
}

fn violations(summary: &Summary) -> Vec<String> {
    let counts = &summary.findings.counts;
    // What has not been read cannot be called lost.
    let behind = summary.generator.undrained;
    let blamed = |class: &Class| counts.of(*class) > 0 && !(behind && *class == Class::Lost);
    let told = Class::ALL.iter().filter(|class| blamed(class));
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
fn gaps_in_evidence(summary: &Summary) -> Vec<String> {
    if let Some(why) = &summary.not_begun {
        return vec![why.clone()];
    }
    if !summary.missing.is_empty() {
        // Whatever else looks like a gap may be part of that one.
        return summary.missing.clone();
    }
    let mut gaps = Vec::new();
    if summary.interrupted {
        gaps.push("the run was interrupted before its end".to_owned());
    }
    if summary.target_lost {
        gaps.push("the target went away: every socket was lost before the last push".to_owned());
    }
    gaps.extend(sockets(summary));
    gaps.extend(logins::not_told(summary));
    if summary.sockets.connected > 0 && !summary.interrupted {
        gaps.extend(pushes(summary));
        gaps.extend(requests::not_told(summary));
    }
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
    if sockets.dropped > 0 && summary.plan.clients.drops == Drops::Unknown {
        let why = summary.drops.most_common();
        gaps.push(format!(
            "{} of {} sockets were dropped, and what they missed cannot be told: {why}",
            sockets.dropped, sockets.connected
        ));
    } else if sockets.alive + sockets.stuck < sockets.connected
        && !summary.target_lost
        && !summary.interrupted
    {
        let why = summary.returns.most_common();
        gaps.push(format!(
            "{} of {} sockets had not come back when judging began: {why}",
            sockets.connected - sockets.alive - sockets.stuck,
            sockets.connected
        ));
    }
    gaps
}

fn pushes(summary: &Summary) -> Vec<String> {
    let pushes = &summary.pushes;
    let why = summary.push_failures.most_common();
    let share = pushes.taken() as f64 / pushes.scheduled.max(1) as f64;
    if pushes.accepted == 0 {
        let why = if pushes.sent == 0 {
            "none was sent".to_owned()
        } else {
            why
        };
        return vec![format!("no push was accepted: {why}")];
    }
    let cut_short = summary.target_lost || summary.aborted.is_some();
    let mut gaps = Vec::new();
    if share < LOAD_APPLIED && !cut_short {
        gaps.push(match pushes.failed() {
            0 => format!(
                "only {} of {} scheduled pushes could be sent: {}",
                pushes.sent,
                pushes.scheduled,
                if summary.missed.by_generator > summary.missed.by_target {
                    "the generator was too far behind".to_owned()
                } else {
                    format!(
                        "{} lanes wait for the target's answers; raise --lanes or lower --rate",
                        summary.plan.lanes
                    )
                }
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
    } else if !cut_short {
        gaps.extend(never_exercised(summary));
    }
    gaps
}

/// Parts of the scenario that nothing was delivered of: the run says nothing about them.
fn never_exercised(summary: &Summary) -> Vec<String> {
    let plan = &summary.plan;
    let gap = |what: String, pushes: u64| {
        let remedy = match pushes {
            0 => "no push of the schedule had it; push for longer, or take another seed".to_owned(),
            n => format!("{n} pushes were sent, and none had to arrive"),
        };
        format!("nothing was delivered {what}: {remedy}")
    };
    let mut gaps = Vec::new();
    for (n, (app, counts)) in plan.apps.iter().zip(&summary.by_app).enumerate() {
        if counts.delivered == 0 && plan.may_reach(AppId(n as u32)) {
            gaps.push(gap(format!("in app {app:?}"), counts.pushes));
        }
    }
    for (event, split) in &summary.by_event {
        if split.delivered() == 0 {
            gaps.push(gap(format!("under the event name {event:?}"), split.pushes));
        }
    }
    for (audience, split) in &summary.by_audience {
        let (asked, what) = match audience.as_str() {
            "*" => (plan.may_have(Reach::Everyone), "to everyone (\"*\")"),
            _ => (plan.may_have(Reach::One), "to one user"),
        };
        if asked && split.delivered() == 0 {
            gaps.push(gap(what.to_owned(), split.pushes));
        }
    }
    let pushes = &summary.pushes;
    for (reach, sent, whom) in [
        (Reach::Absent, pushes.absent, "absent users"),
        (Reach::Foreign, pushes.foreign, "another app's user"),
    ] {
        if plan.may_have(reach) && sent == 0 {
            gaps.push(format!(
                "nothing was pushed at {whom}: no push of the schedule had it; push for longer, or take another seed"
            ));
        }
    }
    gaps
}
