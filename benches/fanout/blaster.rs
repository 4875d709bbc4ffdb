//! The raw server: one thread, one selector, a ready-made frame written to each socket in turn, and nothing else. What it reaches is what
//! the system, the reader and this way of asking allow.

use crate::frames;
use crate::sockets::Net;
use crate::trigger::{PATH_AUTH, event};
use anyhow::{Context as _, bail};
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Token};
use slab::Slab;
use std::io::{ErrorKind, Read as _, Write as _};
use std::time::Duration;

const LISTENER: Token = Token(usize::MAX);
const LONG: Duration = Duration::from_secs(3600);
/// Its key is the one that is the answer to the reader's.
const SWITCH: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const OPEN: &str =
    r#"0{"sid":"x","upgrades":[],"pingInterval":3600000,"pingTimeout":20000,"maxPayload":1000000}"#;
const JOINED: &str = r#"40{"sid":"y"}"#;

#[derive(PartialEq)]
enum Is {
    /// What has come of a request.
    Http(Vec<u8>),
    Opened,
    Joined,
}

struct Conn {
    tcp: TcpStream,
    is: Is,
}

/// What a connection wants.
enum Wish {
    Nothing,
    Broadcast,
    End,
}

/// Serves until standard input ends.
pub(crate) fn run() -> anyhow::Result<()> {
    std::thread::spawn(|| {
        // An error is as good an end as any. A read cannot be given up, hence the thread, and its way to end the process.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(0);
    });
    let mut net = Net::new()?;
    let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into()).context("cannot listen")?;
    net.poll
        .registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    println!("listening on http://{}", listener.local_addr()?);
    let (mut conns, mut happened, event) = (
        Slab::new(),
        Events::with_capacity(1024),
        frames::text(&event(), false),
    );
    loop {
        net.wait(&mut happened, LONG)?;
        for one in &happened {
            if one.token() == LISTENER {
                accept(&net, &listener, &mut conns)?;
                continue;
            }
            let place = one.token().0;
            match conns[place].serve(&mut net.buffer)? {
                Wish::Nothing => {}
                Wish::Broadcast => broadcast(&mut conns, &event, place)?,
                Wish::End => drop(conns.remove(place)),
            }
        }
    }
}

fn accept(net: &Net, listener: &TcpListener, conns: &mut Slab<Conn>) -> anyhow::Result<()> {
    loop {
        let (mut tcp, _) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(e) => return Err(e).context("cannot accept"),
        };
        tcp.set_nodelay(true)?;
        let place = conns.vacant_entry();
        net.poll
            .registry()
            .register(&mut tcp, Token(place.key()), Interest::READABLE)?;
        place.insert(Conn {
            tcp,
            is: Is::Http(Vec::new()),
        });
    }
}

/// Writes the event to all, and then the answer.
fn broadcast(conns: &mut Slab<Conn>, event: &[u8], asker: usize) -> anyhow::Result<()> {
    for (_, conn) in conns.iter_mut().filter(|(_, conn)| conn.is == Is::Joined) {
        conn.write(event)?;
    }
    conns[asker].answer(r#"{"result":[],"status":"ok"}"#)
}

impl Conn {
    fn serve(&mut self, buffer: &mut [u8]) -> anyhow::Result<Wish> {
        let mut wish = Wish::Nothing;
        loop {
            let length = match self.tcp.read(buffer) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(wish),
                Ok(0) | Err(_) => return Ok(Wish::End),
                Ok(length) => length,
            };
            match &mut self.is {
                Is::Http(request) => {
                    request.extend_from_slice(&buffer[..length]);
                    wish = self.request()?;
                }
                Is::Opened => {
                    self.write(&frames::text(JOINED, false))?;
                    self.is = Is::Joined;
                }
                // Nothing that it could say matters.
                Is::Joined => {}
            }
        }
    }

    /// Answers a request if it is all there.
    fn request(&mut self) -> anyhow::Result<Wish> {
        let Is::Http(request) = &mut self.is else {
            return Ok(Wish::Nothing);
        };
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut parsed = httparse::Request::new(&mut headers);
        let httparse::Status::Complete(head) = parsed.parse(request).context("not a request")?
        else {
            return Ok(Wish::Nothing);
        };
        let length = parsed
            .headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.map_or(Ok(0), |h| {
            std::str::from_utf8(h.value)?.parse().context("a length")
        })?;
        if request.len() < head + length {
            return Ok(Wish::Nothing);
        }
        let (is_get, is_login) = (
            parsed.method == Some("GET"),
            parsed.path.is_some_and(|p| p.contains(PATH_AUTH)),
        );
        request.clear();
        if is_get {
            self.write(SWITCH.as_bytes())?;
            self.write(&frames::text(OPEN, false))?;
            self.is = Is::Opened;
        } else if is_login {
            self.answer(r#"{"result":{"token":"z"},"status":"ok"}"#)?;
        } else {
            return Ok(Wish::Broadcast);
        }
        Ok(Wish::Nothing)
    }

    fn answer(&mut self, body: &str) -> anyhow::Result<()> {
        let length = body.len();
        self.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes())
    }

    /// Far less is ever on its way than the system holds for a connection, so that there is always room.
    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match self.tcp.write(bytes) {
            Ok(written) if written == bytes.len() => Ok(()),
            // Whoever has gone is noticed where it is read from.
            Err(e) if matches!(e.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {
                Ok(())
            }
            other => bail!("the raw server keeps no queue, and could not write at once: {other:?}"),
        }
    }
}
