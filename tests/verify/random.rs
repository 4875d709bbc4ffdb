//! Random histories: the verifier and the oracle have to agree on every count, however the sockets are spread over judges.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};
use pushproof::history::{Outcome, Push};
use pushproof::ids::{AppId, Audience, EventId, Lane, PushId, Seq, SocketId, UserId};
use pushproof::time::Time;
use pushproof::verify::{
    Answer, Class, Counts, Findings, Judge, LaneWriter, Ledger, Ordering, Rules, Slot, Source,
    Streams, Tag, Tagger,
};

use crate::oracle::{self, History};

const HISTORIES: u32 = 40_000;
const LANES: usize = 3;
const USERS: u32 = 4;
const APPS: u32 = 2;
const MOST_SOCKETS: usize = 7;
const EVENTS: [&str; 2] = ["alert", "news"];
const MOST_JUDGES: usize = 3;

/// One step of a history. The numbers choose among what there is at that point, so that every list of steps is a history, and a
/// shorter list is a smaller one.
#[derive(Debug, Clone)]
enum Step {
    Pass(u8),
    Open(u8),
    Connect(u8),
    Leave(u8),
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
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Whom {
    User,
    Everyone,
    UserOfAnotherApp,
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
        2 => any().prop_map(Step::Connect),
        1 => any().prop_map(Step::Leave),
        10 => (any(), whom, any(), any()).prop_map(|(lane, whom, user, event)| Step::Send { lane, whom, user, event }),
        10 => (any(), outcome).prop_map(|(lane, outcome)| Step::Answer { lane, outcome }),
        5 => any().prop_map(Step::Everywhere),
        12 => (any(), any(), prop::bool::weighted(0.1), how)
            .prop_map(|(push, socket, any_socket, how)| Step::Arrive { push, socket, any_socket, how }),
    ]
}

fn ordering() -> impl Strategy<Value = Ordering> {
    prop_oneof![
        1 => Just(Ordering::None),
        3 => Just(Ordering::Lane),
        3 => Just(Ordering::Realtime),
    ]
}

const BEFORE_TAG: &str = "{\"n\":1,\"pp\":\"";

struct Payloads(Tagger);

impl Source for Payloads {
    fn payload(&self, tag: &Tag) -> String {
        let mut payload = format!("{BEFORE_TAG}{}\"}}", self.0.blank(tag));
        self.0.seal(&mut payload, BEFORE_TAG.len());
        payload
    }
}

/// The sockets of a history spread over some judges.
struct Spread {
    judges: Vec<Judge>,
    slots: Vec<(usize, Slot)>,
}

impl Spread {
    fn of(&mut self, socket: usize) -> (&mut Judge, Slot) {
        let (judge, slot) = self.slots[socket];
        (&mut self.judges[judge], slot)
    }
}

/// Plays steps to the judges, and writes them down for the oracle.
struct Play {
    now: Time,
    ledger: Arc<Ledger>,
    writers: Vec<LaneWriter>,
    in_flight: [Option<usize>; LANES],
    tags: Vec<Tag>,
    payloads: Arc<Payloads>,
    spreads: Vec<Spread>,
    history: History,
}

impl Play {
    fn new(ordering: Ordering, deadline: u64, settle: u64) -> Self {
        let ledger = Arc::new(Ledger::new(LANES as u32, 1));
        let tagger = Tagger::new(5);
        let payloads = Arc::new(Payloads(tagger.clone()));
        let rules = Arc::new(Rules {
            tagger,
            events: EVENTS.map(str::to_owned).to_vec(),
            ordering,
            deadline: Duration::from_nanos(deadline),
            settle: Duration::from_nanos(settle),
        });
        let judge = || {
            let source = Arc::clone(&payloads);
            Judge::new(Arc::clone(&rules), Arc::clone(&ledger), source)
        };
        let spread = |n| Spread {
            judges: (0..n).map(|_| judge()).collect(),
            slots: Vec::new(),
        };
        Self {
            now: Time::from_nanos(1),
            spreads: (1..=MOST_JUDGES).map(spread).collect(),
            writers: (0..LANES as u32)
                .map(|lane| LaneWriter::new(Arc::clone(&ledger), Lane(lane)))
                .collect(),
            in_flight: [None; LANES],
            tags: Vec::new(),
            history: History {
                ordering,
                deadline: rules.deadline,
                settle: rules.settle,
                sockets: Vec::new(),
                pushes: Vec::new(),
                arrivals: Vec::new(),
            },
            payloads,
            ledger,
        }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Pass(time) => self.now = self.now + Duration::from_nanos(time.into()),
            Step::Open(user) => self.open(UserId(u32::from(user) % USERS)),
            Step::Connect(n) => self.connect(n.into()),
            Step::Leave(n) => self.leave(n.into()),
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
            } => {
                self.arrive_somewhere(push.into(), socket.into(), any_socket, how);
            }
        }
    }

    fn open(&mut self, user: UserId) {
        let socket = self.history.sockets.len();
        if socket == MOST_SOCKETS {
            return;
        }
        let app = AppId(user.0 % APPS);
        for spread in &mut self.spreads {
            let judge = socket % spread.judges.len();
            let slot = spread.judges[judge].open(SocketId(socket as u32), user, app);
            spread.slots.push((judge, slot));
        }
        self.history.sockets.push(oracle::Socket {
            user,
            app,
            connected: None,
            left: None,
        });
    }

    fn choose(&self, n: usize, test: impl Fn(&oracle::Socket) -> bool) -> Option<usize> {
        let sockets = self.history.sockets.iter().enumerate();
        let fit: Vec<_> = sockets.filter(|(_, s)| test(s)).map(|(i, _)| i).collect();
        (!fit.is_empty()).then(|| fit[n % fit.len()])
    }

    fn connect(&mut self, n: usize) {
        if let Some(socket) = self.choose(n, |s| s.connected.is_none()) {
            self.history.sockets[socket].connected = Some(self.now);
            for spread in &mut self.spreads {
                let (judge, slot) = spread.of(socket);
                judge.connected(slot, self.now);
            }
        }
    }

    fn leave(&mut self, n: usize) {
        if let Some(socket) = self.choose(n, |s| s.connected.is_some() && s.left.is_none()) {
            self.history.sockets[socket].left = Some(self.now);
            for spread in &mut self.spreads {
                let (judge, slot) = spread.of(socket);
                judge.left(slot, self.now);
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
        };
        let app = AppId(app);
        let push = Push {
            intended: self.now,
            sent: self.now,
            app,
            audience,
            event: EventId(event as u32),
            stream_seq: self.writers[lane].next_in_stream(app, audience),
        };
        let id = self.writers[lane].send(&push).expect("the ledger has room");
        self.in_flight[lane] = Some(self.tags.len());
        self.tags.push(Tag {
            push: id,
            app,
            audience,
            event: push.event,
            stream_seq: push.stream_seq,
            intended: push.intended,
        });
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
            self.writers[lane].answer(self.tags[push].push, answer);
            self.history.pushes[push].answer = Some((outcome, self.now));
        }
    }

    fn audience_of(&self, push: usize) -> impl Fn(&oracle::Socket) -> bool + use<> {
        let push = self.history.pushes[push].clone();
        move |socket| {
            socket.app == push.app
                && socket.left.is_none()
                && [Audience::Everyone, Audience::User(socket.user)].contains(&push.audience)
        }
    }

    fn everywhere(&mut self, n: usize) {
        let Some(push) = self.recent(n) else { return };
        let audience = self.audience_of(push);
        for socket in 0..self.history.sockets.len() {
            let holder = &self.history.sockets[socket];
            let has_it = |a: &oracle::Arrival| a.push == Some(push) && a.socket == socket;
            if audience(holder)
                && holder.connected.is_some()
                && !self.history.arrivals.iter().any(has_it)
            {
                self.arrive(push, socket, How::Clean);
            }
        }
    }

    /// Mostly one of the last few pushes, at times one of long ago.
    fn recent(&self, n: usize) -> Option<usize> {
        let pushes = self.tags.len();
        let back = if n >= 200 { n } else { n % 3 };
        (pushes > 0).then(|| pushes - 1 - back % pushes)
    }

    fn arrive_somewhere(&mut self, push: usize, socket: usize, any_socket: bool, how: How) {
        let Some(push) = self.recent(push) else {
            return;
        };
        let socket = if any_socket {
            self.choose(socket, |_| true)
        } else {
            self.choose(socket, self.audience_of(push))
        };
        if let Some(socket) = socket {
            self.arrive(push, socket, how);
        }
    }

    fn arrive(&mut self, push: usize, socket: usize, how: How) {
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
        let before_connect = self.history.sockets[socket].connected.is_none();
        let named = self.history.pushes[push].event + usize::from(!right_name);
        let arrival = pushproof::verify::Arrival {
            at: self.now,
            event: EVENTS[named % 2],
            payload: &payload,
            premature: before_connect,
        };
        for spread in &mut self.spreads {
            let (judge, slot) = spread.of(socket);
            if how == How::Attached {
                judge.arrived_binary(slot, arrival, &[b"bytes"]);
            } else {
                judge.arrived(slot, arrival);
            }
        }
        let cannot_be_told = matches!(how, How::DamagedTag | How::NoTag | How::NeverSent);
        self.history.arrivals.push(oracle::Arrival {
            at: self.now,
            socket,
            push: (!cannot_be_told).then_some(push),
            right_name,
            right_payload: matches!(how, How::Clean | How::ReEncoded | How::WrongName),
            before_connect,
        });
    }

    /// What the judges found, by how many they were.
    fn found(&mut self) -> Vec<Findings> {
        let streams = Streams::of(&self.ledger);
        let spreads = std::mem::take(&mut self.spreads);
        let findings = spreads.into_iter().map(|spread| {
            let mut sum = Findings::default();
            for judge in spread.judges {
                sum.merge(judge.finish(&streams));
            }
            sum
        });
        findings.collect()
    }
}

fn plain(counts: &Counts) -> oracle::Counts {
    oracle::Counts {
        expected: counts.expected,
        delivered: counts.delivered,
        allowed: counts.allowed,
        violations: Class::ALL.map(|class| counts.of(class)),
    }
}

/// Every violation has its example, unless there are more than are kept.
fn examples_fit(findings: &Findings) -> bool {
    Class::ALL.iter().all(|class| {
        let examples = findings.examples().iter();
        let examples = examples.filter(|e| e.class == *class).count() as u64;
        examples
            == findings
                .counts
                .of(*class)
                .min(pushproof::verify::EXAMPLES_PER_CLASS as u64)
    })
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
        prop::collection::vec(0..USERS, 0..5),
        prop::collection::vec(step(), 0..70),
    );
    let seen = RefCell::new(Seen::default());
    let result =
        TestRunner::new(config).run(&histories, |(ordering, deadline, more, there, steps)| {
            let mut play = Play::new(ordering, deadline, deadline + more);
            for (socket, user) in there.iter().enumerate() {
                play.open(UserId(*user));
                play.connect(socket);
            }
            play.now = play.now + Duration::from_nanos(1);
            for step in &steps {
                play.step(step);
            }
            let told = play.history.counts();
            for (n, findings) in play.found().iter().enumerate() {
                prop_assert_eq!(
                    plain(&findings.counts),
                    told,
                    "with {} judges: {:#?}",
                    n + 1,
                    play.history
                );
                prop_assert!(
                    examples_fit(findings),
                    "with {} judges: {:#?}",
                    n + 1,
                    findings
                );
            }
            seen.borrow_mut().add(&told);
            Ok(())
        });
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
    violations: [u64; 9],
}

impl Seen {
    fn add(&mut self, counts: &oracle::Counts) {
        self.histories += 1;
        self.clean += u64::from(counts.violations == [0; 9] && counts.delivered > 0);
        self.expected += u64::from(counts.expected > 0);
        self.delivered += u64::from(counts.delivered > 0);
        self.allowed += u64::from(counts.allowed > 0);
        for (sum, n) in self.violations.iter_mut().zip(counts.violations) {
            *sum += u64::from(n > 0);
        }
    }

    fn is_varied(&self) {
        let share = |n: u64| n as f64 / self.histories as f64;
        assert!(share(self.clean) > 0.005, "{self:?}");
        assert!(share(self.expected) > 0.3, "{self:?}");
        assert!(share(self.delivered) > 0.3, "{self:?}");
        assert!(share(self.allowed) > 0.3, "{self:?}");
        for n in self.violations {
            assert!(share(n) > 0.01, "{self:?}");
        }
    }
}
