//! The embedded platform over real TCP.

mod abuse;
mod accounts;
mod faults;
mod floods;
mod limits;
mod nodes;
mod pushes;
mod recovery;
#[path = "../support/signals.rs"]
mod signals;
mod support;
mod transports;
