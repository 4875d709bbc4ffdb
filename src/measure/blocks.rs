//! The latencies of a stretch of a run, second by second, so that how much they differ from one time to another can be told.

use super::latency::Latency;

/// Most blocks: a histogram has 170 KB.
const MOST: usize = 32;

/// Blocks of equal length, one after another, each with the latencies of what arrived in it. There is a bounded number of them: when
/// there are more, each becomes twice as long.
#[derive(Debug, Clone)]
pub struct Blocks {
    from: u64,
    width: u64,
    each: Vec<Latency>,
}

impl Blocks {
    /// From this second of a run on.
    pub fn new(from: u64) -> Self {
        Self {
            from,
            width: 1,
            each: Vec::new(),
        }
    }

    /// The second with which they begin.
    pub fn from(&self) -> u64 {
        self.from
    }

    /// Adds what arrived in a second. What came before the first block is none of it.
    pub fn add(&mut self, second: u64, latency: &Latency) {
        let Some(seconds) = second.checked_sub(self.from) else {
            return;
        };
        while seconds / self.width >= MOST as u64 {
            self.widen();
        }
        let at = (seconds / self.width) as usize;
        if self.each.len() <= at {
            self.each.resize_with(at + 1, Latency::default);
        }
        self.each[at].merge(latency);
    }

    fn widen(&mut self) {
        self.width *= 2;
        let pairs = std::mem::take(&mut self.each);
        let mut pairs = pairs.into_iter();
        while let Some(mut block) = pairs.next() {
            if let Some(next) = pairs.next() {
                block.merge(&next);
            }
            self.each.push(block);
        }
    }

    /// Each block.
    pub fn each(&self) -> &[Latency] {
        &self.each
    }

    /// All of them together.
    pub fn whole(&self) -> Latency {
        let mut whole = Latency::default();
        for block in &self.each {
            whole.merge(block);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn one(ms: u64) -> Latency {
        let mut latency = Latency::default();
        latency.record(Duration::from_millis(ms));
        latency
    }

    fn counts(blocks: &Blocks) -> Vec<u64> {
        blocks.each().iter().map(Latency::count).collect()
    }

    #[test]
    fn a_block_for_each_second() {
        let mut blocks = Blocks::new(3);
        for (second, ms) in [(2, 900), (3, 1), (5, 2), (3, 3), (5, 4), (5, 5)] {
            blocks.add(second, &one(ms));
        }
        assert_eq!(counts(&blocks), [2, 0, 3]);
        assert_eq!(blocks.whole().max_us().map(|us| us / 100), Some(50));
    }

    #[test]
    fn a_long_stretch_has_longer_blocks_not_more() {
        let mut blocks = Blocks::new(0);
        for second in 0..100 {
            blocks.add(second, &one(1));
        }
        assert_eq!(counts(&blocks), [4; 25]);
        // Some shard is behind.
        blocks.add(0, &one(1));
        assert_eq!((counts(&blocks)[0], blocks.whole().count()), (5, 101));
    }
}
