//! A client's TCP connection as hyper sees it: writes that stall are given up, and a write that failed is remembered.

use crate::platform::config::PlatformConfig;
use crate::platform::mutants::{Mutant, Mutants};
use crate::platform::wrong;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// A TCP connection whose client must take what it asked for within a bounded time.
pub(super) struct Bounded {
    tcp: TokioIo<TcpStream>,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    write_failed: Arc<AtomicBool>,
    mutants: Mutants,
}

impl Bounded {
    pub(super) fn new(
        tcp: TcpStream,
        config: &PlatformConfig,
        write_failed: Arc<AtomicBool>,
    ) -> Self {
        Self {
            tcp: TokioIo::new(tcp),
            patience: config.request_timeout,
            stalled: None,
            write_failed,
            mutants: config.mutants,
        }
    }

    pub(super) fn into_inner(self) -> TcpStream {
        self.tcp.into_inner()
    }

    fn judge<T>(
        &mut self,
        cx: &mut Context<'_>,
        result: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(Ok(value)) => {
                self.stalled = None;
                Poll::Ready(Ok(value))
            }
            Poll::Ready(Err(e)) => {
                self.write_failed.store(true, Ordering::Relaxed);
                Poll::Ready(Err(e))
            }
            Poll::Pending => {
                let patience = self.patience;
                let timer = self
                    .stalled
                    .get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
                ready!(timer.as_mut().poll(cx));
                self.write_failed.store(true, Ordering::Relaxed);
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl Read for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.mutants.has(Mutant::ClTe) {
            let bytes = ready!(wrong::se::read_without_length(
                self.tcp.inner_mut(),
                cx,
                buffer.remaining()
            ))?;
            buffer.put_slice(&bytes);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl Write for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        self.judge(cx, result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.tcp).poll_flush(cx);
        self.judge(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.tcp).poll_write_vectored(cx, slices);
        self.judge(cx, result)
    }
}
