//! The requests of one connection: what it emits when, and what it awaits.
//!
//! Acks are told by their ids, which count from 0 at each connection, leaving those out that pushes have ([`super::emitting`]). What has timed out is remembered, so that an answer that comes later is
//! told from one that nobody asked for; of very many only the last, and then nothing is called unasked that may be late.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::client::listener::Emitted;
use crate::history::{Reply, Request};
use crate::ids::{SocketId, UserId};
use crate::scenario::{Askers, Plan, Requests};
use crate::time::Time;

/// Most ids remembered of requests that have timed out.
const MOST_GIVEN_UP: usize = 1_024;

/// A look at what has timed out that comes later than this after its time is the generator's delay: the answer may have come, and lie unread.
const LATE_LOOK: Duration = Duration::from_millis(10);
/// The same for what was given more time already. A generator whose looks are all that late is found to be the limit by `LOOP_DELAY_LIMIT`.
const LATE_AGAIN: Duration = Duration::from_millis(100);

/// One connection's requests.
pub(super) struct Asking {
    askers: Arc<Askers>,
    turn: u32,
    /// When pushing began; `None`: it has not.
    since: Option<Time>,
    /// When it was over.
    until: Time,
    /// The next request.
    next: u64,
    /// When it is due; `Time::MAX`: never.
    next_at: Time,
    next_id: u64,
    /// From one id to the next: those between are not of requests.
    every: u64,
    /// Those without an answer, in the order they were sent.
    pending: VecDeque<(u64, Request)>,
    given_up: VecDeque<u64>,
    /// The last look that came late. What had timed out by then is given its time again, from then on: on long-polling what waits at the target
    /// takes a round trip to come.
    looked_late: Time,
    /// Of ids up to this one it is not known any more whether they timed out.
    forgotten: Option<u64>,
}

impl Asking {
    /// Of a socket, if it asks anything. Every so many ids of its connection are those of requests.
    pub(super) fn new(askers: &Arc<Askers>, socket: SocketId, every: u64) -> Option<Self> {
        let turn = askers.turn(socket)?;
        Some(Self {
            askers: Arc::clone(askers),
            turn,
            since: None,
            until: Time::MAX,
            next: 0,
            next_at: Time::MAX,
            next_id: 0,
            every,
            pending: VecDeque::new(),
            given_up: VecDeque::new(),
            looked_late: Time::ZERO,
            forgotten: None,
        })
    }

    /// Pushing goes on `since` then. What was due before the connection was accepted is never asked.
    pub(super) fn begin(&mut self, plan: &Plan, since: Time, connected: Time) {
        let Some(requests) = plan.requests.as_ref().filter(|_| self.since.is_none()) else {
            return;
        };
        self.since = Some(since);
        let from = if connected > since {
            requests.first_from(connected - since)
        } else {
            0
        };
        self.next = self.askers.first_of(self.turn, from);
        self.schedule(requests, since);
    }

    /// Pushing is over. What was due by now is still asked.
    pub(super) fn stop(&mut self, now: Time) {
        self.until = self.until.min(now);
        if self.next_at > self.until {
            self.next_at = Time::MAX;
        }
    }

    fn schedule(&mut self, requests: &Requests, since: Time) {
        let due = requests.due(self.next);
        let at = since + due;
        self.next_at = if due <= self.askers.until && at <= self.until {
            at
        } else {
            Time::MAX
        };
    }

    /// When there is something to do.
    pub(super) fn due(&self, requests: &Requests) -> Time {
        let oldest = self.pending.front();
        let given_up = oldest.map_or(Time::MAX, |(_, request)| {
            self.patience(requests, request.sent)
        });
        given_up.min(self.next_at)
    }

    /// When to give up what was sent then.
    fn patience(&self, requests: &Requests, sent: Time) -> Time {
        let until = sent + requests.timeout;
        if until <= self.looked_late {
            self.looked_late + requests.timeout
        } else {
            until
        }
    }

    /// The oldest request, if its time is over.
    pub(super) fn give_up(&mut self, requests: &Requests, now: Time) -> Option<Request> {
        let (_, request) = self.pending.front()?;
        let until = self.patience(requests, request.sent);
        if until > now {
            return None;
        }
        let again = request.sent + requests.timeout <= self.looked_late;
        if now - until > if again { LATE_AGAIN } else { LATE_LOOK } {
            self.looked_late = now;
            return None;
        }
        let (id, request) = self.pending.pop_front()?;
        if self.given_up.len() == MOST_GIVEN_UP {
            self.forgotten = self.given_up.pop_front();
        }
        self.given_up.push_back(id);
        Some(request)
    }

    /// The next request, if it is due, and what of it is emitted.
    pub(super) fn ask(
        &mut self,
        plan: &Plan,
        (socket, user): (SocketId, UserId),
        now: Time,
        sent: Time,
    ) -> Option<(Request, Emitted)> {
        let (since, requests) = (self.since?, plan.requests.as_ref()?);
        if self.next_at > now {
            return None;
        }
        let request = Request {
            number: self.next,
            socket,
            user,
            intended: self.next_at,
            sent,
        };
        let emitted = Emitted {
            id: Some(self.next_id),
            name: requests.event.clone(),
            args: requests.args(plan, user, request.number),
            bytes: None,
        };
        self.pending.push_back((self.next_id, request));
        self.next_id += self.every;
        self.next = self.askers.first_of(self.turn, self.next + 1);
        self.schedule(requests, since);
        Some((request, emitted))
    }

    /// An ack of this id came: the request that it answers, or what it is if it answers none.
    pub(super) fn acked(&mut self, id: u64) -> Result<Request, Reply> {
        // Nearly always the first.
        if let Some(place) = self.pending.iter().position(|(of, _)| *of == id) {
            let found = self.pending.remove(place);
            return found.map(|(_, request)| request).ok_or(Reply::Unasked);
        }
        if let Some(place) = self.given_up.iter().position(|of| *of == id) {
            // A second one is one too many.
            self.given_up.remove(place);
            return Err(Reply::Late);
        }
        if self.forgotten.is_some_and(|last| id <= last) {
            return Err(Reply::Late);
        }
        Err(Reply::Unasked)
    }

    /// The connection has ended: the requests that had no answer.
    pub(super) fn end(&mut self) -> impl Iterator<Item = Request> + '_ {
        self.next_at = Time::MAX;
        self.pending.drain(..).map(|(_, request)| request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    fn at(ms: u64) -> Time {
        Time::ZERO + Duration::from_millis(ms)
    }

    fn plan() -> Plan {
        let text = "[users]\ncount = 2\n[pushes]\nduration = \"1s\"\n[requests]\nrate = \"20/s\"\ntimeout = \"200ms\"\n";
        Plan::from_file(&File::parse(text).unwrap(), 1).unwrap()
    }

    fn asking(plan: &Plan, socket: u32) -> Asking {
        let askers = Arc::new(Askers::of(plan).unwrap());
        Asking::new(&askers, SocketId(socket), 1).unwrap()
    }

    fn all_due(asking: &mut Asking, plan: &Plan, now: Time) -> Vec<(u64, u64)> {
        let who = (SocketId(1), UserId(1));
        let all = std::iter::from_fn(|| asking.ask(plan, who, now, now));
        all.map(|(request, emitted)| (request.number, emitted.id.unwrap()))
            .collect()
    }

    #[test]
    fn a_socket_asks_when_it_is_its_turn_and_what_was_due_meanwhile_too() {
        let plan = plan();
        let mut asking = asking(&plan, 1);
        let requests = plan.requests.as_ref().unwrap();
        assert_eq!(asking.due(requests), Time::MAX);
        asking.begin(&plan, at(100), at(50));
        assert_eq!(asking.due(requests), at(150));
        assert_eq!(all_due(&mut asking, &plan, at(149)), []);
        assert_eq!(
            all_due(&mut asking, &plan, at(360)),
            [(1, 0), (3, 1), (5, 2)]
        );
        // What was due when pushing was over is asked, and nothing after it.
        asking.stop(at(460));
        asking.begin(&plan, at(100), at(50));
        assert_eq!(all_due(&mut asking, &plan, at(900)), [(7, 3)]);
        // They are given up one by one, and their answers are late from then on, once each.
        assert_eq!(asking.due(requests), at(560));
        assert_eq!(asking.acked(1).unwrap().number, 3);
        assert_eq!(asking.give_up(requests, at(559)), None);
        assert_eq!(asking.give_up(requests, at(560)).unwrap().number, 1);
        assert_eq!(asking.acked(0), Err(Reply::Late));
        assert_eq!(asking.acked(0), Err(Reply::Unasked));
        assert_eq!(asking.acked(1), Err(Reply::Unasked));
        assert_eq!(asking.acked(7), Err(Reply::Unasked));
        assert_eq!(
            asking
                .end()
                .map(|request| request.number)
                .collect::<Vec<_>>(),
            [5, 7]
        );
    }

    #[test]
    fn what_may_lie_unread_is_given_its_time_again() {
        let plan = plan();
        let requests = plan.requests.as_ref().unwrap();
        let mut asking = asking(&plan, 1);
        asking.begin(&plan, at(100), at(50));
        assert_eq!(all_due(&mut asking, &plan, at(250)), [(1, 0), (3, 1)]);
        // Both were due at 450 ms, and the generator stood still.
        assert_eq!(asking.give_up(requests, at(700)), None);
        assert_eq!(asking.acked(0).unwrap().number, 1);
        assert_eq!(all_due(&mut asking, &plan, at(705)).len(), 4);
        asking.stop(at(705));
        assert_eq!(asking.due(requests), at(900));
        assert_eq!(asking.give_up(requests, at(899)), None);
        // The other one has had its time, however late it is by then.
        assert_eq!(asking.give_up(requests, at(950)).unwrap().number, 3);
        // Those sent since have theirs.
        assert_eq!(asking.due(requests), at(905));
        assert_eq!(asking.give_up(requests, at(950)), None);
        assert_eq!(asking.due(requests), at(1_150));
        // It stood still once more.
        assert_eq!(asking.give_up(requests, at(1_251)), None);
        assert_eq!(asking.due(requests), at(1_451));
        assert_eq!(asking.give_up(requests, at(1_551)).unwrap().number, 5);
    }

    #[test]
    fn a_connection_that_began_later_asks_what_is_due_from_then_on() {
        let plan = plan();
        let mut asking = asking(&plan, 0);
        asking.begin(&plan, at(100), at(520));
        assert_eq!(
            all_due(&mut asking, &plan, at(99_000)),
            [(10, 0), (12, 1), (14, 2), (16, 3), (18, 4)]
        );
    }

    #[test]
    fn what_is_remembered_is_bounded_and_nobody_is_accused_for_it() {
        let plan = plan();
        let mut asking = asking(&plan, 0);
        let request = Request {
            number: 0,
            socket: SocketId(0),
            user: UserId(0),
            intended: at(0),
            sent: at(0),
        };
        for id in 0..3_000 {
            asking.pending.push_back((id, request));
        }
        asking.next_id = 3_000;
        // All of them in time: they were due at 200 ms.
        let requests = plan.requests.as_ref().unwrap();
        while asking.give_up(requests, at(201)).is_some() {}
        assert_eq!(asking.given_up.len(), MOST_GIVEN_UP);
        assert_eq!(asking.acked(5), Err(Reply::Late));
        assert_eq!(asking.acked(2_999), Err(Reply::Late));
        assert_eq!(asking.acked(3_000), Err(Reply::Unasked));
    }
}
