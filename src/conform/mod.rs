//! The conformance suite: what a target makes of each rule of Engine.IO and Socket.IO, case by case.
//!
//! * [`case`]: a case is data and one function; the registry of all of them.
//! * one file, or folder, for each topic: `hs` the Engine.IO handshake.
//! * [`probe`]: the raw client of the cases. It says whatever it is told to, well-formed or not, and keeps a trace.
//! * [`target`]: where the target is, and what it offers.
//! * [`select`]: which cases were asked for. `runner`: tries them, several at a time.
//!
//! *Invariants:* cases share nothing, not even a connection; a case that panics, takes too long or finds the machine exhausted is never
//! blamed on the target; timings are read from the handshake; nothing is waited for without a bound.

pub mod case;
mod hs;
pub mod probe;
mod reference;
mod runner;
pub mod select;
pub mod target;

pub use self::reference::reference;
pub use self::runner::{Options, run};
