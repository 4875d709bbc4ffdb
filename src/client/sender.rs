//! Events that a connected socket emits for somebody on another thread: how they are handed to whoever holds it, and how that is known to
//! be connected.
//!
//! *Invariants:* an event is emitted once or not at all; of one that nobody waits for any more nothing is emitted; whoever waits learns of
//! the end of the connection.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::ids::SocketId;

/// An event to emit.
#[derive(Debug)]
pub struct Letter {
    /// By which socket.
    pub socket: SocketId,
    /// Its name.
    pub name: String,
    /// Its arguments as JSON, without the outer brackets, with the placeholder of `bytes` where there are any.
    pub args: String,
    /// What is attached.
    pub bytes: Option<Vec<u8>>,
    /// Whether an ack is wanted.
    pub ack: bool,
    /// Gets the arguments of the ack as a JSON array; without one, an empty list once the event is written. Dropped: the connection is
    /// gone, and nobody knows what became of the event.
    pub done: oneshot::Sender<Result<String, EmitError>>,
}

/// Why there is no ack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// There was no connection to emit it on.
    #[error("the sender's socket is not connected, nothing was emitted")]
    Away,
    /// The connection ended first.
    #[error("connection lost: the sender's socket was closed before the ack")]
    Lost,
    /// It took too long.
    #[error("no ack within {0:?}")]
    Timeout(Duration),
}

/// One socket, for one who has it emit.
#[derive(Debug, Clone)]
pub struct Sender {
    socket: SocketId,
    letters: mpsc::Sender<Letter>,
    there: watch::Receiver<bool>,
}

impl Sender {
    /// A socket whose holder takes `letters`, and says whether it is there.
    pub fn new(
        socket: SocketId,
        letters: mpsc::Sender<Letter>,
        there: watch::Receiver<bool>,
    ) -> Self {
        Self {
            socket,
            letters,
            there,
        }
    }

    /// Whether it is connected.
    pub fn is_there(&self) -> bool {
        *self.there.borrow()
    }

    /// Waits until it is connected, or nobody holds it any more.
    pub async fn there(&mut self) {
        self.there.wait_for(|there| *there).await.ok();
    }

    /// Has it emit an event, and gives the arguments of the ack as a JSON array. Nothing is waited for longer than `timeout`.
    pub async fn emit(
        &self,
        name: &str,
        args: String,
        bytes: Option<Vec<u8>>,
        ack: bool,
        timeout: Duration,
    ) -> Result<String, EmitError> {
        let (done, acked) = oneshot::channel();
        let letter = Letter {
            socket: self.socket,
            name: name.to_owned(),
            args,
            bytes,
            ack,
            done,
        };
        let answer = async {
            if self.letters.send(letter).await.is_err() {
                return Err(EmitError::Away);
            }
            acked.await.unwrap_or(Err(EmitError::Lost))
        };
        let answer = tokio::time::timeout(timeout, answer).await;
        answer.unwrap_or(Err(EmitError::Timeout(timeout)))
    }
}
