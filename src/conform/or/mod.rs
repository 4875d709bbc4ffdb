//! OR: order, and how often.
//!
//! * `pushes`: one publisher and several. * `often`: none lost, none twice, none made up. * `echoes`: what a client sends and gets back.
//! * `acks`: acknowledgements.

mod acks;
mod echoes;
mod often;
mod pushes;

use super::case::Capability::{Echo, Login, Polling, Push, WebSocket};
use super::case::Case;
use crate::summary::conformance::Level::{May, Must, Should};

const ORDERING: &str = "Socket.IO manual, Delivery guarantees: message ordering";
const PLATFORM: &str = "the contract of a push platform";
const ACKS: &str = "Socket.IO protocol v5, Acknowledgement";

/// Its cases.
pub(super) static CASES: [Case; 15] = [
    Case::new(
        "OR-01",
        Must,
        "200 pushes, each asked for once the one before was answered, arrive in that order at every socket.",
        ORDERING,
        |probe| Box::pin(pushes::one_publisher(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["reorder"]),
    Case::new(
        "OR-02",
        Must,
        "1,000 events that a client sends, 250 at a time without waiting, come back in that order, on every transport.",
        ORDERING,
        |probe| Box::pin(echoes::pipelined(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["reorder-under-load"])
    .alone(),
    Case::new(
        "OR-03",
        Must,
        "Pushes at a user and at everyone, in turn, arrive in the order in which they were asked for.",
        PLATFORM,
        |probe| Box::pin(pushes::both_audiences(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["two-queues"]),
    Case::new(
        "OR-04",
        Must,
        "What one publisher asked for, and was answered, comes before what another asks for then, at every socket.",
        "real-time order; the contract of a push platform",
        |probe| Box::pin(pushes::two_publishers(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["per-node-queues"]),
    Case::new(
        "OR-05",
        May,
        "In how many pairs of pushes that are asked for at once four sockets differ in the order is recorded.",
        PLATFORM,
        |probe| Box::pin(pushes::at_once(probe)),
    )
    .needing(&[Login, Push]),
    Case::new(
        "OR-06",
        Must,
        "None of 200 pushes comes twice at a connection that is well.",
        "Socket.IO manual, Delivery guarantees: at most once",
        |probe| Box::pin(often::never_twice(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["dup"]),
    Case::new(
        "OR-07",
        Must,
        "None of 300 pushes that were accepted is missing at a connection that is well.",
        PLATFORM,
        |probe| Box::pin(often::none_lost(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["drop-every-100th"]),
    Case::new(
        "OR-08",
        Must,
        "Nothing comes that nobody asked for, and nothing of a push that was refused.",
        PLATFORM,
        |probe| Box::pin(often::none_made_up(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["phantom"]),
    Case::new(
        "OR-09",
        Must,
        "What is sent before, during and after an upgrade comes back in that order.",
        ORDERING,
        |probe| Box::pin(echoes::across_an_upgrade(probe)),
    )
    .needing(&[Login, Echo, Polling, WebSocket])
    .killing(&["reorder-on-upgrade"]),
    Case::new(
        "OR-10",
        Must,
        "Pushes of one letter and of nine tenths of the limit, of text and of bytes, arrive in the order in which they were asked for.",
        ORDERING,
        |probe| Box::pin(pushes::mixed_sizes(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["small-overtakes-large"]),
    Case::new(
        "OR-11",
        Must,
        "Nothing comes between an event and its attachments, while others push at the same socket.",
        "Socket.IO protocol v5, Packet encoding",
        |probe| Box::pin(pushes::contiguous(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["interleaved-attachments"]),
    Case::new(
        "OR-12",
        Should,
        "Each of 100 events that ask for an ack gets one, once, with its own id and arguments, in any order.",
        ACKS,
        |probe| Box::pin(acks::each_once(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["ack-twice", "ack-lost"]),
    Case::new(
        "OR-13",
        Must,
        "The ack ids 0, 2^31 and 2^53-1 come back as they are; larger ones too, or no ack does.",
        ACKS,
        |probe| Box::pin(acks::large_ids(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["ack-id-float"]),
    Case::new(
        "OR-14",
        Should,
        "An ack that nobody asked for is ignored.",
        "the reference implementation",
        |probe| Box::pin(acks::unknown(probe)),
    )
    .needing(&[Login])
    .killing(&["crash-on-unknown-ack"]),
    Case::new(
        "OR-15",
        Should,
        "All of 250 events that are sent back at once arrive, four times, and eight times with 1 kB each, on every transport.",
        "what servers in use miss",
        |probe| Box::pin(echoes::burst(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["bounded-queue-128"])
    .alone(),
];
