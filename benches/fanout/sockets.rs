//! The raw reader: WebSocket sockets in one selector, with just enough of the protocols to get in and to count.

use crate::frames::{self, Cursor, Frame};
use anyhow::{Context as _, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Sockets that are on their way in at once.
const AHEAD: usize = 64;
/// How long nothing may happen while sockets connect.
const PATIENCE: Duration = Duration::from_secs(10);
const UPGRADE: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// One selector for all that this process has with a server, and the buffer that is read into.
pub(crate) struct Net {
    pub(crate) poll: Poll,
    pub(crate) buffer: Vec<u8>,
}

impl Net {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let poll = Poll::new().context("cannot make a selector")?;
        Ok(Self {
            poll,
            buffer: vec![0; 64 * 1024],
        })
    }

    /// Waits until something happens, or so long.
    pub(crate) fn wait(&mut self, events: &mut Events, at_most: Duration) -> anyhow::Result<()> {
        match self.poll.poll(events, Some(at_most)) {
            Err(e) if e.kind() == ErrorKind::Interrupted => {
                events.clear();
                Ok(())
            }
            result => result.context("the selector failed"),
        }
    }
}

/// How far in a socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connecting,
    /// So many bytes of the empty line that ends the HTTP head were seen.
    Upgrading(usize),
    Opening,
    Joined,
}

struct Socket {
    tcp: TcpStream,
    stage: Stage,
    cursor: Cursor,
    /// Event frames that came.
    events: u32,
}

/// What reading one socket brought.
#[derive(Debug, Default)]
struct Came {
    open: bool,
    joined: bool,
    pinged: bool,
    events: u32,
    wrong: Option<Frame>,
}

pub(crate) struct Sockets {
    all: Vec<Socket>,
    /// The answer to OPEN.
    connect: Vec<u8>,
    /// Length of an event's frame: all are the same.
    event_bytes: Option<u64>,
}

impl Sockets {
    /// Connects so many; and how long that took.
    pub(crate) fn connect(
        net: &mut Net,
        address: SocketAddr,
        session: &str,
        count: usize,
    ) -> anyhow::Result<(Self, Duration)> {
        let auth = serde_json::json!({ "app_id": "demo", "session_id": session });
        let mut sockets = Self {
            all: Vec::with_capacity(count),
            connect: frames::text(&format!("40{auth}"), true),
            event_bytes: None,
        };
        let (begun, mut joined, mut happened) = (Instant::now(), 0, Events::with_capacity(1024));
        while joined < count {
            while sockets.all.len() < count.min(joined + AHEAD) {
                sockets.open(net, address)?;
            }
            net.wait(&mut happened, PATIENCE)?;
            if happened.is_empty() {
                bail!(
                    "only {joined} of {count} sockets connected, and nothing happened for {PATIENCE:?}"
                );
            }
            for event in &happened {
                let place = event.token().0;
                joined += usize::from(
                    sockets
                        .further(net, place)
                        .with_context(|| format!("socket {place}"))?,
                );
            }
        }
        Ok((sockets, begun.elapsed()))
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Events that each has had: as many as every other, between loads.
    pub(crate) fn events(&self) -> u32 {
        self.all[0].events
    }

    fn open(&mut self, net: &Net, address: SocketAddr) -> anyhow::Result<()> {
        let mut tcp = TcpStream::connect(address).context("cannot connect")?;
        let both = Interest::READABLE | Interest::WRITABLE;
        net.poll
            .registry()
            .register(&mut tcp, Token(self.all.len()), both)?;
        self.all.push(Socket {
            tcp,
            stage: Stage::Connecting,
            cursor: Cursor::default(),
            events: 0,
        });
        Ok(())
    }

    /// Takes a socket that is not in yet a step further. True: it is in now.
    fn further(&mut self, net: &mut Net, place: usize) -> anyhow::Result<bool> {
        let socket = &mut self.all[place];
        if socket.stage == Stage::Connecting {
            if let Some(error) = socket.tcp.take_error()? {
                bail!("cannot connect: {error}");
            }
            match socket.tcp.write(UPGRADE.as_bytes()) {
                Ok(written) if written == UPGRADE.len() => {}
                Err(e) if matches!(e.kind(), ErrorKind::NotConnected | ErrorKind::WouldBlock) => {
                    return Ok(false);
                }
                other => bail!("the request could not be written at once: {other:?}"),
            }
            socket.tcp.set_nodelay(true)?;
            net.poll
                .registry()
                .reregister(&mut socket.tcp, Token(place), Interest::READABLE)?;
            socket.stage = Stage::Upgrading(0);
        }
        let was_joined = socket.stage == Stage::Joined;
        self.read(net, place)?;
        Ok(!was_joined && self.all[place].stage == Stage::Joined)
    }

    /// Reads all there is at a socket; the events it has had before and after.
    pub(crate) fn read(
        &mut self,
        net: &mut Net,
        place: usize,
    ) -> anyhow::Result<std::ops::Range<u32>> {
        let socket = &mut self.all[place];
        let before = socket.events;
        loop {
            let length = match socket.tcp.read(&mut net.buffer) {
                Ok(0) => bail!("the server closed it"),
                Ok(length) => length,
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(e).context("cannot read"),
            };
            let came = socket.take(&net.buffer[..length], &mut self.event_bytes);
            if let Some(frame) = came.wrong {
                bail!("a frame that is not expected: {frame:?}");
            }
            socket.events += came.events;
            if came.open {
                socket.write(&self.connect)?;
            }
            if came.joined {
                socket.stage = Stage::Joined;
            }
            if came.pinged {
                socket.write(&frames::text("3", true))?;
            }
            // Less than there was room for: that was all.
            if length < net.buffer.len() {
                break;
            }
        }
        Ok(before..socket.events)
    }

    /// Lets time pass; pings are answered. An event that nobody asked for is an error.
    pub(crate) fn rest(&mut self, net: &mut Net, for_so_long: Duration) -> anyhow::Result<()> {
        let (until, mut happened) = (Instant::now() + for_so_long, Events::with_capacity(1024));
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            net.wait(&mut happened, left)?;
            for event in &happened {
                if !self.read(net, event.token().0)?.is_empty() {
                    bail!("an event that nobody asked for");
                }
            }
        }
    }
}

impl Socket {
    /// Small, and the first of its kind on an idle connection: it always fits.
    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.tcp.write_all(bytes).context("cannot write")
    }

    fn take(&mut self, mut bytes: &[u8], event_bytes: &mut Option<u64>) -> Came {
        if let Stage::Upgrading(seen) = self.stage {
            let (seen, head) = end_of_head(bytes, seen);
            bytes = &bytes[head..];
            self.stage = if seen == END.len() {
                Stage::Opening
            } else {
                Stage::Upgrading(seen)
            };
        }
        let (mut came, joined) = (Came::default(), self.stage == Stage::Joined);
        self.cursor
            .read(bytes, |frame| match (frame.opcode, &frame.kind) {
                (1, b"42")
                    if joined && *event_bytes.get_or_insert(frame.length) == frame.length =>
                {
                    came.events += 1;
                }
                (1, b"2\0") => came.pinged = true,
                (1, b"0{") if !joined => came.open = true,
                (1, b"40") if !joined => came.joined = true,
                _ => came.wrong = Some(frame),
            });
        came
    }
}

const END: &[u8] = b"\r\n\r\n";

/// Looks for the end of the HTTP head, of which so many bytes were seen; how many are now, and how many bytes belong to the head.
fn end_of_head(bytes: &[u8], mut seen: usize) -> (usize, usize) {
    for (place, byte) in bytes.iter().enumerate() {
        seen = if *byte == END[seen] {
            seen + 1
        } else {
            usize::from(*byte == END[0])
        };
        if seen == END.len() {
            return (seen, place + 1);
        }
    }
    (seen, bytes.len())
}
