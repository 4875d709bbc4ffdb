//! The generator itself, and the machine that it was on.

use serde::{Deserialize, Serialize};

use super::Reasons;
use crate::measure::Latency;

/// How the generator itself fared.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Generator {
    /// CPU used while pushing and settling, in percent of one core. `None` where the system does not tell.
    pub cpu_percent: Option<f64>,
    /// The same in CPU seconds.
    pub cpu_seconds: Option<f64>,
    /// CPU used by the busiest thread while pushing, in percent of one core.
    pub busiest_thread_percent: Option<f64>,
    /// How late lanes sent pushes that they could have sent.
    pub schedule_lag: Latency,
    /// How late the event loops were that hold the sockets. Empty where nobody looked.
    pub loop_delay: Latency,
    /// Deliveries past the deadline that the generator itself may have held up; none of them is a violation.
    pub held_up: u64,
    /// Why deliveries have no receive stamp, if it is known why.
    pub unstamped: Option<String>,
    /// Not all that had arrived could be read before judging.
    pub undrained: bool,
    /// What the generator's machine or process ran out of (files, ports, memory), with how often a socket, login or push met it.
    pub shortages: Reasons,
    /// Threads and lanes that ended by a fault of pushproof itself, and took with them what they knew.
    pub failed_parts: u64,
    /// Most file descriptors seen open.
    pub open_files: Option<u64>,
    /// Resident memory at the end, in bytes.
    pub rss_bytes: Option<u64>,
    /// Growth of resident memory while the sockets connected, for each of them.
    pub bytes_per_socket: Option<u64>,
    /// Arrivals left out of the fan-out figures for want of memory set aside.
    pub fanout_left_out: u64,
    /// Processes that held the sockets, beside the run's own; 0: it held them itself.
    #[serde(default)]
    pub workers: u64,
    /// Those that ended before their time, with how.
    #[serde(default)]
    pub lost_workers: Vec<String>,
}

/// The machine a run was made on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Environment {
    /// Version of pushproof.
    pub pushproof: String,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// Processors at hand.
    pub cpus: usize,
    /// Open files allowed to the process.
    pub open_files: u64,
}
