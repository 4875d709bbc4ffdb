//! When something is to be done at which socket.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::time::Time;

/// Deadlines, the next first. None is ever taken out: a socket knows which is its last, and overlooks the others.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<(Time, u32)>>,
}

impl Deadlines {
    /// There is something to do at this socket then.
    pub(super) fn push(&mut self, at: Time, socket: usize) {
        self.heap.push(Reverse((at, socket as u32)));
    }

    /// The next; `Time::MAX`: none.
    pub(super) fn next(&self) -> Time {
        self.heap.peek().map_or(Time::MAX, |Reverse((at, _))| *at)
    }

    /// One that is due.
    pub(super) fn due(&mut self, now: Time) -> Option<(Time, usize)> {
        if self.next() > now {
            return None;
        }
        self.heap
            .pop()
            .map(|Reverse((at, socket))| (at, socket as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_comes_in_order() {
        let at = Time::from_nanos;
        let mut deadlines = Deadlines::default();
        assert_eq!(deadlines.next(), Time::MAX);
        for (when, socket) in [(30, 1), (10, 2), (20, 3), (10, 1)] {
            deadlines.push(at(when), socket);
        }
        assert_eq!(deadlines.next(), at(10));
        assert_eq!(deadlines.due(at(9)), None);
        let mut due = Vec::new();
        while let Some(next) = deadlines.due(at(20)) {
            due.push(next);
        }
        assert_eq!(due, [(at(10), 1), (at(10), 2), (at(20), 3)]);
        assert_eq!(deadlines.next(), at(30));
    }
}
