//! The embedded platform over real TCP.

mod accounts;
mod pushes;
mod support;
