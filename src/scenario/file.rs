//! Scenario files: TOML, every key optional, no unknown key let through.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::{Rate, Span};
use crate::verify::Ordering;

/// The scenario that `run` takes when it is given none.
pub const BUILT_IN: &str = include_str!("../../scenarios/first-proof.toml");

/// A scenario as written. What is left out is taken from the built-in scenario.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Decides every random choice: the same seed gives the same schedule and the same payload bytes. Drawn and printed if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The system under test.
    pub target: Target,
    /// Who logs in and connects.
    pub users: Users,
    /// What is pushed.
    pub pushes: Pushes,
    /// What counts as right.
    pub verify: Verify,
}

/// The system under test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Target {
    /// Its base URL; left out: the embedded platform is started for the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// App ids; users and pushes are spread over them, and no app may hear another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apps: Option<Vec<String>>,
}

/// Who logs in and connects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Users {
    /// How many users, over all apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Sockets each user holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sockets_per_user: Option<u32>,
    /// Rate at which logins and connects begin, as `1000/s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_rate: Option<Rate>,
    /// Name of a user; `{n}` counts from 0 in each app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Password of a user; `{n}` as in the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// What is pushed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Pushes {
    /// Pushes a second, over all lanes, as `200/s`. The schedule does not wait for the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Sequential trigger workers that share the rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lanes: Option<u32>,
    /// How long pushes are scheduled for, as `10s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Span>,
    /// Share of pushes aimed at `*`, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<f64>,
    /// Event names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Shapes of payload, each as likely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shapes: Option<Vec<Shape>>,
}

/// What counts as right.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Verify {
    /// Which orders are promised and therefore checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordering: Option<Ordering>,
    /// How long after it was sent a push may arrive without being late, as `2s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Span>,
    /// How long to wait after the last push before judging, as `3s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle: Option<Span>,
}

/// The shape of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// A plain string.
    Text,
}

impl File {
    /// Reads a scenario file. The error shows the place and what is allowed there.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The built-in scenario.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn built_in() -> Self {
        Self::parse(BUILT_IN).expect("the built-in scenario is valid")
    }

    /// This scenario with every key that `over` sets taken from there.
    #[must_use]
    pub fn overlaid(self, over: Self) -> Self {
        Self {
            seed: over.seed.or(self.seed),
            target: Target {
                url: over.target.url.or(self.target.url),
                apps: over.target.apps.or(self.target.apps),
            },
            users: Users {
                count: over.users.count.or(self.users.count),
                sockets_per_user: over.users.sockets_per_user.or(self.users.sockets_per_user),
                connect_rate: over.users.connect_rate.or(self.users.connect_rate),
                name: over.users.name.or(self.users.name),
                password: over.users.password.or(self.users.password),
            },
            pushes: Pushes {
                rate: over.pushes.rate.or(self.pushes.rate),
                lanes: over.pushes.lanes.or(self.pushes.lanes),
                duration: over.pushes.duration.or(self.pushes.duration),
                broadcast: over.pushes.broadcast.or(self.pushes.broadcast),
                events: over.pushes.events.or(self.pushes.events),
                shapes: over.pushes.shapes.or(self.pushes.shapes),
            },
            verify: Verify {
                ordering: over.verify.ordering.or(self.verify.ordering),
                deadline: over.verify.deadline.or(self.verify.deadline),
                settle: over.verify.settle.or(self.verify.settle),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_scenario_leaves_nothing_open_but_target_and_seed() {
        let file = File::built_in();
        assert_eq!(file.target.url, None);
        let mut value = serde_json::to_value(&file).unwrap();
        value["target"]["url"] = "set".into();
        let keys = |section: &str| value[section].as_object().unwrap().len();
        assert_eq!(
            [
                keys("target"),
                keys("users"),
                keys("pushes"),
                keys("verify")
            ],
            [2, 5, 6, 3],
            "a new key needs a default in scenarios/first-proof.toml"
        );
    }

    #[test]
    fn an_unknown_key_is_shown_with_its_place_and_what_is_allowed() {
        let error = File::parse("[users]\ncuont = 5\n").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        assert!(
            error.contains("cuont") && error.contains("`count`"),
            "{error}"
        );
        let error = File::parse("[pushes]\nduration = \"10\"\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 2") && error.contains("10s"), "{error}");
    }

    #[test]
    fn what_lies_over_wins() {
        let over = File::parse("seed = 4\n[pushes]\nrate = \"7/s\"\n").unwrap();
        let file = File::built_in().overlaid(over);
        assert_eq!((file.seed, file.pushes.rate), (Some(4), Some(Rate(7.0))));
        assert_eq!(file.users.count, Some(1000));
    }
}
