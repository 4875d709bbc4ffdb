//! One connection of a socket, from when it is begun to its end: what the engine hears, the judge and the run are told.

mod ending;
mod going_on;
mod leaving;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::emitting::{Emission, Emitting};
use super::life::Life;
use super::login::{Credentials, Own};
use super::shard::{Note, Order};
use super::shared::Shared;
use crate::client::listener::{Departure, Emitted, Hello, Listener, Manner, Neglect};
use crate::client::recovery::Recovery;
use crate::history::{Leave, Left, Reply, Stamp};
use crate::identity::Identity;
use crate::ids::{AppId, SocketId, UserId};
use crate::journal::Recorder;
use crate::scenario::{Neglected, Plan};
use crate::time::Time;
use crate::verify::{Arrival, Judged, Slot};

/// A socket of the plan.
pub(super) struct Member {
    pub(super) socket: SocketId,
    pub(super) user: UserId,
    pub(super) app: AppId,
    /// What is shown there; shared by the sockets of a user until one of them has to log in again.
    pub(super) session: Credentials,
    /// What the target may recover of its last connection; `None`: nothing.
    pub(super) recovery: Option<Box<Recovery>>,
}

impl Member {
    /// Whose it is, to whom that is asked.
    pub(super) fn known<T>(&self, plan: &Plan, asks: impl FnOnce(Identity<'_>) -> T) -> T {
        let own = Own::new(plan, self.user);
        let (session, token) = (self.session.session(), self.session.token());
        asks(own.identity(plan, self.user, session, token))
    }
}

/// The listener of one connection, and whose it is. The engine keeps one for each socket.
pub(super) struct Held {
    shared: Rc<Shared>,
    pub(super) member: Member,
    life: Life,
    /// Taken when there is something to judge: an attempt that fails early needs none.
    slot: Option<Slot>,
    /// When it began, and then when CONNECT was accepted.
    begun: Time,
    permit: Option<OwnedSemaphorePermit>,
    /// CONNECT was accepted, and it has not stopped reading.
    is_there: bool,
    /// It is among those that a broadcast is waited for at.
    connected: bool,
    /// By how many milliseconds what is read may have been kept back by this side.
    kept_back_ms: u32,
    /// It has read slowly: nobody knows when what it reads had come.
    slow: bool,
    /// How long the socket is to stay away after the departure that was decided on last, in nanoseconds.
    away_ns: u64,
    /// What it emits itself, and awaits; `None`: nothing.
    emitting: Option<Box<Emitting>>,
}

impl Held {
    /// A connection begins.
    pub(super) fn new(
        shared: &Rc<Shared>,
        member: Member,
        life: Life,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            slot: None,
            begun: shared.clock.now(),
            permit: Some(permit),
            is_there: false,
            connected: false,
            kept_back_ms: 0,
            slow: false,
            away_ns: 0,
            emitting: None,
            shared: Rc::clone(shared),
            member,
            life,
        }
    }

    /// How it presents itself.
    pub(super) fn hello(&mut self) -> Hello {
        let plan = &self.shared.plan;
        let hello = |identity: Identity<'_>| identity.hello(&plan.contract);
        let mut hello = self.member.known(plan, hello);
        if let Some(recovery) = &mut self.member.recovery {
            hello.auth = recovery.ask(&hello.auth, plan.clients.recovery);
        }
        hello
    }

    /// Hands something to the judge, unless it has judged.
    fn judge<T>(&mut self, tell: impl FnOnce(&mut Recorder, Slot) -> T) -> Option<T> {
        let mut judge = self.shared.judge.borrow_mut();
        let judge = judge.as_mut()?;
        let Member {
            socket, user, app, ..
        } = self.member;
        let slot = self
            .slot
            .get_or_insert_with(|| judge.open(socket, user, app));
        Some(tell(judge, *slot))
    }

    fn arrived<'a>(
        &mut self,
        at: Stamp,
        arrival: Arrival<'a>,
        judged: impl FnOnce(&mut Recorder, Slot, Arrival<'a>, Option<u32>) -> Judged,
    ) {
        let judged = self.judge(|judge, slot| judged(judge, slot, arrival, at.waited_us));
        match judged {
            // Its time is this side's doing, and says nothing of the target. That it came proves that the connection was there when it was
            // sent.
            Some(Judged::Delivered(_, push) | Judged::Recovered(_, push)) if self.slow => {
                self.judge(|judge, slot| judge.heard(slot, push.sent));
            }
            Some(judged) => self.shared.judged(self.member.app, judged, at),
            None => {}
        }
    }

    fn arrival<'a>(
        &self,
        at: Stamp,
        event: &'a str,
        payload: &'a str,
        premature: bool,
    ) -> Arrival<'a> {
        Arrival {
            not_before: self.not_before(),
            at: at.at,
            event,
            payload,
            premature,
        }
    }

    /// Whether it is among those that a broadcast is waited for at.
    fn is_counted(&mut self, counted: bool) {
        let counts = counted && !self.slow;
        if self.connected != counts {
            let mut connected = self.shared.connected.borrow_mut();
            let connected = &mut connected[self.member.app.index()];
            if counts {
                *connected += 1;
            } else {
                *connected -= 1;
            }
            let (app, user) = (self.member.app, self.member.user);
            self.shared.there.is_there(app, user, counts);
            self.shared.at_node(&self.member, counts);
        }
        self.connected = counts;
    }

    fn neglected(&self) -> Option<Neglected> {
        let plan = &self.shared.plan;
        plan.clients.neglect.of(plan.seed, self.member.socket)
    }
}

impl Listener for Held {
    fn not_before(&self) -> Time {
        if self.slow {
            return Time::ZERO;
        }
        let kept_back = u64::from(self.kept_back_ms) * 1_000_000;
        let not_before = self.shared.parks.not_before().as_nanos();
        Time::from_nanos(not_before.saturating_sub(kept_back))
    }

    fn kept_back(&mut self, by: Duration) {
        let whole = by.as_nanos().div_ceil(1_000_000);
        self.kept_back_ms = u32::try_from(whole).unwrap_or(u32::MAX);
    }

    fn alive(&mut self, at: Time) {
        self.judge(|judge, slot| judge.heard(slot, at));
    }

    fn connecting(&mut self, at: Time) {
        self.judge(|judge, slot| judge.connecting(slot, at));
    }

    fn recoverable(&mut self, pid: String) {
        Recovery::begins(&mut self.member.recovery, pid);
    }

    fn connected(&mut self, at: Time) {
        self.permit = None;
        if self.has_to_be_refused() {
            // It stays, to see what comes, as one that is in no audience.
            self.judge(|judge, slot| judge.connected(slot, at));
            return self.shared.say(Note::LetIn);
        }
        self.slow = matches!(self.neglected(), Some(Neglected::Slow(_)));
        self.is_there = true;
        self.is_counted(true);
        self.is_let_in(at);
        let took = at - self.begun;
        self.begun = at;
        let (askers, socket) = (self.shared.askers.as_ref(), self.member.socket);
        self.emitting = Emitting::new(askers, self.shared.mailbox(socket), socket);
        let again = self.life.came();
        let recovered = self.goes_on();
        self.shared.say(Note::Connected {
            took,
            again,
            recovered,
        });
    }

    fn leaving(&mut self, at: Time) {
        self.closes_session();
        self.judge(|judge, slot| judge.leaving(slot, at));
    }

    fn neglect(&self) -> Neglect {
        // Pushing is over: slow ones catch up, and nobody is ended when judging begins.
        let behaves = matches!(*self.shared.orders.borrow(), Order::Stay | Order::Leave);
        match self.neglected() {
            Some(Neglected::Slow(rate)) if !behaves => Neglect::Slow(rate.0),
            Some(Neglected::Mute(after)) if !behaves => Neglect::Mute(after),
            _ => Neglect::None,
        }
    }

    fn stopped(&mut self, after: Time) {
        self.is_counted(false);
        self.is_there = false;
        let by = self.shared.clock.now();
        let left = Left {
            after: after.min(by),
            by,
            cause: Leave::Stuck,
        };
        self.judge(|judge, slot| judge.left(slot, left));
        self.slot = None;
        self.closes_session();
        self.shared.say(Note::Stuck);
    }

    fn departure(&mut self, now: Time) -> Option<Departure> {
        let order = *self.shared.orders.borrow();
        if let Some(asking) = self.emitting.as_mut().and_then(|all| all.asking()) {
            match order {
                Order::Pushing { since } => asking.begin(&self.shared.plan, since, self.begun),
                Order::Stay | Order::Leave => asking.stop(now),
                Order::Hold => {}
            }
        }
        match order {
            Order::Leave => Some(Departure {
                at: now,
                // Judging is over.
                asks: false,
                manner: Manner::Goodbye {
                    linger: Duration::ZERO,
                },
            }),
            Order::Hold | Order::Pushing { .. } if self.is_there && self.neglected().is_some() => {
                self.stop()
            }
            Order::Pushing { since } if self.is_there => self.churn(now, since),
            Order::Hold | Order::Stay | Order::Pushing { .. } => None,
        }
    }

    fn wants_sign(&mut self) -> bool {
        let silent = self.shared.silent.borrow();
        self.slot.is_some_and(|slot| silent.contains(&slot))
    }

    fn emits_at(&self) -> Time {
        let requests = self.shared.plan.requests.as_ref();
        self.emitting
            .as_ref()
            .map_or(Time::MAX, |all| all.due(requests))
    }

    fn emit(&mut self, now: Time, sent: Time) -> Option<Emitted> {
        let (plan, emitting) = (&self.shared.plan, self.emitting.as_mut()?);
        while let Some(asking) = emitting.asking()
            && let Some(request) = asking.give_up(plan.requests.as_ref()?, now)
        {
            self.shared.request_over(&request, Reply::None, now, "");
        }
        let who = (self.member.socket, self.member.user);
        match emitting.next(plan, who, now, sent)? {
            Emission::Push(emitted) => Some(emitted),
            Emission::Request(request, emitted) => {
                self.shared.request_sent(&request);
                Some(emitted)
            }
        }
    }

    fn kept_at(&mut self, place: usize) {
        if let Some(mailbox) = self.shared.mailbox(self.member.socket) {
            mailbox.kept_at(place);
        }
    }

    fn bell(&self) -> Option<Rc<Notify>> {
        let mailbox = self.shared.mailbox(self.member.socket)?;
        Some(mailbox.bell())
    }

    fn acked(&mut self, at: Stamp, id: u64, args: &str) {
        self.alive(self.not_before());
        let acked = self.emitting.as_mut().and_then(|all| all.acked(id, args));
        if let Some(acked) = acked {
            let of = (self.member.socket, self.member.user);
            self.shared.acked(acked, of, at.at, args);
        }
    }

    fn asks_for_ack(&mut self) {
        if let Some(recovery) = &mut self.member.recovery {
            recovery.expect_ack(true);
        }
    }

    fn event(&mut self, at: Stamp, name: &str, args: &str, premature: bool) {
        if premature && self.waits_for_answer(at, name, args, None) {
            return;
        }
        let premature = premature && !self.goes_on();
        let args = self.arguments(name, args);
        let arrival = self.arrival(at, name, args, premature);
        self.arrived(at, arrival, Recorder::arrived);
    }

    fn stray_event(&mut self, at: Stamp, name: &str, args: &str, premature: bool) {
        let arrival = self.arrival(at, name, args, premature);
        self.arrived(at, arrival, Recorder::arrived_elsewhere);
    }

    fn binary_event(
        &mut self,
        at: Stamp,
        name: &str,
        args: &str,
        attachments: &[Bytes],
        premature: bool,
    ) {
        if premature && self.waits_for_answer(at, name, args, Some(attachments)) {
            return;
        }
        let premature = premature && !self.goes_on();
        let args = self.arguments(name, args);
        let arrival = self.arrival(at, name, args, premature);
        self.arrived(at, arrival, |judge, slot, arrival, waited_us| {
            judge.arrived_binary(slot, arrival, waited_us, attachments)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::engine::Engine;

    /// A process is to hold twenty thousand: what is added here is added to each socket.
    #[test]
    fn a_held_socket_is_small() {
        let size = Engine::<Held>::BYTES_PER_SOCKET;
        assert!(size <= 424, "{size} bytes");
    }
}
