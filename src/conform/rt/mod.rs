//! RT: routing: who hears what.

mod audience;

use super::case::Capability::{Login, Push};
use super::case::Case;
use crate::summary::conformance::Level::Must;

const PLATFORM: &str = "the contract of a push platform; Socket.IO manual, Rooms";

/// Its cases.
pub(super) static CASES: [Case; 2] = [
    Case::new(
        "RT-01",
        Must,
        "A push at a user with one socket arrives there once, and at nobody else's.",
        PLATFORM,
        |probe| Box::pin(audience::one(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["broadcast-leak"]),
    Case::new(
        "RT-04",
        Must,
        "A push at everyone arrives once at every socket of the app.",
        PLATFORM,
        |probe| Box::pin(audience::everyone(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["skip-one-shard"]),
];
