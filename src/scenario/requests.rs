//! Requests: events that sockets of the run emit themselves, each with an ack wanted and a right answer known beforehand.
//!
//! Sockets take turns: request `n` belongs to the socket whose turn `n` is, and is due `n` intervals after pushing began. So each socket
//! knows its own schedule, and all of them together keep to the rate. The last is due when the last push is, at the latest: from then on
//! pushing may be over.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::payload::template::{Template, Values};
use super::plan::Plan;
use super::problems::Problems;
use super::units::{Rate, Span};
use super::workload::letter;
use crate::ids::{SocketId, UserId};
use crate::protocol::socket::RESERVED_EVENTS;
use crate::time::Time;
use crate::verify::json_equal;

/// Tells the draws of this module from all others of a seed.
const DRAWS: u64 = 0x7265_7175_6573_7473;
/// What is asked unless a scenario says otherwise.
const EVENT: &str = "echo";
const MESSAGE: &str = r#"{"n":{{seq}},"text":"{{random 16}}"}"#;
const ECHO: &str = "echo";
/// Most requests that one socket may have under way.
const MOST_UNDER_WAY: f64 = 10_000.0;
const MOST_REQUESTS: f64 = 100_000_000.0;
const MOST_BYTES: usize = 100_000;

/// Events that sockets emit while pushing goes on, with an ack wanted; without this section none does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// The name of the event; left out: `echo`, which the embedded platform answers with what it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Requests a second over all sockets, which take turns, as `50/s`. The schedule does not wait for the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// The one argument of the event: JSON with places for values: `{{user}}` and `{{app}}` whose socket it is, `{{event}}`, `{{seq}}`,
    /// `{{random 16}}`. Empty: no argument. Left out: an object with `{{seq}}` and `{{random 16}}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The right answer: `echo` for an ack with the arguments of the event, `empty` for one without arguments, `any` for whatever comes, or
    /// JSON with the same places as the message, which the one argument of the ack has to be equal to as a value. Left out: `echo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// How long the ack may take, as `1s`; at most `verify.settle`. Left out: that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// Share of the sockets that emit, 0 to 1; left out: all. None of those that neglect something, or that the target has to refuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
}

impl Section {
    pub(super) fn overlaid(self, over: Self) -> Self {
        Self {
            event: over.event.or(self.event),
            rate: over.rate.or(self.rate),
            message: over.message.or(self.message),
            answer: over.answer.or(self.answer),
            timeout: over.timeout.or(self.timeout),
            share: over.share.or(self.share),
        }
    }
}

/// What sockets ask, how often, and what the right answer is.
#[derive(Debug, Clone, PartialEq)]
pub struct Requests {
    /// The name of the event.
    pub event: String,
    /// Requests a second, over all sockets.
    pub rate: f64,
    /// How long the ack may take.
    pub timeout: Duration,
    /// Share of the sockets that ask.
    pub share: f64,
    /// As they were written.
    message: String,
    answer: String,
    /// `None`: no argument.
    asked: Option<Template>,
    right: Right,
}

/// What answer is right.
#[derive(Debug, Clone, PartialEq)]
enum Right {
    Any,
    Empty,
    Echo,
    Json(Template),
}

impl Requests {
    pub(super) fn new(section: &Section, problems: &mut Problems) -> Self {
        let or = |text: &Option<String>, other: &str| text.clone().unwrap_or(other.to_owned());
        let message = or(&section.message, MESSAGE);
        let answer = or(&section.answer, ECHO);
        let mut template = |key, text: &str| match Template::untagged(text) {
            Ok(template) => Some(template),
            Err(error) => {
                problems.add(key, error);
                None
            }
        };
        let asked = match message.trim() {
            "" => None,
            text => template("requests.message", text),
        };
        let right = match answer.trim() {
            "any" => Right::Any,
            "empty" => Right::Empty,
            ECHO => Right::Echo,
            text => Template::untagged(text).map_or_else(
                |error| {
                    let told = format!(
                        "{error}; write echo, empty, any, or JSON, as {{\"ok\":true}} or '\"ok\"'"
                    );
                    problems.add("requests.answer", told);
                    Right::Any
                },
                Right::Json,
            ),
        };
        problems.check(section.rate.is_some(), "requests.rate", || {
            "say how often all sockets together ask, as 50/s".to_owned()
        });
        Self {
            event: or(&section.event, EVENT),
            rate: section.rate.map_or(1.0, |rate| rate.0),
            timeout: section
                .timeout
                .map_or(Duration::from_secs(1), |span| span.0),
            share: section.share.unwrap_or(1.0),
            message,
            answer,
            asked,
            right,
        }
    }

    /// As it would be written.
    pub(super) fn to_file(&self) -> Section {
        Section {
            event: Some(self.event.clone()),
            rate: Some(Rate(self.rate)),
            message: Some(self.message.clone()),
            answer: Some(self.answer.clone()),
            timeout: Some(Span(self.timeout)),
            share: Some(self.share),
        }
    }

    pub(super) fn check(&self, plan: &Plan, problems: &mut Problems) {
        problems.share("requests.share", self.share);
        problems.check(self.rate > 0.0, "requests.rate", || {
            "at this rate nothing is ever asked; write one above zero, as 50/s, or leave the section out".to_owned()
        });
        problems.check(!self.event.is_empty(), "requests.event", || {
            "an event name is empty".to_owned()
        });
        let reserved = RESERVED_EVENTS.contains(&self.event.as_str());
        problems.check(!reserved, "requests.event", || {
            format!(
                "{:?} is reserved by Socket.IO and cannot be emitted; choose another name",
                self.event
            )
        });
        problems.check(!self.timeout.is_zero(), "requests.timeout", || {
            "nothing can be answered in no time; write one above zero, as 1s".to_owned()
        });
        problems.check(self.timeout <= plan.settle, "requests.timeout", || {
            format!(
                "settling ends ({:?} after the last push) before the last request has had its time ({:?}); make it at most verify.settle",
                plan.settle, self.timeout
            )
        });
        for (key, written) in [
            ("requests.message", &self.message),
            ("requests.answer", &self.answer),
        ] {
            problems.check(written.len() <= MOST_BYTES, key, || {
                format!("{} bytes; at most {MOST_BYTES}", written.len())
            });
        }
        let requests = self.rate * plan.duration.as_secs_f64();
        problems.check(requests <= MOST_REQUESTS, "requests.rate", || {
            format!("{requests:.0} requests in one run; at most {MOST_REQUESTS:.0}")
        });
        let sockets = u64::from(plan.users) * u64::from(plan.sockets_per_user);
        if !(0.0..=1.0).contains(&self.share) || sockets > super::MOST_SOCKETS {
            return;
        }
        let askers = Askers::among(plan, self).count;
        problems.check(askers > 0 || sockets == 0, "requests.share", || {
            format!(
                "{} of the sockets that may ask are none of them; write a larger share",
                self.share
            )
        });
        let under_way = self.rate * self.timeout.as_secs_f64() / f64::from(askers.max(1));
        problems.check(under_way <= MOST_UNDER_WAY, "requests.rate", || {
            format!("{under_way:.0} requests could be under way at each socket; lower the rate or the timeout")
        });
    }

    /// When a request is due, from when pushing began.
    pub fn due(&self, number: u64) -> Duration {
        Duration::from_secs_f64(number as f64 / self.rate)
    }

    /// The first request that is due then or later.
    pub fn first_from(&self, elapsed: Duration) -> u64 {
        let mut number = (elapsed.as_secs_f64() * self.rate).ceil() as u64;
        while number > 0 && self.due(number - 1) >= elapsed {
            number -= 1;
        }
        while self.due(number) < elapsed {
            number += 1;
        }
        number
    }

    /// What a request carries: its arguments as JSON, without the outer brackets.
    pub fn args(&self, plan: &Plan, user: UserId, number: u64) -> String {
        let asked = self.asked.as_ref();
        asked.map_or_else(String::new, |asked| self.fill(asked, plan, user, number))
    }

    /// Whether an ack with these arguments, JSON without the outer brackets, is the right answer to a request.
    pub fn is_right(&self, plan: &Plan, user: UserId, number: u64, answer: &str) -> bool {
        let right = match &self.right {
            Right::Any => return true,
            Right::Empty => return answer.trim().is_empty(),
            Right::Echo => self.args(plan, user, number),
            Right::Json(template) => self.fill(template, plan, user, number),
        };
        answer == right || json_equal(&format!("[{answer}]"), &format!("[{right}]"))
    }

    fn fill(&self, template: &Template, plan: &Plan, user: UserId, number: u64) -> String {
        let mut of = Of {
            plan,
            event: &self.event,
            user,
            number,
            rng: None,
        };
        template.filled("", &mut of).0
    }

    /// What is right, in words.
    pub fn right_in_words(&self) -> String {
        match self.right {
            Right::Any => "any ack is right".to_owned(),
            Right::Empty => "an ack without arguments is right".to_owned(),
            Right::Echo => "an ack with the same arguments is right".to_owned(),
            Right::Json(_) => format!("right is {}", self.answer),
        }
    }
}

/// What stands in the places of one request. The answer's random letters are the message's.
struct Of<'a> {
    plan: &'a Plan,
    event: &'a str,
    user: UserId,
    number: u64,
    rng: Option<ChaCha8Rng>,
}

impl Values for Of<'_> {
    fn user(&self) -> String {
        self.plan.name_of(self.user)
    }

    fn app(&self) -> &str {
        &self.plan.apps[self.plan.app_of(self.user).index()]
    }

    fn event(&self) -> &str {
        self.event
    }

    fn seq(&self) -> u64 {
        self.number
    }

    fn random(&mut self) -> char {
        let (seed, number) = (self.plan.seed ^ DRAWS, self.number);
        let rng = self.rng.get_or_insert_with(|| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(number);
            rng
        });
        letter(rng)
    }
}

/// Whose turn is when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Askers {
    /// The turn of each socket; `u32::MAX`: it does not ask.
    turns: Vec<u32>,
    /// How many ask.
    pub count: u32,
    /// Nothing is due later than this, from when pushing began.
    pub until: Duration,
}

impl Askers {
    /// Of a plan; `None`: nobody asks anything.
    pub fn of(plan: &Plan) -> Option<Self> {
        plan.requests
            .as_ref()
            .map(|requests| Self::among(plan, requests))
    }

    fn among(plan: &Plan, requests: &Requests) -> Self {
        let (mut count, mut seen) = (0, 0_u32);
        let turns = (0..plan.sockets()).map(|n| {
            let socket = SocketId(n);
            let user = UserId(n / plan.sockets_per_user.max(1));
            let neglects = plan.clients.neglect.of(plan.seed, socket).is_some();
            if neglects || plan.is_refused(user) {
                return u32::MAX;
            }
            // Of those that may, as many as the share says, evenly.
            let so_far = |seen: u32| (f64::from(seen) * requests.share).floor();
            seen += 1;
            if so_far(seen) <= so_far(seen - 1) {
                return u32::MAX;
            }
            count += 1;
            count - 1
        });
        let turns = turns.collect();
        let until = plan.last_push();
        Self {
            turns,
            count,
            until,
        }
    }

    /// The turn of a socket; `None`: it does not ask.
    pub fn turn(&self, socket: SocketId) -> Option<u32> {
        let turn = self.turns.get(socket.index()).copied();
        turn.filter(|turn| *turn != u32::MAX)
    }

    /// The first request from this one on that is a socket's, whose turn this is.
    pub fn first_of(&self, turn: u32, from: u64) -> u64 {
        let (count, turn) = (u64::from(self.count), u64::from(turn));
        from + (turn + count - from % count) % count
    }
}

impl Plan {
    /// Requests of the whole schedule.
    pub fn requests_scheduled(&self) -> u64 {
        let requests = self.requests.as_ref();
        let after = || self.last_push() + Duration::from_nanos(1);
        requests.map_or(0, |requests| requests.first_from(after()))
    }

    /// When the last push is due, from when pushing began.
    fn last_push(&self) -> Duration {
        let pace = self.pace();
        let last = pace.hits().checked_sub(1);
        last.map_or(Duration::ZERO, |last| pace.intended(last) - Time::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    fn plan(text: &str) -> Plan {
        Plan::from_file(&File::parse(text).unwrap(), 1).unwrap()
    }

    #[test]
    fn all_sockets_together_keep_to_the_rate() {
        let plan = plan(
            "[users]\ncount = 10\nsockets_per_user = 2\n[pushes]\nduration = \"2s\"\n[requests]\nrate = \"30/s\"\nshare = 0.35\n",
        );
        let requests = plan.requests.as_ref().unwrap();
        let askers = Askers::of(&plan).unwrap();
        assert_eq!(askers.count, 7);
        // The last push is due 5 ms before the end.
        assert_eq!(plan.requests_scheduled(), 60);
        let mut asked = Vec::new();
        for socket in (0..20).map(SocketId) {
            let Some(turn) = askers.turn(socket) else {
                continue;
            };
            let mut next = askers.first_of(turn, 0);
            while requests.due(next) <= askers.until {
                asked.push(next);
                next = askers.first_of(turn, next + 1);
            }
        }
        asked.sort_unstable();
        assert_eq!(asked, (0..60).collect::<Vec<_>>());
        for at in [0, 1, 333, 500, 999, 1_000] {
            let at = Duration::from_millis(at);
            let first = requests.first_from(at);
            assert!(requests.due(first) >= at);
            assert!(first == 0 || requests.due(first - 1) < at);
        }
    }

    #[test]
    fn the_right_answer_is_told_from_any_other() {
        let of = |answer: &str| {
            plan(&format!(
                "[requests]\nrate = \"5/s\"\nmessage = '{{\"n\":{{{{seq}}}},\"r\":\"{{{{random 4}}}}\"}}'\n{answer}"
            ))
        };
        let check = |plan: &Plan, answer: &str| {
            let requests = plan.requests.as_ref().unwrap();
            requests.is_right(plan, UserId(3), 7, answer)
        };
        let echo = of("");
        let requests = echo.requests.as_ref().unwrap();
        let args = requests.args(&echo, UserId(3), 7);
        assert!(args.starts_with(r#"{"n":7,"r":""#), "{args}");
        assert_ne!(args, requests.args(&echo, UserId(3), 8).replace('8', "7"));
        let random = &args[12..16];
        assert!(check(&echo, &args));
        assert!(check(&echo, &format!(r#" {{"r":"{random}", "n":7.0}} "#)));
        for wrong in ["", "null", r#"{"n":7}"#, &format!("{args},{args}")] {
            assert!(!check(&echo, wrong), "{wrong}");
        }
        let json = of(r#"answer = '{"for":"{{user}}","r":"{{random 4}}"}'"#);
        assert!(check(
            &json,
            &format!(r#"{{"for":"user-1","r":"{random}"}}"#)
        ));
        assert!(!check(&json, &args));
        let empty = of("answer = \"empty\"");
        assert!(check(&empty, "") && !check(&empty, "null"));
        assert!(check(&of("answer = \"any\""), "1,2"));
    }

    #[test]
    fn a_section_reads_back() {
        let plan = plan("[requests]\nrate = \"5/s\"\nanswer = '\"ok\"'\nmessage = ''\n");
        let json = serde_json::to_string(&plan).unwrap();
        let again: Plan = serde_json::from_str(&json).unwrap();
        assert_eq!(again.requests, plan.requests);
        assert_eq!(
            plan.requests.as_ref().unwrap().args(&plan, UserId(0), 1),
            ""
        );
    }
}
