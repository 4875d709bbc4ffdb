//! The embedded platform over real TCP.

mod abuse;
mod accounts;
mod faults;
mod floods;
mod limits;
mod nodes;
mod page;
mod pushes;
mod recovery;
mod scenarios;
#[path = "../support/signals.rs"]
mod signals;
mod support;
mod transports;
