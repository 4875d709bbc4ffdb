//! Which deliveries had to happen, which might, and which must not.
//!
//! The rule, for a push and a connection of its audience, where a push is **over** `settle` after it was accepted. Each push is over by
//! itself, so that a connection which ends or begins in a long run makes a difference only for the pushes under way at that time:
//!
//! * **expected**: the push was accepted, its socket was connected before it was sent (strictly), and it was over while the socket
//!   was certainly there, and before it began to leave;
//! * **forbidden**: the push was refused, or the socket was certainly gone when it was sent, or had said goodbye `settle` before that,
//!   or asked to be connected only after it was over. A connection that was never accepted has nothing to expect;
//! * **allowed**: everything else. Of a push with an unknown outcome nobody knows when it is over: it may come at any time.
//!
//! A push that was not expected, because its socket connected or said goodbye meanwhile, is also forbidden once it is certainly over:
//! whoever sends it then sends it anew.
//!
//! A connection that **goes on** where another of its socket ended (connection state recovery) may get what the socket has missed since that
//! was certainly there: allowed too, until `settle` after CONNECT was accepted.

use std::ops::Range;
use std::time::Duration;

use super::ledger::Entry;
use super::streams::Stream;
use crate::history::{Leave, Left};
use crate::time::Time;

/// When a connection was there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Presence {
    /// Before that it was surely not connected. `Time::MAX`: nobody said. Of one that goes on where another ended: since when what it may still
    /// get was missed.
    connecting: Time,
    /// `Time::MAX` until CONNECT was accepted.
    connected: Time,
    /// The last sign of life so far; of a connection that has ended, until when it was certainly there.
    heard: Time,
    /// When our goodbye began; `Time::MAX` without one.
    leaving: Time,
    /// `Time::MAX` while the connection lasts.
    by: Time,
    cause: Leave,
    /// It goes on where another connection ended.
    goes_on: bool,
}

/// The pushes of a stream that stand well with a connection, by place.
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
        connecting: Time::MAX,
        connected: Time::MAX,
        heard: Time::ZERO,
        leaving: Time::MAX,
        by: Time::MAX,
        cause: Leave::Ours,
        goes_on: false,
    };

    pub(super) fn connecting(&mut self, at: Time) {
        self.connecting = at;
    }

    pub(super) fn connected(&mut self, at: Time) {
        self.connected = at;
        self.connecting = self.connecting.min(at);
    }

    /// It goes on where another connection ended, from this moment of that.
    pub(super) fn goes_on(&mut self, since: Time) {
        self.goes_on = true;
        self.connecting = self.connecting.min(since);
    }

    /// Whether it goes on where another connection ended, and that before a push was surely seen by this one: then that comes by recovery.
    #[inline]
    pub(super) fn recovers(&self, sent: Time) -> bool {
        self.goes_on && self.connected >= sent
    }

    /// Whether a push that came not before this may be one that was missed and is over.
    pub(super) fn makes_up_for(&self, entry: &Entry, not_before: Time, settle: Duration) -> bool {
        let over = entry.accepted_at().map(|at| at + settle);
        self.recovers(entry.push.sent)
            && over.is_some_and(|over| self.connecting <= over)
            && not_before <= self.connected + settle
    }

    /// Of one that has ended: since when what comes at another that goes on from there may have been missed. What it was owed itself and cannot
    /// have got yet is among it.
    pub(super) fn missed_since(self, settle: Duration) -> Time {
        if self.goes_on && self.heard <= self.connected + settle {
            self.connecting
        } else {
            self.heard.max(self.connecting)
        }
    }

    #[inline]
    pub(super) fn heard(&mut self, at: Time) {
        self.heard = self.heard.max(at);
    }

    pub(super) fn leaving(&mut self, at: Time) {
        self.leaving = self.leaving.min(at);
    }

    /// Told twice, the first holds.
    pub(super) fn left(&mut self, left: Left) {
        if self.by == Time::MAX {
            self.by = left.by.max(self.heard);
            self.heard = left.after.max(self.heard).min(self.by);
            self.cause = left.cause;
        }
    }

    #[inline]
    pub(super) fn has_connected(self) -> bool {
        self.connected != Time::MAX
    }

    pub(super) fn has_left(self) -> bool {
        self.by != Time::MAX
    }

    /// By when it was certainly gone; `Time::MAX` while it lasts.
    pub(super) fn gone_by(self) -> Time {
        self.by
    }

    /// Whether the end of the connection was not our doing.
    pub(super) fn has_died(self) -> bool {
        self.has_left() && self.leaving == Time::MAX && self.cause.is_death()
    }

    /// Whether a push that was sent then has to come, should it be accepted, as far as is known.
    pub(super) fn promises(self, sent: Time) -> bool {
        self.connected < sent && self.leaving == Time::MAX && !self.has_left()
    }

    /// Whether it ended for what the scenario had the socket neglect.
    pub(super) fn has_neglected(self) -> bool {
        self.has_left() && self.cause.is_neglect()
    }

    /// When CONNECT was accepted; `Time::MAX` if it was not.
    pub(super) fn connected_at(self) -> Time {
        self.connected
    }

    /// Whether all that is over by then can be judged for good: whatever still comes comes later, and whenever it turns out to have
    /// ended, it was there until then. One that has said goodbye has to leave first, and one that goes on has to have had the time to get what
    /// was missed.
    pub(super) fn is_sure_of(self, over: Time, settle: Duration) -> bool {
        let over = if self.goes_on && over != Time::ZERO {
            over.max(self.connected + settle)
        } else {
            over
        };
        self.has_left()
            || self.has_connected()
                && self.leaving == Time::MAX
                && (over == Time::ZERO || self.heard > over)
    }

    /// Whether it lasts, as far as is known, and has not been heard of after this.
    pub(super) fn is_silent(self, since: Time) -> bool {
        self.has_connected() && !self.has_left() && self.heard < since
    }

    /// Until when the connection could be counted on: until our goodbye, if it was still there then.
    fn sure_until(self) -> Time {
        if self.has_left() {
            self.leaving.min(self.heard)
        } else {
            self.leaving
        }
    }

    /// Whatever was sent after this must not come.
    #[inline]
    fn open_until(self, settle: Duration) -> Time {
        self.by.min(self.leaving + settle)
    }

    /// Whether a push that came not before this must not have come to this connection, refused or not, as far as the answer is known.
    #[inline]
    pub(super) fn forbids(&self, entry: &Entry, not_before: Time, settle: Duration) -> bool {
        // Nearly always: it was there before the push, and still is.
        if self.connected < entry.push.sent && self.leaving == Time::MAX && !self.has_left() {
            return false;
        }
        if !self.has_connected() || self.open_until(settle) < entry.push.sent {
            return true;
        }
        let Some(over) = entry.accepted_at().map(|at| at + settle) else {
            return false;
        };
        let joined_by = if self.goes_on {
            over.max(self.connected + settle)
        } else {
            over
        };
        let anew = self.connected >= entry.push.sent && not_before > joined_by
            || self.leaving < over && not_before > over;
        self.connecting > over || anew
    }

    /// How all pushes of a stream stand, by halving: a socket that left must not cost a look at every push.
    pub(super) fn spans(self, stream: Stream<'_>, settle: Duration) -> Spans {
        let all = stream.range();
        if !self.has_connected() {
            let none = all.start..all.start;
            return Spans {
                expected: none.clone(),
                accepted: none.clone(),
                unknown: none,
            };
        }
        // Nearly always: it was there before them and is there still.
        let first = stream.entry(all.start).1.push.sent;
        if self.connected < first && !self.has_left() && self.leaving == Time::MAX {
            return Spans {
                expected: all.clone(),
                accepted: all.clone(),
                unknown: all,
            };
        }
        // Where a push was not accepted this is between the times of its neighbours, so that all ascend.
        let over = |entry: &Entry| entry.answer.map_or(entry.push.sent, |a| a.at) + settle;
        let open_until = self.open_until(settle);
        let open = stream.first(|entry| entry.push.sent <= open_until);
        let accepted = stream.first(|entry| over(entry) < self.connecting)..open;
        let sure_until = self.sure_until();
        let expected = stream.first(|entry| entry.push.sent <= self.connected)
            ..stream.first(|entry| over(entry) <= sure_until);
        Spans {
            expected,
            accepted,
            unknown: all.start..open,
        }
    }
}
