//! Why things failed, with how often: a bounded number of different reasons, whatever the target says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most different reasons kept; the rest are counted together.
const MOST: usize = 16;
/// What they are called.
const OTHERS: &str = "other reasons";

/// Reasons in words, each with its count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasons {
    named: BTreeMap<String, u64>,
    others: u64,
}

impl Reasons {
    /// Counts a reason `n` times.
    pub fn add(&mut self, reason: &str, n: u64) {
        if let Some(count) = self.named.get_mut(reason) {
            *count += n;
        } else if self.named.len() < MOST {
            self.named.insert(reason.to_owned(), n);
        } else {
            self.others += n;
        }
    }

    /// Adds what another count has.
    pub fn merge(&mut self, other: &Self) {
        for (reason, n) in &other.named {
            self.add(reason, *n);
        }
        self.others += other.others;
    }

    /// How often things failed in all.
    pub fn total(&self) -> u64 {
        self.named.values().sum::<u64>() + self.others
    }

    /// Every reason with its count, those beyond the bound as one.
    pub fn to_map(&self) -> BTreeMap<String, u64> {
        let mut map = self.named.clone();
        if self.others > 0 {
            *map.entry(OTHERS.to_owned()).or_default() += self.others;
        }
        map
    }

    /// What [`Reasons::to_map`] gave.
    pub fn of_map(map: &BTreeMap<String, u64>) -> Self {
        let mut named = map.clone();
        let others = named.remove(OTHERS).unwrap_or(0);
        Self { named, others }
    }

    /// The most common one in words, and how many more there are.
    pub fn most_common(&self) -> String {
        let Some((why, n)) = self.named.iter().max_by_key(|(_, n)| **n) else {
            return "no reason was given".to_owned();
        };
        match (self.named.len() - 1, self.others) {
            (0, 0) => why.clone(),
            (1, 0) => format!("{why} ({n}×, and one other reason)"),
            (more, 0) => format!("{why} ({n}×, and {more} other reasons)"),
            (more, _) => format!("{why} ({n}×, and more than {more} other reasons)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_words_each_failure_anew_fills_no_memory() {
        let mut reasons = Reasons::default();
        reasons.add("down", 2);
        for n in 0..100 {
            reasons.add(&format!("failure {n}"), 1);
        }
        let map = reasons.to_map();
        assert_eq!(map.len(), MOST + 1);
        assert_eq!(map.values().sum::<u64>(), 102);
        assert_eq!(
            reasons.most_common(),
            "down (2×, and more than 15 other reasons)"
        );
    }

    #[test]
    fn one_reason_needs_no_count() {
        let mut reasons = Reasons::default();
        assert_eq!(reasons.most_common(), "no reason was given");
        reasons.add("down", 2);
        assert_eq!(reasons.most_common(), "down");
        let mut sum = Reasons::default();
        sum.add("full", 1);
        sum.merge(&reasons);
        assert_eq!(sum.most_common(), "down (2×, and one other reason)");
    }
}
