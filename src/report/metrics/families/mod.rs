//! The metrics, one row each.

mod parts;
mod pushes;
mod run;

use super::Family;

macro_rules! family {
    ($name:literal, $kind:ident, [$($label:literal),*], $help:literal, $samples:expr) => {
        Family {
            name: $name,
            kind: Kind::$kind,
            help: $help,
            labels: &[$($label),*],
            samples: $samples,
        }
    };
}

use family;

/// Every metric, in the order of the page.
pub fn families() -> impl Iterator<Item = &'static Family> {
    let all = [run::FAMILIES, pushes::FAMILIES, parts::FAMILIES];
    all.into_iter().flatten()
}
