//! What a shard hands over: of each second, and at the end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::measure::{Latency, Meter, Recipients, RequestCounts, Requests, Sketch, Window};
use crate::verify::{Counts, Findings};

/// What a shard knows of a second that has passed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Passed {
    /// Which shard.
    pub shard: usize,
    /// Which second of the run (counted from its clock's start).
    pub second: u64,
    /// What was measured in it.
    pub window: Window,
    /// The shard's counts so far.
    pub counts: Counts,
    /// Everything found so far, if more violations were seen since that was told last: what is left of a shard that fails.
    pub findings: Option<Findings>,
    /// Broadcasts that are complete or over.
    pub recipients: Vec<Recipients>,
    /// How late the shard's loop was in it, at most.
    pub delay: Duration,
    /// How late it was each time that was looked at.
    pub delays: Sketch,
    /// Sockets connected at its end, by node of the target.
    pub at_node: Vec<u64>,
    /// Requests so far.
    pub requests: RequestCounts,
}

/// Everything a shard knows at the end.
#[derive(Debug, Serialize, Deserialize)]
pub struct Finished {
    /// Counts and examples.
    pub findings: Findings,
    /// Latencies.
    pub meter: Meter,
    /// The second that was under way.
    pub second: u64,
    /// What was measured in it so far.
    pub window: Window,
    /// Counts of what was seen as it arrived: without losses, which belong to no second.
    pub counts_before_end: Counts,
    /// Broadcasts not handed over yet.
    pub recipients: Vec<Recipients>,
    /// Arrivals left out of fan-out figures for want of room.
    pub fanout_left_out: u64,
    /// How late its loop was.
    pub delay: Latency,
    /// Everything that had arrived when judging was asked for has been read. If not, the shard was too busy for too long, and what
    /// is missing may lie in this machine.
    pub caught_up: bool,
    /// What came of the requests that its sockets emitted.
    pub requests: Requests,
    /// Why some of what came has no receive stamp, as far as is known.
    pub unstamped: Option<String>,
    /// Connections that lacked something and gave no sign of life when the target was asked for one: nobody knows since when they had
    /// been dead.
    pub silent: u64,
}
