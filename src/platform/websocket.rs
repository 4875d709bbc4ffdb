//! The driver of one WebSocket: bytes to and from the connection's state machine.
//!
//! Frames to the client are written straight from the bytes that all receivers share, several to a system call where several wait;
//! frames from the client are read by tungstenite. One task does both, so a slow reader is noticed (its queue fills) without
//! delaying anybody else, and nothing is kept per connection but tungstenite's small read buffer.
//!
//! A turn of that task is bounded in messages and in bytes, and looks at the clock before it ends: however much a client sends, and
//! whether or not it ever makes a message, other tasks get their turns and the connection's own time does not stand still.

use super::config::PlatformConfig;
use super::conn::{Conn, Session};
use super::engine::{CloseReason, Next, ProbeStep};
use super::frame::Frame;
use super::mutants::Mutant;
use super::shared::Shared;
use super::wrong;
use crate::protocol::engine::{self, Packet};
use crate::time::Time;
use bytes::Bytes;
use std::future::{Future, poll_fn};
use std::io::{self, IoSlice, Read, Write};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

/// Bytes of the read buffer; a larger message makes it grow.
const READ_BUFFER: usize = 1024;
/// Most frames in one write.
const BATCH: usize = 16;
/// Steps before other tasks get their turn.
const TURN: usize = 64;
/// Bytes read before other tasks get their turn. The smallest frame of a client has six: that many take about a millisecond.
const TURN_BYTES: usize = 64 * 1024;
/// How long a connection that is to be closed may take to read the close frame and go.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a WebSocket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It carries its session from the start.
    Carry,
    /// It would take over a session from polling.
    Upgrade {
        /// The attempt's number.
        attempt: u32,
    },
}

/// Runs a WebSocket to its end, and with it the session that it carries.
pub(crate) async fn run(
    shared: &Arc<Shared>,
    conn: &Arc<Conn>,
    tcp: TcpStream,
    read: Bytes,
    purpose: Purpose,
) {
    let mut link = Link::new(tcp, &read, &shared.config);
    let early = !read.is_empty();
    // It shares HTTP's whole read buffer, which would live as long as the connection.
    drop(read);
    if let Purpose::Upgrade { attempt } = purpose
        && !link.probe(conn, attempt).await
    {
        Box::pin(link.farewell(CloseReason::ByClient)).await;
        return;
    }
    let reason = link.carry(shared, conn).await;
    wrong::se::ended(shared, early, reason);
    shared.forget(conn);
    if !matches!(reason, CloseReason::TransportLost | CloseReason::Overflow) {
        // Boxed: this is not worth keeping room for while the connection lives.
        Box::pin(link.farewell(reason)).await;
    }
}

/// tungstenite's view of the connection: it reads from it; the control frames it answers with are collected.
struct Wire {
    tcp: TcpStream,
    replies: Vec<u8>,
    /// Bytes that may still be read in this turn. Counted here, because the reader looks for a whole message before it returns.
    allowance: usize,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.allowance == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let room = buffer.len().min(self.allowance);
        let count = self.tcp.try_read(&mut buffer[..room])?;
        self.allowance -= count;
        Ok(count)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.replies.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How far writing got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// Everything that waited is written.
    All,
    /// The client must read first.
    Blocked,
    /// The session is over.
    Over(CloseReason),
}

struct Link {
    ws: WebSocket<Wire>,
    /// Frames being written, in order.
    batch: Vec<Bytes>,
    /// Bytes of the first of them that are written.
    written: usize,
    /// Nothing of the client is left to read until its socket says so: spares every push a look into the read buffer.
    drained: bool,
    /// The client's last message was read: its close frame, or what broke the connection.
    heard_all: bool,
    /// The code of the client's close frame.
    close_code: Option<u16>,
}

impl Link {
    fn new(tcp: TcpStream, read: &[u8], config: &PlatformConfig) -> Self {
        let [message, frame] = wrong::se::message_limits(config);
        let unmasked = config.mutants.has(Mutant::AcceptUnmasked);
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(message)
            .max_frame_size(frame)
            .accept_unmasked_frames(unmasked);
        let wire = Wire {
            tcp,
            replies: Vec::new(),
            allowance: 0,
        };
        Self {
            ws: WebSocket::from_partially_read(wire, read.to_vec(), Role::Server, Some(config)),
            batch: Vec::new(),
            written: 0,
            drained: false,
            heard_all: false,
            close_code: None,
        }
    }

    /// Carries the session until it is over.
    async fn carry(&mut self, shared: &Arc<Shared>, conn: &Arc<Conn>) -> CloseReason {
        let mut armed = Time::MAX;
        let mut timer = pin!(tokio::time::sleep_until(shared.clock.instant(armed)));
        poll_fn(|cx| {
            self.ws.get_mut().allowance = TURN_BYTES;
            for _ in 0..TURN {
                let sent = match self.send(conn, cx) {
                    Ok(Sent::Over(reason)) => return Poll::Ready(reason),
                    Ok(sent) => sent,
                    Err(_) => return Poll::Ready(CloseReason::TransportLost),
                };
                // Unwritten control replies must not pile up: such a client is not read from until it reads.
                let deaf = self.heard_all
                    || sent == Sent::Blocked && !self.ws.get_ref().replies.is_empty();
                if !deaf && let Poll::Ready(message) = self.read(cx) {
                    receive(shared, conn, message);
                    continue;
                }
                let Some(deadline) = conn.park(sent == Sent::All, cx) else {
                    continue;
                };
                if deadline != armed {
                    armed = deadline;
                    timer.as_mut().reset(shared.clock.instant(armed));
                }
                if timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                shared.handle_timeout(conn);
            }
            // A client that always has something to say keeps the timer from being looked at.
            shared.handle_timeout(conn);
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }

    /// Waits for the client to move its session here. True: it has.
    async fn probe(&mut self, conn: &Arc<Conn>, attempt: u32) -> bool {
        let moved = poll_fn(|cx| {
            self.ws.get_mut().allowance = TURN_BYTES;
            for _ in 0..TURN {
                if conn.poll_upgrade_over(attempt, cx).is_ready() {
                    return Poll::Ready(false);
                }
                let Ok(written) = self.write(cx) else {
                    return Poll::Ready(false);
                };
                if written.is_pending() {
                    return Poll::Pending;
                }
                let step = match ready!(self.read(cx)) {
                    Ok(Message::Text(text)) => {
                        conn.change(|s| s.engine.handle_probe(attempt, &text))
                    }
                    Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                    _ => ProbeStep::Drop,
                };
                match step {
                    ProbeStep::Answer => {
                        let mut answer = String::new();
                        engine::encode(&Packet::Pong("probe"), &mut answer);
                        self.batch.push(Frame::text(&answer).wire().clone());
                    }
                    ProbeStep::Upgraded => return Poll::Ready(true),
                    ProbeStep::Drop => return Poll::Ready(false),
                }
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        if !moved {
            conn.change(|s| s.engine.end_upgrade(attempt));
        }
        moved
    }

    /// Writes what the session has, as far as the client takes it.
    fn send(&mut self, conn: &Conn, cx: &mut Context<'_>) -> io::Result<Sent> {
        loop {
            let room = self.write(cx)?.is_ready();
            for _ in 0..BATCH {
                match conn.next_frame(room) {
                    Next::Frame(frame) => self.batch.push(frame.wire().clone()),
                    Next::Close(reason) => return Ok(Sent::Over(reason)),
                    Next::Nothing if !room => return Ok(Sent::Blocked),
                    Next::Nothing if self.batch.is_empty() => return Ok(Sent::All),
                    Next::Nothing => break,
                }
            }
        }
    }

    /// Writes the batch and the control replies. Ready once none of it is left.
    fn write(&mut self, cx: &mut Context<'_>) -> io::Result<Poll<()>> {
        loop {
            let wire = self.ws.get_mut();
            if self.batch.is_empty() {
                if wire.replies.is_empty() {
                    return Ok(Poll::Ready(()));
                }
                self.batch.push(std::mem::take(&mut wire.replies).into());
            }
            let tcp = &wire.tcp;
            let result = if let [only] = &self.batch[..] {
                tcp.try_write(&only[self.written..])
            } else {
                let mut slices = [IoSlice::new(&[]); BATCH];
                for (slice, frame) in slices.iter_mut().zip(&self.batch) {
                    *slice = IoSlice::new(frame);
                }
                slices[0].advance(self.written);
                tcp.try_write_vectored(&slices[..self.batch.len().min(BATCH)])
            };
            match result {
                Ok(count) => self.advance(count),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => match tcp.poll_write_ready(cx) {
                    Poll::Ready(ready) => ready?,
                    Poll::Pending => return Ok(Poll::Pending),
                },
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Takes note of written bytes.
    fn advance(&mut self, count: usize) {
        self.written += count;
        let mut done = 0;
        while let Some(frame) = self.batch.get(done)
            && self.written >= frame.len()
        {
            self.written -= frame.len();
            done += 1;
        }
        self.batch.drain(..done);
        // An idle connection keeps no list.
        if self.batch.is_empty() && self.batch.capacity() > 1 {
            self.batch = Vec::new();
        }
    }

    /// One message of the client. Wakes the task by itself if only the turn's bytes are used up.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, Error>> {
        loop {
            if self.drained {
                if let Err(e) = ready!(self.ws.get_ref().tcp.poll_read_ready(cx)) {
                    return Poll::Ready(Err(e.into()));
                }
                self.drained = false;
            }
            match self.ws.read() {
                Err(Error::Io(e)) if e.kind() == io::ErrorKind::WouldBlock => {
                    if self.ws.get_ref().allowance == 0 {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    self.drained = true;
                }
                result => {
                    if let Ok(Message::Ping(_)) = &result {
                        // The answer is made by the next look into the read buffer, for which nothing may come.
                        if let Err(e) = self.ws.flush() {
                            return Poll::Ready(Err(e));
                        }
                    }
                    if let Ok(Message::Close(frame)) = &result {
                        self.close_code = frame.as_ref().map(|frame| frame.code.into());
                    }
                    self.heard_all = matches!(result, Ok(Message::Close(_)) | Err(_));
                    return Poll::Ready(result);
                }
            }
        }
    }

    /// Says goodbye, in return with the client's own code, and waits a bounded time for the client to hear it: closing at once with
    /// bytes unread would take the words back.
    async fn farewell(mut self, reason: CloseReason) {
        let goodbye = async {
            let code = self.close_code.unwrap_or(reason.code());
            self.batch.push(Frame::close(code).wire().clone());
            poll_fn(|cx| match self.write(cx) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
                Err(e) => Poll::Ready(Err(e)),
            })
            .await?;
            let tcp = &mut self.ws.get_mut().tcp;
            tokio::io::AsyncWriteExt::shutdown(tcp).await?;
            poll_fn(|cx| {
                loop {
                    match tcp.try_read(&mut [0; 1024]) {
                        Ok(0) => return Poll::Ready(Ok(())),
                        Err(e) if e.kind() != io::ErrorKind::WouldBlock => {
                            return Poll::Ready(Err(e));
                        }
                        Ok(_) | Err(_) => ready!(tcp.poll_read_ready(cx))?,
                    }
                }
            })
            .await
        };
        // However it ends, the connection is dropped; there is nobody left to tell.
        let _: Result<io::Result<()>, _> = tokio::time::timeout(FAREWELL, goodbye).await;
    }
}

/// Hands one message to the session.
fn receive(shared: &Arc<Shared>, conn: &Arc<Conn>, message: Result<Message, Error>) {
    let reason = match message {
        Ok(Message::Text(text)) => match engine::decode(&text) {
            Ok(packet) => return shared.receive(conn, packet),
            Err(_) if wrong::se::panics_at(shared.config.mutants, &text) => return shared.crash(),
            Err(_) => CloseReason::Protocol("not an Engine.IO packet"),
        },
        Ok(Message::Binary(data)) => {
            return shared.receive(conn, Packet::Binary((&data[..]).into()));
        }
        Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => return,
        Ok(Message::Close(_)) => CloseReason::ByClient,
        Err(Error::Capacity(_)) => CloseReason::TooBig,
        Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake)) => {
            CloseReason::TransportLost
        }
        Err(Error::Utf8(_)) => CloseReason::NotText,
        Err(Error::Protocol(_)) => CloseReason::Protocol("not a WebSocket frame"),
        Err(_) => CloseReason::TransportLost,
    };
    if reason == CloseReason::TransportLost && shared.config.mutants.has(Mutant::LazyClose) {
        return;
    }
    let now = shared.clock.now();
    conn.change(|session: &mut Session| session.engine.close(now, reason));
}
#[cfg(test)]
mod tests {
    use super::Shared;
    use crate::platform::{PlatformConfig, Role};
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn the_task_of_a_connection_is_small() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tcp = TcpStream::connect(address).await.unwrap();
        let (shared, _) = Shared::new(PlatformConfig::default(), Role::Alone);
        let task = crate::platform::http::serve(shared, tcp);
        // Ten thousand of them are held at once, idle; what is needed rarely is boxed.
        assert!(size_of_val(&task) <= 1_024, "{}", size_of_val(&task));
    }
}
