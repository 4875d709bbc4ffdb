//! Engine.IO sessions: how one begins, over either transport, and packets of one on long-polling.

use std::time::Duration;

use super::{Answer, Heard, PATIENCE, Probe, ProbeError, WebSocket};
use crate::conform::case::{Capability, missed};
use crate::protocol::engine::{Handshake, SEPARATOR};
use crate::summary::conformance::Outcome;

/// The query that opens a session on long-polling.
pub const POLLING: &str = "EIO=4&transport=polling";
/// The query that opens one on a WebSocket.
pub const WEBSOCKET: &str = "EIO=4&transport=websocket";

/// Longer than any answer to a poll is held back by heartbeats that are in use.
const LONG: Duration = Duration::from_secs(120);

/// A session on long-polling. Each request has a connection of its own.
#[derive(Debug, Clone)]
pub struct Polling {
    probe: Probe,
    /// Its id.
    pub sid: String,
}

/// What the open packet in an answer to a poll says, or none: the text behind the `0`, up to the next packet.
pub fn open_data(answer: &Answer) -> Option<String> {
    let text = answer.text();
    let first = text.split(SEPARATOR).next()?;
    let data = first.strip_prefix('0')?;
    (answer.status == 200).then(|| data.to_owned())
}

/// The session id in what an open packet says, whatever else is wrong with that.
pub fn sid_of(data: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(data).ok()?;
    let sid = value.get("sid")?.as_str()?;
    (!sid.is_empty()).then(|| sid.to_owned())
}

/// The time between pings and the time for a pong, as the handshake has them; unknown if it has none that are any use.
pub fn timings(data: &str) -> Result<(Duration, Duration), Outcome> {
    /// What is shorter is no number of milliseconds that anybody means.
    const LEAST: u64 = 50;
    let handshake = Handshake::parse(data).map_err(|error| Outcome::Unknown(error.to_string()))?;
    let (interval, timeout) = (handshake.ping_interval, handshake.ping_timeout);
    if interval < LEAST {
        let why = format!("the handshake's pingInterval of {interval} ms cannot be meant");
        return Err(Outcome::Unknown(why));
    }
    Ok((
        Duration::from_millis(interval),
        Duration::from_millis(timeout),
    ))
}

impl Probe {
    /// The text behind the `0` of a new session's open packet on long-polling, which is missed if there is none.
    pub async fn polling_open(&self) -> Result<String, Outcome> {
        let answer = self.get(POLLING).await?;
        open_data(&answer).ok_or_else(|| no_open(answer.to_string()))
    }

    /// A new session on a WebSocket, and the text behind the `0` of its open packet, which is missed if there is none.
    pub async fn websocket_open(&self) -> Result<(WebSocket, String), Outcome> {
        let mut ws = match self.websocket(WEBSOCKET).await? {
            Ok(ws) => ws,
            Err(answer) => return Err(no_open(answer.to_string())),
        };
        match ws.next().await? {
            Heard::Text(text) if text.starts_with('0') => Ok((ws, text[1..].to_owned())),
            heard => Err(no_open(format!("{heard:?}"))),
        }
    }

    /// What the open packets of a new session on each transport that the target has say, with the transport's name.
    pub async fn opens(&self) -> Result<Vec<(&'static str, String)>, Outcome> {
        let mut opens = Vec::new();
        if self.offers(Capability::Polling) {
            opens.push(("long-polling", self.polling_open().await?));
        }
        if self.offers(Capability::WebSocket) {
            opens.push(("WebSocket", self.websocket_open().await?.1));
        }
        Ok(opens)
    }

    /// A new session on long-polling.
    pub async fn polling(&self) -> Result<Polling, ProbeError> {
        let answer = self.get(POLLING).await?;
        let sid = open_data(&answer).and_then(|data| sid_of(&data));
        let sid = sid.ok_or_else(|| ProbeError::NotHttp(format!("no open packet: {answer}")))?;
        Ok(Polling {
            probe: self.clone(),
            sid,
        })
    }
}

fn no_open(seen: String) -> Outcome {
    missed("an open packet: 0 and the handshake as JSON", seen)
}

impl Polling {
    /// The session of this id.
    pub fn of(probe: Probe, sid: String) -> Self {
        Self { probe, sid }
    }

    /// Polls once, for as long as a target with any patience may hold the answer back.
    pub async fn long_poll(&self) -> Result<Answer, ProbeError> {
        let mut connection = self.probe.connect().await?;
        let request = self.probe.request("GET", &self.query());
        connection.ask_within(&request, PATIENCE + LONG).await
    }

    /// The query of its requests.
    pub fn query(&self) -> String {
        let sid = crate::client::http::query_value(&self.sid);
        format!("{POLLING}&sid={sid}")
    }

    /// Polls once.
    pub async fn poll(&self) -> Result<Answer, ProbeError> {
        self.probe.get(&self.query()).await
    }

    /// Posts this body, with the query of its requests or another.
    pub async fn post(&self, query: &str, body: &str) -> Result<Answer, ProbeError> {
        let request = self.probe.request("POST", query).text(body);
        self.probe.ask(&request).await
    }

    /// Whether the session is over within this time, as who polls sees it: a close packet comes, or polls are refused. Pings are answered.
    pub async fn is_over_within(&self, patience: Duration) -> Result<bool, ProbeError> {
        let until = self.probe.elapsed() + patience;
        loop {
            let mut connection = self.probe.connect().await?;
            let request = self.probe.request("GET", &self.query());
            let left = until.saturating_sub(self.probe.elapsed());
            let answer = match connection.ask_within(&request, left).await {
                Err(ProbeError::Timeout(_)) => return Ok(false),
                answer => answer?,
            };
            let text = answer.text();
            if answer.status >= 400 || text.split(SEPARATOR).any(|packet| packet == "1") {
                return Ok(true);
            }
            if text.split(SEPARATOR).any(|packet| packet == "2") {
                self.post(&self.query(), "3").await?;
            }
        }
    }

    /// Whether the session is refused within this time: a POST of a pong that nobody asked for, which means nothing, is.
    pub async fn is_gone_within(&self, patience: Duration) -> Result<bool, ProbeError> {
        const PAUSE: Duration = Duration::from_millis(50);
        let until = self.probe.elapsed() + patience;
        loop {
            let answer = self.post(&self.query(), "3").await?;
            if answer.status >= 400 {
                return Ok(true);
            }
            if self.probe.elapsed() >= until {
                return Ok(false);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
