//! The wire protocol, sans-IO: packets of Engine.IO revision 4 and Socket.IO revision 5, and the client's session.
//!
//! Nothing here reads a clock, opens a socket or panics on any bytes. The packet codec ([`engine`], [`socket`], [`binary`]) is shared by the
//! client and the embedded platform and pinned to vectors made by the reference JavaScript parsers; [`session`] and the
//! WebSocket frames of [`frame`] belong to the client alone, so that client and platform cannot share a bug of behaviour.

pub mod binary;
pub mod engine;
pub mod frame;
pub mod session;
pub mod socket;
