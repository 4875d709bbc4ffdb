//! What a judge and its ledger keep: so much for each socket, and nothing that grows with the run.

use std::sync::Arc;
use std::time::Duration;

use pushproof::history::{Leave, Left, Outcome, Push};
use pushproof::ids::{AppId, Audience, EventId, Lane, SocketId, UserId};
use pushproof::time::Time;
use pushproof::verify::{
    Answer, Arrival, Class, Judge, LaneWriter, Ledger, Ordering, Rules, Settling, Slot, Source,
    Tag, Tagger,
};

#[global_allocator]
static ALLOC: dhat::Alloc = dhat::Alloc;

const LANES: u32 = 4;
const SETTLE: Duration = Duration::from_secs(5);
/// A socket pings so often, in seconds, and this long after its pushes a socket can be judged.
const PING: u64 = 25;
const PER_SECOND: u64 = 1_000;

struct Bare(Tagger);

impl Source for Bare {
    fn payload(&self, tag: &Tag) -> String {
        let mut payload = format!("\"{}\"", self.0.blank(tag));
        self.0.seal(&mut payload, 1);
        payload
    }
}

struct Run {
    sockets: u32,
    source: Arc<Bare>,
    writers: Vec<LaneWriter>,
    settling: Settling,
    judge: Judge,
    slots: Vec<Slot>,
    reconnects: u64,
    delivered: u64,
}

impl Run {
    fn new(sockets: u32, pushes: u32) -> Self {
        let source = Arc::new(Bare(Tagger::new(1)));
        let rules = Arc::new(Rules {
            triggers: Vec::new(),
            tagger: source.0.clone(),
            events: vec!["e".to_owned()],
            untagged: Vec::new(),
            ordering: Ordering::Realtime,
            deadline: Duration::from_secs(2),
            settle: SETTLE,
        });
        let ledger = Arc::new(Ledger::new(LANES, pushes));
        let writer = |lane| LaneWriter::new(Arc::clone(&ledger), Lane(lane));
        Self {
            sockets,
            writers: (0..LANES).map(writer).collect(),
            settling: Settling::new(Arc::clone(&ledger), SETTLE, 1),
            judge: Judge::new(rules, ledger, Arc::clone(&source) as _),
            source,
            slots: Vec::new(),
            reconnects: 0,
            delivered: 0,
        }
    }

    fn connect_all(&mut self) {
        for n in 0..self.sockets {
            let slot = self.connect(n, Time::ZERO);
            self.slots.push(slot);
        }
    }

    fn connect(&mut self, n: u32, at: Time) -> Slot {
        let slot = self.judge.open(SocketId(n), UserId(n), AppId(0));
        self.judge.connecting(slot, at);
        self.judge.connected(slot, at);
        slot
    }

    /// Push `n`, answered after half a millisecond and read after that. One in twenty thousand is for everyone.
    fn push(&mut self, n: u64) {
        let sent = Time::from_nanos(1 + n * (1_000_000_000 / PER_SECOND));
        let at = sent + Duration::from_micros(500);
        let user = (n * 7_919 % u64::from(self.sockets)) as u32;
        let audience = if n.is_multiple_of(20_000) {
            Audience::Everyone
        } else {
            Audience::User(UserId(user))
        };
        let writer = &mut self.writers[n as usize % LANES as usize];
        let push = Push {
            intended: sent,
            sent,
            app: AppId(0),
            audience,
            event: EventId(0),
            stream_seq: writer.next_in_stream(AppId(0), audience),
        };
        let id = writer.send(&push).expect("the ledger has room");
        let outcome = Outcome::Accepted;
        writer.answer(id, Answer { outcome, at });
        let payload = self.source.payload(&Tag::of(id, &push));
        let arrival = Arrival {
            not_before: at,
            at,
            event: "e",
            payload: &payload,
            premature: false,
        };
        let to = match audience {
            Audience::Everyone => 0..self.sockets,
            Audience::User(user) => user.0..user.0 + 1,
        };
        for socket in to {
            self.judge.arrived(self.slots[socket as usize], arrival);
            self.delivered += 1;
        }
    }

    /// A second has passed: some sockets ping, some die and come back, and what is over is judged.
    fn second(&mut self, second: u64, churn: u32) {
        let now = Time::from_nanos(second * 1_000_000_000);
        for n in (0..self.sockets).filter(|n| u64::from(*n) % PING == second % PING) {
            self.judge.heard(self.slots[n as usize], now);
        }
        for k in 0..churn {
            let n = (second as u32 * churn + k) % self.sockets;
            let left = Left {
                after: now,
                by: now,
                cause: Leave::ConnectionLost,
            };
            self.judge.left(self.slots[n as usize], left);
            self.slots[n as usize] = self.connect(n, now + Duration::from_nanos(1));
            self.reconnects += 1;
        }
        if let Some(streams) = self.settling.step(now) {
            self.judge.settle(&streams);
        }
    }
}

fn held() -> usize {
    dhat::HeapStats::get().curr_bytes
}

/// Checks that memory is so much for each socket at first, and after a while does not grow any more.
fn stays_flat(sockets: u32, seconds: u64) {
    let profiler = dhat::Profiler::builder().testing().build();
    let pushes = seconds * PER_SECOND;
    let before = held();
    let mut run = Run::new(sockets, pushes as u32);
    run.connect_all();
    let per_socket = (held() - before) / sockets as usize;
    // By then every stream has begun, and been met by sockets that came back, and what waits for pings waits.
    let warm = PING + 10 + 2 * u64::from(sockets * LANES) / PER_SECOND;
    let middle = warm.midpoint(seconds);
    assert!(warm * 2 < seconds, "{seconds} s are too short");
    let (mut first, mut then) = (0, 0);
    for second in 0..seconds {
        for n in 0..PER_SECOND {
            run.push(second * PER_SECOND + n);
        }
        run.second(second + 1, sockets / 100);
        let bytes = held() - before;
        if (warm..middle).contains(&second) {
            first = first.max(bytes);
        } else if second >= middle {
            then = then.max(bytes);
        }
    }
    let Run {
        judge,
        mut settling,
        reconnects,
        delivered,
        ..
    } = run;
    let counts = judge.finish(&settling.rest()).counts;
    drop(profiler);
    println!(
        "{sockets} sockets, {pushes} pushes, {delivered} deliveries, {reconnects} reconnects: \
         {per_socket} bytes a socket; at most {first} bytes from {warm} s to {middle} s, {then} bytes after"
    );
    assert_eq!(counts.delivered, delivered);
    assert_eq!(counts.violations(), 0);
    assert_eq!(counts.of(Class::Lost), 0);
    assert_eq!(counts.pairs, counts.came);
    assert!(per_socket <= 200, "{per_socket} bytes a socket");
    assert!(
        then <= first + first / 20,
        "grew from {first} to {then} bytes"
    );
}

#[test]
fn memory_stays_flat() {
    stays_flat(1_000, 120);
}

/// `cargo test --release --test verify_memory -- --ignored --nocapture`
#[test]
#[ignore = "takes a minute"]
fn memory_stays_flat_for_15_000_sockets_and_a_million_pushes() {
    stays_flat(15_000, 1_000);
}
