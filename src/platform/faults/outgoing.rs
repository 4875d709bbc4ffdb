//! What goes out, what is held back meanwhile, and when it comes loose.
//!
//! At most one delivery of a socket is held at a time, and what follows it waits behind it or lets it go: the socket sees either
//! exactly the harm that is counted, or none at all. A hold ends with its socket; what it held is then neither delivered nor counted.

use super::catalogue::Fault;
use super::roster::{Fate, Place, Roster};
use super::truth::{Example, Truth};
use crate::platform::frame::Frame;
use crate::platform::said::{Kept, Said};
use crate::platform::token::Token;
use crate::time::Time;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// How a packet relates to its push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The delivery that the push is for.
    Proper,
    /// The same, of a push that will not be answered with success.
    Unpromised,
    /// Anything else: a copy too many.
    Extra,
}

/// One packet on its way to a socket.
#[derive(Debug)]
pub(super) struct Out {
    pub(super) frame: Frame,
    pub(super) kind: Kind,
    /// When its push was asked for.
    pub(super) asked: Time,
    /// The name of the event as it was asked for.
    pub(super) event: Arc<str>,
    /// What is counted once it has been queued.
    pub(super) harm: Option<(Fault, Example)>,
}

/// A delivery that is held back at its socket.
#[derive(Debug)]
pub(super) struct Hold {
    /// Tells this hold from later ones of its socket.
    id: u64,
    out: Out,
    why: Why,
}

#[derive(Debug)]
enum Why {
    Reorder {
        /// The held delivery's push.
        number: u64,
        /// When that push had been answered.
        answered: Option<Time>,
        /// How many deliveries of pushes that were asked for clearly later have to pass.
        wanted: u32,
        queue: Vec<Out>,
    },
    Tail,
    Swap(Parcel),
}

/// A push that waits for another to change places with.
#[derive(Debug)]
pub(super) struct Parcel {
    /// The event's name as JSON.
    pub(super) event: String,
    /// The message.
    pub(super) message: Option<Kept>,
}

impl Parcel {
    pub(super) fn said(&self) -> Option<Said<'_>> {
        self.message.as_ref().map(Kept::said)
    }
}

#[derive(Debug)]
enum Due {
    /// The hold of this number at this socket ends.
    Hold(Token),
    /// A packet goes out.
    Packet(Token, Out),
}

/// Everything between a decision and its packets.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// The names of the apps.
    apps: Vec<Arc<str>>,
    pub(super) roster: Roster,
    pub(super) truth: Truth,
    /// The socket whose delivery waits to be swapped, by app.
    swaps: HashMap<usize, Token>,
    due: BTreeMap<(Time, u64), Due>,
    /// How long anything is held back at most.
    patience: Duration,
    /// How much later than an answer a push must have been asked for to be the later one without doubt.
    margin: Duration,
    ids: u64,
}

impl Outgoing {
    pub(super) fn new(apps: Vec<Arc<str>>, delay: Duration) -> Self {
        Self {
            apps,
            roster: Roster::default(),
            truth: Truth::new(),
            swaps: HashMap::new(),
            due: BTreeMap::new(),
            patience: delay * 2 / 5,
            margin: delay * 2 / 25,
            ids: 0,
        }
    }

    /// How much later than another a push must have been asked for to be the later one without doubt.
    pub(super) fn margin(&self) -> Duration {
        self.margin
    }

    /// When [`Self::handle_timeout`] is wanted next.
    pub(super) fn deadline(&self) -> Time {
        self.due.first_key_value().map_or(Time::MAX, |due| due.0.0)
    }

    /// Lets go of what is due.
    pub(super) fn handle_timeout(&mut self, now: Time) {
        while let Some(entry) = self.due.first_entry() {
            let (at, id) = *entry.key();
            if at > now {
                return;
            }
            match entry.remove() {
                Due::Packet(sid, out) => self.emit(sid, out, now),
                Due::Hold(sid) => {
                    let socket = self.roster.get_mut(sid);
                    let hold = socket.and_then(|s| s.hold.take_if(|hold| hold.id == id));
                    if let Some(hold) = hold {
                        self.expire(sid, hold, now);
                    }
                }
            }
        }
    }

    fn expire(&mut self, sid: Token, hold: Hold, now: Time) {
        match hold.why {
            Why::Reorder { queue, .. } => {
                self.send(sid, unharmed(hold.out), now);
                for out in queue {
                    self.send(sid, out, now);
                }
            }
            Why::Tail => self.lose(sid, Fault::DropTail, &hold.out, now),
            Why::Swap(_) => self.release_swap(sid, hold.out, now),
        }
    }

    fn release_swap(&mut self, sid: Token, out: Out, now: Time) {
        self.swaps.retain(|_, held| *held != sid);
        self.send(sid, unharmed(out), now);
    }

    /// A packet goes to a socket, as far as what is held there lets it.
    pub(super) fn emit(&mut self, sid: Token, out: Out, now: Time) {
        let Some(socket) = self.roster.get_mut(sid) else {
            return;
        };
        if socket.fate == Fate::Frozen {
            self.lose(sid, Fault::Freeze, &out, now);
            return;
        }
        let tail = socket.fate == Fate::Tail && out.kind == Kind::Proper;
        match socket.hold.take() {
            None if tail => self.hold(sid, out, Why::Tail, now),
            None => {
                self.send(sid, out, now);
            }
            Some(hold) => self.emit_behind(sid, hold, out, now),
        }
    }

    fn emit_behind(&mut self, sid: Token, mut hold: Hold, out: Out, now: Time) {
        match &mut hold.why {
            Why::Tail => {
                self.send(sid, hold.out, now);
                self.emit(sid, out, now);
            }
            Why::Swap(_) => {
                self.release_swap(sid, hold.out, now);
                self.emit(sid, out, now);
            }
            Why::Reorder {
                answered,
                wanted,
                queue,
                ..
            } => {
                let later = answered.is_some_and(|at| out.asked >= at + self.margin);
                if later && out.kind != Kind::Extra {
                    *wanted -= 1;
                }
                queue.push(out);
                if *wanted == 0 {
                    let queue = std::mem::take(queue);
                    for out in queue {
                        self.send(sid, out, now);
                    }
                    self.send(sid, hold.out, now);
                } else if let Some(socket) = self.roster.get_mut(sid) {
                    socket.hold = Some(hold);
                }
            }
        }
    }

    /// A packet goes to a socket, now.
    pub(super) fn send(&mut self, sid: Token, out: Out, now: Time) {
        let Some(socket) = self.roster.get(sid) else {
            return;
        };
        let Place {
            conn, namespace, ..
        } = &socket.place;
        let queued = conn.deliver(now, *namespace, sid, out.frame);
        if let (true, Some((fault, example))) = (queued, out.harm) {
            self.truth.count(fault, example.at(now));
        }
    }

    /// A delivery goes nowhere; counted if it would have got there, and had been promised.
    pub(super) fn lose(&mut self, sid: Token, fault: Fault, out: &Out, now: Time) {
        let socket = self.roster.get(sid);
        let place = socket.map(|s| &s.place).filter(|place| place.is_live());
        if let (Some(place), Kind::Proper) = (place, out.kind) {
            let example = self.example(Some(place), place.app, &out.event, "never delivered");
            self.truth.count(fault, example.at(now));
        }
    }

    /// A harmed place: a socket, or all that a push of an app is for.
    pub(super) fn example(
        &self,
        place: Option<&Place>,
        app: usize,
        event: &str,
        detail: &str,
    ) -> Example {
        Example {
            user: place.map_or_else(|| "*".into(), |place| Arc::clone(&place.user)),
            app: Arc::clone(&self.apps[app]),
            socket: place.map(|place| place.sid.to_string()),
            event: event.to_owned(),
            at_ms: 0,
            detail: detail.to_owned(),
        }
    }

    /// A packet goes out at a later time.
    pub(super) fn send_later(&mut self, sid: Token, out: Out, at: Time) {
        self.ids += 1;
        self.due.insert((at, self.ids), Due::Packet(sid, out));
    }

    /// Holds a delivery back until so many that were asked for clearly after its push was answered have gone ahead.
    pub(super) fn hold_for_order(
        &mut self,
        sid: Token,
        out: Out,
        fault: Fault,
        number: u64,
        now: Time,
    ) {
        let wanted = if fault == Fault::ReorderFar { 4 } else { 1 };
        let why = Why::Reorder {
            number,
            answered: None,
            wanted,
            queue: Vec::new(),
        };
        self.hold(sid, out, why, now);
    }

    /// Holds a delivery back until a push for another user of its app comes.
    pub(super) fn hold_for_swap(
        &mut self,
        app: usize,
        sid: Token,
        out: Out,
        parcel: Parcel,
        now: Time,
    ) {
        self.swaps.insert(app, sid);
        self.hold(sid, out, Why::Swap(parcel), now);
    }

    /// The socket whose delivery waits to be swapped for another in this app.
    pub(super) fn swap_waiting(&self, app: usize) -> Option<Token> {
        self.swaps.get(&app).copied()
    }

    /// Takes the delivery that waits to be swapped in this app.
    pub(super) fn take_swap(&mut self, app: usize) -> Option<(Out, Parcel)> {
        let sid = self.swaps.remove(&app)?;
        let hold = self.roster.get_mut(sid)?.hold.take()?;
        match hold.why {
            Why::Swap(parcel) => Some((hold.out, parcel)),
            Why::Tail | Why::Reorder { .. } => None,
        }
    }

    fn hold(&mut self, sid: Token, out: Out, why: Why, now: Time) {
        self.ids += 1;
        let id = self.ids;
        if let Some(socket) = self.roster.get_mut(sid) {
            socket.hold = Some(Hold { id, out, why });
            self.due.insert((now + self.patience, id), Due::Hold(sid));
        }
    }

    /// A push has been answered.
    pub(super) fn answered(&mut self, number: u64, sids: &[Token], now: Time) {
        for sid in sids {
            let hold = self.roster.get_mut(*sid).and_then(|s| s.hold.as_mut());
            if let Some(Why::Reorder {
                number: held,
                answered,
                ..
            }) = hold.map(|hold| &mut hold.why)
                && *held == number
            {
                *answered = Some(now);
            }
        }
    }

    /// A socket is gone, and what was held at it.
    pub(super) fn forget(&mut self, sid: Token) {
        self.roster.remove(sid);
        self.swaps.retain(|_, held| *held != sid);
    }
}

fn unharmed(out: Out) -> Out {
    Out { harm: None, ..out }
}
