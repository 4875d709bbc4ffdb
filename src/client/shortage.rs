//! Errors of this machine's own: it has no more files, ports or memory for a connection. The target is not to blame for them.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use super::http::HttpError;
use super::listener::ConnectError;
use super::login::LoginError;

/// Too many open files in this process, and on this machine: the same numbers on every Unix.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;
/// No memory for a socket's buffers.
const ENOBUFS: i32 = if cfg!(target_os = "linux") { 105 } else { 55 };

/// Whether an error says that this machine ran out of something.
pub fn is_shortage(error: &io::Error) -> bool {
    let out = [EMFILE, ENFILE, ENOBUFS];
    // No address: every local port towards the target is taken.
    matches!(
        error.kind(),
        ErrorKind::AddrNotAvailable | ErrorKind::OutOfMemory
    ) || error.raw_os_error().is_some_and(|code| out.contains(&code))
}

/// The same of whatever lies beneath an error.
pub(super) fn comes_of_shortage(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let Some(io) = error.downcast_ref::<io::Error>() else {
            next = error.source();
            continue;
        };
        if is_shortage(io) {
            return true;
        }
        // Its source would be that of what it holds, not what it holds.
        next = io.get_ref().map(|held| held as &(dyn Error + 'static));
    }
    false
}

impl HttpError {
    /// What this machine ran out of, if that is why there is no answer.
    pub fn shortage(&self) -> Option<&str> {
        match self {
            Self::Connect { cause, ours, .. } => ours.then_some(cause),
            Self::Timeout(_) | Self::Broken(_) | Self::Address(_) => None,
        }
    }
}

impl LoginError {
    /// What this machine ran out of, if that is why there is no session.
    pub fn shortage(&self) -> Option<&str> {
        match self {
            Self::Http { cause, .. } => cause.shortage(),
            Self::Refused { .. } | Self::NoToken { .. } => None,
        }
    }
}

impl ConnectError {
    /// There is no TCP connection to this address, for this reason.
    pub(super) fn tcp(address: SocketAddr, error: &io::Error) -> Self {
        Self::Tcp {
            address,
            cause: error.to_string(),
            ours: is_shortage(error),
        }
    }

    /// What this machine ran out of, if that is why there is no socket.
    pub fn shortage(&self) -> Option<&str> {
        match self {
            Self::Tcp { cause, ours, .. } => ours.then_some(cause),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_machine_lacks_is_a_shortage() {
        let os = io::Error::from_raw_os_error;
        for (error, ours) in [
            (os(EMFILE), true),
            (os(ENFILE), true),
            (os(ENOBUFS), true),
            (ErrorKind::AddrNotAvailable.into(), true),
            (ErrorKind::ConnectionRefused.into(), false),
            (ErrorKind::ConnectionReset.into(), false),
            (ErrorKind::TimedOut.into(), false),
        ] {
            assert_eq!(is_shortage(&error), ours, "{error}");
            let wrapped = io::Error::other(error);
            assert_eq!(comes_of_shortage(&wrapped), ours, "{wrapped}");
        }
    }
}
