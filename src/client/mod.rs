//! Drivers: bytes of a real connection to and from the sans-IO session of [`crate::protocol::session`].
//!
//! * [`endpoint`]: where sockets connect, and the way there, on tokio.
//! * [`route`]: what a connection goes through: a proxy, TLS.
//! * [`engine`]: the lean driver, which serves them from then on. One task and one read buffer for all sockets of a thread.
//! * [`polling`]: sockets on HTTP long-polling, a task each, until they have moved to a WebSocket if they are to.
//! * `rust_socketio`: a second driver, another's implementation; only in builds with that feature.
//! * [`listener`]: what a socket's holder hears and decides, whatever the driver.
//! * [`publisher`]: a socket that emits, for triggers.
//! * [`sender`]: how a lane has a connected socket emit.
//! * [`http`] and [`login`]: the calls of the target's HTTP side.

mod ending;
pub mod endpoint;
pub mod engine;
mod going;
pub mod http;
pub mod listener;
pub mod login;
mod neglect;
pub mod polling;
pub mod publisher;
pub mod recovery;
pub mod route;
#[cfg(feature = "rust_socketio")]
pub mod rust_socketio;
pub mod sender;
pub mod shortage;
mod talk;
mod upgrade;
