//! How far a socket has come on its way from polls to a WebSocket.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::AsyncReadExt as _;
use tokio::sync::Notify;

use super::probe::{MOST_EARLY, Probed};
use crate::client::endpoint::Opened;
use crate::time::Time;

/// What is being done, if anything is.
pub(super) type Doing<'a, T> = Option<Pin<Box<dyn Future<Output = T> + 'a>>>;

/// Waits for what is being done, if anything is.
pub(super) async fn done<T>(doing: &mut Doing<'_, T>) -> T {
    match doing {
        Some(future) => {
            let value = future.await;
            *doing = None;
            value
        }
        None => pending().await,
    }
}

/// Waits until somebody rings, if anybody ever does.
pub(super) async fn rung(bell: Option<&Notify>) {
    match bell {
        Some(bell) => bell.notified().await,
        None => pending().await,
    }
}

/// How far the way to a WebSocket has been gone.
pub(super) enum Way<'a> {
    /// It stays on polling.
    None,
    Probing(Doing<'a, Result<Probed, String>>),
    /// Packets pass. No more polls and POSTs: once those under way have been answered the session moves.
    Pausing {
        to: Probed,
        since: Time,
    },
}

/// What has happened at the way to a WebSocket.
pub(super) enum Went {
    Probed(Result<Probed, String>),
    /// Something was read, or nothing will be.
    Early(io::Result<usize>),
}

impl Way<'_> {
    /// Waits for what happens next.
    pub(super) async fn goes_on(&mut self) -> Went {
        match self {
            Self::None => pending().await,
            Self::Probing(probing) => Went::Probed(done(probing).await),
            Self::Pausing { to, .. } => Went::Early(to.line.read_buf(&mut to.behind).await),
        }
    }

    /// No more polls and POSTs.
    pub(super) fn is_pausing(&self) -> bool {
        matches!(self, Self::Pausing { .. })
    }

    /// Something was read from the WebSocket before the move; an error says why that ends the way there.
    pub(super) fn early(&self, read: io::Result<usize>) -> Result<(), String> {
        let Self::Pausing { to, .. } = self else {
            return Ok(());
        };
        match read {
            Ok(0) => Err("the WebSocket ended before the session had moved".to_owned()),
            Ok(_) if to.behind.len() <= MOST_EARLY => Ok(()),
            Ok(_) => Err(format!(
                "more than {MOST_EARLY} bytes came by WebSocket before the session had moved"
            )),
            Err(error) => Err(format!(
                "the WebSocket ended before the session had moved: {error}"
            )),
        }
    }

    /// The end of the way, if it has come: the WebSocket at this address with all that it has brought, and since when something may have
    /// come there.
    pub(super) fn end(&mut self, address: SocketAddr) -> Option<Result<(Opened, Time), String>> {
        loop {
            let Self::Pausing { to, .. } = self else {
                return None;
            };
            match to.line.try_read_buf(&mut to.behind) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                read => {
                    if let Err(why) = self.early(read) {
                        return Some(Err(why));
                    }
                }
            }
        }
        let Self::Pausing { to, since } = std::mem::replace(self, Self::None) else {
            return None;
        };
        Some(match Opened::new(to.line, address, to.behind) {
            Ok(opened) => Ok((opened, since)),
            Err(error) => Err(error.to_string()),
        })
    }
}
