//! One line on how a run goes, for terminals without a dashboard, pipes and CI logs.

use std::time::Duration;

use super::text::number;
use crate::summary::Snapshot;

/// A line without a line break.
#[must_use]
pub fn line(snapshot: &Snapshot) -> String {
    let sockets = &snapshot.sockets;
    let alive = sockets.alive;
    let mut parts = vec![if alive == sockets.wanted {
        format!("{} sockets", number(alive))
    } else {
        format!("{} of {} sockets", number(alive), number(sockets.wanted))
    }];
    if sockets.refused > 0 {
        parts.push(format!("{} refused", number(sockets.refused)));
    }
    if sockets.dropped > 0 {
        parts.push(format!("{} dropped", number(sockets.dropped)));
    }
    if snapshot.pushes.sent > 0 {
        parts.push(format!(
            "{}/{} pushes",
            number(snapshot.pushes.sent),
            number(snapshot.pushes.scheduled)
        ));
        let failed = snapshot.pushes.failed();
        if failed > 0 {
            parts.push(format!("{} not accepted", number(failed)));
        }
        parts.push(format!("{} arrivals/s", number(snapshot.second.delivered)));
        if let Some(p99) = snapshot.second.push_p99_us {
            let p99 = Duration::from_micros(p99);
            parts.push(format!("p99 {:.1} ms", p99.as_secs_f64() * 1e3));
        }
        parts.push(match snapshot.counts.violations() {
            0 => "ok".to_owned(),
            1 => "1 VIOLATION".to_owned(),
            n => format!("{} VIOLATIONS", number(n)),
        });
    }
    format!(
        "{:>4.0}s {}  {}",
        snapshot.elapsed.as_secs_f64(),
        snapshot.phase,
        parts.join(", ")
    )
}
