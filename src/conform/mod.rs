//! The conformance suite: what a target makes of each rule of Engine.IO and Socket.IO, case by case.
//!
//! * [`case`]: a case is data and one function; the registry of all of them.
//! * one file, or folder, for each topic: `hs` the Engine.IO handshake.
//! * [`probe`]: the raw client of the cases. It says whatever it is told to, well-formed or not, and keeps a trace.
//! * [`driver`]: what cases need besides sockets: users who log in, and pushes that are asked for.
//! * [`target`]: where the target is. `offers`: what it has, and what it lacks.
//! * [`select`]: which cases were asked for. `runner`: tries them, several at a time.
//! * [`operate`]: ends the target, or a part of it, and brings it back.
//! * `doubt`: whether what did not come is the target's doing.
//!
//! *Invariants:* cases share nothing, not even a connection; a case that panics, takes too long or finds the machine exhausted is never
//! blamed on the target; timings are read from the handshake; nothing is waited for without a bound.

mod au;
pub mod case;
mod doubt;
pub mod driver;
mod hs;
mod lv;
mod mn;
mod offers;
pub mod operate;
mod or;
mod pl;
pub mod probe;
mod rc;
mod reference;
mod rt;
mod runner;
mod se;
pub mod select;
pub mod target;
mod tr;

pub use self::reference::reference;
pub use self::runner::{Options, run};
