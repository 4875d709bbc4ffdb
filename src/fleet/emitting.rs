//! What one connection emits: its requests, and the pushes that a lane has it ask for.
//!
//! *Invariant:* no two events of a connection have the same id. On one that emits both, requests have the even ones and pushes the odd
//! ones, so that an ack is known for what it is however late it comes.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::asking::Asking;
use super::shared::Shared;
use crate::client::listener::Emitted;
use crate::client::sender::{EmitError, Letter};
use crate::history::{Reply, Request};
use crate::ids::{SocketId, UserId};
use crate::scenario::{Askers, Plan, Requests};
use crate::time::Time;

/// The sockets of a shard that ask for pushes, as the lanes reach them.
pub struct Senders {
    /// What they are to emit. Lanes wait for room.
    pub letters: mpsc::Receiver<Letter>,
    /// Where it is said whether each is connected.
    pub there: Vec<(SocketId, watch::Sender<bool>)>,
}

/// The mailboxes of a shard; empty where none of its sockets asks for pushes.
pub(super) type Mailboxes = HashMap<SocketId, Rc<Mailbox>>;

/// The letters of one socket, through all its connections.
pub(super) struct Mailbox {
    /// In the order they came: at most one of each lane, besides those that nobody waits for any more.
    letters: RefCell<VecDeque<Letter>>,
    /// Where the engine holds it; `None`: it polls, or is not connected.
    place: Cell<Option<usize>>,
    bell: Rc<Notify>,
    there: watch::Sender<bool>,
}

impl Mailbox {
    pub(super) fn of(there: Vec<(SocketId, watch::Sender<bool>)>) -> Mailboxes {
        let of = |there| Self {
            letters: RefCell::default(),
            place: Cell::default(),
            bell: Rc::default(),
            there,
        };
        let all = there.into_iter();
        all.map(|(socket, there)| (socket, Rc::new(of(there))))
            .collect()
    }

    /// Takes a letter in. Gives the place in the engine of whoever is to look; whoever polls is rung for.
    pub(super) fn take(&self, letter: Letter) -> Option<usize> {
        if !*self.there.borrow() {
            letter.done.send(Err(EmitError::Away)).ok();
            return None;
        }
        let mut letters = self.letters.borrow_mut();
        letters.retain(|letter| !letter.done.is_closed());
        letters.push_back(letter);
        let place = self.place.get();
        if place.is_none() {
            self.bell.notify_one();
        }
        place
    }

    /// The engine holds it there.
    pub(super) fn kept_at(&self, place: usize) {
        self.place.set(Some(place));
    }

    /// Rung when there is a letter, unless the engine holds it.
    pub(super) fn bell(&self) -> Rc<Notify> {
        Rc::clone(&self.bell)
    }

    /// Its connection is over: what was not emitted never is.
    pub(super) fn gone(&self) {
        self.place.set(None);
        self.there.send_replace(false);
        for letter in self.letters.take() {
            letter.done.send(Err(EmitError::Away)).ok();
        }
    }
}

impl Shared {
    /// The mailbox of a socket that asks for pushes.
    pub(super) fn mailbox(&self, socket: SocketId) -> Option<&Rc<Mailbox>> {
        self.mailboxes.get(&socket)
    }

    /// Has a socket emit.
    pub(super) fn deliver(&self, letter: Letter) {
        let mailbox = self.mailbox(letter.socket);
        if let Some(place) = mailbox.and_then(|mailbox| mailbox.take(letter)) {
            self.engine.emit(place);
        }
    }

    /// A request was emitted.
    pub(super) fn request_sent(&self, request: &Request) {
        if let Some(judge) = self.judge.borrow_mut().as_mut() {
            judge.requested(request);
            self.requests.borrow_mut().sent();
        }
    }

    /// An ack came, of a request or of none.
    pub(super) fn acked(
        &self,
        of: Result<Request, Reply>,
        (socket, user): (SocketId, UserId),
        at: Time,
        args: &str,
    ) {
        let (request, reply) = match (of, &self.plan.requests) {
            (Ok(request), Some(requests)) => {
                let right = requests.is_right(&self.plan, user, request.number, args);
                (request, if right { Reply::Right } else { Reply::Wrong })
            }
            (Ok(request), None) => (request, Reply::Unasked),
            (Err(reply), _) => {
                let (number, intended, sent) = (0, at, at);
                let none = Request {
                    number,
                    socket,
                    user,
                    intended,
                    sent,
                };
                (none, reply)
            }
        };
        self.request_over(&request, reply, at, args);
    }

    /// It is known what came of a request. What is known once judging is over no longer matters.
    pub(super) fn request_over(&self, request: &Request, reply: Reply, at: Time, answer: &str) {
        if let Some(judge) = self.judge.borrow_mut().as_mut() {
            judge.request_over(request, reply, at, answer);
            self.requests.borrow_mut().over(request, reply, at, answer);
        }
    }
}

/// What one connection emits.
pub(super) struct Emitting {
    asking: Option<Asking>,
    sending: Option<Sending>,
}

struct Sending {
    mailbox: Rc<Mailbox>,
    next_id: u64,
    /// Those without an ack yet.
    pending: VecDeque<(u64, oneshot::Sender<Result<String, EmitError>>)>,
}

/// Something to emit.
pub(super) enum Emission {
    Request(Request, Emitted),
    Push(Emitted),
}

impl Emitting {
    /// Of a socket that was connected just now, if it emits anything.
    pub(super) fn new(
        askers: Option<&Arc<Askers>>,
        mailbox: Option<&Rc<Mailbox>>,
        socket: SocketId,
    ) -> Option<Box<Self>> {
        let every = if mailbox.is_some() { 2 } else { 1 };
        let asking = askers.and_then(|askers| Asking::new(askers, socket, every));
        let sending = mailbox.map(|mailbox| {
            mailbox.there.send_replace(true);
            Sending {
                mailbox: Rc::clone(mailbox),
                next_id: 1,
                pending: VecDeque::new(),
            }
        });
        let any = asking.is_some() || sending.is_some();
        any.then(|| Box::new(Self { asking, sending }))
    }

    pub(super) fn asking(&mut self) -> Option<&mut Asking> {
        self.asking.as_mut()
    }

    /// When there is something to do.
    pub(super) fn due(&self, requests: Option<&Requests>) -> Time {
        let sending = self.sending.as_ref();
        if sending.is_some_and(|sending| !sending.mailbox.letters.borrow().is_empty()) {
            return Time::ZERO;
        }
        let asking = self.asking.as_ref().zip(requests);
        asking.map_or(Time::MAX, |(asking, requests)| asking.due(requests))
    }

    /// The next event, if one is due.
    pub(super) fn next(
        &mut self,
        plan: &Plan,
        who: (SocketId, UserId),
        now: Time,
        sent: Time,
    ) -> Option<Emission> {
        if let Some(emitted) = self.sending.as_mut().and_then(Sending::next) {
            return Some(Emission::Push(emitted));
        }
        let (request, emitted) = self.asking.as_mut()?.ask(plan, who, now, sent)?;
        Some(Emission::Request(request, emitted))
    }

    /// An ack of this id came. What it is among requests; `None`: nothing, it is that of a push, or nobody here knows.
    pub(super) fn acked(&mut self, id: u64, args: &str) -> Option<Result<Request, Reply>> {
        if self.sending.as_mut().is_some_and(|s| s.acked(id, args)) {
            return None;
        }
        self.asking.as_mut().map(|asking| asking.acked(id))
    }

    /// The connection has ended: the requests that had no answer. Who waits for the ack of a push learns of it when this is dropped.
    pub(super) fn end(&mut self) -> impl Iterator<Item = Request> + '_ {
        self.sending = None;
        self.asking.iter_mut().flat_map(Asking::end)
    }
}

impl Sending {
    fn next(&mut self) -> Option<Emitted> {
        let waits = |letter: &Letter| !letter.done.is_closed();
        let letter = loop {
            let letter = self.mailbox.letters.borrow_mut().pop_front()?;
            // Whoever gave up knows it as unknown, and may have asked for the next.
            if waits(&letter) {
                break letter;
            }
        };
        let id = letter.ack.then_some(self.next_id);
        match id {
            Some(id) => {
                self.next_id += 2;
                self.pending.retain(|(_, done)| !done.is_closed());
                self.pending.push_back((id, letter.done));
            }
            None => {
                letter.done.send(Ok("[]".to_owned())).ok();
            }
        }
        Some(Emitted {
            id,
            name: letter.name,
            args: letter.args,
            bytes: letter.bytes,
        })
    }

    /// Whether this is the id of a push that was emitted here.
    fn acked(&mut self, id: u64, args: &str) -> bool {
        if let Some(at) = self.pending.iter().position(|(of, _)| *of == id)
            && let Some((_, done)) = self.pending.remove(at)
        {
            done.send(Ok(format!("[{args}]"))).ok();
        }
        id % 2 == 1 && id < self.next_id
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.mailbox.gone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::File;

    fn letter(name: &str, ack: bool) -> (Letter, oneshot::Receiver<Result<String, EmitError>>) {
        let (done, acked) = oneshot::channel();
        let letter = Letter {
            socket: SocketId(1),
            name: name.to_owned(),
            args: "1".to_owned(),
            bytes: None,
            ack,
            done,
        };
        (letter, acked)
    }

    fn mailbox() -> Rc<Mailbox> {
        let all = Mailbox::of(vec![(SocketId(1), watch::Sender::new(false))]);
        Rc::clone(&all[&SocketId(1)])
    }

    #[test]
    fn acks_of_pushes_and_of_requests_are_never_mistaken_for_one_another() {
        let text = "[users]\ncount = 2\n[pushes]\nduration = \"1s\"\n[requests]\nrate = \"20/s\"\ntimeout = \"200ms\"\n";
        let plan = Plan::from_file(&File::parse(text).unwrap(), 1).unwrap();
        let askers = Arc::new(Askers::of(&plan).unwrap());
        let mailbox = mailbox();
        let mut emitting = Emitting::new(Some(&askers), Some(&mailbox), SocketId(1)).unwrap();
        let at = |ms| Time::ZERO + std::time::Duration::from_millis(ms);
        emitting.asking().unwrap().begin(&plan, at(0), at(0));
        let mut ids = Vec::new();
        let mut acks = Vec::new();
        for ms in [150, 450, 850] {
            let (letter, acked) = letter("push", true);
            assert_eq!(mailbox.take(letter), None);
            assert_eq!(emitting.due(plan.requests.as_ref()), Time::ZERO);
            acks.push(acked);
            let who = (SocketId(1), UserId(1));
            while let Some(emission) = emitting.next(&plan, who, at(ms), at(ms)) {
                let (Emission::Push(emitted) | Emission::Request(_, emitted)) = emission;
                ids.push((emitted.name, emitted.id.unwrap()));
            }
        }
        let of = |name: &str| {
            let own = ids.iter().filter(|(of, _)| of == name);
            own.map(|(_, id)| *id).collect::<Vec<_>>()
        };
        assert_eq!(of("push"), [1, 3, 5]);
        assert_eq!(of("echo"), [0, 2, 4, 6, 8, 10, 12, 14, 16]);
        // A push is acked once, and whatever comes behind that is none of a request.
        assert_eq!(emitting.acked(3, "\"ok\""), None);
        assert_eq!(emitting.acked(3, "\"ok\""), None);
        assert_eq!(acks[1].try_recv().unwrap(), Ok("[\"ok\"]".to_owned()));
        assert_eq!(emitting.acked(7, ""), Some(Err(Reply::Unasked)));
        assert!(emitting.acked(4, "").unwrap().is_ok());
        assert_eq!(emitting.end().count(), 8);
        assert!(acks[0].try_recv().is_err());
    }

    #[test]
    fn nothing_is_emitted_without_a_connection_or_for_nobody() {
        let mailbox = mailbox();
        let (early, mut told) = letter("early", true);
        assert_eq!(mailbox.take(early), None);
        assert_eq!(told.try_recv().unwrap(), Err(EmitError::Away));
        let mut emitting = Emitting::new(None, Some(&mailbox), SocketId(1)).unwrap();
        mailbox.kept_at(7);
        let (given_up, waits) = letter("given up", true);
        assert_eq!(mailbox.take(given_up), Some(7));
        drop(waits);
        let (written, mut told) = letter("written", false);
        mailbox.take(written);
        let mut next = || emitting.sending.as_mut().unwrap().next();
        let emitted = next().unwrap();
        assert_eq!((emitted.name.as_str(), emitted.id), ("written", None));
        assert_eq!(told.try_recv().unwrap(), Ok("[]".to_owned()));
        assert_eq!(next(), None);
        // What it had no time for is not emitted on the next connection either.
        let (late, mut told) = letter("late", true);
        mailbox.take(late);
        drop(emitting);
        assert_eq!(told.try_recv().unwrap(), Err(EmitError::Away));
        let mut again = Emitting::new(None, Some(&mailbox), SocketId(1)).unwrap();
        assert_eq!(again.due(None), Time::MAX);
        assert_eq!(again.acked(1, ""), None);
    }
}
