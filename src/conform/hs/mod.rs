//! HS: the Engine.IO handshake.
//!
//! * `opening`: what an open packet says, and when what follows it comes.
//! * `refusing`: requests that open nothing.
//! * `resolving`: requests that say two things at once.
//! * `answers`: what answers look like.
//! * `ids`: whether session ids can be guessed.

mod answers;
mod ids;
mod opening;
mod refusing;
mod resolving;

use std::time::Duration;

use super::case::Capability::Polling;
use super::case::Case;
use crate::summary::conformance::Level::{May, Must, Should};

const E4: &str = "Engine.IO protocol v4";
const HANDSHAKE: &str = "Engine.IO protocol v4, Handshake";
const QUERY: &str = "Engine.IO protocol v4, Query parameters";

/// Its cases.
pub(super) static CASES: [Case; 19] = [
    Case::new(
        "HS-01",
        Must,
        "The open packet has a sid that is a string with something in it, upgrades that are an array of strings, and pingInterval, pingTimeout (milliseconds) and maxPayload (bytes) that are whole numbers above zero.",
        HANDSHAKE,
        |probe| Box::pin(opening::fields(probe)),
    )
    .killing(&["drop-maxPayload", "interval-in-seconds"]),
    Case::new(
        "HS-02",
        Must,
        "A session that began on a WebSocket is offered no upgrades, and one on long-polling only those that lead somewhere.",
        HANDSHAKE,
        |probe| Box::pin(opening::upgrades(probe)),
    )
    .killing(&["upgrades-lie"]),
    Case::new(
        "HS-03",
        Must,
        "A handshake without EIO, or with an empty one, `abc`, `5`, `-1` or `4x`, opens nothing: HTTP 400, and on a WebSocket a refusal or a close.",
        QUERY,
        |probe| Box::pin(refusing::versions(probe)),
    )
    .killing(&["accept-any-EIO"]),
    Case::new(
        "HS-04",
        Must,
        "A client of revision 3 is refused with HTTP 400 and a word about the version, unless the target serves that revision.",
        "Engine.IO protocol v4, Query parameters; Socket.IO manual, allowEIO3",
        |probe| Box::pin(refusing::revision_3(probe)),
    )
    .needing(&[Polling])
    .killing(&["treat-3-as-4"]),
    Case::new(
        "HS-05",
        Should,
        "A request that names a session of revision 4 and says EIO=3 is refused, and the session goes on.",
        "engine.io 6.6.12, the check for a protocol mismatch",
        |probe| Box::pin(resolving::mixed(probe)),
    )
    .needing(&[Polling])
    .killing(&["mix-protocols"]),
    Case::new(
        "HS-06",
        Should,
        "Where EIO or transport stands twice in a query, the request is refused, or one of the two counts: always the first, or always the last, for the session's later requests as well.",
        "engine.io 6.6.12; seen at servers that differ",
        |probe| Box::pin(resolving::repeated(probe)),
    )
    .needing(&[Polling])
    .killing(&["last-first-flip"]),
    Case::new(
        "HS-07",
        Must,
        "A handshake without transport, or with an unknown one, `__proto__`, `constructor`, `webtransport` over plain HTTP, is answered with HTTP 400, and the target lives on.",
        "Engine.IO protocol v4, Query parameters; CVE-2023-31125",
        |probe| Box::pin(refusing::transports(probe)),
    )
    .killing(&["transport-lookup-on-prototype"]),
    Case::new(
        "HS-08",
        Must,
        "transport=websocket in a request that asks for no upgrade is answered with HTTP 400.",
        E4,
        |probe| Box::pin(refusing::plain_websocket(probe)),
    )
    .killing(&["plain-get-200"]),
    Case::new(
        "HS-09",
        Must,
        "A handshake by any method but GET opens nothing and is answered with HTTP 400; 405 is tolerated, with a warning.",
        E4,
        |probe| Box::pin(refusing::methods(probe)),
    )
    .needing(&[Polling])
    .killing(&["POST-opens-session"]),
    Case::new(
        "HS-10",
        Must,
        "A sid that is unknown, malformed, very long, `__proto__`, or has a NUL in it is answered with HTTP 400, never with a new session.",
        "Engine.IO protocol v4, Handshake; engine.io, hasOwn",
        |probe| Box::pin(refusing::unknown_sids(probe)),
    )
    .needing(&[Polling])
    .killing(&["unknown-sid-creates"]),
    Case::new(
        "HS-11",
        May,
        "An empty sid (`sid=`) is refused, or taken for none.",
        "seen at servers that differ",
        |probe| Box::pin(refusing::empty_sid(probe)),
    )
    .needing(&[Polling]),
    Case::new(
        "HS-12",
        Should,
        "The body of a refusal is JSON with the code, a number from 0 to 5, and the message that the manual has for the reason.",
        "Socket.IO manual, Troubleshooting connection issues",
        |probe| Box::pin(answers::errors(probe)),
    )
    .needing(&[Polling])
    .killing(&["string-codes"]),
    Case::new(
        "HS-13",
        Must,
        "A path that only begins as the Engine.IO path does (`/socket.iox/`) is not the Engine.IO path.",
        "engineioxide 0.17.9, fix 816",
        |probe| Box::pin(refusing::prefix(probe)),
    )
    .needing(&[Polling])
    .killing(&["prefix-capture"]),
    Case::new(
        "HS-14",
        May,
        "The Engine.IO path without its last slash is served, or not found.",
        "Socket.IO manual, addTrailingSlash",
        |probe| Box::pin(refusing::no_slash(probe)),
    )
    .needing(&[Polling]),
    Case::new(
        "HS-15",
        Should,
        "Session ids cannot be guessed: of thousands no two are the same, and what differs between them has room for 96 bits.",
        "CVE-2017-16031",
        |probe| Box::pin(ids::unguessable(probe)),
    )
    .needing(&[Polling])
    .killing(&["sequential-sid"])
    .within(Duration::from_secs(60))
    .alone(),
    Case::new(
        "HS-16",
        Must,
        "The answer to a poll is text in UTF-8, as long as it says; it should say that it is not to be kept (no-store).",
        "Engine.IO protocol v4, HTTP long-polling; engine.io",
        |probe| Box::pin(answers::polls(probe)),
    )
    .needing(&[Polling])
    .killing(&["wrong-length", "cacheable"]),
    Case::new(
        "HS-17",
        Must,
        "The first packet of a session is the open packet, alone in the first answer on long-polling.",
        HANDSHAKE,
        |probe| Box::pin(opening::first(probe)),
    )
    .killing(&["ping-in-open"]),
    Case::new(
        "HS-18",
        Should,
        "The first ping comes about one pingInterval after the open packet: not in its first half, and not later than pingTimeout after its end.",
        "Engine.IO protocol v4, Heartbeat",
        |probe| Box::pin(opening::first_ping(probe)),
    )
    .killing(&["ping-at-zero"])
    .within(Duration::from_secs(75)),
    Case::new(
        "HS-19",
        Should,
        "A GET of the Engine.IO path without a query is answered with HTTP 400 at once.",
        "engine.io",
        |probe| Box::pin(refusing::no_query(probe)),
    )
    .killing(&["hang"]),
];
