//! The lean WebSocket driver: one task for each socket, around a sans-IO session.
//!
//! The task is one unsplit loop over frames, the session's deadline and the order to leave. Buffers are small (the read buffer is
//! the largest part of a socket's memory), `TCP_NODELAY` is set, frames are handed to the [`Listener`] where they lie.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::Uri;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use super::upgrade::{UpgradeError, upgrade};
use crate::clock::Clock;
use crate::history::Leave;
use crate::protocol::session::{Incoming, Session, Timeout, refusal_message};
use crate::protocol::socket::{self, PacketType};
use crate::time::Time;

/// Bytes read at once. Larger frames grow it for good, so most sockets stay small.
const READ_BUFFER: usize = 2048;
/// Most bytes waiting to be written: a socket writes little more than pongs.
const MAX_WRITE_BUFFER: usize = 1 << 20;
/// Largest message taken from a server: well above the 1 MB that Socket.IO servers allow by default.
const MAX_MESSAGE: usize = 16 << 20;

/// Where sockets connect.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The address behind the host's name, looked up once for all sockets.
    pub address: SocketAddr,
    /// The WebSocket URL with path and query.
    pub uri: Uri,
    /// From the first byte to the answer to CONNECT.
    pub connect_timeout: Duration,
}

/// Hears what happens at a socket, as it happens.
pub trait Listener {
    /// CONNECT was accepted.
    fn connected(&mut self, at: Time);
    /// An event arrived; `premature` if CONNECT had not been accepted.
    fn event(&mut self, at: Time, name: &str, args: &str, premature: bool);
    /// An event arrived in a namespace that was never asked for.
    fn stray_event(&mut self, at: Time, name: &str, args: &str, premature: bool);
    /// An event with attachments arrived; `data` is its JSON with placeholders, without the name.
    fn binary_event(
        &mut self,
        at: Time,
        name: &str,
        args: &str,
        attachments: &[Bytes],
        premature: bool,
    );
}

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It never got as far as an accepted CONNECT.
    NotConnected(ConnectError),
    /// It was connected and is no more.
    Left {
        /// Why.
        leave: Leave,
        /// The cause in the words of whoever knows it; may be empty.
        detail: String,
        /// Until when it was certainly connected: a connection that dies in silence was gone long before that is noticed.
        until: Time,
    },
}

/// Why a socket did not get connected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No TCP connection.
    #[error("cannot connect to {address}: {cause}")]
    Tcp {
        /// Where to.
        address: SocketAddr,
        /// What the system said.
        cause: String,
    },
    /// The WebSocket was refused.
    #[error("the target refused the WebSocket: HTTP {status}{body}")]
    Http {
        /// The status in place of 101.
        status: u16,
        /// The start of the answer, if there was one.
        body: String,
    },
    /// What answered does not speak WebSocket or Socket.IO revision 5.
    #[error("the target does not speak Socket.IO (protocol revision 5) here: {0}")]
    NotSocketIo(String),
    /// CONNECT was refused.
    #[error("the target refused the session: {0}")]
    Refused(String),
    /// The connection ended before CONNECT was answered.
    #[error("the connection ended before CONNECT was answered: {0}")]
    Closed(String),
    /// It took too long.
    #[error("not connected within {0:?}")]
    Timeout(Duration),
    /// We were told to stop meanwhile.
    #[error("stopped while connecting")]
    Stopped,
}

type Stream = WebSocketStream<TcpStream>;

/// Connects a socket and serves it to its end. `stop` ends it in an orderly way.
pub async fn run<L: Listener>(
    endpoint: &Endpoint,
    auth: String,
    clock: Clock,
    listener: &mut L,
    stop: impl Future<Output = ()>,
) -> Ended {
    let mut stop = pin!(stop);
    // The handshake's state is large and short-lived: boxed, it does not stay part of this task for the socket's whole life.
    let opening = Box::pin(open(endpoint));
    let (stream, mut session) = tokio::select! {
        opened = opening => match opened {
            Ok(stream) => (stream, Session::new(clock.now(), endpoint.connect_timeout)),
            Err(error) => return Ended::NotConnected(error),
        },
        () = &mut stop => return Ended::NotConnected(ConnectError::Stopped),
    };
    let mut socket = Socket {
        stream,
        clock,
        auth,
        connected: false,
        heard: clock.now(),
        timeout: endpoint.connect_timeout,
    };
    socket.serve(&mut session, listener, stop).await
}

/// TCP and WebSocket handshake.
async fn open(endpoint: &Endpoint) -> Result<Stream, ConnectError> {
    let opened = tokio::time::timeout(endpoint.connect_timeout, async {
        let mut tcp = TcpStream::connect(endpoint.address)
            .await
            .and_then(|tcp| tcp.set_nodelay(true).map(|()| tcp))
            .map_err(|e| ConnectError::Tcp {
                address: endpoint.address,
                cause: e.to_string(),
            })?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_WRITE_BUFFER)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let behind = upgrade(&mut tcp, &endpoint.uri)
            .await
            .map_err(handshake_error)?;
        let socket = WebSocketStream::from_partially_read(tcp, behind, Role::Client, Some(config));
        Ok(socket.await)
    });
    opened
        .await
        .unwrap_or(Err(ConnectError::Timeout(endpoint.connect_timeout)))
}

fn handshake_error(error: UpgradeError) -> ConnectError {
    match error {
        UpgradeError::Io(why) => ConnectError::Closed(why),
        UpgradeError::Status { status, body } => ConnectError::Http { status, body },
        UpgradeError::NotWebSocket(_) => ConnectError::NotSocketIo(error.to_string()),
    }
}

struct Socket {
    stream: Stream,
    clock: Clock,
    /// The CONNECT payload; dropped once sent.
    auth: String,
    connected: bool,
    /// When the last frame came.
    heard: Time,
    timeout: Duration,
}

/// What one frame led to.
enum Step {
    Go,
    End(Ended),
}

impl Socket {
    async fn serve<L: Listener>(
        &mut self,
        session: &mut Session,
        listener: &mut L,
        mut stop: std::pin::Pin<&mut impl Future<Output = ()>>,
    ) -> Ended {
        // Moved at once only when the deadline comes nearer; one that moves away with every ping is looked at when the timer fires.
        let mut timer_at = session.deadline().unwrap_or(Time::MAX);
        let mut timer = pin!(tokio::time::sleep_until(self.clock.instant(timer_at)));
        loop {
            tokio::select! {
                biased;
                frame = self.stream.next() => {
                    let outcome = self.take(session, listener, frame.as_ref());
                    if let Err(error) = self.transmit(session).await {
                        return self.ended(Leave::ConnectionLost, &error.to_string());
                    }
                    if let Step::End(ended) = outcome {
                        return ended;
                    }
                    let deadline = session.deadline().unwrap_or(Time::MAX);
                    if deadline < timer_at {
                        timer_at = deadline;
                        timer.as_mut().reset(self.clock.instant(timer_at));
                    }
                }
                () = &mut timer => {
                    if let Some(timeout) = session.handle_timeout(self.clock.now()) {
                        return match timeout {
                            Timeout::Connect => Ended::NotConnected(ConnectError::Timeout(self.timeout)),
                            Timeout::Ping => self.ended(Leave::PingTimeout, &timeout.to_string()),
                        };
                    }
                    timer_at = session.deadline().unwrap_or(Time::MAX);
                    timer.as_mut().reset(self.clock.instant(timer_at));
                }
                () = &mut stop => {
                    self.leave(session).await;
                    return if self.connected {
                        self.left(Leave::Ours, "")
                    } else {
                        Ended::NotConnected(ConnectError::Stopped)
                    };
                }
            }
        }
    }

    fn take<L: Listener>(
        &mut self,
        session: &mut Session,
        listener: &mut L,
        frame: Option<&Result<Message, tungstenite::Error>>,
    ) -> Step {
        let now = self.clock.now();
        if matches!(frame, Some(Ok(_))) {
            self.heard = now;
        }
        let incoming = match frame {
            Some(Ok(Message::Text(text))) => session.handle_text(now, text),
            Some(Ok(Message::Binary(bytes))) => session.handle_binary(now, bytes),
            Some(Ok(Message::Close(why))) => {
                let why = why.as_ref().map_or_else(String::new, |why| {
                    format!("WebSocket close {} {}", u16::from(why.code), why.reason)
                });
                return Step::End(self.ended(Leave::ServerClose, why.trim()));
            }
            Some(Ok(_)) => return Step::Go,
            Some(Err(error)) => {
                return Step::End(self.ended(cause(error), &error.to_string()));
            }
            None => {
                return Step::End(self.ended(Leave::ConnectionLost, "end of stream"));
            }
        };
        match incoming {
            Ok(incoming) => self.hear(listener, now, incoming),
            Err(error) => Step::End(self.ended(Leave::ProtocolError, &error.to_string())),
        }
    }

    fn hear<L: Listener>(&mut self, listener: &mut L, now: Time, incoming: Incoming<'_>) -> Step {
        match incoming {
            Incoming::Event {
                name,
                args,
                premature,
                ..
            } => listener.event(now, &name, args, premature),
            Incoming::BinaryEvent { packet, premature } => match socket::event(&packet.data) {
                Ok(event) => listener.binary_event(
                    now,
                    &event.name,
                    event.args,
                    &packet.attachments,
                    premature,
                ),
                Err(error) => {
                    return Step::End(self.ended(Leave::ProtocolError, &error.to_string()));
                }
            },
            Incoming::Connected { .. } => {
                self.connected = true;
                self.auth = String::new();
                listener.connected(now);
            }
            // Whatever it is, it has no business here, and the listener will say so.
            Incoming::OtherNamespace(packet) if packet.kind == PacketType::Event => {
                if let Ok(event) = socket::event(packet.data) {
                    listener.stray_event(now, &event.name, event.args, !self.connected);
                }
            }
            Incoming::OtherNamespaceBinary(packet) if packet.kind == PacketType::BinaryEvent => {
                if let Ok(event) = socket::event(&packet.data) {
                    listener.stray_event(now, &event.name, event.args, !self.connected);
                }
            }
            Incoming::Refused { data } => {
                let message = refusal_message(data).unwrap_or_else(|| data.to_owned());
                let refused = ConnectError::Refused(message);
                return Step::End(Ended::NotConnected(refused));
            }
            Incoming::Disconnected => {
                return Step::End(self.ended(Leave::ServerDisconnect, ""));
            }
            Incoming::Closed => return Step::End(self.ended(Leave::ServerClose, "")),
            Incoming::Nothing
            | Incoming::Opened(_)
            | Incoming::Ack { .. }
            | Incoming::BinaryAck { .. }
            | Incoming::OtherNamespace(_)
            | Incoming::OtherNamespaceBinary(_) => {}
        }
        Step::Go
    }

    async fn transmit(&mut self, session: &mut Session) -> Result<(), tungstenite::Error> {
        while let Some(transmit) = session.poll_transmit() {
            let mut text = String::new();
            transmit.encode(&self.auth, &mut text);
            self.stream.send(Message::text(text)).await?;
        }
        Ok(())
    }

    /// Leaves politely, but waits for nobody: a target that does not read must not hold up the end of a run.
    async fn leave(&mut self, session: &mut Session) {
        const PATIENCE: Duration = Duration::from_millis(500);
        session.leave();
        let goodbye = async {
            self.transmit(session).await.ok();
            self.stream.close(None).await.ok();
        };
        tokio::time::timeout(PATIENCE, goodbye).await.ok();
    }

    fn left(&self, leave: Leave, detail: &str) -> Ended {
        Ended::Left {
            leave,
            detail: detail.to_owned(),
            until: match leave {
                Leave::PingTimeout => self.heard,
                _ => self.clock.now(),
            },
        }
    }

    fn ended(&self, leave: Leave, detail: &str) -> Ended {
        if self.connected {
            return self.left(leave, detail);
        }
        let what = match detail {
            "" => leave.describe().to_owned(),
            detail => detail.to_owned(),
        };
        Ended::NotConnected(if leave == Leave::ProtocolError {
            ConnectError::NotSocketIo(what)
        } else {
            ConnectError::Closed(what)
        })
    }
}

fn cause(error: &tungstenite::Error) -> Leave {
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
            Leave::ServerClose
        }
        tungstenite::Error::Protocol(
            tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        )
        | tungstenite::Error::Io(_) => Leave::ConnectionLost,
        _ => Leave::ProtocolError,
    }
}

/// The WebSocket URL of an Engine.IO endpoint below a base URL.
pub fn socket_uri(base: &str) -> Result<Uri, http::uri::InvalidUri> {
    let rest = base.strip_prefix("http").unwrap_or(base);
    format!("ws{rest}/socket.io/?EIO=4&transport=websocket").parse()
}
