//! Signals to processes that a test has started.

use std::time::{Duration, Instant};

/// Sends a signal to a process, or with a minus before its number to a process group. A process that is told to stop has stopped when this
/// returns: one of several threads may run on until another has taken the signal, and on a busy machine answer somebody meanwhile.
pub(crate) fn kill(signal: &str, whom: &str) {
    let script = "kill -s \"$0\" -- \"$1\"";
    let status = std::process::Command::new("sh")
        .args(["-c", script, signal, whom])
        .status();
    assert!(
        status.expect("a shell").success(),
        "kill -s {signal} {whom}"
    );
    if signal == "STOP" {
        let bound = Instant::now() + Duration::from_secs(10);
        while !has_stopped(whom) {
            assert!(Instant::now() < bound, "{whom} does not stop");
            std::thread::yield_now();
        }
    }
}

/// Whether all threads of a process have stopped; always where the system does not tell.
fn has_stopped(process: &str) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else {
        return true;
    };
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // The name before the state is in brackets, and may hold anything.
        let state = stat.rsplit_once(") ").map(|(_, rest)| &rest[..1]);
        state.is_none_or(|state| state == "T")
    })
}
