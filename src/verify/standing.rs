//! Which deliveries had to happen, which might, and which must not.
//!
//! The rule, for a push and a socket of its audience:
//!
//! * a push has **settled** `settle` after it was accepted. Each push settles by itself, so that a socket which drops or joins in a
//!   long run makes a difference only for the pushes under way at that time: not for all pushes of the run;
//! * **expected**: the push was accepted, and the socket was connected from before it was sent (strictly) until it had settled;
//! * **allowed**: the push was not refused, the socket had not left before it was sent, and did not connect only after it had settled.
//!   Of a push with an unknown outcome nobody knows when it settles: it may come at any time;
//! * **forbidden**: everything else. A socket that never connected has nothing to expect.

use std::ops::Range;
use std::time::Duration;

use super::ledger::Entry;
use super::streams::Stream;
use crate::history::Outcome;
use crate::time::Time;

/// When a socket was there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Presence {
    /// `Time::MAX` until CONNECT was accepted.
    connected: Time,
    /// `Time::MAX` while connected.
    left: Time,
}

/// The pushes of a stream that stand well with a socket, by place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spans {
    /// Expected, those of them that were accepted.
    pub(super) expected: Range<u32>,
    /// Allowed or expected, those of them that were accepted.
    pub(super) accepted: Range<u32>,
    /// Allowed, those of them whose outcome is unknown.
    pub(super) unknown: Range<u32>,
}

impl Presence {
    pub(super) const NONE: Self = Self {
        connected: Time::MAX,
        left: Time::MAX,
    };

    pub(super) fn connected(&mut self, at: Time) {
        self.connected = at;
    }

    pub(super) fn left(&mut self, at: Time) {
        self.left = self.left.min(at);
    }

    pub(super) fn has_connected(self) -> bool {
        self.connected != Time::MAX
    }

    /// Whether a push must not come to this socket, as far as the answer is known.
    pub(super) fn forbids(self, entry: &Entry, settle: Duration) -> bool {
        !self.has_connected()
            || self.left < entry.push.sent
            || entry.outcome() == Outcome::Rejected
            || entry
                .accepted_at()
                .is_some_and(|at| self.connected > at + settle)
    }

    /// How all pushes of a stream stand, by halving: a socket that left must not cost a look at every push.
    pub(super) fn spans(self, stream: &Stream, settle: Duration) -> Spans {
        if !self.has_connected() {
            return Spans {
                expected: 0..0,
                accepted: 0..0,
                unknown: 0..0,
            };
        }
        // Where a push was not accepted this is between the times of its neighbours, so that all ascend.
        let settled = |entry: &Entry| entry.answer.map_or(entry.push.sent, |a| a.at) + settle;
        let not_left = stream.first(|entry| entry.push.sent <= self.left);
        Spans {
            expected: stream.first(|entry| entry.push.sent <= self.connected)
                ..stream.first(|entry| settled(entry) <= self.left),
            accepted: stream.first(|entry| settled(entry) < self.connected)..not_left,
            unknown: 0..not_left,
        }
    }
}
