//! The way from long-polling to a WebSocket for the same session: it is opened, and asked whether packets pass.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::endpoint::{self, Endpoint};
use crate::client::route::Line;
use crate::client::upgrade::upgrade;
use crate::protocol::engine::{self, Packet};
use crate::protocol::frame::{self, Message, Opcode, Reader};

/// Most bytes that a WebSocket may bring before its session has moved there: the answer to the probe, and control frames.
pub(super) const MOST_EARLY: usize = 64 * 1024;

/// A WebSocket that packets pass through.
pub(super) struct Probed {
    pub(super) line: Line<TcpStream>,
    /// What came behind the answer.
    pub(super) behind: Vec<u8>,
}

/// Opens a WebSocket for this session and probes it. An error says in words why the session has to stay where it is.
pub(super) async fn probe(endpoint: &Endpoint, nth: usize, sid: &str) -> Result<Probed, String> {
    let timeout = endpoint.connect_timeout;
    let probed = tokio::time::timeout(timeout, async {
        let tcp = endpoint::connect(endpoint, nth)
            .await
            .map_err(|error| error.to_string())?;
        let line = endpoint.route.take(tcp).await;
        let mut line = line.map_err(|error| error.to_string())?;
        let behind = upgrade(&mut line, endpoint, Some(sid))
            .await
            .map_err(|error| error.to_string())?;
        answered(line, behind).await
    });
    let late = || Err(format!("the probe was not answered within {timeout:?}"));
    probed.await.unwrap_or_else(|_| late())
}

/// Writes a frame.
async fn say(line: &mut Line<TcpStream>, opcode: Opcode, payload: &[u8]) -> Result<(), String> {
    let mut mask = [0; 4];
    getrandom::fill(&mut mask).map_err(|error| error.to_string())?;
    let mut frame = Vec::new();
    frame::write(opcode, payload, mask, &mut frame);
    let written = async {
        line.write_all(&frame).await?;
        line.flush().await
    };
    let written = written.await;
    written.map_err(|error| format!("the WebSocket ended during the probe: {error}"))
}

async fn answered(mut line: Line<TcpStream>, mut bytes: Vec<u8>) -> Result<Probed, String> {
    let mut question = String::new();
    engine::encode(&Packet::Ping("probe"), &mut question);
    say(&mut line, Opcode::Text, question.as_bytes()).await?;
    let mut reader = Reader::new(MOST_EARLY);
    let mut read = 0;
    loop {
        read += bytes.len();
        let mut input = bytes.as_slice();
        loop {
            let echo = match reader.read(&mut input) {
                Ok(None) => break,
                Ok(Some(Message::Text(text))) => match engine::decode(text) {
                    Ok(Packet::Pong("probe")) => {
                        let behind = input.to_vec();
                        return Ok(Probed { line, behind });
                    }
                    _ => return Err(format!("the probe was answered by {}", short(text))),
                },
                Ok(Some(Message::Ping(data))) => data.to_vec(),
                Ok(Some(Message::Pong(_))) => continue,
                Ok(Some(Message::Binary(_))) => {
                    return Err("the probe was answered by a binary message".to_owned());
                }
                Ok(Some(Message::Close(_))) => {
                    return Err("the target closed the WebSocket during the probe".to_owned());
                }
                Err(error) => return Err(error.to_string()),
            };
            say(&mut line, Opcode::Pong, &echo).await?;
        }
        if read > MOST_EARLY {
            return Err(format!(
                "more than {MOST_EARLY} bytes came before the answer to the probe"
            ));
        }
        bytes.clear();
        match line.read_buf(&mut bytes).await {
            Ok(0) => return Err("the WebSocket ended during the probe: end of stream".to_owned()),
            Ok(_) => {}
            Err(error) => return Err(format!("the WebSocket ended during the probe: {error}")),
        }
    }
}

/// The start of what a target said, quoted.
fn short(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    format!("{start:?}")
}
