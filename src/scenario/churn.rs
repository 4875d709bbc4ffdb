//! Churn: which sockets leave while pushing goes on, when, how, and for how long.
//!
//! Every choice is a function of the seed, the socket and the place of the departure. Nothing is drawn in sequence, so it makes no
//! difference which socket came first or how long it took to come back: a socket that is away when it should leave misses that
//! departure and no other.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;

use super::draws::{self, unit};
use super::file;
use super::plan::Plan;
use super::problems::Problems;
use super::units::{Rate, Span};
use crate::ids::{SocketId, UserId};

/// Tell the draws of this module from all others of a seed, and from each other.
const STEADY: u64 = 0x6368_7572_6e20_6f6e;
const STORMS: u64 = 0x6368_7572_6e20_7477;
/// Most storms of a run: each is looked at for each socket.
const MOST_STORMS: u128 = 10_000;

/// Sockets that leave and come back.
#[derive(Debug, Clone, PartialEq)]
pub struct Churn {
    /// Departures begun a second, over all churning sockets; `None`: only storms.
    pub rate: Option<f64>,
    /// How long a socket stays away: half of this to one and a half times this.
    pub away: Duration,
    /// Share of the users whose sockets churn.
    pub share: f64,
    /// Share of the departures without a goodbye.
    pub abrupt: f64,
    /// How long a socket listens on after its goodbye.
    pub linger: Duration,
    /// Every so often many leave at once and come back at once.
    pub storm_every: Option<Duration>,
    /// Share of the churning sockets that take part in a storm.
    pub storm_share: f64,
}

/// How a socket leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It says goodbye (Socket.IO DISCONNECT), and lingers.
    Goodbye,
    /// It ends the TCP connection without a word.
    Cut,
    /// It resets the TCP connection.
    Reset,
}

/// One departure of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// When, counted from the start of pushing.
    pub at: Duration,
    /// How.
    pub manner: Manner,
    /// For how long.
    pub away: Duration,
}

impl Churn {
    pub(super) fn new(file: &file::Churn) -> Self {
        Self {
            rate: file.rate.map(|r| r.0),
            away: file.away.map_or(Duration::from_secs(1), |s| s.0),
            share: file.share.unwrap_or(0.3),
            abrupt: file.abrupt.unwrap_or(0.5),
            linger: file.linger.map_or(Duration::ZERO, |s| s.0),
            storm_every: file.storm_every.map(|s| s.0),
            storm_share: file.storm_share.unwrap_or(0.5),
        }
    }

    /// The plan as it would be written.
    pub fn to_file(&self) -> file::Churn {
        file::Churn {
            rate: self.rate.map(Rate),
            away: Some(Span(self.away)),
            share: Some(self.share),
            abrupt: Some(self.abrupt),
            linger: Some(Span(self.linger)),
            storm_every: self.storm_every.map(Span),
            storm_share: Some(self.storm_share),
        }
    }

    pub(super) fn check(&self, plan: &Plan, problems: &mut Problems) {
        problems.share("churn.share", self.share);
        problems.share("churn.abrupt", self.abrupt);
        problems.share("churn.storm_share", self.storm_share);
        problems.check(
            self.rate.is_some() || self.storm_every.is_some(),
            "churn.rate",
            || {
                "nobody ever leaves; write a rate, as 10/s, or storm_every, or leave the section out".to_owned()
            },
        );
        problems.check(
            self.rate.is_none_or(|rate| rate > 0.0),
            "churn.rate",
            || "at this rate nobody ever leaves; write one above zero, as 10/s".to_owned(),
        );
        let storms = self.storm_every.map(|every| match every.as_nanos() {
            0 => u128::MAX,
            every => plan.duration.as_nanos() / every,
        });
        let few = storms.is_none_or(|storms| storms <= MOST_STORMS);
        problems.check(few, "churn.storm_every", || {
            format!("more than {MOST_STORMS} storms in one run; write a longer time, as 5s")
        });
        let sockets = self.sockets(plan);
        problems.check(sockets > 0, "churn.share", || {
            format!(
                "{} of the users are none of them; write a larger share",
                self.share
            )
        });
        let away = self.rate.unwrap_or(0.0) * self.away.as_secs_f64();
        let possible = sockets == 0 || away <= sockets as f64;
        problems.check(possible, "churn.rate", || {
            format!(
                "{sockets} churning sockets cannot leave that often when each stays away for {:?}; lower the rate, or raise the share",
                self.away
            )
        });
    }

    /// Whether the sockets of this user churn: user `n` of an app does if its last digit and the one before, read in this order, are below
    /// the share in percent. So ten users are enough for most shares, and whoever writes a scenario can name those who churn by the end
    /// of their names.
    pub fn takes(&self, plan: &Plan, user: UserId) -> bool {
        let percent = (self.share * 100.0).round();
        let n = user.0 / plan.apps.len() as u32;
        let rank = n % 10 * 10 + n / 10 % 10;
        f64::from(rank) < percent
    }

    fn sockets(&self, plan: &Plan) -> u64 {
        if plan.apps.is_empty() {
            return 0;
        }
        let users = (0..plan.users).filter(|n| self.takes(plan, UserId(*n)));
        users.count() as u64 * u64::from(plan.sockets_per_user)
    }
}

/// The departures of a plan.
#[derive(Debug, Clone)]
pub struct Departures {
    seed: u64,
    churn: Churn,
    duration: Duration,
    /// Each churning socket leaves once in it. `None`: only storms.
    between: Option<f64>,
}

impl Departures {
    /// Of this plan; `None` if nobody churns.
    pub fn new(plan: &Plan) -> Option<Self> {
        let churn = plan.churn.clone()?;
        let sockets = churn.sockets(plan) as f64;
        Some(Self {
            seed: plan.seed,
            between: churn.rate.map(|rate| sockets / rate),
            duration: plan.duration,
            churn,
        })
    }

    /// The first departure of a churning socket later than this after the start of pushing; `None` if there is none before its end.
    pub fn next(&self, socket: SocketId, after: Duration) -> Option<Departure> {
        let steady = self.steady(socket, after);
        let storm = self.storm(socket, after);
        let first = match (steady, storm) {
            (Some(one), Some(other)) => Some(if other.at < one.at { other } else { one }),
            (one, other) => one.or(other),
        };
        first.filter(|departure| departure.at < self.duration)
    }

    /// Departure `n` of a socket lies anywhere in the `n`th stretch of `between`: over all sockets that is the rate, at any time.
    fn steady(&self, socket: SocketId, after: Duration) -> Option<Departure> {
        let between = self.between?;
        let first = (after.as_secs_f64() / between) as u32;
        // The one of this stretch may be over; the one of the next is not.
        (first..=first.saturating_add(1)).find_map(|n| {
            let mut rng = draws::of(self.seed, STEADY, socket, n);
            let at = (f64::from(n) + unit(&mut rng)) * between;
            let at = Duration::try_from_secs_f64(at).ok()?;
            let manner = self.manner(&mut rng);
            let away = self.churn.away.mul_f64(0.5 + unit(&mut rng));
            (at > after).then_some(Departure { at, manner, away })
        })
    }

    fn storm(&self, socket: SocketId, after: Duration) -> Option<Departure> {
        let every = self.churn.storm_every?.as_nanos();
        let first = after.as_nanos() / every + 1;
        let last = self.duration.as_nanos() / every;
        (first..=last).find_map(|n| {
            let mut rng = draws::of(self.seed, STORMS, socket, n as u32);
            (unit(&mut rng) < self.churn.storm_share).then(|| Departure {
                at: Duration::from_nanos((every * n) as u64),
                manner: self.manner(&mut rng),
                away: Duration::ZERO,
            })
        })
    }

    fn manner(&self, rng: &mut ChaCha8Rng) -> Manner {
        let drawn = unit(rng);
        if drawn >= self.churn.abrupt {
            Manner::Goodbye
        } else if drawn < self.churn.abrupt / 2.0 {
            Manner::Reset
        } else {
            Manner::Cut
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    fn plan(churn: &str) -> Plan {
        let text = format!("seed = 5\n[pushes]\nduration = \"100s\"\n[churn]\n{churn}");
        Plan::from_file(&File::parse(&text).unwrap(), 1).unwrap()
    }

    fn all(departures: &Departures, socket: u32) -> Vec<Departure> {
        let next = |last: &Departure| departures.next(SocketId(socket), last.at);
        let first = departures.next(SocketId(socket), Duration::ZERO);
        std::iter::successors(first, next).collect()
    }

    #[test]
    fn users_churn_by_their_number_in_their_app() {
        let plan = plan("rate = \"10/s\"\nshare = 0.07\n");
        let churn = plan.churn.as_ref().unwrap();
        let takes = |n: u32| churn.takes(&plan, UserId(n));
        // Two apps: users 0 and 1 are number 0 of theirs, users 120 and 121 number 60, users 140 and 141 number 70.
        assert!(takes(0) && takes(1) && !takes(2) && takes(121) && !takes(140) && takes(200));
        assert_eq!(churn.sockets(&plan), 70);
    }

    #[test]
    fn a_few_users_have_their_share_too() {
        for (users, churning) in [(20, 6), (60, 18), (100, 30)] {
            let file = format!("[users]\ncount = {users}\n[churn]\nrate = \"1/s\"\n");
            let plan = Plan::from_file(&File::parse(&file).unwrap(), 1).unwrap();
            assert_eq!(plan.churn.as_ref().unwrap().sockets(&plan), churning);
        }
    }

    #[test]
    fn departures_come_at_the_rate_and_are_the_seeds() {
        let departures = Departures::new(&plan("rate = \"10/s\"\nabrupt = 0.5\n")).unwrap();
        let made: Vec<_> = (0..300).flat_map(|n| all(&departures, n)).collect();
        // The last stretch of each socket is cut off by the end of pushing.
        assert!(made.len().abs_diff(1_000) < 60, "{}", made.len());
        let polite = made.iter().filter(|d| d.manner == Manner::Goodbye).count();
        let reset = made.iter().filter(|d| d.manner == Manner::Reset).count();
        assert!(polite.abs_diff(made.len() / 2) < 80, "{polite}");
        assert!(reset.abs_diff(made.len() / 4) < 80, "{reset}");
        for departure in &made {
            assert!(departure.at < Duration::from_secs(100));
            let away = departure.away.as_millis();
            assert!((500..1_500).contains(&away), "{away}");
        }
        assert_eq!(all(&departures, 7), all(&departures, 7));
        assert_ne!(all(&departures, 7), all(&departures, 8));
    }

    #[test]
    fn who_was_away_misses_a_departure_and_no_other() {
        let departures = Departures::new(&plan("rate = \"100/s\"\n")).unwrap();
        let made = all(&departures, 3);
        assert!(made.len() > 10);
        let late = made[4].at + Duration::from_nanos(1);
        assert_eq!(departures.next(SocketId(3), late), Some(made[5]));
    }

    #[test]
    fn a_storm_is_at_one_time_for_all() {
        let churn = "storm_every = \"30s\"\nstorm_share = 0.5\nabrupt = 0.0\n";
        let departures = Departures::new(&plan(churn)).unwrap();
        let made: Vec<_> = (0..300).flat_map(|n| all(&departures, n)).collect();
        for second in [30, 60, 90] {
            let at = Duration::from_secs(second);
            let took_part = made.iter().filter(|d| d.at == at).count();
            assert!(took_part.abs_diff(150) < 40, "{took_part}");
        }
        assert!(made.iter().all(|d| d.at.as_secs() % 30 == 0));
        assert!(made.iter().all(|d| d.away.is_zero()));
        assert!(made.iter().all(|d| d.manner == Manner::Goodbye));
    }

    #[test]
    fn what_cannot_be_is_told() {
        for (churn, says) in [
            ("", "churn.rate: nobody ever leaves"),
            ("rate = \"0/s\"", "churn.rate: at this rate"),
            ("rate = \"1/s\"\nshare = 1.5", "churn.share: 1.5 is no"),
            ("rate = \"1/s\"\nshare = 0.0", "churn.share: 0 of the users"),
            ("rate = \"1/s\"\nabrupt = -1.0", "churn.abrupt: -1 is no"),
            ("storm_every = \"0s\"", "churn.storm_every: more than"),
            ("rate = \"5000/s\"", "churn.rate: 300 churning sockets"),
        ] {
            let file = File::parse(&format!("[churn]\n{churn}\n")).unwrap();
            let problems = Plan::from_file(&file, 1).unwrap_err();
            let told = problems.iter().map(ToString::to_string);
            let told: Vec<_> = told.collect();
            assert!(
                told.iter().any(|t| t.starts_with(says)),
                "{churn}: {told:?}"
            );
        }
    }
}
