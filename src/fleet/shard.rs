//! One shard: a thread that holds sockets, judges what they receive and measures it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::task::{JoinSet, LocalSet};

use crate::client::websocket::{self, ConnectError, Ended, Endpoint, Listener};
use crate::clock::Clock;
use crate::history::Leave;
use crate::ids::{AppId, SocketId, UserId};
use crate::measure::{Fanout, Meter, Recipients, Window};
use crate::time::Time;
use crate::verify::{Arrival, Counts, Findings, Judge, Judged, Slot, Streams};

/// Commands waiting at a shard: each is a socket to open, and the fleet has to wait when the shard is behind.
const COMMANDS: usize = 256;
/// How often a shard hands over its window.
pub const WINDOW: Duration = Duration::from_secs(1);

/// What a shard is told.
pub enum Command {
    /// Connect a socket.
    Open {
        /// The socket.
        socket: SocketId,
        /// The user who holds it.
        user: UserId,
        /// The user's app.
        app: AppId,
        /// The CONNECT payload.
        auth: String,
        /// Held until the socket is connected or refused, which bounds how many connect at once.
        permit: OwnedSemaphorePermit,
    },
    /// Judge what has come, and give it all.
    Finish {
        /// All pushes of the run, by stream.
        streams: Arc<Streams>,
        /// Where to.
        reply: oneshot::Sender<Finished>,
    },
}

/// What a shard tells.
#[derive(Debug)]
pub enum Note {
    /// CONNECT was accepted.
    Connected {
        /// From the first byte to the answer to CONNECT.
        took: Duration,
    },
    /// A socket did not get connected.
    Refused(ConnectError),
    /// A connected socket is gone.
    Left(Leave, String),
    /// A second has passed.
    Window {
        /// Which shard.
        shard: usize,
        /// Which second of the run (counted from its clock's start).
        second: u64,
        /// What was measured in it.
        window: Box<Window>,
        /// The shard's counts so far.
        counts: Counts,
        /// Broadcasts that are complete or over.
        recipients: Vec<Recipients>,
    },
}

/// Everything a shard knows at the end.
pub struct Finished {
    /// Counts and examples.
    pub findings: Findings,
    /// Latencies.
    pub meter: Meter,
    /// The second that was under way.
    pub second: u64,
    /// What was measured in it so far.
    pub window: Window,
    /// Counts of what was seen as it arrived: without losses, which belong to no second.
    pub counts_before_end: Counts,
    /// Broadcasts not handed over yet.
    pub recipients: Vec<Recipients>,
    /// Arrivals left out of fan-out figures for want of room.
    pub fanout_left_out: u64,
}

/// A running shard.
pub struct Shard {
    /// Takes its commands.
    pub commands: mpsc::Sender<Command>,
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

/// What a shard needs to begin.
pub struct Setup {
    /// Which shard, for the thread's name.
    pub index: usize,
    /// Judges its sockets.
    pub judge: Judge,
    /// How many event names there are.
    pub events: usize,
    /// How many apps there are.
    pub apps: usize,
    /// After so long a broadcast is over, complete or not.
    pub window: Duration,
    /// Where sockets connect.
    pub endpoint: Endpoint,
    /// The run's clock.
    pub clock: Clock,
    /// Where its notes go.
    pub notes: mpsc::Sender<Note>,
}

impl Shard {
    /// Starts a shard's thread.
    pub fn start(setup: Setup) -> std::io::Result<Self> {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new()
            .name(format!("shard-{}", setup.index))
            .spawn(move || {
                let local = LocalSet::new();
                local.block_on(&runtime, serve(setup, inbox, stopped));
            })?;
        Ok(Self {
            commands,
            stop,
            thread,
        })
    }

    /// Closes the shard's sockets and waits for its thread to end.
    pub fn stop(self) {
        self.leave();
        drop(self.commands);
        self.thread.join().ok();
    }

    /// Tells the sockets to leave, without waiting; [`Shard::stop`] still has to be called.
    pub fn leave(&self) {
        self.stop.send_replace(true);
    }
}

/// What the tasks of a shard share: one thread, so no lock.
struct Shared {
    index: usize,
    /// `None` once judged; what arrives after that no longer matters.
    judge: RefCell<Option<Judge>>,
    meter: RefCell<Meter>,
    fanout: RefCell<Fanout>,
    recipients: RefCell<Vec<Recipients>>,
    /// Connected sockets by app: whom a broadcast has to reach.
    connected: RefCell<Vec<usize>>,
    endpoint: Endpoint,
    clock: Clock,
    notes: mpsc::Sender<Note>,
}

async fn serve(
    setup: Setup,
    mut inbox: mpsc::Receiver<Command>,
    mut stopped: watch::Receiver<bool>,
) {
    let shared = Rc::new(Shared {
        index: setup.index,
        judge: RefCell::new(Some(setup.judge)),
        meter: RefCell::new(Meter::new(setup.events)),
        fanout: RefCell::new(Fanout::new(setup.window)),
        recipients: RefCell::default(),
        connected: RefCell::new(vec![0; setup.apps]),
        endpoint: setup.endpoint,
        clock: setup.clock,
        notes: setup.notes,
    });
    let for_sockets = stopped.clone();
    let mut sockets = JoinSet::new();
    let mut second = second_of(shared.clock.now());
    loop {
        let turn = Time::ZERO + WINDOW * (second as u32 + 1);
        tokio::select! {
            command = inbox.recv() => match command {
                Some(Command::Open { socket, user, app, auth, permit }) => {
                    let slot = shared.open(socket, user, app);
                    let stop = for_sockets.clone();
                    let shared = Rc::clone(&shared);
                    sockets.spawn_local(hold(shared, slot, app, auth, permit, stop));
                }
                Some(Command::Finish { streams, reply }) => {
                    if let Some(finished) = shared.finish(&streams) {
                        reply.send(finished).ok();
                    }
                }
                None => break,
            },
            () = tokio::time::sleep_until(shared.clock.instant(turn)) => {
                shared.turn(second).await;
                second += 1;
            }
            Some(_) = sockets.join_next() => {}
            _ = stopped.wait_for(|stop| *stop) => break,
        }
    }
    while sockets.join_next().await.is_some() {}
}

/// Which second of the run.
pub fn second_of(at: Time) -> u64 {
    at.as_nanos() / WINDOW.as_nanos() as u64
}

/// Holds one socket from its connect to its end.
async fn hold(
    shared: Rc<Shared>,
    slot: Option<Slot>,
    app: AppId,
    auth: String,
    permit: OwnedSemaphorePermit,
    mut stop: watch::Receiver<bool>,
) {
    let Some(slot) = slot else { return };
    let mut held = Held {
        shared: &shared,
        slot,
        app,
        begun: shared.clock.now(),
        permit: Some(permit),
    };
    let stopped = async {
        stop.wait_for(|stop| *stop).await.ok();
    };
    let ended = websocket::run(&shared.endpoint, auth, shared.clock, &mut held, stopped).await;
    held.permit = None;
    let note = match ended {
        Ended::NotConnected(ConnectError::Stopped)
        | Ended::Left {
            leave: Leave::Ours, ..
        } => return,
        Ended::NotConnected(error) => Note::Refused(error),
        Ended::Left {
            leave,
            detail,
            until,
        } => {
            shared.left(slot, app, until);
            Note::Left(leave, detail)
        }
    };
    shared.notes.send(note).await.ok();
}

impl Shared {
    fn open(&self, socket: SocketId, user: UserId, app: AppId) -> Option<Slot> {
        let mut judge = self.judge.borrow_mut();
        judge.as_mut().map(|judge| judge.open(socket, user, app))
    }

    fn left(&self, slot: Slot, app: AppId, until: Time) {
        self.connected.borrow_mut()[app.index()] -= 1;
        if let Some(judge) = self.judge.borrow_mut().as_mut() {
            judge.left(slot, until);
        }
    }

    fn judged(&self, app: AppId, judged: Judged, at: Time) {
        let Judged::Delivered(id, push) = judged else {
            return;
        };
        self.meter.borrow_mut().delivered(&push, at);
        if push.audience == crate::ids::Audience::Everyone {
            let recipients = self.connected.borrow()[app.index()];
            let complete = self
                .fanout
                .borrow_mut()
                .delivered(id, &push, at, recipients);
            self.recipients.borrow_mut().extend(complete);
        }
    }

    async fn turn(&self, second: u64) {
        let mut recipients = self.recipients.take();
        recipients.extend(self.fanout.borrow_mut().over(self.clock.now()));
        let counts = self.judge.borrow().as_ref().map(|judge| *judge.counts());
        let Some(counts) = counts else { return };
        let note = Note::Window {
            shard: self.index,
            second,
            window: Box::new(self.meter.borrow_mut().turn()),
            counts,
            recipients,
        };
        self.notes.send(note).await.ok();
    }

    fn finish(&self, streams: &Streams) -> Option<Finished> {
        let judge = self.judge.take()?;
        let mut meter = self.meter.take();
        let mut fanout = self.fanout.borrow_mut();
        let mut recipients = self.recipients.take();
        recipients.extend(fanout.over(Time::MAX));
        Some(Finished {
            second: second_of(self.clock.now()),
            counts_before_end: *judge.counts(),
            findings: judge.finish(streams),
            window: meter.turn(),
            meter,
            recipients,
            fanout_left_out: fanout.left_out(),
        })
    }
}

/// The listener of one socket.
struct Held<'a> {
    shared: &'a Shared,
    slot: Slot,
    app: AppId,
    begun: Time,
    permit: Option<OwnedSemaphorePermit>,
}

impl Held<'_> {
    fn arrived(
        &self,
        arrival: Arrival<'_>,
        judged: impl FnOnce(&mut Judge, Slot, Arrival<'_>) -> Judged,
    ) {
        let mut judge = self.shared.judge.borrow_mut();
        let Some(judge) = judge.as_mut() else { return };
        let judged = judged(judge, self.slot, arrival);
        self.shared.judged(self.app, judged, arrival.at);
    }
}

fn arrival<'a>(at: Time, event: &'a str, payload: &'a str, premature: bool) -> Arrival<'a> {
    Arrival {
        at,
        event,
        payload,
        premature,
    }
}

impl Listener for Held<'_> {
    fn connected(&mut self, at: Time) {
        self.permit = None;
        self.shared.connected.borrow_mut()[self.app.index()] += 1;
        if let Some(judge) = self.shared.judge.borrow_mut().as_mut() {
            judge.connected(self.slot, at);
        }
        let note = Note::Connected {
            took: at - self.begun,
        };
        // The run's inbox has room for every socket of the plan, so this does not fail while the run listens.
        self.shared.notes.try_send(note).ok();
    }

    fn event(&mut self, at: Time, name: &str, args: &str, premature: bool) {
        self.arrived(arrival(at, name, args, premature), Judge::arrived);
    }

    fn stray_event(&mut self, at: Time, name: &str, args: &str, premature: bool) {
        self.arrived(arrival(at, name, args, premature), Judge::arrived_elsewhere);
    }

    fn binary_event(
        &mut self,
        at: Time,
        name: &str,
        args: &str,
        attachments: &[Bytes],
        premature: bool,
    ) {
        self.arrived(
            arrival(at, name, args, premature),
            |judge, slot, arrival| judge.arrived_binary(slot, arrival, attachments),
        );
    }
}
