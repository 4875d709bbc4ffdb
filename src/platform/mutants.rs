//! Protocol faults: ways in which the server's state machines can be made to break the protocol, each for the conformance case that
//! has to notice it. They are switches, not rates: a server that is wrong is wrong on every connection.
//!
//! The names are those of the known-bad servers of the conformance catalogue. A mutant stands where the machine it changes asks for it,
//! by [`Mutants::has`], and nowhere else.

use std::fmt;
use std::str::FromStr;

/// One way of breaking the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// HS-01: the open packet does not say `maxPayload`.
    DropMaxPayload,
    /// AU-01: one CONNECT is answered twice.
    TwoConnects,
}

impl Mutant {
    const TABLE: [(Self, &str); 2] = [
        (Self::DropMaxPayload, "drop-maxPayload"),
        (Self::TwoConnects, "two-connects"),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        Self::TABLE[self as usize].1
    }
}

/// A name that no mutant has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no mutant {0:?}; there are {all}", all = all())]
pub struct UnknownMutant(String);

fn all() -> String {
    Mutant::TABLE.map(|row| row.1).join(", ")
}

impl FromStr for Mutant {
    type Err = UnknownMutant;

    fn from_str(name: &str) -> Result<Self, UnknownMutant> {
        let row = Self::TABLE.iter().find(|row| row.1 == name);
        row.map(|row| row.0)
            .ok_or_else(|| UnknownMutant(name.to_owned()))
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The mutants that are on; none by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mutants(u64);

impl Mutants {
    /// Whether this one is on.
    pub fn has(self, mutant: Mutant) -> bool {
        self.0 >> (mutant as u64) & 1 == 1
    }
}

impl FromIterator<Mutant> for Mutants {
    fn from_iter<I: IntoIterator<Item = Mutant>>(mutants: I) -> Self {
        let bits = mutants.into_iter().map(|mutant| 1 << (mutant as u64));
        Self(bits.fold(0, |all, bit| all | bit))
    }
}

#[cfg(test)]
mod tests {
    use super::{Mutant, Mutants};

    #[test]
    fn names_read_back_and_switches_are_apart() {
        for (place, (mutant, name)) in Mutant::TABLE.iter().enumerate() {
            assert_eq!(*mutant as usize, place);
            assert_eq!(name.parse(), Ok(*mutant));
        }
        assert!("none".parse::<Mutant>().is_err());
        let one: Mutants = [Mutant::TwoConnects].into_iter().collect();
        assert!(one.has(Mutant::TwoConnects) && !one.has(Mutant::DropMaxPayload));
    }
}
