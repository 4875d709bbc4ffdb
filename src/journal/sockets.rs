//! The sockets of one shard, once more before a judge.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::books::{Books, Wrong};
use super::fact::{Event, Fact, Moment};
use super::present::Present;
use super::replay::Terms;
use crate::history::{Leave, Left, Reply, Stamp};
use crate::ids::{AppId, PushId, SocketId, UserId};
use crate::measure::{Meter, Requests};
use crate::scenario::phases::WarmUp;
use crate::scenario::{Neglect, Neglected};
use crate::time::Time;
use crate::verify::{Arrival, By, Found, Judge, Judged, Rules, Slot, Tag, Way};

/// One shard's sockets.
pub(super) struct Shard {
    pub(super) judge: Judge,
    rules: Arc<Rules>,
    /// Which sockets read slowly, with the seed that decides it.
    neglect: Neglect,
    seed: u64,
    /// Those that have not left, by their slots in the run.
    sockets: HashMap<u32, Socket>,
    pub(super) meter: Meter,
    /// What is left out of latencies.
    warm_up: Option<WarmUp>,
    pub(super) requests: Requests,
    /// Sockets that were connected at least once.
    pub(super) connected: HashSet<SocketId>,
    /// Connections that were accepted.
    pub(super) accepted: u64,
    pub(super) present: Present,
    pub(super) left_out: u64,
    /// The target recovers what a socket has missed, as far as is known.
    recovers: bool,
    /// Connections that went on where another ended.
    pub(super) recovered: u64,
    /// How many batches it has been judged by.
    settled: usize,
}

#[derive(Clone, Copy)]
struct Socket {
    slot: Slot,
    id: SocketId,
    user: UserId,
    app: AppId,
    connected: bool,
    /// It was lost sight of until then.
    unseen: Option<Time>,
    /// It goes on since then from one of which nothing is known: what that had, and what is made up for.
    goes_on_blindly: Option<Time>,
}

impl Shard {
    pub(super) fn new(judge: Judge, terms: &Terms, present: Present) -> Self {
        let (plan, rules) = (&terms.plan, Arc::clone(&terms.rules));
        let meter = Meter::new(rules.events.len(), plan.apps.len());
        Self {
            judge,
            meter: meter.with_triggers(plan.triggers.len()),
            rules,
            neglect: plan.clients.neglect,
            seed: plan.seed,
            warm_up: terms.warm_up.clone(),
            requests: Requests::default(),
            sockets: HashMap::new(),
            connected: HashSet::new(),
            accepted: 0,
            present,
            left_out: 0,
            recovers: false,
            recovered: 0,
            settled: 0,
        }
    }

    /// Judges by the last batch, if it is this one or one before it and has not been taken yet.
    pub(super) fn settle(&mut self, number: u32, books: &Books) {
        if let Some(batch) = &books.batch
            && batch.nth == self.settled
            && batch.number <= number
        {
            self.settled += 1;
            self.judge.settle(&batch.streams);
        }
    }

    pub(super) fn take(&mut self, fact: &Fact<'_>, books: &Books) -> Result<(), Wrong> {
        match fact {
            Fact::Planned { socket, user, app } => self.judge.plan(*socket, *user, *app),
            Fact::Settled { number, .. } => self.settle(*number, books),
            Fact::Opened {
                slot,
                socket,
                user,
                app,
            } => return self.opened(*slot, *socket, *user, *app),
            Fact::Connecting { slot, at } => {
                if let Some(socket) = self.seen(*slot, true) {
                    self.judge.connecting(socket.slot, *at);
                }
            }
            Fact::Connected { slot, at } => self.was_connected(*slot, *at, Judge::connected),
            Fact::WentOn { slot, at } => {
                self.recovers = true;
                self.recovered += 1;
                if let Some(socket) = self.seen(*slot, true)
                    && !self.judge.may_go_on(socket.id)
                {
                    let blindly = |s: &mut Socket| s.goes_on_blindly = Some(*at);
                    self.sockets.entry(*slot).and_modify(blindly);
                }
                self.was_connected(*slot, *at, Judge::went_on);
            }
            Fact::Forsaken { socket } => self.judge.forsaken(*socket),
            Fact::Heard { slot, at } => {
                if let Some(socket) = self.seen(*slot, true) {
                    self.judge.heard(socket.slot, *at);
                }
            }
            Fact::Leaving { slot, at } => {
                if let Some(socket) = self.seen(*slot, true) {
                    self.judge.leaving(socket.slot, *at);
                }
            }
            Fact::Left { slot, left } => self.has_left(*slot, *left, Judge::left),
            Fact::LeftForNow { slot, left } => {
                self.recovers = true;
                self.has_left(*slot, *left, Judge::left_for_now);
            }
            Fact::Came { slot, moment, push } => {
                return self.came(*slot, *moment, *push, None, books);
            }
            Fact::CameLate {
                slot,
                moment,
                push,
                stream_seq,
            } => return self.came(*slot, *moment, *push, Some(*stream_seq), books),
            Fact::CameOtherwise {
                slot,
                moment,
                event,
            } => self.came_otherwise(*slot, *moment, event, books),
            Fact::Requested(_) => self.requests.sent(),
            Fact::Replied {
                request,
                reply,
                at,
                answer,
            } => {
                let reply = match reply {
                    Reply::Wrong => books.reply(request, answer),
                    other => *other,
                };
                self.requests.over(request, reply, *at, answer);
            }
            Fact::Sent(..) | Fact::Answered(..) | Fact::Batch { .. } => {
                return Err(Wrong::Nonsense);
            }
        }
        Ok(())
    }

    fn was_connected(&mut self, slot: u32, at: Time, tell: impl FnOnce(&mut Judge, Slot, Time)) {
        if let Some(socket) = self.seen(slot, true) {
            tell(&mut self.judge, socket.slot, at);
            if !socket.connected {
                self.accepted += 1;
                self.present.came(socket.app, socket.user);
            }
            self.connected.insert(socket.id);
            self.sockets.entry(slot).and_modify(|s| s.connected = true);
        }
    }

    fn has_left(&mut self, slot: u32, left: Left, tell: impl FnOnce(&mut Judge, Slot, Left)) {
        if let Some(socket) = self.seen(slot, true) {
            tell(&mut self.judge, socket.slot, left);
            if socket.connected {
                let cause = Some(left.cause);
                self.present.went(socket.app, socket.user, cause);
            }
            self.sockets.remove(&slot);
        }
    }

    fn opened(&mut self, slot: u32, id: SocketId, user: UserId, app: AppId) -> Result<(), Wrong> {
        if self.sockets.contains_key(&slot) {
            return Err(Wrong::Nonsense);
        }
        let socket = Socket {
            slot: self.judge.open(id, user, app),
            id,
            user,
            app,
            connected: false,
            unseen: None,
            goes_on_blindly: None,
        };
        self.sockets.insert(slot, socket);
        Ok(())
    }

    /// A push arrived as it was sent. `late`: with its place in its stream, for the ledger may have let go of it.
    fn came(
        &mut self,
        slot: u32,
        moment: Moment,
        push: PushId,
        late: Option<u32>,
        books: &Books,
    ) -> Result<(), Wrong> {
        if books.torn && !books.knows(push) {
            self.left_out += 1;
            return Ok(());
        }
        let tag = match late {
            None => books.get(push).map(|entry| Tag::of(push, &entry.push)),
            Some(stream_seq) => books.late_tag(push, stream_seq),
        };
        let tag = tag.ok_or(Wrong::Nonsense)?;
        let rules = Arc::clone(&self.rules);
        let event = rules.events.get(tag.event.index()).ok_or(Wrong::Nonsense)?;
        let found = Found {
            tag,
            intact: true,
            by: By::Tag,
        };
        let arrival = arrival(moment, event, "", false);
        let sent = books.get(push).map(|entry| entry.push.sent);
        self.arrived(slot, (arrival, moment), Some(found), Way::Text, sent);
        Ok(())
    }

    fn came_otherwise(&mut self, slot: u32, moment: Moment, event: &Event<'_>, books: &Books) {
        let rules = Arc::clone(&self.rules);
        let (found, named) = if let Some(cut) = &event.cut {
            (cut.found, cut.named)
        } else {
            let found = match event.way {
                Way::Binary => self.judge.find_binary(event.payload, &event.attachments),
                Way::Text | Way::Elsewhere => {
                    let tagger = &rules.tagger;
                    tagger.find_within(event.payload, &event.attachments)
                }
            };
            (found, false)
        };
        let mut name = event.name;
        if let Some(found) = found {
            if books.torn && !books.knows(found.tag.push) {
                self.left_out += 1;
                return;
            }
            let asked = rules.events.get(found.tag.event.index());
            if let Some(asked) = asked.filter(|_| named) {
                name = asked;
            }
        }
        let arrival = arrival(moment, name, event.payload, event.premature);
        let entry = found.and_then(|found| books.get(found.tag.push));
        let sent = entry.map(|entry| entry.push.sent);
        self.arrived(slot, (arrival, moment), found, event.way, sent);
    }

    fn arrived(
        &mut self,
        slot: u32,
        (arrival, moment): (Arrival<'_>, Moment),
        found: Option<Found>,
        way: Way,
        sent: Option<Time>,
    ) {
        let Some(socket) = self.seen(slot, arrival.premature) else {
            return;
        };
        if let (Some(since), Some(found)) = (socket.goes_on_blindly, &found)
            && sent.unwrap_or(found.tag.intended) <= since
        {
            self.left_out += 1;
            return;
        }
        let refused = moment.refused;
        let judged = self
            .judge
            .arrived_again(socket.slot, arrival, found, way, refused);
        let came = matches!(judged, Judged::Delivered(..) | Judged::Recovered(..));
        let neglects = || self.neglect.of(self.seed, socket.id);
        if came && socket.connected && matches!(neglects(), Some(Neglected::Slow(_))) {
            // Its time was the run's doing, and is in no latency.
            return;
        }
        if let Judged::Recovered(id, push) = judged {
            let trigger = self.rules.triggers.get(id.lane.index()).copied();
            self.meter.unmeasured(trigger, &push);
        } else if let Judged::Delivered(id, push) = judged {
            let Moment { at, waited_us, .. } = moment;
            let trigger = self.rules.triggers.get(id.lane.index()).copied();
            let warms_up = |warm_up: &mut WarmUp| warm_up.has(id, push.intended);
            if self.warm_up.as_mut().is_some_and(warms_up) {
                return self.meter.unmeasured(trigger, &push);
            }
            self.meter.delivered(&push, at);
            if let Some(trigger) = trigger {
                self.meter.asked_by(usize::from(trigger), &push, at);
            }
            self.meter.waited(&push, Stamp { at, waited_us });
            self.present.delivered(socket.app, id, &push, at);
        }
    }

    /// The socket of a slot, of which something is told. One that had been lost sight of is there again: as another connection, which
    /// was accepted meanwhile, if it had not been before, unless what is told is `premature`. Where sockets get what they have missed it goes on
    /// with the one before. `None`: nobody knows which socket this is.
    fn seen(&mut self, slot: u32, premature: bool) -> Option<Socket> {
        let Some(mut socket) = self.sockets.get(&slot).copied() else {
            self.left_out += 1;
            return None;
        };
        if let Some(until) = socket.unseen.take() {
            socket.slot = self.judge.open(socket.id, socket.user, socket.app);
            // Since when it is connected is not known. It was so before it was lost sight of, or not yet.
            self.judge.connecting(socket.slot, Time::ZERO);
            if socket.connected || !premature {
                if self.recovers {
                    self.judge.went_on(socket.slot, until);
                } else {
                    self.judge.connected(socket.slot, until);
                }
                self.accepted += u64::from(!socket.connected);
                self.connected.insert(socket.id);
                socket.connected = true;
                self.present.came(socket.app, socket.user);
            }
            self.sockets.insert(slot, socket);
        }
        Some(socket)
    }

    /// What happened from here until then is missing.
    pub(super) fn lose_sight(&mut self, to: Time) {
        // Nobody knows how long it was there: surely until the last sign of it.
        let never = Time::from_nanos(u64::MAX - 1);
        let left = Left {
            after: Time::ZERO,
            by: to.min(never),
            cause: Leave::ConnectionLost,
        };
        for socket in self.sockets.values_mut() {
            if socket.unseen.is_none() && self.recovers {
                self.judge.left_for_now(socket.slot, left);
            } else if socket.unseen.is_none() {
                self.judge.left(socket.slot, left);
            }
            if socket.unseen.is_none() && socket.connected {
                self.present.went(socket.app, socket.user, None);
            }
            socket.unseen = Some(to);
        }
    }
}

fn arrival<'a>(moment: Moment, event: &'a str, payload: &'a str, premature: bool) -> Arrival<'a> {
    Arrival {
        not_before: moment.not_before,
        at: moment.at,
        event,
        payload,
        premature,
    }
}
