//! A case: data, and one function that tries it. The registry of all cases.

use std::pin::Pin;
use std::time::Duration;

pub use super::offers::Capability;
use super::probe::{Probe, ProbeError};
use super::{au, hs, lv, mn, or, pl, rc, rt, se, tr};
use crate::summary::conformance::{About, Level, Missed, Outcome};

/// How long a case may take that does not wait for anything on purpose.
pub const USUAL: Duration = Duration::from_secs(30);

/// What a case comes to. `Err` ends it early, so that `?` can: an exchange that failed tells by itself whom it speaks against.
pub type Judged = Result<Outcome, Outcome>;

/// A case under way.
pub type Trying = Pin<Box<dyn Future<Output = Judged> + Send>>;

/// One case.
#[derive(Debug)]
pub struct Case {
    /// What it is about.
    pub about: About,
    /// What it cannot be tried without.
    pub needs: &'static [Capability],
    /// After this long there is no telling.
    pub timeout: Duration,
    /// It may bring a target down, or fill it up, so it has to be asked for.
    pub destructive: bool,
    /// No other case is tried meanwhile.
    pub alone: bool,
    /// The known-bad servers that it has to tell from good ones, as `serve --mutant` names them. None, and no fault: it records, and cannot fail.
    pub kills: &'static [&'static str],
    /// Faults of a server of another make that it has to tell, where it is about something that the embedded platform does not have.
    pub faults: &'static [&'static str],
    /// Tries it.
    pub run: fn(Probe) -> Trying,
}

impl Case {
    /// A case of the usual kind.
    pub(super) const fn new(
        id: &'static str,
        level: Level,
        requirement: &'static str,
        source: &'static str,
        run: fn(Probe) -> Trying,
    ) -> Self {
        Self {
            about: About {
                id,
                level,
                requirement,
                source,
            },
            needs: &[],
            timeout: USUAL,
            destructive: false,
            alone: false,
            kills: &[],
            faults: &[],
            run,
        }
    }

    pub(super) const fn needing(mut self, needs: &'static [Capability]) -> Self {
        self.needs = needs;
        self
    }

    pub(super) const fn killing(mut self, kills: &'static [&'static str]) -> Self {
        self.kills = kills;
        self
    }

    pub(super) const fn telling(mut self, faults: &'static [&'static str]) -> Self {
        self.faults = faults;
        self
    }

    pub(super) const fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    pub(super) const fn destructive(mut self) -> Self {
        self.destructive = true;
        self
    }

    pub(super) const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }
}

/// The topics, by the letters that their cases begin with.
pub const TOPICS: &[(&str, &str, &[Case])] = &[
    ("HS", "the Engine.IO handshake", &hs::CASES),
    ("AU", "connecting, authentication, refusals", &au::CASES),
    ("TR", "transports, and the upgrade between them", &tr::CASES),
    ("RT", "routing: who hears what", &rt::CASES),
    ("OR", "order, and how often", &or::CASES),
    ("PL", "payloads", &pl::CASES),
    ("LV", "heartbeats, slow readers, leaving", &lv::CASES),
    ("RC", "coming back, and recovery", &rc::CASES),
    ("SE", "security and robustness", &se::CASES),
    ("MN", "several nodes", &mn::CASES),
];

/// All cases, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = &'static Case> {
    TOPICS.iter().flat_map(|(_, _, cases)| *cases)
}

/// What would have been right, and what came instead.
pub(super) fn missed(allowed: impl Into<String>, seen: impl Into<String>) -> Outcome {
    Outcome::Fail(Missed {
        allowed: allowed.into(),
        seen: seen.into(),
        silent: false,
    })
}

/// The same of what did not come: it counts only if the way to the target is open.
pub(super) fn silence(allowed: impl Into<String>, seen: impl Into<String>) -> Outcome {
    Outcome::Fail(Missed {
        allowed: allowed.into(),
        seen: seen.into(),
        silent: true,
    })
}

/// Whom an exchange that came to nothing speaks against. A connection that cannot be made says nothing of the case; what happens on one
/// that was made is the target's doing.
impl From<ProbeError> for Outcome {
    fn from(error: ProbeError) -> Self {
        match error {
            ProbeError::Connect(_) => Self::Unknown(error.to_string()),
            ProbeError::Ours(_) => Self::Error(error.to_string()),
            ProbeError::Timeout(_) | ProbeError::Ended => silence("an answer", error.to_string()),
            _ => missed("an answer", error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_say_their_topic() {
        let mut seen = BTreeSet::new();
        for (topic, _, cases) in TOPICS {
            for case in *cases {
                let id = case.about.id;
                assert!(seen.insert(id), "{id} is there twice");
                let number = id.strip_prefix(topic).and_then(|id| id.strip_prefix('-'));
                let number = number.unwrap_or_else(|| panic!("{id} is not of {topic}"));
                let digits = number.bytes().all(|byte| byte.is_ascii_digit());
                assert!(digits && number.len() == 2, "{id}");
            }
        }
    }

    /// A case that no known-bad server fails proves nothing, so it may only record. What is left open may be missed all the same, by servers
    /// that have it.
    #[test]
    fn what_can_fail_has_a_mutant_that_fails_it() {
        for case in all() {
            let tells = !case.kills.is_empty() || !case.faults.is_empty();
            assert!(tells || case.about.level == Level::May, "{}", case.about.id);
            assert!(case.about.requirement.ends_with('.'), "{}", case.about.id);
            assert!(!case.about.source.is_empty(), "{}", case.about.id);
        }
    }
}
