//! Accepting connections, and the platform's beginning and end.

use super::config::{ConfigError, PlatformConfig};
use super::http;
use super::nodes::{self, Peer, Role};
use super::shared::Shared;
use futures_util::FutureExt as _;
use futures_util::future::FusedFuture as _;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long open connections may take to end once the platform stops.
const GRACE: Duration = Duration::from_secs(5);
/// Pause after the system refused a connection for want of something, usually files.
const EXHAUSTED: Duration = Duration::from_millis(20);

/// Serves a platform, or one node of it, on a listener until `shutdown` is ready, or of a node that was started until the first one is
/// gone; then closes every connection and returns once all tasks are joined.
pub async fn serve(
    listener: TcpListener,
    config: PlatformConfig,
    role: Role,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ConfigError> {
    let shutdown = async {
        shutdown.await;
        End::InOrder
    };
    serve_until(listener, config, role, shutdown).await
}

/// How a platform ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Every connection is closed.
    InOrder,
    /// As a process that is killed.
    AtOnce,
}

async fn serve_until(
    listener: TcpListener,
    config: PlatformConfig,
    role: Role,
    shutdown: impl Future<Output = End>,
) -> Result<(), ConfigError> {
    config.validate()?;
    let (shared, ways) = Shared::new(config, role);
    shared.keep_faults();
    shared.keep_limit();
    let mut links = std::pin::pin!(nodes::keep(&shared, ways).fuse());
    let end = tokio::select! {
        () = accept(&listener, &shared) => End::InOrder,
        end = shutdown => end,
        () = without_first(&shared, &mut links) => End::InOrder,
        () = nodes::told(&shared) => End::InOrder,
    };
    drop(listener);
    if end == End::AtOnce {
        shared.perish().await;
        return Ok(());
    }
    nodes::stop(&shared);
    // Until its sockets are closed a node owes the others its answers, and waits for theirs.
    let mut closed = std::pin::pin!(shared.shut_down(GRACE));
    tokio::select! {
        () = &mut closed => {}
        () = &mut links => closed.await,
    }
    // The others lose their way to the first node when they have ended, not before.
    if !nodes::was_started(&shared) && !links.is_terminated() {
        let _ = tokio::time::timeout(GRACE, links).await;
    }
    Ok(())
}

/// Ready when a node that was started has lost the first. The first goes on without the others.
async fn without_first(shared: &Shared, links: impl Future<Output = ()>) {
    links.await;
    if !nodes::was_started(shared) {
        std::future::pending::<()>().await;
    }
}

async fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    // Said once for each time it begins, not for each try.
    let mut said = false;
    let mut stop = shared.stopped();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // Nobody else says so before this ends but a mutant that crashes.
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((tcp, _)) => {
                said = false;
                begin(shared, tcp);
            }
            // The connection broke before it was taken: no reason to pause.
            Err(e) if is_about_the_peer(&e) => {}
            Err(e) => {
                if !std::mem::replace(&mut said, true) {
                    eprintln!("pushproof platform: cannot accept connections: {e}");
                }
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

fn is_about_the_peer(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

fn begin(shared: &Arc<Shared>, tcp: TcpStream) {
    // Events are small and each one matters now.
    if tcp.set_nodelay(true).is_ok() {
        shared.spawn(http::serve(Arc::clone(shared), tcp));
    }
}

/// Why a platform could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings make no platform.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address could not be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// A platform running inside this process. Dropping it lets go without waiting; [`Platform::stop`] waits for the end.
#[derive(Debug)]
pub struct Platform {
    address: SocketAddr,
    stop: oneshot::Sender<End>,
    served: JoinHandle<Result<(), ConfigError>>,
}

/// A platform, and when it has ended.
struct Node {
    platform: Platform,
    ended: oneshot::Receiver<()>,
}

impl Platform {
    /// Starts a platform on an address; port 0 picks a free one.
    pub async fn start(address: SocketAddr, config: PlatformConfig) -> Result<Self, StartError> {
        let node = Self::start_as(address, config, Role::Alone).await?;
        Ok(node.platform)
    }

    /// Starts a platform of so many nodes, each on a port of its own, all of them in this process; the first one first. They end with the
    /// first, and each can be stopped by itself.
    pub async fn start_nodes(
        nodes: usize,
        config: &PlatformConfig,
    ) -> Result<Vec<Self>, StartError> {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::start_nodes_at(&vec![anywhere; nodes.max(1)], config).await
    }

    /// The same, at these addresses, of which there is one at least.
    pub async fn start_nodes_at(
        addresses: &[SocketAddr],
        config: &PlatformConfig,
    ) -> Result<Vec<Self>, StartError> {
        let (mut peers, mut started) = (Vec::new(), Vec::new());
        for (place, &address) in addresses.iter().enumerate().skip(1) {
            let (ours, theirs) =
                UnixStream::pair().map_err(|source| StartError::Listen { address, source })?;
            let node = Self::start_as(address, config.clone(), Role::Other(theirs)).await?;
            peers.push(Peer {
                name: format!("node {}", place + 1),
                stream: ours,
                // It is no process that could be put out: it ends with its link.
                put_out: oneshot::channel().0,
                gone: node.ended,
            });
            started.push(node.platform);
        }
        let role = if peers.is_empty() {
            Role::Alone
        } else {
            Role::First(peers)
        };
        let first = Self::start_as(addresses[0], config.clone(), role).await?;
        started.insert(0, first.platform);
        Ok(started)
    }

    async fn start_as(
        address: SocketAddr,
        config: PlatformConfig,
        role: Role,
    ) -> Result<Node, StartError> {
        config.validate()?;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (stop, stopped) = oneshot::channel();
        let (over, ended) = oneshot::channel();
        let served = tokio::spawn(async move {
            let served = serve_until(listener, config, role, async {
                // A handle that was dropped asks for the end as well.
                stopped.await.unwrap_or(End::InOrder)
            });
            let served = served.await;
            let _ = over.send(());
            served
        });
        let platform = Self {
            address,
            stop,
            served,
        };
        Ok(Node { platform, ended })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it and waits until every connection is closed and every task is joined.
    pub async fn stop(self) {
        // The receiver is gone only if the platform has ended already.
        let _ = self.stop.send(End::InOrder);
        let _ = self.served.await;
    }

    /// Ends it as a process does that is killed: its connections break, and nobody is told anything.
    pub async fn kill(self) {
        let _ = self.stop.send(End::AtOnce);
        let _ = self.served.await;
    }
}
