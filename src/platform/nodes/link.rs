//! The way from one node to another: what waits to be written, and who waits for an answer.
//!
//! What waits is bounded by what was let in: each node has a bounded number of asks under way, each with one message, and an answer is a
//! few bytes. So a node never waits for another to read, and none can block the others.

use super::message::{self, HEAD, Message, NotAMessage};
use bytes::{Buf, Bytes, BytesMut};
use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{Notify, mpsc, oneshot};

/// Bytes that are gathered before they are written.
const BATCH: usize = 256 * 1024;
/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// What the other node says became of an ask.
pub(super) type Answered = oneshot::Receiver<Option<u64>>;

/// One node as another sees it.
#[derive(Debug)]
pub(super) struct Link {
    /// What people call it.
    pub(super) name: String,
    out: mpsc::UnboundedSender<Bytes>,
    asked: Mutex<Asked>,
    put_out: Notify,
}

/// Who waits for an answer.
#[derive(Debug)]
enum Asked {
    /// These do.
    Waiting(HashMap<u64, oneshot::Sender<Option<u64>>>),
    /// Nobody needs to: the node is gone, with all of its sockets.
    Gone,
    /// Nobody can: there is no way to the node any more, and it may be there still.
    Lost,
}

/// Why a link is over.
#[derive(Debug, thiserror::Error)]
pub(super) enum Over {
    #[error("it is gone")]
    Ended,
    #[error("the way there broke: {0}")]
    Broken(#[from] io::Error),
    #[error("it sent {0}")]
    Garbled(#[from] NotAMessage),
    #[error("it did not answer in time")]
    Silent,
}

impl Link {
    /// A link, and what is to be written there.
    pub(super) fn new(name: String) -> (Self, mpsc::UnboundedReceiver<Bytes>) {
        let (out, waiting) = mpsc::unbounded_channel();
        let link = Self {
            name,
            out,
            asked: Mutex::new(Asked::Waiting(HashMap::new())),
            put_out: Notify::new(),
        };
        (link, waiting)
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends an ask. `None`: there is no such node any more, so it has no sockets either.
    pub(super) fn ask(&self, id: u64, frame: Bytes) -> Option<Answered> {
        let (answer, answered) = oneshot::channel();
        match &mut *self.asked() {
            Asked::Waiting(asked) => {
                asked.insert(id, answer);
                self.send(frame);
            }
            Asked::Gone => return None,
            Asked::Lost => drop(answer.send(None)),
        }
        Some(answered)
    }

    /// Sends a message. One for a node that is on its way out goes nowhere.
    pub(super) fn send(&self, frame: Bytes) {
        let _ = self.out.send(frame);
    }

    /// The other node has answered. An answer that nobody waits for came too late.
    pub(super) fn answered(&self, id: u64, sockets: Option<u64>) {
        if let Some(answer) = self.give_up(id) {
            let _ = answer.send(sockets);
        }
    }

    /// Nobody is to wait for this answer any more. Returns who did.
    pub(super) fn give_up(&self, id: u64) -> Option<oneshot::Sender<Option<u64>>> {
        match &mut *self.asked() {
            Asked::Waiting(asked) => asked.remove(&id),
            Asked::Gone | Asked::Lost => None,
        }
    }

    /// The other node did not answer in time: ends the link.
    pub(super) fn put_out(&self) {
        self.put_out.notify_one();
    }

    /// The other node is gone, with all of its sockets: nobody needs to wait for it.
    pub(super) fn gone(&self) {
        *self.asked() = Asked::Gone;
    }

    /// There is no way to the other node any more: nobody will know what it does.
    pub(super) fn lost(&self) {
        let before = std::mem::replace(&mut *self.asked(), Asked::Lost);
        if let Asked::Waiting(asked) = before {
            for (_, answer) in asked {
                let _ = answer.send(None);
            }
        }
    }

    /// Carries messages until the link is over; `hear` is given each one that comes.
    pub(super) async fn carry<S: AsyncRead + AsyncWrite>(
        &self,
        stream: S,
        waiting: &mut mpsc::UnboundedReceiver<Bytes>,
        max: usize,
        hear: impl FnMut(Message<'_>) -> Result<(), Over>,
    ) -> Over {
        let (read, write) = tokio::io::split(stream);
        let over = tokio::select! {
            over = listen(read, max, hear) => over,
            over = talk(write, waiting) => over,
            () = self.put_out.notified() => Err(Over::Silent),
        };
        over.err().unwrap_or(Over::Ended)
    }
}

/// Hands on each message that comes.
async fn listen(
    mut stream: impl AsyncRead + Unpin,
    max: usize,
    mut hear: impl FnMut(Message<'_>) -> Result<(), Over>,
) -> Result<(), Over> {
    let mut bytes = BytesMut::new();
    loop {
        while let Some(length) = message::length(&bytes, max)? {
            if bytes.len() < HEAD + length {
                bytes.reserve(HEAD + length - bytes.len());
                break;
            }
            hear(message::decode(&bytes[HEAD..HEAD + length])?)?;
            bytes.advance(HEAD + length);
        }
        // Long messages are rare, and their room is not kept.
        if bytes.is_empty() && bytes.capacity() > 2 * CHUNK {
            bytes = BytesMut::new();
        }
        bytes.reserve(CHUNK);
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
}

/// Writes what waits, as much as there is at once.
async fn talk(
    mut stream: impl AsyncWrite + Unpin,
    waiting: &mut mpsc::UnboundedReceiver<Bytes>,
) -> Result<(), Over> {
    while let Some(mut next) = waiting.recv().await {
        if let Ok(second) = waiting.try_recv() {
            let mut batch = BytesMut::from(&next[..]);
            batch.extend_from_slice(&second);
            while batch.len() < BATCH
                && let Ok(more) = waiting.try_recv()
            {
                batch.extend_from_slice(&more);
            }
            next = batch.freeze();
        }
        stream.write_all(&next).await?;
    }
    Ok(())
}
