//! The CPU that the target takes while it is pushed, where it is a process of this machine.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;

use crate::capacity::TargetCpu;
use crate::run::process;
use crate::summary::Snapshot;

/// Less time than this says nothing: the system counts in hundredths of a second.
const SHORTEST: Duration = Duration::from_millis(900);

/// When, and how many CPU seconds each thread had used by then.
type Seen = (Duration, BTreeMap<i32, f64>);

/// Looks at a process once a second while a run pushes. `None`: nobody can tell.
pub(super) async fn watch(
    pid: Option<u32>,
    mut snapshots: watch::Receiver<Snapshot>,
) -> Option<TargetCpu> {
    let pid = pid?;
    let (mut first, mut last): (Option<Seen>, Option<Seen>) = (None, None);
    while snapshots.changed().await.is_ok() {
        let (pushing, at) = {
            let snapshot = snapshots.borrow_and_update();
            (snapshot.phase == "pushing", snapshot.elapsed)
        };
        let threads = process::threads_of(pid);
        if pushing && !threads.is_empty() {
            first.get_or_insert_with(|| (at, threads.clone()));
            last = Some((at, threads));
        }
    }
    used(&first?, &last?)
}

fn used((from, before): &Seen, (to, after): &Seen) -> Option<TargetCpu> {
    let time = to.saturating_sub(*from);
    let each = after.iter().map(|(thread, cpu)| {
        // One that was not there has done all it did since.
        cpu - before.get(thread).unwrap_or(&0.0)
    });
    let percent = |cpu: f64| cpu / time.as_secs_f64() * 100.0;
    (time >= SHORTEST).then(|| TargetCpu {
        percent: percent(each.clone().sum()),
        busiest_thread_percent: percent(each.fold(0.0, f64::max)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_told_apart() {
        let seen = |ms, threads: &[(i32, f64)]| {
            (Duration::from_millis(ms), threads.iter().copied().collect())
        };
        let first = seen(1_000, &[(1, 5.0), (2, 1.0), (3, 9.0)]);
        let last = seen(3_000, &[(1, 5.5), (2, 2.5), (4, 0.2)]);
        let cpu = used(&first, &last).unwrap();
        assert!((cpu.percent - 110.0).abs() < 1e-9, "{cpu:?}");
        assert!((cpu.busiest_thread_percent - 75.0).abs() < 1e-9, "{cpu:?}");
        assert_eq!(used(&last, &last), None);
    }
}
