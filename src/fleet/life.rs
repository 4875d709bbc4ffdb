//! What a socket does after a connection of it has ended: pure decisions, one socket's whole life.

use std::time::Duration;

use crate::client::listener::{ConnectError, Ended};
use crate::history::Leave;
use crate::ids::SocketId;
use crate::scenario::Clients;

/// The life of one socket.
#[derive(Debug)]
pub struct Life {
    socket: SocketId,
    /// CONNECT was accepted at least once.
    came: bool,
    /// A new session was asked for since the last connection.
    renewed: bool,
    /// Attempts to come back that failed in a row.
    failed: u32,
    /// All waits so far.
    waits: u32,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the run is over.
    Over,
    /// It never got in, and does not try again.
    Refused(ConnectError),
    /// The scenario had it leave; it comes back.
    Away,
    /// The connection ended without our doing; it comes back after a wait, or never.
    Dropped {
        /// Why.
        leave: Leave,
        /// The cause in the words of whoever knows it; may be empty.
        detail: String,
        /// How long to wait; `None`: it does not come back.
        wait: Option<Duration>,
    },
    /// Its session is no longer taken: log in again.
    LogIn,
    /// An attempt to come back failed; the next one after a wait, or never.
    NotBack {
        /// Why.
        why: String,
        /// What this machine ran out of, if that is why.
        shortage: Option<String>,
        /// How long to wait; `None`: it gives up.
        wait: Option<Duration>,
    },
}

impl Life {
    /// The life of this socket, which has not been connected yet.
    pub fn new(socket: SocketId) -> Self {
        Self {
            socket,
            came: false,
            renewed: false,
            failed: 0,
            waits: 0,
        }
    }

    /// Whether CONNECT was accepted before.
    pub fn came(&self) -> bool {
        self.came
    }

    /// Whether another attempt follows the end of this connection.
    pub fn returns(&self, ended: &Ended, clients: &Clients) -> bool {
        match ended {
            Ended::NotConnected(_) => false,
            Ended::Left { leave, .. } => {
                !(leave.is_death() || leave.is_neglect()) || clients.tries_again(0)
            }
        }
    }

    /// A connection, or an attempt at one, has ended.
    pub fn ended(&mut self, ended: Ended, clients: &Clients, seed: u64) -> Next {
        match ended {
            Ended::NotConnected(ConnectError::Stopped) => Next::Over,
            Ended::NotConnected(error) if !self.came => Next::Refused(error),
            Ended::NotConnected(ConnectError::Refused(_)) if !self.renewed => {
                self.renewed = true;
                Next::LogIn
            }
            Ended::NotConnected(error) => {
                self.failed(error.to_string(), error.shortage(), clients, seed)
            }
            Ended::Left { leave, detail, .. } => {
                self.came = true;
                self.renewed = false;
                self.failed = 0;
                if leave.is_death() || leave.is_neglect() {
                    let wait = self.wait(clients, seed);
                    Next::Dropped {
                        leave,
                        detail,
                        wait,
                    }
                } else {
                    Next::Away
                }
            }
        }
    }

    /// An attempt to come back failed.
    pub fn failed(
        &mut self,
        why: String,
        shortage: Option<&str>,
        clients: &Clients,
        seed: u64,
    ) -> Next {
        self.failed = self.failed.saturating_add(1);
        let wait = self.wait(clients, seed);
        let shortage = shortage.map(str::to_owned);
        Next::NotBack {
            why,
            shortage,
            wait,
        }
    }

    fn wait(&mut self, clients: &Clients, seed: u64) -> Option<Duration> {
        clients.tries_again(self.failed).then(|| {
            let wait = clients.backoff(seed, self.socket, self.failed, self.waits);
            self.waits = self.waits.wrapping_add(1);
            wait
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::file::Drops;
    use crate::scenario::{Driver, Transport, Transports};
    use crate::time::Time;

    fn clients(reconnect: bool, attempts: Option<u32>) -> Clients {
        Clients {
            driver: Driver::Lean,
            reconnect,
            delay: Duration::from_secs(1),
            delay_max: Duration::from_secs(5),
            jitter: 0.0,
            attempts,
            recovery: true,
            drops: Drops::Unknown,
            transports: Transports::One(Transport::WebSocket),
            neglect: crate::scenario::Neglect::default(),
        }
    }

    fn left(leave: Leave) -> Ended {
        Ended::Left {
            leave,
            detail: String::new(),
            after: Time::ZERO,
        }
    }

    fn refused() -> Ended {
        Ended::NotConnected(ConnectError::Refused("not authorized".to_owned()))
    }

    fn dropped(secs: Option<u64>) -> Next {
        Next::Dropped {
            leave: Leave::ConnectionLost,
            detail: String::new(),
            wait: secs.map(Duration::from_secs),
        }
    }

    fn not_back(why: &ConnectError, secs: Option<u64>) -> Next {
        Next::NotBack {
            why: why.to_string(),
            shortage: None,
            wait: secs.map(Duration::from_secs),
        }
    }

    #[test]
    fn who_never_got_in_does_not_try_again() {
        let mut life = Life::new(SocketId(1));
        let next = life.ended(refused(), &clients(true, None), 1);
        let why = ConnectError::Refused("not authorized".to_owned());
        assert_eq!(next, Next::Refused(why));
    }

    #[test]
    fn a_dropped_socket_comes_back_with_backoff_until_it_is_in_again() {
        let clients = clients(true, None);
        let mut life = Life::new(SocketId(1));
        let lost = || left(Leave::ConnectionLost);
        let error = ConnectError::Timeout(Duration::from_secs(15));
        assert_eq!(life.ended(lost(), &clients, 1), dropped(Some(1)));
        assert!(life.came());
        for secs in [2, 4, 5, 5] {
            let next = life.ended(Ended::NotConnected(error.clone()), &clients, 1);
            assert_eq!(next, not_back(&error, Some(secs)));
        }
        assert_eq!(life.ended(lost(), &clients, 1), dropped(Some(1)));
    }

    #[test]
    fn a_refused_session_is_renewed_once() {
        let clients = clients(true, None);
        let mut life = Life::new(SocketId(1));
        life.ended(left(Leave::Ours), &clients, 1);
        let why = ConnectError::Refused("not authorized".to_owned());
        assert_eq!(life.ended(refused(), &clients, 1), Next::LogIn);
        assert_eq!(life.ended(refused(), &clients, 1), not_back(&why, Some(2)));
        life.ended(left(Leave::ServerClose), &clients, 1);
        assert_eq!(life.ended(refused(), &clients, 1), Next::LogIn);
    }

    #[test]
    fn it_gives_up_where_it_is_told_to() {
        let mut life = Life::new(SocketId(1));
        let never = clients(false, None);
        let next = life.ended(left(Leave::ConnectionLost), &never, 1);
        assert_eq!(next, dropped(None));
        assert_eq!(life.ended(left(Leave::OursAbrupt), &never, 1), Next::Away);
        let once = clients(true, Some(1));
        let error = ConnectError::Closed("end of stream".to_owned());
        let next = life.ended(left(Leave::ConnectionLost), &once, 1);
        assert_eq!(next, dropped(Some(1)));
        let next = life.ended(Ended::NotConnected(error.clone()), &once, 1);
        assert_eq!(next, not_back(&error, None));
    }

    #[test]
    fn the_end_of_the_run_is_the_end() {
        let mut life = Life::new(SocketId(1));
        let stopped = Ended::NotConnected(ConnectError::Stopped);
        assert_eq!(life.ended(stopped, &clients(true, None), 1), Next::Over);
    }
}
