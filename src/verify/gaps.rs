//! Which numbers of a stream have come: a count and the holes in it.
//!
//! On a healthy socket this is one number and no allocation. Memory grows with the holes, never with the deliveries, and never past
//! a bit for each number: a target that refuses every other push makes holes without end in the stream of every socket.

/// The numbers seen so far, out of 0, 1, 2, …
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// One past the largest number seen.
    next: u32,
    /// The numbers below `next` not seen. Boxed: nearly always empty, and 10,000 sockets hold one for each lane.
    holes: Option<Box<Holes>>,
}

#[derive(Debug, Clone)]
enum Holes {
    /// Ascending, disjoint ranges, none empty, each `[from, to)`.
    Few(Vec<(u32, u32)>),
    /// A bit for each number, set if it has been seen: once ranges would take more room than this.
    Many(Vec<u64>),
}

/// Fewer ranges than this are not worth a bit for each number.
const FEW: usize = 64;

impl Seen {
    /// Marks a number as seen. False: it had been seen before.
    pub(super) fn insert(&mut self, n: u32) -> bool {
        if n < self.next {
            return self.fill(n);
        }
        if n > self.next {
            self.skip(n);
        }
        self.next = n + 1;
        if let Some(Holes::Many(bits)) = self.holes.as_deref_mut() {
            set(bits, n);
        }
        true
    }

    /// Notes the hole from `next` to `n`.
    fn skip(&mut self, n: u32) {
        let holes = self
            .holes
            .get_or_insert_with(|| Box::new(Holes::Few(Vec::new())));
        let Holes::Few(ranges) = &mut **holes else {
            return;
        };
        ranges.push((self.next, n));
        // A range takes as much room as 64 bits.
        if ranges.len() > FEW && ranges.len() > n as usize / 64 {
            let bits = bits_of(ranges, n);
            **holes = Holes::Many(bits);
        }
    }

    fn fill(&mut self, n: u32) -> bool {
        match self.holes.as_deref_mut() {
            None => false,
            Some(Holes::Few(ranges)) => {
                let filled = fill_range(ranges, n);
                if ranges.is_empty() {
                    self.holes = None;
                }
                filled
            }
            Some(Holes::Many(bits)) => set(bits, n),
        }
    }

    /// The numbers below `end` that have not been seen, as ascending ranges `[from, to)`, none empty and no two touching.
    pub(super) fn gaps(&self, end: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let mut from = 0;
        std::iter::from_fn(move || {
            let (start, to) = self.gap_from(from, end)?;
            from = to;
            Some((start, to))
        })
    }

    /// The first gap at or after `from`, below `end`.
    fn gap_from(&self, from: u32, end: u32) -> Option<(u32, u32)> {
        let inner = match self.holes.as_deref() {
            _ if from >= self.next => None,
            None => None,
            Some(Holes::Few(ranges)) => {
                let at = ranges.partition_point(|&(_, to)| to <= from);
                ranges.get(at).copied()
            }
            Some(Holes::Many(bits)) => first(bits, from, self.next, false).map(|start| {
                (
                    start,
                    first(bits, start, self.next, true).unwrap_or(self.next),
                )
            }),
        };
        let (start, to) = inner.unwrap_or((self.next, u32::MAX));
        let start = start.max(from);
        (start < end).then_some((start, to.min(end)))
    }
}

/// Takes a number out of the ranges. False: it was in none.
fn fill_range(ranges: &mut Vec<(u32, u32)>, n: u32) -> bool {
    let at = ranges.partition_point(|&(_, to)| to <= n);
    let Some(&(from, to)) = ranges.get(at) else {
        return false;
    };
    if n < from {
        return false;
    }
    match (n == from, n + 1 == to) {
        (true, true) => {
            ranges.remove(at);
        }
        (true, false) => ranges[at].0 = n + 1,
        (false, true) => ranges[at].1 = n,
        (false, false) => {
            ranges[at].1 = n;
            ranges.insert(at + 1, (n + 1, to));
        }
    }
    true
}

/// A set bit for each number below `next` that is in no range.
fn bits_of(ranges: &[(u32, u32)], next: u32) -> Vec<u64> {
    let mut bits = vec![0; next as usize / 64 + 1];
    let mut from = 0;
    for &(start, to) in ranges {
        for n in from..start {
            set(&mut bits, n);
        }
        from = to;
    }
    for n in from..next {
        set(&mut bits, n);
    }
    bits
}

/// False: it was set.
fn set(bits: &mut Vec<u64>, n: u32) -> bool {
    let (word, bit) = (n as usize / 64, 1 << (n % 64));
    if word >= bits.len() {
        bits.resize(word + 1, 0);
    }
    let was = bits[word] & bit;
    bits[word] |= bit;
    was == 0
}

/// The first number in `from..to` that is set, or is not.
fn first(bits: &[u64], from: u32, to: u32, is_set: bool) -> Option<u32> {
    let mut n = from;
    while n < to {
        let word = bits.get(n as usize / 64).copied().unwrap_or(0);
        let wanted = (if is_set { word } else { !word }) >> (n % 64);
        if wanted != 0 {
            return Some(n + wanted.trailing_zeros()).filter(|n| *n < to);
        }
        n = (n / 64 + 1) * 64;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn missing(seen: &Seen, end: u32) -> Vec<u32> {
        seen.gaps(end).flat_map(|(from, to)| from..to).collect()
    }

    #[test]
    fn a_healthy_stream_needs_no_memory() {
        let mut seen = Seen::default();
        for n in 0..1_000 {
            assert!(seen.insert(n));
        }
        assert!(seen.holes.is_none());
        assert_eq!(size_of::<Seen>(), 16);
    }

    #[test]
    fn a_filled_hole_is_gone() {
        let mut seen = Seen::default();
        assert!(seen.insert(3));
        assert_eq!(seen.gaps(6).collect::<Vec<_>>(), [(0, 3), (4, 6)]);
        assert!(seen.insert(1));
        assert!(!seen.insert(1));
        assert!(seen.insert(0));
        assert!(seen.insert(2));
        assert!(seen.holes.is_none());
        assert_eq!(seen.gaps(4).count(), 0);
    }

    #[test]
    fn holes_without_end_take_a_bit_each() {
        let mut seen = Seen::default();
        for n in (0..100_000).step_by(2) {
            assert!(seen.insert(n));
        }
        let Some(Holes::Many(bits)) = seen.holes.as_deref() else {
            panic!("50,000 ranges are kept");
        };
        assert_eq!(bits.len(), 100_000_usize.div_ceil(64));
        assert!(!seen.insert(50_000));
        assert!(seen.insert(50_001));
        assert!(!seen.insert(50_001));
        assert_eq!(seen.gaps(100_000).count(), 49_999);
        assert_eq!(seen.gaps(7).collect::<Vec<_>>(), [(1, 2), (3, 4), (5, 6)]);
        assert_eq!(seen.gaps(100_003).last(), Some((99_999, 100_003)));
    }

    proptest! {
        #[test]
        fn agrees_with_a_set(numbers in proptest::collection::vec(0_u32..400, 0..400), spread in 1_u32..30) {
            let mut seen = Seen::default();
            let mut set = BTreeSet::new();
            for n in numbers {
                let n = n * spread;
                prop_assert_eq!(seen.insert(n), set.insert(n));
            }
            for end in [0, 62, 63, 64, 65, 500, 12_000] {
                let wanted: Vec<_> = (0..end).filter(|n| !set.contains(n)).collect();
                prop_assert_eq!(missing(&seen, end), wanted);
            }
            let gaps: Vec<_> = seen.gaps(12_000).collect();
            prop_assert!(gaps.iter().all(|(from, to)| from < to));
            prop_assert!(gaps.windows(2).all(|pair| pair[0].1 < pair[1].0));
        }
    }
}
