//! Judging: what had to happen, what might, what did.
//!
//! A [`Judge`] is a fold over the events of the sockets it holds; it belongs to one thread. What the sockets of different judges
//! share is the [`Ledger`] of pushes, which the lanes append to and nobody locks to read. Most violations are seen the moment they
//! happen, from the delivery and its [`Tag`] alone; `lost`, and deliveries of pushes refused later, when the push has settled: in batches
//! as the run goes ([`Settling`]), or when judging ends.
//!
//! Invariants: a judge never reads a clock; its memory does not grow with deliveries that arrive once, in order, nor with time; what
//! is missing, unknown or refused takes a bit for each push and connection at most; every arrival is counted in exactly one of
//! `delivered`, `duplicated`, `misdelivered`, `phantom` and `premature`.

mod awaited;
mod equal;
mod finding;
mod gaps;
mod in_flight;
mod judge;
mod kept;
mod ledger;
mod recent;
mod rules;
mod settled;
mod settling;
mod standing;
mod streams;
mod tag;
mod there;
mod untagged;

pub use awaited::Awaited;
pub use equal::json_equal;
pub use finding::{Class, Counts, EXAMPLES_PER_CLASS, Example, Findings};
pub use judge::{Judge, Slot};
pub use ledger::{Answer, Entry, LaneWriter, Ledger};
pub use rules::{Arrival, Judged, Ordering, Rules, Source, Way};
pub use settling::Settling;
pub use streams::{Stream, Streams};
pub use tag::{By, Found, TAG_LEN, Tag, Tagger};
pub use there::There;
