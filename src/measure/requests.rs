//! What came of the requests that sockets emitted: counts, latency, and examples of what went wrong.

use serde::{Deserialize, Serialize};

use super::Latency;
use crate::history::{Reply, Request};
use crate::time::Time;

/// Most examples kept of each kind: of wrong answers, of requests without one, of acks that nobody asked for.
const EXAMPLES: usize = 20;
/// Most bytes of an answer that are kept as an example.
const MOST_SHOWN: usize = 400;

/// Requests, counted. Each that was sent is `answered`, `wrong`, `timed_out` or neither of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestCounts {
    /// Requests emitted.
    pub sent: u64,
    /// Those with the right answer.
    pub answered: u64,
    /// Those with another one.
    pub wrong: u64,
    /// Those without an answer in time although their socket stayed connected.
    pub timed_out: u64,
    /// Acks that nobody had asked for, or asked for once and got twice.
    pub unasked: u64,
    /// Acks of requests that had timed out by then.
    pub late: u64,
}

impl RequestCounts {
    /// Requests of which nobody knows: their connection ended first, or the run did.
    #[must_use]
    pub fn unanswered(&self) -> u64 {
        let known = self.answered + self.wrong + self.timed_out;
        self.sent.saturating_sub(known)
    }

    /// Adds others.
    pub fn merge(&mut self, more: &Self) {
        self.sent += more.sent;
        self.answered += more.answered;
        self.wrong += more.wrong;
        self.timed_out += more.timed_out;
        self.unasked += more.unasked;
        self.late += more.late;
    }

    /// What a target did that is wrong.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.wrong + self.timed_out + self.unasked
    }
}

/// A request that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestExample {
    /// What came of it.
    pub reply: Reply,
    /// Which; of an ack that nobody asked for only the socket is known.
    pub request: Request,
    /// When that was known.
    pub at: Time,
    /// The arguments of the ack, as JSON, or the start of them; empty without one.
    pub answer: String,
}

/// What came of requests.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Requests {
    /// How many.
    pub counts: RequestCounts,
    /// Right and wrong answers, from intended time.
    pub latency: Latency,
    /// The same, from when the request was sent.
    pub from_send: Latency,
    examples: Vec<RequestExample>,
}

impl Requests {
    /// One was sent.
    pub fn sent(&mut self) {
        self.counts.sent += 1;
    }

    /// What came of one, at this time; `answer` is what the ack carried.
    pub fn over(&mut self, request: &Request, reply: Reply, at: Time, answer: &str) {
        let counts = &mut self.counts;
        match reply {
            Reply::Right => counts.answered += 1,
            Reply::Wrong => counts.wrong += 1,
            Reply::None => counts.timed_out += 1,
            Reply::Gone => {}
            Reply::Unasked => counts.unasked += 1,
            Reply::Late => counts.late += 1,
        }
        if matches!(reply, Reply::Right | Reply::Wrong) {
            self.latency.record(at - request.intended);
            self.from_send.record(at - request.sent);
        }
        if matches!(reply, Reply::Wrong | Reply::None | Reply::Unasked) {
            self.keep(RequestExample {
                reply,
                request: *request,
                at,
                answer: start(answer).to_owned(),
            });
        }
    }

    /// What went wrong, for example: the first of each kind, in the order of time.
    pub fn examples(&self) -> &[RequestExample] {
        &self.examples
    }

    /// Adds those of other sockets.
    pub fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        self.latency.merge(&other.latency);
        self.from_send.merge(&other.from_send);
        for example in &other.examples {
            self.keep(example.clone());
        }
    }

    /// Keeps the first of each kind, whatever order they are told in.
    fn keep(&mut self, example: RequestExample) {
        let order = |one: &RequestExample| (one.at, one.request.socket, one.request.number);
        let place = self
            .examples
            .partition_point(|kept| order(kept) <= order(&example));
        let reply = example.reply;
        self.examples.insert(place, example);
        let of_kind = self.examples.iter().filter(|kept| kept.reply == reply);
        if of_kind.count() > EXAMPLES
            && let Some(last) = self.examples.iter().rposition(|kept| kept.reply == reply)
        {
            self.examples.remove(last);
        }
    }
}

/// As much of an answer as an example has.
fn start(answer: &str) -> &str {
    let mut end = answer.len().min(MOST_SHOWN);
    while !answer.is_char_boundary(end) {
        end -= 1;
    }
    &answer[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{SocketId, UserId};

    fn request(number: u64) -> Request {
        Request {
            number,
            socket: SocketId(3),
            user: UserId(1),
            intended: Time::from_nanos(number * 1_000_000),
            sent: Time::from_nanos(number * 1_000_000 + 500_000),
        }
    }

    fn at(number: u64) -> Time {
        Time::from_nanos(number * 1_000_000 + 2_000_000)
    }

    #[test]
    fn each_request_is_counted_once_and_measured_if_it_was_answered() {
        let mut requests = Requests::default();
        for (n, reply) in Reply::ALL.into_iter().enumerate() {
            if !matches!(reply, Reply::Unasked | Reply::Late) {
                requests.sent();
            }
            requests.over(&request(n as u64), reply, at(n as u64), "1");
        }
        let counts = requests.counts;
        assert_eq!((counts.sent, counts.answered, counts.wrong), (4, 1, 1));
        assert_eq!((counts.timed_out, counts.unasked, counts.late), (1, 1, 1));
        assert_eq!((counts.unanswered(), counts.violations()), (1, 3));
        assert_eq!(requests.latency.count(), 2);
        assert_eq!(requests.latency.max_us(), Some(2_000));
        assert_eq!(requests.from_send.max_us(), Some(1_500));
        assert_eq!(requests.examples().len(), 3);
    }

    #[test]
    fn examples_are_the_first_whoever_tells_them() {
        let mut all = Requests::default();
        let mut parts = [Requests::default(), Requests::default()];
        for n in (0..100).rev() {
            let long = "ü".repeat(1_000);
            all.over(&request(n), Reply::Wrong, at(n), &long);
            parts[n as usize % 2].over(&request(n), Reply::Wrong, at(n), &long);
        }
        let [mut one, other] = parts;
        one.merge(&other);
        assert_eq!(one.examples(), all.examples());
        assert_eq!(all.counts.wrong, 100);
        let kept: Vec<_> = all.examples().iter().map(|e| e.request.number).collect();
        assert_eq!(kept, (0..EXAMPLES as u64).collect::<Vec<_>>());
        assert_eq!(all.examples()[0].answer.len(), MOST_SHOWN);
    }
}
