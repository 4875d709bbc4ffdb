//! What the system tells of this process and the machine it runs on.

use std::collections::BTreeMap;

use crate::summary::Environment;

/// CPU time and memory of this process.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// CPU seconds used since the process began, user and system.
    pub cpu_seconds: f64,
    /// Resident memory in bytes.
    pub rss_bytes: u64,
}

/// The usage now; `None` on systems that do not tell.
pub fn usage() -> Option<Usage> {
    usage_of(std::process::id())
}

/// The same of another process; `None` too if there is none such.
#[cfg(target_os = "linux")]
pub fn usage_of(pid: u32) -> Option<Usage> {
    let process = procfs::process::Process::new(pid.cast_signed());
    let stat = process.ok()?.stat().ok()?;
    let ticks = procfs::ticks_per_second() as f64;
    Some(Usage {
        cpu_seconds: (stat.utime + stat.stime) as f64 / ticks,
        rss_bytes: stat.rss * procfs::page_size(),
    })
}

/// The same of another process; `None` too if there is none such.
#[cfg(not(target_os = "linux"))]
pub fn usage_of(_pid: u32) -> Option<Usage> {
    None
}

/// CPU seconds of each thread that lives now, by its number; empty on systems that do not tell.
pub fn threads() -> BTreeMap<i32, f64> {
    threads_of(std::process::id())
}

/// The same of another process; empty too if there is none such.
#[cfg(target_os = "linux")]
pub fn threads_of(pid: u32) -> BTreeMap<i32, f64> {
    let ticks = procfs::ticks_per_second() as f64;
    let process = procfs::process::Process::new(pid.cast_signed());
    let tasks = process.and_then(|process| process.tasks());
    let seconds = |task: procfs::process::Task| {
        let stat = task.stat().ok()?;
        Some((task.tid, (stat.utime + stat.stime) as f64 / ticks))
    };
    let living = tasks.into_iter().flatten().flatten();
    living.filter_map(seconds).collect()
}

/// The same of another process; empty too if there is none such.
#[cfg(not(target_os = "linux"))]
pub fn threads_of(_pid: u32) -> BTreeMap<i32, f64> {
    BTreeMap::new()
}

/// File descriptors open now; `None` on systems that do not tell, and where not even the list of them can be opened.
pub fn open_files() -> Option<u64> {
    open_files_of(std::process::id())
}

/// The same of another process; `None` too if there is none such.
#[cfg(target_os = "linux")]
pub fn open_files_of(pid: u32) -> Option<u64> {
    let process = procfs::process::Process::new(pid.cast_signed());
    let count = process.ok()?.fd_count().ok()?;
    Some(count as u64)
}

/// The same of another process; `None` too if there is none such.
#[cfg(not(target_os = "linux"))]
pub fn open_files_of(_pid: u32) -> Option<u64> {
    None
}

/// File descriptors that may be open.
pub fn open_files_limit() -> Option<u64> {
    let limit = rlimit::getrlimit(rlimit::Resource::NOFILE);
    limit.ok().map(|(soft, _)| soft)
}

/// Processors at hand.
pub fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

/// The machine, for the report.
pub fn environment() -> Environment {
    Environment {
        pushproof: env!("CARGO_PKG_VERSION").to_owned(),
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        cpus: cpus(),
        open_files: open_files_limit().unwrap_or(0),
    }
}
