//! The form of the JSON. Times are in microseconds.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::SCHEMA;
use crate::ids::UserId;
use crate::measure::RequestCounts;
use crate::summary::live::{About, HealthNow, LatenciesSoFar, Part, RateChange};
use crate::summary::verdict::Judgement;
use crate::summary::{
    Checked, LoginCounts, MustRefuse, Outcome, PushCounts, Reasons, Second, Snapshot, SocketCounts,
    Target,
};
use crate::verify::{Counts, Example};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Form {
    pub(super) schema: String,
    pub(super) about: Whole,
    pub(super) phase: String,
    pub(super) phase_elapsed_us: u64,
    pub(super) phase_left_us: Option<u64>,
    pub(super) elapsed_us: u64,
    pub(super) rate: Option<f64>,
    pub(super) sockets: SocketCounts,
    pub(super) logins: LoginCounts,
    pub(super) must_refuse: MustRefuse,
    pub(super) refusals: Reasons,
    pub(super) drops: Reasons,
    pub(super) pushes: PushCounts,
    pub(super) push_failures: Reasons,
    pub(super) counts: Counts,
    pub(super) second: Second,
    pub(super) past: Vec<Second>,
    pub(super) in_flight: u64,
    pub(super) latencies: LatenciesSoFar,
    pub(super) parts: Vec<Part>,
    pub(super) examples: Vec<Example>,
    pub(super) users: BTreeMap<UserId, String>,
    pub(super) generator: HealthNow,
    pub(super) thresholds: Vec<Stands>,
    pub(super) requests: RequestCounts,
    pub(super) changes: Vec<RateChange>,
    pub(super) ended: Option<Ended>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Whole {
    scenario: String,
    target: Target,
    seed: u64,
    started_at_unix_ms: u64,
    lanes: u32,
    apps: Vec<String>,
    pub(super) events: Vec<String>,
    deadline_us: Option<u64>,
    pushing_us: Option<u64>,
    push_limits: Vec<(String, u64)>,
}

/// A threshold, with how it stands.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stands {
    pub(super) expression: String,
    /// What was observed, and whether it holds.
    pub(super) held: Option<(f64, bool)>,
    pub(super) outcome: String,
    pub(super) why: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ended {
    pub(super) verdict: String,
    pub(super) exit_code: u8,
    pub(super) reasons: Vec<String>,
    pub(super) limits: Vec<String>,
    pub(super) thresholds: Vec<Stands>,
}

fn us(of: Duration) -> u64 {
    u64::try_from(of.as_micros()).unwrap_or(u64::MAX)
}

impl Form {
    pub(super) fn of(snapshot: &Snapshot, since: u64) -> Self {
        let past = snapshot.past.iter();
        let past = past.filter(|second| second.second >= since);
        Self {
            schema: SCHEMA.to_owned(),
            about: Whole::of(&snapshot.about),
            phase: snapshot.phase.to_owned(),
            phase_elapsed_us: us(snapshot.phase_elapsed),
            phase_left_us: snapshot.phase_left.map(us),
            elapsed_us: us(snapshot.elapsed),
            rate: snapshot.rate,
            sockets: snapshot.sockets,
            logins: snapshot.logins,
            must_refuse: snapshot.must_refuse.clone(),
            refusals: snapshot.refusals.clone(),
            drops: snapshot.drops.clone(),
            pushes: snapshot.pushes,
            push_failures: snapshot.push_failures.clone(),
            counts: snapshot.counts,
            second: snapshot.second.clone(),
            past: past.cloned().collect(),
            in_flight: snapshot.in_flight,
            latencies: LatenciesSoFar::clone(&snapshot.latencies),
            parts: snapshot.parts.to_vec(),
            examples: snapshot.examples.to_vec(),
            users: BTreeMap::clone(&snapshot.users),
            generator: snapshot.generator.clone(),
            thresholds: snapshot.thresholds.iter().map(Stands::of).collect(),
            requests: snapshot.requests,
            changes: snapshot.changes.clone(),
            ended: snapshot.ended.as_deref().map(Ended::of),
        }
    }
}

impl Whole {
    fn of(about: &About) -> Self {
        Self {
            scenario: about.scenario.clone(),
            target: about.target.clone(),
            seed: about.seed,
            started_at_unix_ms: about.started_at_unix_ms,
            lanes: about.lanes,
            apps: about.apps.clone(),
            events: about.events.clone(),
            deadline_us: about.deadline.map(us),
            pushing_us: about.pushing.map(us),
            push_limits: about.push_limits.clone(),
        }
    }

    pub(super) fn about(self) -> About {
        About {
            scenario: self.scenario,
            target: self.target,
            seed: self.seed,
            started_at_unix_ms: self.started_at_unix_ms,
            lanes: self.lanes,
            apps: self.apps,
            events: self.events,
            deadline: self.deadline_us.map(Duration::from_micros),
            pushing: self.pushing_us.map(Duration::from_micros),
            push_limits: self.push_limits,
        }
    }
}

impl Stands {
    fn of(checked: &Checked) -> Self {
        let why = match checked.outcome {
            Outcome::Unknown(why) => Some(why.to_owned()),
            Outcome::Kept | Outcome::Breached => None,
        };
        Self {
            expression: checked.expression.clone(),
            held: checked
                .held
                .as_ref()
                .map(|held| (held.observed, held.holds)),
            outcome: checked.outcome.name().to_owned(),
            why,
        }
    }
}

impl Ended {
    fn of(judgement: &Judgement) -> Self {
        Self {
            verdict: judgement.verdict.name().to_owned(),
            exit_code: judgement.exit_code,
            reasons: judgement.reasons.clone(),
            limits: judgement.limits.clone(),
            thresholds: judgement.thresholds.iter().map(Stands::of).collect(),
        }
    }
}
