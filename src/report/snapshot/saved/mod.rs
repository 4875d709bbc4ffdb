//! Snapshots of a run that is over, from its report: how it ended, and how it went second by second.
//!
//! A report has less than the run had: what it does not tell is left empty, never made up. Of a second it has the number of violations but not
//! their classes, so while its seconds go by a class counts what is surely of it: all that was seen, if the run saw but this class, else its
//! examples. The end has the exact counts.

mod end;
mod names;

use std::sync::Arc;
use std::time::Duration;

use self::end::{end, judgement, second};
use self::names::Names;
use super::read::Unread;
use crate::report::json::form::Report;
use crate::scenario::Plan;
use crate::summary::live::PAST;
use crate::summary::seconds::{in_flight_for, still_to_come};
use crate::summary::{PushCounts, Second, Snapshot, SocketCounts};
use crate::time::Time;
use crate::verify::{Class, Counts, Example};

/// A run that is over, as its report tells it.
#[derive(Debug)]
pub struct Saved {
    end: Snapshot,
    timeline: Vec<Second>,
    /// For how many seconds a push may be in flight.
    in_flight_for: u64,
}

impl Saved {
    /// Of a report.
    ///
    /// # Errors
    /// If it has a threshold that this version does not know.
    pub fn new(report: &Report) -> Result<Self, Unread> {
        let plan = report.scenario.plan.known();
        let plan = plan.and_then(|file| Plan::from_file(file, report.seed).ok());
        let names = Names::of(report, plan.as_ref());
        let judgement = judgement(report, &names)?;
        let timeline: Vec<_> = report.timeline.iter().map(second).collect();
        let settle = plan.as_ref().map_or(Duration::ZERO, |plan| plan.settle);
        Ok(Self {
            end: end(report, plan.as_ref(), &names, judgement, &timeline),
            timeline,
            in_flight_for: in_flight_for(settle),
        })
    }

    /// How it ended.
    pub fn end(&self) -> &Snapshot {
        &self.end
    }

    /// How it stood at the end of each of its seconds.
    pub fn seconds(&self) -> Seconds<'_> {
        let sent = |second: &Second| second.sent > 0;
        let first = self.timeline.iter().position(sent);
        Seconds {
            saved: self,
            next: 0,
            pushing: first.zip(self.timeline.iter().rposition(sent)),
            pushes: PushCounts {
                scheduled: self.end.pushes.scheduled,
                ..PushCounts::default()
            },
            delivered: 0,
            violations: 0,
        }
    }
}

/// The seconds of a run that is over, one after the other.
#[derive(Debug)]
pub struct Seconds<'a> {
    saved: &'a Saved,
    next: usize,
    /// The first second in which anything was pushed, and the last.
    pushing: Option<(usize, usize)>,
    pushes: PushCounts,
    delivered: u64,
    violations: u64,
}

impl Iterator for Seconds<'_> {
    type Item = Snapshot;

    fn next(&mut self) -> Option<Snapshot> {
        let (end, place) = (&self.saved.end, self.next);
        let second = self.saved.timeline.get(place)?.clone();
        self.next += 1;
        self.pushes.sent += second.sent;
        self.pushes.accepted += second.accepted;
        self.delivered += second.delivered;
        self.violations += second.violations;
        let past = &self.saved.timeline[..=place];
        let past = &past[past.len().saturating_sub(PAST)..];
        let from = past.len().saturating_sub(self.saved.in_flight_for as usize);
        let in_flight = still_to_come(&past[from..]);
        let elapsed = Duration::from_secs(second.second + 1);
        let now = Time::ZERO + elapsed;
        let examples = end.examples.iter();
        let seen = |one: &&Example| one.arrived.is_some_and(|at| at < now);
        let examples: Vec<_> = examples.filter(seen).cloned().collect();
        let (phase, phase_elapsed, phase_left) = self.phase(place);
        let changes = end.changes.iter().filter(|change| change.at <= elapsed);
        Some(Snapshot {
            about: Arc::clone(&end.about),
            phase,
            phase_elapsed,
            phase_left,
            elapsed,
            sockets: SocketCounts {
                wanted: end.sockets.wanted,
                connected: end.sockets.connected.min(second.connected),
                alive: second.connected,
                ..SocketCounts::default()
            },
            pushes: self.pushes,
            counts: self.counts(&examples),
            past: past.to_vec().into(),
            second,
            in_flight,
            examples: examples.into(),
            users: Arc::clone(&end.users),
            rate_fixed: Some("the run is over"),
            changes: changes.copied().collect(),
            ..Snapshot::default()
        })
    }
}

impl Seconds<'_> {
    /// The phase in a word, how long it had lasted by the end of this second, and how long it still did.
    fn phase(&self, place: usize) -> (&'static str, Duration, Option<Duration>) {
        let all = self.saved.timeline.len();
        let (first, last) = self.pushing.unwrap_or((all, all));
        let (phase, from, to) = if place < first {
            ("connecting", 0, first)
        } else if place <= last {
            ("pushing", first, last + 1)
        } else {
            ("settling", last + 1, all)
        };
        let seconds = |n: usize| Duration::from_secs(n as u64);
        (
            phase,
            seconds(place + 1 - from),
            Some(seconds(to - place - 1)),
        )
    }

    /// What is known of the counts.
    fn counts(&self, examples: &[Example]) -> Counts {
        let all = &self.saved.end.counts;
        let others = |class: Class| {
            let mut others = Class::ALL.into_iter();
            others.any(|other| other != class && other != Class::Lost && all.of(other) > 0)
        };
        let of = |class: Class| match class {
            // When these were known is not in the report.
            Class::Lost => 0,
            _ if all.of(class) > 0 && !others(class) => self.violations.min(all.of(class)),
            _ => examples.iter().filter(|one| one.class == class).count() as u64,
        };
        let mut counts = Counts::default().with_violations(of);
        counts.delivered = self.delivered;
        counts
    }
}
