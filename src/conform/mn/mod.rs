//! MN: several nodes of one target.
//!
//! * `spread`: pushes that are asked for at one node, for sockets at others.
//! * `sticky`: sessions on long-polling, which belong to their node.

mod spread;
mod sticky;

use super::case::Capability::{Login, Nodes, Polling, Push};
use super::case::Case;
use crate::summary::conformance::Level::{Must, Should};

const ADAPTER: &str = "Socket.IO manual, Redis adapter";

/// Its cases.
pub(super) static CASES: [Case; 5] = [
    Case::new(
        "MN-01",
        Must,
        "A push that is asked for at any node arrives once at each socket that it is for, at whichever node that is, and at no other: at one user, and at everyone of the app.",
        ADAPTER,
        |probe| Box::pin(spread::everywhere(probe)),
    )
    .needing(&[Login, Push, Nodes])
    .killing(&["local-only", "dup-per-node"]),
    Case::new(
        "MN-02",
        Must,
        "A push at a user with sockets at two nodes arrives at both.",
        "Socket.IO manual, Rooms, Adapter",
        |probe| Box::pin(spread::one_user_at_two(probe)),
    )
    .needing(&[Login, Push, Nodes])
    .killing(&["local-only", "first-node-only"]),
    Case::new(
        "MN-03",
        Must,
        "What one publisher asks for, one push after the other, arrives in that order at sockets of every node.",
        "Socket.IO manual, Delivery guarantees",
        |probe| Box::pin(spread::in_order(probe)),
    )
    .needing(&[Login, Push, Nodes])
    .killing(&["per-node-reorder"]),
    Case::new(
        "MN-04",
        Should,
        "Where a push is asked for at one node after another was answered at another, no socket of any node has them the other way round.",
        "Jepsen, real-time order",
        |probe| Box::pin(spread::answered_before(probe)),
    )
    .needing(&[Login, Push, Nodes])
    .killing(&["early-node-ack"]),
    Case::new(
        "MN-05",
        Should,
        "A poll for a session of another node is answered with HTTP 400, never with what is another session's, and both sessions go on.",
        "Socket.IO manual, Using multiple nodes",
        |probe| Box::pin(sticky::elsewhere(probe)),
    )
    .needing(&[Polling, Nodes])
    .killing(&["sid-clash"]),
];
