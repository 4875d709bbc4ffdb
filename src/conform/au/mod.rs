//! AU: connecting, authentication, refusals.
//!
//! * `entering`: good credentials, and what CONNECT says.
//! * `refusing`: credentials that are not good.

mod entering;
mod refusing;

use super::case::Capability::{Login, Refuses};
use super::case::Case;
use crate::summary::conformance::Level::Must;

const CONNECTION: &str = "Socket.IO protocol v5, Connection to a namespace";

/// Its cases.
pub(super) static CASES: [Case; 2] = [
    Case::new(
        "AU-01",
        Must,
        "Good credentials get exactly one answer to CONNECT, with a sid that is a string with something in it.",
        CONNECTION,
        |probe| Box::pin(entering::once(probe)),
    )
    .needing(&[Login])
    .killing(&["two-connects"]),
    Case::new(
        "AU-03",
        Must,
        "A CONNECT without credentials is refused: CONNECT_ERROR, and no CONNECT.",
        "Socket.IO manual, Middlewares; the contract of a platform for authenticated users",
        |probe| Box::pin(refusing::nothing_shown(probe)),
    )
    .needing(&[Login, Refuses])
    .killing(&["anonymous-ok"]),
];
