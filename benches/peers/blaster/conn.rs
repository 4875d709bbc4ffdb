//! One connection of the blaster: HTTP calls, or the way to a Socket.IO connection. Only as much of either as clients of this bench say.

use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use httparse::Status;
use mio::net::TcpStream;
use serde::Deserialize;
use serde_json::value::RawValue;
use socket2::SockRef;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::frames::frame;

/// No pings: nobody's figures hold the answers to them.
const OPEN: &str = r#"0{"sid":"e","upgrades":[],"pingInterval":3600000,"pingTimeout":3600000,"maxPayload":1000000}"#;
const ACCEPTED: &str = r#"40{"sid":"s"}"#;
/// How long a write may wait for a client that does not read.
const PATIENCE: Duration = Duration::from_secs(20);
const MOST_HEADERS: usize = 32;

/// What the loop has to know of what a connection said.
pub(super) enum Said {
    /// Asked for a WebSocket.
    Arrived,
    /// Logged in.
    LoggedIn,
    /// Its CONNECT was answered.
    Connected,
    /// Asked for a push: its frame.
    Pushed(Vec<u8>),
}

/// What it is.
enum Talk {
    Http,
    /// A WebSocket before CONNECT.
    Opened,
    Connected,
}

pub(super) struct Conn {
    tcp: TcpStream,
    talk: Talk,
    /// What came and is not complete.
    pending: Vec<u8>,
}

#[derive(Deserialize)]
struct Push<'a> {
    #[serde(rename = "eventName", borrow)]
    event: &'a RawValue,
    #[serde(borrow)]
    message: &'a RawValue,
}

impl Conn {
    pub(super) fn new(tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let socket = SockRef::from(&tcp);
        // Ends without a trace: tens of thousands of ports in TIME_WAIT would slow the connects of later runs.
        socket.set_linger(Some(Duration::ZERO))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            tcp,
            talk: Talk::Http,
            pending: Vec::new(),
        })
    }

    pub(super) fn source(&mut self) -> &mut TcpStream {
        &mut self.tcp
    }

    /// Reads all there is and answers it. An error: the connection is over.
    pub(super) fn read(&mut self, buffer: &mut [u8], said: &mut Vec<Said>) -> io::Result<()> {
        loop {
            match self.tcp.read(buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) if matches!(self.talk, Talk::Connected) => {}
                Ok(length) => {
                    self.pending.extend_from_slice(&buffer[..length]);
                    while self.answer(said)? {}
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes all of it. Where the client's buffers are full it waits: a flood is as fast as its reader.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = match self.tcp.write(bytes) {
            Ok(all) if all == bytes.len() => return Ok(()),
            Ok(some) => some,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        SockRef::from(&self.tcp).set_nonblocking(false)?;
        self.tcp.write_all(&bytes[written..])?;
        SockRef::from(&self.tcp).set_nonblocking(true)
    }

    /// Answers the first of what is pending; false: it is not complete.
    fn answer(&mut self, said: &mut Vec<Said>) -> io::Result<bool> {
        match self.talk {
            Talk::Http => self.answer_http(said),
            Talk::Opened => self.answer_connect(said),
            Talk::Connected => Ok(false),
        }
    }

    fn answer_http(&mut self, said: &mut Vec<Said>) -> io::Result<bool> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let head = match request.parse(&self.pending) {
            Ok(Status::Complete(head)) => head,
            Ok(Status::Partial) => return Ok(false),
            Err(error) => return Err(io::Error::other(error)),
        };
        let header = |name: &str| {
            let found = request
                .headers
                .iter()
                .find(|h| h.name.eq_ignore_ascii_case(name));
            found.map(|h| h.value)
        };
        if let Some(key) = header("Sec-WebSocket-Key") {
            let accept = derive_accept_key(key);
            self.pending.drain(..head);
            said.push(Said::Arrived);
            self.talk = Talk::Opened;
            return self.open(&accept).map(|()| true);
        }
        let length =
            header("Content-Length").and_then(|v| std::str::from_utf8(v).ok()?.parse().ok());
        let end = head + length.unwrap_or(0_usize);
        if self.pending.len() < end {
            return Ok(false);
        }
        let path = request.path.unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default();
        let (status, body) = called(path, &self.pending[head..end], said);
        self.pending.drain(..end);
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.write(answer.as_bytes()).map(|()| true)
    }

    fn open(&mut self, accept: &str) -> io::Result<()> {
        let mut answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        )
        .into_bytes();
        answer.extend(frame(OPEN));
        self.write(&answer)
    }

    fn answer_connect(&mut self, said: &mut Vec<Said>) -> io::Result<bool> {
        let Some((text, end)) = unmasked(&self.pending) else {
            return Ok(false);
        };
        self.pending.drain(..end);
        if text.starts_with(b"40") {
            self.talk = Talk::Connected;
            self.pending = Vec::new();
            said.push(Said::Connected);
            self.write(&frame(ACCEPTED))?;
        }
        Ok(true)
    }
}

/// The payload of the first frame of a client, and where it ends; `None`: it is not complete.
fn unmasked(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (length, mask_at) = match bytes.get(1)? & 0x7f {
        126 => {
            let long = bytes.get(2..4)?;
            (usize::from(u16::from_be_bytes([long[0], long[1]])), 4)
        }
        127 => panic!("no client of this bench says so much before CONNECT"),
        short => (usize::from(short), 2),
    };
    let mask = bytes.get(mask_at..mask_at + 4)?;
    let end = mask_at + 4 + length;
    let masked = bytes.get(mask_at + 4..end)?.iter().zip(mask.iter().cycle());
    Some((masked.map(|(byte, mask)| byte ^ mask).collect(), end))
}

/// The contract of a push platform: whoever logs in is let in, and every push is for everyone.
fn called(path: &str, body: &[u8], said: &mut Vec<Said>) -> (&'static str, &'static str) {
    match path {
        "/good/api/v5/auth" => {
            said.push(Said::LoggedIn);
            ("200 OK", r#"{"result":{"token":"t"},"status":"ok"}"#)
        }
        "/good/api/v5/data/push/send" => {
            let Ok(push) = serde_json::from_slice::<Push<'_>>(body) else {
                return (
                    "400 Bad Request",
                    r#"{"msg":"not a push","status":"ERROR"}"#,
                );
            };
            let text = format!("42[{},{}]", push.event.get(), push.message.get());
            said.push(Said::Pushed(frame(&text)));
            ("200 OK", r#"{"result":[],"status":"ok"}"#)
        }
        _ => (
            "404 Not Found",
            r#"{"msg":"no such call","status":"ERROR"}"#,
        ),
    }
}
