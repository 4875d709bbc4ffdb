//! What a run was, where it was made, and what else was made of it: parts of the report's form.

use schemars::JsonSchema;
use serde::Serialize;

use super::form::Report;
use crate::scenario::Driver;
use crate::scenario::file::File;

/// A scenario with nothing left out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Scenario {
    /// Its name: the file's, or `first-proof` for the built-in one.
    pub name: String,
    /// The plan that the run went by, as a scenario file.
    pub plan: File,
}

/// The system under test.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Target {
    /// Base URL.
    pub url: String,
    /// Base URLs of its other nodes.
    pub nodes: Vec<String>,
    /// Whether it was the embedded platform.
    pub embedded: bool,
    /// Whether its certificate was taken unseen, so that anybody could have been in its place.
    pub insecure: bool,
    /// App ids.
    pub apps: Vec<String>,
}

/// The machine of the generator.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Environment {
    /// Version of pushproof.
    pub pushproof: String,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// Processors at hand.
    pub cpus: usize,
    /// Open files allowed to the process.
    pub open_files: u64,
}

/// What a second driver made of the same scenario at the same target.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SecondOpinion {
    /// Which driver.
    pub driver: Driver,
    /// Whether it came to the same verdict. If it did not, a pass of the first driver is `unknown`.
    pub agrees: bool,
    /// In what the two differ, in words; empty if in nothing.
    pub differences: Vec<String>,
    /// Its report.
    pub report: Report,
}

/// The rate was changed by hand.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct RateChange {
    /// Milliseconds since the start of the run.
    pub at_ms: u64,
    /// From then on the schedule went on so many times as fast as it is written.
    pub factor: f64,
}
