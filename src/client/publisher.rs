//! A socket that emits events and waits for their acks, as a page or service of the target's would: for triggers. What is pushed to it is let
//! go of: it is no part of any audience.
//!
//! *Invariants:* one event is under way at a time; pings are answered whether anything is emitted or not; the connection ends with its
//! [`Publisher`].

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::endpoint::{Endpoint, open_line};
use super::listener::{ConnectError, Hello};
use super::route::Line;
use crate::protocol::engine::{self, Packet};
use crate::protocol::socket::{self, PacketType};

/// What stands in an event's arguments for the bytes that are attached to it.
pub use crate::protocol::binary::ONLY_PLACEHOLDER as PLACEHOLDER;

/// Most bytes of a message that are read: pushes at everyone come here too.
const MOST: usize = 16 << 20;
const READ: usize = 4096;

/// A connected socket.
#[derive(Debug)]
pub struct Publisher {
    emits: mpsc::Sender<Emit>,
    task: JoinHandle<()>,
    timeout: Duration,
}

#[derive(Debug)]
struct Emit {
    name: String,
    args: String,
    /// What is attached: `args` has its placeholder.
    bytes: Option<Vec<u8>>,
    /// Gets the arguments of the ack; without one, an empty list once the event is written. Dropped: the connection is gone.
    done: oneshot::Sender<String>,
    ack: bool,
}

/// Why there is no ack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// The connection ended first.
    #[error("the publisher's socket was closed before the ack")]
    Lost,
    /// It took too long.
    #[error("no ack within {0:?}")]
    Timeout(Duration),
}

impl Publisher {
    /// Connects, and says hello. `nth` says whose turn it is among the local addresses.
    pub async fn connect(
        endpoint: &Endpoint,
        hello: &Hello,
        nth: usize,
        timeout: Duration,
    ) -> Result<Self, ConnectError> {
        let limit = endpoint.connect_timeout;
        let connected = tokio::time::timeout(limit, async {
            let (line, behind) = open_line(endpoint, nth).await?;
            let mut wire = Wire::open(line, behind, hello.namespace.as_deref()).await;
            wire.join(&hello.auth).await?;
            Ok(wire)
        });
        let wire = connected
            .await
            .unwrap_or(Err(ConnectError::Timeout(limit)))?;
        let (emits, asked) = mpsc::channel(1);
        let task = tokio::spawn(wire.serve(asked));
        Ok(Self {
            emits,
            task,
            timeout,
        })
    }

    /// Emits an event; `args` are what stands between the brackets of its arguments, with the placeholder of `bytes` where there are any.
    /// Gives the arguments of its ack as a JSON array.
    pub async fn emit(
        &self,
        name: &str,
        args: &str,
        bytes: Option<Vec<u8>>,
        ack: bool,
    ) -> Result<String, EmitError> {
        let (done, acked) = oneshot::channel();
        let emit = Emit {
            name: name.to_owned(),
            args: args.to_owned(),
            bytes,
            done,
            ack,
        };
        let answer = async {
            self.emits.send(emit).await.ok()?;
            acked.await.ok()
        };
        match tokio::time::timeout(self.timeout, answer).await {
            Ok(answer) => answer.ok_or(EmitError::Lost),
            Err(_) => Err(EmitError::Timeout(self.timeout)),
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Wire {
    stream: WebSocketStream<Line<TcpStream>>,
    /// Empty: the main one.
    namespace: String,
    next_id: u64,
    /// The event that waits for its ack.
    waiting: Option<(u64, oneshot::Sender<String>)>,
}

impl Wire {
    async fn open(line: Line<TcpStream>, behind: Vec<u8>, namespace: Option<&str>) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ)
            .write_buffer_size(0)
            .max_write_buffer_size(2 * MOST)
            .max_message_size(Some(MOST))
            .max_frame_size(Some(MOST));
        let role = Role::Client;
        let stream = WebSocketStream::from_partially_read(line, behind, role, Some(config)).await;
        Self {
            stream,
            namespace: namespace.unwrap_or_default().to_owned(),
            next_id: 0,
            waiting: None,
        }
    }

    /// The next text that came. An error: the connection is gone, and why.
    async fn next(&mut self) -> Result<Option<String>, String> {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => Ok(Some(text.as_str().to_owned())),
            Some(Ok(Message::Close(_))) | None => Err("closed by the server".to_owned()),
            // Attachments of pushes, and control frames, which are answered below.
            Some(Ok(_)) => Ok(None),
            Some(Err(error)) => Err(error.to_string()),
        }
    }

    async fn send(&mut self, text: String) -> Result<(), String> {
        let sent = self.stream.send(Message::Text(text.into())).await;
        sent.map_err(|error| error.to_string())
    }

    fn connect_text(&self, auth: &str) -> String {
        let comma = if self.namespace.is_empty() { "" } else { "," };
        format!("40{}{comma}{auth}", self.namespace)
    }

    /// Engine.IO's handshake, and CONNECT.
    async fn join(&mut self, auth: &str) -> Result<(), ConnectError> {
        loop {
            let text = self.next().await.map_err(ConnectError::Closed)?;
            let Some(text) = text else { continue };
            let packet = engine::decode(&text);
            let packet = packet.map_err(|e| ConnectError::NotSocketIo(e.to_string()))?;
            match packet {
                Packet::Open(_) => {
                    let sent = self.send(self.connect_text(auth)).await;
                    sent.map_err(ConnectError::Closed)?;
                }
                Packet::Ping(data) => {
                    let pong = format!("3{data}");
                    self.send(pong).await.map_err(ConnectError::Closed)?;
                }
                Packet::Message(message) => match socket::decode(message) {
                    Ok(packet) if packet.kind == PacketType::Connect => return Ok(()),
                    Ok(packet) if packet.kind == PacketType::ConnectError => {
                        return Err(ConnectError::Refused(packet.data.to_owned()));
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    /// Emits what is asked for and answers pings, until the connection or the publisher is gone.
    async fn serve(mut self, mut asked: mpsc::Receiver<Emit>) {
        loop {
            let gone = tokio::select! {
                text = self.next() => match text {
                    Ok(Some(text)) => self.took(&text).await,
                    Ok(None) => self.stream.flush().await.map_err(|error| error.to_string()),
                    Err(why) => Err(why),
                },
                emit = asked.recv() => match emit {
                    Some(emit) => self.emit(emit).await,
                    None => Err("let go of".to_owned()),
                },
            };
            if gone.is_err() {
                return;
            }
        }
    }

    async fn emit(&mut self, emit: Emit) -> Result<(), String> {
        let mut text = String::from("4");
        let id = emit.ack.then_some(self.next_id);
        self.next_id += 1;
        let (name, args) = (&emit.name, &emit.args);
        match emit.bytes {
            None => {
                socket::encode_event(&self.namespace, id, name, args, &mut text);
                self.send(text).await?;
            }
            Some(bytes) => {
                socket::encode_binary_event(&self.namespace, id, name, args, 1, &mut text);
                self.send(text).await?;
                let sent = self.stream.send(Message::Binary(bytes.into())).await;
                sent.map_err(|error| error.to_string())?;
            }
        }
        match id {
            Some(id) => self.waiting = Some((id, emit.done)),
            None => {
                emit.done.send("[]".to_owned()).ok();
            }
        }
        Ok(())
    }

    async fn took(&mut self, text: &str) -> Result<(), String> {
        match engine::decode(text) {
            Ok(Packet::Ping(data)) => self.send(format!("3{data}")).await,
            Ok(Packet::Close) => Err("closed by the server".to_owned()),
            Ok(Packet::Message(message)) => match socket::decode(message) {
                Ok(packet) if packet.kind == PacketType::Disconnect => {
                    Err("disconnected by the server".to_owned())
                }
                Ok(packet) if packet.kind == PacketType::Ack => {
                    let ours = |(id, _): &(u64, _)| Some(*id) == packet.id;
                    if let Some((_, done)) = self.waiting.take_if(|waiting| ours(waiting)) {
                        done.send(packet.data.to_owned()).ok();
                    }
                    Ok(())
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}
