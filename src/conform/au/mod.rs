//! AU: connecting, authentication, refusals.
//!
//! * `entering`: good credentials, and what CONNECT says.
//! * `refusing`: credentials that are not good.
//! * `waiting`: connections that do not join, or not yet.
//! * `again`: a CONNECT behind another one.
//! * `apart`: namespaces, and other places that credentials could be taken from.
//! * `load`: many credentials to check, and those who wait behind them.

mod again;
mod apart;
mod entering;
mod load;
mod refusing;
mod waiting;

use std::time::Duration;

use super::case::Capability::{
    Bound, ConnectTimeout, Echo, Expired, Login, Namespaces, Push, Refuses,
};
use super::case::Case;
use crate::summary::conformance::Level::{Must, Should};

const CONNECTION: &str = "Socket.IO protocol v5, Connection to a namespace";
const PLATFORM: &str = "the contract of a platform for authenticated users";

/// Its cases.
pub(super) static CASES: [Case; 25] = [
    Case::new(
        "AU-01",
        Must,
        "Good credentials get exactly one answer to CONNECT, with a sid that is a string with something in it.",
        CONNECTION,
        |probe| Box::pin(entering::once(probe)),
    )
    .needing(&[Login])
    .killing(&["two-connects"]),
    Case::new(
        "AU-02",
        Must,
        "The sid of CONNECT, which others may see, is not the id of the Engine.IO session, which lets whoever knows it in.",
        "Socket.IO protocol v5, History; Socket.IO manual, socket.id",
        |probe| Box::pin(entering::public_id(probe)),
    )
    .needing(&[Login])
    .killing(&["sid-reused-from-eio"]),
    Case::new(
        "AU-03",
        Must,
        "A CONNECT without credentials is refused: CONNECT_ERROR, and no CONNECT.",
        "Socket.IO manual, Middlewares; the contract of a platform for authenticated users",
        |probe| Box::pin(refusing::nothing_shown(probe)),
    )
    .needing(&[Login, Refuses])
    .killing(&["anonymous-ok"]),
    Case::new(
        "AU-04",
        Must,
        "Credentials of which a part is missing, empty, null, true, a number, an array or an object are refused.",
        PLATFORM,
        |probe| Box::pin(refusing::malformed(probe)),
    )
    .needing(&[Login, Refuses])
    .killing(&["truthy-check"]),
    Case::new(
        "AU-05",
        Must,
        "An app that is not there, a session of another app, and a well-formed session that nobody has are refused.",
        PLATFORM,
        |probe| Box::pin(refusing::mismatched(probe)),
    )
    .needing(&[Login, Refuses])
    .killing(&["check-one-only"]),
    Case::new(
        "AU-06",
        Must,
        "A session that has ended is refused, and what becomes of its sockets is what is stated.",
        PLATFORM,
        |probe| Box::pin(refusing::ended(probe)),
    )
    .needing(&[Login, Refuses, Expired])
    .killing(&["no-expiry"]),
    Case::new(
        "AU-07",
        Must,
        "A refusal is a CONNECT_ERROR in the namespace that was asked for, with an object that has a message, a string.",
        "Socket.IO protocol v5, Connection to a namespace; Socket.IO manual, Middlewares",
        |probe| Box::pin(refusing::says_why(probe)),
    )
    .needing(&[Login, Refuses])
    .killing(&["string-payload"]),
    Case::new(
        "AU-08",
        Should,
        "A refusal does not tell an unknown app from a bad session: it says the same, after about the same time.",
        "what an attacker may learn; the contract of a platform for authenticated users",
        |probe| Box::pin(refusing::tells_nothing(probe)),
    )
    .needing(&[Login, Refuses])
    .killing(&["oracle"]),
    Case::new(
        "AU-09",
        Must,
        "No event comes before the answer to CONNECT, while the user is pushed at without a pause.",
        "Socket.IO protocol v5, Connection to a namespace; seen at a server that differs",
        |probe| Box::pin(entering::nothing_early(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["join-before-ack"]),
    Case::new(
        "AU-10",
        Must,
        "No event comes at a socket that was refused, neither at once nor later.",
        PLATFORM,
        |probe| Box::pin(refusing::hears_nothing(probe)),
    )
    .needing(&[Login, Refuses, Push])
    .killing(&["join-before-auth"]),
    Case::new(
        "AU-11",
        Must,
        "An event that is sent before CONNECT is not answered, and ends the connection.",
        CONNECTION,
        |probe| Box::pin(waiting::event_first(probe)),
    )
    .killing(&["event-before-connect-ok"]),
    Case::new(
        "AU-12",
        Must,
        "A connection that joins no namespace is closed within the stated time and a tenth, or half a second, though it answers pings.",
        "Socket.IO manual, connectTimeout",
        |probe| Box::pin(waiting::joins_nothing(probe)),
    )
    .needing(&[ConnectTimeout])
    .killing(&["no-connect-timeout"])
    .within(Duration::from_secs(120)),
    Case::new(
        "AU-13",
        Must,
        "A connection that was refused and says no more is closed within the same time.",
        "socket.io, client.ts",
        |probe| Box::pin(waiting::refused_once(probe)),
    )
    .needing(&[Login, Refuses, ConnectTimeout])
    .killing(&["refused-stays"])
    .within(Duration::from_secs(120)),
    Case::new(
        "AU-14",
        Should,
        "A connection that was refused may send CONNECT again, and is let in with good credentials.",
        "Socket.IO manual, connect_error",
        |probe| Box::pin(again::after_refusal(probe)),
    )
    .needing(&[Login, Refuses])
    .killing(&["poisoned-connection"]),
    Case::new(
        "AU-15",
        Must,
        "A CONNECT whose payload is no JSON object (an array, a string, malformed, cut short) is not answered with CONNECT.",
        "Socket.IO protocol v5, Packet encoding; socket.io-parser",
        |probe| Box::pin(refusing::no_object(probe)),
    )
    .needing(&[Login, Refuses])
    .killing(&["accept-any-auth-type"]),
    Case::new(
        "AU-16",
        Should,
        "A second CONNECT in a namespace that is joined is not answered with CONNECT, and changes nobody's identity; the connection may be closed for it.",
        "socket.io, client.ts; socketioxide 0.18.9, fix 801",
        |probe| Box::pin(again::keeps_identity(probe)),
    )
    .needing(&[Login])
    .killing(&["reconnect-as-other-user"]),
    Case::new(
        "AU-17",
        Must,
        "A second CONNECT with another user's credentials does not give a connection the pushes at both.",
        PLATFORM,
        |probe| Box::pin(again::merges_nothing(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["identity-merge"]),
    Case::new(
        "AU-18",
        Must,
        "A namespace that is not there is answered with CONNECT_ERROR in it, and the one that the connection has joined is unaffected.",
        CONNECTION,
        |probe| Box::pin(apart::unknown_namespace(probe)),
    )
    .needing(&[Login])
    .killing(&["accept-any-namespace"]),
    Case::new(
        "AU-19",
        Must,
        "Who is in one namespace is in no other: each further one asks for credentials of its own.",
        "Socket.IO protocol v5, History; Socket.IO manual, Namespaces",
        |probe| Box::pin(apart::second_namespace(probe)),
    )
    .needing(&[Login, Refuses, Namespaces])
    .killing(&["auth-bypass-second-namespace"]),
    Case::new(
        "AU-20",
        Must,
        "An event that is named as one of the server's own (connect, disconnect, authenticate, and so on) triggers nothing of the kind, whatever credentials it has for an argument.",
        "socket.io-parser, RESERVED_EVENTS; seen at a server that differs",
        |probe| Box::pin(apart::lifecycle(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["lifecycle-by-event"]),
    Case::new(
        "AU-21",
        Must,
        "Credentials of another user in the query and the headers do not count against those of CONNECT: the socket is that of whom CONNECT shows, or is refused.",
        PLATFORM,
        |probe| Box::pin(apart::other_places(probe)),
    )
    .needing(&[Login, Refuses, Push])
    .killing(&["query-overrides-auth"]),
    Case::new(
        "AU-22",
        Should,
        "A namespace that was left can be joined again on the same connection, with fresh credentials and a new sid.",
        "Socket.IO protocol v5, Disconnection from a namespace",
        |probe| Box::pin(again::rejoins(probe)),
    )
    .needing(&[Login])
    .killing(&["no-rejoin"]),
    Case::new(
        "AU-23",
        Should,
        "While 40 bad credentials are being checked, others connect and get pushes within the stated time.",
        PLATFORM,
        |probe| Box::pin(load::side_by_side(probe)),
    )
    .needing(&[Login, Refuses, Push, Bound])
    .killing(&["serial-auth"])
    .alone(),
    Case::new(
        "AU-24",
        Should,
        "Events right behind a CONNECT are all handled after it, or the connection is closed: none is dropped while it stays open.",
        "Socket.IO protocol v5, Connection to a namespace; seen at servers that differ",
        |probe| Box::pin(waiting::pipelined(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["drop-pipelined"]),
    Case::new(
        "AU-25",
        Should,
        "While 1,000 bad CONNECTs come within a second, 99 of 100 pushes arrive within the stated time.",
        PLATFORM,
        |probe| Box::pin(load::flood(probe)),
    )
    .needing(&[Login, Refuses, Push, Bound])
    .killing(&["unbounded-auth-queue"])
    .alone(),
];
