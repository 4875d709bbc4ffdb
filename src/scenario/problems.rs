//! What is wrong with a scenario, gathered so that all of it is told at once.

use std::fmt;

/// Something in a scenario that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, as `users.count`.
    pub key: &'static str,
    /// Which entry of a list it is, from 0.
    pub entry: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Problem {
    /// A problem with the value of a key.
    pub fn new(key: &'static str, message: impl Into<String>) -> Self {
        Self {
            key,
            entry: None,
            message: message.into(),
        }
    }

    /// What is wrong, with the entry that it is in.
    pub fn in_words(&self) -> String {
        match self.entry {
            Some(entry) => format!("entry {}: {}", entry + 1, self.message),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.in_words())
    }
}

/// All that has been found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, key: &'static str, message: impl Into<String>) {
        self.0.push(Problem::new(key, message));
    }

    pub(super) fn add_to_entry(&mut self, key: &'static str, entry: usize, message: String) {
        self.0.push(Problem {
            key,
            entry: Some(entry),
            message,
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
