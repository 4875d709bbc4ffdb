//! Which processors the server and the reader have, and what a server uses.

use anyhow::Context as _;
use procfs::process::Process;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::time::Duration;

/// Processors for the server and for the reader, so that neither takes the other's time. `None`: both run anywhere.
#[derive(Debug)]
pub(crate) struct Places(Option<(Vec<usize>, Vec<usize>)>);

impl Places {
    /// Gives the server the last so many processors, and this thread the others.
    pub(crate) fn new(server: usize) -> anyhow::Result<Self> {
        let allowed =
            sched_getaffinity(None).context("cannot ask for this process's processors")?;
        let all: Vec<usize> = (0..CpuSet::MAX_CPU)
            .filter(|cpu| allowed.is_set(*cpu))
            .collect();
        if server == 0 || server >= all.len() {
            return Ok(Self(None));
        }
        let (reader, server) = all.split_at(all.len() - server);
        let places = Self(Some((server.to_vec(), reader.to_vec())));
        places.take_reader_place()?;
        Ok(places)
    }

    /// A child has the processors of the thread that starts it: this one takes the server's for that long.
    pub(crate) fn start<R>(&self, start: impl FnOnce() -> R) -> anyhow::Result<R> {
        if let Self(Some((server, _))) = self {
            take(server)?;
        }
        let started = start();
        self.take_reader_place()?;
        Ok(started)
    }

    fn take_reader_place(&self) -> anyhow::Result<()> {
        match self {
            Self(Some((_, reader))) => take(reader),
            Self(None) => Ok(()),
        }
    }

    pub(crate) fn words(&self) -> String {
        match self {
            Self(Some((server, reader))) => {
                format!(
                    "server on processor {}, reader on {}",
                    list(server),
                    list(reader)
                )
            }
            Self(None) => "server and reader share all processors".to_owned(),
        }
    }
}

fn take(cpus: &[usize]) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    for cpu in cpus {
        set.set(*cpu);
    }
    sched_setaffinity(None, &set).context("cannot choose processors; try --server-cpus 0")
}

fn list(cpus: &[usize]) -> String {
    let cpus: Vec<_> = cpus.iter().map(ToString::to_string).collect();
    cpus.join(", ")
}

/// What a process has used and holds.
#[derive(Debug)]
pub(crate) struct Usage {
    /// CPU time of all its threads, in user space and the kernel.
    pub(crate) cpu: Duration,
    /// Resident bytes.
    pub(crate) resident: u64,
}

impl Usage {
    pub(crate) fn of(id: u32) -> anyhow::Result<Self> {
        let stat = Process::new(id.cast_signed())
            .and_then(|process| process.stat())
            .context("the server is gone")?;
        let ticks = (stat.utime + stat.stime) as f64;
        Ok(Self {
            cpu: Duration::from_secs_f64(ticks / procfs::ticks_per_second() as f64),
            resident: stat.rss * procfs::page_size(),
        })
    }
}
