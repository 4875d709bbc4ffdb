//! A plan as the scenario file that gives it again.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

use super::churn::Churn;
use super::conformance;
use super::contract::Contract;
use super::event::Event;
use super::file::{self, File};
use super::payload::Content;
use super::people::{Loaded, People};
use super::plan::Plan;
use super::problems::Problems;
use super::refused::Refused;
use super::report::Report;
use super::requests::Requests;
use super::triggers::{Entry, Kind};
use super::units::{Rate, Span};

impl From<&Plan> for File {
    /// With nothing left out but the passwords, which belong in no report; nor does what variables of the environment had in them.
    fn from(plan: &Plan) -> Self {
        let schedule = plan.written_schedule();
        Self {
            seed: Some(plan.seed),
            thresholds: texts(&plan.thresholds),
            abort_on: texts(&plan.abort_on),
            target: file::Target {
                url: plan.target.clone(),
                apps: Some(plan.apps.clone()),
                nodes: (!plan.nodes.is_empty()).then(|| plan.nodes.clone()),
                ..plan.contract.shown.clone()
            },
            users: file::Users {
                count: Some(plan.users),
                sockets_per_user: Some(plan.sockets_per_user),
                connect_rate: Some(Rate(plan.connect_rate)),
                login_rate: plan.login_rate.map(Rate),
                name: Some(plan.user_name.clone()),
                password: None,
                refused: plan.refused.map(Refused::to_file),
                ..plan.people.shown()
            },
            pushes: file::Pushes {
                lanes: Some(plan.lanes),
                events: (!plan.weights.is_empty()).then(|| events(plan)),
                shapes: plan.payloads.is_empty().then(|| plan.shapes.clone()),
                payloads: (!plan.payloads.is_empty()).then(|| plan.payloads.clone()),
                size: Some(plan.size.clone()),
                mode: schedule.mode,
                count: schedule.count,
                rate: schedule.rate,
                duration: schedule.duration,
                stages: schedule.stages,
                arrivals: schedule.arrivals,
                burst: schedule.burst,
                ..plan.written_audience()
            },
            phases: plan.written_phases(),
            report: Report::default(),
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
            requests: plan.requests.as_ref().map(Requests::to_file),
            // It is for no run, and may hold secrets.
            conformance: conformance::Section::default(),
            shown: None,
            loaded: None,
            by_hand: None,
        }
    }
}

impl File {
    /// For a report: the files of rows are named there, not repeated.
    #[must_use]
    pub fn without_rows(mut self) -> Self {
        for payload in self.pushes.payloads.iter_mut().flatten() {
            if let Content::Rows(Some(_), rows) = &mut payload.content {
                *rows = None;
            }
        }
        self
    }
}

fn events(plan: &Plan) -> Vec<Event> {
    let all = plan
        .events
        .iter()
        .cloned()
        .zip(plan.weights.iter().copied());
    all.map(|(name, weight)| Event { name, weight }).collect()
}

fn platform(plan: &Plan) -> file::Platform {
    let limits = file::Platform {
        nodes: (plan.platform_nodes > 1).then_some(plan.platform_nodes),
        recovery: plan.platform_recovery.map(Span),
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

impl Plan {
    /// The scenario that gives it again, with what variables of the environment had in them: for no report.
    pub fn as_meant(&self) -> File {
        let mut file = File::from(self);
        file.target.take_spoken();
        let apart = file.target;
        file.target = file::Target {
            url: apart.url,
            apps: apart.apps,
            nodes: apart.nodes,
            ..self.contract.given.clone()
        };
        file.shown = Some(Box::new(self.contract.shown.clone()));
        let (users, loaded) = self.people.meant();
        file.users = file::Users {
            count: file.users.count,
            sockets_per_user: file.users.sockets_per_user,
            connect_rate: file.users.connect_rate,
            login_rate: file.users.login_rate,
            name: file.users.name,
            password: Some(self.password.clone()),
            refused: file.users.refused,
            ..users
        };
        file.loaded = Some(Arc::new(Loaded::clone(loaded)));
        file
    }
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        File::from(self).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Plan {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut file = File::deserialize(from)?;
        // As it was written it means nothing: what variables had in them is not there.
        let shown = file.target.take_spoken();
        let users = file.users.take_people();
        let refused = file.users.refused.take();
        let named = |entry: &Entry| {
            let kind = entry.kind.map(Kind::name).unwrap_or_default();
            let name = entry.name.as_deref().unwrap_or(kind);
            (name.to_owned(), entry.weight.unwrap_or(1))
        };
        let triggers = shown.triggers.as_ref();
        let triggers = triggers.map(|all| all.iter().map(named).collect());
        let plan = Self::read(&file, 0, triggers).map_err(|problems| {
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            serde::de::Error::custom(told.join("; "))
        })?;
        let contract = Contract {
            shown,
            ..Contract::clone(&plan.contract)
        };
        Ok(Self {
            contract: contract.into(),
            refused: refused.and_then(|section| Refused::new(&section, &mut Problems::default())),
            people: People::clone(&plan.people).with_shown(users).into(),
            ..plan
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a scenario may say of when pushes are sent, at whom, and under which name.
    fn workload() -> impl Strategy<Value = String> {
        let stage = (1..5_000_u32, 0.0..900.0_f64, 0.001..900.0_f64)
            .prop_map(|(ms, from, to)| format!("\"{ms}ms: {from}/s -> {to}/m\""));
        let when = prop_oneof![
            Just(String::new()),
            prop::collection::vec(stage, 1..6)
                .prop_map(|all| format!("stages = [{}]\n", all.join(", "))),
        ];
        let arrivals = prop_oneof![
            Just(String::new()),
            Just("arrivals = \"poisson\"\n".to_owned()),
            (1..500_u32).prop_map(|n| format!("arrivals = \"burst\"\nburst = {n}\n")),
        ];
        let whom = prop_oneof![
            Just("audience = \"round-robin\"\n".to_owned()),
            Just("user = \"user-1\"\n".to_owned()),
            (0.0..5.0_f64).prop_map(|s| format!("audience = \"zipf\"\nzipf_exponent = {s:?}\n")),
        ];
        let nobody = (0.0..0.4_f64, 0.0..0.4_f64)
            .prop_map(|(absent, foreign)| format!("absent = {absent:?}\nforeign = {foreign:?}\n"));
        let event = ("[^\\pC\"\\\\]{1,9}", 1..9_u32).prop_map(|(name, weight)| {
            format!("events = [\"one\", {{ name = \"x{name}\", weight = {weight} }}]\n")
        });
        (when, arrivals, whom, nobody, event).prop_map(|(a, b, c, d, e)| [a, b, c, d, e].concat())
    }

    proptest! {
        #[test]
        fn a_workload_reads_back(pushes in workload(), seed: u32) {
            let text = format!(
                "seed = {seed}\n[users]\nname = \"user-{{id}}\"\npassword = \"p\"\n[pushes]\nbroadcast = 0.1\n{pushes}"
            );
            let plan = Plan::from_file(&File::parse(&text).unwrap(), 1).unwrap();
            // Passwords are in no report.
            let plan = Plan { password: "password-{n}".to_owned(), ..plan };
            let json = serde_json::to_string(&plan).unwrap();
            prop_assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan, "{}", json);
        }

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
