//! One platform of several processes: nodes on one machine, each with a port, sockets and a file limit of its own.
//!
//! The first node starts the others, and each of them has one link, to the first: a pair of connected sockets, of which the other
//! node was handed one end when it was started. It has no name, so nobody else can reach it, and there is no secret to keep.
//!
//! ```text
//! asked at a node  ── Ask ──▶  the first  ── Ask ──▶  every other node
//!                 ◀─ Answer ─             ◀─ Answer ─ once it has done so
//! ```
//!
//! # Invariants
//! - Every login is known at every node before it is answered, and ended at every node before a logout is.
//! - A push is answered with success only once every living node has queued it for its sockets. So of two pushes, the second asked
//!   for, anywhere, after the first was answered, no socket sees the second first. Messages of one link are handled in order.
//! - A push is one message for each node, whatever the number of its deliveries.
//! - Waiting is bounded: a node that does not answer in time is ended, and what it was asked for is answered with 503, never with
//!   success. It counts as gone only when its process is, and with it its sockets.
//! - What comes over a link is checked as a client's packets are; what is wrong ends the link, and with it the node, never the others.

mod link;
mod message;

use self::link::{Answered, Link, Over};
use self::message::{MAX_HELLO, Message};
use super::config::PlatformConfig;
use super::shared::Shared;
use super::wrong;
use bytes::Bytes;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

pub(super) use self::message::Ask;

/// Most asks of one node that are under way; more wait for their turn.
const MOST_ASKS: usize = 1_024;
/// How much longer than for the others a node waits for the first, which waits for the others.
const FOR_THE_FIRST: Duration = Duration::from_secs(2);

/// What a node is to the others.
#[derive(Debug)]
pub enum Role {
    /// The only one.
    Alone,
    /// The one that has started these.
    First(Vec<Peer>),
    /// One that was started, with its link to the first.
    Other(UnixStream),
}

/// A node that the first has started.
#[derive(Debug)]
pub struct Peer {
    /// What people are to call it.
    pub name: String,
    /// The link to it, its first message read.
    pub stream: UnixStream,
    /// Sent when it is to be ended at once.
    pub put_out: oneshot::Sender<()>,
    /// Ready once it is gone, with all of its sockets.
    pub gone: oneshot::Receiver<()>,
}

/// Tells the first node where this one listens; its first message.
pub async fn say_hello(stream: &mut UnixStream, address: SocketAddr) -> io::Result<()> {
    let hello = message::encode(&Message::Hello { address }, MAX_HELLO);
    stream.write_all(&hello.unwrap_or_default()).await
}

/// Where a node that was started says it listens.
pub async fn hear_hello(stream: &mut UnixStream) -> io::Result<SocketAddr> {
    let wrong = |why: message::NotAMessage| io::Error::other(format!("it sent {why}"));
    let mut head = [0; message::HEAD];
    stream.read_exact(&mut head).await?;
    let length = message::length(&head, MAX_HELLO).map_err(wrong)?;
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).await?;
    match message::decode(&body).map_err(wrong)? {
        Message::Hello { address } => Ok(address),
        _ => Err(io::Error::other("it did not say where it listens")),
    }
}

/// The right to ask, as long as it is held.
pub(super) type Turn<'a> = SemaphorePermit<'a>;

/// Not every node did in time what it was asked for: nobody knows what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unknown;

/// The other nodes of this one's platform.
#[derive(Debug)]
pub(super) struct Nodes {
    links: Vec<Arc<Link>>,
    ids: AtomicU64,
    turns: Semaphore,
    patience: Duration,
    max_len: usize,
    is_first: bool,
    /// Whether the first node said that the platform ends.
    told: watch::Sender<bool>,
}

/// A link's far end, as long as nobody carries it.
#[derive(Debug)]
pub(super) struct Way {
    link: Arc<Link>,
    waiting: mpsc::UnboundedReceiver<Bytes>,
    stream: UnixStream,
    end: Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>,
}

/// What has been asked of other nodes.
#[derive(Debug)]
pub(super) struct Elsewhere {
    id: u64,
    asked: Vec<(Arc<Link>, Answered)>,
    by: Instant,
    /// It could not be asked at all.
    unsaid: bool,
}

impl Nodes {
    /// The nodes beside this one, if there are any, and the ways to them.
    pub(super) fn new(role: Role, config: &PlatformConfig) -> (Option<Self>, Vec<Way>) {
        let mut patience = config.node_timeout;
        let is_first = matches!(role, Role::First(_));
        let ways: Vec<Way> = match role {
            Role::Alone => return (None, Vec::new()),
            Role::First(peers) => peers
                .into_iter()
                .map(|peer| Way::new(peer.name, peer.stream, Some((peer.put_out, peer.gone))))
                .collect(),
            Role::Other(stream) => {
                patience += FOR_THE_FIRST;
                vec![Way::new("the first node".to_owned(), stream, None)]
            }
        };
        let nodes = Self {
            links: ways.iter().map(|way| Arc::clone(&way.link)).collect(),
            ids: AtomicU64::new(0),
            turns: Semaphore::new(MOST_ASKS),
            patience,
            max_len: message::max_len(config),
            is_first,
            told: watch::Sender::new(false),
        };
        (Some(nodes), ways)
    }

    /// Waits until something may be asked; too much is under way.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, Unknown> {
        let turn = tokio::time::timeout(self.patience, self.turns.acquire());
        turn.await.ok().and_then(Result::ok).ok_or(Unknown)
    }

    /// Asks all other nodes.
    pub(super) fn ask(&self, ask: Ask<'_>) -> Elsewhere {
        self.ask_but(None, ask)
    }

    /// Asks all other nodes but one: the one that asks.
    fn ask_but(&self, but: Option<&Arc<Link>>, ask: Ask<'_>) -> Elsewhere {
        let id = self.ids.fetch_add(1, Ordering::Relaxed);
        let frame = message::encode(&Message::Ask { id, ask }, self.max_len);
        let others = self
            .links
            .iter()
            .filter(|link| but.is_none_or(|but| !Arc::ptr_eq(link, but)));
        let asked = frame.iter().flat_map(|frame| {
            let others = others.clone();
            others.filter_map(|link| Some((Arc::clone(link), link.ask(id, frame.clone())?)))
        });
        Elsewhere {
            id,
            asked: asked.collect(),
            by: Instant::now() + self.patience,
            unsaid: frame.is_none(),
        }
    }
}

impl Elsewhere {
    /// At how many sockets it was done.
    pub(super) async fn answer(self, nodes: &Nodes) -> Result<u64, Unknown> {
        let mut sockets = Some(0_u64).filter(|_| !self.unsaid);
        for (link, answered) in self.asked {
            let more = match tokio::time::timeout_at(self.by, answered).await {
                Ok(Ok(said)) => said,
                // The node is gone, and nobody is there any more who could have got it.
                Ok(Err(_)) => Some(0),
                Err(_) => {
                    link.give_up(self.id);
                    nodes.no_answer(&link);
                    None
                }
            };
            sockets = sockets
                .zip(more)
                .map(|(sum, more)| sum.saturating_add(more));
        }
        sockets.ok_or(Unknown)
    }
}

impl Nodes {
    /// The first ends a node that does not answer; the others can but say so of the first.
    fn no_answer(&self, link: &Link) {
        if self.is_first {
            link.put_out();
        } else {
            let (name, patience) = (&link.name, self.patience);
            eprintln!("pushproof platform: {name} did not answer within {patience:?}");
        }
    }
}

impl Way {
    fn new(
        name: String,
        stream: UnixStream,
        end: Option<(oneshot::Sender<()>, oneshot::Receiver<()>)>,
    ) -> Self {
        let (link, waiting) = Link::new(name);
        Self {
            link: Arc::new(link),
            waiting,
            stream,
            end,
        }
    }

    /// Carries what is said between this node and that one, until one of them is gone.
    async fn keep(mut self, shared: Arc<Shared>) {
        let Some(nodes) = &shared.nodes else { return };
        let link = Arc::clone(&self.link);
        let hear = |message: Message<'_>| hear(&shared, &link, message);
        let over = self
            .link
            .carry(self.stream, &mut self.waiting, nodes.max_len, hear)
            .await;
        // What still comes to be said goes nowhere.
        drop(self.waiting);
        let Some((put_out, mut gone)) = self.end else {
            if !*nodes.told.borrow() {
                eprintln!("pushproof platform: {}: {over}; this node ends", link.name);
            }
            link.lost();
            return;
        };
        let ends = matches!(over, Over::Ended);
        if !ends {
            eprintln!("pushproof platform: {}: {over}; it is ended", link.name);
        }
        // One that ends by itself, in order or not, lets go of its link last.
        if !ends
            || tokio::time::timeout(nodes.patience, &mut gone)
                .await
                .is_err()
        {
            let _ = put_out.send(());
            let _ = gone.await;
        }
        if wrong::ends::node_is_gone(&shared).await {
            link.gone();
        }
    }
}

/// Carries the links to other nodes until all of them are over.
pub(super) async fn keep(shared: &Arc<Shared>, ways: Vec<Way>) {
    let mut kept = JoinSet::new();
    for way in ways {
        kept.spawn(way.keep(Arc::clone(shared)));
    }
    while kept.join_next().await.is_some() {}
}

/// Whether another node has started this one, which ends with that.
pub(super) fn was_started(shared: &Shared) -> bool {
    shared.nodes.as_ref().is_some_and(|nodes| !nodes.is_first)
}

/// Tells the nodes that this one has started that the platform ends.
pub(super) fn stop(shared: &Shared) {
    if let Some(nodes) = shared.nodes.as_ref().filter(|nodes| nodes.is_first)
        && let Some(frame) = message::encode(&Message::Stop, nodes.max_len)
    {
        let links = nodes.links.iter();
        links.for_each(|link| link.send(frame.clone()));
    }
}

/// Ready when the first node says that the platform ends.
pub(super) async fn told(shared: &Shared) {
    match &shared.nodes {
        Some(nodes) => drop(nodes.told.subscribe().wait_for(|told| *told).await),
        None => std::future::pending().await,
    }
}

/// One message of another node.
fn hear(shared: &Arc<Shared>, link: &Arc<Link>, message: Message<'_>) -> Result<(), Over> {
    let Some(nodes) = &shared.nodes else {
        return Ok(());
    };
    match message {
        Message::Answer { id, sockets } => link.answered(id, sockets),
        Message::Stop if !nodes.is_first => drop(nodes.told.send_replace(true)),
        Message::Hello { .. } | Message::Stop => {
            return Err(message::NotAMessage::Unknown("nothing that is said there").into());
        }
        Message::Ask { id, ask } => {
            ask.check(&shared.config)?;
            let elsewhere = nodes.ask_but(Some(link), ask);
            let here = shared.carry_out(ask);
            if elsewhere.asked.is_empty() && !elsewhere.unsaid {
                answer(nodes, link, id, Ok(here));
                return Ok(());
            }
            let (asking, link) = (Arc::clone(shared), Arc::clone(link));
            shared.spawn(async move {
                if let Some(nodes) = &asking.nodes {
                    let there = elsewhere.answer(nodes).await;
                    answer(nodes, &link, id, there.map(|there| there + here));
                }
            });
        }
    }
    Ok(())
}

fn answer(nodes: &Nodes, link: &Link, id: u64, sockets: Result<u64, Unknown>) {
    let sockets = sockets.ok();
    if let Some(frame) = message::encode(&Message::Answer { id, sockets }, nodes.max_len) {
        link.send(frame);
    }
}

#[cfg(test)]
mod tests;
