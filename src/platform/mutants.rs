//! Protocol faults: ways in which the server's state machines can be made to break the protocol, each for the conformance case that
//! has to notice it. They are switches, not rates: a server that is wrong is wrong on every connection.
//!
//! The names are those of the known-bad servers of the conformance suite (`docs/conformance.md`). A mutant stands where the machine it
//! changes asks for it, by [`Mutants::has`], and nowhere else.

use std::fmt;
use std::str::FromStr;

macro_rules! mutants {
    ($($(#[$doc:meta])+ $mutant:ident = $name:literal,)+) => {
        /// One way of breaking the protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Mutant {
            $($(#[$doc])+ $mutant,)+
        }

        impl Mutant {
            /// Each with its name, in the order of their numbers.
            pub(super) const TABLE: &[(Self, &str)] = &[$((Self::$mutant, $name),)+];
        }
    };
}

mod table;

pub use self::table::Mutant;

impl Mutant {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::TABLE.iter().map(|row| row.0)
    }

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
    let names: Vec<_> = Mutant::all().map(Mutant::name).collect();
    names.join(", ")
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

/// Bits in a word, and words for all mutants that there may ever be.
const BITS: usize = u64::BITS as usize;
const WORDS: usize = 4;

/// The mutants that are on; none by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mutants([u64; WORDS]);

const _: () = assert!(Mutant::TABLE.len() <= BITS * WORDS);

impl Mutants {
    /// Whether any is on.
    pub fn any(self) -> bool {
        self != Self::default()
    }

    /// Whether this one is on.
    pub fn has(self, mutant: Mutant) -> bool {
        let place = mutant as usize;
        self.0[place / BITS] >> (place % BITS) & 1 == 1
    }
}

impl FromIterator<Mutant> for Mutants {
    fn from_iter<I: IntoIterator<Item = Mutant>>(mutants: I) -> Self {
        let mut all = Self::default();
        for mutant in mutants {
            let place = mutant as usize;
            all.0[place / BITS] |= 1 << (place % BITS);
        }
        all
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
            let one: Mutants = [*mutant].into_iter().collect();
            let on: Vec<_> = Mutant::all().filter(|other| one.has(*other)).collect();
            assert_eq!(on, [*mutant]);
        }
        assert!("none".parse::<Mutant>().is_err());
    }
}
