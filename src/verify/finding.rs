//! What judging finds: counts of every class, and a bounded number of examples of each.

use crate::history::Push;
use crate::ids::{AppId, PushId, SocketId, UserId};
use crate::time::Time;

/// The ways in which a push can go wrong. One fault is one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Pairs that had to happen. Known when judging ends.
    pub expected: u64,
    /// Pairs in the audience that happened, each counted once.
    pub delivered: u64,
    /// Pairs that were free to happen or not. Known when judging ends.
    pub allowed: u64,
    violations: [u64; Class::ALL.len()],
}

impl Counts {
    /// How many violations of one class.
    pub fn of(&self, class: Class) -> u64 {
        self.violations[class as usize]
    }

    /// How many violations of all classes.
    pub fn violations(&self) -> u64 {
        self.violations.iter().sum()
    }

    /// Adds another shard's counts.
    pub fn merge(&mut self, other: &Self) {
        self.expected += other.expected;
        self.delivered += other.delivered;
        self.allowed += other.allowed;
        for (sum, n) in self.violations.iter_mut().zip(other.violations) {
            *sum += n;
        }
    }
}

/// One violation, as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The counts.
    pub counts: Counts,
    examples: Vec<Example>,
    per_class: [usize; Class::ALL.len()],
}

/// Most examples kept of each class, in each shard and in the report: enough to see a pattern, bounded whatever the target does.
pub const EXAMPLES_PER_CLASS: usize = 20;

impl Findings {
    /// The examples kept.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// Counts violations.
    pub(super) fn count(&mut self, class: Class, n: u64) {
        self.counts.violations[class as usize] += n;
    }

    /// Whether another example of this class would be kept; if not, it need not be made.
    pub(super) fn has_room(&self, class: Class) -> bool {
        self.per_class[class as usize] < EXAMPLES_PER_CLASS
    }

    /// Keeps an example while there is room.
    pub(super) fn keep(&mut self, example: Example) {
        if self.has_room(example.class) {
            self.per_class[example.class as usize] += 1;
            self.examples.push(example);
        }
    }

    /// Takes back violations that no longer stand, by class. A duplicate becomes a phantom.
    pub(super) fn take_back(&mut self, violations: &[u64; Class::ALL.len()]) {
        for (count, n) in self.counts.violations.iter_mut().zip(violations) {
            *count -= n;
        }
        self.count(Class::Phantom, violations[Class::Duplicated as usize]);
    }

    /// Changes the examples, and drops those for which `change` gives false.
    pub(super) fn revise(&mut self, mut change: impl FnMut(&mut Example) -> bool) {
        self.per_class = Default::default();
        for mut example in std::mem::take(&mut self.examples) {
            if change(&mut example) {
                self.keep(example);
            }
        }
    }

    /// Adds another shard's findings; of the examples as many as there is room for.
    pub fn merge(&mut self, other: Self) {
        self.counts.merge(&other.counts);
        for example in other.examples {
            self.keep(example);
        }
        self.examples
            .sort_by_key(|e| (e.class, e.arrived, e.socket));
    }
}
