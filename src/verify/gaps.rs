//! Which numbers of a stream have come: a count, kept by the caller, and the holes in it, kept here for all streams.
//!
//! A healthy stream has no holes and takes no room. Holes take room until they have settled, at most a bit for each number: a target
//! that refuses every other push makes holes without end in the stream of every socket.

use std::collections::HashMap;
use std::ops::Range;

/// The holes of all streams, by a key of the caller's.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    table: HashMap<u64, Holes>,
}

/// Numbers that have not come, although a later one has.
#[derive(Debug, Clone)]
enum Holes {
    /// Ascending, disjoint ranges, none empty, each `[from, to)`.
    Few(Vec<(u32, u32)>),
    /// A bit for each number from `64 × word` on, set if it has not come: once ranges would take more room than this.
    Many { word: u32, bits: Vec<u64> },
}

/// Fewer ranges than this are not worth a bit for each number.
const FEW: usize = 64;

impl Gaps {
    /// Marks a number of a stream as come, of which `next` is one past the largest that has. False: it had come before.
    pub(super) fn insert(&mut self, key: u64, next: &mut u32, n: u32) -> bool {
        if n < *next {
            return self.fill(key, n);
        }
        if n > *next {
            let holes = self.table.entry(key).or_insert(Holes::Few(Vec::new()));
            holes.skip(*next, n);
        }
        *next = n + 1;
        true
    }

    fn fill(&mut self, key: u64, n: u32) -> bool {
        let Some(holes) = self.table.get_mut(&key) else {
            return false;
        };
        let filled = holes.fill(n);
        if matches!(holes, Holes::Few(ranges) if ranges.is_empty()) {
            self.table.remove(&key);
        }
        filled
    }

    /// Whether a number has come.
    pub(super) fn has(&self, key: u64, next: u32, n: u32) -> bool {
        n < next && self.table.get(&key).is_none_or(|holes| !holes.have(n))
    }

    /// The numbers of a range that have not come, as ascending ranges `[from, to)`, none empty and no two touching.
    pub(super) fn within(&self, key: u64, next: u32, range: Range<u32>) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        let mut add = |from: u32, to: u32| {
            let (from, to) = (from.max(range.start), to.min(range.end));
            if from < to {
                found.push((from, to));
            }
        };
        if range.start < next {
            match self.table.get(&key) {
                None => {}
                Some(Holes::Few(ranges)) => {
                    let at = ranges.partition_point(|&(_, to)| to <= range.start);
                    let inside = ranges[at..].iter();
                    inside
                        .take_while(|&&(from, _)| from < range.end)
                        .for_each(|&(from, to)| add(from, to));
                }
                Some(Holes::Many { word, bits }) => {
                    let (mut n, end) = (range.start.max(word * 64), next.min(range.end));
                    while let Some(from) = first(*word, bits, n, end, true) {
                        n = first(*word, bits, from, end, false).unwrap_or(end);
                        add(from, n);
                    }
                }
            }
        }
        add(next, range.end);
        found
    }

    /// Nobody asks about the numbers below this any more: they count as come.
    pub(super) fn settle(&mut self, key: u64, next: &mut u32, below: u32) {
        *next = below.max(*next);
        if let Some(holes) = self.table.get_mut(&key)
            && holes.settle(below)
        {
            self.table.remove(&key);
        }
    }

    /// Gives a stream the holes of another.
    pub(super) fn copy(&mut self, from: u64, to: u64) {
        if let Some(holes) = self.table.get(&from).cloned() {
            self.table.insert(to, holes);
        }
    }

    /// Forgets a stream.
    pub(super) fn forget(&mut self, key: u64) {
        self.table.remove(&key);
    }

    /// Whether no stream has holes.
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}

impl Holes {
    /// Notes a hole `[from, to)` above all others.
    fn skip(&mut self, from: u32, to: u32) {
        match self {
            Self::Few(ranges) => {
                ranges.push((from, to));
                let start = ranges[0].0;
                // A range takes as much room as 64 bits.
                if ranges.len() > FEW && ranges.len() > (to - start) as usize / 64 {
                    let ranges = std::mem::take(ranges);
                    let word = start / 64;
                    *self = Self::Many {
                        word,
                        bits: Vec::new(),
                    };
                    for (from, to) in ranges {
                        self.skip(from, to);
                    }
                }
            }
            Self::Many { word, bits } => {
                for n in from..to {
                    let at = (n / 64 - *word) as usize;
                    if at >= bits.len() {
                        bits.resize(at + 1, 0);
                    }
                    bits[at] |= 1 << (n % 64);
                }
            }
        }
    }

    fn have(&self, n: u32) -> bool {
        match self {
            Self::Few(ranges) => {
                let at = ranges.partition_point(|&(_, to)| to <= n);
                ranges.get(at).is_some_and(|&(from, _)| from <= n)
            }
            Self::Many { word, bits } => first(*word, bits, n, n + 1, true).is_some(),
        }
    }

    /// False: it was no hole.
    fn fill(&mut self, n: u32) -> bool {
        let was = self.have(n);
        match self {
            _ if !was => {}
            Self::Few(ranges) => fill_range(ranges, n),
            Self::Many { word, bits } => bits[(n / 64 - *word) as usize] &= !(1 << (n % 64)),
        }
        was
    }

    /// Drops what is below. True: nothing is left.
    fn settle(&mut self, below: u32) -> bool {
        match self {
            Self::Few(ranges) => {
                ranges.retain(|&(_, to)| to > below);
                if let Some(first) = ranges.first_mut() {
                    first.0 = first.0.max(below);
                }
                ranges.is_empty()
            }
            Self::Many { word, bits } => {
                let gone = (below / 64).saturating_sub(*word).min(bits.len() as u32);
                bits.drain(..gone as usize);
                *word += gone;
                if let Some(first) = bits.first_mut()
                    && below / 64 == *word
                {
                    *first &= !0 << (below % 64);
                }
                bits.iter().all(|bits| *bits == 0)
            }
        }
    }
}

/// Takes a number out of the range that it is in.
fn fill_range(ranges: &mut Vec<(u32, u32)>, n: u32) {
    let at = ranges.partition_point(|&(_, to)| to <= n);
    let (from, to) = ranges[at];
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
}

/// The first number in `from..to` whose bit is set, or is not.
fn first(word: u32, bits: &[u64], from: u32, to: u32, is_set: bool) -> Option<u32> {
    let mut n = from;
    while n < to {
        let at = (n / 64).checked_sub(word);
        let bits = at.and_then(|at| bits.get(at as usize)).copied();
        let bits = bits.unwrap_or(0);
        let wanted = (if is_set { bits } else { !bits }) >> (n % 64);
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

    #[derive(Default)]
    struct Seen {
        gaps: Gaps,
        next: u32,
    }

    impl Seen {
        fn insert(&mut self, n: u32) -> bool {
            self.gaps.insert(7, &mut self.next, n)
        }

        fn gaps(&self, range: Range<u32>) -> Vec<(u32, u32)> {
            self.gaps.within(7, self.next, range)
        }

        fn settle(&mut self, below: u32) {
            self.gaps.settle(7, &mut self.next, below);
        }
    }

    #[test]
    fn a_healthy_stream_needs_no_memory() {
        let mut seen = Seen::default();
        for n in 0..1_000 {
            assert!(seen.insert(n));
        }
        assert!(seen.gaps.is_empty());
    }

    #[test]
    fn a_filled_hole_is_gone() {
        let mut seen = Seen::default();
        assert!(seen.insert(3));
        assert_eq!(seen.gaps(0..6), [(0, 3), (4, 6)]);
        assert_eq!(seen.gaps(1..2), [(1, 2)]);
        assert!(seen.insert(1));
        assert!(!seen.insert(1));
        assert!(seen.insert(0));
        assert!(seen.insert(2));
        assert!(seen.gaps.is_empty());
        assert_eq!(seen.gaps(0..4), []);
    }

    #[test]
    fn holes_without_end_take_a_bit_each() {
        let mut seen = Seen::default();
        for n in (0..100_000).step_by(2) {
            assert!(seen.insert(n));
        }
        let Some(Holes::Many { bits, .. }) = seen.gaps.table.get(&7) else {
            panic!("50,000 ranges are kept");
        };
        assert_eq!(bits.len(), 100_000_usize.div_ceil(64));
        assert!(!seen.insert(50_000));
        assert!(seen.insert(50_001));
        assert!(!seen.insert(50_001));
        assert_eq!(seen.gaps(0..100_000).len(), 49_999);
        assert_eq!(seen.gaps(0..7), [(1, 2), (3, 4), (5, 6)]);
        assert_eq!(seen.gaps(0..100_003).last(), Some(&(99_999, 100_003)));
    }

    #[test]
    fn what_has_settled_takes_no_room() {
        let mut seen = Seen::default();
        for n in (0..1_000_000).step_by(2) {
            assert!(seen.insert(n));
            if n % 1_000 == 0 {
                seen.settle(n.saturating_sub(5_000));
            }
        }
        let Some(Holes::Many { bits, .. }) = seen.gaps.table.get(&7) else {
            panic!("the last holes are kept");
        };
        assert!(bits.len() < 200);
        seen.settle(1_000_000);
        assert!(seen.gaps.is_empty());
    }

    proptest! {
        #[test]
        fn agrees_with_a_set(
            numbers in proptest::collection::vec((0_u32..400, prop::bool::weighted(0.02)), 0..400),
            spread in 1_u32..30,
        ) {
            let mut seen = Seen::default();
            let mut set = BTreeSet::new();
            let mut settled = 0;
            for (n, settle) in numbers {
                let n = n * spread;
                if settle {
                    settled = settled.max(n / 2);
                    seen.settle(settled);
                    set.extend(0..settled);
                }
                prop_assert_eq!(seen.gaps.has(7, seen.next, n), set.contains(&n));
                prop_assert_eq!(seen.insert(n), set.insert(n));
            }
            for start in [0, 1, 63, 64, 700] {
                for end in [0, 62, 63, 64, 65, 500, 12_000] {
                    let wanted: Vec<_> = (start..end).filter(|n| !set.contains(n)).collect();
                    let gaps = seen.gaps(start..end);
                    let missing: Vec<_> = gaps.iter().flat_map(|(from, to)| *from..*to).collect();
                    prop_assert_eq!(missing, wanted);
                    prop_assert!(gaps.iter().all(|(from, to)| from < to));
                    prop_assert!(gaps.windows(2).all(|pair| pair[0].1 < pair[1].0));
                }
            }
        }
    }
}
