//! What a run was, where it was made, and what else was made of it: parts of the report's form.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::form::Report;
use crate::scenario::file::File;
use crate::scenario::{Driver, Plan};

/// A scenario with nothing left out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Scenario {
    /// Its name: the file's, or `first-proof` for the built-in one.
    pub name: String,
    /// The plan that the run went by, as a scenario file.
    #[schemars(with = "File")]
    pub plan: Planned,
}

/// A plan in a report. One of a newer version may have keys that this one does not know, and is kept as it is.
#[derive(Debug, Clone)]
pub enum Planned {
    /// All of it is known.
    Known(Box<File>),
    /// Not all of it is.
    Newer(Box<RawValue>),
}

impl Planned {
    /// A plan as it stands in reports: without secrets, and without the rows of files.
    pub fn of(plan: &Plan) -> Self {
        Self::Known(Box::new(File::from(plan).without_rows()))
    }

    /// The plan, if all of it is known.
    pub fn known(&self) -> Option<&File> {
        match self {
            Self::Known(file) => Some(file),
            Self::Newer(_) => None,
        }
    }
}

impl Serialize for Planned {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(file) => file.serialize(to),
            Self::Newer(json) => json.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Planned {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let json = Box::<RawValue>::deserialize(from)?;
        if !json.get().starts_with('{') {
            return Err(D::Error::custom("a plan is an object"));
        }
        let known = serde_json::from_str(json.get());
        Ok(known.map_or(Self::Newer(json), |file| Self::Known(Box::new(file))))
    }
}

/// The system under test.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
    /// By which proxies its nodes were reached, in words; empty: by none.
    #[serde(default)]
    pub ways: Vec<String>,
}

/// The machine of the generator.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
pub struct RateChange {
    /// Milliseconds since the start of the run.
    pub at_ms: u64,
    /// From then on the schedule went on so many times as fast as it is written.
    pub factor: f64,
}
