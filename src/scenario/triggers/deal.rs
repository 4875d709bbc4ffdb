//! Which trigger each push takes, and which lane: a pure function of seed and place.
//!
//! A lane belongs to one trigger for good, so what is promised of a lane (each push after the answer to the one before, and in that order
//! at a socket) is promised within one trigger. The schedule is dealt in rounds: each round has as many pushes for every trigger as its
//! weight says, in an order of its own that the seed decides. So the shares are exact, and no trigger is in step with anything else that goes
//! by turns. With one trigger, lanes simply take turns.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::ids::{Lane, PushId, Seq};
use crate::scenario::workload::below;

/// Tells these draws from all others of a seed.
const KIND: u64 = 0x7472_6967_6765_7273;
/// Most pushes of a round: they are dealt again for each push that is looked up.
pub(super) const MOST_IN_ROUND: u32 = 1_000;

/// The pushes of a schedule, dealt to the lanes of each trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    seed: u64,
    /// The pushes of a round, for each trigger.
    shares: Vec<u32>,
    /// The first lane of each trigger, and then the number of all.
    first: Vec<u32>,
}

impl Deal {
    /// So many lanes, dealt to triggers of these weights: each has one at least, and the others are shared by weight.
    pub fn new(seed: u64, lanes: u32, weights: &[u32]) -> Self {
        let shares = reduced(weights);
        let all: u64 = shares.iter().map(|n| u64::from(*n)).sum();
        let spare = u64::from(lanes.saturating_sub(shares.len() as u32));
        let mut own: Vec<u32> = shares
            .iter()
            .map(|n| 1 + (spare * u64::from(*n) / all.max(1)) as u32)
            .collect();
        // Whoever is furthest below its share gets one more.
        while own.iter().sum::<u32>() < lanes {
            let lacks = |t: &usize| {
                let due = spare as f64 * f64::from(shares[*t]) / all as f64;
                due - f64::from(own[*t] - 1)
            };
            let most = (0..own.len())
                .rev()
                .max_by(|a, b| lacks(a).total_cmp(&lacks(b)));
            let Some(most) = most else { break };
            own[most] += 1;
        }
        let mut first = vec![0];
        for n in own {
            first.push(first[first.len() - 1] + n);
        }
        Self {
            seed,
            shares,
            first,
        }
    }

    /// How many triggers there are.
    pub fn triggers(&self) -> usize {
        self.shares.len()
    }

    /// The trigger of a lane.
    pub fn trigger_of(&self, lane: Lane) -> usize {
        let after = self.first.partition_point(|first| *first <= lane.0);
        after.saturating_sub(1).min(self.triggers() - 1)
    }

    /// How many lanes a trigger has.
    pub fn lanes_of(&self, trigger: usize) -> u32 {
        self.first[trigger + 1] - self.first[trigger]
    }

    /// The place of a push in the schedule over all lanes; `None`: there is no such lane.
    pub fn place(&self, id: PushId) -> Option<u64> {
        let lanes = *self.first.last()?;
        if id.lane.0 >= lanes {
            return None;
        }
        let trigger = self.trigger_of(id.lane);
        let nth = u64::from(id.seq.0) * u64::from(self.lanes_of(trigger))
            + u64::from(id.lane.0 - self.first[trigger]);
        if self.triggers() == 1 {
            return Some(nth);
        }
        let share = u64::from(self.shares[trigger]);
        let (round, k) = (nth / share, nth % share);
        let order = self.order(round);
        let mut own = order.iter().enumerate().filter(|(_, t)| **t == trigger);
        let (at, _) = own.nth(k as usize)?;
        Some(round * order.len() as u64 + at as u64)
    }

    /// The push at a place of the schedule; `None`: it is past what a lane can count.
    pub fn push_at(&self, place: u64) -> Option<PushId> {
        let (mut trigger, mut nth) = (0, place);
        if self.triggers() > 1 {
            let all = self.round();
            let (round, at) = (place / all, (place % all) as usize);
            let order = self.order(round);
            trigger = order[at];
            let before = order[..at].iter().filter(|t| **t == trigger).count();
            nth = round * u64::from(self.shares[trigger]) + before as u64;
        }
        let lanes = u64::from(self.lanes_of(trigger));
        Some(PushId {
            lane: Lane(self.first[trigger] + (nth % lanes) as u32),
            seq: Seq(u32::try_from(nth / lanes).ok()?),
        })
    }

    /// How many of the first so many pushes of the schedule are a lane's.
    pub fn pushes_of(&self, lane: Lane, of: u64) -> u32 {
        let trigger = self.trigger_of(lane);
        let mut all = of;
        if self.triggers() > 1 {
            let (rounds, rest) = (of / self.round(), (of % self.round()) as usize);
            let begun = self.order(rounds);
            let begun = begun[..rest].iter().filter(|t| **t == trigger).count();
            all = rounds * u64::from(self.shares[trigger]) + begun as u64;
        }
        let others = u64::from(lane.0 - self.first[trigger]);
        let lanes = u64::from(self.lanes_of(trigger));
        u32::try_from(all.saturating_sub(others).div_ceil(lanes)).unwrap_or(u32::MAX)
    }

    /// The first lane of each trigger: it has as many pushes as any other of the same.
    pub fn first_lanes(&self) -> impl Iterator<Item = Lane> + '_ {
        self.first[..self.triggers()].iter().copied().map(Lane)
    }

    /// The pushes of a round.
    fn round(&self) -> u64 {
        self.shares.iter().map(|n| u64::from(*n)).sum()
    }

    /// The triggers of a round, push by push.
    fn order(&self, round: u64) -> Vec<usize> {
        let each = self.shares.iter().enumerate();
        let mut order: Vec<usize> = each
            .flat_map(|(trigger, n)| std::iter::repeat_n(trigger, *n as usize))
            .collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ KIND);
        rng.set_stream(round);
        for n in (1..order.len()).rev() {
            order.swap(n, below(&mut rng, n as u32 + 1) as usize);
        }
        order
    }
}

/// Weights without what divides them all.
pub(super) fn reduced(weights: &[u32]) -> Vec<u32> {
    let divisor = weights.iter().fold(0, |a, b| gcd(a, *b)).max(1);
    weights.iter().map(|n| n / divisor).collect()
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_trigger_has_all_lanes_in_turn() {
        let deal = Deal::new(7, 4, &[3]);
        for place in 0..40 {
            let push = deal.push_at(place).unwrap();
            assert_eq!(
                (push.lane.0, push.seq.0),
                (place as u32 % 4, place as u32 / 4)
            );
            assert_eq!(deal.trigger_of(push.lane), 0);
        }
        assert_eq!(deal.pushes_of(Lane(1), 6), 2);
        assert_eq!(deal.pushes_of(Lane(2), 6), 1);
    }

    #[test]
    fn lanes_are_shared_by_weight_and_every_trigger_has_one() {
        let own = |lanes, weights: &[u32]| -> Vec<u32> {
            let deal = Deal::new(1, lanes, weights);
            (0..weights.len()).map(|t| deal.lanes_of(t)).collect()
        };
        assert_eq!(own(4, &[1, 1]), [2, 2]);
        assert_eq!(own(4, &[100, 1]), [3, 1]);
        assert_eq!(own(3, &[5, 1, 1]), [1, 1, 1]);
        assert_eq!(own(12, &[6, 3, 3]), [6, 3, 3]);
        assert_eq!(own(5, &[1, 1, 1]), [2, 2, 1]);
    }

    proptest! {
        /// Every place of the schedule is one push of one lane, shares are exact, and a lane's pushes follow each other.
        #[test]
        fn every_push_has_one_place(
            seed: u64,
            weights in prop::collection::vec(1..7_u32, 1..5),
            more in 0..9_u32,
            rounds in 1..6_u64,
            rest in 0..5_u64,
        ) {
            let lanes = weights.len() as u32 + more;
            let deal = Deal::new(seed, lanes, &weights);
            let shares = reduced(&weights);
            let round: u64 = shares.iter().map(|n| u64::from(*n)).sum();
            let all = rounds * round + rest % round;
            let mut counts = vec![0_u64; weights.len()];
            let mut seqs = vec![0_u32; lanes as usize];
            for place in 0..all {
                let push = deal.push_at(place).unwrap();
                prop_assert_eq!(deal.place(push), Some(place));
                prop_assert_eq!(push.seq.0, seqs[push.lane.index()]);
                seqs[push.lane.index()] += 1;
                if place < rounds * round {
                    counts[deal.trigger_of(push.lane)] += 1;
                }
            }
            for (count, share) in counts.iter().zip(&shares) {
                prop_assert_eq!(*count, rounds * u64::from(*share));
            }
            for (lane, pushes) in seqs.iter().enumerate() {
                prop_assert_eq!(deal.pushes_of(Lane(lane as u32), all), *pushes);
            }
            let beyond = PushId { lane: Lane(lanes), seq: Seq(0) };
            prop_assert!(deal.place(beyond).is_none());
        }
    }
}
