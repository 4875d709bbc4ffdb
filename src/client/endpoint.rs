//! Where sockets connect, and the way there: TCP, what lies between that and the target, then the WebSocket handshake. `TCP_NODELAY` is set.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::Uri;
use tokio::net::{TcpSocket, TcpStream};

use super::http::query_value;
use super::listener::ConnectError;
use super::route::{Line, Route, Session};
use super::upgrade::{UpgradeError, upgrade};

/// Where sockets connect.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The address behind the host's name, or the proxy's, looked up once for all sockets.
    pub address: SocketAddr,
    /// What a connection to that address goes through to the target.
    pub route: Route,
    /// The URL of its Engine.IO, without a query.
    pub uri: Uri,
    /// What is presented besides, at every handshake.
    pub presents: Presents,
    /// From the first byte to the answer to CONNECT.
    pub connect_timeout: Duration,
    /// Local addresses to connect from, in turn; empty: whatever the system chooses.
    pub sources: Vec<IpAddr>,
}

/// What a socket presents in its handshakes besides what they need.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presents {
    /// Further values of the query, each as `&name=value` with both encoded.
    pub query: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
}

impl Endpoint {
    /// Path and query of a handshake or request, of a session if there is one.
    pub(super) fn path(&self, transport: &str, sid: Option<&str>) -> String {
        let (path, query) = (self.uri.path(), &self.presents.query);
        let mut target = format!("{path}?EIO=4&transport={transport}{query}");
        if let Some(sid) = sid {
            target += "&sid=";
            target += &query_value(sid);
        }
        target
    }

    /// The host with its port.
    pub(super) fn host(&self) -> &str {
        self.uri.authority().map_or("", |host| host.as_str())
    }
}

/// A WebSocket that is open. What it is read and written through from then on is not tokio's.
pub struct Opened {
    pub(super) tcp: std::net::TcpStream,
    /// The TLS in it; `None`: it is plain.
    pub(super) tls: Option<Box<Session>>,
    pub(super) address: SocketAddr,
    /// What came behind the handshake's answer.
    pub(super) behind: Vec<u8>,
}

impl Opened {
    /// `behind` came behind the handshake's answer.
    pub(super) fn new(
        line: Line<TcpStream>,
        address: SocketAddr,
        mut behind: Vec<u8>,
    ) -> std::io::Result<Self> {
        let (tcp, tls, unread) = line.into_parts()?;
        behind.extend(unread);
        Ok(Self {
            tcp,
            tls,
            address,
            behind,
        })
    }
}

/// TCP and WebSocket handshake. `nth` says whose turn it is among the local addresses.
pub async fn open(endpoint: &Endpoint, nth: usize) -> Result<Opened, ConnectError> {
    let address = endpoint.address;
    let opened = tokio::time::timeout(endpoint.connect_timeout, async {
        let (line, behind) = open_line(endpoint, nth).await?;
        Opened::new(line, address, behind).map_err(|e| ConnectError::tcp(address, &e))
    });
    opened
        .await
        .unwrap_or(Err(ConnectError::Timeout(endpoint.connect_timeout)))
}

/// The same as something to read and write on tokio, with what came behind the handshake's answer. It has no time-out.
pub(super) async fn open_line(
    endpoint: &Endpoint,
    nth: usize,
) -> Result<(Line<TcpStream>, Vec<u8>), ConnectError> {
    let tcp = connect(endpoint, nth).await?;
    let mut line = endpoint.route.take(tcp).await?;
    let behind = upgrade(&mut line, endpoint, None).await;
    Ok((line, behind.map_err(handshake_error)?))
}

/// A TCP connection. `nth` says whose turn it is among the local addresses.
pub(super) async fn connect(endpoint: &Endpoint, nth: usize) -> Result<TcpStream, ConnectError> {
    let connected = tcp(endpoint, nth).await;
    connected
        .and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp))
        .map_err(|e| ConnectError::tcp(endpoint.address, &e))
}

async fn tcp(endpoint: &Endpoint, nth: usize) -> std::io::Result<TcpStream> {
    let address = endpoint.address;
    if endpoint.sources.is_empty() {
        return TcpStream::connect(address).await;
    }
    let from = endpoint.sources[nth % endpoint.sources.len()];
    let socket = match from {
        IpAddr::V4(_) => TcpSocket::new_v4()?,
        IpAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(address).await
}

fn handshake_error(error: UpgradeError) -> ConnectError {
    match error {
        UpgradeError::Io(why) => ConnectError::Closed(why),
        UpgradeError::Status { status, body } => ConnectError::Http {
            asked: "the WebSocket",
            status,
            body,
        },
        UpgradeError::NotWebSocket(_) => ConnectError::NotSocketIo(error.to_string()),
    }
}

/// The URL of an Engine.IO endpoint: a path, with a slash at both ends, below a base URL.
pub fn socket_uri(base: &str, path: &str) -> Result<Uri, http::uri::InvalidUri> {
    let rest = base.strip_prefix("http").unwrap_or(base);
    format!("ws{rest}{path}").parse()
}
/// The address behind the host's name in a base URL. The error is a sentence in which the host is `what`'s.
pub async fn look_up(base: &str, what: &str) -> Result<SocketAddr, String> {
    let uri: http::Uri = base.parse().map_err(|e| format!("{base}: {e}"))?;
    let host = uri.host().unwrap_or_default();
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let usual = if uri.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    let port = uri.port_u16().unwrap_or(usual);
    let mut found = tokio::net::lookup_host((name, port))
        .await
        .map_err(|error| format!("the {what}'s name {host:?} cannot be looked up: {error}"))?;
    let first = found.next();
    first.ok_or_else(|| format!("the {what}'s name {host:?} has no address"))
}
