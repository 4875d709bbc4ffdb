//! pushproof: prove that every push arrives.
//!
//! A load-testing and conformance harness for push systems built on Socket.IO. It logs in simulated users, holds their sockets, asks
//! the target for pushes, and judges every arrival: right socket, right event name, right payload, right order, exactly once.
//!
//! The map of the crate, in reading order. Imports run downward only: a module may use those above it in this list, never those
//! below. `ARCHITECTURE.md` has the table and a test holds it.

// Core: pure. No tokio, sockets, files, clock or unseeded randomness.
pub mod ids;
pub mod time;

pub mod history;
pub mod pace;
pub mod protocol;

pub mod verify;

pub mod measure;
pub mod scenario;

pub mod summary;

pub mod capacity;
pub mod comparison;

// Edges: tokio lives here.
pub mod clock;
pub mod pool;

pub mod journal;

pub mod client;
pub mod identity;
pub mod platform;
pub mod trigger;

// Orchestration.
pub mod fleet;
pub mod run;

pub mod climb;
pub mod conform;
pub mod hand;
pub mod selftest;

// Presentation: sees the summary only.
pub mod report;

pub mod dashboard;

// The only wiring point.
pub mod cli;
