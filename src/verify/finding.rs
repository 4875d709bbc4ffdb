//! What judging finds: counts of every class, and a bounded number of examples of each.

use serde::{Deserialize, Serialize};

use crate::history::Push;
use crate::ids::{AppId, PushId, SocketId, UserId};
use crate::time::Time;

/// The ways in which a push can go wrong. One fault is one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// An expected delivery did not come before the end of settling.
    Lost,
    /// A push came again at a socket that already had it.
    Duplicated,
    /// A push came at a socket outside its audience.
    Misdelivered,
    /// A push came under another event name.
    Misrouted,
    /// A push came with another payload.
    Corrupted,
    /// A push came after one that was sent only once it had been accepted.
    Reordered,
    /// A push came after the deadline.
    Late,
    /// An event that no push explains.
    Phantom,
    /// An event before the socket's CONNECT was accepted.
    Premature,
}

impl Class {
    /// Every class, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::Lost,
        Self::Duplicated,
        Self::Misdelivered,
        Self::Misrouted,
        Self::Corrupted,
        Self::Reordered,
        Self::Late,
        Self::Phantom,
        Self::Premature,
    ];

    /// The word used for it everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Duplicated => "duplicated",
            Self::Misdelivered => "misdelivered",
            Self::Misrouted => "misrouted",
            Self::Corrupted => "corrupted",
            Self::Reordered => "reordered",
            Self::Late => "late",
            Self::Phantom => "phantom",
            Self::Premature => "premature",
        }
    }
}

/// Counts over (push, socket) pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Pairs that had to happen. Known when judging ends.
    pub expected: u64,
    /// Pairs in the audience that happened, each counted once.
    pub delivered: u64,
    /// Pairs that were free to happen or not. Known when judging ends.
    pub allowed: u64,
    /// Arrivals without a tag that were told by their event name, each for itself. What was refused later is among them.
    pub by_name: u64,
    /// Arrivals without a tag that came while several of their event name were awaited: told by count.
    pub by_count: u64,
    /// Deliveries past the deadline by the time at which they were read, but perhaps not by the time at which they came: the generator
    /// itself may have held them up. No violation.
    pub held_up: u64,
    /// Deliveries at a connection that goes on where another ended, of pushes that were sent before it was there: they had been missed.
    #[serde(default)]
    pub recovered: u64,
    /// Every accepted push with every socket of the plan in its audience. Each is in exactly one of `came`, `lost`, `missed_at_death`,
    /// `missed_at_churn`, `missed_at_neglect` and `away`. Known when judging ends, as all of these.
    pub pairs: u64,
    /// Of `pairs`: came at a connection of the socket at which it was expected or allowed.
    pub came: u64,
    /// Of `pairs`: was nowhere expected and did not come, and was allowed at a connection that died meanwhile.
    pub missed_at_death: u64,
    /// Of `pairs`: was nowhere expected and did not come, and was allowed only where the socket connected, or left by our own will,
    /// meanwhile.
    pub missed_at_churn: u64,
    /// Of `pairs`: was nowhere expected and did not come, because the scenario had the socket stop reading, or it was ended for what the
    /// scenario has it neglect.
    pub missed_at_neglect: u64,
    /// Of `pairs`: was nowhere expected nor allowed: no connection of the socket was there.
    pub away: u64,
    violations: [u64; Class::ALL.len()],
}

impl Counts {
    /// The same with so many violations of each class, for whoever was told of them.
    #[must_use]
    pub fn with_violations(self, of: impl Fn(Class) -> u64) -> Self {
        Self {
            violations: Class::ALL.map(of),
            ..self
        }
    }

    /// How many violations of one class.
    pub fn of(&self, class: Class) -> u64 {
        self.violations[class as usize]
    }

    /// How many violations of all classes.
    pub fn violations(&self) -> u64 {
        self.violations.iter().sum()
    }

    /// Counts violations.
    pub(super) fn add(&mut self, class: Class, n: u64) {
        self.violations[class as usize] += n;
    }

    /// Adds another shard's counts.
    pub fn merge(&mut self, other: &Self) {
        self.expected += other.expected;
        self.delivered += other.delivered;
        self.allowed += other.allowed;
        self.by_name += other.by_name;
        self.by_count += other.by_count;
        self.held_up += other.held_up;
        self.recovered += other.recovered;
        self.pairs += other.pairs;
        self.came += other.came;
        self.missed_at_death += other.missed_at_death;
        self.missed_at_churn += other.missed_at_churn;
        self.missed_at_neglect += other.missed_at_neglect;
        self.away += other.away;
        for (sum, n) in self.violations.iter_mut().zip(other.violations) {
            *sum += n;
        }
    }
}

/// One violation, as evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// What went wrong.
    pub class: Class,
    /// The push, where it can be told.
    pub push: Option<PushId>,
    /// That push as it was sent.
    pub sent: Option<Push>,
    /// When that push was answered.
    pub answered: Option<Time>,
    /// Where it happened.
    pub socket: SocketId,
    /// The user who holds the socket.
    pub user: UserId,
    /// The app of that user.
    pub app: AppId,
    /// The event name as it arrived; for `lost` the name that was asked for.
    pub event: String,
    /// When it arrived; `None` for `lost`.
    pub arrived: Option<Time>,
    /// The difference in words.
    pub detail: String,
}

/// Counts and examples of one shard, or of all of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Findings {
    /// The counts.
    pub counts: Counts,
    /// What had to come and what went wrong of it for each trigger, where there are several. What came is not among it, nor is a violation
    /// whose push cannot be told.
    pub by_trigger: Vec<Counts>,
    examples: Vec<Example>,
    samples: [Sample; Class::ALL.len()],
}

/// Most examples kept of each class, in each shard and in the report: enough to see a pattern, bounded whatever the target does.
pub const EXAMPLES_PER_CLASS: usize = 20;
/// Of these, the first ones are kept always, and the others are spread evenly over all that follow.
const FIRST: u64 = EXAMPLES_PER_CLASS as u64 / 2;

/// Which violations of a class are kept as examples.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sample {
    /// How many there were.
    seen: u64,
    /// After the first ones, every so many-th is kept: twice as many whenever there is no more room.
    stride: u64,
    /// Of the examples kept, which violations of the class they are.
    kept: Vec<u64>,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            seen: 0,
            stride: 1,
            kept: Vec::new(),
        }
    }
}

impl Sample {
    /// The first violation from here on, counted from zero, that is to be kept.
    fn next(&self) -> u64 {
        match self.seen.checked_sub(FIRST) {
            None => self.seen,
            Some(after) => FIRST + after.next_multiple_of(self.stride),
        }
    }

    fn keeps(&self, n: u64) -> bool {
        n < FIRST || (n - FIRST).is_multiple_of(self.stride)
    }
}

impl Findings {
    /// The examples kept.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// Keeps no more than the first so many examples of each class, when nothing more is to come.
    pub fn keep_examples(&mut self, most: usize) {
        let mut kept = [0; Class::ALL.len()];
        self.examples.retain(|example| {
            kept[example.class as usize] += 1;
            kept[example.class as usize] <= most
        });
    }

    /// None yet, with counts of their own for so many triggers.
    pub(super) fn of_triggers(n: usize) -> Self {
        Self {
            by_trigger: vec![Counts::default(); n],
            ..Self::default()
        }
    }

    /// Counts violations, of this trigger if there are several.
    pub(super) fn count(&mut self, trigger: Option<usize>, class: Class, n: u64) {
        self.counts.add(class, n);
        if let Some(own) = trigger.and_then(|n| self.by_trigger.get_mut(n)) {
            own.add(class, n);
        }
    }

    /// Adds counts of a trigger.
    pub(super) fn join(&mut self, trigger: usize, counts: &Counts) {
        self.counts.merge(counts);
        if let Some(own) = self.by_trigger.get_mut(trigger) {
            own.merge(counts);
        }
    }

    /// Shows the examples so many violations of a class, by their numbers: `make` is asked only for those that are kept.
    pub(super) fn show(&mut self, class: Class, n: u64, mut make: impl FnMut(u64) -> Example) {
        let begun = self.samples[class as usize].seen;
        loop {
            let sample = &mut self.samples[class as usize];
            let next = sample.next();
            if next >= begun + n {
                sample.seen = begun + n;
                return;
            }
            sample.seen = next + 1;
            sample.kept.push(next);
            self.examples.push(make(next - begun));
            self.thin(class);
        }
    }

    /// Makes room when there is one example too many.
    fn thin(&mut self, class: Class) {
        let sample = &mut self.samples[class as usize];
        if sample.kept.len() <= EXAMPLES_PER_CLASS {
            return;
        }
        sample.stride *= 2;
        let keeps: Vec<_> = sample.kept.iter().map(|n| sample.keeps(*n)).collect();
        let mut keep = keeps.iter();
        sample.kept.retain(|_| keep.next().is_some_and(|k| *k));
        let mut keep = keeps.iter();
        self.examples
            .retain(|e| e.class != class || keep.next().is_some_and(|k| *k));
    }

    /// Takes back violations that no longer stand, by class. A duplicate becomes a phantom.
    pub(super) fn take_back(&mut self, trigger: Option<usize>, violations: &[u64]) {
        let own = trigger.and_then(|n| self.by_trigger.get_mut(n));
        for counts in [Some(&mut self.counts), own].into_iter().flatten() {
            for (count, n) in counts.violations.iter_mut().zip(violations) {
                *count -= n;
            }
        }
        self.count(
            trigger,
            Class::Phantom,
            violations[Class::Duplicated as usize],
        );
    }

    /// Changes the examples, and drops those for which `change` gives false.
    pub(super) fn revise(&mut self, mut change: impl FnMut(&mut Example) -> bool) {
        let mut moved = Vec::new();
        let samples = &mut self.samples;
        let mut nth = [0; Class::ALL.len()];
        self.examples.retain_mut(|example| {
            let class = example.class;
            let stays = change(example);
            if stays && example.class == class {
                nth[class as usize] += 1;
                return true;
            }
            samples[class as usize].kept.remove(nth[class as usize]);
            if stays {
                moved.push(example.clone());
            }
            false
        });
        for example in moved {
            self.show(example.class, 1, |_| example.clone());
        }
    }

    /// Adds another shard's findings. Of each class the first examples stay, and the others are thinned evenly to what there is room for.
    pub fn merge(&mut self, other: Self) {
        self.counts.merge(&other.counts);
        let triggers = self.by_trigger.len().max(other.by_trigger.len());
        self.by_trigger.resize(triggers, Counts::default());
        for (sum, part) in self.by_trigger.iter_mut().zip(&other.by_trigger) {
            sum.merge(part);
        }
        self.examples.extend(other.examples);
        self.examples
            .sort_by_key(|e| (e.class, e.arrived, e.socket));
        for class in Class::ALL {
            let all = self.examples.iter().filter(|e| e.class == class).count();
            let (mut n, first) = (0, FIRST as usize);
            self.examples.retain(|example| {
                if example.class != class {
                    return true;
                }
                n += 1;
                n <= first || all <= EXAMPLES_PER_CLASS || {
                    // Of the `rest` after the first ones, `room` are kept, the last one among them.
                    let (rest, room) = (all - first, EXAMPLES_PER_CLASS - first);
                    let k = n - first;
                    k * room / rest > (k - 1) * room / rest
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(n: u64) -> Example {
        Example {
            class: Class::Lost,
            push: None,
            sent: None,
            answered: None,
            socket: SocketId(0),
            user: UserId(0),
            app: AppId(0),
            event: String::new(),
            arrived: Some(Time::from_nanos(n)),
            detail: String::new(),
        }
    }

    fn shown(findings: &Findings) -> Vec<u64> {
        let arrived = findings.examples().iter().filter_map(|e| e.arrived);
        arrived.map(Time::as_nanos).collect()
    }

    #[test]
    fn the_first_are_kept_and_the_others_spread() {
        for step in [1, 7, 1_000] {
            let mut findings = Findings::default();
            let mut n = 0;
            while n < 100_000 {
                findings.show(Class::Lost, step, |k| example(n + k));
                n += step;
            }
            let shown = shown(&findings);
            assert_eq!(shown[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
            assert!(
                (15..=EXAMPLES_PER_CLASS).contains(&shown.len()),
                "{shown:?}"
            );
            let apart: Vec<_> = shown[10..]
                .windows(2)
                .map(|pair| pair[1] - pair[0])
                .collect();
            assert!(apart.iter().all(|d| *d == 16_384), "{shown:?}");
        }
    }

    #[test]
    fn twenty_are_all_kept() {
        let mut findings = Findings::default();
        findings.show(Class::Lost, 20, example);
        assert_eq!(shown(&findings), (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn shards_together_keep_as_many() {
        let mut all = Findings::default();
        for shard in 0..4 {
            let mut findings = Findings::default();
            findings.show(Class::Lost, 20, |k| example(k * 4 + shard));
            all.merge(findings);
        }
        let shown = shown(&all);
        assert_eq!(shown.len(), EXAMPLES_PER_CLASS);
        assert_eq!(shown[..10], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(shown.last(), Some(&79));
    }
}
