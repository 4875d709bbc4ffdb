//! What is wrong with a scenario, gathered so that all of it is told at once.

use std::fmt;

/// Something in a scenario that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, as `users.count`.
    pub key: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// All that has been found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, key: &'static str, message: impl Into<String>) {
        self.0.push(Problem {
            key,
            message: message.into(),
        });
    }

    /// Adds one unless something is as it has to be.
    pub(super) fn check(&mut self, ok: bool, key: &'static str, message: impl FnOnce() -> String) {
        if !ok {
            self.add(key, message());
        }
    }

    /// Adds one unless this is a share.
    pub(super) fn share(&mut self, key: &'static str, share: f64) {
        self.check((0.0..=1.0).contains(&share), key, || {
            format!("{share} is no share; write a number from 0 to 1")
        });
    }
}
