//! Which numbers of a stream have come: a count and the holes in it.
//!
//! On a healthy socket this is one number and no allocation. Memory grows with the holes, never with the deliveries.

/// The numbers seen so far, out of 0, 1, 2, …
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// One past the largest number seen.
    next: u32,
    /// Ranges below `next` not seen, ascending, disjoint, each `[from, to)`. Boxed: nearly always empty, and 10,000 sockets hold one.
    #[allow(clippy::box_collection)]
    holes: Option<Box<Vec<(u32, u32)>>>,
}

impl Seen {
    /// Marks a number as seen. False: it had been seen before.
    pub(super) fn insert(&mut self, n: u32) -> bool {
        if n == self.next {
            self.next += 1;
            return true;
        }
        if n > self.next {
            self.holes.get_or_insert_default().push((self.next, n));
            self.next = n + 1;
            return true;
        }
        self.fill(n)
    }

    fn fill(&mut self, n: u32) -> bool {
        let Some(holes) = &mut self.holes else {
            return false;
        };
        let at = holes.partition_point(|&(_, to)| to <= n);
        let Some(&(from, to)) = holes.get(at) else {
            return false;
        };
        if n < from {
            return false;
        }
        match (n == from, n + 1 == to) {
            (true, true) => {
                holes.remove(at);
            }
            (true, false) => holes[at].0 = n + 1,
            (false, true) => holes[at].1 = n,
            (false, false) => {
                holes[at].1 = n;
                holes.insert(at + 1, (n + 1, to));
            }
        }
        if holes.is_empty() {
            self.holes = None;
        }
        true
    }

    /// Whether a number has been seen.
    pub(super) fn contains(&self, n: u32) -> bool {
        n < self.next
            && self.holes.as_ref().is_none_or(|holes| {
                let at = holes.partition_point(|&(_, to)| to <= n);
                holes.get(at).is_none_or(|&(from, _)| n < from)
            })
    }

    /// The numbers below `end` that have not been seen, ascending.
    pub(super) fn missing(&self, end: u32) -> impl Iterator<Item = u32> + '_ {
        let inner = self.holes.iter().flat_map(|holes| holes.iter().copied());
        inner
            .chain([(self.next, u32::MAX)])
            .flat_map(move |(from, to)| from..to.min(end))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_healthy_stream_needs_no_memory() {
        let mut seen = Seen::default();
        for n in 0..1_000 {
            assert!(seen.insert(n));
        }
        assert_eq!(seen.holes, None);
        assert_eq!(size_of::<Seen>(), 16);
    }

    #[test]
    fn a_filled_hole_is_gone() {
        let mut seen = Seen::default();
        assert!(seen.insert(3));
        assert_eq!(seen.missing(5).collect::<Vec<_>>(), [0, 1, 2, 4]);
        assert!(seen.insert(1));
        assert!(!seen.insert(1));
        assert!(seen.insert(0));
        assert!(seen.insert(2));
        assert_eq!(seen.holes, None);
        assert_eq!(seen.missing(4).count(), 0);
    }

    proptest! {
        #[test]
        fn agrees_with_a_set(numbers in proptest::collection::vec(0_u32..60, 0..150)) {
            let mut seen = Seen::default();
            let mut set = BTreeSet::new();
            for n in numbers {
                prop_assert_eq!(seen.insert(n), set.insert(n));
                for probe in 0..64 {
                    prop_assert_eq!(seen.contains(probe), set.contains(&probe));
                }
            }
            let missing: Vec<_> = (0..62).filter(|n| !set.contains(n)).collect();
            prop_assert_eq!(seen.missing(62).collect::<Vec<_>>(), missing);
        }
    }
}
