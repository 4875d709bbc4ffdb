//! What mutants do that takes more than a line where they stand, by the topic of the cases that tell them. Each of these functions does
//! nothing, and quickly, unless its mutant is on.
//!
//! * `pushes`: who gets a push, how often and in which order. * `payload`: what it says then. * `client`: what is made of a client's events.
//! * `au`: who is let in. * `rc`: who comes back. * `recovery`: as whom, and with what.
//! * `au`: who is let in. * `rc`: who comes back. * `ends`: how the platform, or a node of it, ends.

pub(super) mod au;
pub(super) mod client;
pub(super) mod ends;
pub(super) mod nodes;
pub(super) mod payload;
pub(super) mod pushes;
pub(super) mod rc;
pub(super) mod recovery;
pub(super) mod se;
pub(super) mod transports;
