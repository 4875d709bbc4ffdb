//! What a plan may ask of the embedded platform.

use super::file;
use super::plan::{Faults, Plan};
use super::problems::Problems;
use super::template::{Escape, Name};
use crate::ids::UserId;
use std::time::Duration;

/// Each is a process.
const MOST_NODES: u32 = 64;
/// Each is an argument of the platform's process.
const MOST_NAMESPACES: u32 = 10_000;

impl Plan {
    /// The namespace that a user's sockets connect to; empty: the main one.
    pub fn namespace_of(&self, user: UserId) -> String {
        let app = &self.apps[self.app_of(user).index()];
        let own = self.name_of(user);
        let template = &self.contract.namespace;
        template.fill(Escape::Plain, |name| match name {
            Name::App => app,
            _ => &own,
        })
    }
}

impl Problems {
    pub(super) fn faults(&mut self, platform: file::Platform, plan: &Plan) -> Option<Faults> {
        const KEY: &str = "platform.faults";
        let Some(rates) = platform.faults else {
            let about = [
                platform.fault_seed.is_some(),
                platform.fault_users.is_some(),
            ];
            let alone = about.contains(&true) || platform.fault_delay.is_some();
            self.check(!alone, KEY, || {
                "no fault is named; write for example faults = \"drop=1/1000\", or leave [platform] out".to_owned()
            });
            return None;
        };
        self.check(plan.target.is_none(), KEY, || {
            "only the embedded platform can be made to misbehave; leave target.url out".to_owned()
        });
        Some(Faults {
            rates,
            seed: platform.fault_seed.unwrap_or(plan.seed),
            users: platform.fault_users,
            delay: platform.fault_delay.map(|span| span.0),
        })
    }

    pub(super) fn limits(&mut self, plan: &Plan) {
        let limits = plan.limits;
        for (key, limit) in [
            ("platform.limit_deliveries_per_s", limits.deliveries_per_s),
            ("platform.limit_sockets", limits.sockets),
        ] {
            self.check(limit != Some(0), key, || {
                "a platform that can do nothing proves nothing; ask for at least 1".to_owned()
            });
            self.check(limit.is_none() || plan.target.is_none(), key, || {
                "only the embedded platform has limits that can be set; leave target.url out"
                    .to_owned()
            });
        }
    }

    pub(super) fn recovery(&mut self, plan: &Plan) {
        const KEY: &str = "platform.recovery";
        let Some(window) = plan.platform_recovery else {
            return;
        };
        self.check(plan.target.is_none(), KEY, || {
            "only the embedded platform can be told to recover connections; leave target.url out"
                .to_owned()
        });
        self.check(window >= Duration::from_millis(1), KEY, || {
            "nobody is back within no time; ask for a longer one, as \"2m\", or leave it out for no recovery"
                .to_owned()
        });
    }

    /// Checks the namespaces that sockets connect to, once names are filled in.
    pub(super) fn namespaces(&mut self, plan: &Plan) {
        const KEY: &str = "target.namespace";
        let template = &plan.contract.namespace;
        let cannot = |name: &String| name.contains([',', '?']);
        // One that has them as it is written is told as such.
        if template.is_empty() || plan.apps.is_empty() || cannot(&template.to_string()) {
            return;
        }
        let each = template.has(Name::User);
        let apps = plan.apps.len() as u32;
        let users = if each {
            plan.users
        } else {
            plan.users.min(apps)
        };
        self.check(plan.target.is_some() || users <= MOST_NAMESPACES, KEY, || {
            format!("the embedded platform serves at most {MOST_NAMESPACES} namespaces, and {users} users ask for one each; take fewer users, or name a target")
        });
        let mut names = (0..users).map(|user| plan.namespace_of(UserId(user)));
        if let Some(name) = names.find(cannot) {
            self.add(KEY, format!("{name:?} would be one of them, and no packet can name it: neither a comma nor a question mark can stand in it"));
        }
    }

    pub(super) fn nodes(&mut self, plan: &Plan) {
        const KEY: &str = "platform.nodes";
        let nodes = plan.platform_nodes;
        self.check((1..=MOST_NODES).contains(&nodes), KEY, || {
            format!("a platform has from 1 to {MOST_NODES} nodes")
        });
        if nodes < 2 {
            return;
        }
        self.check(plan.target.is_none(), KEY, || {
            "only the embedded platform has nodes that can be asked for; leave target.url out"
                .to_owned()
        });
        self.check(plan.faults.is_none(), KEY, || {
            "a platform that misbehaves is one node: with several, nobody could count its harms exactly"
                .to_owned()
        });
        let limits = [plan.limits.deliveries_per_s, plan.limits.sockets];
        let shared = limits.into_iter().flatten().all(|limit| limit >= nodes);
        self.check(shared, KEY, || {
            "each node has its share of a limit; ask for a limit of at least one for each"
                .to_owned()
        });
    }
}
