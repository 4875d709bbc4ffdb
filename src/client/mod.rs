//! Drivers: bytes of a real connection to and from the sans-IO session of [`crate::protocol::session`].
//!
//! * [`websocket`]: the lean driver. One unsplit task for each socket, small buffers.
//! * [`http`] and [`login`]: the calls of the target's HTTP side.

pub mod http;
pub mod login;
mod upgrade;
pub mod websocket;
