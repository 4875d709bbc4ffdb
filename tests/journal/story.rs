//! A made-up run: sockets that come and go, pushes that are answered in every way, deliveries with every harm, told to the recorders that
//! a real run tells.

use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::test_runner::{Config, FileFailurePersistence};
use pushproof::history::{Leave, Left, Outcome, Push};
use pushproof::ids::{Audience, Lane, PushId, Seq, SocketId, UserId};
use pushproof::journal::{
    Header, Journal, LaneRecorder, PushLog, Recorder, Unreadable, Verified, footer, verify,
};
use pushproof::scenario::file::File;
use pushproof::scenario::{Plan, Workload};
use pushproof::summary::{Summary, Target};
use pushproof::time::Time;
use pushproof::verify::{Answer, Arrival, Findings, LaneWriter, Ledger, Settling, Slot};

const SHARDS: usize = 2;
const LANES: u32 = 2;
const MILLI: u64 = 1_000_000;

/// Numbers that a seed decides.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }
}

/// A file in memory that the test keeps a hand on.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What the made-up target does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manners {
    pub(crate) seed: u64,
    pub(crate) pushes: u32,
    /// One delivery in so many is harmed; 0: none.
    pub(crate) harmed: u64,
    /// Whether sockets come and go, and pushes are refused or left unanswered.
    pub(crate) churn: bool,
}

/// A run that is over.
pub(crate) struct Story {
    pub(crate) bytes: Vec<u8>,
    pub(crate) said: Summary,
}

/// So many cases; those that failed once are tried first.
pub(crate) fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/journal/story.proptest-regressions",
        ))),
        ..Config::default()
    }
}

/// Judges bytes.
pub(crate) fn judged(bytes: &[u8]) -> Result<Verified, Unreadable> {
    verify(&mut Cursor::new(bytes))
}

enum Happens {
    Send,
    Answer(PushId, Answer),
    Arrive {
        socket: usize,
        event: String,
        payload: String,
        way: Came,
        /// When it was read, if it is judged only a while later.
        read: Option<Time>,
    },
    Leave(usize),
    Return(usize),
    Turn,
}

#[derive(Clone, Copy)]
enum Came {
    Plain,
    Premature,
    Stray,
    Attached,
}

struct Held {
    shard: usize,
    slot: Slot,
    connected: bool,
    /// What it is missing while it is away and may go on; `None`: nobody keeps that.
    missed: Option<Vec<(String, String)>>,
}

struct Run {
    random: Random,
    manners: Manners,
    plan: Plan,
    workload: Arc<Workload>,
    shards: Vec<Recorder>,
    lanes: Vec<LaneRecorder>,
    log: PushLog,
    settling: Settling,
    sockets: Vec<Held>,
    /// What is still to happen, by time.
    ahead: std::collections::BTreeMap<(u64, u64), Happens>,
    told: u64,
    sent: u32,
}

pub(crate) fn plan(manners: Manners) -> Plan {
    let text = format!(
        "seed = {}\n[users]\ncount = 6\n[pushes]\nrate = \"{}/s\"\nlanes = {LANES}\nduration = \"1s\"\nbroadcast = 0.4\n[verify]\ndeadline = \"20ms\"\nsettle = \"30ms\"\n",
        manners.seed % 1_000,
        manners.pushes
    );
    Plan::from_file(&File::parse(&text).unwrap(), 1).unwrap()
}

/// Lives the run through.
pub(crate) fn live(manners: Manners) -> Story {
    let plan = plan(manners);
    let target = Target {
        url: "http://127.0.0.1:1".to_owned(),
        nodes: Vec::new(),
        embedded: false,
    };
    let memory = Memory::default();
    let journal = Journal::start(memory.clone()).unwrap();
    let pen = journal.pen();
    let header = Header {
        pushproof: "0.0.0".to_owned(),
        scenario: "made up".to_owned(),
        plan: plan.clone(),
        target: target.clone(),
        started_at_unix_ms: 7,
        shards: SHARDS as u16,
    };
    pen.header(&header.to_json());
    let workload = Arc::new(Workload::new(&plan));
    let ledger = Arc::new(Ledger::new(plan.lanes, plan.pushes_per_lane()));
    let rules = Arc::new(workload.rules(&plan));
    let recorder = |shard| {
        let (rules, ledger) = (Arc::clone(&rules), Arc::clone(&ledger));
        let log = pen.sockets(shard as u16);
        Recorder::new(rules, ledger, Arc::clone(&workload) as _, Some(log))
    };
    let log = PushLog::new(pen.pushes());
    let lane = |lane| {
        let writer = LaneWriter::new(Arc::clone(&ledger), Lane(lane));
        LaneRecorder::new(writer, Some(log.clone()))
    };
    let mut run = Run {
        random: Random::new(manners.seed),
        manners,
        shards: (0..SHARDS).map(recorder).collect(),
        lanes: (0..LANES).map(lane).collect(),
        log,
        settling: Settling::new(Arc::clone(&ledger), plan.settle, SHARDS as u32),
        sockets: Vec::new(),
        ahead: std::collections::BTreeMap::new(),
        told: 0,
        sent: 0,
        plan: plan.clone(),
        workload: Arc::clone(&workload),
    };
    for user in (0..plan.users).map(UserId) {
        let shard = &mut run.shards[user.index() % SHARDS];
        shard.plan(SocketId(user.0), user, plan.app_of(user));
    }
    for user in 0..plan.users {
        let held = run.open(user as usize, MILLI, false);
        run.sockets.push(held);
    }
    run.at(10 * MILLI, Happens::Send);
    run.at(15 * MILLI, Happens::Turn);
    let mut now = 0;
    while let Some(((at, _), happens)) = run.ahead.pop_first() {
        now = at;
        run.happens(Time::from_nanos(at), happens);
    }
    let end = Time::from_nanos(now) + plan.settle + Duration::from_millis(100);
    run.log.end(end);
    let rest = run.settling.rest();
    let mut findings = Findings::default();
    for shard in run.shards {
        findings.merge(shard.finish(&rest, end));
    }
    let mut said = Summary::empty("made up".to_owned(), plan, target, 7);
    said.findings = findings;
    said.sockets.connected = u64::from(said.plan.users);
    journal.close(&footer(&said)).unwrap();
    Story {
        bytes: memory.bytes(),
        said,
    }
}

impl Run {
    fn at(&mut self, nanos: u64, happens: Happens) {
        self.told += 1;
        self.ahead.insert((nanos, self.told), happens);
    }

    fn open(&mut self, socket: usize, nanos: u64, goes_on: bool) -> Held {
        let user = UserId(socket as u32);
        let shard = socket % SHARDS;
        let judge = &mut self.shards[shard];
        let slot = judge.open(SocketId(socket as u32), user, self.plan.app_of(user));
        judge.connecting(slot, Time::from_nanos(nanos));
        let at = Time::from_nanos(nanos + 1_000);
        if goes_on {
            judge.went_on(slot, at);
        } else {
            judge.connected(slot, at);
        }
        Held {
            shard,
            slot,
            connected: true,
            missed: None,
        }
    }

    fn happens(&mut self, now: Time, happens: Happens) {
        match happens {
            Happens::Send => self.send(now),
            Happens::Answer(id, answer) => self.lanes[id.lane.index()].answer(id, answer),
            Happens::Arrive {
                socket,
                event,
                payload,
                way,
                read,
            } => self.arrive(read.unwrap_or(now), socket, &event, &payload, way),
            Happens::Leave(socket) => {
                let held = &mut self.sockets[socket];
                if std::mem::take(&mut held.connected) {
                    let left = Left {
                        after: Time::ZERO,
                        by: now,
                        cause: Leave::ConnectionLost,
                    };
                    let goes_on = self.random.below(2) == 0;
                    if goes_on {
                        held.missed = Some(Vec::new());
                        self.shards[held.shard].left_for_now(held.slot, left);
                    } else {
                        self.shards[held.shard].left(held.slot, left);
                    }
                    // Longer than anything takes to be over, at times.
                    let away = [5, 70][self.random.below(2) as usize];
                    let back = now.as_nanos() + away * MILLI;
                    self.at(back, Happens::Return(socket));
                }
            }
            Happens::Return(socket) => {
                let missed = self.sockets[socket].missed.take();
                // The target may have forgotten.
                let missed = missed.filter(|_| self.random.below(4) > 0);
                self.sockets[socket] = self.open(socket, now.as_nanos(), missed.is_some());
                let read = Time::from_nanos(now.as_nanos() + 2_000);
                for (event, payload) in missed.into_iter().flatten() {
                    self.arrive(read, socket, &event, &payload, Came::Plain);
                }
            }
            Happens::Turn => {
                if let Some(streams) = self.settling.step(now) {
                    self.log.batch(now);
                    for shard in &mut self.shards {
                        shard.settle(&streams, now);
                    }
                }
                for shard in &mut self.shards {
                    shard.turn(now);
                }
                self.log.turn(now);
                if self.sent < self.manners.pushes {
                    self.at(now.as_nanos() + 15 * MILLI, Happens::Turn);
                }
            }
        }
    }

    /// Sends the next push and decides what becomes of it. A lane is free again by the time it is its turn.
    fn send(&mut self, now: Time) {
        let id = PushId {
            lane: Lane(self.sent % LANES),
            seq: Seq(self.sent / LANES),
        };
        self.sent += 1;
        let Some(spec) = self.workload.spec(id) else {
            return;
        };
        let lane = &mut self.lanes[id.lane.index()];
        let stream_seq = lane.next_in_stream(spec.app, spec.audience);
        let tag = Workload::tag(id, &spec, stream_seq);
        let payload = self.workload.payload(&spec, &tag);
        lane.send(&Push {
            intended: now,
            sent: now,
            app: spec.app,
            audience: spec.audience,
            event: spec.event,
            stream_seq,
        });
        let sent = now.as_nanos();
        let outcome = match self.random.below(12) {
            0 if self.manners.churn => Outcome::Rejected,
            1 if self.manners.churn => Outcome::Unknown,
            _ => Outcome::Accepted,
        };
        let at = sent + MILLI + self.random.below(2 * MILLI);
        let answer = Answer {
            outcome,
            at: Time::from_nanos(at),
        };
        self.at(at, Happens::Answer(id, answer));
        if self.manners.churn && self.random.below(4) == 0 {
            let socket = self.random.below(u64::from(self.plan.users)) as usize;
            let leaves = sent + self.random.below(4 * MILLI);
            self.at(leaves, Happens::Leave(socket));
        }
        if outcome != Outcome::Rejected || self.manners.harmed > 0 {
            for socket in 0..self.plan.users {
                let user = UserId(socket);
                let aimed = match spec.audience {
                    Audience::Everyone => true,
                    Audience::User(one) => one == user,
                };
                if aimed && self.plan.app_of(user) == spec.app {
                    let event = self.plan.events[spec.event.index()].clone();
                    self.deliver(socket as usize, sent, event, payload.clone());
                }
            }
        }
        if self.sent < self.manners.pushes {
            self.at(sent + 4 * MILLI, Happens::Send);
        }
    }

    fn deliver(&mut self, socket: usize, sent: u64, mut event: String, mut payload: String) {
        let mut at = sent + MILLI / 2 + self.random.below(3 * MILLI);
        let mut to = socket;
        let mut way = Came::Plain;
        let harmed = self.manners.harmed > 0 && self.random.below(self.manners.harmed) == 0;
        match if harmed { self.random.below(10) } else { 99 } {
            0 => return,
            1 => {
                let (event, payload) = (event.clone(), payload.clone());
                let again = Happens::Arrive {
                    socket,
                    event,
                    payload,
                    way,
                    read: None,
                };
                self.at(at + 7 * MILLI, again);
            }
            2 => event += "?",
            3 => payload = payload.replace("true", "false").replace('#', "№"),
            4 => to = (socket + 1) % self.plan.users as usize,
            // Past the deadline, and past settling.
            5 => at += [25, 45][self.random.below(2) as usize] * MILLI,
            6 => "{\"nobody\":\"asked\"}".clone_into(&mut payload),
            7 => way = Came::Premature,
            8 => way = Came::Stray,
            9 => way = Came::Attached,
            _ => {}
        }
        // Too large to be kept, now and then; and the same value, written otherwise.
        if harmed && self.random.below(3) == 0 {
            payload += &" ".repeat(70_000);
        }
        // A thread may be held up between reading and judging, and the push be answered meanwhile.
        let behind = [0, self.random.below(2 * MILLI)][self.random.below(2) as usize];
        let arrives = Happens::Arrive {
            socket: to,
            event,
            payload,
            way,
            read: (behind > 0).then_some(Time::from_nanos(at)),
        };
        self.at(at + behind, arrives);
    }

    fn arrive(&mut self, now: Time, socket: usize, event: &str, payload: &str, way: Came) {
        let held = &mut self.sockets[socket];
        if !held.connected {
            if let Some(missed) = &mut held.missed {
                missed.push((event.to_owned(), payload.to_owned()));
            }
            return;
        }
        let arrival = Arrival {
            not_before: Time::from_nanos(now.as_nanos() - self.random.below(2) * 700),
            at: now,
            event,
            payload,
            premature: matches!(way, Came::Premature),
        };
        let judge = &mut self.shards[held.shard];
        match way {
            Came::Plain | Came::Premature => judge.arrived(held.slot, arrival, Some(7)),
            Came::Stray => judge.arrived_elsewhere(held.slot, arrival, None),
            Came::Attached => judge.arrived_binary(held.slot, arrival, None, &[b"attached"]),
        };
    }
}
