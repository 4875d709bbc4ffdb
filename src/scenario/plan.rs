//! A checked, complete scenario: the only form that anything but the command line sees.

use std::fmt;
use std::time::Duration;

use super::file::{File, Shape};
use crate::ids::{AppId, Audience, UserId};
use crate::pace::Pace;
use crate::protocol::socket::RESERVED_EVENTS;
use crate::verify::Ordering;

/// Everything a run goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Decides every random choice.
    pub seed: u64,
    /// Base URL of the target without a slash at its end; `None`: the embedded platform.
    pub target: Option<String>,
    /// App ids, by [`AppId`].
    pub apps: Vec<String>,
    /// How many users, over all apps.
    pub users: u32,
    /// Sockets each of them holds.
    pub sockets_per_user: u32,
    /// Logins and connects begun a second.
    pub connect_rate: f64,
    /// Name of a user, with `{n}`.
    pub user_name: String,
    /// Password of a user, with `{n}`.
    pub password: String,
    /// Pushes a second, over all lanes.
    pub rate: f64,
    /// Sequential trigger workers.
    pub lanes: u32,
    /// How long pushes are scheduled for.
    pub duration: Duration,
    /// Share of pushes aimed at `*`.
    pub broadcast: f64,
    /// Event names, by [`crate::ids::EventId`].
    pub events: Vec<String>,
    /// Shapes of payload.
    pub shapes: Vec<Shape>,
    /// Which orders are checked.
    pub ordering: Ordering,
    /// How long after it was sent a push may arrive without being late.
    pub deadline: Duration,
    /// The wait after the last push.
    pub settle: Duration,
}

/// Something in a scenario that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, as `users.count`.
    pub key: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

const MOST_SOCKETS: u64 = 1_000_000;
const MOST_LANES: u32 = 1_024;
const MOST_PUSHES: u64 = 100_000_000;
const MOST_NAMES: usize = 1_000;

impl Plan {
    /// Checks a scenario, with whatever it leaves out taken from the built-in one. All problems at once.
    pub fn from_file(file: &File, drawn_seed: u64) -> Result<Self, Vec<Problem>> {
        let file = File::built_in().overlaid(file.clone());
        let mut problems = Problems(Vec::new());
        let (users, pushes, verify) = (file.users, file.pushes, file.verify);
        let plan = Self {
            seed: file.seed.unwrap_or(drawn_seed),
            target: file.target.url.and_then(|url| problems.url(&url)),
            apps: file.target.apps.unwrap_or_default(),
            users: users.count.unwrap_or_default(),
            sockets_per_user: users.sockets_per_user.unwrap_or_default(),
            connect_rate: users.connect_rate.map_or(0.0, |r| r.0),
            user_name: users.name.unwrap_or_default(),
            password: users.password.unwrap_or_default(),
            rate: pushes.rate.map_or(0.0, |r| r.0),
            lanes: pushes.lanes.unwrap_or_default(),
            duration: pushes.duration.map_or(Duration::ZERO, |s| s.0),
            broadcast: pushes.broadcast.unwrap_or_default(),
            events: pushes.events.unwrap_or_default(),
            shapes: pushes.shapes.unwrap_or_default(),
            ordering: verify.ordering.unwrap_or_default(),
            deadline: verify.deadline.map_or(Duration::ZERO, |s| s.0),
            settle: verify.settle.map_or(Duration::ZERO, |s| s.0),
        };
        problems.users(&plan);
        problems.pushes(&plan);
        problems.verify(&plan);
        if problems.0.is_empty() {
            Ok(plan)
        } else {
            Err(problems.0)
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
        self.numbered(&self.user_name, user)
    }

    /// The password a user logs in with.
    pub fn password_of(&self, user: UserId) -> String {
        self.numbered(&self.password, user)
    }

    /// How an audience is written in a trigger and in reports: `*`, or the user's name.
    pub fn audience_name(&self, audience: Audience) -> String {
        match audience {
            Audience::Everyone => "*".to_owned(),
            Audience::User(user) => self.name_of(user),
        }
    }

    fn numbered(&self, template: &str, user: UserId) -> String {
        template.replace("{n}", &(user.0 / self.apps.len() as u32).to_string())
    }

    /// The schedule of pushes over all lanes.
    pub fn pace(&self) -> Pace {
        Pace::lasting(self.rate, self.duration)
    }

    /// Most pushes any lane is scheduled to send.
    pub fn pushes_per_lane(&self) -> u32 {
        u32::try_from(self.pace().hits().div_ceil(u64::from(self.lanes))).unwrap_or(u32::MAX)
    }
}

struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, key: &'static str, message: impl Into<String>) {
        self.0.push(Problem {
            key,
            message: message.into(),
        });
    }

    fn check(&mut self, ok: bool, key: &'static str, message: impl FnOnce() -> String) {
        if !ok {
            self.add(key, message());
        }
    }

    fn url(&mut self, url: &str) -> Option<String> {
        const KEY: &str = "target.url";
        let uri = match url.parse::<http::Uri>() {
            Ok(uri) if uri.scheme().is_some() && uri.host().is_some_and(|h| !h.is_empty()) => uri,
            _ => {
                self.add(
                    KEY,
                    format!("{url:?} is not a URL; write it as http://127.0.0.1:3000"),
                );
                return None;
            }
        };
        match uri.scheme_str() {
            Some("http") => {}
            Some("https" | "wss") => {
                self.add(KEY, format!("{url:?}: TLS targets are not supported yet; use a plain http:// address of the target"));
            }
            Some("ws") => self.add(KEY, format!("{url:?}: write http:// in place of ws://; logins and sockets share this base URL")),
            _ => self.add(KEY, format!("{url:?}: only http:// URLs can be reached")),
        }
        self.check(uri.query().is_none(), KEY, || {
            format!("{url:?}: a base URL has no query")
        });
        Some(url.trim_end_matches('/').to_owned())
    }

    fn users(&mut self, plan: &Plan) {
        self.check(!plan.apps.is_empty(), "target.apps", || {
            "name at least one app".to_owned()
        });
        self.check(plan.apps.len() <= MOST_NAMES, "target.apps", || {
            format!("at most {MOST_NAMES} apps")
        });
        for (i, app) in plan.apps.iter().enumerate() {
            self.check(!app.is_empty(), "target.apps", || {
                "an app id is empty".to_owned()
            });
            self.check(!plan.apps[..i].contains(app), "target.apps", || {
                format!("{app:?} is named twice")
            });
        }
        self.check(plan.users >= 1, "users.count", || {
            "no user, nothing to deliver to; ask for at least 1".to_owned()
        });
        self.check(
            plan.users == 0 || plan.users as usize >= plan.apps.len(),
            "users.count",
            || {
                format!(
                    "{} users cannot be spread over {} apps; ask for at least one user an app, or name fewer apps with --app",
                    plan.users,
                    plan.apps.len()
                )
            },
        );
        self.check(plan.sockets_per_user >= 1, "users.sockets_per_user", || {
            "no socket, nothing arrives; ask for at least 1".to_owned()
        });
        let sockets = u64::from(plan.users) * u64::from(plan.sockets_per_user);
        self.check(sockets <= MOST_SOCKETS, "users.count", || {
            format!("{sockets} sockets are more than one run can hold (at most {MOST_SOCKETS})")
        });
        self.check(plan.connect_rate > 0.0, "users.connect_rate", || {
            "at this rate nobody ever connects; write one above zero, as 500/s".to_owned()
        });
        self.check(
            plan.user_name.contains("{n}") || plan.users as usize <= plan.apps.len(),
            "users.name",
            || {
                format!(
                    "{:?} gives every user the same name; put {{n}} where the number goes",
                    plan.user_name
                )
            },
        );
    }

    fn pushes(&mut self, plan: &Plan) {
        self.check(plan.rate > 0.0, "pushes.rate", || {
            "at this rate nothing is ever pushed; write one above zero, as 200/s".to_owned()
        });
        self.check(
            (1..=MOST_LANES).contains(&plan.lanes),
            "pushes.lanes",
            || format!("{} lanes; ask for 1 to {MOST_LANES}", plan.lanes),
        );
        self.check(!plan.duration.is_zero(), "pushes.duration", || {
            "nothing can be pushed in no time; write one above zero, as 10s".to_owned()
        });
        let hits = plan.pace().hits();
        self.check(hits <= MOST_PUSHES, "pushes.duration", || {
            format!("{hits} pushes are more than one run keeps account of (at most {MOST_PUSHES}); lower the rate or the duration")
        });
        self.check(
            (0.0..=1.0).contains(&plan.broadcast),
            "pushes.broadcast",
            || format!("{} is no share; write a number from 0 to 1", plan.broadcast),
        );
        self.check(!plan.shapes.is_empty(), "pushes.shapes", || {
            "name at least one of object, array, text".to_owned()
        });
        self.check(!plan.events.is_empty(), "pushes.events", || {
            "name at least one event".to_owned()
        });
        self.check(plan.events.len() <= MOST_NAMES, "pushes.events", || {
            format!("at most {MOST_NAMES} event names")
        });
        for (i, event) in plan.events.iter().enumerate() {
            self.check(!event.is_empty(), "pushes.events", || {
                "an event name is empty".to_owned()
            });
            self.check(!RESERVED_EVENTS.contains(&event.as_str()), "pushes.events", || {
                format!("{event:?} is reserved by Socket.IO and cannot be pushed; choose another name")
            });
            self.check(!plan.events[..i].contains(event), "pushes.events", || {
                format!("{event:?} is named twice")
            });
        }
    }

    fn verify(&mut self, plan: &Plan) {
        self.check(!plan.deadline.is_zero(), "verify.deadline", || {
            "nothing can arrive in no time; write one above zero, as 2s".to_owned()
        });
        self.check(plan.settle >= plan.deadline, "verify.settle", || {
            format!(
                "settling ends ({:?}) before the deadline ({:?}), so a late push could not be told from a lost one; make it at least the deadline",
                plan.settle, plan.deadline
            )
        });
    }
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
    fn a_url_is_checked() {
        for (url, says) in [
            ("localhost:3000", "is not a URL"),
            ("https://api.example", "TLS"),
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
