//! What was done: exact counts, and the first harmed places of each fault.

use super::catalogue::{COUNT, Fault};
use crate::time::Time;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most examples kept of each fault.
pub(super) const EXAMPLES: usize = 1_000;

/// One harmed place.
#[derive(Debug, Clone)]
pub(super) struct Example {
    pub(super) user: Arc<str>,
    pub(super) app: Arc<str>,
    /// The public id of the socket; of a push that was harmed as a whole there is none.
    pub(super) socket: Option<String>,
    /// The name of the event as it was asked for.
    pub(super) event: String,
    /// Milliseconds since the platform was started.
    pub(super) at_ms: u64,
    pub(super) detail: String,
}

impl Example {
    pub(super) fn at(self, now: Time) -> Self {
        Self {
            at_ms: now.as_micros() / 1_000,
            ..self
        }
    }

    pub(super) fn told(&self) -> Value {
        json!({
            "user": &*self.user,
            "app": &*self.app,
            "socket": self.socket,
            "event": self.event,
            "at_ms": self.at_ms,
            "detail": self.detail,
        })
    }
}

#[derive(Debug, Default)]
struct Done {
    injected: u64,
    examples: Vec<Example>,
}

/// What was done, by fault.
#[derive(Debug)]
pub(super) struct Truth([Done; COUNT]);

impl Truth {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| Done::default()))
    }

    /// A harm was done.
    pub(super) fn count(&mut self, fault: Fault, example: Example) {
        let done = &mut self.0[fault as usize];
        done.injected += 1;
        if done.examples.len() < EXAMPLES {
            done.examples.push(example);
        }
    }

    pub(super) fn injected(&self, fault: Fault) -> u64 {
        self.0[fault as usize].injected
    }

    pub(super) fn examples(&self, fault: Fault) -> &[Example] {
        &self.0[fault as usize].examples
    }
}
