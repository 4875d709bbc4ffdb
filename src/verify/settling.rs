//! Settling as the run goes: what is over is judged for good and let go, so that memory does not grow with the run.
//!
//! One [`Settling`] belongs to whoever conducts the run. Each of its steps takes the pushes of all lanes that have settled since the last
//! one; every judge is given them ([`super::Judge::settle`]), and only when all have them are they let go of in the ledger. Judging as
//! the run goes and judging all at once find the same.

use std::sync::Arc;
use std::time::Duration;

use super::ledger::{Entry, Ledger, View};
use super::streams::Streams;
use crate::ids::{Lane, PushId, Seq};
use crate::time::Time;

/// Takes pushes out of the ledger when they have settled.
#[derive(Debug)]
pub struct Settling {
    ledger: Arc<Ledger>,
    view: View,
    settle: Duration,
    judges: u32,
    /// The first push of each lane that has not been taken.
    floor: Vec<Seq>,
    last: Option<Arc<Streams>>,
}

impl Settling {
    /// For a ledger that so many judges judge by. `settle` is that of their rules.
    pub fn new(ledger: Arc<Ledger>, settle: Duration, judges: u32) -> Self {
        Self {
            view: View::new(Arc::clone(&ledger)),
            settle,
            judges,
            floor: vec![Seq(0); ledger.lanes() as usize],
            last: None,
            ledger,
        }
    }

    /// The pushes that have settled since the last step, for every judge. There may be none: judges learn of the time too. `None`: some
    /// judge has not taken the last ones yet, and it is too early for more.
    pub fn step(&mut self, now: Time) -> Option<Arc<Streams>> {
        if !self.let_go() {
            return None;
        }
        // A push may have been stamped as sent and not be in the ledger yet, for a moment.
        let settle = u64::try_from(self.settle.as_nanos()).unwrap_or(u64::MAX);
        let recently = Time::from_nanos(now.as_nanos().saturating_sub(settle));
        let (mut until, mut over) = (now, Time::ZERO);
        let mut lanes = Vec::new();
        for lane in 0..self.floor.len() {
            let (from, mut entries) = (self.floor[lane].0, Vec::new());
            loop {
                let Some(entry) = self.row(lane, from + entries.len() as u32) else {
                    until = until.min(recently);
                    break;
                };
                let Some(answer) = entry.answer.filter(|a| a.at + self.settle < now) else {
                    until = until.min(entry.push.sent);
                    break;
                };
                if entry.accepted_at().is_some() {
                    over = over.max(answer.at + self.settle);
                }
                entries.push(entry);
            }
            self.floor[lane] = Seq(from + entries.len() as u32);
            lanes.push((from, entries.into_iter()));
        }
        let streams = Arc::new(Streams::new(lanes.into_iter(), until, over));
        self.last = Some(Arc::clone(&streams));
        Some(streams)
    }

    /// All pushes that are left, when all answers are there: for [`super::Judge::finish`].
    pub fn rest(&mut self) -> Streams {
        let mut lanes = Vec::new();
        for lane in 0..self.floor.len() {
            let (from, to) = (self.floor[lane], self.ledger.len(Lane(lane as u32)));
            let entries: Vec<_> = (from.0..to).filter_map(|seq| self.row(lane, seq)).collect();
            lanes.push((from.0, entries.into_iter()));
        }
        Streams::new(lanes.into_iter(), Time::MAX, Time::MAX)
    }

    /// False: some judge still needs what was taken last.
    fn let_go(&mut self) -> bool {
        let Some(last) = &self.last else { return true };
        if last.taken() < self.judges {
            return false;
        }
        self.last = None;
        for (lane, floor) in self.floor.iter().enumerate() {
            self.ledger.let_go(Lane(lane as u32), *floor);
            self.view.let_go(Lane(lane as u32), *floor);
        }
        true
    }

    fn row(&mut self, lane: usize, seq: u32) -> Option<Entry> {
        self.view.get(PushId {
            lane: Lane(lane as u32),
            seq: Seq(seq),
        })
    }
}
