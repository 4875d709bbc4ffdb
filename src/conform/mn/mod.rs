//! MN: several nodes of one target.
//!
//! * `spread`: pushes that are asked for at one node, for sockets at others.
//! * `sticky`: sessions on long-polling, which belong to their node.

mod spread;
mod sticky;

use super::case::Capability::{Login, Nodes, Polling, Push, Recovery};
use super::case::Case;
use super::rc;
use crate::summary::conformance::Level::{May, Must, Should};

const ADAPTER: &str = "Socket.IO manual, Redis adapter";

/// Its cases.
pub(super) static CASES: [Case; 6] = [
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
    Case::new(
        "MN-13",
        May,
        "A socket that comes back at another node with its private id and offset gets all that it has missed, once and in order, or is a new one and gets nothing of it.",
        "Socket.IO manual, Connection state recovery: compatibility with existing adapters",
        |probe| Box::pin(rc::elsewhere(probe)),
    )
    .needing(&[Login, Push, Nodes, Recovery])
    .killing(&["recover-claims"]),
];
