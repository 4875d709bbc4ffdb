//! Measuring: latency histograms, one-second windows, fan-out of broadcasts, what came of requests.
//!
//! Each shard has a [`Meter`] of its own, so that recording a delivery takes no lock; meters are merged when the run ends, and their
//! windows once a second. Latencies are whole microseconds in HDR histograms of three significant digits from 1 µs to
//! [`HIGHEST`]; slower ones are counted at the top and in [`Latency::overflows`].

mod blocks;
mod fanout;
mod latency;
mod meter;
mod requests;
mod sketch;

pub use blocks::Blocks;
pub use fanout::{Fanout, FanoutLatency, Recipients};
pub use latency::{HIGHEST, HalfOctaves, Latency};
pub use meter::{Meter, Share, Window};
pub use requests::{RequestCounts, RequestExample, Requests};
pub use sketch::Sketch;
