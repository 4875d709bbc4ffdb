//! A WebSocket: its opening, and messages both ways.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{Answer, Connection, PATIENCE, Probe, ProbeError, Request};
use crate::protocol::frame::{self, Message, Opcode, Reader};

/// Most bytes of a message.
const MAX_MESSAGE: usize = 4 << 20;
/// The mask of all frames. It guards proxies from pages that choose what is sent (RFC 6455, section 10.3); what is sent here nobody
/// else chose.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// What came on a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A close frame, with its code if it has one.
    Close(Option<u16>),
    /// The end of the connection, without a close frame.
    End,
}

/// An open WebSocket. Pings of the WebSocket itself are answered.
pub struct WebSocket {
    connection: Connection,
    reader: Reader,
    /// What the last pong of the WebSocket itself had in it.
    pub pong: Option<Vec<u8>>,
}

impl Probe {
    /// Asks for a WebSocket with this query, as it is written. `Ok(Err(answer))`: it was refused.
    pub async fn websocket(&self, query: &str) -> Result<Result<WebSocket, Answer>, ProbeError> {
        self.websocket_by(self.request("GET", query)).await
    }

    /// Asks for a WebSocket as a page of this origin does.
    pub async fn websocket_from(
        &self,
        query: &str,
        origin: &str,
    ) -> Result<Result<WebSocket, Answer>, ProbeError> {
        let request = self.request("GET", query).header("Origin", origin);
        self.websocket_by(request).await
    }

    async fn websocket_by(
        &self,
        request: Request,
    ) -> Result<Result<WebSocket, Answer>, ProbeError> {
        let key = generate_key();
        let request = request
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", &key);
        let mut connection = self.connect().await?;
        let answer = connection.ask(&request).await?;
        if answer.status != 101 {
            return Ok(Err(answer));
        }
        if answer.header("sec-websocket-accept") != Some(&derive_accept_key(key.as_bytes())) {
            let why = "its WebSocket accepts another key".to_owned();
            return Err(ProbeError::NotHttp(why));
        }
        Ok(Ok(WebSocket {
            connection,
            reader: Reader::new(MAX_MESSAGE),
            pong: None,
        }))
    }
}

impl WebSocket {
    /// How long the case has been under way.
    pub fn elapsed(&self) -> Duration {
        self.connection.elapsed()
    }

    /// Sends a text message.
    pub async fn send(&mut self, text: &str) -> Result<(), ProbeError> {
        self.connection.note("→", text);
        self.write(Opcode::Text, text.as_bytes()).await
    }

    /// Sends a binary message.
    pub async fn send_binary(&mut self, bytes: &[u8]) -> Result<(), ProbeError> {
        self.connection.note("→", &format!("{} bytes", bytes.len()));
        self.write(Opcode::Binary, bytes).await
    }

    /// Sends text messages in one piece.
    pub async fn send_together(&mut self, texts: &[&str]) -> Result<(), ProbeError> {
        let mut bytes = Vec::new();
        for text in texts {
            self.connection.note("→", text);
            frame::write(Opcode::Text, text.as_bytes(), MASK, &mut bytes);
        }
        self.connection.write(&bytes).await
    }

    /// Sends a frame of this kind, with this payload.
    pub async fn send_frame(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), ProbeError> {
        self.connection
            .note("→", &format!("({opcode:?}, {} bytes)", payload.len()));
        self.write(opcode, payload).await
    }

    /// Sends bytes as they are, whatever frames they make.
    pub async fn send_raw(&mut self, bytes: &[u8]) -> Result<(), ProbeError> {
        self.connection
            .note("→", &format!("({} bytes as they are)", bytes.len()));
        let line = &mut self.connection.line;
        let written = line.write_all(bytes).await;
        written.map_err(|_| ProbeError::Ended)?;
        line.flush().await.map_err(|_| ProbeError::Ended)
    }

    async fn write(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), ProbeError> {
        let mut bytes = Vec::with_capacity(payload.len() + 14);
        frame::write(opcode, payload, MASK, &mut bytes);
        let line = &mut self.connection.line;
        let written = line.write_all(&bytes).await;
        written.map_err(|_| ProbeError::Ended)?;
        line.flush().await.map_err(|_| ProbeError::Ended)
    }

    /// What comes next, with the usual patience.
    pub async fn next(&mut self) -> Result<Heard, ProbeError> {
        self.next_within(PATIENCE).await
    }

    /// What comes next within this time.
    pub async fn next_within(&mut self, patience: Duration) -> Result<Heard, ProbeError> {
        let heard = tokio::time::timeout(patience, self.hear()).await;
        let heard = heard.unwrap_or(Err(ProbeError::Timeout(patience)));
        self.told(&heard);
        heard
    }

    /// What comes next, however long that takes. Nothing is lost if it is not waited for to the end.
    pub(super) async fn hear_on(&mut self) -> Result<Heard, ProbeError> {
        let heard = self.hear().await;
        self.told(&heard);
        heard
    }

    fn told(&self, heard: &Result<Heard, ProbeError>) {
        match heard {
            Ok(Heard::Text(text)) => self.connection.note("←", text),
            Ok(Heard::Binary(bytes)) => {
                self.connection.note("←", &format!("{} bytes", bytes.len()));
            }
            Ok(Heard::Close(code)) => {
                let code = code.map_or_else(String::new, |code| format!(" {code}"));
                self.connection.note("←", &format!("(close{code})"));
            }
            Ok(Heard::End) => self.connection.note("←", "(end of the connection)"),
            Err(error) => self.connection.note("×", &error.to_string()),
        }
    }

    async fn hear(&mut self) -> Result<Heard, ProbeError> {
        loop {
            let came = std::mem::take(&mut self.connection.came);
            let mut input = came.as_slice();
            let mut pong = None;
            let heard = match self.reader.read(&mut input)? {
                None => None,
                Some(Message::Pong(data)) => {
                    self.pong = Some(data.to_vec());
                    None
                }
                Some(Message::Text(text)) => Some(Heard::Text(text.to_owned())),
                Some(Message::Binary(bytes)) => Some(Heard::Binary(bytes.to_vec())),
                Some(Message::Close(close)) => Some(Heard::Close(close.map(|close| close.code))),
                Some(Message::Ping(data)) => {
                    pong = Some(data.to_vec());
                    None
                }
            };
            self.connection.came = input.to_vec();
            if let Some(heard) = heard {
                return Ok(heard);
            }
            if let Some(data) = pong {
                self.write(Opcode::Pong, &data).await?;
            } else if self.connection.came.is_empty() && !self.connection.more().await {
                return Ok(Heard::End);
            }
        }
    }
}
