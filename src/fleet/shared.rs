//! What the tasks of a shard share: one thread, so no lock.

use std::cell::{Cell, RefCell};
use std::collections::{HashSet, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::{JoinError, JoinSet};

use super::emitting::{Mailbox, Mailboxes};
use super::hold::{Held, Member};
use super::login::Rate;
use super::nodes::Nodes;
use super::pulse::{Delay, Parks};
use super::shard::{Finished, Note, Order, Passed, Setup, second_of};
use crate::client::endpoint::Endpoint;
use crate::client::engine::{self, Engine};
use crate::clock::Clock;
use crate::history::{Leave, Left, Stamp};
use crate::ids::{AppId, Audience};
use crate::journal::Recorder;
use crate::measure::{Fanout, Meter, Recipients, Requests};
use crate::scenario::churn::Departures;
use crate::scenario::phases::WarmUp;
use crate::scenario::{Askers, Driver, Plan, Transport};
use crate::time::Time;
use crate::verify::{Awaited, Judged, Slot, Streams, There};

/// Most sockets of a shard that are on their way back at once: as many as come in at first, so that a target that was away is met
/// by a storm, but not by all sockets in one moment.
pub(super) const RETURNING: usize = 512;

pub(super) struct Shared {
    pub(super) plan: Arc<Plan>,
    pub(super) departures: Option<Departures>,
    pub(super) nodes: Nodes,
    /// When logins may be asked for.
    pub(super) logins: Arc<Rate>,
    pub(super) clock: Clock,
    pub(super) parks: Arc<Parks>,
    /// Never read to the end: tasks clone it, or look at the value.
    pub(super) orders: watch::Receiver<Order>,
    /// Wakes all sockets with the orders that they have.
    same_again: watch::Sender<Order>,
    /// Connections of which a sign of life is wanted.
    pub(super) silent: RefCell<HashSet<Slot>>,
    /// Holds the sockets that are connected, or about to be.
    pub(super) engine: Engine<Held>,
    /// The ways of all others, and the sockets that poll.
    ways: RefCell<JoinSet<()>>,
    /// Some of what came before the answer to a CONNECT found no room, and was not judged.
    pub(super) has_left_out: Cell<bool>,
    /// A socket has been polling.
    pub(super) polled: Cell<bool>,
    /// `None` once judged; what arrives after that no longer matters.
    pub(super) judge: RefCell<Option<Recorder>>,
    /// Connected sockets by app: whom a broadcast has to reach.
    pub(super) connected: RefCell<Vec<usize>>,
    /// The same by node of the target.
    at_node: RefCell<Vec<u64>>,
    /// The same for whoever sends pushes.
    pub(super) there: Arc<There>,
    returning: Arc<Semaphore>,
    index: usize,
    /// What is left out of latencies.
    warm_up: Option<RefCell<WarmUp>>,
    /// Who waits for arrivals, in a closed loop.
    pub(super) awaited: Option<Arc<Awaited>>,
    meter: RefCell<Meter>,
    /// The trigger of each lane, where there are several.
    triggers: Vec<u16>,
    fanout: RefCell<Fanout>,
    recipients: RefCell<Vec<Recipients>>,
    /// Whose turn it is to emit; `None`: nobody does.
    pub(super) askers: Option<Arc<Askers>>,
    /// Of those that ask for pushes; mostly empty.
    pub(super) mailboxes: Mailboxes,
    pub(super) requests: RefCell<Requests>,
    /// How many violations had been seen when that was told last.
    violations: Cell<u64>,
    /// How late the loop was, over all and in the second under way.
    delay: RefCell<Delay>,
    notes: mpsc::Sender<Note>,
    /// Notes that found no room, in order: at most one for each socket, as each waits for room with its next.
    unsaid: RefCell<VecDeque<Note>>,
}

impl Shared {
    pub(super) fn new(
        setup: Setup,
        nodes: Nodes,
        orders: watch::Receiver<Order>,
        same_again: watch::Sender<Order>,
        parks: Arc<Parks>,
        base: engine::Base,
    ) -> Self {
        let plan = setup.plan;
        Self {
            departures: Departures::new(&plan),
            at_node: RefCell::new(vec![0; nodes.count()]),
            nodes,
            logins: setup.logins,
            clock: setup.clock,
            parks,
            orders,
            same_again,
            silent: RefCell::default(),
            engine: Engine::new(base, setup.clock, setup.connect_timeout),
            ways: RefCell::default(),
            has_left_out: Cell::default(),
            polled: Cell::default(),
            judge: RefCell::new(Some(setup.judge)),
            connected: RefCell::new(vec![0; plan.apps.len()]),
            there: setup.there,
            returning: Arc::new(Semaphore::new(RETURNING)),
            index: setup.index,
            awaited: setup.awaited,
            warm_up: setup.warm_up.map(RefCell::new),
            meter: RefCell::new(
                Meter::new(plan.events.len(), plan.apps.len()).with_triggers(plan.triggers.len()),
            ),
            triggers: plan.trigger_of_lanes(),
            fanout: RefCell::new(Fanout::new(plan.settle)),
            recipients: RefCell::default(),
            askers: setup.askers,
            mailboxes: setup
                .senders
                .map_or_else(Mailboxes::new, |senders| Mailbox::of(senders.there)),
            requests: RefCell::default(),
            violations: Cell::default(),
            delay: RefCell::default(),
            notes: setup.notes,
            unsaid: RefCell::default(),
            plan,
        }
    }

    /// Where a socket connects.
    pub(super) fn endpoint_of(&self, member: &Member) -> &Endpoint {
        self.nodes.of_socket(&self.plan, member.user, member.socket)
    }

    /// A socket counts from now on (`true`), or no more, where it connects.
    pub(super) fn at_node(&self, member: &Member, counts: bool) {
        let node = self
            .nodes
            .number_of_socket(&self.plan, member.user, member.socket);
        let at_node = &mut self.at_node.borrow_mut()[node];
        if counts {
            *at_node += 1;
        } else {
            *at_node -= 1;
        }
    }

    /// The same with what this socket alone presents there; `None`: no more than the others.
    pub(super) fn own_endpoint_of(&self, member: &Member) -> Option<Box<Endpoint>> {
        let (contract, any) = (&self.plan.contract, self.endpoint_of(member));
        member.known(&self.plan, |identity| identity.endpoint(contract, any))
    }

    /// How a socket travels.
    pub(super) fn transport_of(&self, member: &Member) -> Transport {
        let plan = &self.plan;
        plan.clients.transports.of(plan.seed, member.socket)
    }

    /// Why some of what came has no receive stamp, as far as is known.
    fn unstamped(&self) -> Option<String> {
        if self.plan.clients.driver == Driver::RustSocketio {
            return Some("the driver rust_socketio gives none".to_owned());
        }
        let polls = "what comes by long-polling has none";
        match (self.engine.unstamped(), self.polled.get()) {
            (why, false) => why,
            (None, true) => Some(polls.to_owned()),
            (Some(why), true) => Some(format!("{polls}; besides, {why}")),
        }
    }

    /// Leave to connect again; `None`: the run is over.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.returning).acquire_owned().await.ok()
    }

    /// Starts a socket's way in or back.
    pub(super) fn spawn(&self, way: impl Future<Output = ()> + 'static) {
        self.ways.borrow_mut().spawn_local(way);
    }

    /// Waits until one that was under way has ended. `None`: none is. One that failed takes the shard with it, for it may have held a
    /// socket of which nobody would hear again.
    pub(super) async fn joined(&self) -> Option<()> {
        let joined = poll_fn(|cx| self.ways.borrow_mut().poll_join_next(cx)).await?;
        if let Err(Ok(panic)) = joined.map_err(JoinError::try_into_panic) {
            std::panic::resume_unwind(panic);
        }
        Some(())
    }

    /// Nobody comes back any more.
    pub(super) fn close(&self) {
        self.returning.close();
    }

    /// Tells the run without waiting.
    pub(super) fn say(&self, note: Note) {
        let mut unsaid = self.unsaid.borrow_mut();
        unsaid.push_back(note);
        while let Some(note) = unsaid.pop_front() {
            if let Err(mpsc::error::TrySendError::Full(note)) = self.notes.try_send(note) {
                unsaid.push_front(note);
                break;
            }
        }
    }

    /// Tells the run, and waits until it is told.
    pub(super) async fn tell(&self, note: Note) {
        self.unsaid.borrow_mut().push_back(note);
        while !self.unsaid.borrow().is_empty() {
            let Ok(room) = self.notes.reserve().await else {
                return;
            };
            if let Some(note) = self.unsaid.borrow_mut().pop_front() {
                room.send(note);
            }
        }
    }

    pub(super) fn late(&self, by: Duration) {
        self.delay.borrow_mut().record(by);
    }

    pub(super) fn judged(&self, app: AppId, judged: Judged, stamp: Stamp) {
        let (id, push) = match judged {
            Judged::Delivered(id, push) => (id, push),
            Judged::Recovered(id, push) => {
                let trigger = self.triggers.get(id.lane.index()).copied();
                return self.meter.borrow_mut().unmeasured(trigger, &push);
            }
            Judged::Violation(_) => return,
        };
        if let Some(awaited) = &self.awaited {
            awaited.arrived(id);
        }
        let warms_up = |warm_up: &RefCell<WarmUp>| warm_up.borrow_mut().has(id, push.intended);
        if self.warm_up.as_ref().is_some_and(warms_up) {
            let trigger = self.triggers.get(id.lane.index()).copied();
            return self.meter.borrow_mut().unmeasured(trigger, &push);
        }
        let at = stamp.at;
        {
            let mut meter = self.meter.borrow_mut();
            meter.delivered(&push, at);
            if let Some(trigger) = self.triggers.get(id.lane.index()) {
                meter.asked_by(usize::from(*trigger), &push, at);
            }
            meter.waited(&push, stamp);
        }
        if push.audience == Audience::Everyone {
            let recipients = self.connected.borrow()[app.index()];
            let complete = self
                .fanout
                .borrow_mut()
                .delivered(id, &push, at, recipients);
            self.recipients.borrow_mut().extend(complete);
        }
    }

    /// Whether what is pushed under this name has no arguments.
    pub(super) fn says_nothing(&self, event: &str) -> bool {
        let judge = self.judge.borrow();
        judge
            .as_ref()
            .is_some_and(|judge| judge.says_nothing(event))
    }

    /// A socket will be back in a while at the earliest. Whether it then still asks for what it has missed.
    pub(super) fn stays_away(&self, member: &mut Member, wait: Duration) {
        let back = self.clock.now() + wait;
        if member.recovery.as_ref().is_some_and(|r| r.is_stale(back)) {
            self.forsake(member);
            member.recovery = None;
        }
    }

    /// A socket will not be back.
    pub(super) fn forsake(&self, member: &Member) {
        if member.recovery.is_some()
            && let Some(judge) = self.judge.borrow_mut().as_mut()
        {
            judge.forsaken(member.socket);
        }
    }

    /// A second is over.
    pub(super) async fn turn(&self, second: u64) {
        let mut recipients = self.recipients.take();
        let now = self.clock.now();
        recipients.extend(self.fanout.borrow_mut().over(now));
        let told = self.judge.borrow_mut().as_mut().map(|judge| {
            judge.turn(now);
            let counts = *judge.counts();
            let more = self.violations.replace(counts.violations()) != counts.violations();
            (counts, more.then(|| judge.findings().clone()))
        });
        let Some((counts, findings)) = told else {
            return;
        };
        let (delay, delays) = self.delay.borrow_mut().take();
        let passed = Passed {
            shard: self.index,
            second,
            window: self.meter.borrow_mut().turn(),
            counts,
            findings,
            recipients,
            delay,
            delays,
            at_node: self.at_node.borrow().clone(),
            requests: self.requests.borrow().counts,
        };
        self.tell(Note::Passed(Box::new(passed))).await;
    }

    /// Judges by what has settled.
    pub(super) fn settle(&self, streams: &Arc<Streams>) {
        if let Some(judge) = self.judge.borrow_mut().as_mut() {
            judge.settle(streams, self.clock.now());
        }
    }

    /// Has the target asked for a sign of life of each connection on which something is missing.
    pub(super) fn ask_silent(&self, streams: &Streams, now: Time) {
        let Some(judge) = &mut *self.judge.borrow_mut() else {
            return;
        };
        let silent = judge.silent(streams, now);
        if !silent.is_empty() {
            self.silent.borrow_mut().extend(silent);
            self.same_again.send_modify(|_| {});
        }
    }

    /// Whether everybody who was asked at this time has answered, or has ended meanwhile.
    pub(super) fn all_answered(&self, asked: Time) -> bool {
        let mut silent = self.silent.borrow_mut();
        let Some(judge) = &mut *self.judge.borrow_mut() else {
            return true;
        };
        silent.retain(|slot| judge.is_silent(*slot, asked));
        silent.is_empty()
    }

    /// Judges. Who has been asked for a sign of life in vain is taken for dead. `caught_up`: everything that had arrived when that was asked for has been read.
    pub(super) fn finish(&self, streams: &Streams, caught_up: bool) -> Option<Finished> {
        let mut judge = self.judge.take()?;
        let (now, silent) = (self.clock.now(), self.silent.take());
        for slot in &silent {
            let left = Left {
                after: Time::ZERO,
                by: now,
                cause: Leave::PingTimeout,
            };
            judge.left(*slot, left);
        }
        let mut meter = self.meter.take();
        let mut fanout = self.fanout.borrow_mut();
        let mut recipients = self.recipients.take();
        recipients.extend(fanout.over(Time::MAX));
        Some(Finished {
            second: second_of(now),
            counts_before_end: *judge.counts(),
            findings: judge.finish(streams, now),
            window: meter.turn(),
            meter,
            recipients,
            fanout_left_out: fanout.left_out(),
            delay: std::mem::take(&mut self.delay.borrow_mut().all),
            caught_up: caught_up && !self.has_left_out.get(),
            requests: self.requests.take(),
            unstamped: self.unstamped(),
            silent: silent.len() as u64,
        })
    }
}
