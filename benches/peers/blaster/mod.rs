//! The blaster: the least that a Socket.IO push server can be, so that the clients are what is measured. One thread, one selector; a
//! broadcast is encoded once and is one plain write for each socket.
//!
//! `peers blaster TOGETHER SOCKETS PUSHES`. Orders on standard input: `blast COUNT RATE TOGETHER` (COUNT broadcasts, RATE a second, as
//! fast as they go if it is 0, TOGETHER of them in a write) and `stats`. Clients that bring their own load ask for pushes over HTTP: each
//! is answered at once, and its frame waits until TOGETHER have gathered.
//!
//! It says `arrived` (the first WebSocket or login), `connected` (SOCKETS CONNECTs are answered), `trigger` (the first push is asked for),
//! `pushed` (as many as PUSHES are written), `quiet` (no push for a while, all are written) and `blasted`.

mod conn;
pub(crate) mod frames;

use std::io;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use serde_json::json;
use slab::Slab;

use self::conn::{Conn, Said};
use self::frames::Broadcasts;
use crate::machine::now_ns;
use crate::orders::{listen, number, say};

const LISTENER: Token = Token(usize::MAX);
const ORDERS: Token = Token(usize::MAX - 1);
const BACKLOG: i32 = 4_096;
const BUFFER: usize = 64 * 1024;
/// Without a push for so long there will be none.
const QUIET: Duration = Duration::from_millis(400);

/// A blast under way.
struct Blast {
    broadcasts: Broadcasts,
    writes_left: u64,
    every: Duration,
    next: Instant,
}

/// Pushes that were asked for.
#[derive(Default)]
struct Pushes {
    /// Frames that wait for their company.
    gathered: Vec<Vec<u8>>,
    asked: u64,
    last: Option<Instant>,
}

/// What it has done. Times are of the machine's monotonic clock.
#[derive(Default)]
struct Stats {
    frames: u64,
    bytes: u64,
    gone: u64,
    first_arrival_ns: u64,
    last_connect_ns: u64,
    first_write_ns: u64,
    last_write_ns: u64,
}

struct Blaster {
    listener: TcpListener,
    poll: Poll,
    conns: Slab<Conn>,
    /// The connections that hear broadcasts.
    audience: Vec<usize>,
    buffer: Vec<u8>,
    together: usize,
    sockets: usize,
    wanted_pushes: u64,
    pushes: Pushes,
    blast: Option<Blast>,
    stats: Stats,
    /// `arrived` has been said.
    greeted: bool,
}

/// Serves until standard input closes.
pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    let given = args.join(" ");
    let mut events = Events::with_capacity(1024);
    let poll = Poll::new()?;
    let orders = listen(Waker::new(poll.registry(), ORDERS)?);
    let mut blaster = Blaster::new(poll, &given)?;
    let address = blaster.listener.local_addr()?;
    say(&json!({"listening": address.port()}));
    loop {
        let wait = blaster.wait();
        match blaster.poll.poll(&mut events, wait) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => other?,
        }
        for event in &events {
            match event.token() {
                LISTENER => blaster.accept()?,
                ORDERS => {}
                Token(key) => blaster.read(key),
            }
        }
        blaster.obey(&orders);
        blaster.push();
        blaster.blast_on();
    }
}

impl Blaster {
    fn new(poll: Poll, given: &str) -> anyhow::Result<Self> {
        use socket2::{Domain, Socket, Type};
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
        socket.listen(BACKLOG)?;
        let mut listener = TcpListener::from_std(socket.into());
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            listener,
            poll,
            conns: Slab::new(),
            audience: Vec::new(),
            buffer: vec![0; BUFFER],
            together: number(given, 0) as usize,
            sockets: number(given, 1) as usize,
            wanted_pushes: number(given, 2),
            pushes: Pushes::default(),
            blast: None,
            stats: Stats::default(),
            greeted: false,
        })
    }

    /// How long it may wait for something to happen.
    fn wait(&self) -> Option<Duration> {
        let next = self.blast.as_ref().map(|blast| blast.next);
        let quiet = self.pushes.last.map(|last| last + QUIET);
        let until = next.into_iter().chain(quiet).min()?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            match self.listener.accept() {
                Ok((tcp, _)) => {
                    let entry = self.conns.vacant_entry();
                    let (key, mut conn) = (entry.key(), Conn::new(tcp)?);
                    let registry = self.poll.registry();
                    registry.register(conn.source(), Token(key), Interest::READABLE)?;
                    entry.insert(conn);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn read(&mut self, key: usize) {
        let mut said = Vec::new();
        let Some(conn) = self.conns.get_mut(key) else {
            return;
        };
        let over = conn.read(&mut self.buffer, &mut said).is_err();
        for said in said {
            self.hear(key, said);
        }
        if over {
            self.drop(key);
        }
    }

    fn hear(&mut self, key: usize, said: Said) {
        match said {
            Said::LoggedIn => self.arrived(),
            Said::Arrived => {
                self.arrived();
                if self.stats.first_arrival_ns == 0 {
                    self.stats.first_arrival_ns = now_ns();
                }
            }
            Said::Connected => {
                self.audience.push(key);
                self.stats.last_connect_ns = now_ns();
                if self.audience.len() == self.sockets {
                    say(&json!({"connected": self.sockets}));
                }
            }
            Said::Pushed(frame) => {
                if self.pushes.asked == 0 {
                    say(&json!({"trigger": true}));
                }
                self.pushes.asked += 1;
                self.pushes.last = Some(Instant::now());
                self.pushes.gathered.push(frame);
                self.push();
            }
        }
    }

    /// Says once that somebody came, before much memory has been taken for it.
    fn arrived(&mut self) {
        if !std::mem::replace(&mut self.greeted, true) {
            say(&json!({"arrived": true}));
        }
    }

    fn drop(&mut self, key: usize) {
        let Some(place) = self.audience.iter().position(|&one| one == key) else {
            self.conns.try_remove(key);
            return;
        };
        self.audience.swap_remove(place);
        self.conns.try_remove(key);
        self.stats.gone += 1;
    }

    fn obey(&mut self, orders: &Receiver<String>) {
        for order in orders.try_iter() {
            match order.split(' ').next() {
                Some("stats") => say(&self.told()),
                Some("blast") => {
                    let together = number(&order, 3);
                    let rate = number(&order, 2);
                    let every = match rate {
                        0 => Duration::ZERO,
                        rate => Duration::from_secs(1) * together as u32 / rate as u32,
                    };
                    self.blast = Some(Blast {
                        broadcasts: Broadcasts::new(together as usize),
                        writes_left: number(&order, 1) / together,
                        every,
                        next: Instant::now(),
                    });
                }
                _ => panic!("no such order: {order}"),
            }
        }
    }

    fn told(&self) -> serde_json::Value {
        let stats = &self.stats;
        json!({"stats": {
            "connected": self.audience.len(),
            "asked": self.pushes.asked,
            "frames": stats.frames,
            "bytes": stats.bytes,
            "gone": stats.gone,
            "first_arrival_ns": stats.first_arrival_ns,
            "last_connect_ns": stats.last_connect_ns,
            "first_write_ns": stats.first_write_ns,
            "last_write_ns": stats.last_write_ns,
        }})
    }

    /// Writes pushes if enough have gathered, or no more come.
    fn push(&mut self) {
        let quiet = self.pushes.last.is_some_and(|last| last.elapsed() >= QUIET);
        let complete = self.pushes.asked == self.wanted_pushes;
        let gathered = self.pushes.gathered.len();
        if gathered > 0 && (gathered >= self.together || quiet || complete) {
            let mut bytes = std::mem::take(&mut self.pushes.gathered).concat();
            self.write(gathered, &mut bytes);
            if complete {
                say(&json!({"pushed": self.pushes.asked}));
            }
        }
        if quiet {
            self.pushes.last = None;
            say(&json!({"quiet": true}));
        }
    }

    /// Writes the next broadcasts of a blast if they are due.
    fn blast_on(&mut self) {
        let Some(mut blast) = self.blast.take_if(|blast| blast.next <= Instant::now()) else {
            return;
        };
        let frames = blast.broadcasts.count();
        self.write(frames, &mut blast.broadcasts);
        blast.next += blast.every;
        blast.writes_left -= 1;
        if blast.writes_left == 0 {
            say(&json!({"blasted": true}));
        } else {
            self.blast = Some(blast);
        }
    }

    /// Writes so many frames to everyone, as `bytes` gives them for each write.
    fn write(&mut self, frames: usize, bytes: &mut dyn Bytes) {
        if self.stats.first_write_ns == 0 {
            self.stats.first_write_ns = now_ns();
        }
        let mut gone = Vec::new();
        for &key in &self.audience {
            let bytes = bytes.now();
            if self.conns[key].write(bytes).is_err() {
                gone.push(key);
                continue;
            }
            self.stats.frames += frames as u64;
            self.stats.bytes += bytes.len() as u64;
        }
        self.stats.last_write_ns = now_ns();
        for key in gone {
            self.drop(key);
        }
    }
}

/// What is written to a socket.
trait Bytes {
    /// To be written now.
    fn now(&mut self) -> &[u8];
}

impl Bytes for Broadcasts {
    fn now(&mut self) -> &[u8] {
        self.stamped()
    }
}

impl Bytes for Vec<u8> {
    fn now(&mut self) -> &[u8] {
        self
    }
}
