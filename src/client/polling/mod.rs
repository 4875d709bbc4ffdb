//! Sockets on HTTP long-polling: for their whole life, or until they have moved to a WebSocket, which the [engine](super::engine) serves
//! from then on as if it had been opened so.
//!
//! Each has a task, a connection of its own for its polls and another for its POSTs while there is something to say. What arrives
//! goes through the same session to the same [`Listener`] as in the engine.
//!
//! Invariants: there is always a poll under way, but for a socket that is about to move: the next is sent in the turn in which the
//! answer to the last was read, whatever is being posted. An answer is read whole, and taken in the turn in which its end was read; so
//! what [`Listener::not_before`] says is true of its end, less the time in which the target could say nothing for want of a poll. What
//! came by polls is taken before the target is told to go on by WebSocket, so nothing overtakes anything. Every answer and whatever
//! waits is bounded.

mod call;
mod outbox;
mod polled;
mod probe;
mod way;

use std::rc::Rc;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use tokio::sync::watch;

use self::call::{CallError, Connection, Known};
use self::outbox::Letter;
pub use self::polled::Over;
use self::polled::Polled;
use super::endpoint::{Endpoint, Opened};
use super::listener::{ConnectError, Hello, Listener};
use super::talk::Talk;
use super::upgrade::shown;
use crate::clock::Clock;
use crate::protocol::engine::{self, Handshake, Packet};
use crate::time::Time;

/// Largest answer taken from a server: as much as a WebSocket message may have.
const MAX_ANSWER: usize = 16 << 20;
/// Largest answer to a POST: it says "ok".
const MAX_OK: usize = 64 * 1024;

/// A session on long-polling that is open.
pub struct Polling<'a> {
    endpoint: &'a Endpoint,
    nth: usize,
    connection: Connection,
    handshake: Handshake,
    /// The handshake's answer, with whatever packets came behind it.
    first: String,
}

/// A session that has moved from polls to a WebSocket, for an engine to go on with.
pub struct Moved<H> {
    pub(super) opened: Opened,
    pub(super) talk: Talk<H>,
    /// What was not posted any more.
    pub(super) unsaid: Vec<String>,
    /// Since when something may have come on the WebSocket.
    pub(super) since: Time,
    /// That it could move was not known before this.
    pub(super) heard: Time,
}

/// Opens a session: TCP, then the handshake, by a first poll. `nth` says whose turn it is among the local addresses.
pub async fn open(endpoint: &Endpoint, nth: usize) -> Result<Polling<'_>, ConnectError> {
    let timeout = endpoint.connect_timeout;
    let opened = tokio::time::timeout(timeout, async {
        let mut connection = Connection::open(endpoint, nth).await.map_err(not_opened)?;
        let answer = connection.call(poll_request(endpoint, None), MAX_ANSWER);
        let answer = answer.await.map_err(not_opened)?;
        let not_socket_io = |why: &dyn ToString| ConnectError::NotSocketIo(why.to_string());
        let first = String::from_utf8(answer).map_err(|_| not_socket_io(&NOT_TEXT))?;
        let handshake = match engine::decode_payload(&first).next() {
            Some(Ok(Packet::Open(data))) => {
                Handshake::parse(data).map_err(|error| not_socket_io(&error))?
            }
            Some(Err(error)) => {
                let known = recognised(&first);
                return Err(known.map_or_else(|| not_socket_io(&error), ConnectError::NotSocketIo));
            }
            Some(Ok(_)) | None => return Err(not_socket_io(&"the first packet is no handshake")),
        };
        Ok(Polling {
            endpoint,
            nth,
            connection,
            handshake,
            first,
        })
    });
    opened.await.unwrap_or(Err(ConnectError::Timeout(timeout)))
}

const NOT_TEXT: &str = "the answer to a poll is not UTF-8";

/// What an answer is that is no handshake, if it is something that is met with often.
fn recognised(answer: &str) -> Option<String> {
    let rest = answer.trim_start();
    if rest.starts_with('<') {
        let page = shown(rest.as_bytes());
        return Some(format!("a web page in place of a handshake{page}"));
    }
    // Each packet behind its length: `96:0{"sid":…`.
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    (behind.len() < rest.len() && behind.starts_with(":0{")).then(|| {
        "a handshake of Engine.IO revision 3, as Socket.IO v2 and older have it".to_owned()
    })
}

/// Why there is no handshake.
fn not_opened(error: CallError) -> ConnectError {
    match error {
        CallError::Connect(error) => error,
        CallError::Broken(why) => ConnectError::Closed(why),
        CallError::TooLong(most) => ConnectError::NotSocketIo(too_long(most)),
        CallError::Refused { status, body } => ConnectError::Http {
            asked: "the long-polling handshake",
            status,
            body,
        },
    }
}

fn too_long(most: usize) -> String {
    format!("the answer to a poll is larger than {most} bytes")
}

fn poll_request(endpoint: &Endpoint, sid: Option<&str>) -> Request<Full<Bytes>> {
    request(endpoint, sid, Method::GET, String::new())
}

fn request(
    endpoint: &Endpoint,
    sid: Option<&str>,
    method: Method,
    body: String,
) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .uri(endpoint.path("polling", sid))
        .header(http::header::HOST, endpoint.host())
        .header(http::header::ACCEPT, "*/*");
    for (name, value) in &endpoint.presents.headers {
        request = request.header(name, value);
    }
    let request = if method == Method::POST {
        // What browsers send, so that no server asks first whether it may be.
        request.header(http::header::CONTENT_TYPE, "text/plain;charset=UTF-8")
    } else {
        request
    };
    let request = request.method(method).body(Full::from(body));
    // The path is that of a URI, the rest was encoded above, and a host with odd characters is none that was connected to.
    request.unwrap_or_default()
}

/// What a call needs.
struct Line<'a> {
    endpoint: &'a Endpoint,
    nth: usize,
    sid: Rc<str>,
    /// A connection from before, if there is one.
    connection: Option<Connection>,
    /// Where to tell which is used.
    known: Known,
}

impl Line<'_> {
    /// The connection from before, or another if the server has closed it meanwhile.
    async fn usable(&mut self) -> Result<Connection, CallError> {
        if let Some(mut connection) = self.connection.take()
            && connection.is_usable().await
        {
            return Ok(connection);
        }
        let connection = Connection::open(self.endpoint, self.nth).await?;
        connection.tell(&self.known);
        Ok(connection)
    }
}

/// Polls once. The connection comes back with the answer.
async fn poll(mut line: Line<'_>) -> (Option<Connection>, Result<Vec<u8>, CallError>) {
    let mut connection = match line.usable().await {
        Ok(connection) => connection,
        Err(error) => return (None, Err(error)),
    };
    let request = poll_request(line.endpoint, Some(&line.sid));
    let answer = connection.call(request, MAX_ANSWER).await;
    (Some(connection), answer)
}

/// Posts a letter. Gives the connection, and the sign of life that was asked for with it.
async fn post(mut line: Line<'_>, letter: Letter) -> Result<(Connection, Option<Time>), CallError> {
    let timeout = line.endpoint.connect_timeout;
    let posted = tokio::time::timeout(timeout, async {
        let mut connection = line.usable().await?;
        let request = request(line.endpoint, Some(&line.sid), Method::POST, letter.body);
        connection.call(request, MAX_OK).await?;
        Ok((connection, letter.asked))
    });
    let late = || {
        Err(CallError::Broken(format!(
            "no answer to a POST within {timeout:?}"
        )))
    };
    posted.await.unwrap_or_else(|_| late())
}

/// Holds a socket until its end, or until it has moved to a WebSocket.
///
/// `hello` is how it presents itself. `orders` says when to ask the holder again whether to leave; what they are is its business. With
/// `upgrade` the socket tries to move, and `stays` is told why if it cannot. To be called in the turn in which it was opened.
pub async fn hold<H: Listener, O>(
    polling: Polling<'_>,
    hello: impl Into<Hello>,
    holder: H,
    clock: Clock,
    orders: watch::Receiver<O>,
    upgrade: Option<impl FnOnce(String)>,
) -> Over<H> {
    let (polled, first) = Polled::new(polling, hello.into(), holder, clock, upgrade);
    polled.run(first, orders).await
}
