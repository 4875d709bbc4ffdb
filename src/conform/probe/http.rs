//! Requests as they are written, on connections that a case holds.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::answer::{Answer, Reading};
use super::{PATIENCE, Probe, ProbeError};
use crate::client::route::Line;

/// A request, none of which has to be well-formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query, as they stand in the request line.
    pub target: String,
    /// Headers besides `Host`, the target's own and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The body; its length is said if there is one, or the method usually has one.
    pub body: Vec<u8>,
}

impl Request {
    /// Without headers and body.
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body, as text.
    #[must_use]
    pub fn text(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("Content-Type", "text/plain;charset=UTF-8")
    }

    fn bytes(&self, host: &str, presents: &[(String, String)]) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: {host}\r\n",
            self.method, self.target
        );
        for (name, value) in presents.iter().chain(&self.headers) {
            head.extend([name, ": ", value, "\r\n"]);
        }
        if !self.body.is_empty() || matches!(self.method.as_str(), "POST" | "PUT" | "PATCH") {
            head.extend(["Content-Length: ", &self.body.len().to_string(), "\r\n"]);
        }
        head += "\r\n";
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// For the trace: what differs from one request to the next. What the scenario presents may be a secret, and is not shown.
    fn told(&self) -> String {
        let mut told = format!("{} {}", self.method, self.target);
        let telling = self
            .headers
            .iter()
            .filter(|(name, _)| !name.starts_with("Sec-WebSocket") && name != "Content-Type");
        for (name, value) in telling {
            told.extend([" ", name, ": ", value]);
        }
        if !self.body.is_empty() {
            told.extend([" | ", &String::from_utf8_lossy(&self.body)]);
        }
        told
    }
}

/// A connection that a case holds.
pub struct Connection {
    probe: Probe,
    n: u32,
    pub(super) line: Line<TcpStream>,
    /// What came and was not read yet.
    pub(super) came: Vec<u8>,
}

impl Connection {
    pub(super) fn new(probe: Probe, n: u32, line: Line<TcpStream>) -> Self {
        Self {
            probe,
            n,
            line,
            came: Vec::new(),
        }
    }

    pub(in crate::conform) fn note(&self, arrow: &str, what: &str) {
        self.probe.note(self.n, arrow, what);
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.probe.elapsed()
    }

    /// Asks, and waits for the answer, with the usual patience.
    pub async fn ask(&mut self, request: &Request) -> Result<Answer, ProbeError> {
        self.ask_within(request, PATIENCE).await
    }

    /// Asks, and waits this long for the answer.
    pub async fn ask_within(
        &mut self,
        request: &Request,
        patience: Duration,
    ) -> Result<Answer, ProbeError> {
        self.note("→", &request.told());
        let answer = tokio::time::timeout(patience, self.exchange(request)).await;
        let answer = answer.unwrap_or(Err(ProbeError::Timeout(patience)));
        self.told(&answer);
        answer
    }

    fn told(&self, answer: &Result<Answer, ProbeError>) {
        match answer {
            Ok(answer) => self.note("←", &answer.to_string()),
            Err(error) => self.note("×", &error.to_string()),
        }
    }

    /// Writes bytes as they are, a piece of a request or none. A target that takes none of them for too long has ended.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ProbeError> {
        let written = tokio::time::timeout(PATIENCE, async {
            self.line.write_all(bytes).await?;
            self.line.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(ProbeError::Ended),
            Err(_) => Err(ProbeError::Timeout(PATIENCE)),
        }
    }

    /// Writes the head of a request as [`Probe::head`] has it, of which only the first line is shown, and what follows. Waits for no answer.
    pub async fn begin(&mut self, head: &str, rest: &str) -> Result<(), ProbeError> {
        let first = head.lines().next().unwrap_or_default();
        self.note("→", &format!("{first} {rest}"));
        self.write(format!("{head}{rest}").as_bytes()).await
    }

    /// The answer to what was written as it is, if it comes within this time.
    pub async fn answer_within(&mut self, patience: Duration) -> Result<Answer, ProbeError> {
        let answer = tokio::time::timeout(patience, self.answer(false)).await;
        let answer = answer.unwrap_or(Err(ProbeError::Timeout(patience)));
        self.told(&answer);
        answer
    }

    /// Reads whatever comes until the connection ends.
    pub async fn to_the_end(&mut self) {
        while self.more().await {
            self.came.clear();
        }
        self.note("←", "(end of the connection)");
    }

    /// Ends the connection by a reset.
    pub fn reset(self) {
        self.note("×", "(reset)");
        self.line.reset_at_drop();
    }

    /// The bytes of a request, for a case that does not say all of it at once.
    pub fn bytes(&self, request: &Request) -> Vec<u8> {
        let probe = &self.probe;
        request.bytes(&probe.target.authority, probe.headers())
    }

    async fn exchange(&mut self, request: &Request) -> Result<Answer, ProbeError> {
        let bytes = self.bytes(request);
        // Whoever refuses a request may end the connection before it has all of it: what it has to say counts more.
        let written = self.line.write_all(&bytes).await;
        if written.is_ok() {
            self.line.flush().await.ok();
        }
        self.answer(request.method == "HEAD").await
    }

    async fn answer(&mut self, without_body: bool) -> Result<Answer, ProbeError> {
        let mut reading = Reading::new(without_body);
        loop {
            if let Some((answer, bytes)) = reading.read(&self.came)? {
                self.came.drain(..bytes);
                return Ok(answer);
            }
            if !self.more().await {
                return reading.ended(&std::mem::take(&mut self.came));
            }
        }
    }

    /// Reads more. False: nothing comes any more.
    pub(super) async fn more(&mut self) -> bool {
        // Room for much at once: what a target says is not to wait for whoever reads it here.
        const ROOM: usize = 32 * 1024;
        self.came.reserve(ROOM);
        matches!(self.line.read_buf(&mut self.came).await, Ok(bytes) if bytes > 0)
    }
}
