//! The callers: logging in, and asking for broadcasts over connections that stay.

use crate::sockets::Net;
use anyhow::{Context as _, bail};
use mio::net::TcpStream;
use mio::{Interest, Token};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

/// Beyond the tokens of all sockets.
const FIRST_TOKEN: usize = 1 << 40;
/// How long a call outside the loads may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Makes the frame of an event 170 bytes long. Its keys are sorted: a server that parses and writes them anew may sort them.
const MESSAGE: &str = r#"{"message":"Your order has shipped","n":12.5,"text":"ordinary words, many of them, and some more to make a payload of the usual length, no more, and no less"}"#;
/// What logging in and nothing else has in its path.
pub(crate) const PATH_AUTH: &str = "auth?appID=demo";

/// The text of an event as every server makes it.
pub(crate) fn event() -> String {
    format!(r#"42["alert",{MESSAGE}]"#)
}

fn post(path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let request = format!(
        "POST /good/api/v5/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    request.into_bytes()
}

fn broadcast() -> Vec<u8> {
    let body = format!(r#"{{"userID":"*","eventName":"alert","message":{MESSAGE}}}"#);
    post("data/push/send?appID=demo&sessionID=", &body)
}

/// One answer: its status, and its body. `None`: it is not all there.
fn answer(bytes: &[u8]) -> anyhow::Result<Option<(u16, &[u8])>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes).context("not an HTTP answer")?
    else {
        return Ok(None);
    };
    let length = response
        .headers
        .iter()
        .find(|h| h.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|h| std::str::from_utf8(h.value).ok()?.parse().ok());
    let length: usize = length.context("an answer without Content-Length")?;
    let status = response.code.context("an answer without a status")?;
    Ok(bytes.get(head..head + length).map(|body| (status, body)))
}

/// One call on a connection of its own; the body of its answer.
fn call(address: SocketAddr, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut tcp = std::net::TcpStream::connect(address).context("cannot connect")?;
    tcp.set_read_timeout(Some(PATIENCE))?;
    tcp.write_all(request).context("cannot write")?;
    let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let length = tcp.read(&mut buffer).context("no answer")?;
        if length == 0 {
            bail!("the server closed the connection instead of an answer");
        }
        seen.extend_from_slice(&buffer[..length]);
        match answer(&seen)? {
            Some((200, body)) => return Ok(body.to_vec()),
            Some((status, body)) => {
                bail!("answered with {status}: {}", String::from_utf8_lossy(body))
            }
            None => {}
        }
    }
}

/// A session id: one user may hold all sockets.
pub(crate) fn login(address: SocketAddr) -> anyhow::Result<String> {
    let body = r#"{"provider":"rest","username":"user-0","password":"password-0"}"#;
    let told = call(address, &post(PATH_AUTH, body)).context("login")?;
    let told: serde_json::Value = serde_json::from_slice(&told).context("login")?;
    let token = told["result"]["token"]
        .as_str()
        .context("the answer to the login holds no token")?;
    Ok(token.to_owned())
}

/// Asks for one broadcast and waits for the answer.
pub(crate) fn push_once(address: SocketAddr) -> anyhow::Result<()> {
    call(address, &broadcast()).map(drop).context("a push")
}

/// One caller on a connection that stays.
pub(crate) struct Trigger {
    tcp: TcpStream,
    request: Vec<u8>,
    /// What came of the answer that is waited for.
    read: Vec<u8>,
    pub(crate) waits: bool,
}

impl Trigger {
    pub(crate) fn several(
        net: &mut Net,
        address: SocketAddr,
        count: usize,
    ) -> anyhow::Result<Vec<Self>> {
        let one = |place| {
            let tcp = std::net::TcpStream::connect(address).context("cannot connect")?;
            tcp.set_nodelay(true)?;
            tcp.set_nonblocking(true)?;
            let mut tcp = TcpStream::from_std(tcp);
            net.poll.registry().register(
                &mut tcp,
                Token(FIRST_TOKEN + place),
                Interest::READABLE,
            )?;
            Ok(Self {
                tcp,
                request: broadcast(),
                read: Vec::new(),
                waits: false,
            })
        };
        (0..count).map(one).collect()
    }

    /// Which caller a token is of, if it is one's.
    pub(crate) fn place(token: Token) -> Option<usize> {
        token.0.checked_sub(FIRST_TOKEN)
    }

    pub(crate) fn ask(&mut self) -> anyhow::Result<()> {
        self.waits = true;
        // The last one was answered, so there is room for one.
        self.tcp
            .write_all(&self.request)
            .context("a push cannot be asked for")
    }

    /// Reads what there is of the answer.
    pub(crate) fn hear(&mut self, net: &mut Net) -> anyhow::Result<()> {
        loop {
            match self.tcp.read(&mut net.buffer) {
                Ok(0) => bail!("the server closed the connection that asks for pushes"),
                Ok(length) => self.read.extend_from_slice(&net.buffer[..length]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(e).context("no answer to a push"),
            }
        }
        match answer(&self.read)? {
            Some((200, _)) => {
                self.read.clear();
                self.waits = false;
                Ok(())
            }
            Some((status, body)) => {
                bail!(
                    "a push was answered with {status}: {}",
                    String::from_utf8_lossy(body)
                )
            }
            None => Ok(()),
        }
    }
}
