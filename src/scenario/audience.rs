//! At whom pushes are aimed.
//!
//! A push is a broadcast, aimed at a user who is there, or aimed at one who is not: *absent* in every app, or *foreign*, a user of another
//! app. Nothing may come of the last two, and that takes no rule of its own: an absent user is one whom no socket belongs to, and a foreign one
//! is asked for in an app that none of that user's sockets belongs to. So no pair is expected, and every delivery is outside
//! the audience.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file;
use super::plan::Plan;
use super::problems::Problems;
use super::workload::below;
use super::zipf::Zipf;
use crate::ids::{AppId, Audience, UserId};

/// Absent users of each app that are aimed at.
pub(super) const ABSENT_USERS: u32 = 100;
/// Beyond this one user gets all but one in a thousand.
const STEEPEST: f64 = 10.0;
/// Tells the order of users from other draws of the seed.
const RANKS: u64 = 0x7a69_7066_2072_616e;

/// Which users are aimed at, and how often, in a scenario file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Users {
    /// All as often, at random.
    Uniform,
    /// Few of them often and most of them seldom, by Zipf's law.
    Zipf,
    /// One after the other.
    RoundRobin,
}

/// The users that pushes at one user are aimed at.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Aim {
    /// All as often, at random.
    #[default]
    Uniform,
    /// The user of rank `k` in proportion to `1 / k^exponent`; the seed decides who has which rank.
    Zipf {
        /// How steep it is.
        exponent: f64,
    },
    /// Push `n` of the schedule is at user `n` modulo their number, unless it is none at one user.
    RoundRobin,
    /// Whoever has this name; in several apps, any of them.
    One(String),
}

/// What a push can come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Every socket of its app.
    Everyone,
    /// The sockets of one user.
    One,
    /// Nobody: no app has the user.
    Absent,
    /// Nobody: another app has the user.
    Foreign,
    /// Nobody: the target has to refuse the user.
    Refused,
}

impl Reach {
    /// Whether nothing may be delivered.
    pub fn is_nobody(self) -> bool {
        matches!(self, Self::Absent | Self::Foreign | Self::Refused)
    }
}

impl Aim {
    /// Of a scenario.
    pub(super) fn new(pushes: &file::Pushes) -> Self {
        if let Some(name) = &pushes.user {
            return Self::One(name.clone());
        }
        match pushes.audience {
            None | Some(Users::Uniform) => Self::Uniform,
            Some(Users::RoundRobin) => Self::RoundRobin,
            Some(Users::Zipf) => Self::Zipf {
                exponent: pushes.zipf_exponent.unwrap_or(1.0),
            },
        }
    }
}

impl Plan {
    /// The keys of a scenario that give this plan's audience.
    pub(super) fn written_audience(&self) -> file::Pushes {
        let mut pushes = file::Pushes {
            broadcast: Some(self.broadcast),
            absent: (self.absent > 0.0).then_some(self.absent),
            foreign: (self.foreign > 0.0).then_some(self.foreign),
            ..file::Pushes::default()
        };
        match &self.aim {
            Aim::Uniform => pushes.audience = Some(Users::Uniform),
            Aim::RoundRobin => pushes.audience = Some(Users::RoundRobin),
            Aim::Zipf { exponent } => {
                pushes.audience = Some(Users::Zipf);
                pushes.zipf_exponent = Some(*exponent);
            }
            Aim::One(name) => pushes.user = Some(name.clone()),
        }
        pushes
    }

    /// What a push can come to that is asked for in this app and aimed so.
    pub fn reach(&self, app: AppId, audience: Audience) -> Reach {
        match audience {
            Audience::Everyone => Reach::Everyone,
            Audience::User(user) if user.0 >= self.users => Reach::Absent,
            Audience::User(user) if self.app_of(user) != app => Reach::Foreign,
            Audience::User(user) if self.is_refused(user) => Reach::Refused,
            Audience::User(_) => Reach::One,
        }
    }

    /// Share of the pushes that are aimed at one user who is there.
    pub fn at_one(&self) -> f64 {
        1.0 - self.broadcast - self.absent - self.foreign
    }

    /// Whether the schedule may have pushes of this reach.
    pub fn may_have(&self, reach: Reach) -> bool {
        match reach {
            Reach::Everyone => self.broadcast > 0.0,
            // Shares that add up to one may miss it by a rounding.
            Reach::One => self.at_one() > 1e-9,
            Reach::Absent => self.absent > 0.0,
            Reach::Foreign => self.foreign > 0.0,
            Reach::Refused => self.refused.is_some() && self.may_have(Reach::One),
        }
    }

    /// Whether the schedule may have pushes in this app that somebody gets.
    pub fn may_reach(&self, app: AppId) -> bool {
        let at_one = || match &self.aim {
            Aim::One(name) => self
                .named(name)
                .iter()
                .any(|user| self.app_of(*user) == app),
            _ => true,
        };
        self.may_have(Reach::Everyone) || self.may_have(Reach::One) && at_one()
    }

    /// The users of this name, in all apps.
    pub fn named(&self, name: &str) -> Vec<UserId> {
        if let Some(listed) = self.people.named(name) {
            return listed;
        }
        let users = self.numbered_as(name).into_iter();
        users.filter(|user| user.0 < self.users).collect()
    }

    /// The users whose name is made from their number and is this one, in all apps, whether there are so many or not.
    pub(super) fn numbered_as(&self, name: &str) -> Vec<UserId> {
        let apps = self.apps.len() as u32;
        let at = [self.user_name.find("{n}"), self.user_name.find("{id}")];
        let Some(at) = at.into_iter().flatten().min() else {
            let users = (0..apps).map(UserId);
            return users.filter(|_| self.user_name == name).collect();
        };
        let Some(rest) = name.strip_prefix(&self.user_name[..at]) else {
            return Vec::new();
        };
        // What follows the number may be digits too.
        let digits = rest.bytes().take(7).take_while(u8::is_ascii_digit).count();
        let numbers = (1..=digits).filter_map(|digits| rest[..digits].parse::<u32>().ok());
        let mut users: Vec<_> = numbers
            .flat_map(|n| {
                let first = n.saturating_mul(apps);
                (0..apps)
                    .map(move |app| first.saturating_add(app))
                    .chain([n])
            })
            .map(UserId)
            .filter(|user| self.numbered(&self.user_name, *user) == name)
            .collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    /// The first of the absent users: nobody in any app has their names.
    pub(super) fn first_absent(&self) -> u32 {
        let apps = self.apps.len() as u32;
        self.users.div_ceil(apps.max(1)) * apps
    }
}

impl Problems {
    /// Checks at whom a plan aims. `given` is what the scenario itself says, with no default filled in.
    pub(super) fn audience(&mut self, given: &file::Pushes, plan: &Plan) {
        let shares = [
            ("pushes.broadcast", plan.broadcast),
            ("pushes.absent", plan.absent),
            ("pushes.foreign", plan.foreign),
        ];
        for (key, share) in shares {
            self.share(key, share);
        }
        if shares.iter().all(|(_, share)| (0.0..=1.0).contains(share)) {
            self.check(plan.at_one() >= -1e-9, "pushes.broadcast", || {
                format!(
                    "broadcast ({}), absent ({}) and foreign ({}) are more than all pushes; make them at most 1 together",
                    plan.broadcast, plan.absent, plan.foreign
                )
            });
        }
        if let Aim::One(name) = &plan.aim {
            self.one(given, name, plan);
        }
        let zipf = given.audience == Some(Users::Zipf);
        self.check(
            zipf || given.zipf_exponent.is_none(),
            "pushes.zipf_exponent",
            || "only audience = \"zipf\" has an exponent; write that, or leave this out".to_owned(),
        );
        if let Aim::Zipf { exponent } = plan.aim {
            self.check((0.0..=STEEPEST).contains(&exponent), "pushes.zipf_exponent", || {
                format!("{exponent} is no exponent; write a number from 0 (all as often) to {STEEPEST}, as 1.0")
            });
        }
        self.nobody(plan);
    }

    fn one(&mut self, given: &file::Pushes, name: &str, plan: &Plan) {
        self.check(given.audience.is_none(), "pushes.audience", || {
            "pushes.user already names the one user that is aimed at; leave this out, or the user"
                .to_owned()
        });
        if plan.apps.is_empty() || plan.users == 0 {
            return;
        }
        self.check(!plan.named(name).is_empty(), "pushes.user", || {
            let (first, last) = (UserId(0), UserId(plan.users - 1));
            format!(
                "nobody is called {name:?}; the users of this scenario are {:?} to {:?}",
                plan.name_of(first),
                plan.name_of(last)
            )
        });
    }

    fn nobody(&mut self, plan: &Plan) {
        if plan.people.are_listed() {
            return self.nobody_listed(plan);
        }
        let by_app = plan.user_name.contains("{n}");
        let by_user = plan.user_name.contains("{id}");
        self.check(plan.absent <= 0.0 || by_app || by_user, "pushes.absent", || {
            format!(
                "users.name {:?} has no number, so no name is known that nobody has; put {{n}} where the number goes",
                plan.user_name
            )
        });
        if plan.foreign <= 0.0 {
            return;
        }
        self.check(plan.apps.len() > 1, "pushes.foreign", || {
            "there is no other app whose user could be asked for; name a second one in target.apps"
                .to_owned()
        });
        self.check(by_user, "pushes.foreign", || {
            format!(
                "users.name {:?} gives users of all apps the same names, so none is another app's alone; write {{id}} for {{n}}, in users.password too: it counts over all apps",
                plan.user_name
            )
        });
    }
}

/// The audience of a push.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aimed {
    /// In which app it is asked for.
    pub(super) app: AppId,
    /// Whom it is aimed at.
    pub(super) audience: Audience,
}

/// What is drawn of an audience first, whatever the aim.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    user: UserId,
    reach: Reach,
}

/// Aims the pushes of a plan.
#[derive(Debug, Clone)]
pub(super) struct Aims {
    apps: u32,
    users: u32,
    /// Up to which of 2^32 a draw is a broadcast, absent, foreign.
    shares: [f64; 3],
    first_absent: u32,
    at: At,
}

#[derive(Debug, Clone)]
enum At {
    Drawn,
    Ranked { law: Zipf, ranks: Arc<[u32]> },
    InTurn,
    These(Arc<[UserId]>),
}

impl Aims {
    pub(super) fn new(plan: &Plan) -> Self {
        let whole = 2_f64.powi(32);
        let absent = plan.broadcast + plan.absent;
        Self {
            apps: plan.apps.len() as u32,
            users: plan.users,
            shares: [plan.broadcast, absent, absent + plan.foreign].map(|share| share * whole),
            first_absent: plan.first_absent(),
            at: match &plan.aim {
                Aim::Uniform => At::Drawn,
                Aim::RoundRobin => At::InTurn,
                Aim::Zipf { exponent } => At::Ranked {
                    law: Zipf::new(plan.users.max(1), *exponent),
                    ranks: ranks(plan),
                },
                Aim::One(name) => At::These(plan.named(name).into()),
            },
        }
    }

    /// The draws that every push makes.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> Drawn {
        let user = UserId(below(rng, self.users));
        let drawn = f64::from(rng.next_u32());
        let kinds = [Reach::Everyone, Reach::Absent, Reach::Foreign];
        let kind = self.shares.iter().position(|up_to| drawn < *up_to);
        Drawn {
            user,
            reach: kind.map_or(Reach::One, |kind| kinds[kind]),
        }
    }

    /// The audience of push `n` of the schedule.
    pub(super) fn aim(&self, n: u64, drawn: Drawn, rng: &mut ChaCha8Rng) -> Aimed {
        // Of whatever is not at one user, the user who was drawn decides the app, so apps are hit by their share of users.
        let Drawn { user, reach } = drawn;
        let app = AppId(user.0 % self.apps);
        let at = |user: UserId| Aimed {
            app: AppId(user.0 % self.apps),
            audience: Audience::User(user),
        };
        match reach {
            Reach::Everyone => Aimed {
                app,
                audience: Audience::Everyone,
            },
            // Whom the target has to refuse is aimed at as others are.
            Reach::One | Reach::Refused => at(self.one(n, user, rng)),
            Reach::Absent => {
                let absent = below(rng, ABSENT_USERS) * self.apps + app.0;
                at(UserId(self.first_absent + absent))
            }
            // The user's own app is left out.
            Reach::Foreign => Aimed {
                app: AppId((app.0 + 1 + below(rng, self.apps - 1)) % self.apps),
                audience: Audience::User(user),
            },
        }
    }

    fn one(&self, n: u64, drawn: UserId, rng: &mut ChaCha8Rng) -> UserId {
        match &self.at {
            At::Drawn => drawn,
            At::InTurn => UserId((n % u64::from(self.users)) as u32),
            At::Ranked { law, ranks } => UserId(ranks[law.draw(rng) as usize - 1]),
            At::These(users) => users[below(rng, users.len() as u32) as usize],
        }
    }
}

/// The users by their rank: shuffled (Fisher and Yates).
fn ranks(plan: &Plan) -> Arc<[u32]> {
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed ^ RANKS);
    let mut users: Vec<_> = (0..plan.users).collect();
    for rank in (1..plan.users).rev() {
        users.swap(rank as usize, below(&mut rng, rank + 1) as usize);
    }
    users.into()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::ids::{Lane, PushId, Seq};
    use crate::scenario::file::File;
    use crate::scenario::workload::{Spec, Workload};

    fn plan(text: &str) -> Result<Plan, Vec<String>> {
        let file = File::parse(text).map_err(|e| vec![e.to_string()])?;
        let plan = Plan::from_file(&file, 5);
        plan.map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    /// The pushes of the schedule, in its order.
    fn pushes(plan: &Plan) -> Vec<Spec> {
        let workload = Workload::new(plan);
        let lanes = u64::from(plan.lanes);
        let pushes = (0..plan.pace().hits()).map(|n| {
            let id = PushId {
                lane: Lane((n % lanes) as u32),
                seq: Seq((n / lanes) as u32),
            };
            workload.spec(id).unwrap()
        });
        pushes.collect()
    }

    /// How often each user is aimed at.
    fn aimed(pushes: &[Spec]) -> BTreeMap<u32, u32> {
        let mut aimed = BTreeMap::new();
        for push in pushes {
            if let Audience::User(user) = push.audience {
                *aimed.entry(user.0).or_default() += 1;
            }
        }
        aimed
    }

    const FAST: &str = "rate = \"10000/s\"\n";

    #[test]
    fn few_users_are_hot_and_the_seed_says_who() {
        let text = |seed| {
            format!(
                "seed = {seed}\n[users]\ncount = 100\n[pushes]\n{FAST}broadcast = 0.0\naudience = \"zipf\"\n"
            )
        };
        let hottest = |seed| {
            let aimed = aimed(&pushes(&plan(&text(seed)).unwrap()));
            let mut by_count: Vec<_> = aimed.into_iter().map(|(user, n)| (n, user)).collect();
            by_count.sort_unstable_by(|a, b| b.cmp(a));
            by_count
        };
        let (one, other) = (hottest(3), hottest(4));
        // The sum of 1/k up to 100 is 5.187.
        for (rank, (n, _)) in one.iter().take(5).enumerate() {
            let wanted = 100_000.0 / 5.187 / (rank + 1) as f64;
            let off = (f64::from(*n) - wanted).abs() / wanted.sqrt();
            assert!(off < 5.0, "rank {rank}: {n}, not {wanted}");
        }
        let who = |ranked: &[(u32, u32)]| ranked[..4].iter().map(|r| r.1).collect::<Vec<_>>();
        assert_ne!(who(&one), who(&other));
        assert_eq!(one, hottest(3));
        let flat = plan(&(text(3) + "zipf_exponent = 0.0\n")).unwrap();
        let flat = aimed(&pushes(&flat));
        assert!(flat.values().all(|n| n.abs_diff(1_000) < 160), "{flat:?}");
    }

    #[test]
    fn whom_a_scenario_aims_at_changes_nothing_else() {
        let uniform = pushes(&plan("").unwrap());
        let zipf = pushes(&plan("[pushes]\naudience = \"zipf\"\n").unwrap());
        for (one, other) in uniform.iter().zip(&zipf) {
            assert_eq!(
                (one.intended, one.event, one.payload),
                (other.intended, other.event, other.payload)
            );
            assert_eq!(
                one.audience == Audience::Everyone,
                other.audience == Audience::Everyone
            );
        }
    }

    #[test]
    fn users_take_their_turns_and_broadcasts_take_up_theirs() {
        let plan = plan("[users]\ncount = 7\n[pushes]\naudience = \"round-robin\"\n").unwrap();
        let pushes = pushes(&plan);
        let broadcasts = pushes.iter().filter(|p| p.audience == Audience::Everyone);
        assert!(broadcasts.count() > 100);
        for (n, push) in pushes.iter().enumerate() {
            if let Audience::User(user) = push.audience {
                assert_eq!(user.index(), n % 7);
                assert_eq!(push.app, plan.app_of(user));
            }
        }
    }

    #[test]
    fn one_user_is_found_by_name_in_every_app() {
        let everywhere = plan("[pushes]\nuser = \"user-7\"\nbroadcast = 0.0\n").unwrap();
        assert_eq!(everywhere.named("user-7"), [UserId(14), UserId(15)]);
        let aimed = aimed(&pushes(&everywhere));
        assert_eq!(aimed.keys().copied().collect::<Vec<_>>(), [14, 15]);
        assert!(everywhere.may_reach(AppId(0)) && everywhere.may_reach(AppId(1)));
        let alone = plan("[users]\ncount = 5\n[pushes]\nuser = \"user-2\"\nbroadcast = 0.0\n");
        let alone = alone.unwrap();
        assert_eq!(alone.named("user-2"), [UserId(4)]);
        assert!(alone.may_reach(AppId(0)) && !alone.may_reach(AppId(1)));
        let digits = plan("[users]\ncount = 300\nname = \"u{id}0\"\n").unwrap();
        assert_eq!(digits.named("u1000"), [UserId(100)]);
        assert_eq!(digits.named("u00"), [UserId(0)]);
        assert_eq!(digits.named("u0"), []);
        assert_eq!(digits.named("u007"), []);
    }

    #[test]
    fn nobody_has_the_names_of_absent_users_and_one_app_those_of_foreign_ones() {
        for users in [10, 11, 1_000] {
            let text = format!(
                "[users]\ncount = {users}\nname = \"user-{{id}}\"\npassword = \"password-{{id}}\"\n[pushes]\n{FAST}absent = 0.05\nforeign = 0.1\n"
            );
            let plan = plan(&text).unwrap();
            assert_eq!(
                Plan::from_file(&File::from(&plan), 1).map(|p| p.foreign),
                Ok(0.1)
            );
            let names: BTreeSet<_> = (0..users).map(|n| plan.name_of(UserId(n))).collect();
            let mut counts = [0_u32; 4];
            for push in pushes(&plan) {
                let reach = plan.reach(push.app, push.audience);
                counts[reach as usize] += 1;
                let name = plan.audience_name(push.audience);
                match (reach, push.audience) {
                    (Reach::Absent, _) => assert!(!names.contains(&name), "{name}"),
                    (Reach::Foreign, Audience::User(user)) => {
                        assert_eq!(plan.named(&name), [user]);
                        assert_ne!(plan.app_of(user), push.app);
                    }
                    (Reach::One, Audience::User(user)) => assert_eq!(plan.app_of(user), push.app),
                    _ => assert_eq!(push.audience, Audience::Everyone),
                }
            }
            for (count, share) in counts.into_iter().zip([0.1, 0.75, 0.05, 0.1]) {
                let off = f64::from(count) / 1e5 - share;
                assert!(off.abs() < 0.005, "{share}: {count}");
            }
        }
        // By default the apps share their users' names: five of them in the one, four in the other.
        let shared = plan("[users]\ncount = 9\n[pushes]\nabsent = 1.0\nbroadcast = 0.0\n").unwrap();
        for push in pushes(&shared) {
            assert_eq!(shared.reach(push.app, push.audience), Reach::Absent);
            let name = shared.audience_name(push.audience);
            let number: u32 = name.strip_prefix("user-").unwrap().parse().unwrap();
            assert!((5..105).contains(&number), "{name}");
        }
    }

    #[test]
    fn every_misuse_is_told_with_its_key() {
        for (text, wanted) in [
            (
                "[pushes]\nbroadcast = 0.5\nabsent = 0.6",
                "pushes.broadcast: broadcast (0.5), absent (0.6) and foreign (0) are more",
            ),
            ("[pushes]\nabsent = -0.1", "pushes.absent: -0.1 is no share"),
            (
                "[users]\nname = \"u-{id}\"\n[pushes]\nforeign = 1.1",
                "pushes.foreign: 1.1 is no share",
            ),
            (
                "[pushes]\nforeign = 0.1",
                "pushes.foreign: users.name \"user-{n}\" gives users of all apps",
            ),
            (
                "[target]\napps = [\"a\"]\n[users]\nname = \"u-{id}\"\n[pushes]\nforeign = 0.1",
                "pushes.foreign: there is no other app",
            ),
            (
                "[users]\ncount = 2\nname = \"solo\"\n[pushes]\nabsent = 0.1",
                "pushes.absent: users.name \"solo\" has no number",
            ),
            (
                "[pushes]\nuser = \"usr-7\"",
                "pushes.user: nobody is called \"usr-7\"; the users of this scenario are \"user-0\" to \"user-499\"",
            ),
            (
                "[pushes]\nuser = \"user-500\"",
                "pushes.user: nobody is called \"user-500\"",
            ),
            (
                "[pushes]\nuser = \"user-7\"\naudience = \"zipf\"",
                "pushes.audience: pushes.user already names",
            ),
            (
                "[pushes]\nzipf_exponent = 1.0",
                "pushes.zipf_exponent: only audience = \"zipf\"",
            ),
            (
                "[pushes]\naudience = \"zipf\"\nzipf_exponent = -1.0",
                "pushes.zipf_exponent: -1 is no exponent",
            ),
            (
                "[pushes]\naudience = \"zipf\"\nzipf_exponent = nan",
                "pushes.zipf_exponent: NaN is no exponent",
            ),
            (
                "[pushes]\naudience = \"zpif\"",
                "TOML parse error at line 2",
            ),
        ] {
            let told = plan(text).unwrap_err();
            assert_eq!(told.len(), 1, "{text}: {told:?}");
            assert!(told[0].starts_with(wanted), "{text}: {told:?}");
        }
    }
}
