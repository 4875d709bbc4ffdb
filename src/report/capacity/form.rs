//! The form of the JSON report of a search, and what a later search reads from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capacity::{Break, Step, Vary};
use crate::report::json::about::{Environment, Scenario, Target};
use crate::scenario::file::File;

/// A report of a search for the capacity.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// `pushproof.capacity/1`.
    pub schema: &'static str,
    /// `found`, `at_least`, `below` or `unknown`.
    pub verdict: &'static str,
    /// The exit code of the search.
    pub exit_code: u8,
    /// Why the capacity is not known better.
    pub reasons: Vec<String>,
    /// What loads are counted in: `sockets`, `pushes/s` or `bytes`.
    pub unit: &'static str,
    /// The capacity is between these.
    pub capacity: Capacity,
    /// What broke at the smallest load that did not hold, the likeliest to be first at its head.
    pub broke_first: Vec<Break>,
    /// Beyond this load latency grows faster than throughput; `null`: no such load was seen.
    pub knee: Option<f64>,
    /// The Universal Scalability Law, fitted to deliveries a second over load; `null`: see `usl_missing`.
    pub usl: Option<Usl>,
    /// Why there is no fit.
    pub usl_missing: Option<String>,
    /// How it was searched.
    pub search: Search,
    /// The scenario that all steps go by, but for the load and the duration.
    pub scenario: Scenario,
    /// The seed of the first step; each further one has the next.
    pub seed: u64,
    /// What was searched.
    pub target: Target,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// How long it took, over all sittings.
    pub duration_ms: u64,
    /// One for each step, in the order in which they were made.
    pub steps: Vec<Step>,
    /// The machine of the generator.
    pub environment: Environment,
}

/// The boundary.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Capacity {
    /// The largest load that held; `null`: none did.
    pub held: Option<f64>,
    /// The smallest that did not; `null`: all did.
    pub broke: Option<f64>,
}

/// How it was searched.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Search {
    /// What was varied.
    pub vary: Vary,
    /// The load to begin with.
    pub from: f64,
    /// The largest that was to be tried; `null`: what this machine and pushproof can do.
    pub to: Option<f64>,
    /// By how much the load grows while it holds.
    pub factor: f64,
    /// How near each other the two loads of `capacity` had to come, as a share.
    pub precision: f64,
    /// How long a step measures at least.
    pub step_ms: u64,
    /// How long at most.
    pub step_at_most_ms: u64,
    /// How long it pushes before that.
    pub warm_up_ms: u64,
    /// The rest between two steps.
    pub cool_down_ms: u64,
}

/// `X(N) = λN / (1 + σ(N − 1) + κN(N − 1))`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Usl {
    /// λ: deliveries a second of a load of 1.
    pub lambda: Estimate,
    /// σ: contention.
    pub sigma: Estimate,
    /// κ: coherency.
    pub kappa: Estimate,
    /// Share of what varies that it explains.
    pub r_squared: f64,
    /// Steps that it was fitted to.
    pub points: usize,
    /// The load of the largest throughput by it; `null`: it never falls.
    pub peak_load: Option<f64>,
    /// That throughput, in deliveries a second.
    pub peak_deliveries_per_s: Option<f64>,
}

/// A parameter.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Estimate {
    /// Its value.
    pub value: f64,
    /// Its standard error; `null`: the steps do not tell it from 0, and it was set to that.
    pub standard_error: Option<f64>,
}

/// What a later search reads.
#[derive(Debug, Clone, Deserialize)]
pub struct Kept {
    /// As in the report, and so all of these.
    pub schema: String,
    /// How it was searched.
    pub search: Search,
    /// The scenario.
    pub scenario: KeptScenario,
    /// The seed of the first step.
    pub seed: u64,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// How long it has taken.
    pub duration_ms: u64,
    /// The steps.
    pub steps: Vec<Step>,
}

/// The scenario of a search that was kept.
#[derive(Debug, Clone, Deserialize)]
pub struct KeptScenario {
    /// The plan.
    pub plan: File,
}
