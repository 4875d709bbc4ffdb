//! A plan as the scenario file that gives it again.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::churn::Churn;
use super::file::{self, File};
use super::plan::Plan;
use super::units::{Rate, Span};

impl From<&Plan> for File {
    /// With nothing left out but the passwords, which belong in no report.
    fn from(plan: &Plan) -> Self {
        Self {
            seed: Some(plan.seed),
            thresholds: texts(&plan.thresholds),
            abort_on: texts(&plan.abort_on),
            target: file::Target {
                url: plan.target.clone(),
                apps: Some(plan.apps.clone()),
                nodes: (!plan.nodes.is_empty()).then(|| plan.nodes.clone()),
            },
            users: file::Users {
                count: Some(plan.users),
                sockets_per_user: Some(plan.sockets_per_user),
                connect_rate: Some(Rate(plan.connect_rate)),
                name: Some(plan.user_name.clone()),
                password: None,
            },
            pushes: file::Pushes {
                rate: Some(Rate(plan.rate)),
                lanes: Some(plan.lanes),
                duration: Some(Span(plan.duration)),
                broadcast: Some(plan.broadcast),
                events: Some(plan.events.clone()),
                shapes: Some(plan.shapes.clone()),
                size: Some(plan.size),
            },
            verify: file::Verify {
                ordering: Some(plan.ordering),
                deadline: Some(Span(plan.deadline)),
                settle: Some(Span(plan.settle)),
            },
            platform: platform(plan),
            generator: file::Generator {
                workers: Some(plan.workers),
                source_addrs: (!plan.source_addrs.is_empty()).then(|| plan.source_addrs.clone()),
            },
            clients: plan.clients.to_file(),
            churn: plan.churn.as_ref().map(Churn::to_file),
        }
    }
}

fn platform(plan: &Plan) -> file::Platform {
    let limits = file::Platform {
        nodes: (plan.platform_nodes > 1).then_some(plan.platform_nodes),
        limit_deliveries_per_s: plan.limits.deliveries_per_s,
        limit_sockets: plan.limits.sockets,
        ..file::Platform::default()
    };
    let Some(faults) = &plan.faults else {
        return limits;
    };
    file::Platform {
        faults: Some(faults.rates.clone()),
        fault_seed: Some(faults.seed),
        fault_users: faults.users.clone(),
        fault_delay: faults.delay.map(Span),
        ..limits
    }
}

/// Expressions as they were written; `None` for none.
fn texts<T: ToString>(all: &[T]) -> Option<Vec<String>> {
    (!all.is_empty()).then(|| all.iter().map(ToString::to_string).collect())
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        File::from(self).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let file = File::deserialize(from)?;
        Self::from_file(&file, 0).map_err(|problems| {
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            serde::de::Error::custom(told.join("; "))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plan_reads_back(seed: u64, users in 2..9_000_u32, rate in 0.001..9e4_f64, broadcast in 0.0..=1.0_f64, deadline in 0.001..50.0_f64) {
            let text = format!(
                "seed = {}\n[users]\ncount = {users}\n[pushes]\nrate = \"{rate}/s\"\nbroadcast = {broadcast:?}\n[verify]\ndeadline = \"{deadline}ms\"\nsettle = \"{deadline}s\"\n",
                seed >> 1
            );
            let plan = Plan::from_file(&File::parse(&text).unwrap(), 1).unwrap();
            let json = serde_json::to_string(&plan).unwrap();
            prop_assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan, "{}", json);
        }
    }
}
