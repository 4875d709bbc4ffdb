//! MN: several nodes of one target.
//!
//! * `spread`: pushes that are asked for at one node, for sockets at others.
//! * `bus`: what they share is gone, out of reach, or not to be believed. `apart`: two deployments that share one.
//! * `losing`: nodes that end while the others go on.
//! * `sticky`: sessions on long-polling, which belong to their node.

mod apart;
mod bus;
mod losing;
mod spread;
mod sticky;

use std::time::Duration;

use super::case::Capability::{
    Bus, CutNode, KillNode, Login, Neighbour, Nodes, Polling, Push, Recovery, StopBus, StopNode,
};
use super::case::Case;
use super::rc;
use crate::summary::conformance::Level::{May, Must, Should};

/// For what ends nodes, and waits until they are back.
const ENDINGS: Duration = Duration::from_secs(120);
const PLATFORM: &str = "the contract of a push platform";
const ADAPTER: &str = "Socket.IO manual, Redis adapter";

/// Its cases.
pub(super) static CASES: [Case; 12] = [
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
        "MN-06",
        Must,
        "While the nodes' bus is gone a push that a node accepts arrives at its own sockets; when the bus is back nothing from before comes late, and what is pushed from then on arrives once everywhere, within the stated time.",
        ADAPTER,
        |probe| Box::pin(bus::down(probe)),
    )
    .needing(&[Login, Push, Nodes, StopBus])
    .telling(&["swallow-when-bus-down"])
    .within(ENDINGS)
    .alone()
    .destructive(),
    Case::new(
        "MN-07",
        Should,
        "A node that is cut off the bus does not accept pushes that reach nobody at other nodes; those go on meanwhile, and everything arrives everywhere when it is back.",
        "Jepsen, network partitions",
        |probe| Box::pin(bus::cut_off(probe)),
    )
    .needing(&[Login, Push, Nodes, CutNode])
    .telling(&["split-brain-silent"])
    .within(ENDINGS)
    .alone()
    .destructive(),
    Case::new(
        "MN-08",
        Must,
        "When a node is killed its clients are let in at another, which misses nothing from then on; sockets at other nodes miss nothing at all, and pushes are accepted again within the stated time.",
        PLATFORM,
        |probe| Box::pin(losing::killed(probe)),
    )
    .needing(&[Login, Push, Nodes, KillNode])
    .killing(&["ghost-node"])
    .within(ENDINGS)
    .alone()
    .destructive(),
    Case::new(
        "MN-09",
        Should,
        "When nodes are restarted one after the other under load, a socket misses nothing but what comes between its end and its return.",
        PLATFORM,
        |probe| Box::pin(losing::one_after_the_other(probe)),
    )
    .needing(&[Login, Push, Nodes, StopNode])
    .killing(&["drop-beyond-gap"])
    .within(ENDINGS)
    .alone()
    .destructive(),
    Case::new(
        "MN-10",
        Must,
        "Two deployments that share a bus under keys of their own hear nothing of each other.",
        "Socket.IO manual, Redis adapter, key",
        |probe| Box::pin(apart::neighbours(probe)),
    )
    .needing(&[Login, Push, Neighbour])
    .telling(&["key-clash"]),
    Case::new(
        "MN-11",
        Should,
        "Messages on the bus that no node has sent, or half of one, end no node and reach nobody.",
        "CVE-2025-61765",
        |probe| Box::pin(bus::forged(probe)),
    )
    .needing(&[Login, Push, Nodes, Bus])
    .telling(&["unsafe-decode"])
    .within(ENDINGS)
    .alone()
    .destructive(),
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
