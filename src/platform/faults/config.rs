//! Which faults are on, how often, and at whom.

use super::catalogue::Fault;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The faults of one platform. None by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultConfig {
    /// The faults that are on, each at most once.
    pub rates: Vec<FaultRate>,
    /// Decides which occasions are taken: the same occasions in the same order are harmed in the same places.
    pub seed: u64,
    /// Only deliveries at users whose name matches are harmed; `None`: any.
    pub users: Option<UserGlob>,
    /// How late is late: the time that `delay` and `duplicate-late` wait, and that has to have passed for `after-leave`. Longer than a
    /// run's deadline, shorter than its settling. What is held back for another reason waits two fifths of it at most.
    pub delay: Duration,
}

impl FaultConfig {
    /// Later than the deadline of 2 s and sooner than the settling of 3 s that runs have by default.
    pub const DELAY: Duration = Duration::from_millis(2_500);
}

impl Default for FaultConfig {
    fn default() -> Self {
        Self {
            rates: Vec::new(),
            seed: 0,
            users: None,
            delay: Self::DELAY,
        }
    }
}

/// One fault and how often it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultRate {
    /// The fault.
    pub fault: Fault,
    /// In each block of so many occasions one is taken.
    pub one_in: u64,
}

/// Why a text names no faults.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No fault has this name.
    #[error(
        "there is no fault {name:?}; did you mean {nearest:?}? The faults are {}",
        all()
    )]
    Unknown {
        /// What was written.
        name: String,
        /// The name most like it.
        nearest: &'static str,
    },
    /// A name without a rate.
    #[error("{0} needs a rate; write {0}=1/1000 for one in each 1,000 occasions")]
    NoRate(Fault),
    /// Not a rate.
    #[error("{rate:?} is no rate for {fault}; write 1/N with N at least 1, as {fault}=1/1000")]
    Rate {
        /// The fault.
        fault: Fault,
        /// What was written.
        rate: String,
    },
    /// Two rates for one fault.
    #[error("{0} is named twice")]
    Twice(Fault),
    /// Nothing is recovered that could go wrong.
    #[error(
        "{0} needs connections that can be recovered; add --recovery-ms 120000, or recovery = \"2m\" in [platform]"
    )]
    NoRecovery(Fault),
    /// What is left out or held back may come all the same, and be more than what is counted.
    #[error(
        "{0} cannot be counted exactly where connections can be recovered, for what a socket gets when it is back may undo it; leave recovery out, or take recover-twice, recover-swapped or recover-foreign"
    )]
    Undone(Fault),
    /// Too short to be told from no delay.
    #[error("the delay of faults must be at least one millisecond")]
    Delay,
    /// Not a pattern.
    #[error(
        "{pattern:?} is no pattern of user names: {why}; write for example user-*, *[3-9]? or user-7"
    )]
    Users {
        /// What was written.
        pattern: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

fn all() -> String {
    let names: Vec<_> = Fault::all().map(Fault::name).collect();
    names.join(", ")
}

impl FaultConfig {
    /// Whether a fault is on.
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.rates.iter().any(|rate| rate.fault == fault)
    }

    /// Checks what single values cannot say. `recovery`: whether connections can be recovered.
    pub fn validate(&self, recovery: bool) -> Result<(), FaultError> {
        for (place, rate) in self.rates.iter().enumerate() {
            let fault = rate.fault;
            if fault.is_of_recovery() && !recovery {
                return Err(FaultError::NoRecovery(fault));
            }
            if recovery && !fault.is_of_recovery() && !fault.is_of_acks() {
                return Err(FaultError::Undone(fault));
            }
            if self.rates[..place].iter().any(|r| r.fault == rate.fault) {
                return Err(FaultError::Twice(rate.fault));
            }
        }
        if self.delay < Duration::from_millis(1) {
            return Err(FaultError::Delay);
        }
        Ok(())
    }

    /// Reads faults with their rates, as `drop=1/1000,duplicate=1/5000`.
    pub fn parse_rates(text: &str) -> Result<Vec<FaultRate>, FaultError> {
        text.split(',').map(str::parse).collect()
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(name: &str) -> Result<Self, FaultError> {
        Self::named(name).ok_or_else(|| FaultError::Unknown {
            name: name.to_owned(),
            nearest: Self::nearest(name),
        })
    }
}

impl FromStr for FaultRate {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (name, rate) = match text.split_once('=') {
            Some((name, rate)) => (name.trim(), Some(rate.trim())),
            None => (text.trim(), None),
        };
        let fault: Fault = name.parse()?;
        let rate = rate.ok_or(FaultError::NoRate(fault))?;
        let one_in = rate.strip_prefix("1/").and_then(|n| n.parse().ok());
        match one_in {
            Some(one_in @ 1..) => Ok(Self { fault, one_in }),
            _ => Err(FaultError::Rate {
                fault,
                rate: rate.to_owned(),
            }),
        }
    }
}

impl fmt::Display for FaultRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=1/{}", self.fault, self.one_in)
    }
}

/// A pattern of user names: `*` is any text, `?` any character, `[3-9]` one of a set, `[!3-9]` one of no set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserGlob(glob::Pattern);

impl UserGlob {
    pub(super) fn matches(&self, user: &str) -> bool {
        self.0.matches(user)
    }
}

impl FromStr for UserGlob {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let pattern = glob::Pattern::new(text);
        pattern.map(Self).map_err(|e| FaultError::Users {
            pattern: text.to_owned(),
            why: e.msg,
        })
    }
}

impl fmt::Display for UserGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultConfig, FaultError, FaultRate, UserGlob};

    #[test]
    fn rates_are_read_and_mistakes_explained() {
        let rate = |fault, one_in| FaultRate { fault, one_in };
        assert_eq!(
            FaultConfig::parse_rates("drop=1/1000, answer-500=1/1"),
            Ok(vec![rate(Fault::Drop, 1_000), rate(Fault::Answer500, 1)])
        );
        for (text, says) in [
            (
                "drp=1/10",
                "did you mean \"drop\"? The faults are drop, drop-tail,",
            ),
            ("drop", "drop needs a rate; write drop=1/1000"),
            ("drop=", "is no rate for drop"),
            ("drop=1/0", "write 1/N with N at least 1"),
            ("drop=2/5", "write 1/N"),
            ("drop=0.1", "write 1/N"),
            ("drop=1/-3", "write 1/N"),
            ("", "there is no fault \"\""),
        ] {
            let told = FaultConfig::parse_rates(text).unwrap_err().to_string();
            assert!(told.contains(says), "{text}: {told}");
        }
        let twice = FaultConfig {
            rates: vec![rate(Fault::Drop, 1), rate(Fault::Drop, 2)],
            ..FaultConfig::default()
        };
        assert_eq!(twice.validate(false), Err(FaultError::Twice(Fault::Drop)));
        let of = |fault| FaultConfig {
            rates: vec![rate(fault, 1)],
            ..FaultConfig::default()
        };
        for (fault, with, without) in [
            (Fault::Drop, Err(FaultError::Undone(Fault::Drop)), Ok(())),
            (Fault::AckDrop, Ok(()), Ok(())),
            (
                Fault::RecoverTwice,
                Ok(()),
                Err(FaultError::NoRecovery(Fault::RecoverTwice)),
            ),
        ] {
            assert_eq!(of(fault).validate(true), with);
            assert_eq!(of(fault).validate(false), without);
        }
    }

    #[test]
    fn users_are_matched_by_pattern() {
        let matches = |pattern: &str, user| pattern.parse::<UserGlob>().unwrap().matches(user);
        assert!(matches("*[3-9]?", "user-130"));
        assert!(matches("*[3-9]?", "user-49"));
        assert!(!matches("*[3-9]?", "user-7"));
        assert!(!matches("*[3-9]?", "user-120"));
        assert!(matches("user-*", "user-a/b"));
        assert!(!matches("user-7", "user-77"));
        assert!("[".parse::<UserGlob>().is_err());
    }
}
