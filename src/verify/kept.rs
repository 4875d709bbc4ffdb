//! Settled pushes that somebody may still ask about, kept when the rest is let go:
//!
//! * accepted, and still missing at connections that are there: it may come yet, late, or is lost;
//! * with an unknown outcome: it may come at any time;
//! * refused: whatever comes of it is a phantom.
//!
//! A healthy run keeps nothing. Otherwise a push takes about 120 bytes, and a bit for each connection at most.

use std::collections::BTreeMap;

use super::ledger::Entry;
use crate::history::Outcome;
use crate::ids::PushId;

/// A settled push, with connections by their place.
#[derive(Debug)]
pub(super) struct KeptPush {
    pub(super) entry: Entry,
    /// Accepted: where it is missing. Unknown: where it has come.
    pub(super) slots: Slots,
}

/// The pushes kept. In order of their ids, so that the examples made of them are the same in every run.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pushes: BTreeMap<PushId, KeptPush>,
}

/// A set of connections.
#[derive(Debug)]
pub(super) enum Slots {
    /// Ascending.
    Few(Vec<u32>),
    Many(Vec<u64>),
}

impl Kept {
    pub(super) fn entry(&self, id: PushId) -> Option<Entry> {
        self.pushes.get(&id).map(|kept| kept.entry)
    }

    /// Keeps a push, at no connection if it is not kept yet.
    pub(super) fn keep(&mut self, id: PushId, entry: &Entry) -> &mut Slots {
        let kept = self.pushes.entry(id).or_insert_with(|| KeptPush {
            entry: *entry,
            slots: Slots::Few(Vec::new()),
        });
        &mut kept.slots
    }

    /// A push that was missing at this connection has come. False: it was not missing.
    pub(super) fn came(&mut self, id: PushId, slot: u32) -> bool {
        let Some(kept) = self.pushes.get_mut(&id) else {
            return false;
        };
        let was = kept.slots.remove(slot);
        if kept.slots.is_empty() {
            self.pushes.remove(&id);
        }
        was
    }

    /// Whether a push is kept for this connection: missing there, or come there if its outcome is unknown.
    pub(super) fn has(&self, id: PushId, slot: u32) -> bool {
        let kept = self.pushes.get(&id);
        kept.is_some_and(|kept| kept.slots.has(slot))
    }

    /// What has come at one connection and has an unknown outcome counts as come at another, one `of` so many.
    pub(super) fn copy(&mut self, from: u32, to: u32, of: usize) {
        for kept in self.pushes.values_mut() {
            if kept.entry.outcome() == Outcome::Unknown && kept.slots.has(from) {
                kept.slots.insert(to, of);
            }
        }
    }

    /// Takes connections out of all sets, says where an accepted push was missing, and lets go of pushes missing nowhere.
    pub(super) fn forget(&mut self, slots: &[u32], mut missing: impl FnMut(PushId, &Entry, u32)) {
        self.pushes.retain(|id, kept| {
            let accepted = kept.entry.outcome() == Outcome::Accepted;
            for slot in slots {
                if kept.slots.remove(*slot) && accepted {
                    missing(*id, &kept.entry, *slot);
                }
            }
            !(accepted && kept.slots.is_empty())
        });
    }

    /// The accepted ones, each with where it is missing.
    pub(super) fn missing(&self) -> impl Iterator<Item = (PushId, &KeptPush)> {
        let pushes = self.pushes.iter().map(|(id, kept)| (*id, kept));
        pushes.filter(|(_, kept)| kept.entry.outcome() == Outcome::Accepted)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pushes.is_empty()
    }
}

impl Slots {
    /// Adds a connection out of `of`. False: it was there.
    pub(super) fn insert(&mut self, slot: u32, of: usize) -> bool {
        if let Self::Few(few) = self {
            let Err(at) = few.binary_search(&slot) else {
                return false;
            };
            few.insert(at, slot);
            // A number takes as much room as 32 bits.
            if few.len() * 32 > of.max(512) {
                let few = std::mem::take(few);
                *self = Self::Many(Vec::new());
                for slot in few {
                    self.insert(slot, of);
                }
            }
            return true;
        }
        let Self::Many(bits) = self else { return false };
        let (word, bit) = (slot as usize / 64, 1 << (slot % 64));
        if word >= bits.len() {
            bits.resize(word + 1, 0);
        }
        let was = bits[word] & bit;
        bits[word] |= bit;
        was == 0
    }

    fn has(&self, slot: u32) -> bool {
        match self {
            Self::Few(few) => few.binary_search(&slot).is_ok(),
            Self::Many(bits) => {
                let word = bits.get(slot as usize / 64);
                word.is_some_and(|bits| bits >> (slot % 64) & 1 == 1)
            }
        }
    }

    /// False: it was not there.
    fn remove(&mut self, slot: u32) -> bool {
        match self {
            Self::Few(few) => match few.binary_search(&slot) {
                Ok(at) => {
                    few.remove(at);
                    true
                }
                Err(_) => false,
            },
            Self::Many(bits) => {
                let (word, bit) = (slot as usize / 64, 1 << (slot % 64));
                let Some(bits) = bits.get_mut(word) else {
                    return false;
                };
                let was = *bits & bit;
                *bits &= !bit;
                was != 0
            }
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Few(few) => few.is_empty(),
            Self::Many(bits) => bits.iter().all(|bits| *bits == 0),
        }
    }

    /// The connections, ascending.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        match self {
            Self::Few(few) => Box::new(few.iter().copied()),
            Self::Many(bits) => Box::new((0..bits.len() as u32 * 64).filter(|slot| {
                let bits = bits[*slot as usize / 64];
                bits >> (slot % 64) & 1 == 1
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn slots_agree_with_a_set(steps in proptest::collection::vec((0_u32..300, any::<bool>()), 0..300), of in 0_usize..2_000) {
            let mut slots = Slots::Few(Vec::new());
            let mut set = BTreeSet::new();
            for (slot, insert) in steps {
                if insert {
                    prop_assert_eq!(slots.insert(slot, of), set.insert(slot));
                } else {
                    prop_assert_eq!(slots.remove(slot), set.remove(&slot));
                }
                prop_assert_eq!(slots.is_empty(), set.is_empty());
            }
            prop_assert!(slots.iter().eq(set));
        }
    }
}
