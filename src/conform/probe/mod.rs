//! The raw client of the cases: it says whatever it is told to, hears whatever comes, and keeps a trace of both.
//!
//! * [`Probe`]: what a case is handed. Every request and every WebSocket has a connection of its own, unless a case holds one.
//! * [`http`]: requests as they are written, and answers as they come. `answer` reads them.
//! * [`websocket`]: the opening, and messages both ways.
//! * [`session`]: how Engine.IO sessions begin, and polls. [`link`]: one as a client holds it, over any transport.
//! * [`listening`]: what is heard on one that a case reads itself.
//! * [`socket`]: a Socket.IO socket that is read all the time, of [`packet`]s.
//!
//! Nothing is waited for longer than the probe's patience, and nothing that comes is kept without a bound.

mod answer;
pub mod http;
pub mod link;
pub mod listening;
pub mod packet;
pub mod session;
pub mod socket;
pub mod trace;
pub mod websocket;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::net::TcpStream;

#[cfg(test)]
pub(super) use self::answer::answer_of;
pub use self::answer::{Answer, Framing};
pub use self::http::{Connection, Request};
use self::socket::MARK;
pub use self::trace::Trace;
pub use self::websocket::{Heard, WebSocket};
use super::case::Capability;
use super::driver::Credentials;
use super::target::Target;
use crate::client::endpoint::Presents;
use crate::client::route::Line;
use crate::client::shortage::is_shortage;
use crate::clock::{Clock, unix_millis};
use crate::protocol::frame::FrameError;
use crate::time::Time;

/// How long an answer, and a connection, is waited for.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A mark that no other case of this process has, nor one of another.
fn mark() -> String {
    static CASES: AtomicU32 = AtomicU32::new(0);
    let n = CASES.fetch_add(1, Ordering::Relaxed);
    let now = unix_millis();
    format!("{MARK}{now:x}-{n}~")
}

/// Why an exchange came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// There is no connection: nothing was said.
    #[error("no connection: {0}")]
    Connect(String),
    /// This machine ran out of something.
    #[error("this machine cannot make the connection: {0}")]
    Ours(String),
    /// Nothing came in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The connection ended first.
    #[error("the connection ended without an answer")]
    Ended,
    /// What came is no HTTP.
    #[error("what came is no HTTP: {0}")]
    NotHttp(String),
    /// What came has no end.
    #[error("an answer of more than {0} bytes")]
    TooLong(usize),
    /// What came is no WebSocket frame.
    #[error("{0}")]
    Frame(#[from] FrameError),
}

/// What a case tries a target with.
#[derive(Debug, Clone)]
pub struct Probe {
    pub(super) target: Arc<Target>,
    trace: Trace,
    pub(super) clock: Clock,
    begun: Time,
    connections: Arc<AtomicU32>,
    /// What events of this case have in them.
    mark: Arc<str>,
    /// What its requests say besides.
    presents: Arc<Presents>,
    /// How many session ids are looked at where ids are to be unguessable.
    pub(super) sids: u32,
}

impl Probe {
    pub(super) fn new(target: Arc<Target>, clock: Clock, sids: u32) -> Self {
        Self {
            target,
            trace: Trace::default(),
            begun: clock.now(),
            clock,
            connections: Arc::default(),
            mark: mark().into(),
            presents: Arc::default(),
            sids,
        }
    }

    /// The same probe, whose trace goes on in this one.
    pub(super) fn tracing(self, trace: &Trace) -> Self {
        Self {
            trace: trace.clone(),
            ..self
        }
    }

    /// What was said so far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// What all events and messages of this case have in them: no other case takes them for its own.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// The same probe at this node of the target, from 0.
    #[must_use]
    pub fn at_node(&self, node: usize) -> Self {
        Self {
            target: self.target.at_node(node),
            ..self.clone()
        }
    }

    /// The same probe at another target.
    #[must_use]
    pub(super) fn of(&self, target: Arc<Target>) -> Self {
        Self {
            target,
            ..self.clone()
        }
    }

    /// How many nodes the target has.
    pub fn nodes(&self) -> usize {
        self.target.count_nodes()
    }

    /// The same probe, whose requests show what a socket of somebody does.
    #[must_use]
    pub fn presenting(&self, shows: &Credentials) -> Self {
        Self {
            presents: Arc::new(shows.presents.clone()),
            ..self.clone()
        }
    }

    pub(super) fn note_at(&self, connection: u32, arrow: &str, what: &str) {
        self.note(connection, arrow, what);
    }

    /// How long the case has been under way.
    pub fn elapsed(&self) -> Duration {
        self.clock.now() - self.begun
    }

    /// Whether the target has this.
    pub fn offers(&self, what: Capability) -> bool {
        self.target.offers(what)
    }

    /// The target's Engine.IO path, as `/socket.io/`.
    pub fn path(&self) -> &str {
        &self.target.path
    }

    /// A connection to the target, with nothing said on it yet.
    pub async fn connect(&self) -> Result<Connection, ProbeError> {
        let n = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let line = tokio::time::timeout(PATIENCE, self.line()).await;
        let line = line.unwrap_or(Err(ProbeError::Connect(format!(
            "none within {PATIENCE:?}"
        ))));
        if let Err(error) = &line {
            self.note(n, "×", &error.to_string());
        }
        Ok(Connection::new(self.clone(), n, line?))
    }

    async fn line(&self) -> Result<Line<TcpStream>, ProbeError> {
        let target = &self.target;
        let tcp = TcpStream::connect(target.address).await;
        let tcp = tcp.map_err(|error| {
            if is_shortage(&error) {
                ProbeError::Ours(error.to_string())
            } else {
                ProbeError::Connect(format!("{}: {error}", target.address))
            }
        })?;
        // A probe is small and each matters now; where that cannot be had, it comes later.
        tcp.set_nodelay(true).ok();
        let line = target.route.take(tcp).await;
        line.map_err(|error| ProbeError::Connect(error.to_string()))
    }

    /// Asks on a connection of its own.
    pub async fn ask(&self, request: &Request) -> Result<Answer, ProbeError> {
        self.connect().await?.ask(request).await
    }

    /// Gets this query of the target's Engine.IO, as it is written, on a connection of its own.
    pub async fn get(&self, query: &str) -> Result<Answer, ProbeError> {
        self.ask(&self.request("GET", query)).await
    }

    /// A request with this query of the target's Engine.IO, as it is written.
    pub fn request(&self, method: &str, query: &str) -> Request {
        let more = &self.presents.query;
        Request::new(method, &format!("{}?{query}{more}", self.path()))
    }

    /// The head of a request with this query, as it is written, up to where more headers can follow.
    pub fn head(&self, method: &str, query: &str) -> String {
        let (request, authority) = (self.request(method, query), &self.target.authority);
        let mut head = format!(
            "{method} {} HTTP/1.1\r\nHost: {authority}\r\n",
            request.target
        );
        for (name, value) in self.headers() {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head
    }

    /// The headers of every request. What a socket shows comes with them.
    fn headers(&self) -> &[(String, String)] {
        if self.presents.headers.is_empty() {
            &self.target.headers
        } else {
            &self.presents.headers
        }
    }

    fn note(&self, connection: u32, arrow: &str, what: &str) {
        self.trace.add(self.elapsed(), connection, arrow, what);
    }
}
