//! The embedded platform over real TCP.

mod abuse;
mod accounts;
mod floods;
mod pushes;
mod support;
mod transports;
