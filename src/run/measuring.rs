//! Measuring less than all of a run: not its warm-up, and no longer than it takes.

use std::time::Duration;

use super::machine::Phase;
use crate::fleet::shard::{self, WINDOW};
use crate::measure::{Blocks, Latency, Recipients};
use crate::scenario::Plan;
use crate::summary::PushCounts;
use crate::time::Time;

/// Share of the pushes that are due which may not have been sent yet when pushing ends early: more, and the rest of the schedule has to show
/// whether they ever are.
const BEHIND: f64 = 0.005;

/// Whether what was measured in so many whole seconds is enough.
pub type Enough = Box<dyn FnMut(&Blocks, u64) -> bool + Send>;

/// What is to be measured of a run.
pub struct Measuring {
    /// How long pushes are verified, and not yet measured, up to the end of a second of the run; zero: not at all.
    pub warm_up: Duration,
    /// Whether pushing may end; asked once a second.
    pub enough: Enough,
}

/// How far measuring has come.
pub(super) struct Measured {
    measuring: Measuring,
    /// When pushing began, and from when on it is measured; `None`: it has not begun.
    began: Option<(Time, Time)>,
    pub(super) push: Blocks,
    /// Pushing was ended early.
    cut: bool,
}

impl Measured {
    pub(super) fn new(measuring: Measuring) -> Self {
        Self {
            measuring,
            began: None,
            push: Blocks::new(0),
            cut: false,
        }
    }

    /// Pushing begins. Gives the moment from which on it is measured: the end of the second in which the warm-up ends.
    pub(super) fn pushing(&mut self, start: Time) -> Time {
        let (mut from, mut second) = (start, shard::second_of(start));
        if !self.measuring.warm_up.is_zero() {
            second = shard::second_of(start + self.measuring.warm_up) + 1;
            from = Time::ZERO + WINDOW * second as u32;
        }
        self.began = Some((start, from));
        self.push = Blocks::new(second);
        from
    }

    /// What arrived in a second.
    pub(super) fn add(&mut self, second: u64, push: &Latency) {
        if self.began.is_some() {
            self.push.add(second, push);
        }
    }

    /// Whether a broadcast is measured.
    pub(super) fn has(&self, list: &Recipients) -> bool {
        self.began.is_none_or(|(_, from)| list.sent >= from)
    }

    /// Whether pushing may end after this second, for enough was measured. It does not while the lanes are behind their schedule.
    pub(super) fn enough(
        &mut self,
        plan: &Plan,
        phase: Phase,
        second: u64,
        now: Time,
        pushes: &PushCounts,
    ) -> bool {
        let Some((start, _)) = self.began.filter(|_| phase == Phase::Pushing && !self.cut) else {
            return false;
        };
        let due = plan.pace().due(now - start);
        let behind = due.saturating_sub(pushes.sent);
        // The windows of the second that is just over are still under way.
        let seconds = second.saturating_sub(self.push.from());
        self.cut = behind as f64 <= (due as f64 * BEHIND).max(1.0)
            && (self.measuring.enough)(&self.push, seconds);
        self.cut
    }

    /// Of a schedule that was cut short, what was sent is all there was.
    pub(super) fn scheduled(&self, pushes: PushCounts) -> PushCounts {
        let scheduled = if self.cut {
            pushes.sent
        } else {
            pushes.scheduled
        };
        PushCounts {
            scheduled,
            ..pushes
        }
    }
}
