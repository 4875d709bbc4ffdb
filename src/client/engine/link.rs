//! The bytes of one socket: the only place that knows what they travel through.

use std::io::{self, ErrorKind, Write as _};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use super::kernel::{Reading, Received};
use super::tools::Tools;

/// Most bytes waiting to be written: a socket writes little more than pongs.
const MAX_UNWRITTEN: usize = 1 << 20;

pub(super) struct Link {
    tcp: TcpStream,
    /// What the kernel has not taken yet; nearly always nothing.
    unwritten: Vec<u8>,
    /// The selector tells when it takes more.
    told_of_room: bool,
    /// Writing failed. Whatever came before that is still read, and says more.
    broken: Option<Box<io::Error>>,
}

impl Link {
    /// Registers the connection, which does not block. From then on the selector tells of it, and the kernel stamps what comes.
    pub(super) fn new(
        tcp: std::net::TcpStream,
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
            unwritten: Vec::new(),
            told_of_room: false,
            broken: None,
        })
    }

    /// Reads once. `None`: there is nothing now.
    pub(super) fn read(
        &mut self,
        into: &mut [u8],
        reading: &mut Reading,
    ) -> io::Result<Option<(usize, Option<Received>)>> {
        loop {
            return match reading.read(&self.tcp, into) {
                Ok(read) => Ok(Some(read)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }

    /// Writes without waiting for anybody to take it.
    pub(super) fn write(&mut self, bytes: &[u8]) {
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
