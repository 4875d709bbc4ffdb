//! Scenarios: what a user writes ([`mod@file`], read by a [`reader`]) and what a run goes by ([`plan`]).
//!
//! A file is all options and no promises. A [`Plan`] is checked and complete, and the only form that anything else sees.
//! A [`threshold`] is one line of it that a run has to keep to. The [`workload`] is the part of a plan that says, for any push, what
//! it is, [`churn`] and [`clients`] say when a socket leaves and comes back, [`transport`] how it travels, and [`neglect`] what it
//! neglects: pure functions of the seed. [`driver`] says by which client.

pub mod access;
pub mod audience;
mod checks;
pub mod churn;
pub mod clients;
pub mod closed;
pub mod conformance;
pub mod contract;
mod coverage;
mod draws;
pub mod driver;
mod embedded;
pub mod event;
pub mod file;
mod forecast;
pub mod jwt;
pub mod neglect;
mod overlay;
pub mod payload;
pub mod people;
pub mod phases;
pub mod plan;
mod problems;
pub mod profile;
pub mod reader;
mod reference;
pub mod refused;
pub mod report;
pub mod requests;
pub mod retries;
pub mod schedule;
mod schema;
pub mod senders;
pub mod template;
pub mod threshold;
pub mod transport;
pub mod triggers;
pub mod units;
pub mod workload;
mod written;
mod zipf;

pub use access::Access;
pub use audience::{Aim, Reach};
pub use checks::{MOST_BYTES, MOST_SOCKETS};
pub use churn::Churn;
pub use clients::Clients;
pub use closed::{Closed, Mode};
pub use contract::Contract;
pub use coverage::left_out;
pub use driver::Driver;
pub use forecast::Forecast;
pub use neglect::{Neglect, Neglected};
pub use people::People;
pub use plan::Plan;
pub use problems::Problem;
pub use reader::{Mistake, Reader, Source};
pub use reference::reference;
pub use requests::{Askers, Requests};
pub use senders::Sender;
pub use transport::{Transport, Transports};
pub use workload::Workload;
