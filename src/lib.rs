//! pushproof: prove that every push arrives.
//!
//! The map of the crate, in reading order. Imports run downward only; `ARCHITECTURE.md` has the table and a test holds it.

pub mod ids;
pub mod time;

pub mod protocol;

pub mod platform;

pub mod cli;
