//! What a socket's holder hears and decides, and how a socket ends.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;

use super::route::RouteError;

use crate::history::{Leave, Stamp};
use crate::time::Time;

/// How a socket presents itself once it is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hello {
    /// The namespace that it connects to; `None`: the main one.
    pub namespace: Option<String>,
    /// The payload of CONNECT, a JSON object, or empty.
    pub auth: String,
}

impl From<String> for Hello {
    /// With this payload, in the main namespace.
    fn from(auth: String) -> Self {
        let namespace = None;
        Self { namespace, auth }
    }
}

/// Hears what happens at a socket, as it happens, and decides when it leaves.
pub trait Listener {
    /// Whatever is read from the socket now reached this machine after this, or would have, had this side asked for it at once
    /// ([`Listener::kept_back`]).
    fn not_before(&self) -> Time;
    /// What is read from now on can have been kept back for so long because this side had not asked for it: a target that is polled can
    /// send nothing between two polls.
    fn kept_back(&mut self, by: Duration);
    /// Something came that is no event, such as a ping: the connection was there at this moment.
    fn alive(&mut self, at: Time);
    /// CONNECT is about to be sent.
    fn connecting(&mut self, at: Time);
    /// CONNECT is accepted, by a target that gives the session this private id, to be recovered by (connection state recovery). Told before
    /// [`Listener::connected`].
    fn recoverable(&mut self, _pid: String) {}
    /// CONNECT was accepted.
    fn connected(&mut self, at: Time);
    /// The goodbye is about to be sent; what still comes is heard until the end.
    fn leaving(&mut self, at: Time);
    /// When and how to leave as things stand. Asked when CONNECT was accepted, and whenever there are new orders; before CONNECT was
    /// accepted any answer ends the socket at once.
    fn departure(&mut self, now: Time) -> Option<Departure>;
    /// Whether a sign of life is wanted now: then the target is asked for one. Asked whenever there are new orders.
    fn wants_sign(&mut self) -> bool;
    /// When [`Listener::emit`] is wanted next; `Time::MAX`: never. It is asked for after whatever is told here.
    fn emits_at(&self) -> Time {
        Time::MAX
    }
    /// Does what is due `now`, and gives an event to emit, if one is; asked until there is none. It counts as sent at `sent`.
    fn emit(&mut self, _now: Time, _sent: Time) -> Option<Emitted> {
        None
    }
    /// The engine keeps it there ([`super::engine::Engine::emit`]).
    fn kept_at(&mut self, _place: usize) {}
    /// Rung when [`Listener::emit`] is wanted at once while the socket polls; `None`: never.
    fn bell(&self) -> Option<Rc<Notify>> {
        None
    }
    /// An ack came. Of one with attachments `args` has placeholders in their place.
    fn acked(&mut self, at: Stamp, _id: u64, _args: &str) {
        let _ = at;
        self.alive(self.not_before());
    }
    /// What the socket neglects. Asked when CONNECT was accepted, and whenever there are new orders: a slow one may be told to catch up.
    fn neglect(&self) -> Neglect {
        Neglect::None
    }
    /// It has stopped reading ([`Manner::Stop`]), and was certainly there until `after`. From then on it hears nothing, is asked for its
    /// departure when there are new orders, and any answer ends it.
    fn stopped(&mut self, _after: Time) {}
    /// The event that is told next wants an ack.
    fn asks_for_ack(&mut self) {}
    /// An event arrived; `premature` if CONNECT had not been accepted.
    fn event(&mut self, at: Stamp, name: &str, args: &str, premature: bool);
    /// An event arrived in a namespace that was never asked for.
    fn stray_event(&mut self, at: Stamp, name: &str, args: &str, premature: bool);
    /// An event with attachments arrived; `data` is its JSON with placeholders, without the name.
    fn binary_event(
        &mut self,
        at: Stamp,
        name: &str,
        args: &str,
        attachments: &[Bytes],
        premature: bool,
    );
}

/// An event that a socket emits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// The id of the ack; `None`: none is wanted.
    pub id: Option<u64>,
    /// Its name.
    pub name: String,
    /// Its arguments as JSON, without the outer brackets.
    pub args: String,
    /// What is attached: `args` has its placeholder.
    pub bytes: Option<Vec<u8>>,
}

/// What a socket neglects on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neglect {
    /// Nothing.
    None,
    /// It reads so many bytes a second, at least one.
    Slow(u32),
    /// It answers no ping from so long after it was connected.
    Mute(Duration),
}

/// How a socket leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It says goodbye (DISCONNECT), listens on for so long, and closes the WebSocket.
    Goodbye {
        /// How long.
        linger: Duration,
    },
    /// It ends the TCP connection without a word.
    Cut,
    /// It resets the TCP connection.
    Reset,
    /// It stops reading, and keeps the connection.
    Stop,
}

/// A decision to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// When.
    pub at: Time,
    /// How.
    pub manner: Manner,
    /// Whether the target is asked for a sign of life first: what is missing until then is not excused by the departure, unless the
    /// link had died unnoticed.
    pub asks: bool,
}

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It never got as far as an accepted CONNECT.
    NotConnected(ConnectError),
    /// It was connected and is no more.
    Left {
        /// Why.
        leave: Leave,
        /// The cause in the words of whoever knows it; may be empty.
        detail: String,
        /// Until when it was certainly connected: a connection that dies in silence was gone long before that is noticed, and one that
        /// we leave may have been.
        after: Time,
    },
}

impl ConnectError {
    /// Whether the target was there and said no: to CONNECT, to the handshake, or by ending the connection.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Http { status, .. } => (400..500).contains(status) && *status != 429,
            Self::Refused(_) | Self::Closed(_) => true,
            Self::Tcp { .. }
            | Self::Route(_)
            | Self::NotSocketIo(_)
            | Self::Timeout(_)
            | Self::Stopped => false,
        }
    }
}

/// Why a socket did not get connected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No TCP connection.
    #[error("cannot connect to {address}: {cause}")]
    Tcp {
        /// Where to.
        address: SocketAddr,
        /// What the system said.
        cause: String,
        /// It is this machine that ran out of something.
        ours: bool,
    },
    /// A TCP connection, and nothing beyond: the proxy does not pass it on, or there is no TLS.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// What was asked for was refused.
    #[error("the target refused {asked}: HTTP {status}{body}")]
    Http {
        /// What it was, in words.
        asked: &'static str,
        /// The status in place of the one that was wanted.
        status: u16,
        /// The start of the answer after a colon, if there was one.
        body: String,
    },
    /// What answered does not speak WebSocket or Socket.IO revision 5.
    #[error("the target does not speak Socket.IO (protocol revision 5) here: {0}")]
    NotSocketIo(String),
    /// CONNECT was refused.
    #[error("the target refused the session: {0}")]
    Refused(String),
    /// The connection ended before CONNECT was answered.
    #[error("the connection ended before CONNECT was answered: {0}")]
    Closed(String),
    /// It took too long.
    #[error("not connected within {0:?}")]
    Timeout(Duration),
    /// We were told to stop meanwhile.
    #[error("stopped while connecting")]
    Stopped,
}
