//! LV: heartbeats, slow readers, leaving.
//!
//! * `heartbeats`: pings, pongs, and what comes of none.
//! * `slow`: clients that read nothing.
//! * `ending`: how a target ends.
//! * `leaving`: how connections and namespaces are left.

mod ending;
mod heartbeats;
mod leaving;
mod slow;

use std::time::Duration;

use super::case::Capability::{Bound, Login, Polling, Push, QueueBytes, Stop, WebSocket};
use super::case::Case;
use crate::summary::conformance::Level::{May, Must, Should};

const HEARTBEAT: &str = "Engine.IO protocol v4, Heartbeat";
const PLATFORM: &str = "the contract of a push platform";
/// For what waits for heartbeats, which may be slow ones.
const HEARTBEATS: Duration = Duration::from_secs(180);
/// For what ends a target, and waits until it is back.
const ENDINGS: Duration = Duration::from_secs(120);

/// Its cases.
pub(super) static CASES: [Case; 15] = [
    Case::new(
        "LV-01",
        Must,
        "While they are answered pings come every pingInterval, give or take 10 % or 50 ms, on every transport.",
        HEARTBEAT,
        |probe| Box::pin(heartbeats::pings(probe)),
    )
    .needing(&[Login])
    .killing(&["no-ping"])
    .within(HEARTBEATS)
    .alone(),
    Case::new(
        "LV-02",
        Must,
        "A client that answers no ping is closed between pingInterval and pingInterval and pingTimeout (and 10 %) after its last sign of life, on every transport.",
        HEARTBEAT,
        |probe| Box::pin(heartbeats::no_pong(probe)),
    )
    .needing(&[Login])
    .killing(&["no-ping-timeout"])
    .within(HEARTBEATS),
    Case::new(
        "LV-03",
        Must,
        "A client that answers every ping is not closed, with and without traffic, on every transport (for two pingIntervals and a pingTimeout).",
        HEARTBEAT,
        |probe| Box::pin(heartbeats::answering(probe)),
    )
    .needing(&[Login])
    .killing(&["spurious-timeout"])
    .within(HEARTBEATS),
    Case::new(
        "LV-04",
        Should,
        "Pongs that nobody asked for, and answers that come twice, neither close the connection nor bring more pings.",
        "CVE-2026-48802; engineioxide, fix 817",
        |probe| Box::pin(heartbeats::many_pongs(probe)),
    )
    .needing(&[Login])
    .killing(&["pong-flood"])
    .within(HEARTBEATS),
    Case::new(
        "LV-05",
        May,
        "A ping of a client is an error, is answered, or means nothing.",
        "engine.io, the wrong direction of a heartbeat",
        |probe| Box::pin(heartbeats::ping_of_client(probe)),
    )
    .needing(&[Login]),
    Case::new(
        "LV-06",
        Must,
        "A client that falls silent, with its connection open, is found out by the same time as one that answers no ping: it gets no push from then on, and none waits for it.",
        HEARTBEAT,
        |probe| Box::pin(slow::half_open(probe)),
    )
    .needing(&[WebSocket, Login, Push])
    .killing(&["half-open-forever"])
    .within(HEARTBEATS),
    Case::new(
        "LV-07",
        Must,
        "A client that reads nothing holds no other back: 64 large pushes arrive there within the stated time.",
        "the contract of a push platform; Socket.IO manual, backpressure",
        |probe| Box::pin(slow::holds_nobody_back(probe)),
    )
    .needing(&[WebSocket, Login, Push, Bound])
    .killing(&["head-of-line-block"])
    .within(HEARTBEATS)
    .alone(),
    Case::new(
        "LV-08",
        Must,
        "A client that reads nothing for a while and then goes on gets everything in order, or is disconnected: nothing is missing on a connection that stays open.",
        PLATFORM,
        |probe| Box::pin(slow::comes_back(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["silent-drop-when-full"])
    .within(HEARTBEATS)
    .alone(),
    Case::new(
        "LV-09",
        Must,
        "A client that reads nothing is disconnected once more waits for it than is stated.",
        "CWE-770; the contract of a push platform",
        |probe| Box::pin(slow::too_much_waits(probe)),
    )
    .needing(&[Polling, Login, Push, QueueBytes])
    .killing(&["unbounded-buffer"])
    .within(HEARTBEATS)
    .alone(),
    Case::new(
        "LV-10",
        Should,
        "That a WebSocket's connection was closed or reset is noticed within 1 s, and the user's other sockets go on.",
        PLATFORM,
        |probe| Box::pin(leaving::broken_off(probe)),
    )
    .needing(&[Polling, WebSocket, Login, Push])
    .killing(&["lazy-close"]),
    Case::new(
        "LV-11",
        Must,
        "A close packet on long-polling ends the poll that is under way with a noop, and the session, whose requests are answered with HTTP 400 from then on.",
        "Engine.IO protocol v4; the official suite",
        |probe| Box::pin(leaving::close_on_polling(probe)),
    )
    .needing(&[Polling])
    .killing(&["close-ignored"]),
    Case::new(
        "LV-12",
        Should,
        "A close packet on a WebSocket closes it at once, not at the next missed ping.",
        "Engine.IO protocol v4",
        |probe| Box::pin(leaving::close_on_websocket(probe)),
    )
    .needing(&[WebSocket])
    .killing(&["close-ignored-ws"]),
    Case::new(
        "LV-13",
        Must,
        "Whoever leaves a namespace leaves that one alone: the connection goes on, and so do other namespaces on it.",
        "Socket.IO protocol v5, Disconnection from a namespace",
        |probe| Box::pin(leaving::one_namespace(probe)),
    )
    .needing(&[Login])
    .killing(&["41-closes-all"]),
    Case::new(
        "LV-14",
        Should,
        "A target that is told to end ends every connection, with what it has accepted before delivered; its port is free then, and it comes back with nothing from before.",
        "socket.io, Server.close",
        |probe| Box::pin(ending::in_order(probe)),
    )
    .needing(&[Login, Push, Stop])
    .killing(&["drop-on-shutdown"])
    .within(ENDINGS)
    .alone()
    .destructive(),
    Case::new(
        "LV-15",
        Must,
        "Sessions that are opened on long-polling and never polled are gone by the same time as one that answers no ping (100 of them).",
        "engineioxide 731 and 732",
        |probe| Box::pin(heartbeats::never_polled(probe)),
    )
    .needing(&[Polling])
    .killing(&["session-leak"])
    .within(HEARTBEATS),
];
