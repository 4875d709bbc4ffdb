//! A checked, complete scenario: the only form that anything but the command line sees.

use core::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::access::Access;
use super::audience::Aim;
use super::churn::Churn;
use super::clients::Clients;
use super::closed::Closed;
use super::conformance;
use super::contract::Contract;
use super::file::{self, File, Shape};
use super::payload::{self, Payload, Size};
use super::people::{People, Who, people, place_of};
use super::problems::{Problem, Problems};
use super::refused::{Kind, Refused};
use super::requests::Requests;
use super::schedule::{Arrivals, Schedule};
use super::threshold::{Condition, Threshold};
use super::transport::Transports;
use super::triggers::Deal;
use crate::ids::{AppId, Audience, UserId};
use crate::pace::Stage;
use crate::verify::Ordering;

/// Everything a run goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Decides every random choice.
    pub seed: u64,
    /// Base URL of the target without a slash at its end; `None`: the embedded platform.
    pub target: Option<String>,
    /// Further base URLs of the same system.
    pub nodes: Vec<String>,
    /// How it is spoken to.
    pub contract: Arc<Contract>,
    /// What of this machine the way there takes besides.
    pub access: Arc<Access>,
    /// The names and weights of its triggers; never empty.
    pub triggers: Vec<(String, u32)>,
    /// App ids, by [`AppId`].
    pub apps: Vec<String>,
    /// How many users, over all apps.
    pub users: u32,
    /// Sockets each of them holds.
    pub sockets_per_user: u32,
    /// Logins and connects begun a second.
    pub connect_rate: f64,
    /// Logins asked for a second at most; `None`: only `connect_rate` limits them.
    pub login_rate: Option<f64>,
    /// Who they are, where that is listed, and what they show besides a password.
    pub people: Arc<People>,
    /// Those whom the target has to refuse.
    pub refused: Option<Refused>,
    /// Name of a user, with `{n}` or `{id}`.
    pub user_name: String,
    /// Password of a user, with `{n}` or `{id}`.
    pub password: String,
    /// Pushes a second, over all lanes; their mean if there are stages.
    pub rate: f64,
    /// Sequential trigger workers.
    pub lanes: u32,
    /// How long pushes are scheduled for.
    pub duration: Duration,
    /// Lanes wait for arrivals and not for a schedule, of which there is none then; `None`: they follow `rate` or `stages`.
    pub closed: Option<Closed>,
    /// A rate that changes; empty: `rate` for all of `duration`.
    pub stages: Vec<Stage>,
    /// How pushes lie within their rate.
    pub arrivals: Arrivals,
    /// How many pushes are due at once, where they come in bursts.
    pub burst: u32,
    /// Share of pushes aimed at `*`.
    pub broadcast: f64,
    /// Whom pushes at one user are aimed at.
    pub aim: Aim,
    /// Share of pushes aimed at a user whom no app has.
    pub absent: f64,
    /// Share of pushes aimed at another app's user.
    pub foreign: f64,
    /// Event names, by [`crate::ids::EventId`]: first those that are drawn, then those that payloads have of their own.
    pub events: Vec<String>,
    /// How often each of the first is drawn, compared with the others.
    pub weights: Vec<u32>,
    /// Shapes of payload.
    pub shapes: Vec<Shape>,
    /// What pushes carry; empty: the shapes.
    pub payloads: Vec<Payload>,
    /// Bytes that a payload has at least.
    pub size: Size,
    /// Which orders are checked.
    pub ordering: Ordering,
    /// How long after it was sent a push may arrive without being late.
    pub deadline: Duration,
    /// How long at first pushes are left out of latencies; zero: none is.
    pub warm_up: Duration,
    /// The wait after the last push.
    pub settle: Duration,
    /// What sockets do that lose their connection.
    pub clients: Clients,
    /// Sockets that leave and come back; `None`: none does.
    pub churn: Option<Churn>,
    /// What sockets emit themselves; `None`: nothing.
    pub requests: Option<Requests>,
    /// What the conformance suite needs besides.
    pub conformance: conformance::Section,
    /// What the run has to keep to besides.
    pub thresholds: Vec<Threshold>,
    /// What ends it early.
    pub abort_on: Vec<Condition>,
    /// How many processes the embedded platform is.
    pub platform_nodes: u32,
    /// How long a socket of the embedded platform can be recovered; `None`: not at all.
    pub platform_recovery: Option<Duration>,
    /// What the embedded platform is to do wrong.
    pub faults: Option<Faults>,
    /// How much the embedded platform can do.
    pub limits: Limits,
    /// Processes that share the users; 1: the run's own process holds all sockets.
    pub workers: u32,
    /// Local addresses that sockets connect from, in turn; empty: chosen by the target's.
    pub source_addrs: Vec<IpAddr>,
}

/// An artificial capacity of the embedded platform. `None`: as much as it can.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Deliveries a second.
    pub deliveries_per_s: Option<u32>,
    /// Sockets at once.
    pub sockets: Option<u32>,
}

/// What the embedded platform is to do wrong, in the platform's own words, and read by it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// Faults and their rates.
    pub rates: String,
    /// Decides which occasions are taken.
    pub seed: u64,
    /// The users who may be harmed.
    pub users: Option<String>,
    /// How late a delivery is made.
    pub delay: Option<Duration>,
}

impl Plan {
    /// Checks a scenario, with whatever it leaves out taken from the built-in one. All problems at once.
    pub fn from_file(file: &File, drawn_seed: u64) -> Result<Self, Vec<Problem>> {
        Self::read(file, drawn_seed, None)
    }

    /// The same, of a file that does not say which triggers there are, for whoever knows.
    pub(super) fn read(
        file: &File,
        drawn_seed: u64,
        triggers: Option<Vec<(String, u32)>>,
    ) -> Result<Self, Vec<Problem>> {
        let (given, asked) = (&file.pushes, file);
        let promised = file.verify.ordering;
        let mut file = File::built_in().overlaid(file.clone());
        let mut problems = Problems::default();
        let people = people(asked, &mut file, &mut problems);
        let pushes = file.by_hand.is_none_or(|by_hand| by_hand.pushes);
        file.target.fill_in(pushes, &mut problems);
        asked.phases.spread(&mut file);
        let (users, pushes, verify) = (file.users, file.pushes, file.verify);
        let (schedule, aim) = (Schedule::new(&pushes), Aim::new(&pushes));
        let payloads = pushes.payloads.unwrap_or_default();
        let listed = pushes.events.unwrap_or_default();
        let (events, weights) = payload::names(listed, given.events.is_some(), &payloads);
        let (target, nodes) = urls(&file.target, &mut problems);
        let contract = Contract::new(&file.target, file.shown.as_deref(), &mut problems);
        let own = contract.triggers.iter();
        let own = own.map(|trigger| (trigger.name.clone(), trigger.weight));
        let triggers: Vec<_> = triggers.unwrap_or_else(|| own.collect());
        let names: Vec<_> = triggers.iter().map(|(name, _)| name.clone()).collect();
        let plan = Self {
            contract: contract.into(),
            access: Arc::default(),
            thresholds: problems.read("thresholds", file.thresholds.as_ref(), |text| {
                Threshold::of(text, &events, &names)
            }),
            abort_on: problems.read("abort_on", file.abort_on.as_ref(), |text| {
                Condition::of(text, &events, &names)
            }),
            seed: file.seed.unwrap_or(drawn_seed),
            target,
            nodes,
            apps: file.target.apps.unwrap_or_default(),
            users: users.count.unwrap_or_default(),
            sockets_per_user: users.sockets_per_user.unwrap_or_default(),
            connect_rate: users.connect_rate.map_or(0.0, |r| r.0),
            login_rate: users.login_rate.map(|r| r.0),
            refused: users
                .refused
                .and_then(|section| Refused::new(&section, &mut problems)),
            people: people.into(),
            user_name: users.name.unwrap_or_default(),
            password: users.password.unwrap_or_default(),
            closed: schedule.closed,
            rate: schedule.rate,
            lanes: pushes.lanes.unwrap_or_default(),
            duration: schedule.duration,
            stages: schedule.stages,
            arrivals: schedule.arrivals,
            burst: schedule.burst,
            broadcast: pushes.broadcast.unwrap_or_default(),
            aim,
            absent: pushes.absent.unwrap_or_default(),
            foreign: pushes.foreign.unwrap_or_default(),
            events,
            weights,
            shapes: pushes.shapes.unwrap_or_default(),
            payloads,
            size: pushes.size.unwrap_or_default(),
            // No target promises an order across ways of asking unless the scenario says that this one does.
            ordering: match promised {
                None if triggers.len() > 1 => Ordering::Lane,
                _ => verify.ordering.unwrap_or_default(),
            },
            triggers,
            deadline: verify.deadline.map_or(Duration::ZERO, |s| s.0),
            warm_up: asked.phases.ramp.map_or(Duration::ZERO, |s| s.0),
            settle: verify.settle.map_or(Duration::ZERO, |s| s.0),
            platform_nodes: file.platform.nodes.unwrap_or(1),
            platform_recovery: file.platform.recovery.map(|span| span.0),
            faults: None,
            limits: Limits {
                deliveries_per_s: file.platform.limit_deliveries_per_s,
                sockets: file.platform.limit_sockets,
            },
            workers: file.generator.workers.unwrap_or_default(),
            source_addrs: file.generator.source_addrs.unwrap_or_default(),
            clients: Clients::new(&file.clients),
            churn: file.churn.as_ref().map(Churn::new),
            requests: file
                .requests
                .as_ref()
                .map(|section| Requests::new(section, &mut problems)),
            conformance: file.conformance,
        };
        let faults = problems.faults(file.platform, &plan);
        let plan = Self { faults, ..plan };
        plan.check(given, &mut problems);
        problems.at_phases(asked.phases);
        problems.phases(asked, &plan);
        problems.report(&asked.report, plan.workers);
        Transports::check(
            file.clients.transport,
            file.clients.transports.as_ref(),
            &mut problems,
        );
        if problems.0.is_empty() {
            Ok(plan)
        } else {
            Err(problems.0)
        }
    }

    /// Everything that has to hold of a whole plan. `given`: what the scenario itself says of pushes.
    fn check(&self, given: &file::Pushes, problems: &mut Problems) {
        problems.limits(self);
        problems.recovery(self);
        self.conformance.check(problems);
        problems.generator(self);
        problems.nodes(self);
        problems.users(self);
        problems.refused(self);
        problems.columns(self);
        problems.triggers(self);
        problems.tls(self);
        problems.namespaces(self);
        problems.schedule(given, self);
        problems.audience(given, self);
        problems.pushes(self);
        problems.senders(self);
        problems.payloads(given, self);
        problems.verify(self);
        self.clients.check(problems);
        self.clients.driver.check(self, problems);
        if let Some(churn) = &self.churn {
            churn.check(self, problems);
        }
        if let Some(requests) = &self.requests {
            requests.check(self, problems);
        }
    }

    /// Sockets of all users.
    pub fn sockets(&self) -> u32 {
        self.users * self.sockets_per_user
    }

    /// The app a user belongs to.
    pub fn app_of(&self, user: UserId) -> AppId {
        AppId(user.0 % self.apps.len() as u32)
    }

    /// The name a user logs in under, and is aimed at by.
    pub fn name_of(&self, user: UserId) -> String {
        match self.people.row(user) {
            Some(row) => row.name.clone(),
            None => self.numbered(&self.user_name, user),
        }
    }

    /// The password a user logs in with.
    pub fn password_of(&self, user: UserId) -> String {
        let listed = self.people.row(user).and_then(|row| row.password.clone());
        listed.unwrap_or_else(|| self.numbered(&self.password, user))
    }

    /// The token a user shows at a time in seconds since 1970, with what is to be wrong with it; empty: none.
    pub fn token_of(&self, user: UserId, now: u64, wrong: Option<Kind>) -> String {
        let (app, n) = place_of(user, self.apps.len());
        let who = Who {
            app: self.apps.get(app.index()).map_or("", String::as_str),
            user: &self.name_of(user),
            place: Some((n, user.0)),
        };
        let listed = self.people.listed(user);
        let token = self.people.token(listed, who, now, wrong);
        token.unwrap_or_default()
    }

    /// How an audience is written in a trigger and in reports: `*`, or the user's name.
    pub fn audience_name(&self, audience: Audience) -> String {
        match audience {
            Audience::Everyone => "*".to_owned(),
            Audience::User(user) => self.name_of(user),
        }
    }

    pub(super) fn numbered(&self, template: &str, user: UserId) -> String {
        template
            .replace("{n}", &(user.0 / self.apps.len() as u32).to_string())
            .replace("{id}", &user.to_string())
    }

    /// Which trigger and lane each push takes.
    pub fn deal(&self) -> Deal {
        let weights: Vec<_> = self.triggers.iter().map(|(_, weight)| *weight).collect();
        Deal::new(self.seed, self.lanes.max(1), &weights)
    }

    /// The trigger of each lane; empty if there is but one.
    pub fn trigger_of_lanes(&self) -> Vec<u16> {
        let deal = self.deal();
        let lanes = if deal.triggers() > 1 { self.lanes } else { 0 };
        let lanes = (0..lanes).map(crate::ids::Lane);
        lanes.map(|lane| deal.trigger_of(lane) as u16).collect()
    }

    /// Most pushes that any lane can send, however the schedule is made to pass.
    pub fn most_pushes_per_lane(&self) -> u32 {
        self.of_lane(self.pace_beyond().hits())
    }

    /// Most pushes any lane is scheduled to send.
    pub fn pushes_per_lane(&self) -> u32 {
        self.of_lane(self.pace().hits())
    }

    fn of_lane(&self, hits: u64) -> u32 {
        let deal = self.deal();
        let pushes = deal.first_lanes().map(|lane| deal.pushes_of(lane, hits));
        pushes.max().unwrap_or_default()
    }
}

/// Where the target is, and its other nodes.
fn urls(target: &file::Target, problems: &mut Problems) -> (Option<String>, Vec<String>) {
    let url = target.url.as_deref();
    let nodes = target.nodes.iter().flatten();
    (
        url.and_then(|url| problems.url("target.url", url)),
        nodes
            .filter_map(|url| problems.url("target.nodes", url))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let file = File::parse(text).unwrap();
        match Plan::from_file(&file, 1) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn the_built_in_scenario_is_a_plan() {
        let plan = Plan::from_file(&File::default(), 9).unwrap();
        assert_eq!(plan.seed, 9);
        assert_eq!(plan.sockets(), 1000);
        assert_eq!(plan.pace().hits(), 2_000);
        assert_eq!(plan.pushes_per_lane(), 500);
    }

    #[test]
    fn users_share_names_across_apps() {
        let plan = Plan::from_file(&File::default(), 9).unwrap();
        let (a, b) = (UserId(6), UserId(7));
        assert_eq!((plan.app_of(a), plan.app_of(b)), (AppId(0), AppId(1)));
        assert_eq!(plan.name_of(a), "user-3");
        assert_eq!(plan.name_of(b), "user-3");
        assert_eq!(plan.password_of(b), "password-3");
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_key() {
        let told = problems(
            "[target]\napps = [\"a\", \"a\"]\n[users]\ncount = 0\nconnect_rate = \"0/s\"\n[pushes]\nrate = \"0\"\nlanes = 0\nbroadcast = 1.5\nevents = [\"connect\"]\n[verify]\nsettle = \"1s\"\n",
        );
        for key in [
            "target.apps: \"a\" is named twice",
            "users.count: no user",
            "users.connect_rate:",
            "pushes.rate:",
            "pushes.lanes: 0 lanes",
            "pushes.broadcast: 1.5 is no share",
            "pushes.events: \"connect\" is reserved",
            "verify.settle: settling ends (1s) before the deadline (2s)",
        ] {
            assert!(told.iter().any(|p| p.starts_with(key)), "{key}: {told:#?}");
        }
    }

    #[test]
    fn every_expression_is_checked_with_its_place() {
        let told = problems(
            "thresholds = [\"deliveries.lost == 0\", \"latancy.push.p99 < 5ms\", \"latency.push.p99 < 5\"]\nabort_on = [\"deliveries.lost > 0\"]\n[users]\ncount = 0\n",
        );
        for start in [
            "thresholds: entry 2: \"latancy.push.p99 < 5ms\": there is no metric",
            "thresholds: entry 3: \"latency.push.p99 < 5\": latency.push.p99 is a time",
            "abort_on: entry 1: \"deliveries.lost > 0\": deliveries.lost is known only",
            "users.count:",
        ] {
            assert!(
                told.iter().any(|p| p.starts_with(start)),
                "{start}: {told:#?}"
            );
        }
        assert_eq!(told.len(), 4, "{told:#?}");
    }

    #[test]
    fn faults_are_for_the_embedded_platform() {
        let text = "seed = 5\n[platform]\nfaults = \"drop=1/9\"\nfault_users = \"*3\"\n";
        let plan = Plan::from_file(&File::parse(text).unwrap(), 1).unwrap();
        let faults = plan.faults.unwrap();
        assert_eq!((faults.rates.as_str(), faults.seed), ("drop=1/9", 5));
        assert_eq!((faults.users.as_deref(), faults.delay), (Some("*3"), None));
        let told = problems("[target]\nurl = \"http://127.0.0.1:1\"\n[platform]\nfaults = \"\"\n");
        assert!(
            told[0].starts_with("platform.faults: only the embedded"),
            "{told:?}"
        );
        let told = problems("[platform]\nfault_seed = 3\n[pushes]\nsize = 1000000\n");
        assert!(
            told.iter()
                .any(|p| p.starts_with("platform.faults: no fault")),
            "{told:?}"
        );
        assert!(
            told.iter()
                .any(|p| p.starts_with("pushes.size: 1000000 bytes")),
            "{told:?}"
        );
    }

    #[test]
    fn nodes_are_the_embedded_platforms_and_do_no_harm() {
        let read = |text: &str| Plan::from_file(&File::parse(text).unwrap(), 1);
        assert_eq!(read("").unwrap().platform_nodes, 1);
        let plan = read("[platform]\nnodes = 6\nlimit_sockets = 6\n").unwrap();
        assert_eq!(plan.platform_nodes, 6);
        assert_eq!(Plan::from_file(&File::from(&plan), 1).unwrap(), plan);
        for (text, why) in [
            ("[platform]\nnodes = 0\n", "from 1 to 64"),
            ("[platform]\nnodes = 65\n", "from 1 to 64"),
            (
                "[target]\nurl = \"http://a\"\n[platform]\nnodes = 2\n",
                "leave target.url out",
            ),
            (
                "[platform]\nnodes = 2\nfaults = \"drop=1/9\"\n",
                "is one node",
            ),
            (
                "[platform]\nnodes = 3\nlimit_sockets = 2\n",
                "at least one for each",
            ),
        ] {
            let told = problems(text);
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(told[0].contains(why), "{told:?}");
        }
    }

    #[test]
    fn limits_are_for_the_embedded_platform() {
        let text = "[platform]\nlimit_deliveries_per_s = 500\nlimit_sockets = 7\n";
        let plan = Plan::from_file(&File::parse(text).unwrap(), 1).unwrap();
        let limits = Limits {
            deliveries_per_s: Some(500),
            sockets: Some(7),
        };
        assert_eq!((plan.limits, plan.faults.as_ref()), (limits, None));
        let written = File::from(&plan);
        assert_eq!(Plan::from_file(&written, 1).unwrap().limits, limits);
        let told = problems(&format!("[target]\nurl = \"http://a\"\n{text}"));
        assert_eq!(told.len(), 2, "{told:?}");
        let told = problems("[platform]\nlimit_sockets = 0\n");
        assert!(told[0].contains("can do nothing"), "{told:?}");
    }

    #[test]
    fn recovery_is_the_embedded_platforms() {
        let text = "[platform]\nrecovery = \"90s\"\n";
        let plan = Plan::from_file(&File::parse(text).unwrap(), 1).unwrap();
        assert_eq!(plan.platform_recovery, Some(Duration::from_secs(90)));
        let written = Plan::from_file(&File::from(&plan), 1).unwrap();
        assert_eq!(written.platform_recovery, plan.platform_recovery);
        let told = problems(&format!("[target]\nurl = \"http://a\"\n{text}"));
        assert!(
            told[0].starts_with("platform.recovery: only the"),
            "{told:?}"
        );
        let told = problems("[platform]\nrecovery = \"0s\"\n");
        assert!(told[0].contains("leave it out"), "{told:?}");
    }

    #[test]
    fn a_url_is_checked() {
        for (url, says) in [
            ("localhost:3000", "is not a URL"),
            ("wss://127.0.0.1", "https:// in place of wss://"),
            ("ws://127.0.0.1", "http:// in place of ws://"),
            ("ftp://127.0.0.1", "only http://"),
            ("http://a/?x=1", "no query"),
            ("", "is not a URL"),
        ] {
            let told = problems(&format!("[target]\nurl = {url:?}\n"));
            assert!(told.iter().any(|p| p.contains(says)), "{url}: {told:?}");
        }
        let file = File::parse("[target]\nurl = \"http://127.0.0.1:80/\"\n").unwrap();
        let plan = Plan::from_file(&file, 1).unwrap();
        assert_eq!(plan.target.as_deref(), Some("http://127.0.0.1:80"));
    }
}
