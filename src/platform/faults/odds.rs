//! When a fault comes: one occasion in each block of N, at a place that the seed decides.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A number that is a pure function of these.
pub(super) fn draw(seed: u64, what: &str, n: u64) -> u64 {
    let salt = xxh3_64_with_seed(what.as_bytes(), seed);
    xxh3_64_with_seed(&n.to_le_bytes(), salt)
}

/// The occasions of one fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Odds {
    pub(super) one_in: u64,
    /// How many there have been.
    pub(super) occasions: u64,
    /// Where in the block under way the taken one stands.
    offset: u64,
}

impl Odds {
    pub(super) fn new(one_in: u64) -> Self {
        Self {
            one_in,
            occasions: 0,
            offset: 0,
        }
    }

    /// Counts an occasion. True: it is the one of its block.
    pub(super) fn fires(&mut self, seed: u64, fault: &str) -> bool {
        let place = self.occasions % self.one_in;
        if place == 0 {
            self.offset = draw(seed, fault, self.occasions / self.one_in) % self.one_in;
        }
        self.occasions += 1;
        place == self.offset
    }
}

#[cfg(test)]
mod tests {
    use super::Odds;

    fn fired(one_in: u64, seed: u64, fault: &str, occasions: u64) -> Vec<u64> {
        let mut odds = Odds::new(one_in);
        (0..occasions).filter(|_| odds.fires(seed, fault)).collect()
    }

    #[test]
    fn one_in_each_block_at_places_of_the_seed() {
        for one_in in [1, 2, 7, 100] {
            let fired = fired(one_in, 7, "drop", 50 * one_in);
            assert_eq!(fired.len(), 50);
            for (block, at) in (0..).zip(&fired) {
                assert_eq!(at / one_in, block);
            }
        }
        let places = fired(100, 7, "drop", 5_000);
        assert_eq!(places, fired(100, 7, "drop", 5_000));
        assert_ne!(places, fired(100, 8, "drop", 5_000));
        assert_ne!(places, fired(100, 7, "swap", 5_000));
        let offsets: std::collections::BTreeSet<_> = places.iter().map(|at| at % 100).collect();
        assert!(offsets.len() > 30, "{offsets:?}");
    }
}
