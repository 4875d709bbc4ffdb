//! One HTTP connection of a socket's own: requests one after the other, each answer read whole and bounded.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::client::endpoint::{self, Endpoint};
use crate::client::http::root_cause;
use crate::client::listener::ConnectError;
use crate::client::route::Line;
use crate::client::upgrade::{redirect, shown};

/// Most bytes read ahead of an answer.
const READ_AHEAD: usize = 64 * 1024;

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallError {
    /// There is no connection.
    Connect(ConnectError),
    /// It ended, or what came was not HTTP.
    Broken(String),
    /// The answer is larger than so many bytes.
    TooLong(usize),
    /// An answer, but no 200; with the start of its body after a colon, if it has one.
    Refused { status: u16, body: String },
}

/// A connection that is open.
pub(super) struct Connection {
    tcp: Rc<TcpStream>,
    sender: http1::SendRequest<Full<Bytes>>,
    /// What reads and writes. It is polled with whatever waits for it, by the same task; `None`: it is over.
    running: Option<http1::Connection<TokioIo<Line<Stream>>, Full<Bytes>>>,
}

impl Connection {
    /// Connects; `nth` says whose turn it is among the local addresses.
    pub(super) async fn open(endpoint: &Endpoint, nth: usize) -> Result<Self, CallError> {
        let tcp = endpoint::connect(endpoint, nth)
            .await
            .map_err(CallError::Connect)?;
        let tcp = Rc::new(tcp);
        let line = endpoint.route.take(Stream(Rc::clone(&tcp))).await;
        let line = line.map_err(|error| CallError::Connect(error.into()))?;
        let io = TokioIo::new(line);
        let (sender, running) = http1::Builder::new()
            .max_buf_size(READ_AHEAD)
            .handshake(io)
            .await
            .map_err(|error| CallError::Broken(root_cause(&error)))?;
        Ok(Self {
            tcp,
            sender,
            running: Some(running),
        })
    }

    /// Makes known which it is, to whoever may want it reset.
    pub(super) fn tell(&self, known: &Known) {
        *known.borrow_mut() = Rc::downgrade(&self.tcp);
    }

    /// Whether another request can be sent, as far as can be known before it is.
    pub(super) async fn is_usable(&mut self) -> bool {
        let Self {
            sender, running, ..
        } = self;
        while_running(running, sender.ready()).await.is_ok() && running.is_some()
    }

    /// Sends a request and reads its answer, which must be a 200 of at most so many bytes.
    pub(super) async fn call(
        &mut self,
        request: Request<Full<Bytes>>,
        most: usize,
    ) -> Result<Vec<u8>, CallError> {
        let sent = self.sender.send_request(request);
        let answered = async {
            let broken = |error: hyper::Error| CallError::Broken(root_cause(&error));
            let answer = sent.await.map_err(broken)?;
            let status = answer.status().as_u16();
            let location = answer.headers().get(http::header::LOCATION);
            let location = location.and_then(|to| to.to_str().ok());
            let redirect = redirect(status, location);
            let mut body = answer.into_body();
            let mut whole = Vec::new();
            while let Some(frame) = body.frame().await {
                let Ok(data) = frame.map_err(broken)?.into_data() else {
                    continue;
                };
                if data.len() > most - whole.len() {
                    return Err(CallError::TooLong(most));
                }
                whole.extend_from_slice(&data);
            }
            if status == 200 {
                return Ok(whole);
            }
            let body = redirect.unwrap_or_else(|| shown(&whole));
            Err(CallError::Refused { status, body })
        };
        while_running(&mut self.running, answered).await
    }
}

/// Which connection is in use, if it is still there.
pub(super) type Known = Rc<RefCell<Weak<TcpStream>>>;

/// Has a connection reset when it is dropped.
pub(super) fn reset_at_drop(known: &Known) {
    if let Some(tcp) = known.borrow().upgrade() {
        SockRef::from(&*tcp).set_linger(Some(Duration::ZERO)).ok();
    }
}

/// Polls what reads and writes before what waits for it, as one task: so whatever has come is read before the task rests.
async fn while_running<F: Future>(
    running: &mut Option<http1::Connection<TokioIo<Line<Stream>>, Full<Bytes>>>,
    work: F,
) -> F::Output {
    let mut work = pin!(work);
    poll_fn(|cx| {
        if let Some(connection) = running
            && Pin::new(connection).poll(cx).is_ready()
        {
            // How it ended is told to whoever waits for an answer.
            *running = None;
        }
        work.as_mut().poll(cx)
    })
    .await
}

/// A TCP connection that somebody else knows too.
struct Stream(Rc<TcpStream>);

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read(into.initialize_unfilled()) {
                Ok(length) => {
                    into.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Whoever drops it last closes it.
        Poll::Ready(Ok(()))
    }
}
