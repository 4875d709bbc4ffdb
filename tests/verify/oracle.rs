//! A slow oracle: it keeps the whole history as lists and evaluates each definition on it, word for word, with nested loops.
//!
//! It shares no code with the verifier and is told the truth about every arrival, so it needs no tags.

use std::fmt;
use std::time::Duration;

use pushproof::history::Outcome;
use pushproof::ids::{AppId, Audience, UserId};
use pushproof::time::Time;
use pushproof::verify::Ordering;

#[derive(Debug, Clone)]
pub(crate) struct Socket {
    pub(crate) user: UserId,
    pub(crate) app: AppId,
    pub(crate) connected: Option<Time>,
    pub(crate) left: Option<Time>,
}

#[derive(Debug, Clone)]
pub(crate) struct Push {
    pub(crate) lane: usize,
    pub(crate) app: AppId,
    pub(crate) audience: Audience,
    pub(crate) event: usize,
    pub(crate) sent: Time,
    pub(crate) answer: Option<(Outcome, Time)>,
}

/// What came at a socket, in truth.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) at: Time,
    pub(crate) socket: usize,
    /// The push, unless that cannot be told.
    pub(crate) push: Option<usize>,
    pub(crate) right_name: bool,
    pub(crate) right_payload: bool,
    pub(crate) before_connect: bool,
}

/// A whole history, arrivals in the order in which they came.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) ordering: Ordering,
    pub(crate) deadline: Duration,
    pub(crate) settle: Duration,
    pub(crate) sockets: Vec<Socket>,
    pub(crate) pushes: Vec<Push>,
    pub(crate) arrivals: Vec<Arrival>,
}

/// Every count there is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) expected: u64,
    pub(crate) delivered: u64,
    pub(crate) allowed: u64,
    /// In the order of `Class::ALL`.
    pub(crate) violations: [u64; 9],
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected {} delivered {} allowed {}",
            self.expected, self.delivered, self.allowed
        )?;
        for (class, n) in pushproof::verify::Class::ALL.iter().zip(self.violations) {
            if n > 0 {
                write!(f, " {} {n}", class.name())?;
            }
        }
        Ok(())
    }
}

/// What one arrival is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Delivered,
    Duplicated,
    Misdelivered,
    Phantom,
    Premature,
}

impl History {
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let mut add = |class: usize| counts.violations[class] += 1;
        for n in 0..self.arrivals.len() {
            match self.is(n) {
                Is::Duplicated => add(1),
                Is::Misdelivered => add(2),
                Is::Phantom => add(7),
                Is::Premature => add(8),
                Is::Delivered => {
                    if !self.arrivals[n].right_name {
                        add(3);
                    }
                    if !self.arrivals[n].right_payload {
                        add(4);
                    }
                    if self.was_overtaken(n) {
                        add(5);
                    }
                    if self.was_late(n) {
                        add(6);
                    }
                }
            }
        }
        for push in 0..self.pushes.len() {
            for socket in 0..self.sockets.len() {
                let came = (0..self.arrivals.len()).any(|n| {
                    self.arrivals[n].push == Some(push)
                        && self.arrivals[n].socket == socket
                        && self.is(n) == Is::Delivered
                });
                let expected = self.is_expected(push, socket);
                counts.expected += u64::from(expected);
                counts.delivered += u64::from(came);
                counts.allowed += u64::from(!expected && self.is_allowed(push, socket));
                counts.violations[0] += u64::from(expected && !came);
            }
        }
        counts
    }

    fn is(&self, n: usize) -> Is {
        let arrival = &self.arrivals[n];
        let Some(push) = arrival.push else {
            return if arrival.before_connect {
                Is::Premature
            } else {
                Is::Phantom
            };
        };
        if !self.in_audience(push, arrival.socket) {
            return Is::Misdelivered;
        }
        if arrival.before_connect {
            return Is::Premature;
        }
        if !self.is_expected(push, arrival.socket) && !self.is_allowed(push, arrival.socket) {
            return Is::Phantom;
        }
        let again = (0..n).any(|earlier| {
            let other = &self.arrivals[earlier];
            other.push == Some(push) && other.socket == arrival.socket && !other.before_connect
        });
        if again { Is::Duplicated } else { Is::Delivered }
    }

    fn in_audience(&self, push: usize, socket: usize) -> bool {
        let (push, socket) = (&self.pushes[push], &self.sockets[socket]);
        let aimed_at = match push.audience {
            Audience::Everyone => true,
            Audience::User(user) => user == socket.user,
        };
        aimed_at && push.app == socket.app
    }

    fn outcome(&self, push: usize) -> Outcome {
        match self.pushes[push].answer {
            Some((outcome, _)) => outcome,
            None => Outcome::Unknown,
        }
    }

    /// When the push has settled; a push of which nobody knows the outcome never does.
    fn settled(&self, push: usize) -> Option<Time> {
        match self.pushes[push].answer {
            Some((Outcome::Accepted, at)) => Some(at + self.settle),
            _ => None,
        }
    }

    /// "The push was accepted, the socket was connected in the audience from before it was sent until the end of settling."
    fn is_expected(&self, push: usize, socket: usize) -> bool {
        if !self.in_audience(push, socket) || self.outcome(push) != Outcome::Accepted {
            return false;
        }
        let Some(connected) = self.sockets[socket].connected else {
            return false;
        };
        let stayed = match self.sockets[socket].left {
            None => true,
            Some(left) => Some(left) >= self.settled(push),
        };
        connected < self.pushes[push].sent && stayed
    }

    /// "The socket connected or left meanwhile, or the push's outcome is unknown."
    fn is_allowed(&self, push: usize, socket: usize) -> bool {
        if !self.in_audience(push, socket) || self.outcome(push) == Outcome::Rejected {
            return false;
        }
        let Some(connected) = self.sockets[socket].connected else {
            return false;
        };
        let was_gone = match self.sockets[socket].left {
            None => false,
            Some(left) => left < self.pushes[push].sent,
        };
        let came_after = match self.settled(push) {
            None => false,
            Some(settled) => connected > settled,
        };
        !was_gone && !came_after
    }

    /// "Push B arrived before push A at a socket although A was answered before B was sent."
    fn was_overtaken(&self, n: usize) -> bool {
        let arrival = &self.arrivals[n];
        let a = &self.pushes[arrival.push.expect("a delivery is of a push")];
        let Some((Outcome::Accepted, answered)) = a.answer else {
            return false;
        };
        self.arrivals[..n].iter().any(|earlier| {
            let Some(b) = earlier.push else { return false };
            if earlier.socket != arrival.socket
                || earlier.before_connect
                || !self.in_audience(b, earlier.socket)
            {
                return false;
            }
            let in_one_lane = self.pushes[b].lane == a.lane
                && Some(b) > arrival.push
                && answered <= self.pushes[b].sent;
            match self.ordering {
                Ordering::None => false,
                Ordering::Lane => in_one_lane,
                Ordering::Realtime => in_one_lane || answered < self.pushes[b].sent,
            }
        })
    }

    /// "Came, but after the scenario's deadline."
    fn was_late(&self, n: usize) -> bool {
        let arrival = &self.arrivals[n];
        let push = &self.pushes[arrival.push.expect("a delivery is of a push")];
        arrival.at > push.sent + self.deadline
    }
}
