//! Judging: what had to happen, what might, what did.
//!
//! A [`Judge`] is a fold over the events of the sockets it holds; it belongs to one thread. What the sockets of different judges
//! share is the [`Ledger`] of pushes, which the lanes append to and nobody locks. Most violations are seen the moment they happen,
//! from the delivery and its [`Tag`] alone; `lost`, and deliveries of refused pushes, when judging ends.
//!
//! Invariants: a judge never reads a clock; its memory does not grow with deliveries that arrive once, in order, nor with
//! violations, and holes take a bit for each push and socket at most; every arrival is counted in exactly one of
//! `delivered`, `duplicated`, `misdelivered`, `phantom` and `premature`.

mod equal;
mod finding;
mod gaps;
mod in_flight;
mod judge;
mod ledger;
mod rules;
mod standing;
mod streams;
mod tag;

pub use equal::json_equal;
pub use finding::{Class, Counts, EXAMPLES_PER_CLASS, Example, Findings};
pub use judge::{Judge, Slot};
pub use ledger::{Answer, Entry, LaneWriter, Ledger};
pub use rules::{Arrival, Judged, Ordering, Rules, Source};
pub use streams::{Stream, Streams};
pub use tag::{Found, TAG_LEN, Tag, Tagger};
