//! RC: coming back, and recovery.
//!
//! * `returning`: one socket that comes back.
//! * `overlap`: a session whose old socket goes while its new one comes.
//! * `storm`: many that come back at once.
//! * `recovery`: one that gets what it has missed (connection state recovery).

mod overlap;
mod recovery;
mod returning;
mod storm;

use super::case::Capability::{Echo, Login, Logout, Offline, Polling, Push, Recovery};
use super::case::Case;
use crate::summary::conformance::Level::{May, Must, Should};
pub(super) use recovery::elsewhere;

const PLATFORM: &str = "the contract of a push platform";
const RECOVERY: &str = "Socket.IO manual, Connection state recovery";

/// Its cases.
pub(super) static CASES: [Case; 14] = [
    Case::new(
        "RC-01",
        Must,
        "However a socket ended, the same credentials connect again at once, with a new sid; pushes arrive there once, and no more at a socket that left.",
        PLATFORM,
        |probe| Box::pin(returning::at_once(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["stale-session-lock"]),
    Case::new(
        "RC-02",
        Must,
        "Pushes at a user who is away are not delivered later, unless it is stated that they are kept: then each is, once and in order.",
        "Socket.IO manual, Delivery guarantees: at most once",
        |probe| Box::pin(returning::while_away(probe)),
    )
    .needing(&[Login, Push, Offline])
    .killing(&["surprise-replay"]),
    Case::new(
        "RC-03",
        Must,
        "Where a session's old socket goes while its new one comes, each gets a push once at the most, and none that was answered before it began or was asked for after it had left.",
        PLATFORM,
        |probe| Box::pin(overlap::handovers(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["dup-on-reconnect"]),
    Case::new(
        "RC-04",
        Should,
        "When 24 sockets end and come back at once, each is let in within five seconds, and gets its own user's push and no other.",
        PLATFORM,
        |probe| Box::pin(storm::all_at_once(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["storm-crosstalk"]),
    Case::new(
        "RC-05",
        May,
        "With connection state recovery, CONNECT has a private id, which is neither the sid nor the id of the session.",
        RECOVERY,
        |probe| Box::pin(recovery::private_id(probe)),
    )
    .needing(&[Login, Recovery])
    .killing(&["pid-is-sid"]),
    Case::new(
        "RC-06",
        May,
        "Who comes back with its private id and offset has the same sid, and gets each push that it has missed once, in order, and before newer ones.",
        RECOVERY,
        |probe| Box::pin(recovery::gets_missed(probe)),
    )
    .needing(&[Login, Push, Recovery])
    .killing(&["replay-gap", "replay-dup"]),
    Case::new(
        "RC-07",
        May,
        "A private id that nobody has, or one that is no string, or an offset that is none, makes a new session, without an error and without what anybody has missed.",
        "socket.io, namespace.ts",
        |probe| Box::pin(recovery::unknown_ids(probe)),
    )
    .needing(&[Login, Push, Recovery])
    .killing(&["pid-guess"]),
    Case::new(
        "RC-08",
        Must,
        "Another user who shows a private id gets nothing of what its owner has missed, nor what they get later.",
        "Socket.IO manual, Connection state recovery: skipMiddlewares; the contract of a push platform",
        |probe| Box::pin(recovery::stolen_id(probe)),
    )
    .needing(&[Login, Push, Recovery])
    .killing(&["pid-theft"]),
    Case::new(
        "RC-09",
        May,
        "A session that was logged out of while its socket was away is not recovered.",
        "Socket.IO manual, Connection state recovery: skipMiddlewares",
        |probe| Box::pin(recovery::revoked(probe)),
    )
    .needing(&[Login, Push, Recovery, Logout])
    .killing(&["recover-revoked"]),
    Case::new(
        "RC-10",
        May,
        "A socket that left its namespace, or that the target ended with its session, is not recovered.",
        RECOVERY,
        |probe| Box::pin(recovery::left(probe)),
    )
    .needing(&[Login, Push, Recovery])
    .killing(&["recover-after-kick"]),
    Case::new(
        "RC-11",
        May,
        "An offset that the target does not have makes a new session, and no replay of a part.",
        "socket.io-adapter, SessionAwareAdapter",
        |probe| Box::pin(recovery::unknown_offset(probe)),
    )
    .needing(&[Login, Push, Recovery])
    .killing(&["silent-partial-replay"]),
    Case::new(
        "RC-12",
        May,
        "Of two sockets that come back at once with the same private id, one at the most is recovered.",
        "socket.io",
        |probe| Box::pin(recovery::twice_at_once(probe)),
    )
    .needing(&[Login, Push, Recovery])
    .killing(&["double-recovery"]),
    Case::new(
        "RC-13",
        Should,
        "The id of a session that has ended leads nowhere: HTTP 400, and no WebSocket; and so, where the target may be restarted (--destructive), does one from before.",
        "Engine.IO protocol v4, Handshake",
        |probe| Box::pin(returning::old_ids(probe)),
    )
    .needing(&[Polling])
    .killing(&["stale-sid-accepted"])
    .alone(),
    Case::new(
        "RC-14",
        Should,
        "An event that is sent again with the same content, as clients with retries do, is acknowledged each time.",
        "Socket.IO manual, Delivery guarantees: at least once",
        |probe| Box::pin(returning::sent_again(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["dedup-without-ack"]),
];
