//! Random histories: the verifier and the oracle have to agree on every count, however the sockets are spread over judges.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use pushproof::history::{Leave, Left, Outcome, Push};
use pushproof::ids::{AppId, Audience, EventId, Lane, PushId, Seq, SocketId, UserId};
use pushproof::time::Time;
use pushproof::verify::{
    Answer, Class, Counts, Findings, Judge, LaneWriter, Ledger, Ordering, Rules, Settling, Slot,
    Source, Streams, Tag, Tagger,
};

use crate::oracle::{self, History};
use crate::payloads::{BEFORE_TAG, Payloads};

const HISTORIES: u32 = 25_000;
const LANES: usize = 3;
const USERS: u32 = 4;
const APPS: u32 = 2;
const MOST_SOCKETS: usize = 7;
const EVENTS: [&str; 2] = ["alert", "news"];

/// One step of a history. The numbers choose among what there is at that point, so that every list of steps is a history, and a
/// shorter list is a smaller one.
#[derive(Debug, Clone)]
enum Step {
    Pass(u8),
    /// A socket that is away begins a connection.
    Open(u8),
    Connecting(u8),
    /// CONNECT is accepted; the target may say that it goes on where the last connection ended.
    Connect(u8, bool),
    /// A socket that is away for now is back, and goes on.
    GoOn(u8),
    /// A socket that may have gone on does not come back.
    Forsake(u8),
    /// A sign of life, which came so long ago at most.
    Heard(u8, u8),
    Leaving(u8),
    /// The end of a connection that was certainly there until so long ago; the next may go on with it.
    Leave(u8, u8, Leave, bool),
    /// What has settled is judged; the judges of the bits that are set are late.
    Settle(u8),
    Send {
        lane: u8,
        whom: Whom,
        user: u8,
        event: u8,
    },
    Answer {
        lane: u8,
        outcome: Outcome,
    },
    /// The push comes at every connected socket of its audience that does not have it.
    Everywhere(u8),
    /// Something comes at one socket: of the audience, or any.
    Arrive {
        push: u8,
        socket: u8,
        any_socket: bool,
        how: How,
        /// For how long it may have waited to be read.
        waited: u8,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Whom {
    User,
    Everyone,
    UserOfAnotherApp,
    /// A user whom no socket belongs to.
    Absent,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    Clean,
    ReEncoded,
    WrongName,
    OtherPayload,
    NameAndPayload,
    Attached,
    DamagedTag,
    NoTag,
    NeverSent,
}

fn step() -> impl Strategy<Value = Step> {
    let any = || 0..250_u8;
    let outcome = prop_oneof![
        8 => Just(Outcome::Accepted),
        2 => Just(Outcome::Rejected),
        2 => Just(Outcome::Unknown),
    ];
    let whom = prop_oneof![
        6 => Just(Whom::User),
        4 => Just(Whom::Everyone),
        1 => Just(Whom::UserOfAnotherApp),
        1 => Just(Whom::Absent),
    ];
    let how = prop_oneof![
        20 => Just(How::Clean),
        2 => Just(How::ReEncoded),
        2 => Just(How::WrongName),
        2 => Just(How::OtherPayload),
        1 => Just(How::NameAndPayload),
        1 => Just(How::Attached),
        1 => Just(How::DamagedTag),
        1 => Just(How::NoTag),
        1 => Just(How::NeverSent),
    ];
    prop_oneof![
        6 => (0..4_u8).prop_map(Step::Pass),
        2 => any().prop_map(Step::Open),
        1 => any().prop_map(Step::Connecting),
        2 => (any(), prop::bool::weighted(0.7)).prop_map(|(n, goes_on)| Step::Connect(n, goes_on)),
        3 => (any(), 0..4_u8).prop_map(|(n, ago)| Step::Heard(n, ago)),
        1 => any().prop_map(Step::Leaving),
        1 => (any(), 0..6_u8, cause(), prop::bool::weighted(0.6))
            .prop_map(|(n, ago, cause, for_now)| Step::Leave(n, ago, cause, for_now)),
        1 => any().prop_map(Step::Forsake),
        4 => any().prop_map(Step::GoOn),
        6 => (0..8_u8).prop_map(Step::Settle),
        10 => (any(), whom, any(), any()).prop_map(|(lane, whom, user, event)| Step::Send { lane, whom, user, event }),
        10 => (any(), outcome).prop_map(|(lane, outcome)| Step::Answer { lane, outcome }),
        5 => any().prop_map(Step::Everywhere),
        14 => (any(), any(), prop::bool::weighted(0.1), how, 0..8_u8)
            .prop_map(|(push, socket, any_socket, how, waited)| Step::Arrive { push, socket, any_socket, how, waited }),
    ]
}

fn cause() -> impl Strategy<Value = Leave> {
    prop_oneof![
        Just(Leave::Ours),
        Just(Leave::OursAbrupt),
        Just(Leave::ConnectionLost),
        Just(Leave::PingTimeout),
    ]
}

fn ordering() -> impl Strategy<Value = Ordering> {
    prop_oneof![
        1 => Just(Ordering::None),
        3 => Just(Ordering::Lane),
        3 => Just(Ordering::Realtime),
    ]
}

/// The sockets of a history spread over some judges, who judge as it goes or when it ends.
struct Spread {
    ledger: Arc<Ledger>,
    writers: Vec<LaneWriter>,
    judges: Vec<Judge>,
    settling: Option<Settling>,
    /// What a judge has not been given yet.
    late: Vec<(usize, Arc<Streams>)>,
    slots: Vec<(usize, Slot)>,
}

impl Spread {
    fn new(judges: usize, chunk: Option<u32>, rules: &Arc<Rules>, source: &Arc<Payloads>) -> Self {
        let ledger = Ledger::with_chunks(LANES as u32, 1_000, chunk.unwrap_or(1_024));
        let ledger = Arc::new(ledger);
        let judge = || {
            let source = Arc::clone(source);
            Judge::new(Arc::clone(rules), Arc::clone(&ledger), source)
        };
        let lanes = 0..LANES as u32;
        Self {
            judges: (0..judges).map(|_| judge()).collect(),
            writers: lanes
                .map(|lane| LaneWriter::new(Arc::clone(&ledger), Lane(lane)))
                .collect(),
            settling: chunk
                .map(|_| Settling::new(Arc::clone(&ledger), rules.settle, judges as u32)),
            late: Vec::new(),
            slots: Vec::new(),
            ledger,
        }
    }

    fn of(&mut self, connection: usize) -> (&mut Judge, Slot) {
        let (judge, slot) = self.slots[connection];
        (&mut self.judges[judge], slot)
    }

    fn settle(&mut self, now: Time, late: u8) {
        for (judge, streams) in std::mem::take(&mut self.late) {
            self.judges[judge].settle(&streams);
        }
        let step = self
            .settling
            .as_mut()
            .and_then(|settling| settling.step(now));
        for judge in 0..self.judges.len() {
            let Some(streams) = &step else { return };
            if late & 1 << judge == 0 {
                self.judges[judge].settle(streams);
            } else {
                self.late.push((judge, Arc::clone(streams)));
            }
        }
    }

    /// The end of the history: what has not settled.
    fn rest(&mut self) -> Streams {
        for (judge, streams) in std::mem::take(&mut self.late) {
            self.judges[judge].settle(&streams);
        }
        match &mut self.settling {
            Some(settling) => settling.rest(),
            None => Streams::of(&self.ledger),
        }
    }

    /// Which connections are to be asked for a sign of life.
    fn silent(&mut self, rest: &Streams, since: Time) -> Vec<usize> {
        let judges = self.judges.iter_mut().enumerate();
        let silent = judges.flat_map(|(n, judge)| {
            let slots = judge.silent(rest, since);
            assert!(slots.iter().all(|slot| judge.is_silent(*slot, since)));
            slots.into_iter().map(move |slot| (n, slot))
        });
        let silent: Vec<_> = silent.collect();
        let slots = self.slots.iter().enumerate();
        slots
            .filter(|(_, slot)| silent.contains(slot))
            .map(|(connection, _)| connection)
            .collect()
    }

    fn finish(self, rest: &Streams) -> Findings {
        let mut sum = Findings::default();
        for judge in self.judges {
            sum.merge(judge.finish(rest));
        }
        sum
    }
}

/// Plays steps to the judges, and writes them down for the oracle.
struct Play {
    now: Time,
    in_flight: [Option<usize>; LANES],
    tags: Vec<Tag>,
    payloads: Arc<Payloads>,
    spreads: Vec<Spread>,
    history: History,
    /// Before this nothing comes any more, for each connection.
    read: Vec<Time>,
    /// The connection of each socket that the next may go on from.
    for_now: Vec<Option<usize>>,
}

/// How many judges, and for those who judge as it goes the rows of a chunk.
const SPREADS: [(usize, Option<u32>); 4] = [(1, None), (3, None), (1, Some(1)), (3, Some(4))];

impl Play {
    fn new(ordering: Ordering, deadline: u64, settle: u64, users: &[u32]) -> Self {
        let tagger = Tagger::new(5);
        let payloads = Arc::new(Payloads(tagger.clone()));
        let rules = Arc::new(Rules {
            triggers: Vec::new(),
            tagger,
            events: EVENTS.map(str::to_owned).to_vec(),
            untagged: Vec::new(),
            ordering,
            deadline: Duration::from_nanos(deadline),
            settle: Duration::from_nanos(settle),
        });
        let spread = |&(n, chunk): &(usize, _)| Spread::new(n, chunk, &rules, &payloads);
        let mut spreads: Vec<_> = SPREADS.iter().map(spread).collect();
        let app = |user: u32| AppId(user % APPS);
        for (socket, user) in users.iter().enumerate() {
            for spread in &mut spreads {
                let judge = socket % spread.judges.len();
                spread.judges[judge].plan(SocketId(socket as u32), UserId(*user), app(*user));
            }
        }
        let socket = |user: &u32| oracle::Socket {
            user: UserId(*user),
            app: app(*user),
        };
        Self {
            now: Time::from_nanos(1),
            spreads,
            in_flight: [None; LANES],
            tags: Vec::new(),
            history: History {
                ordering,
                deadline: rules.deadline,
                settle: rules.settle,
                sockets: users.iter().map(socket).collect(),
                connections: Vec::new(),
                pushes: Vec::new(),
                arrivals: Vec::new(),
            },
            payloads,
            read: Vec::new(),
            for_now: vec![None; users.len()],
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Pass(time) => self.now = self.now + Duration::from_nanos(time.into()),
            Step::Open(n) => self.open(n.into()),
            Step::Connecting(n) => self.connecting(n.into()),
            Step::Connect(n, goes_on) => self.connect(n.into(), goes_on),
            Step::GoOn(n) => self.go_on(n.into()),
            Step::Forsake(n) => self.forsake(n.into()),
            Step::Heard(n, ago) => self.heard(n.into(), ago),
            Step::Leaving(n) => self.leaving(n.into()),
            Step::Leave(n, ago, cause, for_now) => self.leave(n.into(), ago, cause, for_now),
            Step::Settle(late) => {
                for spread in &mut self.spreads {
                    spread.settle(self.now, late);
                }
            }
            Step::Send {
                lane,
                whom,
                user,
                event,
            } => {
                self.send(
                    usize::from(lane) % LANES,
                    whom,
                    user.into(),
                    usize::from(event) % 2,
                );
            }
            Step::Answer { lane, outcome } => self.answer(lane.into(), outcome),
            Step::Everywhere(push) => self.everywhere(push.into()),
            Step::Arrive {
                push,
                socket,
                any_socket,
                how,
                waited,
            } => {
                self.arrive_somewhere(push.into(), socket.into(), any_socket, how, waited);
            }
        }
    }

    /// A socket has one connection at a time, or one that is leaving and one more.
    fn open(&mut self, n: usize) {
        let away = self.away();
        if !away.is_empty() {
            self.opens(away[n % away.len()]);
        }
    }

    fn away(&self) -> Vec<usize> {
        let away = |socket: &usize| {
            let mut connections = self.history.connections.iter();
            connections.all(|c| c.socket != *socket || c.left.is_some() || c.leaving.is_some())
        };
        (0..self.history.sockets.len()).filter(away).collect()
    }

    fn go_on(&mut self, n: usize) {
        let mut away = self.away();
        away.retain(|socket| self.for_now[*socket].is_some());
        if !away.is_empty() {
            let socket = away[n % away.len()];
            self.opens(socket);
            self.connects(self.history.connections.len() - 1, true);
        }
    }

    fn opens(&mut self, socket: usize) {
        let (user, app) = {
            let socket = &self.history.sockets[socket];
            (socket.user, socket.app)
        };
        for spread in &mut self.spreads {
            let judge = socket % spread.judges.len();
            let slot = spread.judges[judge].open(SocketId(socket as u32), user, app);
            spread.slots.push((judge, slot));
        }
        self.read.push(self.now);
        self.history.connections.push(oracle::Connection {
            socket,
            connecting: None,
            connected: None,
            leaving: None,
            left: None,
            heard: Vec::new(),
            goes_on_from: None,
        });
    }

    fn choose(&self, n: usize, test: impl Fn(&oracle::Connection) -> bool) -> Option<usize> {
        let connections = self.history.connections.iter().enumerate();
        let fit: Vec<_> = connections
            .filter(|(_, c)| c.left.is_none() && test(c))
            .map(|(i, _)| i)
            .collect();
        (!fit.is_empty()).then(|| fit[n % fit.len()])
    }

    /// Tells all judges something of a connection.
    fn tell(&mut self, connection: usize, what: impl Fn(&mut Judge, Slot)) {
        for spread in &mut self.spreads {
            let (judge, slot) = spread.of(connection);
            what(judge, slot);
        }
    }

    fn connecting(&mut self, n: usize) {
        let asks = |c: &oracle::Connection| c.connecting.is_none() && c.connected.is_none();
        if let Some(connection) = self.choose(n, asks) {
            let now = self.now;
            self.history.connections[connection].connecting = Some(now);
            self.tell(connection, |judge, slot| judge.connecting(slot, now));
        }
    }

    fn connect(&mut self, n: usize, goes_on: bool) {
        if let Some(connection) = self.choose(n, |c| c.connected.is_none()) {
            self.connects(connection, goes_on);
        }
    }

    fn connects(&mut self, connection: usize, goes_on: bool) {
        let now = self.now;
        let there = &mut self.history.connections[connection];
        there.connected = Some(now);
        let before = self.for_now[there.socket].take();
        if goes_on {
            // Where nobody left for now it is connected as any other.
            there.goes_on_from = before;
            self.tell(connection, |judge, slot| judge.went_on(slot, now));
        } else {
            self.tell(connection, |judge, slot| judge.connected(slot, now));
        }
    }

    fn forsake(&mut self, n: usize) {
        let socket = n % self.for_now.len();
        if n.is_multiple_of(3) {
            self.for_now[socket] = None;
            for spread in &mut self.spreads {
                let judge = socket % spread.judges.len();
                spread.judges[judge].forsaken(SocketId(socket as u32));
            }
        }
    }

    /// What comes now came after this: so long ago, but not before all that had been read already.
    fn not_before(&mut self, connection: usize, waited: u8) -> Time {
        let ago = Time::from_nanos(self.now.as_nanos().saturating_sub(waited.into()));
        let read = &mut self.read[connection];
        *read = ago.max(*read);
        *read
    }

    fn heard(&mut self, n: usize, ago: u8) {
        if let Some(connection) = self.choose(n, |c| c.connected.is_some()) {
            let at = self.not_before(connection, ago);
            self.history.connections[connection].heard.push(at);
            self.tell(connection, |judge, slot| judge.heard(slot, at));
        }
    }

    fn leaving(&mut self, n: usize) {
        let stays = |c: &oracle::Connection| c.connected.is_some() && c.leaving.is_none();
        if let Some(connection) = self.choose(n, stays) {
            let now = self.now;
            self.history.connections[connection].leaving = Some(now);
            self.tell(connection, |judge, slot| judge.leaving(slot, now));
        }
    }

    fn leave(&mut self, n: usize, ago: u8, cause: Leave, for_now: bool) {
        if let Some(connection) = self.choose(n, |_| true) {
            let left = Left {
                after: Time::from_nanos(self.now.as_nanos().saturating_sub(ago.into())),
                by: self.now,
                cause,
            };
            let there = &mut self.history.connections[connection];
            there.left = Some(left);
            // Who said goodbye has nothing to go on with.
            if for_now && there.connected.is_some() && there.leaving.is_none() {
                self.for_now[there.socket] = Some(connection);
                self.tell(connection, |judge, slot| judge.left_for_now(slot, left));
            } else {
                self.tell(connection, |judge, slot| judge.left(slot, left));
            }
        }
    }

    fn send(&mut self, lane: usize, whom: Whom, user: u32, event: usize) {
        if self.in_flight[lane].is_some() {
            return;
        }
        let user = user % USERS;
        let (audience, app) = match whom {
            Whom::User => (Audience::User(UserId(user)), user % APPS),
            Whom::Everyone => (Audience::Everyone, user % APPS),
            Whom::UserOfAnotherApp => (Audience::User(UserId(user)), (user + 1) % APPS),
            Whom::Absent => (Audience::User(UserId(USERS + user)), user % APPS),
        };
        let app = AppId(app);
        let push = Push {
            intended: self.now,
            sent: self.now,
            app,
            audience,
            event: EventId(event as u32),
            stream_seq: self.spreads[0].writers[lane].next_in_stream(app, audience),
        };
        let ids = self.spreads.iter_mut().map(|s| s.writers[lane].send(&push));
        let id = ids.last().flatten().expect("the ledger has room");
        self.in_flight[lane] = Some(self.tags.len());
        self.tags.push(Tag::of(id, &push));
        self.history.pushes.push(oracle::Push {
            lane,
            app,
            audience,
            event,
            sent: self.now,
            answer: None,
        });
    }

    /// Answers a push that is in flight, in this lane or the next that has one.
    fn answer(&mut self, lane: usize, outcome: Outcome) {
        let mut lanes = (lane..lane + LANES).map(|n| n % LANES);
        let waiting = lanes.find_map(|n| Some((n, self.in_flight[n]?)));
        if let Some((lane, push)) = waiting {
            self.in_flight[lane] = None;
            let answer = Answer {
                outcome,
                at: self.now,
            };
            for spread in &self.spreads {
                spread.writers[lane].answer(self.tags[push].push, answer);
            }
            self.history.pushes[push].answer = Some((outcome, self.now));
        }
    }

    fn audience_of(&self, push: usize) -> impl Fn(&oracle::Connection) -> bool + use<> {
        let push = self.history.pushes[push].clone();
        let sockets = self.history.sockets.clone();
        move |connection| {
            let socket = &sockets[connection.socket];
            socket.app == push.app
                && [Audience::Everyone, Audience::User(socket.user)].contains(&push.audience)
        }
    }

    fn everywhere(&mut self, n: usize) {
        let Some(push) = self.recent(n) else { return };
        let audience = self.audience_of(push);
        for connection in 0..self.history.connections.len() {
            let there = &self.history.connections[connection];
            let has_it = |a: &oracle::Arrival| a.push == Some(push) && a.connection == connection;
            if audience(there)
                && there.connected.is_some()
                && there.left.is_none()
                && !self.history.arrivals.iter().any(has_it)
            {
                self.arrive(push, connection, How::Clean, 0);
            }
        }
    }

    /// Mostly one of the last few pushes, at times one of long ago.
    fn recent(&self, n: usize) -> Option<usize> {
        let pushes = self.tags.len();
        let back = if n >= 200 { n } else { n % 3 };
        (pushes > 0).then(|| pushes - 1 - back % pushes)
    }

    fn arrive_somewhere(&mut self, push: usize, n: usize, anywhere: bool, how: How, waited: u8) {
        let Some(push) = self.recent(push) else {
            return;
        };
        let connection = if anywhere {
            self.choose(n, |_| true)
        } else {
            self.choose(n, self.audience_of(push))
        };
        if let Some(connection) = connection {
            // Mostly it is read as it comes.
            self.arrive(push, connection, how, waited.saturating_sub(4));
        }
    }

    fn arrive(&mut self, push: usize, connection: usize, how: How, waited: u8) {
        let tag = self.tags[push];
        let sent = self.payloads.payload(&tag);
        let payload = match how {
            How::Clean | How::WrongName | How::Attached => sent,
            How::ReEncoded => {
                let tag = &sent[BEFORE_TAG.len()..sent.len() - 2];
                format!("{{ \"pp\":\"{tag}\", \"n\":1.0 }}")
            }
            How::OtherPayload | How::NameAndPayload => sent.replace("\"n\":1", "\"n\":2"),
            How::DamagedTag => {
                let other = if &sent[30..31] == "Q" { "R" } else { "Q" };
                format!("{}{other}{}", &sent[..30], &sent[31..])
            }
            How::NoTag => "{\"n\":1}".to_owned(),
            How::NeverSent => {
                let seq = Seq(tag.push.seq.0 + 100);
                let push = PushId { seq, ..tag.push };
                self.payloads.payload(&Tag { push, ..tag })
            }
        };
        let right_name = !matches!(how, How::WrongName | How::NameAndPayload);
        let before_connect = self.history.connections[connection].connected.is_none();
        let not_before = self.not_before(connection, waited);
        let named = self.history.pushes[push].event + usize::from(!right_name);
        let arrival = pushproof::verify::Arrival {
            not_before,
            at: self.now,
            event: EVENTS[named % 2],
            payload: &payload,
            premature: before_connect,
        };
        self.tell(connection, |judge, slot| {
            if how == How::Attached {
                judge.arrived_binary(slot, arrival, &[b"bytes"]);
            } else {
                judge.arrived(slot, arrival);
            }
        });
        let cannot_be_told = matches!(how, How::DamagedTag | How::NoTag | How::NeverSent);
        self.history.arrivals.push(oracle::Arrival {
            not_before,
            at: self.now,
            connection,
            push: (!cannot_be_told).then_some(push),
            right_name,
            right_payload: matches!(how, How::Clean | How::ReEncoded | How::WrongName),
            before_connect,
        });
    }

    /// The history ends: what has not settled, spread by spread. `ask`: who lacks something and has not been heard of since it was over
    /// is asked for a sign of life, does not answer, and is given up.
    fn end(&mut self, ask: bool) -> Result<Vec<Streams>, TestCaseError> {
        let rests: Vec<_> = self.spreads.iter_mut().map(Spread::rest).collect();
        if !ask {
            return Ok(rests);
        }
        let (lacking, unsure) = self.history.lacking();
        let since = self.now + Duration::from_nanos(1);
        for (spread, rest) in self.spreads.iter_mut().zip(&rests) {
            let silent = spread.silent(rest, since);
            let all_named = unsure.iter().all(|n| silent.contains(n));
            let none_else = silent.iter().all(|n| lacking.contains(n));
            prop_assert!(
                all_named && none_else,
                "{silent:?}, {unsure:?} of {lacking:?}: {:#?}",
                self.history
            );
        }
        for connection in unsure {
            let left = Left {
                after: Time::ZERO,
                by: since,
                cause: Leave::PingTimeout,
            };
            self.history.connections[connection].left = Some(left);
            self.tell(connection, |judge, slot| judge.left(slot, left));
        }
        Ok(rests)
    }

    /// What the judges found, spread by spread.
    fn found(&mut self, rests: &[Streams]) -> Vec<Findings> {
        let spreads = std::mem::take(&mut self.spreads).into_iter();
        let judged = spreads.zip(rests);
        judged.map(|(spread, rest)| spread.finish(rest)).collect()
    }
}

fn plain(counts: &Counts) -> oracle::Counts {
    let account = [
        counts.pairs,
        counts.came,
        counts.missed_at_death,
        counts.missed_at_churn,
        counts.away,
    ];
    oracle::Counts {
        expected: counts.expected,
        delivered: counts.delivered,
        allowed: counts.allowed,
        held_up: counts.held_up,
        recovered: counts.recovered,
        account,
        violations: Class::ALL.map(|class| counts.of(class)),
    }
}

/// Every violation has its example, unless more were seen than are kept: what is taken back when a push turns out to be refused makes
/// room that is not filled again.
fn examples_fit(findings: &Findings, history: &History) -> bool {
    let is_refused = |push: usize| {
        let answer = history.pushes[push].answer;
        answer.is_some_and(|(outcome, _)| outcome == Outcome::Rejected)
    };
    let arrivals = history.arrivals.iter();
    let refused = arrivals.filter(|a| a.push.is_some_and(is_refused)).count();
    let most = pushproof::verify::EXAMPLES_PER_CLASS;
    Class::ALL.iter().all(|class| {
        let examples = findings.examples().iter();
        let examples = examples.filter(|e| e.class == *class).count();
        let n = findings.counts.of(*class) as usize;
        // A duplicate may have become a phantom.
        let seen = n.max(findings.counts.of(Class::Duplicated) as usize) + refused;
        examples <= n.min(most) && (examples == n || seen > most)
    })
}

/// Every pair is in exactly one account. A socket that opens its next connection before it leaves the last could be missing a push twice.
fn accounts_balance(counts: &Counts) -> bool {
    let missed = counts.missed_at_death + counts.missed_at_churn;
    counts.pairs == counts.came + counts.of(Class::Lost) + missed + counts.away
}

#[test]
fn judges_and_oracle_agree() {
    let begun = Instant::now();
    let config = Config {
        cases: HISTORIES,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/verify/random.proptest-regressions",
        ))),
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let histories = (
        ordering(),
        0..8_u64,
        0..8_u64,
        prop::collection::vec(0..USERS, 1..=MOST_SOCKETS),
        0..=MOST_SOCKETS,
        prop::collection::vec(step(), 0..90),
        any::<bool>(),
    );
    let seen = RefCell::new(Seen::default());
    let result = TestRunner::new(config).run(
        &histories,
        |(ordering, deadline, more, users, there, steps, ask)| {
            let mut play = Play::new(ordering, deadline, deadline + more, &users);
            for _ in 0..there {
                play.open(0);
                play.connect(0, false);
            }
            play.now = play.now + Duration::from_nanos(1);
            for step in &steps {
                play.step(step);
            }
            let rests = play.end(ask)?;
            let told = play.history.counts();
            for (n, findings) in play.found(&rests).iter().enumerate() {
                let spread = SPREADS[n];
                let counts = &findings.counts;
                prop_assert_eq!(plain(counts), told, "{:?}: {:#?}", spread, play.history);
                prop_assert!(accounts_balance(counts), "{:?}: {:?}", spread, counts);
                prop_assert!(
                    examples_fit(findings, &play.history),
                    "{:?}: {:#?}",
                    spread,
                    findings
                );
            }
            seen.borrow_mut().add(&told);
            Ok(())
        },
    );
    if let Err(error) = result {
        panic!("{error}");
    }
    let seen = seen.into_inner();
    println!("{seen:?} in {:?}", begun.elapsed());
    seen.is_varied();
}

/// In how many histories each count was not zero: agreement on nothing proves nothing.
#[derive(Debug, Default)]
struct Seen {
    histories: u64,
    clean: u64,
    expected: u64,
    delivered: u64,
    allowed: u64,
    held_up: u64,
    recovered: u64,
    account: [u64; 5],
    violations: [u64; 9],
}

impl Seen {
    fn add(&mut self, counts: &oracle::Counts) {
        self.histories += 1;
        self.clean += u64::from(counts.violations == [0; 9] && counts.delivered > 0);
        self.expected += u64::from(counts.expected > 0);
        self.delivered += u64::from(counts.delivered > 0);
        self.allowed += u64::from(counts.allowed > 0);
        self.held_up += u64::from(counts.held_up > 0);
        self.recovered += u64::from(counts.recovered > 0);
        for (sum, n) in self.account.iter_mut().zip(counts.account) {
            *sum += u64::from(n > 0);
        }
        for (sum, n) in self.violations.iter_mut().zip(counts.violations) {
            *sum += u64::from(n > 0);
        }
    }

    fn is_varied(&self) {
        let share = |n: u64| n as f64 / self.histories as f64;
        assert!(share(self.clean) > 0.005, "{self:?}");
        assert!(share(self.expected) > 0.25, "{self:?}");
        assert!(share(self.delivered) > 0.3, "{self:?}");
        assert!(share(self.allowed) > 0.3, "{self:?}");
        assert!(share(self.held_up) > 0.01, "{self:?}");
        assert!(share(self.recovered) > 0.01, "{self:?}");
        for n in self.violations.into_iter().chain(self.account) {
            assert!(share(n) > 0.01, "{self:?}");
        }
    }
}
