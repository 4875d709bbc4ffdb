//! Pushes, counted by how they were answered and by whether anybody could get them.

use serde::{Deserialize, Serialize};

use crate::history::Outcome;
use crate::scenario::Reach;

/// Counts of pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PushCounts {
    /// Pushes of the schedule.
    pub scheduled: u64,
    /// The trigger's first byte was about to leave.
    pub sent: u64,
    /// The target said yes.
    pub accepted: u64,
    /// The target said no.
    pub rejected: u64,
    /// Nobody knows: time-out, 5xx, connection lost.
    pub unknown: u64,
    /// Of those sent: at a user whom no app has.
    #[serde(default)]
    pub absent: u64,
    /// Of those sent: at another app's user.
    #[serde(default)]
    pub foreign: u64,
    /// Of those rejected: at either. A target may refuse them as well as accept them.
    #[serde(default)]
    pub rejected_at_nobody: u64,
    /// Without a tag, and held back until the push of the same name before it was answered.
    #[serde(default)]
    pub waited_for_turn: u64,
    /// In a closed loop: its lane went on although it had not arrived wherever it was waited for.
    #[serde(default)]
    pub given_up: u64,
}

impl PushCounts {
    /// Pushes that the target took as it should: it accepted them, or refused them because nobody could get them.
    pub fn taken(&self) -> u64 {
        self.accepted + self.rejected_at_nobody
    }

    /// Pushes that it should have accepted, and did not, or that nobody knows of.
    pub fn failed(&self) -> u64 {
        // Counts of a run that goes on are read one after the other.
        self.rejected.saturating_sub(self.rejected_at_nobody) + self.unknown
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        self.scheduled += other.scheduled;
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.unknown += other.unknown;
        self.absent += other.absent;
        self.foreign += other.foreign;
        self.rejected_at_nobody += other.rejected_at_nobody;
    }

    /// Counts a push that is sent.
    pub fn count_sent(&mut self, reach: Reach) {
        self.sent += 1;
        self.absent += u64::from(reach == Reach::Absent);
        self.foreign += u64::from(reach == Reach::Foreign);
    }

    /// Counts the answer to a push.
    pub fn count_answer(&mut self, outcome: Outcome, reach: Reach) {
        match outcome {
            Outcome::Accepted => self.accepted += 1,
            Outcome::Rejected => {
                self.rejected += 1;
                self.rejected_at_nobody += u64::from(reach.is_nobody());
            }
            Outcome::Unknown => self.unknown += 1,
        }
    }
}
