//! The journal of a run: its history in a file, written while it happens, and judged again from there.
//!
//! docs/journal.md has the format. `block` is what the file is made of, `fact` what the blocks tell; `writer`, `recorder` and
//! `lanes` write it, `scan`, `verified` and what they use read it; `playback` shows what they read once a second of the run.
//!
//! Invariants: a run's memory does not grow with its journal, and nothing is allocated for a delivery as it should be; what cannot be
//! written stops no run, and is said at its end; no bytes make reading panic, and nothing that is missing from a journal makes it pass
//! or makes up a violation.

mod behind;
mod block;
mod books;
mod code;
mod cursor;
mod decode;
mod differences;
mod encode;
mod fact;
mod lanes;
mod playback;
mod present;
mod recorder;
mod replay;
mod scan;
mod sockets;
mod varint;
mod verified;
mod writer;

pub use behind::Follows;
pub use block::{HEAD, Head, Kind, MAGIC, NoBlock, PREAMBLE, Source, VERSION};
pub use decode::Position;
pub use differences::Difference;
pub use encode::Encoder;
pub use fact::{Cut, Event, Fact, Moment, Nonsense};
pub use lanes::{Follower, LaneRecorder, PushLog};
pub use playback::Playback;
pub use recorder::{MOST_KEPT, Recorder};
pub use scan::{Damage, Name, Unreadable};
pub use verified::{Header, Verified, footer, verify};
pub use writer::{Journal, Log, Pen};
