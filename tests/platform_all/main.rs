//! The embedded platform over real TCP.

mod abuse;
mod accounts;
mod pushes;
mod support;
mod transports;
