//! The run as a state machine: one event type in, effects out. It knows no sockets, tasks or clock.

use std::time::Duration;

use crate::history::Leave;
use crate::scenario::{Driver, Plan};
use crate::summary::{MustRefuse, Reasons, SocketCounts};
use crate::time::Time;

/// Most that settling is put off because the generator was away.
const MOST_AWAY: Duration = Duration::from_secs(60);
/// How much longer than the way back can take, at its slowest twice over, the run waits for anybody to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// What can happen to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A socket's CONNECT was accepted, for the first time.
    Connected,
    /// So many sockets will not be connected, for this reason.
    Refused {
        /// How many.
        sockets: u64,
        /// Why, in words.
        why: String,
    },
    /// So many sockets that the target has to refuse were not connected.
    TurnedAway {
        /// How many.
        sockets: u64,
        /// The target said no; else they could not be tried.
        is_refusal: bool,
        /// Why, in words.
        why: String,
    },
    /// A socket that the target has to refuse was let in.
    LetIn,
    /// A socket left because the scenario says so, and will come back.
    Away,
    /// A socket has stopped reading because the scenario says so, and stays so.
    Stuck,
    /// A connection ended without our doing.
    Dropped {
        /// Why.
        leave: Leave,
        /// The cause in the words of whoever knows it; may be empty.
        detail: String,
        /// Whether the socket tries to come back.
        returns: bool,
    },
    /// A socket that was connected before is connected again.
    Back {
        /// It goes on where its last connection ended, as the target says.
        recovered: bool,
    },
    /// A socket could not come back.
    NotBack {
        /// Why, in words.
        why: String,
        /// Whether it tries no more.
        gives_up: bool,
    },
    /// All lanes have ended.
    LanesEnded,
    /// The time asked for by [`Effect::WakeAt`] has come.
    Woken {
        /// How long any thread of the generator has been away since the lanes ended: stopped, or without a processor.
        away: Duration,
    },
    /// The user wants the run to end.
    Interrupted,
    /// A condition of the scenario says that the run is to end.
    Aborted,
    /// Enough was measured.
    Enough,
}

/// What the run wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Begin no more logins and connects.
    StopArrivals,
    /// Start the lanes, and the churn.
    StartPushing,
    /// Let the lanes send no more; [`Event::LanesEnded`] follows when the last answer is there.
    StopPushing,
    /// Nobody leaves any more.
    StopChurn,
    /// Send [`Event::Woken`] at this time, and at no other that was asked for before.
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
    /// How long a run goes on without any socket while some try to come back.
    patience: Duration,
    /// The counts.
    pub sockets: SocketCounts,
    /// What became of the sockets that the target has to refuse.
    pub must_refuse: MustRefuse,
    /// Sockets that are away and will come back, or try to.
    returning: u64,
    /// Unless a socket comes back before, the target is lost then.
    lost_at: Option<Time>,
    /// When settling began.
    settling: Time,
    /// Why sockets were refused, with how many.
    pub refusals: Reasons,
    /// Why sockets were dropped, with how many.
    pub drops: Reasons,
    /// Why sockets could not come back, with how many attempts.
    pub returns: Reasons,
    /// How many connections died of each cause.
    pub deaths: Vec<(Leave, u64)>,
    /// The user wanted the run to end early.
    pub interrupted: bool,
    /// Every socket was lost while pushes were still to be sent.
    pub target_lost: bool,
    /// The lanes were told to stop.
    stopping: bool,
}

impl Machine {
    /// A run by this plan.
    pub fn new(plan: &Plan) -> Self {
        Self {
            phase: Phase::Connecting,
            settle: plan.settle,
            patience: plan.clients.delay_max * 2 + PATIENCE,
            sockets: SocketCounts {
                wanted: u64::from(plan.wanted_sockets()),
                ..SocketCounts::default()
            },
            must_refuse: MustRefuse {
                sockets: u64::from(plan.sockets() - plan.wanted_sockets()),
                ..MustRefuse::default()
            },
            returning: 0,
            lost_at: None,
            settling: Time::ZERO,
            refusals: Reasons::default(),
            drops: Reasons::default(),
            returns: Reasons::default(),
            deaths: Leave::DEATHS.map(|leave| (leave, 0)).to_vec(),
            interrupted: false,
            target_lost: false,
            stopping: false,
        }
    }

    /// Where the run stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: Time, event: Event) -> Vec<Effect> {
        match event {
            Event::Connected => {
                self.sockets.connected += 1;
                self.sockets.alive += 1;
                self.when_all_arrived(now)
            }
            Event::Refused { sockets, why } => {
                self.sockets.refused += sockets;
                self.refusals.add(&why, sockets);
                self.when_all_arrived(now)
            }
            Event::TurnedAway {
                sockets,
                is_refusal,
                why,
            } => {
                self.must_refuse.turned_away(sockets, is_refusal, &why);
                self.when_all_arrived(now)
            }
            Event::LetIn => {
                self.must_refuse.let_in += 1;
                self.when_all_arrived(now)
            }
            Event::Away => {
                self.sockets.left += 1;
                self.gone(now, true)
            }
            Event::Stuck => {
                self.sockets.stuck += 1;
                self.gone(now, false)
            }
            Event::Dropped {
                leave,
                detail,
                returns,
            } => {
                match leave {
                    Leave::Evicted => self.sockets.evicted += 1,
                    Leave::Overdue => self.sockets.overdue += 1,
                    _ => self.dropped(leave, &detail),
                }
                self.gone(now, returns)
            }
            Event::Back { recovered } => {
                self.sockets.reconnected += 1;
                self.sockets.recovered += u64::from(recovered);
                self.sockets.alive += 1;
                self.returning -= 1;
                self.lost_at = None;
                Vec::new()
            }
            Event::NotBack { why, gives_up } => {
                self.returns.add(&why, 1);
                if gives_up {
                    self.returning -= 1;
                    return self.if_nobody_is_there(now);
                }
                Vec::new()
            }
            Event::LanesEnded => self.settle(now),
            Event::Woken { away } => self.woken(now, away),
            Event::Interrupted => self.interrupted(),
            Event::Aborted | Event::Enough => self.drain(),
        }
    }

    fn when_all_arrived(&mut self, now: Time) -> Vec<Effect> {
        let arrived = self.sockets.connected + self.sockets.refused;
        let all_arrived = arrived >= self.sockets.wanted && self.must_refuse.is_known();
        if self.phase != Phase::Connecting || !all_arrived {
            return Vec::new();
        }
        if self.nobody_will_be_there() {
            return self.finish();
        }
        self.phase = Phase::Pushing;
        let mut effects = vec![Effect::StartPushing];
        effects.extend(self.if_nobody_is_there(now));
        effects
    }

    fn dropped(&mut self, leave: Leave, detail: &str) {
        self.sockets.dropped += 1;
        let why = match detail {
            "" => leave.describe().to_owned(),
            _ => format!("{} ({detail})", leave.describe()),
        };
        self.drops.add(&why, 1);
        if let Some((_, n)) = self.deaths.iter_mut().find(|(cause, _)| *cause == leave) {
            *n += 1;
        }
    }

    /// Judging found sockets that lacked something and gave no sign of life: they had died, nobody knows when.
    pub(super) fn gave_no_sign(&mut self, sockets: u64, driver: Driver) {
        let why = match driver {
            Driver::Lean => "no sign of life before judging",
            Driver::RustSocketio => "nothing came since, and the driver cannot ask",
        };
        for _ in 0..sockets {
            self.dropped(Leave::PingTimeout, why);
        }
        self.sockets.alive = self.sockets.alive.saturating_sub(sockets);
    }

    fn gone(&mut self, now: Time, returns: bool) -> Vec<Effect> {
        self.sockets.alive -= 1;
        self.returning += u64::from(returns);
        self.if_nobody_is_there(now)
    }

    fn nobody_will_be_there(&self) -> bool {
        self.sockets.alive == 0 && self.returning == 0
    }

    /// While pushing, a target at which no socket is left is lost: at once if none tries to come back, else when none has for long.
    fn if_nobody_is_there(&mut self, now: Time) -> Vec<Effect> {
        if self.phase != Phase::Pushing || self.sockets.alive > 0 || self.stopping {
            return Vec::new();
        }
        if self.returning == 0 {
            return self.lost();
        }
        if self.lost_at.is_some() {
            return Vec::new();
        }
        let at = now + self.patience;
        self.lost_at = Some(at);
        vec![Effect::WakeAt(at)]
    }

    fn lost(&mut self) -> Vec<Effect> {
        self.target_lost = true;
        self.stopping = true;
        vec![Effect::StopPushing]
    }

    fn woken(&mut self, now: Time, away: Duration) -> Vec<Effect> {
        match self.phase {
            Phase::Settling => {
                // What arrived while the generator was away has had no time to be read.
                let over = self.settling + self.settle + away.min(MOST_AWAY);
                if now < over {
                    vec![Effect::WakeAt(over)]
                } else {
                    self.finish()
                }
            }
            Phase::Pushing if !self.stopping => match self.lost_at {
                Some(at) if at <= now => self.lost(),
                Some(at) => vec![Effect::WakeAt(at)],
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn settle(&mut self, now: Time) -> Vec<Effect> {
        if self.phase != Phase::Pushing {
            return Vec::new();
        }
        if self.nobody_will_be_there() || self.target_lost {
            // Nothing can arrive any more.
            return self.finish();
        }
        self.phase = Phase::Settling;
        self.settling = now;
        vec![Effect::StopChurn, Effect::WakeAt(now + self.settle)]
    }

    fn interrupted(&mut self) -> Vec<Effect> {
        if std::mem::replace(&mut self.interrupted, true) {
            return vec![Effect::Kill];
        }
        self.drain()
    }

    /// No more users and pushes; what is under way settles.
    fn drain(&mut self) -> Vec<Effect> {
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
    use crate::scenario::file::File;

    fn at(secs: u64) -> Time {
        Time::from_nanos(secs * 1_000_000_000)
    }

    fn refused(sockets: u64) -> Event {
        Event::Refused {
            sockets,
            why: "not authorized".to_owned(),
        }
    }

    fn dropped(returns: bool) -> Event {
        Event::Dropped {
            leave: Leave::ConnectionLost,
            detail: String::new(),
            returns,
        }
    }

    fn not_back(gives_up: bool) -> Event {
        Event::NotBack {
            why: "refused".to_owned(),
            gives_up,
        }
    }

    const WOKEN: Event = Event::Woken {
        away: Duration::ZERO,
    };

    /// A machine of so many sockets that settles for 3 s, and waits 2 × 5 s + 5 s for anybody to come back.
    fn machine(sockets: u32) -> Machine {
        let text = format!("[target]\napps = [\"a\"]\n[users]\ncount = {sockets}\n");
        let plan = Plan::from_file(&File::parse(&text).unwrap(), 1).unwrap();
        Machine::new(&plan)
    }

    fn connected(sockets: u32) -> Machine {
        let mut machine = machine(sockets);
        for _ in 1..sockets {
            assert_eq!(machine.handle(at(0), Event::Connected), []);
        }
        let effects = machine.handle(at(0), Event::Connected);
        assert_eq!(effects, [Effect::StartPushing]);
        machine
    }

    const SETTLE_FROM_10: [Effect; 2] = [
        Effect::StopChurn,
        Effect::WakeAt(Time::from_nanos(13_000_000_000)),
    ];

    #[test]
    fn runs_its_course() {
        let mut machine = connected(3);
        assert_eq!(machine.phase(), Phase::Pushing);
        let effects = machine.handle(at(10), Event::LanesEnded);
        assert_eq!(effects, SETTLE_FROM_10);
        assert_eq!(machine.phase(), Phase::Settling);
        assert_eq!(machine.handle(at(13), WOKEN), [Effect::Finish]);
        assert_eq!(machine.phase(), Phase::Over);
    }

    #[test]
    fn pushes_to_whoever_got_in() {
        let mut machine = machine(4);
        assert_eq!(machine.handle(at(0), refused(2)), []);
        assert_eq!(machine.handle(at(0), Event::Connected), []);
        assert_eq!(machine.handle(at(0), refused(1)), [Effect::StartPushing]);
        assert_eq!(machine.refusals.to_map()["not authorized"], 3);
    }

    #[test]
    fn with_nobody_in_it_is_over() {
        let mut one = machine(2);
        assert_eq!(one.handle(at(0), refused(2)), [Effect::Finish]);
        let mut one = machine(2);
        one.handle(at(0), Event::Connected);
        one.handle(at(0), dropped(false));
        assert_eq!(one.handle(at(0), refused(1)), [Effect::Finish]);
    }

    #[test]
    fn with_nobody_in_but_some_on_their_way_back_it_pushes() {
        let mut machine = machine(2);
        machine.handle(at(0), Event::Connected);
        assert_eq!(machine.handle(at(1), dropped(true)), []);
        let effects = machine.handle(at(2), refused(1));
        assert_eq!(effects, [Effect::StartPushing, Effect::WakeAt(at(17))]);
    }

    #[test]
    fn a_target_that_dies_ends_the_run_without_settling() {
        let mut machine = connected(2);
        assert_eq!(machine.handle(at(5), dropped(false)), []);
        let effects = machine.handle(at(5), dropped(false));
        assert_eq!(effects, [Effect::StopPushing]);
        assert!(machine.target_lost);
        assert_eq!(machine.handle(at(6), Event::LanesEnded), [Effect::Finish]);
        assert_eq!(machine.sockets.dropped, 2);
        let network = (Leave::ConnectionLost, 2);
        assert!(machine.deaths.contains(&network));
    }

    #[test]
    fn a_target_is_lost_when_nobody_comes_back_in_time() {
        let mut machine = connected(2);
        machine.handle(at(5), dropped(true));
        let effects = machine.handle(at(6), dropped(true));
        assert_eq!(effects, [Effect::WakeAt(at(21))]);
        assert_eq!(machine.handle(at(8), not_back(false)), []);
        assert_eq!(machine.handle(at(21), WOKEN), [Effect::StopPushing]);
        assert!(machine.target_lost);
        assert_eq!(machine.returns.to_map()["refused"], 1);
        assert_eq!(machine.handle(at(22), Event::LanesEnded), [Effect::Finish]);
    }

    #[test]
    fn a_target_is_lost_at_once_when_the_last_gives_up() {
        let mut machine = connected(2);
        machine.handle(at(5), dropped(false));
        machine.handle(at(6), dropped(true));
        let effects = machine.handle(at(7), not_back(true));
        assert_eq!(effects, [Effect::StopPushing]);
        assert!(machine.target_lost);
    }

    #[test]
    fn a_target_that_comes_back_is_not_lost() {
        let mut machine = connected(1);
        let effects = machine.handle(at(5), dropped(true));
        assert_eq!(effects, [Effect::WakeAt(at(20))]);
        assert_eq!(machine.handle(at(7), Event::Back { recovered: false }), []);
        assert_eq!(machine.handle(at(20), WOKEN), []);
        // Gone again: the time counts anew, and an alarm of before does not end it.
        let effects = machine.handle(at(21), Event::Away);
        assert_eq!(effects, [Effect::WakeAt(at(36))]);
        assert_eq!(machine.handle(at(30), WOKEN), [Effect::WakeAt(at(36))]);
        machine.handle(at(31), Event::Back { recovered: false });
        let counts = machine.sockets;
        assert_eq!((counts.connected, counts.alive), (1, 1));
        assert_eq!((counts.dropped, counts.left), (1, 1));
        assert_eq!(counts.reconnected, 2);
    }

    #[test]
    fn churn_stops_before_settling_and_whoever_is_away_is_waited_for() {
        let mut machine = connected(1);
        machine.handle(at(9), Event::Away);
        let effects = machine.handle(at(10), Event::LanesEnded);
        assert_eq!(effects, SETTLE_FROM_10);
        assert_eq!(machine.handle(at(11), Event::Back { recovered: false }), []);
        assert_eq!(machine.handle(at(13), WOKEN), [Effect::Finish]);
    }

    #[test]
    fn settling_lasts_as_long_as_was_asked_for_while_awake() {
        let woken = |secs| Event::Woken {
            away: Duration::from_secs(secs),
        };
        let mut machine = connected(1);
        machine.handle(at(10), Event::LanesEnded);
        // Stopped from 11 to 16.
        let effects = machine.handle(at(16), woken(5));
        assert_eq!(effects, [Effect::WakeAt(at(18))]);
        assert_eq!(machine.handle(at(18), woken(5)), [Effect::Finish]);
        let mut machine = connected(1);
        machine.handle(at(10), Event::LanesEnded);
        let effects = machine.handle(at(13), woken(500));
        assert_eq!(effects, [Effect::WakeAt(at(73))]);
        assert_eq!(machine.handle(at(73), woken(600)), [Effect::Finish]);
    }

    #[test]
    fn the_first_interrupt_drains_and_the_second_kills() {
        let mut machine = connected(1);
        let effects = machine.handle(at(2), Event::Interrupted);
        assert_eq!(effects, [Effect::StopPushing]);
        let effects = machine.handle(at(10), Event::LanesEnded);
        assert_eq!(effects, SETTLE_FROM_10);
        assert_eq!(machine.handle(at(11), Event::Interrupted), [Effect::Kill]);
    }

    #[test]
    fn an_interrupted_run_does_not_wait_for_a_target_to_come_back() {
        let mut machine = connected(1);
        machine.handle(at(2), Event::Interrupted);
        assert_eq!(machine.handle(at(3), dropped(false)), []);
        assert!(!machine.target_lost);
        assert_eq!(machine.handle(at(4), Event::LanesEnded), [Effect::Finish]);
    }

    #[test]
    fn a_condition_drains_and_an_interrupt_behind_it_does_not_kill() {
        let mut machine = connected(1);
        assert_eq!(machine.handle(at(2), Event::Aborted), [Effect::StopPushing]);
        assert_eq!(machine.handle(at(3), Event::Aborted), []);
        assert_eq!(machine.handle(at(3), Event::Interrupted), []);
        let effects = machine.handle(at(10), Event::LanesEnded);
        assert_eq!(effects, SETTLE_FROM_10);
        assert_eq!(machine.handle(at(13), WOKEN), [Effect::Finish]);
        let mut machine = self::machine(2);
        machine.handle(at(0), refused(1));
        let effects = machine.handle(at(1), Event::Aborted);
        assert_eq!(effects, [Effect::StopArrivals, Effect::Finish]);
    }

    #[test]
    fn an_interrupt_while_connecting_reports_at_once() {
        let mut machine = machine(2);
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
        assert_eq!(machine.handle(at(13), WOKEN), [Effect::Finish]);
        assert!(machine.interrupted);
    }
}
