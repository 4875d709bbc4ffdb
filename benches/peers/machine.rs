//! What the machine tells: its clock, and the cost of a process.

use std::time::Duration;

use procfs::process::Process;
use rustix::time::{ClockId, clock_gettime};

/// The monotonic clock, the same for all processes of the machine.
pub(crate) fn now_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Processor time of a process so far, user and system, to a hundredth of a second.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Duration> {
    let stat = Process::new(pid.cast_signed())?.stat()?;
    let seconds = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
    Ok(Duration::from_secs_f64(seconds))
}

/// Resident memory of a process, in bytes.
pub(crate) fn rss(pid: u32) -> anyhow::Result<u64> {
    let pages = Process::new(pid.cast_signed())?.statm()?.resident;
    Ok(pages * procfs::page_size())
}

/// Bytes that wait in the kernel on connections with this local port, at either end: zero says that all that was sent has been read.
pub(crate) fn unread(port: u16) -> anyhow::Result<u64> {
    let ours = |entry: &procfs::net::TcpNetEntry| {
        entry.local_address.port() == port || entry.remote_address.port() == port
    };
    let waiting = procfs::net::tcp()?.into_iter().filter(ours);
    Ok(waiting
        .map(|entry| u64::from(entry.rx_queue) + u64::from(entry.tx_queue))
        .sum())
}

/// The processor's name and the kernel's version, for the report.
pub(crate) fn description() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |name| {
        name.trim_start_matches([' ', '\t', ':'])
    });
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {model}, Linux {}", kernel.trim())
}
