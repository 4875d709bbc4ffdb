//! The run as a state machine: one event type in, effects out. It knows no sockets, tasks or clock.

use std::time::Duration;

use crate::history::Leave;
use crate::summary::{Reasons, SocketCounts};
use crate::time::Time;

/// What can happen to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A socket's CONNECT was accepted.
    Connected,
    /// So many sockets will not be connected, for this reason.
    Refused {
        /// How many.
        sockets: u64,
        /// Why, in words.
        why: String,
    },
    /// A connected socket is gone.
    Left(Leave, String),
    /// All lanes have ended.
    LanesEnded,
    /// The time asked for by [`Effect::WakeAt`] has come.
    Woken,
    /// The user wants the run to end.
    Interrupted,
}

/// What the run wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Begin no more logins and connects.
    StopArrivals,
    /// Start the lanes.
    StartPushing,
    /// Let the lanes send no more; [`Event::LanesEnded`] follows when the last answer is there.
    StopPushing,
    /// Send [`Event::Woken`] at this time.
    WakeAt(Time),
    /// Judge and report.
    Finish,
    /// End at once.
    Kill,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Users log in and connect.
    Connecting,
    /// Lanes push.
    Pushing,
    /// Waiting for what is still under way.
    Settling,
    /// Over; what happens now no longer counts.
    Over,
}

impl Phase {
    /// The phase in a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Pushing => "pushing",
            Self::Settling => "settling",
            Self::Over => "over",
        }
    }
}

/// The state of a run.
#[derive(Debug)]
pub struct Machine {
    phase: Phase,
    settle: Duration,
    /// The counts.
    pub sockets: SocketCounts,
    /// Why sockets were refused, with how many.
    pub refusals: Reasons,
    /// Why sockets were dropped, with how many.
    pub drops: Reasons,
    /// The user wanted the run to end early.
    pub interrupted: bool,
    /// Every socket was lost while pushes were still to be sent.
    pub target_lost: bool,
    /// The lanes were told to stop.
    stopping: bool,
}

impl Machine {
    /// A run of so many sockets that waits so long after its last push.
    pub fn new(wanted: u64, settle: Duration) -> Self {
        Self {
            phase: Phase::Connecting,
            settle,
            sockets: SocketCounts {
                wanted,
                ..SocketCounts::default()
            },
            refusals: Reasons::default(),
            drops: Reasons::default(),
            interrupted: false,
            target_lost: false,
            stopping: false,
        }
    }

    /// Where the run stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Sockets connected now.
    pub fn alive(&self) -> u64 {
        self.sockets.connected - self.sockets.dropped
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: Time, event: Event) -> Vec<Effect> {
        match event {
            Event::Connected => {
                self.sockets.connected += 1;
                self.when_all_arrived()
            }
            Event::Refused { sockets, why } => {
                self.sockets.refused += sockets;
                self.refusals.add(&why, sockets);
                self.when_all_arrived()
            }
            Event::Left(leave, detail) => self.left(leave, &detail),
            Event::LanesEnded => self.settle(now),
            Event::Woken if self.phase == Phase::Settling => self.finish(),
            Event::Woken => Vec::new(),
            Event::Interrupted => self.interrupted(),
        }
    }

    fn when_all_arrived(&mut self) -> Vec<Effect> {
        let arrived = self.sockets.connected + self.sockets.refused;
        if self.phase != Phase::Connecting || arrived < self.sockets.wanted {
            return Vec::new();
        }
        if self.alive() == 0 {
            return self.finish();
        }
        self.phase = Phase::Pushing;
        vec![Effect::StartPushing]
    }

    fn left(&mut self, leave: Leave, detail: &str) -> Vec<Effect> {
        self.sockets.dropped += 1;
        let why = match detail {
            "" => leave.describe().to_owned(),
            _ => format!("{} ({detail})", leave.describe()),
        };
        self.drops.add(&why, 1);
        if self.phase == Phase::Pushing && self.alive() == 0 && !self.stopping {
            self.target_lost = true;
            self.stopping = true;
            return vec![Effect::StopPushing];
        }
        Vec::new()
    }

    fn settle(&mut self, now: Time) -> Vec<Effect> {
        if self.phase != Phase::Pushing {
            return Vec::new();
        }
        if self.alive() == 0 {
            // Nothing can arrive any more.
            return self.finish();
        }
        self.phase = Phase::Settling;
        vec![Effect::WakeAt(now + self.settle)]
    }

    fn interrupted(&mut self) -> Vec<Effect> {
        if std::mem::replace(&mut self.interrupted, true) {
            return vec![Effect::Kill];
        }
        match self.phase {
            Phase::Connecting => {
                let mut effects = vec![Effect::StopArrivals];
                effects.extend(self.finish());
                effects
            }
            Phase::Pushing if !std::mem::replace(&mut self.stopping, true) => {
                vec![Effect::StopPushing]
            }
            // Settling is short and under way: the report is on its way.
            _ => Vec::new(),
        }
    }

    fn finish(&mut self) -> Vec<Effect> {
        self.phase = Phase::Over;
        vec![Effect::Finish]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(3);

    fn at(secs: u64) -> Time {
        Time::from_nanos(secs * 1_000_000_000)
    }

    fn refused(sockets: u64) -> Event {
        Event::Refused {
            sockets,
            why: "not authorized".to_owned(),
        }
    }

    fn lost() -> Event {
        Event::Left(Leave::ConnectionLost, String::new())
    }

    fn connected(sockets: u64) -> Machine {
        let mut machine = Machine::new(sockets, SETTLE);
        for _ in 1..sockets {
            assert_eq!(machine.handle(at(0), Event::Connected), []);
        }
        let effects = machine.handle(at(0), Event::Connected);
        assert_eq!(effects, [Effect::StartPushing]);
        machine
    }

    #[test]
    fn runs_its_course() {
        let mut machine = connected(3);
        assert_eq!(machine.phase(), Phase::Pushing);
        let effects = machine.handle(at(10), Event::LanesEnded);
        assert_eq!(effects, [Effect::WakeAt(at(13))]);
        assert_eq!(machine.phase(), Phase::Settling);
        assert_eq!(machine.handle(at(13), Event::Woken), [Effect::Finish]);
        assert_eq!(machine.phase(), Phase::Over);
    }

    #[test]
    fn pushes_to_whoever_got_in() {
        let mut machine = Machine::new(4, SETTLE);
        assert_eq!(machine.handle(at(0), refused(2)), []);
        assert_eq!(machine.handle(at(0), Event::Connected), []);
        assert_eq!(machine.handle(at(0), refused(1)), [Effect::StartPushing]);
        assert_eq!(machine.refusals.to_map()["not authorized"], 3);
    }

    #[test]
    fn with_nobody_in_it_is_over() {
        let mut machine = Machine::new(2, SETTLE);
        assert_eq!(machine.handle(at(0), refused(2)), [Effect::Finish]);
        let mut machine = Machine::new(2, SETTLE);
        machine.handle(at(0), Event::Connected);
        machine.handle(at(0), lost());
        assert_eq!(machine.handle(at(0), refused(1)), [Effect::Finish]);
    }

    #[test]
    fn a_target_that_dies_ends_the_run_without_settling() {
        let mut machine = connected(2);
        assert_eq!(machine.handle(at(5), lost()), []);
        assert_eq!(machine.handle(at(5), lost()), [Effect::StopPushing]);
        assert!(machine.target_lost);
        assert_eq!(machine.handle(at(6), Event::LanesEnded), [Effect::Finish]);
        assert_eq!(machine.sockets.dropped, 2);
    }

    #[test]
    fn the_first_interrupt_drains_and_the_second_kills() {
        let mut machine = connected(1);
        let effects = machine.handle(at(2), Event::Interrupted);
        assert_eq!(effects, [Effect::StopPushing]);
        let effects = machine.handle(at(2), Event::LanesEnded);
        assert_eq!(effects, [Effect::WakeAt(at(5))]);
        assert_eq!(machine.handle(at(3), Event::Interrupted), [Effect::Kill]);
    }

    #[test]
    fn an_interrupt_while_connecting_reports_at_once() {
        let mut machine = Machine::new(2, SETTLE);
        machine.handle(at(0), Event::Connected);
        let effects = machine.handle(at(1), Event::Interrupted);
        assert_eq!(effects, [Effect::StopArrivals, Effect::Finish]);
        assert_eq!(machine.handle(at(1), Event::Connected), []);
    }

    #[test]
    fn an_interrupt_while_settling_lets_it_settle() {
        let mut machine = connected(1);
        machine.handle(at(10), Event::LanesEnded);
        assert_eq!(machine.handle(at(11), Event::Interrupted), []);
        assert_eq!(machine.handle(at(13), Event::Woken), [Effect::Finish]);
        assert!(machine.interrupted);
    }
}
