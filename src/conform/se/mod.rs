//! SE: security and robustness.
//!
//! Each case has a bystander, who has to have all that is theirs whatever the case does to the target, and each ends with new sessions.
//!
//! * `bystander`: who that is. `attack`: what is said by somebody who has joined, and what has to come of it.
//! * `sizes`, `packets`, `attachments`, `depth`: what is said on a connection.
//! * `entering`: before it has joined. `openings`, `requests`, `origins`: over HTTP.
//! * `others`: what is another's. `flood`: more connections than there may be.

mod attachments;
mod attack;
mod bystander;
mod depth;
mod entering;
mod flood;
mod openings;
mod origins;
mod others;
mod packets;
mod requests;
mod sizes;

use std::time::Duration;

use super::case::Capability::{
    Bound, ConnectTimeout, Connections, Echo, Login, Origin, Polling, Push, Refuses,
    RequestTimeout, WebSocket,
};
use super::case::Case;
use crate::summary::conformance::Level::{May, Must, Should};

/// What waits for a time that the target states.
const LONG: Duration = Duration::from_secs(120);

/// Its cases.
pub(super) static CASES: [Case; 34] = [
    Case::new(
        "SE-01",
        Must,
        "A WebSocket message of more than maxPayload ends its connection, and is not handled.",
        "Engine.IO protocol v4, Handshake; Socket.IO manual, maxHttpBufferSize",
        |probe| Box::pin(sizes::message(probe)),
    )
    .needing(&[Login, WebSocket])
    .killing(&["no-max-payload"]),
    Case::new(
        "SE-02",
        Must,
        "Fragments of a WebSocket message that come to more than maxPayload end its connection unhandled; fifty thousand fragments of a byte are one message, or end it.",
        "CVE-2026-48779; CVE-2016-10542",
        |probe| Box::pin(sizes::fragmented(probe)),
    )
    .needing(&[Login, WebSocket])
    .killing(&["fragment-flood"]),
    Case::new(
        "SE-03",
        Must,
        "A POST of more than maxPayload is refused with HTTP 413 or 400 before the rest of it has come, whether it says its length or comes in chunks.",
        "CVE-2020-36048",
        |probe| Box::pin(sizes::body(probe)),
    )
    .needing(&[Polling])
    .killing(&["buffer-all"]),
    Case::new(
        "SE-04",
        Must,
        "A POST that comes a byte at a time, or never ends, is cut off in the stated time.",
        "CWE-400",
        |probe| Box::pin(sizes::slow(probe)),
    )
    .needing(&[Polling, RequestTimeout])
    .killing(&["slowloris"])
    .within(LONG),
    Case::new(
        "SE-05",
        Must,
        "An Engine.IO packet of an unknown type, of letters of several bytes or of none ends its own connection, and no other.",
        "Engine.IO protocol v4, Packet encoding; engineioxide-core 0.2.3",
        |probe| Box::pin(packets::engine_garbage(probe)),
    )
    .needing(&[Login])
    .killing(&["panic-on-multibyte"]),
    Case::new(
        "SE-06",
        Must,
        "A text that is no Socket.IO packet, or an event without a name or cut off, ends its connection, and runs no handler.",
        "Socket.IO protocol v5, Packet encoding; CVE-2023-32695; CVE-2023-30591",
        |probe| Box::pin(packets::socket_garbage(probe)),
    )
    .needing(&[Login])
    .killing(&["lenient-parser"]),
    Case::new(
        "SE-07",
        Should,
        "An event with something behind its array ends its connection, and runs no handler.",
        "RFC 8259",
        |probe| Box::pin(packets::trailing(probe)),
    )
    .needing(&[Login])
    .killing(&["trailing-garbage-ok"]),
    Case::new(
        "SE-08",
        Must,
        "A number of attachments that is far too large, or none, ends the connection at once.",
        "CVE-2026-33151; GHSA-55mf-67qm-4wpg; CVE-2026-48804",
        |probe| Box::pin(attachments::counts(probe)),
    )
    .needing(&[Login])
    .killing(&["alloc-by-count"]),
    Case::new(
        "SE-09",
        May,
        "How many attachments one packet may have.",
        "socket.io-parser, maxAttachments",
        |probe| Box::pin(attachments::cap(probe)),
    )
    .needing(&[Login, Echo, WebSocket]),
    Case::new(
        "SE-10",
        Should,
        "A binary event without attachments ends its connection, and is not kept.",
        "CVE-2026-69185",
        |probe| Box::pin(attachments::none(probe)),
    )
    .needing(&[Login])
    .killing(&["zero-attachment-leak"]),
    Case::new(
        "SE-11",
        Must,
        "Text in place of an attachment ends the connection; so does, where a time is stated, an attachment that does not come in it.",
        "GHSA-55mf-67qm-4wpg; CVE-2020-36049",
        |probe| Box::pin(attachments::unfinished_packets(probe)),
    )
    .needing(&[Login])
    .killing(&["partial-forever", "splice-text"])
    .within(LONG),
    Case::new(
        "SE-12",
        Must,
        "A placeholder that names no attachment ends the connection: nothing else takes its place.",
        "CVE-2022-2421",
        |probe| Box::pin(attachments::placeholders(probe)),
    )
    .needing(&[Login])
    .killing(&["placeholder-override"]),
    Case::new(
        "SE-13",
        Must,
        "A placeholder in place of an event's name ends the connection.",
        "CVE-2022-2421",
        |probe| Box::pin(attachments::names(probe)),
    )
    .needing(&[Login])
    .killing(&["name-by-attachment"]),
    Case::new(
        "SE-14",
        Should,
        "A binary message that nothing announced ends its connection.",
        "socket.io-parser",
        |probe| Box::pin(packets::unannounced(probe)),
    )
    .needing(&[Login])
    .killing(&["ignore-binary"]),
    Case::new(
        "SE-15",
        Must,
        "Events and credentials of 100,000 arrays in each other harm nobody else.",
        "CWE-674; GHSA-c6g7-r2mf-pf5g",
        |probe| Box::pin(depth::nested(probe)),
    )
    .needing(&[Login])
    .killing(&["recursive-walk"])
    .destructive(),
    Case::new(
        "SE-16",
        Must,
        "Three hundred requests for WebSockets that are wrong, each reset at once, harm nobody.",
        "CVE-2022-41940; CVE-2023-31125",
        |probe| Box::pin(openings::reset(probe)),
    )
    .needing(&[WebSocket])
    .killing(&["unhandled-upgrade-error"]),
    Case::new(
        "SE-17",
        Must,
        "A frame that is none, with or right behind the request for its WebSocket, ends that connection, and no other.",
        "CVE-2022-21676",
        |probe| Box::pin(openings::early_frame(probe)),
    )
    .needing(&[WebSocket])
    .killing(&["crash-on-early-frame"]),
    Case::new(
        "SE-18",
        Must,
        "A client's event named error harms nobody else.",
        "CVE-2024-38355",
        |probe| Box::pin(packets::named_error(probe)),
    )
    .needing(&[Login])
    .killing(&["crash-on-error-event"]),
    Case::new(
        "SE-19",
        Must,
        "Control characters in headers get HTTP 4xx or the end, as 100 kB and 10,000 lines of them should; line breaks in a query make no header of the answer; a body with two lengths hides no request.",
        "RFC 9112; CVE-2024-37890",
        |probe| Box::pin(requests::heads(probe)),
    )
    .needing(&[Polling])
    .killing(&["header-echo", "CL.TE"]),
    Case::new(
        "SE-20",
        Must,
        "Pages of the origin that may get sessions on both transports; others read no answer on long-polling, and get no WebSocket.",
        "CVE-2020-28481; CVE-2019-13611",
        |probe| Box::pin(origins::policy(probe)),
    )
    .needing(&[Origin])
    .killing(&["cors-reflect", "ws-no-origin"]),
    Case::new(
        "SE-21",
        Should,
        "No answer lets pages of any origin ask with their reader's credentials.",
        "Socket.IO manual, Handling CORS",
        |probe| Box::pin(origins::credentials(probe)),
    )
    .needing(&[Polling])
    .killing(&["reflect-with-credentials"]),
    Case::new(
        "SE-22",
        Should,
        "A preflight of the page that may is answered without a session and without credentials.",
        "Socket.IO manual, Handling CORS",
        |probe| Box::pin(origins::preflights(probe)),
    )
    .needing(&[Polling, Origin])
    .killing(&["preflight-400"]),
    Case::new(
        "SE-23",
        Must,
        "The public id of a socket neither reads nor writes its session on long-polling.",
        "Socket.IO protocol v5, History",
        |probe| Box::pin(others::public_id(probe)),
    )
    .needing(&[Login, Polling])
    .killing(&["eio-sid-public"]),
    Case::new(
        "SE-24",
        Should,
        "Cookies have HttpOnly and SameSite, and say neither the user nor the login.",
        "Socket.IO manual, cookie",
        |probe| Box::pin(origins::cookies(probe)),
    )
    .needing(&[Login, Polling])
    .killing(&["identity-cookie"]),
    Case::new(
        "SE-25",
        Must,
        "A thousand namespaces that are asked for on one connection are answered each, in order, and harm nobody else.",
        "Socket.IO manual, cleanupEmptyChildNamespaces",
        |probe| Box::pin(entering::many_namespaces(probe)),
    )
    .needing(&[Login])
    .killing(&["namespace-leak"]),
    Case::new(
        "SE-26",
        Must,
        "A namespace whose name has 100 kB, no slash, a query, or is that of a property of every object is refused: it is never taken for another.",
        "Socket.IO protocol v5, Format",
        |probe| Box::pin(entering::namespace_names(probe)),
    )
    .needing(&[Login])
    .killing(&["nsp-fallthrough"]),
    Case::new(
        "SE-27",
        Must,
        "Connections beyond what a node is said to hold are refused, those that are there go on, and others are let in when some have left.",
        "CWE-770",
        |probe| Box::pin(flood::connections(probe)),
    )
    .needing(&[WebSocket, Connections])
    .killing(&["fd-exhaustion"])
    .alone(),
    Case::new(
        "SE-28",
        Must,
        "A connection that has joined nothing ends with the stated time to join, whatever it waits for.",
        "GHSA-55mf-67qm-4wpg; CVE-2026-48802",
        |probe| Box::pin(entering::not_joined(probe)),
    )
    .needing(&[ConnectTimeout])
    .killing(&["pre-auth-buffer"])
    .within(LONG),
    Case::new(
        "SE-29",
        Should,
        "JSONP is off, or answers with a script whose callback is a number.",
        "engine.io, polling-jsonp",
        |probe| Box::pin(requests::jsonp(probe)),
    )
    .needing(&[Polling])
    .killing(&["jsonp-xss"]),
    Case::new(
        "SE-30",
        Should,
        "No page has in it what was asked for: session id, transport, version.",
        "CWE-79",
        |probe| Box::pin(requests::error_pages(probe)),
    )
    .needing(&[Polling])
    .killing(&["reflect-sid"]),
    Case::new(
        "SE-31",
        Must,
        "While others break the protocol, everybody else has each push in order and within the stated bound.",
        "the contract of a push platform",
        |probe| Box::pin(others::fate(probe)),
    )
    .needing(&[Login, Push, Bound])
    .killing(&["shared-fate"])
    .alone(),
    Case::new(
        "SE-32",
        Must,
        "Nothing behind a fatal packet on its connection is handled.",
        "Socket.IO protocol v5, Exchange protocol",
        |probe| Box::pin(packets::behind_the_end(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["process-after-error"]),
    Case::new(
        "SE-33",
        May,
        "MessagePack that is cut off, goes deep or says huge lengths harms nobody else.",
        "GHSA-c6g7-r2mf-pf5g; GHSA-7xpx-rcqc-8qjh",
        |probe| Box::pin(depth::message_pack(probe)),
    )
    .needing(&[WebSocket]),
    Case::new(
        "SE-35",
        Should,
        "A refusal has neither what was shown in it nor a stack trace.",
        "the contract of a push platform",
        |probe| Box::pin(entering::refusals(probe)),
    )
    .needing(&[Login, Refuses])
    .killing(&["leak-secret"]),
];
