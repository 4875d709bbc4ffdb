//! A slow oracle: it keeps the whole history as lists and evaluates each definition on it, word for word, with nested loops.
//!
//! It shares no code with the verifier and is told the truth about every arrival, so it needs no tags.

use std::fmt;
use std::time::Duration;

use pushproof::history::{Leave, Left, Outcome};
use pushproof::ids::{AppId, Audience, UserId};
use pushproof::time::Time;
use pushproof::verify::Ordering;

/// A socket of the plan.
#[derive(Debug, Clone)]
pub(crate) struct Socket {
    pub(crate) user: UserId,
    pub(crate) app: AppId,
}

/// One connection of a socket.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) socket: usize,
    pub(crate) connecting: Option<Time>,
    pub(crate) connected: Option<Time>,
    pub(crate) leaving: Option<Time>,
    pub(crate) left: Option<Left>,
    /// Signs of life other than events.
    pub(crate) heard: Vec<Time>,
    /// The connection of the same socket that it goes on from.
    pub(crate) goes_on_from: Option<usize>,
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

/// What came at a connection, in truth.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) not_before: Time,
    pub(crate) at: Time,
    pub(crate) connection: usize,
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
    pub(crate) connections: Vec<Connection>,
    pub(crate) pushes: Vec<Push>,
    pub(crate) arrivals: Vec<Arrival>,
}

/// Every count there is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) expected: u64,
    pub(crate) delivered: u64,
    pub(crate) allowed: u64,
    pub(crate) held_up: u64,
    pub(crate) recovered: u64,
    /// Pairs, came, missed at death, missed at churn, away.
    pub(crate) account: [u64; 5],
    /// In the order of `Class::ALL`.
    pub(crate) violations: [u64; 9],
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected {} delivered {} allowed {} held up {} recovered {} account {:?}",
            self.expected, self.delivered, self.allowed, self.held_up, self.recovered, self.account
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
        let is: Vec<_> = (0..self.arrivals.len()).map(|n| self.is(n)).collect();
        let mut add = |class: usize| counts.violations[class] += 1;
        for (n, is) in is.iter().enumerate() {
            match is {
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
        for (n, is) in is.iter().enumerate() {
            let held_up = *is == Is::Delivered && !self.was_late(n) && self.was_read_late(n);
            counts.held_up += u64::from(held_up);
            counts.recovered += u64::from(*is == Is::Delivered && self.is_recovered(n));
        }
        for push in 0..self.pushes.len() {
            for socket in 0..self.sockets.len() {
                self.pair(push, socket, &is, &mut counts);
            }
        }
        counts
    }

    /// One push at one socket: at each of its connections, and all together.
    fn pair(&self, push: usize, socket: usize, is: &[Is], counts: &mut Counts) {
        let (mut there, mut came, mut lost, mut died) = (false, false, false, false);
        for connection in 0..self.connections.len() {
            if self.connections[connection].socket != socket {
                continue;
            }
            let came_here = (0..self.arrivals.len()).any(|n| {
                self.arrivals[n].push == Some(push)
                    && self.arrivals[n].connection == connection
                    && is[n] == Is::Delivered
            });
            let expected = self.is_expected(push, connection);
            let allowed = !expected && self.is_allowed(push, connection);
            counts.expected += u64::from(expected);
            counts.delivered += u64::from(came_here);
            counts.allowed += u64::from(allowed);
            counts.violations[0] += u64::from(expected && !came_here);
            there |= expected || allowed;
            came |= came_here;
            lost |= expected && !came_here;
            died |= allowed && self.died_under(push, connection);
        }
        let in_audience = self.is_aimed_at(push, socket);
        if !in_audience || self.outcome(push) != Outcome::Accepted {
            return;
        }
        counts.account[0] += 1;
        if lost {
            return;
        }
        let which = match (came, there, died) {
            (true, ..) => 1,
            (false, false, _) => 4,
            (false, true, true) => 2,
            (false, true, false) => 3,
        };
        counts.account[which] += 1;
    }

    /// A connection ended by itself, before the push was over.
    fn died_under(&self, push: usize, connection: usize) -> bool {
        let connection_ = &self.connections[connection];
        let Some(left) = connection_.left else {
            return false;
        };
        let by_us = connection_.leaving.is_some()
            || left.cause == Leave::Ours
            || left.cause == Leave::OursAbrupt;
        !by_us && self.over(push) > self.sure_until(connection)
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
        if !self.in_audience(push, arrival.connection) {
            return Is::Misdelivered;
        }
        if arrival.before_connect {
            return Is::Premature;
        }
        if self.comes_at_a_wrong_time(n) || self.outcome(push) == Outcome::Rejected {
            return Is::Phantom;
        }
        let again = (0..n).any(|earlier| {
            let other = &self.arrivals[earlier];
            other.push == Some(push)
                && self.chain(arrival.connection).contains(&other.connection)
                && !other.before_connect
                && !self.comes_at_a_wrong_time(earlier)
        });
        if again { Is::Duplicated } else { Is::Delivered }
    }

    /// A connection, and those that it goes on from.
    fn chain(&self, connection: usize) -> Vec<usize> {
        let before = |n: &usize| self.connections[*n].goes_on_from;
        std::iter::successors(Some(connection), before).collect()
    }

    /// Since when what was missed may still come at a connection that goes on: since the one before was surely there, or, if that cannot
    /// have got yet what it was owed itself, since when it was owed that.
    fn missed_since(&self, connection: usize) -> Option<Time> {
        let before = self.connections[connection].goes_on_from?;
        let left = self.connections[before].left.expect("it has ended");
        let there = left.after.max(self.last_sign(before)).min(left.by);
        let connected = self.connections[before].connected.expect("it was there");
        let begun = self.connections[before].connecting.unwrap_or(connected);
        match self.missed_since(before) {
            Some(since) if there <= connected + self.settle => Some(since.min(there.max(begun))),
            _ => Some(there.max(begun)),
        }
    }

    /// "Sent before a connection was there that goes on": it had been missed.
    fn is_recovered(&self, n: usize) -> bool {
        let arrival = &self.arrivals[n];
        let push = arrival.push.expect("a delivery is of a push");
        let connection = &self.connections[arrival.connection];
        connection.goes_on_from.is_some() && connection.connected >= Some(self.pushes[push].sent)
    }

    /// Whatever its answer: the connection was not there for it, or is not any more, or it is sent anew.
    fn comes_at_a_wrong_time(&self, n: usize) -> bool {
        let arrival = &self.arrivals[n];
        let push = arrival.push.expect("a push that can be told");
        self.is_out_of_time(push, arrival.connection) || self.is_sent_anew(n)
    }

    fn is_aimed_at(&self, push: usize, socket: usize) -> bool {
        let (push, socket) = (&self.pushes[push], &self.sockets[socket]);
        let aimed_at = match push.audience {
            Audience::Everyone => true,
            Audience::User(user) => user == socket.user,
        };
        aimed_at && push.app == socket.app
    }

    fn in_audience(&self, push: usize, connection: usize) -> bool {
        self.is_aimed_at(push, self.connections[connection].socket)
    }

    fn outcome(&self, push: usize) -> Outcome {
        match self.pushes[push].answer {
            Some((outcome, _)) => outcome,
            None => Outcome::Unknown,
        }
    }

    /// When the push is over; one of which nobody knows the outcome never is.
    fn over(&self, push: usize) -> Option<Time> {
        match self.pushes[push].answer {
            Some((Outcome::Accepted, at)) => Some(at + self.settle),
            _ => None,
        }
    }

    /// Until when the connection was certainly there; `None` if nothing speaks against it.
    fn sure_until(&self, connection: usize) -> Option<Time> {
        let ends = &self.connections[connection];
        let seen = ends
            .left
            .map(|left| left.after.max(self.last_sign(connection)));
        match (seen, ends.leaving) {
            (Some(seen), Some(leaving)) => Some(seen.min(leaving)),
            (seen, leaving) => seen.or(leaving),
        }
    }

    /// The last sign of life, of an end apart.
    fn last_sign(&self, connection: usize) -> Time {
        let arrivals = self.arrivals.iter();
        let events = arrivals.filter(|a| a.connection == connection);
        let heard = self.connections[connection].heard.iter().copied();
        let signs = events.map(|a| a.not_before).chain(heard);
        signs.max().unwrap_or(Time::ZERO)
    }

    /// Connections that last and lack something that had to come, and those of them that have not been heard of since it was over.
    pub(crate) fn lacking(&self) -> (Vec<usize>, Vec<usize>) {
        let lasts = |n: &usize| self.connections[*n].left.is_none();
        let mut lacking = (Vec::new(), Vec::new());
        for connection in (0..self.connections.len()).filter(lasts) {
            let came = |push: usize| {
                let mut arrivals = (0..self.arrivals.len()).map(|n| (n, &self.arrivals[n]));
                arrivals.any(|(n, a)| {
                    a.connection == connection
                        && a.push == Some(push)
                        && self.is(n) == Is::Delivered
                })
            };
            let pushes = 0..self.pushes.len();
            let missing = pushes.filter(|push| self.is_expected(*push, connection) && !came(*push));
            let overs: Vec<_> = missing.map(|push| self.over(push)).collect();
            if overs.is_empty() {
                continue;
            }
            lacking.0.push(connection);
            let last = Some(self.last_sign(connection));
            if overs.iter().any(|over| *over >= last) {
                lacking.1.push(connection);
            }
        }
        lacking
    }

    /// "Connected before it was sent, and over while the connection was certainly there and had not begun to leave."
    fn is_expected(&self, push: usize, connection: usize) -> bool {
        if !self.in_audience(push, connection) || self.outcome(push) != Outcome::Accepted {
            return false;
        }
        let Some(connected) = self.connections[connection].connected else {
            return false;
        };
        let stayed = match self.sure_until(connection) {
            None => true,
            Some(until) => Some(until) >= self.over(push),
        };
        connected < self.pushes[push].sent && stayed
    }

    /// "The socket connected or left meanwhile, or the push's outcome is unknown."
    fn is_allowed(&self, push: usize, connection: usize) -> bool {
        self.in_audience(push, connection)
            && self.outcome(push) != Outcome::Rejected
            && self.connections[connection].connected.is_some()
            && !self.is_out_of_time(push, connection)
    }

    /// "Certainly gone when it was sent, or `settle` after its goodbye; or connecting only when it was over."
    fn is_out_of_time(&self, push: usize, connection: usize) -> bool {
        let socket = &self.connections[connection];
        let sent = self.pushes[push].sent;
        let was_gone = match socket.left {
            None => false,
            Some(left) => left.by < sent,
        };
        let had_said_goodbye = match socket.leaving {
            None => false,
            Some(leaving) => leaving + self.settle < sent,
        };
        let begun = socket.connecting.or(socket.connected);
        let begun = match (begun, self.missed_since(connection)) {
            (Some(begun), Some(since)) => Some(begun.min(since)),
            (begun, _) => begun,
        };
        let began_after = match (self.over(push), begun) {
            (Some(over), Some(begun)) => begun > over,
            _ => false,
        };
        was_gone || had_said_goodbye || began_after
    }

    /// A push that was not expected, because its socket connected or said goodbye meanwhile, and that is certainly over when it comes.
    fn is_sent_anew(&self, n: usize) -> bool {
        let arrival = &self.arrivals[n];
        let push = arrival.push.expect("a push that can be told");
        let socket = &self.connections[arrival.connection];
        let Some(over) = self.over(push) else {
            return false;
        };
        let joined = socket
            .connected
            .is_some_and(|connected| connected >= self.pushes[push].sent);
        let left = socket.leaving.is_some_and(|leaving| leaving < over);
        // What was missed has as long to come as anything else, from when the socket is back.
        let made_up_for = match socket.connected {
            Some(connected) if socket.goes_on_from.is_some() => connected + self.settle,
            _ => Time::ZERO,
        };
        joined && arrival.not_before > over.max(made_up_for) || left && arrival.not_before > over
    }

    /// "Push B arrived before push A at a socket although A was answered before B was sent."
    fn was_overtaken(&self, n: usize) -> bool {
        let arrival = &self.arrivals[n];
        let a = &self.pushes[arrival.push.expect("a delivery is of a push")];
        let Some((Outcome::Accepted, answered)) = a.answer else {
            return false;
        };
        (0..n).any(|m| {
            let earlier = &self.arrivals[m];
            let Some(b) = earlier.push else { return false };
            if !self.chain(arrival.connection).contains(&earlier.connection)
                || earlier.before_connect
                || !self.in_audience(b, earlier.connection)
                || self.comes_at_a_wrong_time(m)
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

    /// "Came, but after the scenario's deadline", at the earliest moment at which it may have come.
    fn was_late(&self, n: usize) -> bool {
        let arrival = &self.arrivals[n];
        let push = &self.pushes[arrival.push.expect("a delivery is of a push")];
        !self.is_recovered(n) && arrival.not_before > push.sent + self.deadline
    }

    fn was_read_late(&self, n: usize) -> bool {
        let arrival = &self.arrivals[n];
        let push = &self.pushes[arrival.push.expect("a delivery is of a push")];
        !self.is_recovered(n) && arrival.at > push.sent + self.deadline
    }
}
