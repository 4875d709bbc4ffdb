//! A connection on tokio, plain or with TLS in it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustls::pki_types::ServerName;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;

use super::records::Records;
use super::tls::{self, Tls};

/// Read at once.
const READ: usize = 4 * 1024;
/// Most bytes of text sealed at once: a record.
const SEALED: usize = 16 * 1024;
/// More than a handshake has, and far more than a record.
const MOST_INCOMPLETE: usize = 128 * 1024;

/// A connection.
pub struct Line<S> {
    io: S,
    /// `None`: it is plain.
    tls: Option<Box<Secured>>,
    /// Nothing was read yet.
    fresh: bool,
}

/// What a TLS connection has besides.
struct Secured {
    records: Records,
    /// What came that is no whole record yet.
    raw: Vec<u8>,
    /// Text that nobody has read yet, and how much of it somebody has.
    text: Vec<u8>,
    read: usize,
    /// What was sealed and not written yet, and how much of it was.
    out: Vec<u8>,
    written: usize,
    /// Nothing more comes.
    ended: bool,
    /// Nothing more is said.
    closed: bool,
}

/// TLS of a connection that another driver goes on with.
pub(in crate::client) struct Session {
    pub(in crate::client) records: Records,
    /// What came that is no whole record yet.
    pub(in crate::client) raw: Vec<u8>,
}

/// Why there is no TLS.
#[derive(Debug)]
pub(super) enum Failed {
    Tls(rustls::Error),
    Io(io::Error),
    /// The other side ended the connection.
    Ended,
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub(super) fn plain(io: S) -> Self {
        Self {
            io,
            tls: None,
            fresh: true,
        }
    }

    /// Shakes hands with the server of this name.
    pub(super) async fn secured(
        mut io: S,
        tls: &Tls,
        name: &ServerName<'static>,
    ) -> Result<Self, Failed> {
        let mut records = tls.begin(name).map_err(Failed::Tls)?;
        let (mut raw, mut text, mut out) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let taken = records.take(&mut raw, |more| text.extend_from_slice(more), &mut out);
            // An alert is worth telling even if nothing comes of the connection.
            let written = match out.as_slice() {
                [] => Ok(()),
                out => io.write_all(out).await,
            };
            let taken = taken.map_err(Failed::Tls)?;
            written?;
            out.clear();
            raw.drain(..taken.bytes);
            if taken.ready && !records.is_over() {
                break;
            }
            if raw.len() > MOST_INCOMPLETE {
                return Err(Failed::Tls(rustls::Error::PeerSentOversizedRecord));
            }
            raw.reserve(READ);
            match io.read_buf(&mut raw).await {
                Ok(0) => return Err(Failed::Ended),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(Failed::Ended);
                }
                Err(error) => return Err(error.into()),
            }
        }
        let secured = Secured {
            records,
            raw: leftover(raw),
            text: leftover(text),
            read: 0,
            out: Vec::new(),
            written: 0,
            ended: false,
            closed: false,
        };
        Ok(Self {
            io,
            tls: Some(secured.into()),
            fresh: false,
        })
    }
}

/// Without the room that it took to get there.
fn leftover(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.is_empty() { Vec::new() } else { bytes }
}

impl Line<TcpStream> {
    /// Has the connection reset when it is dropped.
    pub fn reset_at_drop(&self) {
        SockRef::from(&self.io)
            .set_linger(Some(Duration::ZERO))
            .ok();
    }

    /// Reads what there is, without waiting for more. 0: it has ended.
    pub(in crate::client) fn try_read_buf(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return self.io.try_read_buf(into);
        };
        loop {
            if tls.has_come() {
                let text = tls.give(usize::MAX);
                let length = text.len();
                into.extend_from_slice(text);
                tls.tidy();
                return Ok(length);
            }
            tls.raw.reserve(READ);
            let came = self.io.try_read_buf(&mut tls.raw)?;
            tls.came(came)?;
        }
    }

    /// The connection without tokio, its TLS, and text that nobody has read yet.
    pub(in crate::client) fn into_parts(
        self,
    ) -> io::Result<(std::net::TcpStream, Option<Box<Session>>, Vec<u8>)> {
        let tcp = self.io.into_std()?;
        let Some(tls) = self.tls else {
            return Ok((tcp, None, Vec::new()));
        };
        let Secured {
            records,
            raw,
            mut text,
            read,
            ..
        } = *tls;
        text.drain(..read);
        let raw = leftover(raw);
        Ok((tcp, Some(Box::new(Session { records, raw })), text))
    }
}

impl Secured {
    /// So many bytes were read behind `raw`'s.
    fn came(&mut self, bytes: usize) -> io::Result<()> {
        if bytes == 0 {
            // Whether that was announced makes no difference: what is spoken inside tells its own ends.
            self.ended = true;
            return Ok(());
        }
        let (text, out) = (&mut self.text, &mut self.out);
        let add = |more: &[u8]| text.extend_from_slice(more);
        let taken = self.records.take(&mut self.raw, add, out);
        self.raw
            .drain(..taken.map_err(|error| invalid(&error))?.bytes);
        if self.raw.len() > MOST_INCOMPLETE {
            return Err(invalid(&rustls::Error::PeerSentOversizedRecord));
        }
        self.raw = leftover(std::mem::take(&mut self.raw));
        Ok(())
    }

    /// Whether there is text to give, or never will be.
    fn has_come(&self) -> bool {
        self.read < self.text.len() || self.ended || self.records.is_over()
    }

    /// Gives text, at most so much.
    fn give(&mut self, most: usize) -> &[u8] {
        let begun = self.read;
        self.read = self.text.len().min(begun.saturating_add(most));
        &self.text[begun..self.read]
    }

    /// Keeps no room for what was given.
    fn tidy(&mut self) {
        if self.read == self.text.len() {
            (self.text, self.read) = (Vec::new(), 0);
        }
    }
}

/// Alerts come at any time: with TLS 1.3 a server looks at this side's certificate when this side is done.
fn invalid(error: &rustls::Error) -> io::Error {
    let words = tls::in_words(error, "the target");
    io::Error::new(io::ErrorKind::InvalidData, words)
}

/// The start of a TLS alert: what a TLS server says to one who speaks plainly.
const ALERT: [u8; 2] = [21, 3];

/// What a plain connection brings first tells whether the other side speaks TLS.
fn is_plain(first: &[u8]) -> io::Result<()> {
    if first.starts_with(&ALERT) {
        let why = "the target speaks TLS at this port; write https:// in place of http://";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    Ok(())
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        let Some(tls) = &mut line.tls else {
            let begun = into.filled().len();
            ready!(Pin::new(&mut line.io).poll_read(cx, into))?;
            if std::mem::take(&mut line.fresh) {
                is_plain(&into.filled()[begun..])?;
            }
            return Poll::Ready(Ok(()));
        };
        while !tls.has_come() {
            let mut place = [0; READ];
            let mut place = ReadBuf::new(&mut place);
            ready!(Pin::new(&mut line.io).poll_read(cx, &mut place))?;
            tls.raw.extend_from_slice(place.filled());
            tls.came(place.filled().len())?;
            // What is owed for it goes out with what is written next, or now if there is room.
            if let Poll::Ready(written) = tls.poll_write_out(&mut line.io, cx) {
                written?;
            }
        }
        into.put_slice(tls.give(into.remaining()));
        tls.tidy();
        Poll::Ready(Ok(()))
    }
}

impl Secured {
    /// Writes what was sealed.
    fn poll_write_out<S: AsyncWrite + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.written < self.out.len() {
            let rest = &self.out[self.written..];
            match ready!(Pin::new(&mut *io).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                more => self.written += more,
            }
        }
        (self.out, self.written) = (Vec::new(), 0);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        text: &[u8],
    ) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let Some(tls) = &mut line.tls else {
            return Pin::new(&mut line.io).poll_write(cx, text);
        };
        ready!(tls.poll_write_out(&mut line.io, cx))?;
        let text = &text[..text.len().min(SEALED)];
        tls.records
            .seal(text, &mut tls.out)
            .map_err(|error| invalid(&error))?;
        // It is taken whether or not it can leave at once.
        if let Poll::Ready(written) = tls.poll_write_out(&mut line.io, cx) {
            written?;
        }
        Poll::Ready(Ok(text.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        if let Some(tls) = &mut line.tls {
            ready!(tls.poll_write_out(&mut line.io, cx))?;
        }
        Pin::new(&mut line.io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        if let Some(tls) = &mut line.tls {
            if !std::mem::replace(&mut tls.closed, true) {
                // Where even that cannot be said, the end of the connection says it.
                tls.records.close(&mut tls.out).ok();
            }
            ready!(tls.poll_write_out(&mut line.io, cx))?;
        }
        Pin::new(&mut line.io).poll_shutdown(cx)
    }
}
