//! Scenario files: TOML, every key optional, no unknown key let through.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::clients::Drops;
use super::closed::Mode;
use super::contract::{Connect, Login, Logout, Tls, Trigger};
use super::driver::Driver;
use super::event::Event;
use super::neglect::{Mute, Slow, Stuck};
use super::payload::{Payload, Size};
use super::people::{ByHand, Loaded};
use super::phases::{self, Phases};
use super::profile::Profile;
use super::report::Report;
use super::schedule::{Arrivals, Stage};
use super::transport::{Shares, Transport};
use super::triggers::Entry;
use super::units::{Rate, Span};
use super::{audience, conformance, jwt, refused, requests};
use crate::verify::Ordering;

/// The scenario that `run` takes when it is given none.
pub const BUILT_IN: &str = include_str!("../../scenarios/first-proof.toml");

/// A scenario as written. What is left out is taken from the built-in scenario.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Decides every random choice: the same seed gives the same schedule and the same payload bytes. Drawn and printed if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What the run has to keep to besides, as `latency.push.p99 < 50ms` or `sockets.connected >= 99%`; docs/thresholds.md has the
    /// metrics. One that is breached fails the run, one that nothing was observed of makes it unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thresholds: Option<Vec<String>>,
    /// What ends the run early once it is true, as `deliveries.late > 100` or `latency.push.p99 > 2s after 10s`; looked at once a
    /// second. The run then settles, reports and fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abort_on: Option<Vec<String>>,
    /// The system under test.
    pub target: Target,
    /// Who logs in and connects.
    pub users: Users,
    /// What is pushed.
    pub pushes: Pushes,
    /// The phases of the run.
    #[serde(skip_serializing_if = "phases::is_none")]
    pub phases: Phases,
    /// What counts as right.
    pub verify: Verify,
    /// What the run leaves behind.
    #[serde(skip_serializing_if = "Report::is_none")]
    pub report: Report,
    /// What the embedded platform is made of, what it is to do wrong, and how much it can do; not for other targets.
    pub platform: Platform,
    /// The processes that make the load.
    pub generator: Generator,
    /// How sockets travel, and what they do that lose their connection.
    pub clients: Clients,
    /// Sockets that leave and come back while pushing goes on; without this section none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub churn: Option<Churn>,
    /// Events that sockets emit while pushing goes on, with an ack wanted; without this section none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<requests::Section>,
    /// What `conform` needs of a target besides the way it is spoken to; for no run.
    #[serde(skip_serializing_if = "conformance::Section::is_none")]
    pub conformance: conformance::Section,
    /// The target as it was written, where variables of the environment were filled in.
    #[serde(skip)]
    pub shown: Option<Box<Target>>,
    /// What the section `users` names, once it was read.
    #[serde(skip)]
    pub loaded: Option<Arc<Loaded>>,
    /// It is for something done by hand; `None`: for a run.
    #[serde(skip)]
    pub by_hand: Option<ByHand>,
}

/// The system under test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// Its base URL; left out: the embedded platform is started for the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it is taken for before the rest says more; left out: `embedded` without a URL, `directual` with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// App ids; users and pushes are spread over them, and no app may hear another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apps: Option<Vec<String>>,
    /// Further base URLs of the same system, where it has several nodes: users log in and connect at all of them in turn, and pushes are
    /// asked for at all of them. A push asked for at one has to reach the sockets at every other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Vec<String>>,
    /// Which certificates are trusted and shown, where the URL is `https://`.
    #[serde(skip_serializing_if = "is_default")]
    pub tls: Tls,
    /// Where its Socket.IO is; left out: `/socket.io/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The namespace that sockets connect to, with `{{app}}` and `{{user}}`: `/chat`, or `/{{app}}` where each app has one of its own. Left
    /// out: `/`, the main one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Headers of every request: logins, handshakes, pushes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, String>>,
    /// How users log in.
    #[serde(skip_serializing_if = "is_default")]
    pub login: Login,
    /// How users log out, where the scenario has some who do.
    #[serde(skip_serializing_if = "is_default")]
    pub logout: Logout,
    /// What a socket presents when it connects.
    #[serde(skip_serializing_if = "is_default")]
    pub connect: Connect,
    /// How a push is asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub trigger: Trigger,
    /// Several ways of asking for pushes side by side, in place of `[target.trigger]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triggers: Option<Vec<Entry>>,
}

/// Nothing is said there.
fn is_default<T: Default + PartialEq>(section: &T) -> bool {
    *section == T::default()
}

/// The processes that make the load.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Generator {
    /// Processes that share the users, where one may not open as many files as there are sockets; left out, or 1: the run's own process
    /// holds all sockets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// Local addresses that sockets connect from, in turn: one has some 28,000 ports. Left out: as many of 127.0.0.0/8 as are needed if
    /// the target is on the loopback interface, else whatever the system chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_addrs: Option<Vec<core::net::IpAddr>>,
}

/// Who logs in and connects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Users {
    /// How many users, over all apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Sockets each user holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sockets_per_user: Option<u32>,
    /// Rate at which logins and connects begin, as `1000/s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_rate: Option<Rate>,
    /// Rate at which logins are asked for, retries among them, as `50/s`; left out: only `connect_rate` limits them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_rate: Option<Rate>,
    /// Name of a user; `{n}` counts from 0 in each app, `{id}` over all apps, so that no two users share a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Password of a user; `{n}` and `{id}` as in the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Names of the users, one by one, in place of `name`; users take the apps in turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Vec<String>>,
    /// A CSV file with a user in each row, beside the scenario file: docs/users.md has its columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// A program, with its arguments, that prints a user in each line, as a JSON object; started beside the scenario file. In no report
    /// but for its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Token of a user; `{n}` and `{id}` as in the name. In no report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// A JWT for each user, signed by pushproof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<jwt::Section>,
    /// Users whose credentials are not good: the target has to refuse them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<refused::Section>,
}

/// What is pushed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pushes {
    /// What a lane waits for before its next push: the schedule, or the arrival of its last one. Left out: `open`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// How many pushes there are, over all lanes, with `mode = "closed"` and in place of `duration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Pushes a second, over all lanes, as `200/s`. The schedule does not wait for the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Sequential trigger workers that share the rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lanes: Option<u32>,
    /// How long pushes are scheduled for, as `10s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Span>,
    /// A rate that changes, in place of `rate` and `duration`: stages one after the other, as `10s: 0 -> 500/s` for a linear ramp or
    /// `30s: 500/s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<Stage>>,
    /// How pushes lie within their rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Arrivals>,
    /// Pushes that are due at once, with `arrivals = "burst"`; left out: 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
    /// Share of pushes aimed at `*`, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<f64>,
    /// The users that pushes at one user are aimed at; left out: all as often.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<audience::Users>,
    /// How much oftener the first are aimed at than the last, with `audience = "zipf"`; left out: 1.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zipf_exponent: Option<f64>,
    /// The name of the one user that pushes at one user are aimed at, in place of `audience`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Share of pushes aimed at a user who is not there, 0 to 1: nothing may arrive anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent: Option<f64>,
    /// Share of pushes that ask for another app's user, 0 to 1: nothing may arrive anywhere. For users whose names no two apps share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign: Option<f64>,
    /// Event names, each as likely unless it has a weight: `{ name = "alert", weight = 3 }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Event>>,
    /// Shapes of payload, each as likely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shapes: Option<Vec<Shape>>,
    /// What pushes carry, in place of `shapes`: `"object"`, `"null"`, `{ text = "hello {{user}}" }`, each as likely unless it has a weight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payloads: Option<Vec<Payload>>,
    /// Bytes that a payload has at least, as a number or a distribution; what it lacks is filled up with text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
}

/// What counts as right.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Verify {
    /// Which orders are promised and therefore checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordering: Option<Ordering>,
    /// How long after it was sent a push may arrive without being late, as `2s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Span>,
    /// How long to wait after the last push before judging, as `3s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle: Option<Span>,
}

/// What the embedded platform is made of; what it is to do wrong, and how much it can do: proof that a run finds it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Platform {
    /// How many processes it is, each with a port and a file limit of its own; all of them are one platform. Left out: one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<u32>,
    /// How long a socket whose connection broke can come back and get what it has missed, as `2m` (connection state recovery); left out: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Span>,
    /// Faults and their rates, as `drop=1/1000,duplicate=1/5000`; `pushproof serve --fault-list` has them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faults: Option<String>,
    /// Decides which occasions are taken; left out: the seed of the scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault_seed: Option<u64>,
    /// Only deliveries at users whose names match are harmed, as `*[3-9]?`; left out: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault_users: Option<String>,
    /// How late a fault makes a delivery; left out: `2500ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault_delay: Option<Span>,
    /// Deliveries a second that the platform lets through, over all sockets; more wait. Left out: as many as it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_deliveries_per_s: Option<u32>,
    /// Sockets that it lets in at once, over all apps; left out: as many as it can hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_sockets: Option<u32>,
}

/// How sockets travel, and how they behave that lose their connection: the first four keys of that are socket.io-client's
/// `reconnection`, `reconnectionDelay`, `reconnectionDelayMax` and `randomizationFactor`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Clients {
    /// Whether they come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect: Option<bool>,
    /// Wait before the first attempt, as `1s`; doubled for each further one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect_delay: Option<Span>,
    /// Longest wait before an attempt, as `5s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect_delay_max: Option<Span>,
    /// By which share of itself a wait is shortened or lengthened, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect_jitter: Option<f64>,
    /// Attempts in a row after which a socket gives up; left out: it never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reconnect_attempts: Option<u32>,
    /// Whether they ask a target that offers it for what they have missed (connection state recovery), as socket.io-client does; left out:
    /// they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery: Option<bool>,
    /// What a socket that the target dropped means for the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drops: Option<Drops>,
    /// Which client holds the sockets; left out: `lean`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<Driver>,
    /// The Engine.IO transport of all sockets; left out: `websocket`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// In place of one for all, the share of the sockets that speak each transport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transports: Option<Shares>,
    /// Sockets that read slowly all the while pushes go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow: Option<Slow>,
    /// Sockets that stop reading, and keep their connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stuck: Option<Stuck>,
    /// Sockets that read, and stop answering pings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mute: Option<Mute>,
}

/// Sockets that leave and come back while pushing goes on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Churn {
    /// Departures begun a second, over all churning sockets, as `10/s`; left out: only storms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// How long a socket stays away, as `1s`: half of it to one and a half times it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away: Option<Span>,
    /// Share of the users whose sockets churn, 0 to 1: `0.3` takes the users of each app whose number ends in 0, 1 or 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Share of the departures without a goodbye, 0 to 1: the TCP connection is ended or reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abrupt: Option<f64>,
    /// How long a socket listens on after its goodbye, as `100ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linger: Option<Span>,
    /// Every so often, as `5s`, many leave at once and come back at once; left out: no storms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storm_every: Option<Span>,
    /// Share of the churning sockets that take part in a storm, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storm_share: Option<f64>,
}

/// The shape of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// A plain string.
    Text,
}

impl File {
    /// Reads a scenario file. The error shows the place and what is allowed there.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The built-in scenario.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("the built-in scenario is valid")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_scenario_leaves_nothing_open_but_target_and_seed() {
        let file = File::built_in();
        assert_eq!(file.target.url, None);
        let mut value = serde_json::to_value(&file).unwrap();
        value["target"]["url"] = "set".into();
        value["clients"]["reconnect_attempts"] = 3.into();
        let keys = |section: &str| value[section].as_object().unwrap().len();
        assert_eq!(
            [
                keys("target"),
                keys("users"),
                keys("pushes"),
                keys("verify"),
                keys("generator"),
                keys("clients")
            ],
            [2, 5, 7, 3, 1, 6],
            "a new key needs a default in scenarios/first-proof.toml"
        );
    }

    /// A section that is off unless it is there stands in the built-in scenario as a comment, with its defaults.
    #[test]
    fn the_built_in_scenario_shows_the_defaults_of_churn() {
        assert_eq!(File::built_in().churn, None);
        let lines = BUILT_IN.lines().skip_while(|line| *line != "# [churn]");
        let section: String = lines
            .map_while(|line| line.strip_prefix("# "))
            .flat_map(|line| [line, "\n"])
            .collect();
        let shown = File::parse(&section).unwrap().churn.unwrap();
        let keys = serde_json::to_value(&shown).unwrap();
        assert_eq!(
            keys.as_object().unwrap().len(),
            7,
            "a new key is to be shown"
        );
        let alone = Churn {
            rate: shown.rate,
            storm_every: shown.storm_every,
            ..Churn::default()
        };
        assert_eq!(
            crate::scenario::Churn::new(&alone).to_file(),
            shown,
            "the values shown are the defaults, but for the two that have none"
        );
    }

    #[test]
    fn an_unknown_key_is_shown_with_its_place_and_what_is_allowed() {
        let error = File::parse("[users]\ncuont = 5\n").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(
            error.contains("cuont") && error.contains("`count`"),
            "{error}"
        );
        let error = File::parse("[pushes]\nduration = \"10\"\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 2") && error.contains("10s"), "{error}");
    }

    #[test]
    fn what_lies_over_wins() {
        let over = File::parse("seed = 4\n[pushes]\nrate = \"7/s\"\n").unwrap();
        let file = File::built_in().overlaid(over);
        assert_eq!((file.seed, file.pushes.rate), (Some(4), Some(Rate(7.0))));
        assert_eq!(file.users.count, Some(1000));
    }

    #[test]
    fn what_lies_over_takes_no_gate_away() {
        let file = |text: &str| File::parse(text).unwrap();
        let under = file("thresholds = [\"a\"]\n");
        let over = file("thresholds = [\"b\"]\nabort_on = [\"c\"]\n");
        let both = under.overlaid(over);
        let list = |of: &[&str]| Some(of.iter().map(ToString::to_string).collect());
        assert_eq!(both.thresholds, list(&["a", "b"]));
        assert_eq!(both.abort_on, list(&["c"]));
        assert_eq!(both.overlaid(File::default()).thresholds, list(&["a", "b"]));
    }
}
