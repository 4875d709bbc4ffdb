//! Reading with the kernel's receive time stamps (`SO_TIMESTAMPNS`), where there are any.
//!
//! On a TCP connection a read tells one stamp: when the kernel received the segment with the last byte that was read, or one that it
//! has joined to that. The bytes before had come by then, and maybe earlier.

/// When the kernel received something, by the wall clock: nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Received(pub(super) u64);

#[cfg(target_os = "linux")]
mod system {
    use std::io::{self, IoSliceMut};
    use std::os::fd::AsRawFd as _;

    use mio::net::TcpStream;
    use nix::sys::socket::sockopt::ReceiveTimestampns;
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt};
    use nix::sys::time::TimeSpec;

    use super::Received;

    /// What a read needs besides the place for the bytes; one for all sockets.
    pub(in super::super) struct Reading {
        control: Vec<u8>,
    }

    impl Reading {
        pub(in super::super) fn new() -> Self {
            Self {
                control: nix::cmsg_space!(TimeSpec),
            }
        }

        /// Asks for stamps of what comes at a connection from now on.
        pub(in super::super) fn ask(tcp: &TcpStream) -> io::Result<()> {
            setsockopt(tcp, ReceiveTimestampns, &true).map_err(io::Error::from)
        }

        /// Reads once.
        pub(in super::super) fn read(
            &mut self,
            tcp: &TcpStream,
            into: &mut [u8],
        ) -> io::Result<(usize, Option<Received>)> {
            let (fd, mut into) = (tcp.as_raw_fd(), [IoSliceMut::new(into)]);
            let (control, flags) = (&mut self.control, MsgFlags::empty());
            let message = recvmsg::<()>(fd, &mut into, Some(control), flags)?;
            let mut told = message.cmsgs()?;
            let received = told.find_map(|one| match one {
                ControlMessageOwned::ScmTimestampns(at) => Some(Received(nanos(at)?)),
                _ => None,
            });
            Ok((message.bytes, received))
        }
    }

    fn nanos(at: TimeSpec) -> Option<u64> {
        let seconds = u64::try_from(at.tv_sec()).ok()?;
        let nanos = u64::try_from(at.tv_nsec()).ok()?;
        seconds.checked_mul(1_000_000_000)?.checked_add(nanos)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io::{self, Read as _};

    use mio::net::TcpStream;

    use super::Received;

    pub(in super::super) struct Reading;

    impl Reading {
        pub(in super::super) fn new() -> Self {
            Self
        }

        pub(in super::super) fn ask(_: &TcpStream) -> io::Result<()> {
            let why = "receive time stamps are read on Linux only";
            Err(io::Error::new(io::ErrorKind::Unsupported, why))
        }

        pub(in super::super) fn read(
            &mut self,
            mut tcp: &TcpStream,
            into: &mut [u8],
        ) -> io::Result<(usize, Option<Received>)> {
            tcp.read(into).map(|length| (length, None))
        }
    }
}

pub(super) use system::Reading;
