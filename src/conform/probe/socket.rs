//! A Socket.IO socket as a client holds it: joined to a namespace, read all the time, its pings answered while the case does other things.

use std::time::Duration;

use tokio::sync::mpsc;

use super::link::{Over, Session};
use super::packet::{self, Packet, connect, namespace_of};
use super::{Heard, PATIENCE, Probe, ProbeError};
use crate::client::listener::Hello;
use crate::conform::case::{Capability, missed, silence};
use crate::conform::driver::Credentials;
use crate::protocol::socket::PacketType;
use crate::summary::conformance::Outcome;

/// Most packets that may wait for the case; behind that the socket is not read.
const WAITING: usize = 65_536;
/// What events of the suite have in them, so that one case can tell those of another.
pub(in crate::conform) const MARK: &str = "pp~";

/// What came at a socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// A packet, with all of its attachments.
    Packet(Packet),
    /// What is none.
    Other(String),
    /// The end of the connection, how, and when.
    Ended(String, Duration),
}

impl Came {
    /// In a line.
    pub fn told(&self) -> String {
        match self {
            Self::Packet(packet) => packet.told(),
            Self::Other(text) => super::trace::escaped(text),
            Self::Ended(how, _) => how.clone(),
        }
    }
}

/// What came in place of something else. The end of a connection may be the network's doing.
pub(in crate::conform) fn otherwise(what: impl Into<String>, came: &Came) -> Outcome {
    match came {
        Came::Ended(..) => silence(what, came.told()),
        _ => missed(what, came.told()),
    }
}

enum Order {
    Text(String),
    Binary(Vec<u8>),
}

/// A socket that is read all the time. It is closed when this is dropped.
pub struct Socket {
    /// Its Socket.IO id.
    pub sid: String,
    /// The id of its session.
    pub session: String,
    /// Its namespace.
    pub namespace: String,
    /// All of what its CONNECT said.
    pub connected: serde_json::Value,
    /// Time between two pings of the target, and for the answer.
    pub timings: (Duration, Duration),
    orders: mpsc::UnboundedSender<Order>,
    came: mpsc::Receiver<Came>,
    mark: String,
    /// It has ended, how, and when.
    ended: Option<(String, Duration)>,
}

impl Session {
    /// Asks to join, and gives the answer: CONNECT or `CONNECT_ERROR` of that namespace. An event before it is missed.
    pub async fn hello(&mut self, hello: &Hello) -> Result<Packet, Outcome> {
        self.send(&connect(hello)).await?;
        self.answer_to_connect(namespace_of(hello)).await
    }

    /// The answer to a CONNECT of this namespace.
    pub async fn answer_to_connect(&mut self, namespace: &str) -> Result<Packet, Outcome> {
        const ALLOWED: &str = "an answer to CONNECT, and nothing before it";
        loop {
            match self.next_packet(PATIENCE).await? {
                Came::Packet(packet) if packet.namespace == namespace => match packet.kind {
                    PacketType::Connect | PacketType::ConnectError => return Ok(packet),
                    _ => return Err(missed(ALLOWED, packet.told())),
                },
                Came::Packet(_) => {}
                other => return Err(otherwise(ALLOWED, &other)),
            }
        }
    }

    /// The next packet of Socket.IO, whole, each part of it within this time.
    pub async fn next_packet(&mut self, patience: Duration) -> Result<Came, ProbeError> {
        let mut assembling = Assembling::at(self.probe());
        loop {
            let heard = self.next_within(patience).await?;
            let at = self.elapsed();
            if let Some(came) = assembling.take(heard, at) {
                return Ok(came);
            }
        }
    }
}

/// A packet whose attachments are still to come.
struct Assembling {
    packet: Option<(Packet, usize)>,
    /// The target recovers connections.
    recovers: bool,
}

impl Assembling {
    fn at(probe: &Probe) -> Self {
        Self {
            packet: None,
            recovers: probe.offers(Capability::Recovery),
        }
    }

    fn take(&mut self, heard: Heard, at: Duration) -> Option<Came> {
        match heard {
            Heard::Text(text) => {
                if self.packet.take().is_some() {
                    return Some(Came::Other(format!("text between attachments: {text}")));
                }
                let read = text
                    .strip_prefix('4')
                    .and_then(|text| Packet::read(text, self.recovers, at));
                match read {
                    None => Some(Came::Other(text)),
                    Some((packet, 0)) => Some(Came::Packet(packet)),
                    Some(more) => {
                        self.packet = Some(more);
                        None
                    }
                }
            }
            Heard::Binary(bytes) => {
                let Some((mut packet, wanted)) = self.packet.take() else {
                    return Some(Came::Other(format!("{} bytes of nothing", bytes.len())));
                };
                packet.attachments.push(bytes);
                packet.at = at;
                if packet.attachments.len() == wanted {
                    return Some(Came::Packet(packet));
                }
                self.packet = Some((packet, wanted));
                None
            }
            Heard::Close(code) => {
                let code = code.map_or_else(String::new, |code| format!(" {code}"));
                Some(Came::Ended(format!("closed{code}"), at))
            }
            Heard::End => Some(Came::Ended("the end of the connection".to_owned(), at)),
        }
    }
}

impl Probe {
    /// A socket with these credentials, on the way that needs the least. That it is refused is missed.
    pub async fn socket(&self, shows: &Credentials) -> Result<Socket, Outcome> {
        self.socket_over(shows, self.usual_way()).await
    }

    /// The same, on this way.
    pub async fn socket_over(&self, shows: &Credentials, over: Over) -> Result<Socket, Outcome> {
        let session = self.presenting(shows).session(over).await?;
        self.join(session, &shows.hello).await
    }

    /// Joins on a session, and has it read from then on. That it is refused is missed.
    pub async fn join(&self, mut session: Session, hello: &Hello) -> Result<Socket, Outcome> {
        let answer = session.hello(hello).await?;
        if answer.kind != PacketType::Connect {
            return Err(missed("a CONNECT for good credentials", answer.told()));
        }
        self.keep(session, &answer)
    }

    /// Has a session read whose CONNECT was answered with this.
    pub fn keep(&self, session: Session, answer: &Packet) -> Result<Socket, Outcome> {
        let connected = answer.value();
        let sid = connected.get("sid").and_then(|sid| sid.as_str());
        let sid = sid.ok_or_else(|| missed("a CONNECT with a sid", answer.told()))?;
        let (orders, taken) = mpsc::unbounded_channel();
        let (arrivals, came) = mpsc::channel(WAITING);
        let socket = Socket {
            sid: sid.to_owned(),
            session: session.sid.clone(),
            namespace: answer.namespace.clone(),
            timings: (session.interval, session.timeout),
            orders,
            came,
            mark: self.mark().to_owned(),
            ended: None,
            connected,
        };
        // It ends with the socket, whose end of the orders it sees.
        tokio::spawn(read(session, taken, arrivals));
        Ok(socket)
    }
}

async fn read(
    mut session: Session,
    mut orders: mpsc::UnboundedReceiver<Order>,
    came: mpsc::Sender<Came>,
) {
    let mut assembling = Assembling::at(session.probe());
    session.poll_on();
    loop {
        let heard = tokio::select! {
            order = orders.recv() => {
                let sent = match order {
                    None => return,
                    Some(Order::Text(text)) => session.send(&text).await,
                    Some(Order::Binary(bytes)) => session.send_binary(&bytes).await,
                };
                // Whatever came meanwhile, and then the end, is still to be read.
                if let Err(why) = sent && !session.is_on_websocket() {
                    came.send(Came::Ended(why.detail(), session.elapsed())).await.ok();
                    return;
                }
                continue;
            }
            heard = session.next() => heard,
        };
        let at = session.elapsed();
        let (arrived, over) = match heard {
            Ok(heard) => match assembling.take(heard, at) {
                None => continue,
                Some(ended @ Came::Ended(..)) => (ended, true),
                Some(arrived) => (arrived, false),
            },
            Err(error) => (Came::Ended(error.to_string(), at), true),
        };
        if came.send(arrived).await.is_err() || over {
            return;
        }
    }
}

impl Socket {
    /// Sends this packet of Engine.IO, as it is written.
    pub fn send(&self, packet: &str) {
        // One whose connection has ended goes nowhere, which the case sees by what does not come.
        self.orders.send(Order::Text(packet.to_owned())).ok();
    }

    /// Sends bytes.
    pub fn send_binary(&self, bytes: &[u8]) {
        self.orders.send(Order::Binary(bytes.to_vec())).ok();
    }

    /// Emits an event with these arguments, as they stand between the brackets; with an id an ack is wanted.
    pub fn emit(&self, id: Option<u64>, name: &str, args: &str) {
        self.send(&packet::event(&self.namespace, id, name, args));
    }

    /// Leaves the namespace.
    pub fn leave(&self) {
        self.send(&packet::bare(PacketType::Disconnect, &self.namespace));
    }

    /// What comes next within this time, but for events of other cases. None: nothing does, or it has ended before.
    pub async fn next_within(&mut self, patience: Duration) -> Option<Came> {
        let next = async {
            loop {
                let came = self.came.recv().await?;
                if !self.is_noise(&came) {
                    return Some(came);
                }
            }
        };
        let came = tokio::time::timeout(patience, next).await.ok().flatten();
        if let Some(Came::Ended(how, at)) = &came {
            self.ended = Some((how.clone(), *at));
        }
        came
    }

    fn is_noise(&self, came: &Came) -> bool {
        let Came::Packet(packet) = came else {
            return false;
        };
        packet.is_noise(&self.mark)
    }

    /// What comes up to the first packet of which this is so, that one last. That none comes in time is missed.
    pub async fn until(
        &mut self,
        what: &str,
        is: impl Fn(&Packet) -> bool,
    ) -> Result<Vec<Packet>, Outcome> {
        self.until_within(PATIENCE, what, is).await
    }

    /// The same, within this time for each.
    pub async fn until_within(
        &mut self,
        patience: Duration,
        what: &str,
        is: impl Fn(&Packet) -> bool,
    ) -> Result<Vec<Packet>, Outcome> {
        let mut all = Vec::new();
        loop {
            match self.next_within(patience).await {
                Some(Came::Packet(packet)) => {
                    let last = is(&packet);
                    all.push(packet);
                    if last {
                        return Ok(all);
                    }
                }
                Some(other) => return Err(otherwise(what, &other)),
                None => {
                    let seen = match (&self.ended, all.last()) {
                        (Some((how, _)), _) => how.clone(),
                        (None, None) => format!("nothing within {patience:?}"),
                        (None, Some(last)) => {
                            let n = all.len();
                            format!(
                                "{n} other packets, the last of them {}, and then nothing for {patience:?}",
                                last.told()
                            )
                        }
                    };
                    return Err(silence(what, seen));
                }
            }
        }
    }

    /// The next event of this name. What else comes is missed.
    pub async fn event(&mut self, name: &str) -> Result<Packet, Outcome> {
        let what = format!("the event {name:?}");
        match self.next_within(PATIENCE).await {
            Some(Came::Packet(packet)) if packet.event().is_some_and(|(own, _)| own == name) => {
                Ok(packet)
            }
            Some(other) => Err(otherwise(what, &other)),
            None => Err(silence(what, format!("nothing within {PATIENCE:?}"))),
        }
    }

    /// The ack of this id. What else comes is missed.
    pub async fn ack(&mut self, id: u64) -> Result<Packet, Outcome> {
        let what = format!("the ack {id}");
        match self.next_within(PATIENCE).await {
            Some(Came::Packet(packet))
                if matches!(packet.kind, PacketType::Ack | PacketType::BinaryAck)
                    && packet.id == Some(id) =>
            {
                Ok(packet)
            }
            Some(other) => Err(otherwise(what, &other)),
            None => Err(silence(what, format!("nothing within {PATIENCE:?}"))),
        }
    }

    /// That nothing comes within this time, not even the end.
    pub async fn quiet(&mut self, span: Duration) -> Result<(), Outcome> {
        match self.next_within(span).await {
            None => Ok(()),
            Some(came) => Err(otherwise("nothing at all", &came)),
        }
    }

    /// All packets that come until the connection ends, and when it does. That it does not end in this time is missed.
    pub async fn ended_within(
        &mut self,
        patience: Duration,
    ) -> Result<(Vec<Packet>, Duration), Outcome> {
        let mut all = Vec::new();
        let end = async {
            loop {
                match self.next_within(patience).await {
                    Some(Came::Packet(packet)) => all.push(packet),
                    Some(Came::Other(_)) => {}
                    Some(Came::Ended(_, at)) => return Some(at),
                    None => return self.ended.as_ref().map(|(_, at)| *at),
                }
            }
        };
        let end = tokio::time::timeout(patience, end).await.ok().flatten();
        match end {
            Some(at) => Ok((all, at)),
            None => Err(silence(
                format!("the end of the connection within {patience:?}"),
                "a connection that stays open",
            )),
        }
    }
}
