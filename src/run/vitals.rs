//! What the processes of the generator use, looked at once a second while somebody watches.

use std::collections::BTreeMap;

use super::process::{self, Usage};
use crate::clock::Clock;
use crate::summary::live::HealthNow;
use crate::time::Time;

/// What each process used by a moment.
#[derive(Debug, Default)]
pub(super) struct Vitals {
    at: Time,
    each: Vec<Vital>,
}

#[derive(Debug, Default)]
struct Vital {
    usage: Option<Usage>,
    /// CPU seconds of each thread.
    threads: BTreeMap<i32, f64>,
    open_files: Option<u64>,
}

impl Vitals {
    /// Looks at this process and at those of its workers. It reads files of the system, which may take milliseconds: not for a thread that
    /// has anything else to do.
    pub(super) fn look(clock: Clock, workers: &[u32]) -> Self {
        let own = std::process::id();
        let look = |pid: &u32| Vital {
            usage: process::usage_of(*pid),
            threads: process::threads_of(*pid),
            open_files: process::open_files_of(*pid),
        };
        Self {
            at: clock.now(),
            each: [own].iter().chain(workers).map(look).collect(),
        }
    }

    /// What was used since another look: all processes together, but of threads and files the most counts.
    pub(super) fn since(&self, before: &Self) -> HealthNow {
        let apart = self.at - before.at;
        let mut health = HealthNow::default();
        let most = |most: &mut Option<f64>, n: Option<f64>| {
            *most = most.iter().copied().chain(n).reduce(f64::max);
        };
        for (n, now) in self.each.iter().enumerate() {
            let then = before.each.get(n);
            let used = then.and_then(|then| {
                let (then, now) = then.usage.zip(now.usage)?;
                let used = now.cpu_seconds - then.cpu_seconds;
                Some(used / apart.as_secs_f64().max(1e-3) * 100.0)
            });
            if let Some(used) = used {
                *health.cpu_percent.get_or_insert_default() += used;
            }
            let busiest = then.and_then(|then| {
                super::health::busiest_percent(&then.threads, &now.threads, apart)
            });
            most(&mut health.busiest_thread_percent, busiest);
            if let Some(usage) = now.usage {
                *health.rss_bytes.get_or_insert_default() += usage.rss_bytes;
            }
            health.open_files = health.open_files.max(now.open_files);
        }
        health
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn vital(cpu_seconds: f64, rss_bytes: u64, thread: f64, files: u64) -> Vital {
        Vital {
            usage: Some(Usage {
                cpu_seconds,
                rss_bytes,
            }),
            threads: [(1, thread)].into(),
            open_files: Some(files),
        }
    }

    #[test]
    fn processes_add_up_and_the_busiest_thread_counts() {
        let at = |ms| Time::ZERO + Duration::from_millis(ms);
        let before = Vitals {
            at: at(1_000),
            each: vec![vital(1.0, 5, 0.5, 30), vital(3.0, 50, 1.0, 9)],
        };
        let now = Vitals {
            at: at(3_000),
            each: vec![vital(1.5, 7, 0.6, 20), vital(4.0, 60, 1.9, 12)],
        };
        let health = now.since(&before);
        assert_eq!(health.cpu_percent, Some(75.0));
        assert_eq!(health.busiest_thread_percent.map(f64::round), Some(45.0));
        assert_eq!((health.rss_bytes, health.open_files), (Some(67), Some(20)));
        // At first there is nothing to compare with.
        let first = now.since(&Vitals::default());
        assert_eq!((first.cpu_percent, first.rss_bytes), (None, Some(67)));
    }
}
