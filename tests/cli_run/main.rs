//! `pushproof run` as a user meets it: the real binary as a child, its streams, exit codes and reports.
//!
//! `target` is a push target of its own, written for these tests from the contract alone: what the binary says of it cannot be right
//! by sharing a mistake with the embedded platform. Nothing here measures time, and every wait is for something and has a bound.

mod capacity;
mod churn;
#[path = "../support/classes.rs"]
mod classes;
mod clean;
mod closed;
mod conform;
mod deaths;
mod driver;
mod faults;
#[path = "../support/front.rs"]
mod front;
mod gates;
mod honesty;
mod impostors;
mod interrupts;
mod journal;
mod library;
mod metrics;
mod namespaces;
mod neglect;
mod operated;
mod payloads;
mod phases;
mod pipelines;
mod proxies;
mod recovery;
mod requests;
mod scenario;
mod selftest;
mod senders;
#[path = "../support/signals.rs"]
mod signals;
mod stopped;
mod support;
mod target;
mod tls;
mod transports;
mod trouble;
mod usage;
mod users;
mod violations;
mod watch;
mod workers;
