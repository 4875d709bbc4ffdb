//! How the target of the conformance suite is ended and brought back.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::problems::Problems;
use super::super::units::Span;

/// How long it may take where nothing is said.
const USUAL: Duration = Duration::from_secs(10);
/// Stands for the number of a node.
const NODE: &str = "{node}";

/// Commands that end the target, or a part of it, and bring it back: each a program and its arguments, as
/// `["docker", "stop", "app-{node}"]`. Where a node is meant, `{node}` stands for its number, from 1 for the one that `target.url` names.
/// A command has done what it is for when it ends with exit code 0. They are used with `--destructive` only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Operate {
    /// Ends all of the target in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Vec<String>>,
    /// Brings all of it back, whatever was ended or cut before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Vec<String>>,
    /// Ends one node at once, as `kill -9` does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kill_node: Option<Vec<String>>,
    /// Ends one node in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_node: Option<Vec<String>>,
    /// Brings one node back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_node: Option<Vec<String>>,
    /// Takes one node off the bus that the nodes share, and leaves it to its clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_node: Option<Vec<String>>,
    /// Lets it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub join_node: Option<Vec<String>>,
    /// Ends the bus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_bus: Option<Vec<String>>,
    /// Brings the bus back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_bus: Option<Vec<String>>,
    /// Time within which each of these is done, and the target does again what it did before: 10s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<Span>,
}

/// What is done to a target. Nodes are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// All of it ends in order.
    Stop,
    /// All of it comes back.
    Start,
    /// This node ends at once.
    KillNode(usize),
    /// This node ends in order.
    StopNode(usize),
    /// This node comes back.
    StartNode(usize),
    /// This node is cut off the bus.
    CutNode(usize),
    /// This node is back on the bus.
    JoinNode(usize),
    /// The bus ends.
    StopBus,
    /// The bus comes back.
    StartBus,
}

impl Act {
    /// The key of its command.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Stop => "conformance.operate.stop",
            Self::Start => "conformance.operate.start",
            Self::KillNode(_) => "conformance.operate.kill_node",
            Self::StopNode(_) => "conformance.operate.stop_node",
            Self::StartNode(_) => "conformance.operate.start_node",
            Self::CutNode(_) => "conformance.operate.cut_node",
            Self::JoinNode(_) => "conformance.operate.join_node",
            Self::StopBus => "conformance.operate.stop_bus",
            Self::StartBus => "conformance.operate.start_bus",
        }
    }

    /// The node it is done to, if it is one.
    pub const fn node(self) -> Option<usize> {
        match self {
            Self::KillNode(node)
            | Self::StopNode(node)
            | Self::StartNode(node)
            | Self::CutNode(node)
            | Self::JoinNode(node) => Some(node),
            Self::Stop | Self::Start | Self::StopBus | Self::StartBus => None,
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.key().rsplit('.').next().unwrap_or_default();
        f.write_str(&words.replace('_', " "))?;
        match self.node() {
            Some(node) => write!(f, " {}", node + 1),
            None => Ok(()),
        }
    }
}

impl Operate {
    pub(super) fn overlaid(self, over: Self) -> Self {
        Self {
            stop: over.stop.or(self.stop),
            start: over.start.or(self.start),
            kill_node: over.kill_node.or(self.kill_node),
            stop_node: over.stop_node.or(self.stop_node),
            start_node: over.start_node.or(self.start_node),
            cut_node: over.cut_node.or(self.cut_node),
            join_node: over.join_node.or(self.join_node),
            stop_bus: over.stop_bus.or(self.stop_bus),
            start_bus: over.start_bus.or(self.start_bus),
            within: over.within.or(self.within),
        }
    }

    fn of(&self, act: Act) -> Option<&Vec<String>> {
        match act {
            Act::Stop => self.stop.as_ref(),
            Act::Start => self.start.as_ref(),
            Act::KillNode(_) => self.kill_node.as_ref(),
            Act::StopNode(_) => self.stop_node.as_ref(),
            Act::StartNode(_) => self.start_node.as_ref(),
            Act::CutNode(_) => self.cut_node.as_ref(),
            Act::JoinNode(_) => self.join_node.as_ref(),
            Act::StopBus => self.stop_bus.as_ref(),
            Act::StartBus => self.start_bus.as_ref(),
        }
    }

    /// The program that does this, with its arguments.
    pub fn command(&self, act: Act) -> Option<Vec<String>> {
        let number = act
            .node()
            .map_or_else(String::new, |node| (node + 1).to_string());
        let command = self.of(act)?.iter();
        Some(command.map(|word| word.replace(NODE, &number)).collect())
    }

    /// Time within which each is done, and the target does again what it did.
    pub fn patience(&self) -> Duration {
        self.within.map_or(USUAL, |span| span.0)
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        const ALL: [Act; 9] = [
            Act::Stop,
            Act::Start,
            Act::KillNode(0),
            Act::StopNode(0),
            Act::StartNode(0),
            Act::CutNode(0),
            Act::JoinNode(0),
            Act::StopBus,
            Act::StartBus,
        ];
        let mut any = false;
        for act in ALL {
            let Some(command) = self.of(act) else {
                continue;
            };
            any = true;
            let key = act.key();
            let program = command.first().is_some_and(|program| !program.is_empty());
            problems.check(program, key, || {
                "a command is a program and its arguments, as [\"docker\", \"stop\", \"app\"]"
                    .to_owned()
            });
            let names = command.iter().any(|word| word.contains(NODE));
            problems.check(names || act.node().is_none(), key, || {
                format!("it does not say which node; write {NODE} where its number goes")
            });
        }
        problems.check(
            !any || self.start.is_some(),
            "conformance.operate.start",
            || "what is ended has to come back; say how".to_owned(),
        );
        let within = self.within.is_none_or(|span| !span.0.is_zero());
        problems.check(within, "conformance.operate.within", || {
            "nothing happens in no time; write one above zero, as 10s".to_owned()
        });
    }
}
