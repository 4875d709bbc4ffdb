//! PL: payloads.
//!
//! * `values`: JSON values, one and several. * `text`: Unicode. * `numbers`: large ones. * `objects`: keys.
//! * `sizes`: small and large, and too large. * `binary`: bytes. * `spelling`: JSON as a client may write it.

mod binary;
mod numbers;
mod objects;
mod sizes;
mod spelling;
mod text;
mod values;

use super::case::Capability::{Echo, Login, Push, Recovery};
use super::case::Case;
use crate::summary::conformance::Level::{May, Must, Should};

const EVENTS: &str = "Socket.IO protocol v5, Sending and receiving data; RFC 8259";
const BINARY: &str = "Socket.IO protocol v5, Sending and receiving data, with binary";

/// Its cases.
pub(super) static CASES: [Case; 20] = [
    Case::new(
        "PL-01",
        Must,
        "null, true, false, 0, -1, 1.5, \"\", \"x\", {} and [] arrive as equal JSON values.",
        EVENTS,
        |probe| Box::pin(values::simple(probe)),
    )
    .needing(&[Login])
    .killing(&["null-dropped"]),
    Case::new(
        "PL-02",
        Must,
        "An event without arguments arrives without arguments, not with null.",
        EVENTS,
        |probe| Box::pin(values::nothing(probe)),
    )
    .needing(&[Login])
    .killing(&["pad-with-null"]),
    Case::new(
        "PL-03",
        Must,
        "Several arguments arrive as several, and an array as one.",
        EVENTS,
        |probe| Box::pin(values::several(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["args-wrapped", "array-spread"]),
    Case::new(
        "PL-04",
        Must,
        "Text of any letters arrives equal: beyond the basic plane, combining marks, direction marks, U+2028, U+2029, U+FEFF and NUL.",
        "RFC 8259, section 7",
        |probe| Box::pin(text::unicode(probe)),
    )
    .needing(&[Login])
    .killing(&["mangle-unicode"]),
    Case::new(
        "PL-05",
        Must,
        "A text with a U+001E in it, which separates packets on long-polling, arrives equal on every transport.",
        "Engine.IO protocol v4, HTTP long-polling",
        |probe| Box::pin(text::separator(probe)),
    )
    .needing(&[Login])
    .killing(&["raw-RS"]),
    Case::new(
        "PL-06",
        May,
        "What becomes of half a surrogate pair is recorded.",
        "RFC 8259, section 8.2",
        |probe| Box::pin(text::half_a_pair(probe)),
    )
    .needing(&[Login]),
    Case::new(
        "PL-07",
        Should,
        "Whole numbers beyond 2^53 and long decimals arrive exactly, or as floating-point numbers, the same at all receivers.",
        "RFC 8259, section 6",
        |probe| Box::pin(numbers::large(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["number-drift"]),
    Case::new(
        "PL-08",
        Should,
        "A number that no float can hold, as 1e400, never makes what is no JSON of the packet.",
        "RFC 8259, section 6",
        |probe| Box::pin(numbers::endless(probe)),
    )
    .needing(&[Login])
    .killing(&["infinity"]),
    Case::new(
        "PL-09",
        Should,
        "The keys of an object arrive in the order in which they were written, but for those that are numbers.",
        "what servers in use do, and pages rely on",
        |probe| Box::pin(objects::order(probe)),
    )
    .needing(&[Login])
    .killing(&["sort-keys"]),
    Case::new(
        "PL-10",
        Must,
        "The keys __proto__, constructor, prototype, toJSON and toString arrive as data, and change nothing that is sent later.",
        "CWE-1321; CVE-2023-32695",
        |probe| Box::pin(objects::prototypes(probe)),
    )
    .needing(&[Login])
    .killing(&["proto-pollution"]),
    Case::new(
        "PL-11",
        Must,
        "An object that looks like a placeholder is data where no attachment was announced.",
        BINARY,
        |probe| Box::pin(objects::no_placeholder(probe)),
    )
    .needing(&[Login])
    .killing(&["placeholder-confusion"]),
    Case::new(
        "PL-12",
        Must,
        "Texts of 0, 1, 125 to 127, 65,535 and 65,536 bytes, 100 kB, and as much as may be sent, arrive whole on every transport.",
        "RFC 6455, section 5.2; the contract of a push platform",
        |probe| Box::pin(sizes::whole(probe)),
    )
    .needing(&[Login])
    .killing(&["truncate-64k"]),
    Case::new(
        "PL-13",
        Must,
        "A push that is larger than a client may send is refused or arrives whole, and the next one arrives.",
        "Socket.IO manual, maxHttpBufferSize; the contract of a push platform",
        |probe| Box::pin(sizes::too_large(probe)),
    )
    .needing(&[Login, Push])
    .killing(&["oversize-kills-client"]),
    Case::new(
        "PL-14",
        Must,
        "Bytes arrive equal: as one argument, as several, inside of objects and arrays, none at all, and between texts.",
        BINARY,
        |probe| Box::pin(binary::equal(probe)),
    )
    .needing(&[Login])
    .killing(&["binary-swap"]),
    Case::new(
        "PL-15",
        Must,
        "Attachments stand where their numbers say, whatever the order of the placeholders.",
        BINARY,
        |probe| Box::pin(binary::by_number(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["binary-by-position"]),
    Case::new(
        "PL-16",
        Must,
        "The keys of a placeholder may stand in any order.",
        "RFC 8259, section 4",
        |probe| Box::pin(binary::any_key_first(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["key-order-sensitive"]),
    Case::new(
        "PL-17",
        Should,
        "An attachment that is used twice stands in both places.",
        "the reference implementation, socket.io-parser",
        |probe| Box::pin(binary::twice(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["dup-num-lost"]),
    Case::new(
        "PL-18",
        Should,
        "White space is allowed wherever JSON has it, before the array too.",
        "RFC 8259, section 2",
        |probe| Box::pin(spelling::white_space(probe)),
    )
    .needing(&[Login, Echo])
    .killing(&["ws-intolerant"]),
    Case::new(
        "PL-19",
        Should,
        "JSON that is nested 100 deep arrives; 2,000 deep it arrives, or is refused with an answer or the end of the connection.",
        "what servers in use do",
        |probe| Box::pin(spelling::deep(probe)),
    )
    .needing(&[Login])
    .killing(&["silent-depth-drop"]),
    Case::new(
        "PL-20",
        Should,
        "Where connections can be recovered, an event has one more argument behind its own, the place to recover from: a text that is another for each. An ack has none.",
        "Socket.IO manual, Connection state recovery",
        |probe| Box::pin(values::offset(probe)),
    )
    .needing(&[Login, Push, Recovery])
    .killing(&["offset-leak"]),
];
