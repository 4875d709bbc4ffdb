//! `pushproof serve` as several nodes: this process is the first, and starts the others as its children.
//!
//! A child is the same binary with the same arguments and its place among the nodes. Its standard input is one end of a pair of
//! connected sockets: over it the nodes talk, nobody else can, and it ends with the first node, however that ends.

use super::files;
use crate::platform::nodes::{Peer, hear_hello};
use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// How long a node may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a node may take to end once the platform does; a little more than its connections may take.
const GRACE: Duration = Duration::from_secs(7);

/// A node that has been started and listens.
pub(super) struct Started {
    child: Child,
    stream: UnixStream,
    pub(super) address: SocketAddr,
}

/// How a node is told to end while the others go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It closes every connection.
    InOrder,
    /// It is killed.
    AtOnce,
}

impl Ending {
    /// What a line says, as `kill 2`: how a node is to end, and its place, from 0.
    pub(super) fn read(line: &str) -> Option<(Self, usize)> {
        let (how, number) = line.trim().split_once(' ')?;
        let how = match how {
            "stop" => Self::InOrder,
            "kill" => Self::AtOnce,
            _ => return None,
        };
        let number: usize = number.parse().ok()?;
        Some((how, number.checked_sub(1)?))
    }
}

/// The nodes beside the first, while the platform serves.
pub(super) struct Watched {
    ends: watch::Sender<bool>,
    /// By which each is told to end by itself.
    orders: Vec<mpsc::Sender<Ending>>,
    watches: Vec<JoinHandle<()>>,
}

/// What a node is called, by its place.
fn name(place: usize, nodes: usize, address: SocketAddr) -> String {
    format!("node {} of {nodes} at http://{address}", place + 1)
}

/// Starts all nodes but the first, and waits until they listen.
pub(super) async fn start(nodes: usize) -> anyhow::Result<Vec<Started>> {
    // All of them first: they come up side by side.
    let begun: Vec<_> = (1..nodes).map(begin).collect::<anyhow::Result<_>>()?;
    let mut started = Vec::with_capacity(begun.len());
    for (place, (child, mut stream)) in (1..).zip(begun) {
        let hello = tokio::time::timeout(PATIENCE, hear_hello(&mut stream)).await;
        let what = || format!("node {} of {nodes} did not come up", place + 1);
        let address = hello.with_context(what)?.with_context(what)?;
        if let Some(id) = child.id() {
            let name = name(place, nodes, address);
            files::say(&format!("{name} (process {id})"));
        }
        started.push(Started {
            child,
            stream,
            address,
        });
    }
    Ok(started)
}

fn begin(place: usize) -> anyhow::Result<(Child, UnixStream)> {
    let cannot = "another node cannot be started";
    let (ours, theirs) = StdUnixStream::pair().context(cannot)?;
    ours.set_nonblocking(true).context(cannot)?;
    let program = std::env::current_exe().context(cannot)?;
    let child = Command::new(program)
        .args(std::env::args_os().skip(1))
        .arg(format!("--node={place}"))
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        // A Ctrl-C at the terminal is for the first, which ends them all in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .context(cannot)?;
    let stream = UnixStream::from_std(ours).context(cannot)?;
    Ok((child, stream))
}

/// A node's link to the first, which is its standard input.
pub(super) fn link_to_first() -> anyhow::Result<UnixStream> {
    let by_hand = "--node is for a node that another one starts; leave it out";
    let stdin = std::io::stdin().as_fd().try_clone_to_owned()?;
    let stream = StdUnixStream::from(stdin);
    stream.peer_addr().context(by_hand)?;
    stream.set_nonblocking(true).context(by_hand)?;
    UnixStream::from_std(stream).context(by_hand)
}

/// Watches over the nodes: tells when one ends, and ends it when the first node wants that.
pub(super) fn watch_over(started: Vec<Started>) -> (Watched, Vec<Peer>) {
    let nodes = started.len() + 1;
    let (ends, ending) = watch::channel(false);
    let mut watches = Vec::with_capacity(started.len());
    let mut peers = Vec::with_capacity(started.len());
    let mut orders = Vec::with_capacity(started.len());
    for (place, node) in (1..).zip(started) {
        let name = name(place, nodes, node.address);
        let (put_out, to_end) = oneshot::channel();
        let (gone, is_gone) = oneshot::channel();
        let (order, ordered) = mpsc::channel(1);
        orders.push(order);
        watches.push(tokio::spawn(watch_one(
            node.child,
            name.clone(),
            (to_end, ordered),
            gone,
            ending.clone(),
        )));
        peers.push(Peer {
            name,
            stream: node.stream,
            put_out,
            gone: is_gone,
        });
    }
    let all = Watched {
        ends,
        orders,
        watches,
    };
    (all, peers)
}

async fn watch_one(
    mut child: Child,
    name: String,
    (to_end, mut ordered): (oneshot::Receiver<()>, mpsc::Receiver<Ending>),
    gone: oneshot::Sender<()>,
    mut ending: watch::Receiver<bool>,
) {
    let ended = tokio::select! {
        ended = child.wait() => ended,
        Ok(()) = to_end => kill(&mut child).await,
        Some(how) = ordered.recv() => end(&mut child, how).await,
        () = async { drop(ending.wait_for(|ends| *ends).await) } => {
            match tokio::time::timeout(GRACE, child.wait()).await {
                Ok(ended) => ended,
                Err(_) => kill(&mut child).await,
            }
        }
    };
    let in_order = ended.as_ref().is_ok_and(ExitStatus::success);
    if !(in_order && *ending.borrow()) {
        let how = ended.map_or_else(|e| e.to_string(), |status| status.to_string());
        files::say(&format!("{name} has ended ({how}); the others go on"));
    }
    // The link may be over already, and nobody waits.
    let _ = gone.send(());
}

async fn end(child: &mut Child, how: Ending) -> std::io::Result<ExitStatus> {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    match (how, id.and_then(Pid::from_raw)) {
        (Ending::InOrder, Some(id)) => {
            kill_process(id, Signal::TERM)?;
            match tokio::time::timeout(GRACE, child.wait()).await {
                Ok(ended) => ended,
                Err(_) => kill(child).await,
            }
        }
        _ => kill(child).await,
    }
}

async fn kill(child: &mut Child) -> std::io::Result<ExitStatus> {
    child.start_kill()?;
    child.wait().await
}

impl Watched {
    /// The platform ends: waits until every node has.
    pub(super) async fn end(self) {
        self.ends.send_replace(true);
        for watch in self.watches {
            let _ = watch.await;
        }
    }

    /// Tells one node to end, which is counted from 0 and not the first.
    pub(super) fn end_one(&self, how: Ending, place: usize) {
        let order = place
            .checked_sub(1)
            .and_then(|place| self.orders.get(place));
        if order.is_none_or(|order| order.try_send(how).is_err()) {
            files::say(&format!(
                "there is no node {} that could end by itself",
                place + 1
            ));
        }
    }

    /// Tells that whoever ends from now on does so in order.
    pub(super) fn told(&self) {
        self.ends.send_replace(true);
    }
}
