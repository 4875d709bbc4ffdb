//! TR: transports, and the upgrade between them.
//!
//! * `alike`: the same on every transport.
//! * `polls`, `posts`: requests of a session on long-polling.
//! * `crossing`: sessions that are asked for on another transport, or by somebody else.
//! * `upgrading`, `stalling`: upgrades that are finished, and that are not.
//! * `frames`: the WebSocket below.

mod alike;
mod crossing;
mod frames;
mod polls;
mod posts;
mod stalling;
mod upgrading;

use std::time::Duration;

use super::case::Capability::{Echo, Login, Polling, Push, UpgradeTimeout, WebSocket};
use super::case::Case;
use crate::summary::conformance::Level::{May, Must, Should};

const E4: &str = "Engine.IO protocol v4";
const ENCODING: &str = "Engine.IO protocol v4, Packet encoding";
const UPGRADE: &str = "Engine.IO protocol v4, Upgrade";
const DELIVERY: &str = "Socket.IO manual, Delivery guarantees";

/// For what waits for heartbeats, which may be slow ones.
const HEARTBEATS: Duration = Duration::from_secs(180);

/// Its cases.
pub(super) static CASES: [Case; 22] = [
    Case::new(
        "TR-01",
        Must,
        "The same pushes arrive, and the same acks come back, in the same order on long-polling, on a WebSocket and over an upgrade.",
        "Engine.IO protocol v4; Socket.IO manual, Delivery guarantees",
        |probe| Box::pin(alike::pushes(probe)),
    )
    .needing(&[Polling, WebSocket, Login, Push])
    .killing(&["polling-only-bug"]),
    Case::new(
        "TR-02",
        Must,
        "Of two polls at once on one session one ends with a close packet or a noop, the other with HTTP 400 (500 is tolerated, with a warning), and the session is gone.",
        "Engine.IO protocol v4, Receiving data; the official suite",
        |probe| Box::pin(polls::two_at_once(probe)),
    )
    .needing(&[Polling])
    .killing(&["both-served"]),
    Case::new(
        "TR-03",
        Should,
        "Of two POSTs at once on one session the second is refused, or all of one is handled before the other.",
        "engine.io, polling.ts",
        |probe| Box::pin(posts::two_at_once(probe)),
    )
    .needing(&[Polling, Login, Echo])
    .killing(&["interleave-bodies"]),
    Case::new(
        "TR-04",
        Should,
        "A client that gives up a poll that is under way loses its session, at once or with the next ping, as nobody knows what it has got.",
        "the official suite; engine.io, polling.ts",
        |probe| Box::pin(polls::given_up(probe)),
    )
    .needing(&[Polling, Login])
    .killing(&["keep-session-after-abort"])
    .within(HEARTBEATS),
    Case::new(
        "TR-05",
        Must,
        "The packets in the answer to a poll are joined by the record separator, with none behind the last, and each comes once.",
        ENCODING,
        |probe| Box::pin(polls::several(probe)),
    )
    .needing(&[Polling, Login, Push])
    .killing(&["lost-separator", "dup-on-poll"]),
    Case::new(
        "TR-06",
        Should,
        "The answer to a poll is no longer than maxPayload and one packet, where packets are small.",
        "Engine.IO protocol v4, maxPayload; engineioxide, fixes 736 and 738",
        |probe| Box::pin(polls::bounded(probe)),
    )
    .needing(&[Polling, Login, Push])
    .killing(&["oversize-poll"]),
    Case::new(
        "TR-07",
        Must,
        "Bytes are b and base64 on long-polling, and a binary frame on a WebSocket, and the same come on both: none, each of the 256, 256 KiB.",
        ENCODING,
        |probe| Box::pin(alike::bytes(probe)),
    )
    .needing(&[Polling, WebSocket, Login, Push])
    .killing(&["b64-url-alphabet"]),
    Case::new(
        "TR-08",
        Should,
        "A POST of a binary packet that is no base64 ends the session.",
        "Engine.IO protocol v4; engine.io",
        |probe| Box::pin(posts::bad_base64(probe)),
    )
    .needing(&[Polling])
    .killing(&["lenient-b64"]),
    Case::new(
        "TR-09",
        Should,
        "A POST of application/octet-stream is answered with HTTP 400, and the answer is completed.",
        "CVE-2026-59725",
        |probe| Box::pin(posts::octets(probe)),
    )
    .needing(&[Polling])
    .killing(&["hang-on-octet"]),
    Case::new(
        "TR-10",
        Must,
        "A poll or a POST for a session on a WebSocket, from its beginning or by an upgrade, is answered with HTTP 400, and nothing of it is handled.",
        "Engine.IO protocol v4, Upgrade; the official suite",
        |probe| Box::pin(crossing::polling_on_websocket(probe)),
    )
    .needing(&[Polling, WebSocket, Login])
    .killing(&["sid-hijack-cross-transport"]),
    Case::new(
        "TR-11",
        Must,
        "A second WebSocket for a session that was upgraded to one is closed (where it began on one it should be), and the first goes on.",
        "Engine.IO protocol v4, WebSocket; the official suite",
        |probe| Box::pin(crossing::second_websocket(probe)),
    )
    .needing(&[Polling, WebSocket, Login])
    .killing(&["steal-by-second-ws"]),
    Case::new(
        "TR-12",
        Must,
        "A probe is answered with 3probe, and while the upgrade is under way every poll is released with a noop within 1 s.",
        "Engine.IO protocol v4, Upgrade; engineioxide 487 and 554; python-engineio 160",
        |probe| Box::pin(upgrading::releases(probe)),
    )
    .needing(&[Polling, WebSocket])
    .killing(&["one-noop-only"]),
    Case::new(
        "TR-13",
        Must,
        "Pushes before, during and after an upgrade arrive once each and in order: one at every step of it, and in a stream at 48 upgrades.",
        DELIVERY,
        |probe| Box::pin(upgrading::pushes(probe)),
    )
    .needing(&[Polling, WebSocket, Login, Push])
    .killing(&["lose-during-upgrade", "dup-during-upgrade"]),
    Case::new(
        "TR-14",
        Must,
        "Events that a client posts before an upgrade, and during it, are handled before those that it sends on the WebSocket afterwards.",
        DELIVERY,
        |probe| Box::pin(upgrading::events(probe)),
    )
    .needing(&[Polling, WebSocket, Login, Echo])
    .killing(&["reorder-on-upgrade"]),
    Case::new(
        "TR-15",
        Must,
        "An upgrade that stalls (no probe, nothing behind it, a WebSocket that ends before or behind it) leaves the session on long-polling, with nothing lost.",
        "Engine.IO protocol v4, Upgrade; Socket.IO manual, upgradeTimeout",
        |probe| Box::pin(stalling::leaves_polling(probe)),
    )
    .needing(&[Polling, WebSocket, Login, Push])
    .killing(&["half-upgrade-blackhole"]),
    Case::new(
        "TR-16",
        Should,
        "An upgrade that stalls is dropped after the stated time, its WebSocket closed, and its session can be upgraded again (16 at once).",
        "Socket.IO manual, upgradeTimeout; engineioxide 731",
        |probe| Box::pin(stalling::ends(probe)),
    )
    .needing(&[Polling, WebSocket, Login, UpgradeTimeout])
    .killing(&["leak-on-stalled-upgrade"]),
    Case::new(
        "TR-17",
        Must,
        "A 5 behind a probe with another text, or none that was answered, does not move a session (behind none at all it should not), and does not end it.",
        UPGRADE,
        |probe| Box::pin(stalling::without_probe(probe)),
    )
    .needing(&[Polling, WebSocket, Login])
    .killing(&["upgrade-without-probe"]),
    Case::new(
        "TR-18",
        Must,
        "A WebSocket for an unknown session is refused or closed, and one of a stranger, who does not probe, says nothing and leaves the owner's session on long-polling.",
        E4,
        |probe| Box::pin(crossing::strangers(probe)),
    )
    .needing(&[Polling, WebSocket, Login])
    .killing(&["hijack-by-sid"]),
    Case::new(
        "TR-19",
        May,
        "A transport is served, or refused; with HTTP 400 where it is off.",
        "Socket.IO manual, transports",
        |probe| Box::pin(crossing::served(probe)),
    ),
    Case::new(
        "TR-20",
        Should,
        "A POST of 16 packets is handled, and one of 50 handled or refused: none of it is dropped without a word.",
        "python-engineio, max_decode_packets",
        |probe| Box::pin(posts::many_packets(probe)),
    )
    .needing(&[Polling, Login, Echo])
    .killing(&["silent-packet-cap"]),
    Case::new(
        "TR-21",
        May,
        "Compression of messages (permessage-deflate) is agreed on, or not.",
        "RFC 7692; Socket.IO manual, perMessageDeflate",
        |probe| Box::pin(frames::deflate(probe)),
    )
    .needing(&[WebSocket]),
    Case::new(
        "TR-22",
        Must,
        "Frames are read as RFC 6455 has them: parts, and pings between them, are understood; a frame without a mask, reserved bits and opcodes, control frames that are too long or in parts, and text that is not UTF-8 end the connection.",
        "RFC 6455, sections 5 to 8; CVE-2022-21676",
        |probe| Box::pin(frames::frames(probe)),
    )
    .needing(&[WebSocket])
    .killing(&["accept-unmasked"]),
];
