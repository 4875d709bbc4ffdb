//! One run in virtual time: clients, lanes and shards as the harness has them, a network, and the model server.
//!
//! Everything that happens is an event with a time; the run is the order of the events, which is a function of the seed. The
//! generator may be away for a while (stopped, or starved): what comes meanwhile waits in its buffers.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use pushproof::history::{Leave, Outcome};
use pushproof::ids::{Lane, PushId};
use pushproof::protocol::session::Session;
use pushproof::time::Time;
use pushproof::verify::{
    Counts, Judge, LaneWriter, Ledger, Ordering, Rules, Slot, Streams, Tagger,
};

use crate::payloads::Payloads;
use crate::rand::Rand;
use crate::server::{Asked, Fault, Frame, Peer};

pub(crate) const MS: u64 = 1_000_000;
/// A shard that has nothing to do looks around this often.
pub(crate) const TICK: u64 = 20 * MS;
pub(crate) const APPS: u32 = 2;
pub(crate) const EVENTS: [&str; 2] = ["alert", "news"];

/// What a run is like.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // each is one thing that may happen or not
pub(crate) struct Setup {
    pub(crate) seed: u64,
    pub(crate) fault: Option<Fault>,
    pub(crate) users: u32,
    pub(crate) sockets_per_user: u32,
    pub(crate) shards: usize,
    pub(crate) lanes: u32,
    pub(crate) pushes_per_lane: u32,
    pub(crate) deadline: Duration,
    pub(crate) settle: Duration,
    /// How many intervals a ping may stay unanswered, and how long the client waits for one that is due.
    pub(crate) pings_owed: u32,
    pub(crate) ping_timeout: u64,
    pub(crate) ordering: Ordering,
    /// Sockets leave and come back.
    pub(crate) churn: bool,
    /// Connections die, the server kicks and restarts.
    pub(crate) deaths: bool,
    /// The generator is away now and then.
    pub(crate) stalls: bool,
    pub(crate) refusals: bool,
    pub(crate) unknowns: bool,
    /// The server answers before it has delivered.
    pub(crate) delivers_later: bool,
}

impl Setup {
    pub(crate) fn draw(seed: u64, fault: Option<Fault>) -> Self {
        let mut rand = Rand::new(seed);
        // To be overtaken for certain a push has to wait longer than a deadline that is short.
        let patient = fault == Some(Fault::Reorder);
        let stuck = fault == Some(Fault::Delay);
        Self {
            seed,
            fault,
            users: rand.between(2, 5) as u32,
            sockets_per_user: rand.between(1, 2) as u32,
            shards: rand.between(1, 2) as usize,
            lanes: rand.between(1, 4) as u32,
            pushes_per_lane: rand.between(5, 25) as u32,
            deadline: Duration::from_millis(if patient { 20_000 } else { 300 }),
            settle: Duration::from_millis(match (patient, stuck) {
                (true, _) => 20_000,
                (_, true) => 3_000,
                _ => 500,
            }),
            // Who is stuck shall not die of it.
            pings_owed: if stuck { 10 } else { 1 },
            ping_timeout: if stuck { 5_000 } else { 300 },
            ordering: if patient {
                Ordering::Realtime
            } else {
                [Ordering::Realtime, Ordering::Realtime, Ordering::Lane][rand.below(3) as usize]
            },
            churn: rand.one_in(2),
            deaths: rand.one_in(2),
            // And the generator has to have read the answer before it sends the push that overtakes.
            stalls: rand.one_in(2) && !patient,
            refusals: rand.one_in(2),
            unknowns: rand.one_in(2),
            delivers_later: rand.one_in(2),
        }
    }

    /// Whether the generator is never away.
    pub(crate) fn is_attentive(&self) -> bool {
        !self.stalls
    }
}

#[derive(Debug)]
pub(crate) enum Event {
    /// A socket sets out to connect.
    Come(usize),
    /// A connection is there.
    Opened(usize),
    ToServer(usize, FromClient),
    ToClient(usize, Frame),
    /// A shard reads what there is.
    Round(usize),
    /// A shard wakes up though nothing has come.
    Tick(usize),
    /// A session's time may be up.
    Timer(usize),
    /// A lane may send its next push.
    Lane(u32),
    Request(Asked),
    FanOut(Asked, bool),
    Answer(PushId, Outcome),
    AnswerTimeout(PushId),
    Ping(usize),
    /// The generator is away for so long.
    Stall(u64),
    /// Something happens to some connection.
    Trouble,
    /// A socket leaves on purpose.
    Churn,
}

#[derive(Debug)]
pub(crate) enum FromClient {
    Text(String),
    Gone,
}

/// The client's end of a connection.
pub(crate) struct Client {
    pub(crate) socket: usize,
    pub(crate) session: Session,
    pub(crate) slot: Slot,
    pub(crate) open: bool,
    pub(crate) connected: Option<Time>,
    /// Certainly connected until.
    pub(crate) after: Option<Time>,
    /// The connection was there then: what was read last came no earlier.
    pub(crate) heard: Time,
    /// What has come to the machine, with when.
    pub(crate) inbox: VecDeque<(u64, Frame)>,
    pub(crate) timer: u64,
    /// When the latest frame each way arrives: frames do not overtake each other.
    pub(crate) next_in: u64,
    pub(crate) next_out: u64,
    /// Nothing gets through any more, and nobody says so.
    pub(crate) dead: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Shard {
    /// When it last had nothing to do, and when before that.
    pub(crate) parked: u64,
    pub(crate) parked_before: u64,
    /// It will look at its connections at this time.
    pub(crate) round_at: Option<u64>,
}

pub(crate) struct Sender {
    pub(crate) writer: LaneWriter,
    pub(crate) left: u32,
    pub(crate) waiting: Option<PushId>,
}

/// What a run came to.
pub(crate) struct Told {
    pub(crate) setup: Setup,
    pub(crate) counts: Counts,
    /// Harm that a client has read, by fault.
    pub(crate) read: HashMap<&'static str, u64>,
    /// Expected deliveries that the server dropped.
    pub(crate) dropped: u64,
    /// Deliveries that came to the machine after the deadline.
    pub(crate) came_late: u64,
    /// Those of them that any generator could tell that is not away.
    pub(crate) came_late_for_sure: u64,
    pub(crate) reconnects: u64,
}

pub(crate) struct World {
    pub(crate) setup: Setup,
    pub(crate) rand: Rand,
    pub(crate) now: u64,
    pub(crate) events: BinaryHeap<Reverse<(u64, u64)>>,
    pub(crate) pending: HashMap<u64, Event>,
    pub(crate) next_event: u64,
    pub(crate) away_until: u64,
    pub(crate) clients: Vec<Client>,
    pub(crate) peers: Vec<Peer>,
    pub(crate) shards: Vec<Shard>,
    pub(crate) judges: Vec<Judge>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) source: Arc<Payloads>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) lanes: Vec<Sender>,
    /// The latest connection of each socket.
    pub(crate) current: Vec<Option<usize>>,
    pub(crate) fanned_out: u64,
    pub(crate) lanes_ended_at: Option<u64>,
    pub(crate) stop_at: u64,
    pub(crate) told_read: HashMap<&'static str, u64>,
    pub(crate) dropped: Vec<(PushId, usize)>,
    pub(crate) came_late: u64,
    pub(crate) came_late_for_sure: u64,
    pub(crate) reconnects: u64,
}

impl World {
    pub(crate) fn run(seed: u64, fault: Option<Fault>) -> Told {
        let mut world = Self::new(Setup::draw(seed, fault));
        world.begin();
        world.play();
        world.end()
    }

    fn new(setup: Setup) -> Self {
        let tagger = Tagger::new(setup.seed);
        let ledger = Arc::new(Ledger::new(setup.lanes, setup.pushes_per_lane));
        let rules = Arc::new(Rules {
            triggers: Vec::new(),
            tagger: tagger.clone(),
            events: EVENTS.map(str::to_owned).to_vec(),
            untagged: Vec::new(),
            ordering: setup.ordering,
            deadline: setup.deadline,
            settle: setup.settle,
        });
        let source = Arc::new(Payloads(tagger));
        let judge = || {
            let source = Arc::clone(&source);
            Judge::new(Arc::clone(&rules), Arc::clone(&ledger), source)
        };
        let lane = |n| Sender {
            writer: LaneWriter::new(Arc::clone(&ledger), Lane(n)),
            left: setup.pushes_per_lane,
            waiting: None,
        };
        let sockets = (setup.users * setup.sockets_per_user) as usize;
        let shard = Shard {
            parked: 0,
            parked_before: 0,
            round_at: None,
        };
        Self {
            rand: Rand::new(!setup.seed),
            now: 0,
            events: BinaryHeap::new(),
            pending: HashMap::new(),
            next_event: 0,
            away_until: 0,
            clients: Vec::new(),
            peers: Vec::new(),
            shards: vec![shard; setup.shards],
            judges: (0..setup.shards).map(|_| judge()).collect(),
            lanes: (0..setup.lanes).map(lane).collect(),
            current: vec![None; sockets],
            fanned_out: 0,
            lanes_ended_at: None,
            stop_at: u64::MAX,
            told_read: HashMap::new(),
            dropped: Vec::new(),
            came_late: 0,
            came_late_for_sure: 0,
            reconnects: 0,
            rules,
            source,
            ledger,
            setup,
        }
    }

    fn begin(&mut self) {
        for socket in 0..self.current.len() {
            // Some come while pushes are under way.
            let at = self.rand.between(0, 60) * MS + if self.rand.one_in(5) { 400 * MS } else { 0 };
            self.at(at, Event::Come(socket));
        }
        for shard in 0..self.setup.shards {
            self.at(0, Event::Tick(shard));
        }
        for lane in 0..self.setup.lanes {
            let at = 200 * MS + self.rand.below(20 * MS);
            self.at(at, Event::Lane(lane));
        }
        let sometimes = |world: &mut Self, on: bool, event: fn(&mut Rand) -> Event| {
            if on {
                for _ in 0..world.rand.between(1, 4) {
                    let at = world.rand.between(100, 1_500) * MS;
                    let event = event(&mut world.rand);
                    world.at(at, event);
                }
            }
        };
        let setup = self.setup.clone();
        sometimes(self, setup.churn, |_| Event::Churn);
        sometimes(self, setup.deaths, |_| Event::Trouble);
        sometimes(self, setup.stalls, |rand| {
            Event::Stall(rand.between(1, 1_500) * MS)
        });
    }

    pub(crate) fn at(&mut self, at: u64, event: Event) {
        let n = self.next_event;
        self.next_event += 1;
        self.pending.insert(n, event);
        self.events.push(Reverse((at.max(self.now), n)));
    }

    pub(crate) fn time(&self) -> Time {
        Time::from_nanos(self.now)
    }

    pub(crate) fn latency(&mut self) -> u64 {
        let spike = if self.rand.one_in(40) { 35 * MS } else { 0 };
        self.rand.between(MS / 10, 4 * MS) + spike
    }

    fn play(&mut self) {
        while let Some(Reverse((at, n))) = self.events.pop() {
            if at > self.stop_at {
                self.now = self.stop_at;
                return;
            }
            let Some(event) = self.pending.remove(&n) else {
                continue;
            };
            self.now = at;
            // What the generator does has to wait until it is back; the network and the server go on.
            let ours = matches!(
                event,
                Event::Come(_)
                    | Event::Round(_)
                    | Event::Tick(_)
                    | Event::Timer(_)
                    | Event::Lane(_)
                    | Event::Answer(..)
                    | Event::AnswerTimeout(_)
                    | Event::Churn
            );
            if ours && self.away_until > at {
                let later = self.away_until;
                if let Event::Round(shard) = event {
                    self.shards[shard].round_at = Some(later);
                }
                self.at(later, event);
                continue;
            }
            self.happens(event);
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Come(socket) => self.come(socket),
            Event::Opened(conn) => self.opened(conn),
            Event::ToServer(conn, frame) => self.server_hears(conn, &frame),
            Event::ToClient(conn, frame) => self.reaches_client(conn, frame),
            Event::Round(shard) => self.round(shard),
            Event::Tick(shard) => {
                self.round(shard);
                self.at(self.now + TICK, Event::Tick(shard));
            }
            Event::Timer(conn) => self.timer(conn),
            Event::Lane(lane) => self.send_push(lane),
            Event::Request(asked) => self.request(asked),
            Event::FanOut(asked, accepted) => self.fan_out(&asked, accepted),
            Event::Answer(push, outcome) => self.answered(push, outcome),
            Event::AnswerTimeout(push) => self.answered(push, Outcome::Unknown),
            Event::Ping(conn) => self.ping(conn),
            Event::Stall(length) => self.stall(length),
            Event::Trouble => self.trouble(),
            Event::Churn => self.churn(),
        }
    }

    /// The generator is away; a run that was about to end waits as much longer.
    fn stall(&mut self, length: u64) {
        self.away_until = self.away_until.max(self.now + length);
        if self.stop_at != u64::MAX {
            self.stop_at += length;
        }
    }

    fn end(mut self) -> Told {
        // Before judging, everything that has come is read.
        for shard in 0..self.shards.len() {
            self.round(shard);
        }
        // Whoever lacks something is asked for a sign of life. One that gives none is dead, and had been for nobody knows how long.
        let streams = Streams::of(&self.ledger);
        let now = self.time();
        let silent = self
            .judges
            .iter_mut()
            .enumerate()
            .flat_map(|(shard, judge)| {
                let silent = judge.silent(&streams, now).into_iter();
                silent.map(move |slot| (shard, slot))
            });
        let silent: Vec<_> = silent.collect();
        for conn in 0..self.clients.len() {
            let client = &self.clients[conn];
            let shard = self.shard_of(client.socket);
            if !client.open || !silent.contains(&(shard, client.slot)) {
                continue;
            }
            if client.dead || self.peers[conn].gone {
                self.close(conn, client.heard, Leave::PingTimeout);
            } else {
                let slot = client.slot;
                self.judges[shard].heard(slot, now);
            }
        }
        let mut counts = Counts::default();
        for judge in std::mem::take(&mut self.judges) {
            counts.merge(&judge.finish(&streams).counts);
        }
        let dropped = self
            .dropped
            .iter()
            .filter(|(push, conn)| self.was_expected(*push, *conn))
            .count() as u64;
        Told {
            counts,
            read: self.told_read,
            dropped,
            came_late: self.came_late,
            came_late_for_sure: self.came_late_for_sure,
            reconnects: self.reconnects,
            setup: self.setup,
        }
    }

    fn was_expected(&self, push: PushId, conn: usize) -> bool {
        let (Some(entry), client) = (self.ledger.get(push), &self.clients[conn]) else {
            return false;
        };
        let (Some(accepted), Some(connected)) = (entry.accepted_at(), client.connected) else {
            return false;
        };
        let over = accepted + self.setup.settle;
        connected < entry.push.sent && client.after.is_none_or(|after| over <= after)
    }
}
