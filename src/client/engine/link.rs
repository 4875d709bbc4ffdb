//! The bytes of one socket: the only place that knows what they travel through, and whether there is TLS in it.
//!
//! A link at rest has no buffer: what has to wait for more, or for room, is kept for as long. With TLS it has keys besides, somewhere else.

use std::io::{self, ErrorKind, Write as _};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use super::kernel::{Reading, Received};
use super::tools::{READ, Tools};
use crate::client::route::Session;

/// Most bytes waiting to be written: a socket writes little more than pongs.
const MAX_UNWRITTEN: usize = 1 << 20;

/// What the kernel is to keep of what is not read; it keeps some times that.
const NARROW: usize = 4 * 1024;

pub(super) struct Link {
    tcp: TcpStream,
    /// `None`: what is read is what was meant.
    tls: Option<Box<Session>>,
    /// What the kernel has not taken yet; nearly always nothing.
    unwritten: Vec<u8>,
    /// The selector tells when it takes more.
    told_of_room: bool,
    /// Writing failed. Whatever came before that is still read, and says more.
    broken: Option<Box<io::Error>>,
}

/// What a read brought.
pub(super) enum Got {
    /// There is nothing now.
    Nothing,
    /// Nothing more will come.
    End,
    /// So many bytes for the reader; with TLS it may be none.
    Bytes(usize, Read),
}

/// What is known of a read.
pub(super) struct Read {
    /// So many bytes were read.
    pub(super) bytes: usize,
    /// There was room for no more.
    pub(super) full: bool,
    /// When the kernel received the last of them.
    pub(super) received: Option<Received>,
}

/// Most bytes of an incomplete record that are kept: a record has 16 KiB and some.
const MOST_INCOMPLETE: usize = READ / 2;

impl Link {
    /// Registers the connection, which does not block. From then on the selector tells of it, and the kernel stamps what comes.
    pub(super) fn new(
        tcp: std::net::TcpStream,
        tls: Option<Box<Session>>,
        registry: &Registry,
        token: Token,
        tools: &mut Tools,
    ) -> io::Result<Self> {
        let mut tcp = TcpStream::from_std(tcp);
        if let Err(error) = Reading::ask(&tcp) {
            tools.unstamped.get_or_insert_with(|| error.to_string());
        }
        registry.register(&mut tcp, token, Interest::READABLE)?;
        Ok(Self {
            tcp,
            tls,
            unwritten: Vec::new(),
            told_of_room: false,
            broken: None,
        })
    }

    /// Reads once, `most` bytes at most. There is room for [`READ`], whatever is asked for: a record opened now may have begun before.
    pub(super) fn read(
        &mut self,
        into: &mut [u8],
        most: usize,
        tools: &mut Tools,
    ) -> io::Result<Got> {
        if self.tls.is_some() {
            return self.read_sealed(into, most, tools);
        }
        let Some(read) = self.read_raw(&mut into[..most], &mut tools.reading)? else {
            return Ok(Got::Nothing);
        };
        Ok(match read.bytes {
            0 => Got::End,
            length => Got::Bytes(length, read),
        })
    }

    /// `None`: there is nothing now.
    fn read_raw(&self, into: &mut [u8], reading: &mut Reading) -> io::Result<Option<Read>> {
        loop {
            return match reading.read(&self.tcp, into) {
                Ok((bytes, received)) => Ok(Some(Read {
                    bytes,
                    full: bytes == into.len(),
                    received,
                })),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }

    /// Reads once, and deciphers the records that are whole. The text of a record has the stamp of the read that brought its end.
    fn read_sealed(&mut self, into: &mut [u8], most: usize, tools: &mut Tools) -> io::Result<Got> {
        let mut raw = std::mem::take(&mut tools.raw);
        raw.resize(READ, 0);
        let got = self.decipher(&mut raw, into, most, tools);
        tools.raw = raw;
        got
    }

    fn decipher(
        &mut self,
        raw: &mut [u8],
        into: &mut [u8],
        most: usize,
        tools: &mut Tools,
    ) -> io::Result<Got> {
        let Some(mut tls) = self.tls.take() else {
            return Ok(Got::Nothing);
        };
        let before = tls.raw.len().min(MOST_INCOMPLETE);
        raw[..before].copy_from_slice(&tls.raw[..before]);
        let until = raw.len().min(before + most);
        let read = self.read_raw(&mut raw[before..until], &mut tools.reading);
        let got = match read {
            Ok(Some(read)) if read.bytes > 0 => self
                .open(&mut tls, &mut raw[..before + read.bytes], into, tools)
                .map(|length| Got::Bytes(length, read)),
            Ok(Some(_)) => Ok(Got::End),
            // That nothing more comes was said, and whatever came before has been read.
            Ok(None) if tls.records.is_over() => Ok(Got::End),
            Ok(None) => Ok(Got::Nothing),
            Err(error) => Err(error),
        };
        self.tls = Some(tls);
        got
    }

    /// Deciphers what is whole, keeps the rest, and writes what is owed for it.
    fn open(
        &mut self,
        tls: &mut Session,
        raw: &mut [u8],
        into: &mut [u8],
        tools: &mut Tools,
    ) -> io::Result<usize> {
        let mut length = 0;
        tools.sealed.clear();
        let add = |text: &[u8]| {
            // A record has more bytes than its text, and all of them were read into a place no larger than this.
            into[length..length + text.len()].copy_from_slice(text);
            length += text.len();
        };
        let taken = tls.records.take(raw, add, &mut tools.sealed);
        if !tools.sealed.is_empty() {
            self.write_raw(&tools.sealed);
        }
        let rest = &raw[taken.map_err(invalid)?.bytes..];
        if rest.len() > MOST_INCOMPLETE {
            return Err(invalid(rustls::Error::PeerSentOversizedRecord));
        }
        if !(rest.is_empty() && tls.raw.is_empty()) {
            tls.raw = rest.to_vec();
        }
        Ok(length)
    }

    /// Writes without waiting for anybody to take it. `sealed` is room for records.
    pub(super) fn write(&mut self, bytes: &[u8], sealed: &mut Vec<u8>) {
        match &mut self.tls {
            None => self.write_raw(bytes),
            Some(tls) => {
                sealed.clear();
                let done = tls.records.seal(bytes, sealed);
                self.sealed(done, sealed);
            }
        }
    }

    /// Says that nothing more will be written, where there is a way to.
    pub(super) fn say_over(&mut self, sealed: &mut Vec<u8>) {
        if let Some(tls) = &mut self.tls {
            sealed.clear();
            let done = tls.records.close(sealed);
            self.sealed(done, sealed);
        }
    }

    fn sealed(&mut self, done: Result<(), rustls::Error>, sealed: &[u8]) {
        match done {
            Ok(()) => self.write_raw(sealed),
            Err(error) => {
                self.broken.get_or_insert_with(|| Box::new(invalid(error)));
            }
        }
    }

    /// Has the kernel keep little of what is never read, so that the other side soon notices. Not for what goes on: a window that shrinks
    /// leaves a sender waiting for its persist timer.
    pub(super) fn narrow(&self) {
        SockRef::from(&self.tcp).set_recv_buffer_size(NARROW).ok();
    }

    fn write_raw(&mut self, bytes: &[u8]) {
        if self.broken.is_some() {
            return;
        }
        let taken = if self.unwritten.is_empty() {
            self.write_now(bytes)
        } else {
            0
        };
        let rest = &bytes[taken..];
        if rest.len() > MAX_UNWRITTEN - self.unwritten.len() {
            let full = "the target does not read what is written to it";
            let full = io::Error::new(ErrorKind::WriteZero, full);
            self.broken.get_or_insert_with(|| Box::new(full));
        } else if !rest.is_empty() && self.broken.is_none() {
            self.unwritten.extend_from_slice(rest);
        }
    }

    /// Writes what waits.
    pub(super) fn flush(&mut self) {
        if !self.unwritten.is_empty() && self.broken.is_none() {
            let waiting = std::mem::take(&mut self.unwritten);
            let taken = self.write_now(&waiting);
            self.unwritten = waiting[taken..].to_vec();
        }
    }

    /// How much of it the kernel takes.
    fn write_now(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        while taken < bytes.len() {
            match self.tcp.write(&bytes[taken..]) {
                Ok(more) => taken += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => {
                    self.broken = Some(Box::new(error));
                    break;
                }
            }
        }
        taken
    }

    /// Whether what was written has left, or never will.
    pub(super) fn is_written(&self) -> bool {
        self.unwritten.is_empty() || self.broken.is_some()
    }

    /// Sees to it that the selector tells when what waits can be written.
    pub(super) fn watch(&mut self, registry: &Registry, token: Token) {
        if self.is_written() || self.told_of_room {
            return;
        }
        self.told_of_room = true;
        let both = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = registry.reregister(&mut self.tcp, token, both) {
            self.broken = Some(Box::new(error));
        }
    }

    /// Why writing failed.
    pub(super) fn broken(&self) -> Option<&io::Error> {
        self.broken.as_deref()
    }

    /// Too much waits to be written. What comes may have no end.
    pub(super) fn is_choked(&self) -> bool {
        self.broken
            .as_ref()
            .is_some_and(|error| error.kind() == ErrorKind::WriteZero)
    }

    /// Has the connection reset when it is dropped.
    pub(super) fn reset_at_drop(&self) {
        SockRef::from(&self.tcp)
            .set_linger(Some(Duration::ZERO))
            .ok();
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
