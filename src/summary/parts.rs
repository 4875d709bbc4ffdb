//! The parts of a run that goes on, by event name, audience and trigger: what was asked for of each, and what came.

use super::live::{Part, PartKind};
use crate::measure::{Share, Window};
use crate::scenario::Plan;
use crate::scenario::threshold::metric::AUDIENCES;

/// Pushes of a part so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PartSoFar {
    /// Sent.
    pub sent: u64,
    /// Not accepted although there was somebody to reach, or unknown.
    pub failed: u64,
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Two for each event name: targeted, then broadcast.
    pub by_event: &'a [PartSoFar],
    /// By trigger.
    pub by_trigger: &'a [PartSoFar],
}

/// What came.
#[derive(Debug, Clone, Copy, Default)]
pub struct Came<'a> {
    /// Two for each event name: targeted, then broadcast.
    pub by_event: &'a [Share],
    /// By trigger; where there is but one, it is not looked at.
    pub by_trigger: &'a [Share],
}

impl<'a> Came<'a> {
    /// In a window.
    pub fn of(window: &'a Window) -> Self {
        Self {
            by_event: &window.by_event,
            by_trigger: &window.by_trigger,
        }
    }

    fn of_events(&self, places: &[usize]) -> Share {
        sum(self.by_event, places)
    }

    fn of_trigger(&self, place: usize, several: bool) -> Share {
        if several {
            return sum(self.by_trigger, &[place]);
        }
        let every: Vec<_> = (0..self.by_event.len()).collect();
        self.of_events(&every)
    }
}

/// Each event name, then both audiences, then each trigger: so far, and in the last second.
pub fn parts(plan: &Plan, asked: Asked<'_>, so_far: Came<'_>, last: Came<'_>) -> Vec<Part> {
    let from_events = |kind, name: &str, places: &[usize]| {
        let asked = places.iter().fold(PartSoFar::default(), |sum, place| {
            let one = asked.by_event.get(*place).copied().unwrap_or_default();
            PartSoFar {
                sent: sum.sent + one.sent,
                failed: sum.failed + one.failed,
            }
        });
        let (so_far, last) = (so_far.of_events(places), last.of_events(places));
        part(kind, name, asked, &so_far, &last)
    };
    let events = plan.events.iter().enumerate();
    let events = events.map(|(n, name)| from_events(PartKind::Event, name, &[n * 2, n * 2 + 1]));
    let audiences = AUDIENCES.iter().enumerate().map(|(n, name)| {
        let broadcast = usize::from(n == 0);
        let places: Vec<_> = (0..plan.events.len()).map(|n| n * 2 + broadcast).collect();
        from_events(PartKind::Audience, name, &places)
    });
    let several = plan.triggers.len() > 1;
    let triggers = plan.triggers.iter().zip(asked.by_trigger).enumerate();
    let triggers = triggers.map(|(n, ((name, _), asked))| {
        let (so_far, last) = (so_far.of_trigger(n, several), last.of_trigger(n, several));
        part(PartKind::Trigger, name, *asked, &so_far, &last)
    });
    events.chain(audiences).chain(triggers).collect()
}

fn sum(shares: &[Share], places: &[usize]) -> Share {
    let mut sum = Share::default();
    for share in places.iter().filter_map(|place| shares.get(*place)) {
        sum.merge(share);
    }
    sum
}

/// What was asked for and came of a part, and of that in the last second.
fn part(kind: PartKind, name: &str, asked: PartSoFar, so_far: &Share, last: &Share) -> Part {
    Part {
        pushes: Some(asked.sent),
        failed: Some(asked.failed),
        delivered: Some(so_far.delivered),
        push_p50_us: so_far.push.quantile_us(0.5),
        push_p99_us: so_far.push.quantile_us(0.99),
        push_max_us: so_far.push.max_us(),
        delivered_now: Some(last.delivered),
        push_p99_now_us: last.push.quantile_us(0.99),
        ..Part::new(kind, name.to_owned())
    }
}
