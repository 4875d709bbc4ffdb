//! RT: routing: who hears what.
//!
//! * `audience`: one user, several sockets, everyone. * `apps`: two apps, and who may publish. * `ids`: odd names of users.
//! * `names`: odd names of events. * `members`: coming and leaving.

mod apps;
mod audience;
mod ids;
mod members;
mod names;

use std::time::Duration;

use super::case::Capability::{AnyUser, Echo, Login, Namespaces, OtherApp, Push};
use super::case::Case;
use crate::summary::conformance::Level::{Must, Should};

const PLATFORM: &str = "the contract of a push platform; Socket.IO manual, Rooms";

/// Its cases.
pub(super) static CASES: [Case; 22] = [
    Case::new(
        "RT-01",
        Must,
        "A push at a user with one socket arrives there once, and at nobody else's.",
        PLATFORM,
        |probe| Box::pin(audience::one(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["broadcast-leak"]),
    Case::new(
        "RT-02",
        Must,
        "A push at a user with 2, 10 and 100 sockets arrives once at each of them.",
        PLATFORM,
        |probe| Box::pin(audience::several(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["first-session-only", "dup-per-session"]),
    Case::new(
        "RT-03",
        Must,
        "A push at a user who is not there is answered as documented, reaches nobody else, and comes later only if it is said to be stored.",
        "Socket.IO manual, Delivery guarantees",
        |probe| Box::pin(members::absent(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["deliver-late"]),
    Case::new(
        "RT-04",
        Must,
        "A push at everyone arrives once at every socket of the app.",
        PLATFORM,
        |probe| Box::pin(audience::everyone(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["skip-one-shard"]),
    Case::new(
        "RT-05",
        Must,
        "A push at everyone of one app, or at a user of it, reaches nobody of another app, whose users have the same names.",
        PLATFORM,
        |probe| Box::pin(apps::apart(probe)),
    )
    .needing(&[Login, Push, OtherApp])
    .killing(&["cross-app-leak"]),
    Case::new(
        "RT-06",
        Must,
        "A user whose id is *, **, %2A or \\* is refused, or gets no more than what is for that user, and a push at them is not one at everyone.",
        "the contract of a push platform",
        |probe| Box::pin(ids::star(probe)),
    )
    .needing(&[Login, Push, AnyUser])
    .killing(&["star-user-is-broadcast"]),
    Case::new(
        "RT-07",
        Must,
        "Ids that differ in case, composition, spaces, signs or letters that nobody sees, or of which one begins with the other, are those of different users, in any script and of 1 kB.",
        "the contract of a push platform",
        |probe| Box::pin(ids::exact(probe)),
    )
    .needing(&[Login, Push, AnyUser])
    .killing(&["casefold", "normalise", "prefix-match"]),
    Case::new(
        "RT-08",
        Must,
        "A push at an id that looks like a room of the server's own, as the id of a socket, reaches no socket of another user.",
        "the reference implementation, rooms: a socket's id is one",
        |probe| Box::pin(ids::rooms(probe)),
    )
    .needing(&[Login, Push, AnyUser])
    .killing(&["room-name-collision"]),
    Case::new(
        "RT-09",
        Must,
        "The ids __proto__, constructor, toString, hasOwnProperty, 0, null, undefined and the empty one are refused, or like any other.",
        "CWE-1321",
        |probe| Box::pin(ids::prototypes(probe)),
    )
    .needing(&[Login, Push, AnyUser])
    .killing(&["prototype-room"]),
    Case::new(
        "RT-10",
        Must,
        "Of 1,100 pushes at ten users none reaches another user, by the whole log of every socket.",
        "the contract of a push platform",
        |probe| Box::pin(audience::no_leak(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["leak-1-in-1000"]),
    Case::new(
        "RT-11",
        Must,
        "A socket that is in the rooms of its app, its user and its session gets one copy of a push.",
        "Socket.IO manual, Rooms: of several rooms each socket gets an event once",
        |probe| Box::pin(audience::one_copy(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["dup-per-room"]),
    Case::new(
        "RT-12",
        Must,
        "The name of an event arrives letter for letter: spaces, Unicode, quotes, backslashes, line breaks, 1 kB, digits; the empty one may be refused.",
        "Socket.IO protocol v5, Packet encoding",
        |probe| Box::pin(names::exact(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["name-trim"]),
    Case::new(
        "RT-13",
        Must,
        "A client's event whose name is written with an escape is the event of that name.",
        "RFC 8259, section 7",
        |probe| Box::pin(names::escaped_spelling(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["escaped-name-dropped"]),
    Case::new(
        "RT-14",
        Must,
        "A push of a reserved name (connect, connect_error, disconnect, disconnecting, newListener, removeListener) is refused.",
        "the reference implementation: clients end the connection at such an event",
        |probe| Box::pin(names::reserved(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["reserved-names-ok"]),
    Case::new(
        "RT-15",
        Should,
        "A client that sends an event of a reserved name is disconnected.",
        "the reference implementation, socket.io-parser",
        |probe| Box::pin(names::reserved_of_clients(probe)),
    )
    .needing(&[Login])
    .killing(&["reserved-from-client-ok"]),
    Case::new(
        "RT-16",
        Must,
        "A client's event that nobody knows is ignored, and the connection goes on: error, __proto__, constructor, toString and the empty name too.",
        "CVE-2024-38355; CVE-2023-30591",
        |probe| Box::pin(names::unknown(probe)),
    )
    .needing(&[Login])
    .killing(&["crash-on-error-event"]),
    Case::new(
        "RT-17",
        Must,
        "Soon after a socket has left, been closed or been logged out, no push reaches it, and the user's other sockets go on.",
        "Socket.IO protocol v5, Disconnection from a namespace",
        |probe| Box::pin(members::gone(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["ghost-member"]),
    Case::new(
        "RT-18",
        Must,
        "Two sockets in two namespaces of one connection each get their own, and in their own namespace.",
        "Socket.IO protocol v5, Introduction: namespaces share a connection",
        |probe| Box::pin(members::two_namespaces(probe)),
    )
    .needing(&[Login, Namespaces])
    .killing(&["leak-other-namespace"]),
    Case::new(
        "RT-19",
        Must,
        "A push that is asked for once CONNECT was answered arrives.",
        "the contract of a push platform; real-time order",
        |probe| Box::pin(members::at_once(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["late-join"]),
    Case::new(
        "RT-20",
        Should,
        "While others come and leave, as fast as four clients can, all of 400 pushes at a user who stays arrive.",
        "the contract of a push platform",
        |probe| Box::pin(members::churn(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["lost-under-churn"])
    .within(Duration::from_secs(60))
    .alone(),
    Case::new(
        "RT-21",
        Should,
        "The number of deliveries in the answer to a push, where there is one, is that of the sockets it was for.",
        "the contract of a push platform",
        |probe| Box::pin(audience::counted(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["count-lies"]),
    Case::new(
        "RT-22",
        Must,
        "An ordinary event of a client reaches no other client: nobody publishes by emitting.",
        "the contract of a push platform",
        |probe| Box::pin(apps::no_publishing(probe)),
    )
    .needing(&[Login])
    .killing(&["client-can-publish"]),
];
