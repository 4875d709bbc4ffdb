//! Deliveries of 170 bytes to a shard's parts, for the bench and the test of allocations: frame → session → judge → meter → fan-out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pushproof::history::{Outcome, Push, Stamp};
use pushproof::ids::{AppId, Audience, EventId, Lane, SocketId, UserId};
use pushproof::journal::{Log, Recorder};
use pushproof::measure::{Fanout, Meter};
use pushproof::protocol::session::{Incoming, Session};
use pushproof::time::Time;
use pushproof::verify::{
    Answer, Arrival, Class, Counts, Judged, LaneWriter, Ledger, Ordering, Rules, Slot, Source,
    Streams, Tag, Tagger,
};

/// Length of every frame.
pub(crate) const FRAME_BYTES: usize = 170;
const LANES: u32 = 4;

struct Payloads(Tagger);

impl Payloads {
    /// So long that its frame has [`FRAME_BYTES`].
    fn payload(&self, tag: &Tag) -> String {
        let before = r#"{"message":"Your order has shipped","pp":""#;
        let after = r#"","text":"ordinary words, many of them, more ","n":12.5}"#;
        let mut payload = format!("{before}{}{after}", self.0.blank(tag));
        self.0.seal(&mut payload, before.len());
        payload
    }
}

impl Source for Payloads {
    fn payload(&self, tag: &Tag) -> String {
        self.payload(tag)
    }
}

/// Pushes that have been sent and accepted, as frames on their way to sockets.
pub(crate) struct Pushes {
    rules: Arc<Rules>,
    ledger: Arc<Ledger>,
    payloads: Arc<Payloads>,
    sockets: u32,
    frames: Vec<String>,
    /// Which socket gets which frame, in order.
    deliveries: Vec<(u32, usize)>,
}

impl Pushes {
    /// `rounds` pushes to each of so many users, who hold a socket each.
    pub(crate) fn targeted(sockets: u32, rounds: u32) -> Self {
        let users = (0..rounds).flat_map(|_| (0..sockets).map(|user| Audience::User(UserId(user))));
        Self::new(sockets, users.collect())
    }

    /// `rounds` pushes to everyone.
    pub(crate) fn broadcast(sockets: u32, rounds: u32) -> Self {
        Self::new(sockets, vec![Audience::Everyone; rounds as usize])
    }

    fn new(sockets: u32, audiences: Vec<Audience>) -> Self {
        let tagger = Tagger::new(3);
        let payloads = Arc::new(Payloads(tagger.clone()));
        let ledger = Arc::new(Ledger::new(LANES, audiences.len() as u32));
        let mut writers: Vec<_> = (0..LANES)
            .map(|lane| LaneWriter::new(Arc::clone(&ledger), Lane(lane)))
            .collect();
        let (mut frames, mut deliveries) = (Vec::new(), Vec::new());
        for (n, audience) in audiences.into_iter().enumerate() {
            let writer = &mut writers[n % LANES as usize];
            let sent = Time::from_nanos(1_000 * (n as u64 + 1));
            let push = Push {
                intended: sent,
                sent,
                app: AppId(0),
                audience,
                event: EventId(0),
                stream_seq: writer.next_in_stream(AppId(0), audience),
            };
            let id = writer.send(&push).expect("the ledger has room");
            let answer = Answer {
                outcome: Outcome::Accepted,
                at: sent + Duration::from_nanos(500),
            };
            writer.answer(id, answer);
            let tag = Tag::of(id, &push);
            match audience {
                Audience::Everyone => deliveries.extend((0..sockets).map(|socket| (socket, n))),
                Audience::User(user) => deliveries.push((user.0, n)),
            }
            frames.push(format!("42[\"message\",{}]", payloads.payload(&tag)));
        }
        assert!(frames.iter().all(|frame| frame.len() == FRAME_BYTES));
        Self {
            rules: Arc::new(Rules {
                triggers: Vec::new(),
                tagger,
                events: vec!["message".to_owned()],
                untagged: Vec::new(),
                ordering: Ordering::Realtime,
                deadline: Duration::from_secs(100),
                settle: Duration::from_secs(200),
            }),
            ledger,
            payloads,
            sockets,
            frames,
            deliveries,
        }
    }

    /// The same pushes as a server sends them that parses and writes JSON again.
    pub(crate) fn re_encoded(mut self) -> Self {
        for frame in &mut self.frames {
            let event: serde_json::Value = serde_json::from_str(&frame[2..]).expect("JSON");
            *frame = format!("42{event}").replace("\"pp\":", "\"pp\": ");
        }
        self
    }

    /// How long the end of judging takes when only some pushes come.
    pub(crate) fn time_to_finish(&self, comes: impl Fn(usize) -> bool) -> Duration {
        let streams = Streams::of(&self.ledger);
        let mut shard = self.shard();
        for n in 0..self.deliveries.len() {
            if comes(self.deliveries[n].1) {
                shard.judge(n);
            }
        }
        let delivered = shard.counts().delivered;
        let begun = Instant::now();
        let counts = shard.judge.finish(&streams, Time::ZERO).counts;
        let took = begun.elapsed();
        assert_eq!(counts.expected, self.deliveries.len() as u64);
        assert_eq!(counts.of(Class::Lost), counts.expected - delivered);
        took
    }

    /// Each push's frame, in the order of the pushes.
    pub(crate) fn frames(&self) -> &[String] {
        &self.frames
    }

    /// How many deliveries they make.
    pub(crate) fn deliveries(&self) -> usize {
        self.deliveries.len()
    }

    /// A shard whose sockets are connected and have received nothing.
    pub(crate) fn shard(&self) -> Shard<'_> {
        self.recorded(None)
    }

    /// The same, with a journal.
    pub(crate) fn recorded(&self, log: Option<Log>) -> Shard<'_> {
        let (rules, ledger) = (Arc::clone(&self.rules), Arc::clone(&self.ledger));
        let mut judge = Recorder::new(rules, ledger, Arc::clone(&self.payloads) as _, log);
        let mut connect = |n| {
            let slot = judge.open(SocketId(n), UserId(n), AppId(0));
            judge.connected(slot, Time::ZERO);
            slot
        };
        Shard {
            slots: (0..self.sockets).map(&mut connect).collect(),
            sessions: (0..self.sockets).map(|_| connected()).collect(),
            pushes: self,
            judge,
            meter: Meter::new(1, 1),
            fanout: Fanout::new(Duration::from_secs(3)),
        }
    }
}

/// The parts of a shard that a delivery goes through.
pub(crate) struct Shard<'a> {
    pushes: &'a Pushes,
    sessions: Vec<Session>,
    slots: Vec<Slot>,
    judge: Recorder,
    meter: Meter,
    fanout: Fanout,
}

impl Shard<'_> {
    /// Delivery `n`: what the WebSocket driver and the shard do with a frame.
    pub(crate) fn deliver(&mut self, n: usize) {
        let (socket, frame) = self.pushes.deliveries[n];
        let frame = &self.pushes.frames[frame];
        let at = Time::from_nanos(1_000_000 + n as u64);
        let session = &mut self.sessions[socket as usize];
        let Ok(Incoming::Event {
            name,
            args,
            premature,
            ..
        }) = session.handle_text(at, frame)
        else {
            panic!("{frame} is an event");
        };
        self.hear(socket, Stamp::new(at, Some(at)), &name, args, premature);
    }

    /// What the shard does with an event.
    pub(crate) fn hear(
        &mut self,
        socket: u32,
        stamp: Stamp,
        name: &str,
        args: &str,
        premature: bool,
    ) {
        let at = stamp.at;
        let arrival = Arrival {
            not_before: at,
            at,
            event: name,
            payload: args,
            premature,
        };
        let slot = self.slots[socket as usize];
        let judged = self.judge.arrived(slot, arrival, stamp.waited_us);
        if let Judged::Delivered(id, push) = judged {
            self.meter.delivered(&push, at);
            self.meter.waited(&push, stamp);
            if push.audience == Audience::Everyone {
                let recipients = self.pushes.sockets as usize;
                drop(self.fanout.delivered(id, &push, at, recipients));
            }
        }
    }

    /// Only the judge's part of it.
    pub(crate) fn judge(&mut self, n: usize) -> Judged {
        let (socket, frame) = self.pushes.deliveries[n];
        let frame = &self.pushes.frames[frame];
        let at = Time::from_nanos(1_000_000 + n as u64);
        let arrival = Arrival {
            not_before: at,
            at,
            event: "message",
            payload: &frame["42[\"message\",".len()..frame.len() - 1],
            premature: false,
        };
        self.judge
            .arrived(self.slots[socket as usize], arrival, None)
    }

    /// What the judge has counted.
    pub(crate) fn counts(&self) -> &Counts {
        self.judge.counts()
    }

    /// All deliveries came, none was harmed.
    pub(crate) fn is_clean(&self) -> bool {
        let counts = self.counts();
        let harmed: u64 = Class::ALL.iter().map(|class| counts.of(*class)).sum();
        harmed == 0 && counts.delivered == self.pushes.deliveries() as u64
    }
}

fn connected() -> Session {
    let mut session = Session::new(Time::ZERO, Duration::from_secs(10));
    for frame in [
        r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
        r#"40{"sid":"s"}"#,
    ] {
        assert!(session.handle_text(Time::ZERO, frame).is_ok());
        while session.poll_transmit().is_some() {}
    }
    session
}
