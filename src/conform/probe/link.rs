//! An Engine.IO session as a client holds it, over any transport: packets one way and the other, pings answered, an upgrade on the way.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::task::JoinSet;

use super::session::{Polling, sid_of, timings};
use super::{Answer, Heard, PATIENCE, Probe, ProbeError, WebSocket};
use crate::conform::case::{Capability, missed};
use crate::protocol::engine::{self, Handshake, Part};
use crate::summary::conformance::Outcome;

/// The ways in which a session can travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// On long-polling for good.
    Polling,
    /// On a WebSocket from the beginning.
    WebSocket,
    /// On long-polling at first, then on a WebSocket.
    Upgrade,
}

impl Over {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Polling => "long-polling",
            Self::WebSocket => "a WebSocket",
            Self::Upgrade => "an upgrade",
        }
    }
}

/// A session.
pub struct Session {
    probe: Probe,
    carrier: Carrier,
    /// Its id.
    pub sid: String,
    /// Time between two pings of the target.
    pub interval: Duration,
    /// Time within which a ping has to be answered.
    pub timeout: Duration,
    /// Most bytes that the target says it takes at once.
    pub max_payload: u64,
    /// Whether pings are answered. They are shown to nobody then.
    pub answers: bool,
    inbox: VecDeque<Heard>,
}

enum Carrier {
    WebSocket(Box<WebSocket>),
    Polling(Polls),
}

/// Long-polling with its next answer.
struct Polls {
    polling: Polling,
    /// The poll that is under way: never broken off by whoever waits for it.
    under_way: JoinSet<Result<Answer, ProbeError>>,
    /// The answer to a ping that is under way: never broken off either, and there is no other POST meanwhile.
    answering: JoinSet<()>,
    /// A poll came to nothing: nothing comes any more.
    over: bool,
}

impl Probe {
    /// The ways that sessions can travel at this target.
    pub fn ways(&self) -> Vec<Over> {
        let (polling, websocket) = (
            self.offers(Capability::Polling),
            self.offers(Capability::WebSocket),
        );
        let all = [
            (Over::WebSocket, websocket),
            (Over::Polling, polling),
            (Over::Upgrade, polling && websocket),
        ];
        let there = all.into_iter().filter(|(_, there)| *there);
        there.map(|(way, _)| way).collect()
    }

    /// The way that needs the least.
    pub fn usual_way(&self) -> Over {
        if self.offers(Capability::WebSocket) {
            Over::WebSocket
        } else {
            Over::Polling
        }
    }

    /// A new session, upgraded if it is to be.
    pub async fn session(&self, over: Over) -> Result<Session, Outcome> {
        let (carrier, open) = if over == Over::WebSocket {
            let (ws, open) = self.websocket_open().await?;
            (Carrier::WebSocket(ws.into()), open)
        } else {
            let open = self.polling_open().await?;
            let sid = sid_of(&open).ok_or_else(|| missed("a session with a sid", open.clone()))?;
            let polls = Polls {
                polling: Polling::of(self.clone(), sid),
                under_way: JoinSet::new(),
                answering: JoinSet::new(),
                over: false,
            };
            (Carrier::Polling(polls), open)
        };
        let (interval, timeout) = timings(&open)?;
        let sid = sid_of(&open).unwrap_or_default();
        let max_payload = Handshake::parse(&open)
            .ok()
            .and_then(|open| open.max_payload);
        let mut session = Session {
            probe: self.clone(),
            carrier,
            sid,
            interval,
            timeout,
            max_payload: max_payload.unwrap_or(u64::MAX),
            answers: true,
            inbox: VecDeque::new(),
        };
        if over == Over::Upgrade {
            session.upgrade().await?;
        }
        Ok(session)
    }
}

impl Session {
    /// The query of its requests, on the transport of this name.
    pub fn query(&self, transport: &str) -> String {
        let sid = crate::client::http::query_value(&self.sid);
        format!("EIO=4&transport={transport}&sid={sid}")
    }

    /// How long the case has been under way.
    pub fn elapsed(&self) -> Duration {
        self.probe.elapsed()
    }

    /// What its requests are made with.
    pub fn probe(&self) -> &Probe {
        &self.probe
    }

    /// Whether it is on a WebSocket now.
    pub fn is_on_websocket(&self) -> bool {
        matches!(self.carrier, Carrier::WebSocket(_))
    }

    /// Its WebSocket, if it is on one.
    pub fn websocket(&mut self) -> Option<&mut WebSocket> {
        match &mut self.carrier {
            Carrier::WebSocket(ws) => Some(ws),
            Carrier::Polling(_) => None,
        }
    }

    /// Sends one packet of text, as it is written: `40`, `3`. On long-polling, that it is refused is an error.
    pub async fn send(&mut self, packet: &str) -> Result<(), Outcome> {
        match &mut self.carrier {
            Carrier::WebSocket(ws) => Ok(ws.send(packet).await?),
            Carrier::Polling(polls) => polls.post(packet).await,
        }
    }

    /// Sends several packets at once where the transport can, else one after the other.
    pub async fn send_all(&mut self, packets: &[&str]) -> Result<(), Outcome> {
        match &mut self.carrier {
            Carrier::WebSocket(ws) => {
                for packet in packets {
                    ws.send(packet).await?;
                }
                Ok(())
            }
            Carrier::Polling(polls) => {
                let body = packets.join(&engine::SEPARATOR.to_string());
                polls.post(&body).await
            }
        }
    }

    /// Sends bytes.
    pub async fn send_binary(&mut self, bytes: &[u8]) -> Result<(), Outcome> {
        match &mut self.carrier {
            Carrier::WebSocket(ws) => Ok(ws.send_binary(bytes).await?),
            Carrier::Polling(polls) => {
                let mut body = String::new();
                engine::encode(&engine::Packet::Binary(bytes.into()), &mut body);
                polls.post(&body).await
            }
        }
    }

    /// What comes next within this time, without the pings that are answered. Nothing is lost if it is not waited for to the end.
    pub async fn next_within(&mut self, patience: Duration) -> Result<Heard, ProbeError> {
        let next = tokio::time::timeout(patience, self.next()).await;
        next.unwrap_or(Err(ProbeError::Timeout(patience)))
    }

    /// What comes next, however long that takes.
    pub(super) async fn next(&mut self) -> Result<Heard, ProbeError> {
        loop {
            if let Some(heard) = self.inbox.pop_front() {
                if self.answers && matches!(&heard, Heard::Text(text) if text == "2") {
                    self.answer().await;
                    continue;
                }
                if matches!(&heard, Heard::Text(text) if text == "6") {
                    continue;
                }
                return Ok(heard);
            }
            let more = match &mut self.carrier {
                Carrier::WebSocket(ws) => vec![ws.hear_on().await?],
                Carrier::Polling(polls) => polls.poll().await?,
            };
            self.inbox.extend(more);
        }
    }

    /// Answers a ping. That the target takes no pong, it will tell by ending the session.
    async fn answer(&mut self) {
        match &mut self.carrier {
            Carrier::WebSocket(ws) => {
                ws.send("3").await.ok();
            }
            Carrier::Polling(polls) => polls.answer().await,
        }
    }

    /// Moves a session from long-polling to a WebSocket, as a client does.
    pub async fn upgrade(&mut self) -> Result<(), Outcome> {
        let mut ws = self.probing().await?;
        ws.send("2probe").await?;
        match ws.next().await? {
            Heard::Text(text) if text == "3probe" => {}
            heard => return Err(missed("3probe", format!("{heard:?}"))),
        }
        self.finish(ws).await
    }

    /// A WebSocket that asks for this session, before anything is said on it.
    pub async fn probing(&self) -> Result<WebSocket, Outcome> {
        let answer = self.probe.websocket(&self.query("websocket")).await?;
        answer.map_err(|answer| missed("a WebSocket for the upgrade", answer.to_string()))
    }

    /// Ends an upgrade whose probe was answered: the poll that is under way first, then `5`.
    pub async fn finish(&mut self, mut ws: WebSocket) -> Result<(), Outcome> {
        if let Carrier::Polling(polls) = &mut self.carrier
            && !polls.under_way.is_empty()
        {
            let last = tokio::time::timeout(PATIENCE, polls.poll()).await;
            let last = last.map_err(|_| {
                missed(
                    "the poll under way answered once an upgrade began",
                    "no answer",
                )
            })?;
            self.inbox.extend(last?);
        }
        ws.send("5").await?;
        self.carrier = Carrier::WebSocket(ws.into());
        Ok(())
    }

    /// Requests on long-polling that name this session, whatever carries it.
    pub fn requests(&self) -> Polling {
        Polling::of(self.probe.clone(), self.sid.clone())
    }

    /// Begins the next poll, so that one is under way. Nothing on a WebSocket.
    pub fn poll_on(&mut self) {
        if let Carrier::Polling(polls) = &mut self.carrier {
            polls.begin();
        }
    }
}

impl Polls {
    async fn answer(&mut self) {
        let polling = self.polling.clone();
        self.answering.spawn(async move {
            polling.post(&polling.query(), "3").await.ok();
        });
        self.answered().await;
    }

    /// Waits for the answer to a ping that is under way.
    async fn answered(&mut self) {
        while self.answering.join_next().await.is_some() {}
    }

    async fn post(&mut self, body: &str) -> Result<(), Outcome> {
        self.answered().await;
        let answer = self.polling.post(&self.polling.query(), body).await?;
        if answer.status == 200 {
            return Ok(());
        }
        Err(missed("HTTP 200 to a POST of packets", answer.to_string()))
    }

    fn begin(&mut self) {
        if self.under_way.is_empty() && !self.over {
            let polling = self.polling.clone();
            self.under_way
                .spawn(async move { polling.long_poll().await });
        }
    }

    /// What the poll under way brings, or the next one.
    async fn poll(&mut self) -> Result<Vec<Heard>, ProbeError> {
        if self.over {
            return Ok(vec![Heard::End]);
        }
        self.begin();
        let answer = match self.under_way.join_next().await {
            Some(Ok(answer)) => answer,
            _ => Err(ProbeError::Ended),
        };
        let answer = match answer {
            Ok(answer) if answer.status == 200 => answer,
            Ok(_) | Err(ProbeError::Ended) => {
                self.over = true;
                return Ok(vec![Heard::End]);
            }
            Err(error) => {
                self.over = true;
                return Err(error);
            }
        };
        let text = answer.text();
        let parts = engine::parts(&text).map(|part| match part {
            Ok(Part::Text(text)) => Ok(Heard::Text(text.to_owned())),
            Ok(Part::Binary(bytes)) => Ok(Heard::Binary(bytes)),
            Err(error) => Err(ProbeError::NotHttp(error.to_string())),
        });
        parts.collect()
    }
}
