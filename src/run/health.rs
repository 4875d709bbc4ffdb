//! How the generator itself fares: its CPU, memory and files, and what it ran out of.

use std::collections::BTreeMap;
use std::time::Duration;

use super::process::{self, Usage};
use crate::measure::Latency;
use crate::summary::{Generator, Reasons};
use crate::time::Time;
use crate::trigger::lane::LaneReport;

/// The system counts a thread's time in hundredths of a second: over less than this they are no share of a processor.
const SHORTEST: Duration = Duration::from_millis(500);

#[derive(Default)]
pub(super) struct Health {
    shortages: Reasons,
    failed_parts: u64,
    before_connecting: Option<Usage>,
    bytes_per_socket: Option<u64>,
    pushing: Option<(Time, Option<Usage>)>,
    pushed: Option<Time>,
    /// CPU seconds of each thread when pushing began.
    threads: BTreeMap<i32, f64>,
    busiest_thread_percent: Option<f64>,
    open_files: Option<u64>,
    at_end: Option<Usage>,
    loop_delay: Latency,
    /// A shard judged before it had read everything that had arrived.
    undrained: bool,
    /// How each worker fared, with its sockets that were connected when pushing began.
    workers: Vec<(Generator, u64)>,
    lost_workers: Vec<String>,
    unstamped: Option<String>,
}

impl Health {
    /// A socket or login failed; `Some`: because this machine ran out of something.
    pub(super) fn shortage(&mut self, what: Option<&str>) {
        if let Some(what) = what {
            self.shortages.add(what, 1);
        }
    }

    /// A thread or lane ended by a fault of our own.
    pub(super) fn part_failed(&mut self) {
        self.failed_parts += 1;
    }

    /// How late a thread's loop was.
    pub(super) fn delays(&mut self, delays: &Latency) {
        self.loop_delay.merge(delays);
    }

    /// A shard has judged.
    pub(super) fn judged(&mut self, caught_up: bool) {
        self.undrained |= !caught_up;
    }

    /// How the workers fared, and those that ended before their time.
    pub(super) fn others(&mut self, workers: Vec<(Generator, u64)>, lost: Vec<String>) {
        self.workers = workers;
        self.lost_workers = lost;
    }

    /// Why some of what came at a shard has no receive stamp.
    pub(super) fn unstamped(&mut self, why: Option<String>) {
        self.unstamped = self.unstamped.take().or(why);
    }

    /// Users begin to arrive: what the process needs without them is all there.
    pub(super) fn connecting(&mut self) {
        self.before_connecting = process::usage();
    }

    /// Pushing begins: what the sockets cost is known, what the pushes cost is counted from here.
    pub(super) fn pushing(&mut self, start: Time, connected: u64) {
        let now = process::usage();
        self.pushing = Some((start, now));
        self.threads = process::threads();
        self.see_open_files();
        self.bytes_per_socket = self.before_connecting.zip(now).and_then(|(before, now)| {
            now.rss_bytes
                .saturating_sub(before.rss_bytes)
                .checked_div(connected)
        });
    }

    /// The last lane has its last answer.
    pub(super) fn pushed(&mut self, now: Time) {
        self.pushed = Some(now);
        self.see_open_files();
        self.busiest_thread_percent =
            busiest_percent(&self.threads, &process::threads(), self.time_pushing());
    }

    pub(super) fn ended(&mut self) {
        self.at_end = process::usage();
        self.see_open_files();
    }

    fn see_open_files(&mut self) {
        self.open_files = self.open_files.max(process::open_files());
    }

    /// From the start of pushing to the last answer.
    pub(super) fn time_pushing(&self) -> Duration {
        let pushing = self.pushing.zip(self.pushed);
        pushing.map_or(Duration::ZERO, |((start, _), end)| end - start)
    }

    /// What it ran out of so far, but for what the lanes met.
    pub(super) fn shortages_so_far(&self) -> Reasons {
        self.shortages.clone()
    }

    /// Threads and lanes that failed so far.
    pub(super) fn failed_parts(&self) -> u64 {
        self.failed_parts
    }

    pub(super) fn generator(
        &self,
        ended: Time,
        lanes: &LaneReport,
        held_up: u64,
        fanout_left_out: u64,
    ) -> Generator {
        let cpu = self.pushing.and_then(|(start, before)| {
            let (before, now) = before.zip(self.at_end)?;
            Some((now.cpu_seconds - before.cpu_seconds, ended - start))
        });
        let share = |(cpu, wall): (f64, Duration)| cpu / wall.as_secs_f64().max(1e-3) * 100.0;
        let mut shortages = self.shortages.clone();
        shortages.merge(&lanes.shortages);
        let own = Generator {
            cpu_percent: cpu.map(share),
            cpu_seconds: cpu.map(|(cpu, _)| cpu),
            busiest_thread_percent: self.busiest_thread_percent,
            schedule_lag: lanes.lag.clone(),
            loop_delay: self.loop_delay.clone(),
            undrained: self.undrained,
            unstamped: self.unstamped.clone(),
            held_up,
            shortages,
            failed_parts: self.failed_parts,
            open_files: self.open_files,
            rss_bytes: self.at_end.map(|usage| usage.rss_bytes),
            bytes_per_socket: self.bytes_per_socket,
            fanout_left_out,
            workers: self.workers.len() as u64 + self.lost_workers.len() as u64,
            lost_workers: self.lost_workers.clone(),
        };
        with_workers(own, &self.workers)
    }
}

/// The most that one thread used of a processor between two looks, that far apart. Threads that were not there at the first have had no
/// time to be busy.
pub(super) fn busiest_percent(
    before: &BTreeMap<i32, f64>,
    now: &BTreeMap<i32, f64>,
    apart: Duration,
) -> Option<f64> {
    if apart < SHORTEST {
        return None;
    }
    let used = now.iter().filter_map(|(thread, now)| {
        let before = before.get(thread)?;
        Some((now - before) / apart.as_secs_f64() * 100.0)
    });
    used.reduce(f64::max)
}

/// All processes of a generator as one: what they used is added up, and of what each has for itself the most counts.
fn with_workers(mut all: Generator, workers: &[(Generator, u64)]) -> Generator {
    if workers.is_empty() {
        return all;
    }
    let add = |sum: &mut Option<f64>, n: Option<f64>| *sum = sum.zip(n).map(|(a, b)| a + b);
    let (mut bytes, mut sockets) = (0, 0);
    for (worker, connected) in workers {
        add(&mut all.cpu_percent, worker.cpu_percent);
        add(&mut all.cpu_seconds, worker.cpu_seconds);
        let busiest = worker.busiest_thread_percent;
        all.busiest_thread_percent = busiest
            .into_iter()
            .chain(all.busiest_thread_percent)
            .reduce(f64::max);
        all.loop_delay.merge(&worker.loop_delay);
        all.undrained |= worker.undrained;
        all.shortages.merge(&worker.shortages);
        all.failed_parts += worker.failed_parts;
        all.open_files = all.open_files.max(worker.open_files);
        all.rss_bytes = all.rss_bytes.zip(worker.rss_bytes).map(|(a, b)| a + b);
        if let Some(each) = worker.bytes_per_socket {
            bytes += each * connected;
            sockets += connected;
        }
    }
    // What this process itself grew by is not for any socket.
    all.bytes_per_socket = bytes.checked_div(sockets);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_too_short_to_be_busy_in() {
        let seconds = |all: &[(i32, f64)]| all.iter().copied().collect();
        let before = seconds(&[(1, 2.0), (2, 0.5)]);
        let now = seconds(&[(1, 2.5), (2, 0.51), (3, 0.9)]);
        let busiest = |ms| busiest_percent(&before, &now, Duration::from_millis(ms));
        assert_eq!(busiest(1_000), Some(50.0));
        // One tick in two milliseconds would be five processors.
        assert_eq!(busiest(2), None);
        assert_eq!(busiest(499), None);
    }

    #[test]
    fn processes_add_up() {
        let of = |cpu, busiest, files, rss, each| Generator {
            cpu_percent: Some(cpu),
            cpu_seconds: Some(cpu / 10.0),
            busiest_thread_percent: Some(busiest),
            open_files: Some(files),
            rss_bytes: Some(rss),
            bytes_per_socket: Some(each),
            ..Generator::default()
        };
        let own = of(10.0, 5.0, 40, 1_000, 7);
        let workers = [
            (of(50.0, 45.0, 700, 9_000, 1_000), 100),
            (of(30.0, 25.0, 300, 8_000, 2_000), 300),
        ];
        let all = with_workers(own.clone(), &workers);
        assert_eq!(all.cpu_percent, Some(90.0));
        assert_eq!(all.cpu_seconds, Some(9.0));
        assert_eq!(all.busiest_thread_percent, Some(45.0));
        assert_eq!(all.open_files, Some(700));
        assert_eq!(all.rss_bytes, Some(18_000));
        assert_eq!(all.bytes_per_socket, Some(1_750));
        assert_eq!(with_workers(own, &[]).bytes_per_socket, Some(7));
    }
}
