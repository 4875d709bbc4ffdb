//! The limit: sockets that are connected by hand and then only read, with one selector and into one buffer. Nothing is parsed: all
//! frames have one size, so bytes tell how many came. With `--timed` the time of each write is read where it must stand.
//!
//! `peers raw URL [--timed]`; orders and answers as in `benches/peers/README.md`.

use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token, Waker};
use pushproof::measure::Latency;
use serde_json::json;

use crate::blaster::frames::{FRAME_BYTES, stamp_of};
use crate::machine::now_ns;
use crate::orders::{listen, number, say};

const ORDERS: Token = Token(usize::MAX);
const BUFFER: usize = 64 * 1024;
/// Connects under way at once.
const UNDER_WAY: usize = 64;
/// CONNECT, masked with zeros.
const CONNECT: [u8; 8] = [0x81, 0x82, 0, 0, 0, 0, b'4', b'0'];

/// How far a socket is.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Connecting,
    Upgrading,
    Joining,
    Reading,
}

struct Socket {
    tcp: TcpStream,
    stage: Stage,
    /// Bytes of broadcasts that came.
    came: usize,
}

struct Reader {
    address: SocketAddr,
    poll: Poll,
    buffer: Vec<u8>,
    sockets: Vec<Socket>,
    wanted: usize,
    connected: usize,
    bytes: u64,
    expected: u64,
    latency: Option<Latency>,
}

/// Obeys until standard input closes.
pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    let poll = Poll::new()?;
    let orders = listen(Waker::new(poll.registry(), ORDERS)?);
    let url = args.first().map_or("", String::as_str);
    let timed = args.iter().any(|arg| arg == "--timed");
    let mut reader = Reader {
        address: url.trim_start_matches("http://").parse()?,
        poll,
        buffer: vec![0; BUFFER],
        sockets: Vec::new(),
        wanted: 0,
        connected: 0,
        bytes: 0,
        expected: u64::MAX,
        latency: timed.then(Latency::default),
    };
    say(&json!({"ready": true}));
    let mut events = Events::with_capacity(1024);
    loop {
        match reader.poll.poll(&mut events, None) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => other?,
        }
        for event in &events {
            match event.token() {
                ORDERS => reader.obey(&orders)?,
                Token(nth) => reader.ready(nth)?,
            }
        }
    }
}

impl Reader {
    fn obey(&mut self, orders: &Receiver<String>) -> io::Result<()> {
        for order in orders.try_iter() {
            match order.split(' ').next() {
                Some("connect") => {
                    self.wanted = number(&order, 1) as usize;
                    for _ in 0..UNDER_WAY.min(self.wanted) {
                        self.connect()?;
                    }
                }
                Some("expect") => self.expected = number(&order, 1) * FRAME_BYTES as u64,
                Some("count") => say(&json!({"events": self.bytes / FRAME_BYTES as u64})),
                Some("latency") => {
                    let latency = self.latency.clone().unwrap_or_default();
                    let us = |q| latency.quantile_us(q).unwrap_or(0);
                    let count = latency.count();
                    say(
                        &json!({"latency": {"count": count, "p50_us": us(0.5), "p99_us": us(0.99)}}),
                    );
                }
                _ => panic!("no such order: {order}"),
            }
        }
        Ok(())
    }

    fn connect(&mut self) -> io::Result<()> {
        let mut tcp = TcpStream::connect(self.address)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        let token = Token(self.sockets.len());
        self.poll.registry().register(&mut tcp, token, both)?;
        self.sockets.push(Socket {
            tcp,
            stage: Stage::Connecting,
            came: 0,
        });
        Ok(())
    }

    fn ready(&mut self, nth: usize) -> io::Result<()> {
        let socket = &mut self.sockets[nth];
        if socket.stage == Stage::Reading {
            return self.read(nth);
        }
        if socket.stage == Stage::Connecting {
            let request = format!(
                "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                self.address
            );
            socket.tcp.set_nodelay(true)?;
            socket.tcp.write_all(request.as_bytes())?;
            socket.stage = Stage::Upgrading;
        }
        loop {
            let length = match socket.tcp.read(&mut self.buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            // Each answer is one object, and ends with it.
            match (socket.stage, self.buffer[length - 1]) {
                (Stage::Upgrading, b'}') => {
                    socket.tcp.write_all(&CONNECT)?;
                    socket.stage = Stage::Joining;
                }
                (Stage::Joining, b'}') => {
                    socket.stage = Stage::Reading;
                    return self.joined(nth);
                }
                _ => {}
            }
        }
    }

    fn joined(&mut self, nth: usize) -> io::Result<()> {
        let tcp = &mut self.sockets[nth].tcp;
        let registry = self.poll.registry();
        registry.reregister(tcp, Token(nth), Interest::READABLE)?;
        self.connected += 1;
        if self.connected == self.wanted {
            say(&json!({"connected": self.connected}));
        } else if self.sockets.len() < self.wanted {
            self.connect()?;
        }
        Ok(())
    }

    fn read(&mut self, nth: usize) -> io::Result<()> {
        let socket = &mut self.sockets[nth];
        loop {
            let length = match socket.tcp.read(&mut self.buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            if let Some(latency) = &mut self.latency {
                time(latency, socket.came, &self.buffer[..length]);
            }
            socket.came += length;
            self.bytes += length as u64;
            if self.bytes == self.expected {
                let events = self.bytes / FRAME_BYTES as u64;
                say(&json!({"reached": events, "at": now_ns()}));
            }
            // A full buffer alone says that there may be more; who asks again for nothing pays a system call.
            if length < self.buffer.len() {
                return Ok(());
            }
        }
    }
}

/// Times the broadcasts that begin in what came behind so many bytes of them.
fn time(latency: &mut Latency, came: usize, bytes: &[u8]) {
    let now = now_ns();
    let first = came.next_multiple_of(FRAME_BYTES) - came;
    for at in (first..bytes.len()).step_by(FRAME_BYTES) {
        if let Some(sent) = stamp_of(&bytes[at..]) {
            latency.record(Duration::from_nanos(now.saturating_sub(sent)));
        }
    }
}
