//! One shard: a thread that holds sockets, judges what they receive and measures it.

use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::task::{JoinError, LocalSet};

use super::arrive::UNDER_WAY;
use super::emitting::Senders;
use super::hold::Member;
use super::login::{Credentials, Rate, Tried};
use super::nodes::{Nodes, Place};
pub use super::passed::{Finished, Passed};
use super::pulse::{Beats, Parks};
use super::sessions::Sessions;
use super::shared::{RETURNING, Shared};
use super::way;
use crate::client::engine;
use crate::client::sender::Letter;
use crate::clock::Clock;
use crate::history::Leave;
use crate::ids::{AppId, SocketId, UserId};
use crate::journal::Recorder;
use crate::scenario::phases::WarmUp;
use crate::scenario::{Askers, Plan};
use crate::time::Time;
use crate::verify::{Awaited, Streams, There};

/// Commands waiting at a shard: each is a socket to open, and the fleet has to wait when the shard is behind.
const COMMANDS: usize = 256;
/// Most descriptors that a shard's runtime watches at once: sockets on their way in and back, HTTP connections for logins, the engine's
/// selector, and what the runtime needs. Sockets that poll come besides.
const FILES: usize = UNDER_WAY + 2 * RETURNING + 128;
/// Connections of a socket that polls: for its polls, for its POSTs, and a WebSocket that it tries.
const FILES_POLLING: usize = 3;
/// How often a shard hands over its window.
pub const WINDOW: Duration = Duration::from_secs(1);
/// How long a shard may take to catch up with what has arrived before it judges.
const CATCH_UP: Duration = Duration::from_secs(10);
/// How long who lacks something may take to give a sign of life before that.
const ANSWER: Duration = Duration::from_secs(10);
/// How often it looks whether it has.
const LOOK: Duration = Duration::from_millis(1);

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
        /// What is shown there.
        session: Credentials,
        /// Held until the socket is connected or refused, which bounds how many connect at once.
        permit: OwnedSemaphorePermit,
    },
    /// Judge by these pushes, which have settled, as far as is certain.
    Settle(Arc<Streams>),
    /// Judge what has come by now, and give it all.
    Finish {
        /// All pushes that have not settled yet, by stream.
        streams: Arc<Streams>,
        /// Where to.
        reply: oneshot::Sender<Finished>,
    },
}

/// What all sockets of a shard are to do from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Connect, and stay.
    Hold,
    /// Pushing goes on: those that churn leave and come back, those that ask emit.
    Pushing {
        /// When pushing began.
        since: Time,
    },
    /// Nobody leaves any more, and whoever is away comes back.
    Stay,
    /// The run is over.
    Leave,
}

/// What a shard tells.
#[derive(Debug, Serialize, Deserialize)]
pub enum Note {
    /// CONNECT was accepted.
    Connected {
        /// From the first byte to the answer to CONNECT.
        took: Duration,
        /// Whether the socket was connected before.
        again: bool,
        /// Whether the target says that it goes on where the last connection ended.
        recovered: bool,
    },
    /// A socket did not get connected, and does not try again.
    Refused {
        /// Why.
        why: String,
        /// What this machine ran out of, if that is why.
        shortage: Option<String>,
    },
    /// A socket left because the scenario says so, and will come back.
    Away,
    /// A socket has stopped reading because the scenario says so, and stays so.
    Stuck,
    /// A connection ended without our doing, or for what the scenario has it neglect.
    Dropped {
        /// Why.
        leave: Leave,
        /// The cause in the words of whoever knows it; may be empty.
        detail: String,
        /// Whether the socket tries to come back.
        returns: bool,
    },
    /// A socket could not come back.
    NotBack {
        /// Why.
        why: String,
        /// What this machine ran out of, if that is why.
        shortage: Option<String>,
        /// Whether it tries no more.
        gives_up: bool,
    },
    /// A user whose session was no longer taken has asked for a new one.
    LoggedIn {
        /// From the first request to the answer that lets the user in; `None`: it failed.
        took: Option<Duration>,
        /// The requests.
        tried: Tried,
    },
    /// A socket that the target has to refuse was not connected.
    TurnedAway {
        /// The target said no; else it could not be tried.
        is_refusal: bool,
        /// Why.
        why: String,
        /// What this machine ran out of, if that is why.
        shortage: Option<String>,
    },
    /// A socket that the target has to refuse was let in.
    LetIn,
    /// A connection has moved from long-polling to a WebSocket.
    Upgraded,
    /// A connection that should have stays on long-polling.
    NotUpgraded {
        /// Why.
        why: String,
    },
    /// A second has passed.
    Passed(Box<Passed>),
}

/// A running shard.
pub struct Shard {
    /// Takes its commands.
    pub commands: mpsc::Sender<Command>,
    /// How late it is.
    pub beats: Arc<Beats>,
    orders: watch::Sender<Order>,
    thread: JoinHandle<()>,
}

/// What a shard needs to begin.
pub struct Setup {
    /// Which shard, for the thread's name.
    pub index: usize,
    /// The plan.
    pub plan: Arc<Plan>,
    /// Judges its sockets, and keeps the journal of what happens at them.
    pub judge: Recorder,
    /// The target.
    pub places: Arc<[Place]>,
    /// How long the answer to a login may take.
    pub answer_timeout: Duration,
    /// How long a socket may take to be connected.
    pub connect_timeout: Duration,
    /// The run's clock.
    pub clock: Clock,
    /// Where its notes go.
    pub notes: mpsc::Sender<Note>,
    /// How many of its sockets begin on long-polling.
    pub polling: usize,
    /// When logins may be asked for.
    pub logins: Arc<Rate>,
    /// What is left out of latencies.
    pub warm_up: Option<WarmUp>,
    /// Which sockets are there.
    pub there: Arc<There>,
    /// Who waits for arrivals, in a closed loop.
    pub awaited: Option<Arc<Awaited>>,
    /// Whose turn it is to emit; `None`: nobody does.
    pub askers: Option<Arc<Askers>>,
    /// Those that ask for pushes; `None`: nobody does.
    pub senders: Option<Senders>,
}

impl Shard {
    /// Starts a shard's thread.
    pub fn start(mut setup: Setup) -> std::io::Result<Self> {
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let (orders, heard) = watch::channel(Order::Hold);
        let beats = Arc::new(Beats::new(setup.clock));
        let parks = Arc::new(Parks::default());
        let (hook, clock) = (Arc::clone(&parks), setup.clock);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            // Both belong to the stamps of arrivals: see `pulse`.
            .on_thread_park(move || hook.park(clock.now()))
            .max_io_events_per_tick(FILES + FILES_POLLING * setup.polling)
            .build()?;
        let base = {
            let _runtime = runtime.enter();
            engine::Base::new()?
        };
        let nodes = Nodes::new(
            &setup.plan,
            &setup.places,
            setup.answer_timeout,
            setup.connect_timeout,
        )
        .map_err(std::io::Error::other)?;
        let beating = Arc::clone(&beats);
        let letters = setup.senders.as_mut().map(|senders| {
            let none = mpsc::channel(1).1;
            std::mem::replace(&mut senders.letters, none)
        });
        let same_again = orders.clone();
        let thread = std::thread::Builder::new()
            .name(format!("shard-{}", setup.index))
            .spawn(move || {
                let local = LocalSet::new();
                let shared = Rc::new(Shared::new(
                    setup,
                    nodes,
                    heard.clone(),
                    same_again,
                    parks,
                    base,
                ));
                local.block_on(&runtime, serve(shared, (inbox, letters), heard, beating));
            })?;
        Ok(Self {
            commands,
            beats,
            orders,
            thread,
        })
    }

    /// Tells all sockets what to do from now on.
    pub fn order(&self, order: Order) {
        self.orders.send_replace(order);
    }

    /// Closes the shard's sockets and waits for its thread to end.
    pub fn stop(self) {
        self.order(Order::Leave);
        drop(self.commands);
        self.thread.join().ok();
    }
}

/// A judging that was asked for.
struct Finishing {
    /// When.
    since: Time,
    streams: Arc<Streams>,
    reply: oneshot::Sender<Finished>,
    /// Everything that had come by then was read or not, and who is silent was asked for a sign of life.
    asked: Option<Asked>,
}

#[derive(Clone, Copy)]
struct Asked {
    at: Time,
    caught_up: bool,
}

async fn serve(
    shared: Rc<Shared>,
    (mut inbox, mut letters): (mpsc::Receiver<Command>, Option<mpsc::Receiver<Letter>>),
    mut orders: watch::Receiver<Order>,
    beats: Arc<Beats>,
) {
    let watched = Rc::clone(&shared);
    let beating = tokio::task::spawn_local(async move {
        beats.run(|by| watched.late(by)).await;
    });
    let (holding, heard) = (Rc::clone(&shared), orders.clone());
    let mut engine = tokio::task::spawn_local(async move {
        let over = |held, ended| way::over(&holding, held, ended);
        holding.engine.serve(heard, over).await;
    });
    let mut finishing: Option<Finishing> = None;
    let mut sessions = Sessions::new(shared.plan.sockets_per_user);
    let mut second = second_of(shared.clock.now());
    loop {
        let turn = Time::ZERO + WINDOW * (second as u32 + 1);
        tokio::select! {
            command = inbox.recv() => match command {
                Some(Command::Open { socket, user, app, session, permit }) => {
                    let session = sessions.of(user, &session);
                    let member = Member { socket, user, app, session, recovery: None };
                    shared.spawn(way::come(Rc::clone(&shared), member, permit));
                }
                Some(Command::Settle(streams)) => shared.settle(&streams),
                Some(Command::Finish { streams, reply }) => {
                    let since = shared.clock.now();
                    finishing = Some(Finishing { since, streams, reply, asked: None });
                }
                None => break,
            },
            Some(letter) = next(&mut letters) => shared.deliver(letter),
            () = tokio::time::sleep_until(shared.clock.instant(turn)) => {
                shared.turn(second).await;
                second += 1;
            }
            Some(()) = shared.joined() => {}
            ended = &mut engine => failed(ended),
            _ = orders.wait_for(|order| *order == Order::Leave) => break,
            () = tokio::time::sleep(LOOK), if finishing.is_some() => {}
        }
        finishing = finishing.and_then(|asked| judge(&shared, asked));
    }
    shared.close();
    // Who was about to be held may be so before the orders are heard.
    while shared.joined().await.is_some() {}
    tokio::select! {
        () = shared.engine.emptied() => {}
        ended = &mut engine => failed(ended),
    }
    for task in [beating, engine] {
        task.abort();
        task.await.ok();
    }
}

/// The next that a lane has a socket emit; `None`: there will be none, or no lane does.
async fn next(letters: &mut Option<mpsc::Receiver<Letter>>) -> Option<Letter> {
    letters.as_mut()?.recv().await
}

/// Without its engine a shard knows nothing more: its thread ends as the engine did.
fn failed(ended: Result<(), JoinError>) {
    match ended.map_err(JoinError::try_into_panic) {
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        _ => panic!("the engine of a shard has ended"),
    }
}

/// Judges once everything that had arrived when that was asked for has been read, and everybody who then lacks something has given a sign
/// of life, or that takes too long.
fn judge(shared: &Shared, mut finishing: Finishing) -> Option<Finishing> {
    let now = shared.clock.now();
    if finishing.asked.is_none() {
        let caught_up = shared.parks.not_before() >= finishing.since;
        if caught_up || now >= finishing.since + CATCH_UP {
            shared.ask_silent(&finishing.streams, now);
            finishing.asked = Some(Asked { at: now, caught_up });
        }
    }
    let Some(asked) = finishing.asked else {
        return Some(finishing);
    };
    if !shared.all_answered(asked.at) && now < asked.at + ANSWER {
        return Some(finishing);
    }
    if let Some(finished) = shared.finish(&finishing.streams, asked.caught_up) {
        finishing.reply.send(finished).ok();
    }
    None
}

/// Which second of the run.
pub fn second_of(at: Time) -> u64 {
    at.as_nanos() / WINDOW.as_nanos() as u64
}
