//! Scenarios: what a user writes ([`mod@file`]) and what a run goes by ([`plan`]).
//!
//! A file is all options and no promises. A [`Plan`] is checked and complete, and the only form that anything else sees.
//! The [`workload`] is the part of a plan that says, for any push, what it is: a pure function of the seed.

pub mod file;
pub mod plan;
pub mod units;
pub mod workload;

pub use plan::Plan;
pub use workload::Workload;
