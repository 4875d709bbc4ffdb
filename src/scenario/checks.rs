//! What a plan has to keep to: each rule with the key of the scenario that breaks it, and what to do.

use super::plan::Plan;
use super::problems::Problems;
use super::threshold::ThresholdError;

/// More processes than any machine is good for.
const MOST_WORKERS: u32 = 256;
/// Most sockets of a plan.
pub const MOST_SOCKETS: u64 = 1_000_000;
const MOST_LANES: u32 = 1_024;
const MOST_NAMES: usize = 1_000;
/// Each is looked at once a second, or stands in the report.
const MOST_EXPRESSIONS: usize = 1_000;
/// Targets take messages of up to a million bytes, names and array around the payload with them.
pub const MOST_BYTES: u32 = 900_000;

impl Problems {
    /// Reads a list of expressions; each that cannot be read is a problem of its own.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        texts: Option<&Vec<String>>,
        read: impl Fn(&str) -> Result<T, ThresholdError>,
    ) -> Vec<T> {
        let mut all = Vec::new();
        for (n, text) in texts.into_iter().flatten().enumerate() {
            match read(text) {
                Ok(one) => all.push(one),
                Err(error) => self.add_to_entry(key, n, error.to_string()),
            }
        }
        let most = all.len() <= MOST_EXPRESSIONS;
        self.check(most, key, || format!("at most {MOST_EXPRESSIONS} entries"));
        all
    }

    pub(super) fn generator(&mut self, plan: &Plan) {
        const WORKERS: &str = "generator.workers";
        self.check((1..=MOST_WORKERS).contains(&plan.workers), WORKERS, || {
            format!("{} workers; ask for 1 to {MOST_WORKERS}", plan.workers)
        });
        // Users take the apps in turn, and each worker has users of each app.
        let most = plan.users as usize / plan.apps.len().max(1);
        self.check(
            plan.workers <= 1 || plan.workers as usize <= most,
            WORKERS,
            || {
                format!(
                    "{} workers cannot share {most} users of each app; ask for at most {}",
                    plan.workers,
                    most.max(1)
                )
            },
        );
        let alone = plan.nodes.is_empty() || plan.target.is_some();
        self.check(alone, "target.nodes", || {
            "nodes beside no target; name the first one as target.url".to_owned()
        });
        for (i, addr) in plan.source_addrs.iter().enumerate() {
            self.check(
                !addr.is_unspecified() && !addr.is_multicast(),
                "generator.source_addrs",
                || format!("{addr} is no address that a socket can connect from"),
            );
            self.check(
                !plan.source_addrs[..i].contains(addr),
                "generator.source_addrs",
                || format!("{addr} is named twice"),
            );
        }
    }

    pub(super) fn url(&mut self, key: &'static str, url: &str) -> Option<String> {
        let uri = match url.parse::<http::Uri>() {
            Ok(uri) if uri.scheme().is_some() && uri.host().is_some_and(|h| !h.is_empty()) => uri,
            _ => {
                self.add(
                    key,
                    format!("{url:?} is not a URL; write it as http://127.0.0.1:3000"),
                );
                return None;
            }
        };
        match uri.scheme_str() {
            Some("http" | "https") => {}
            Some(scheme @ ("ws" | "wss")) => {
                let http = scheme.replace("ws", "http");
                self.add(key, format!("{url:?}: write {http}:// in place of {scheme}://; logins and sockets share this base URL"));
            }
            _ => self.add(
                key,
                format!("{url:?}: only http:// and https:// URLs can be reached"),
            ),
        }
        self.check(uri.query().is_none(), key, || {
            format!("{url:?}: a base URL has no query")
        });
        Some(url.trim_end_matches('/').to_owned())
    }

    pub(super) fn users(&mut self, plan: &Plan) {
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
            plan.people.are_listed()
                || ["{n}", "{id}"].iter().any(|n| plan.user_name.contains(n))
                || plan.users as usize <= plan.apps.len(),
            "users.name",
            || {
                format!(
                    "{:?} gives every user the same name; put {{n}} where the number goes",
                    plan.user_name
                )
            },
        );
    }

    pub(super) fn pushes(&mut self, plan: &Plan) {
        self.check(
            (1..=MOST_LANES).contains(&plan.lanes),
            "pushes.lanes",
            || format!("{} lanes; ask for 1 to {MOST_LANES}", plan.lanes),
        );
        let triggers = plan.triggers.len();
        self.check(
            plan.lanes == 0 || plan.lanes as usize >= triggers,
            "pushes.lanes",
            || {
                format!(
                    "{} lanes for {triggers} triggers; a lane has one trigger, so ask for at least {triggers}",
                    plan.lanes
                )
            },
        );
        self.check(!plan.shapes.is_empty(), "pushes.shapes", || {
            "name at least one of object, array, text".to_owned()
        });
        // Those that payloads have of their own are checked with them.
        if plan.payloads.is_empty() || !plan.weights.is_empty() {
            self.events(&plan.events[..plan.weights.len()]);
        }
    }

    pub(super) fn verify(&mut self, plan: &Plan) {
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
