//! What receiving costs: the client's engine with full verification beside raw readers, in turn, in one run, from the same blaster.
//!
//! A thread blasts frames of 170 bytes at sockets over TCP; another reads them: with epoll alone (`raw`), with epoll and the kernel's
//! receive stamps (`stamped`), with epoll and a parse of the frames (`parsed`), or as pushproof does it, with such stamps, judged and measured (`engine`). Told is the CPU time of the reading thread for each
//! delivery, the median of the rounds, and its ratio to the raw reader's; and how long a delivery takes from its own write to the reader,
//! over all rounds, with what of it the engine's was after the kernel's receive stamp.
//!
//!   cargo bench --bench receive            # 1,000 sockets; an argument: so many, with as many deliveries a second as 1,000 have

#[path = "../tests/support/delivery.rs"]
#[allow(dead_code)] // the benches and the test of allocations each use a part
mod delivery;

use std::cell::RefCell;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use delivery::{FRAME_BYTES, Pushes, Shard};
use mio::{Events, Interest, Poll, Token};
use nix::sys::socket::sockopt::ReceiveTimestampns;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};
use nix::sys::time::TimeSpec;
use pushproof::client::endpoint::{Endpoint, Presents, open, socket_uri};
use pushproof::client::engine::{Base, Engine};
use pushproof::client::listener::{Departure, Listener};
use pushproof::client::route::Route;
use pushproof::clock::Clock;
use pushproof::history::Stamp;
use pushproof::measure::Latency;
use pushproof::protocol::frame::Reader;
use pushproof::time::Time;
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{Notify, watch};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

const OPEN: &str =
    r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
const ACCEPTED: &str = r#"40{"sid":"s"}"#;

/// How the blaster sends to 1,000 sockets.
#[derive(Clone, Copy)]
struct Load {
    name: &'static str,
    pushes: u32,
    /// Frames in one write.
    together: usize,
    /// Between two broadcasts.
    every: Duration,
    /// Each delivery's time is told, and not what all cost: writing it down is no part of that.
    timed: bool,
}

const LOADS: [Load; 4] = [
    Load {
        name: "20 broadcasts/s",
        pushes: 60,
        together: 1,
        every: Duration::from_millis(50),
        timed: false,
    },
    Load {
        name: "50 broadcasts/s",
        pushes: 150,
        together: 1,
        every: Duration::from_millis(20),
        timed: true,
    },
    Load {
        name: "100 broadcasts/s",
        pushes: 300,
        together: 1,
        every: Duration::from_millis(10),
        timed: false,
    },
    Load {
        name: "backlog of 16",
        pushes: 1_600,
        together: 16,
        every: Duration::ZERO,
        timed: false,
    },
];

impl Load {
    /// The same deliveries a second, and in all, at so many sockets.
    fn at(self, sockets: u32) -> Self {
        let scale = f64::from(sockets) / 1_000.0;
        let pushes = (f64::from(self.pushes) / scale) as u32;
        Self {
            pushes: pushes.next_multiple_of(self.together as u32),
            every: self.every.mul_f64(scale),
            ..self
        }
    }
}

/// When each frame was written, by push and socket.
struct Sent {
    clock: Clock,
    sockets: u32,
    /// Empty: nobody asks.
    nanos: Vec<AtomicU64>,
}

impl Sent {
    fn new(sockets: u32, load: Load) -> Self {
        let all = if load.timed { load.pushes } else { 0 };
        let nanos = (0..sockets as usize * all as usize).map(|_| AtomicU64::new(0));
        Self {
            clock: Clock::start(),
            sockets,
            nanos: nanos.collect(),
        }
    }

    fn at(&self, push: usize, socket: usize) -> &AtomicU64 {
        &self.nanos[push * self.sockets as usize + socket]
    }

    fn is_asked(&self) -> bool {
        !self.nanos.is_empty()
    }

    fn write(&self, pushes: std::ops::Range<usize>, socket: usize) {
        if !self.is_asked() {
            return;
        }
        let now = self.clock.now().as_nanos();
        for push in pushes {
            self.at(push, socket).store(now, Ordering::Relaxed);
        }
    }

    /// From its write to a reader that has it at this time.
    fn took(&self, push: usize, socket: usize, read: Time) -> Duration {
        read - Time::from_nanos(self.at(push, socket).load(Ordering::Relaxed))
    }
}

/// What a reader has taken: CPU for all, and time for each.
#[derive(Default)]
struct Took {
    cpu: Vec<f64>,
    latency: Latency,
    waited: Latency,
}

fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match text.len() {
        short @ 0..126 => frame.push(short as u8),
        long => {
            frame.push(126);
            frame.extend((long as u16).to_be_bytes());
        }
    }
    frame.extend(text.as_bytes());
    frame
}

/// Reads until what came ends like this.
fn read_until(tcp: &mut TcpStream, end: &str) -> String {
    let (mut seen, mut buffer) = (Vec::new(), [0; 1024]);
    while !seen.ends_with(end.as_bytes()) {
        let length = tcp.read(&mut buffer).expect("a peer");
        assert!(length > 0, "a peer that stays");
        seen.extend_from_slice(&buffer[..length]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

/// Accepts so many sockets, and blasts.
fn blast(listener: &TcpListener, load: Load, frames: &[String], sent: &Sent) {
    let mut streams = Vec::new();
    for _ in 0..sent.sockets {
        let (mut tcp, _) = listener.accept().expect("a client");
        tcp.set_nodelay(true).expect("an option");
        let request = read_until(&mut tcp, "\r\n\r\n");
        let key = request.split("Sec-WebSocket-Key: ").nth(1).expect("a key");
        let accept = derive_accept_key(&key.as_bytes()[..24]);
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        tcp.write_all(answer.as_bytes()).expect("a client");
        tcp.write_all(&frame(OPEN)).expect("a client");
        // CONNECT: it comes in one piece.
        assert!(tcp.read(&mut [0; 1024]).expect("a client") > 0);
        tcp.write_all(&frame(ACCEPTED)).expect("a client");
        streams.push(tcp);
    }
    std::thread::sleep(Duration::from_millis(200));
    let frames: Vec<_> = frames.iter().map(|text| frame(text)).collect();
    let mut next = Instant::now();
    for (n, together) in frames.chunks(load.together).enumerate() {
        let bytes = together.concat();
        let first = n * load.together;
        for (socket, tcp) in streams.iter_mut().enumerate() {
            sent.write(first..first + together.len(), socket);
            tcp.write_all(&bytes).expect("a client");
        }
        next += load.every;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    // Until the other end goes.
    for mut tcp in streams {
        while tcp.read(&mut [0; 64]).is_ok_and(|length| length > 0) {}
    }
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A socket that is connected, by hand.
fn connected(address: SocketAddr) -> TcpStream {
    let mut tcp = TcpStream::connect(address).expect("the blaster");
    let request = "GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    tcp.write_all(request.as_bytes()).expect("the blaster");
    read_until(&mut tcp, "}");
    tcp.write_all(&[0x81, 0x82, 0, 0, 0, 0, b'4', b'0'])
        .expect("the blaster");
    read_until(&mut tcp, "}");
    tcp.set_nonblocking(true).expect("an option");
    tcp
}

/// What a reader by epoll does besides reading.
#[derive(Clone, Copy, PartialEq)]
enum Raw {
    Nothing,
    Stamps,
    Parse,
}

/// Reads with the kernel's receive stamp.
fn read_stamped(
    tcp: &mio::net::TcpStream,
    into: &mut [u8],
    control: &mut [u8],
) -> nix::Result<usize> {
    let into = &mut [std::io::IoSliceMut::new(into)];
    let message = recvmsg::<()>(tcp.as_raw_fd(), into, Some(control), MsgFlags::empty())?;
    let stamp = message.cmsgs()?.find_map(|one| match one {
        ControlMessageOwned::ScmTimestampns(at) => Some(at),
        _ => None,
    });
    std::hint::black_box(stamp);
    Ok(message.bytes)
}

/// CPU time of reading so many bytes by epoll.
fn raw(address: SocketAddr, sent: &Sent, bytes: usize, does: Raw, took: &mut Took) -> Duration {
    let parse = does == Raw::Parse;
    let mut control = nix::cmsg_space!(TimeSpec);
    let mut read_some = |tcp: &mut mio::net::TcpStream, into: &mut [u8]| match does {
        Raw::Stamps => read_stamped(tcp, into, &mut control).ok(),
        Raw::Nothing | Raw::Parse => tcp.read(into).ok(),
    };
    let mut read = vec![0; sent.sockets as usize];
    let mut poll = Poll::new().expect("a selector");
    let mut events = Events::with_capacity(1024);
    let mut streams: Vec<_> = (0..sent.sockets)
        .map(|n| {
            let mut tcp = mio::net::TcpStream::from_std(connected(address));
            if does == Raw::Stamps {
                setsockopt(&tcp, ReceiveTimestampns, &true).expect("an option");
            }
            let registry = poll.registry();
            registry
                .register(&mut tcp, Token(n as usize), Interest::READABLE)
                .expect("a place");
            (tcp, Reader::new(1 << 20))
        })
        .collect();
    let (mut buffer, mut left) = (vec![0; 64 * 1024], bytes);
    let (mut messages, begun) = (0, cpu());
    while left > 0 {
        poll.poll(&mut events, None).expect("a selector");
        for event in &events {
            let (tcp, reader) = &mut streams[event.token().0];
            while let Some(length) = read_some(tcp, &mut buffer) {
                left -= length;
                if sent.is_asked() {
                    let (now, socket) = (sent.clock.now(), event.token().0);
                    let before = read[socket] / (FRAME_BYTES + 4);
                    read[socket] += length;
                    for push in before..read[socket] / (FRAME_BYTES + 4) {
                        took.latency.record(sent.took(push, socket, now));
                    }
                }
                if parse {
                    let mut bytes = &buffer[..length];
                    while reader.read(&mut bytes).expect("frames").is_some() {
                        messages += 1;
                    }
                }
                if length < buffer.len() {
                    break;
                }
            }
        }
    }
    assert!(!parse || messages == bytes / (FRAME_BYTES + 4));
    cpu().saturating_sub(begun)
}

/// Has a shard's judge and figures hear what comes.
struct Ear<'a> {
    hall: &'a Hall<'a>,
    socket: u32,
}

impl Ear<'_> {
    fn time(&self, at: Stamp) {
        let (socket, mut took) = (self.socket as usize, self.hall.took.borrow_mut());
        let push = &mut self.hall.read.borrow_mut()[socket];
        let latency = self.hall.sent.took(*push, socket, at.at);
        took.latency.record(latency);
        if let Some(us) = at.waited_us {
            took.waited.record(Duration::from_micros(us.into()));
        }
        *push += 1;
    }
}

struct Hall<'a> {
    sent: &'a Sent,
    read: RefCell<Vec<usize>>,
    took: RefCell<&'a mut Took>,
    shard: RefCell<Shard<'a>>,
    heard: RefCell<usize>,
    connected: RefCell<u32>,
    changed: Notify,
}

impl Listener for Ear<'_> {
    fn not_before(&self) -> Time {
        Time::ZERO
    }
    fn kept_back(&mut self, _: Duration) {}
    fn alive(&mut self, _: Time) {}
    fn connecting(&mut self, _: Time) {}
    fn connected(&mut self, _: Time) {
        *self.hall.connected.borrow_mut() += 1;
        self.hall.changed.notify_one();
    }
    fn leaving(&mut self, _: Time) {}
    fn departure(&mut self, _: Time) -> Option<Departure> {
        None
    }
    fn wants_sign(&mut self) -> bool {
        false
    }
    fn event(&mut self, at: Stamp, name: &str, args: &str, premature: bool) {
        let mut shard = self.hall.shard.borrow_mut();
        shard.hear(self.socket, at, name, args, premature);
        if self.hall.sent.is_asked() {
            self.time(at);
        }
        let mut left = self.hall.heard.borrow_mut();
        *left -= 1;
        if *left == 0 {
            self.hall.changed.notify_one();
        }
    }
    fn stray_event(&mut self, _: Stamp, _: &str, _: &str, _: bool) {
        panic!("a stray event");
    }
    fn binary_event(&mut self, _: Stamp, _: &str, _: &str, _: &[Bytes], _: bool) {
        panic!("a binary event");
    }
}

/// The same of the engine, with all that is done with a delivery.
fn engine(address: SocketAddr, sent: &Sent, pushes: &Pushes, took: &mut Took) -> Duration {
    let sockets = sent.sockets;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let clock = sent.clock;
    let hall = Hall {
        sent,
        read: RefCell::new(vec![0; sockets as usize]),
        took: RefCell::new(took),
        shard: RefCell::new(pushes.shard()),
        heard: RefCell::new(pushes.deliveries()),
        connected: RefCell::new(0),
        changed: Notify::new(),
    };
    let endpoint = Endpoint {
        address,
        uri: socket_uri(&format!("http://{address}"), "/socket.io/").expect("an address"),
        presents: Presents::default(),
        connect_timeout: Duration::from_secs(10),
        route: Route::default(),
        sources: Vec::new(),
    };
    let used = runtime.block_on(async {
        let base = Base::new().expect("a selector");
        let engine = Engine::new(base, clock, endpoint.connect_timeout);
        let (_orders, heard) = watch::channel(());
        let all = async {
            for socket in 0..sockets {
                let opened = open(&endpoint, 0).await.expect("the blaster");
                let hall = &hall;
                engine.add(opened, String::new(), Ear { hall, socket });
                while *hall.connected.borrow() <= socket {
                    hall.changed.notified().await;
                }
            }
            let begun = cpu();
            while *hall.heard.borrow() > 0 {
                hall.changed.notified().await;
            }
            cpu().saturating_sub(begun)
        };
        tokio::select! {
            used = all => used,
            () = engine.serve(heard, |_, ended| panic!("{ended:?}")) => unreachable!("it serves on"),
        }
    });
    assert!(hall.shard.borrow().is_clean());
    used
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn words(latency: &Latency) -> String {
    let of = |q| latency.quantile_us(q).unwrap_or(0);
    format!("{} / {}", of(0.5), of(0.99))
}

fn main() {
    let given = std::env::args().skip(1).find_map(|arg| arg.parse().ok());
    let sockets: u32 = given.unwrap_or(1_000);
    println!("CPU of the reading thread for each delivery to {sockets} sockets, in ns");
    for load in LOADS.map(|load| load.at(sockets)) {
        let pushes = Pushes::broadcast(sockets, load.pushes);
        let bytes = pushes.deliveries() * (FRAME_BYTES + 4);
        let mut told: [Took; 4] = Default::default();
        for _ in 0..5 {
            for (kind, told) in told.iter_mut().enumerate() {
                let sent = Sent::new(sockets, load);
                let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
                let address = listener.local_addr().expect("an address");
                let frames = pushes.frames();
                let used = std::thread::scope(|scope| {
                    scope.spawn(|| blast(&listener, load, frames, &sent));
                    match kind {
                        0 => raw(address, &sent, bytes, Raw::Nothing, told),
                        1 => raw(address, &sent, bytes, Raw::Stamps, told),
                        2 => raw(address, &sent, bytes, Raw::Parse, told),
                        _ => engine(address, &sent, &pushes, told),
                    }
                });
                let each = used.as_nanos() as f64 / pushes.deliveries() as f64;
                told.cpu.push(each);
            }
        }
        if load.timed {
            let [raw, _, parsed, engine] = told.each_ref().map(|took| words(&took.latency));
            let waited = words(&told[3].waited);
            println!(
                "{:18} p50 / p99 from its write, in µs: raw {raw} · parsed {parsed} · engine, verified {engine}, of that after the kernel {waited}",
                load.name
            );
            continue;
        }
        let [raw, stamped, parsed, engine] = told.map(|took| median(took.cpu));
        println!(
            "{:18} raw {raw:6.0} · stamped {stamped:6.0} ({:.2}) · parsed {parsed:6.0} ({:.2}) · engine, verified {engine:6.0} ({:.2}; of parsed {:.2})",
            load.name,
            stamped / raw,
            parsed / raw,
            engine / raw,
            engine / parsed,
        );
    }
}
