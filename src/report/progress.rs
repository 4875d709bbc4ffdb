//! One line on how a run goes, for terminals without a dashboard, pipes and CI logs.

use std::time::Duration;

use super::text::number;
use crate::summary::{Snapshot, Standing};
use crate::verify::Class;

/// A line without a line break.
#[must_use]
pub fn line(snapshot: &Snapshot) -> String {
    let mut parts = vec![sockets(snapshot)];
    parts.extend(trouble_with_sockets(snapshot));
    if snapshot.pushes.sent > 0 {
        parts.extend(pushes(snapshot));
        parts.push(standing(snapshot));
    }
    let half = Duration::from_millis(500);
    let left = snapshot.phase_left.filter(|left| *left >= half);
    let left = left.map_or_else(String::new, |left| {
        format!(" ({:.0}s left)", left.as_secs_f64())
    });
    format!(
        "{:>4.0}s {}{left}  {}",
        snapshot.elapsed.as_secs_f64(),
        snapshot.phase,
        parts.join(", ")
    )
}

fn sockets(snapshot: &Snapshot) -> String {
    let sockets = &snapshot.sockets;
    if sockets.alive == sockets.wanted {
        format!("{} sockets", number(sockets.alive))
    } else {
        let (alive, wanted) = (number(sockets.alive), number(sockets.wanted));
        format!("{alive} of {wanted} sockets")
    }
}

fn trouble_with_sockets(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let sockets = &snapshot.sockets;
    let all = [
        (sockets.refused, "refused"),
        (sockets.dropped, "dropped"),
        (sockets.reconnected, "back"),
    ];
    let seen = all.into_iter().filter(|(n, _)| *n > 0);
    seen.map(|(n, what)| format!("{} {what}", number(n)))
}

fn pushes(snapshot: &Snapshot) -> Vec<String> {
    let (pushes, second) = (&snapshot.pushes, &snapshot.second);
    let (sent, scheduled) = (number(pushes.sent), number(pushes.scheduled));
    let mut parts = vec![format!("{sent}/{scheduled} pushes")];
    if let Some(change) = snapshot.changes.last() {
        parts.push(format!("at {} × the rate", change.factor));
    }
    if pushes.failed() > 0 {
        parts.push(format!("{} not accepted", number(pushes.failed())));
    }
    let delivered = number(second.delivered);
    // What is late by a moment counts for the next second: only what lacks more is worth a word.
    let lacking = second
        .expected
        .filter(|expected| second.delivered + expected / 20 < *expected);
    parts.push(match lacking {
        Some(expected) => format!("{delivered} of {} arrivals/s", number(expected)),
        None => format!("{delivered} arrivals/s"),
    });
    if let Some(p99) = second.push_p99_us {
        let p99 = Duration::from_micros(p99);
        parts.push(format!("p99 {:.1} ms", p99.as_secs_f64() * 1e3));
    }
    if snapshot.phase == "settling" && snapshot.in_flight > 0 {
        parts.push(format!("{} still to come", number(snapshot.in_flight)));
    }
    parts
}

fn standing(snapshot: &Snapshot) -> String {
    let so_far = snapshot.so_far();
    match so_far.standing {
        Standing::Ok => "ok".to_owned(),
        Standing::Violations => violations(snapshot, &so_far.why),
        Standing::Breached => format!("THRESHOLD BREACHED: {}", so_far.why),
        Standing::Limited => format!("GENERATOR LIMITED: {}", so_far.why),
        Standing::Unknown | Standing::Over(_) => so_far.why,
    }
}

fn violations(snapshot: &Snapshot, why: &str) -> String {
    let n = snapshot.counts.violations();
    let classes = Class::ALL.into_iter();
    let classes = classes.filter(|class| snapshot.counts.of(*class) > 0);
    let classes: Vec<_> = classes.map(Class::name).collect();
    match (n, &classes[..]) {
        // Of sockets let in and requests.
        (0, _) => format!("VIOLATIONS: {why}"),
        (1, [class]) => format!("1 VIOLATION ({class})"),
        (_, [class]) => format!("{} VIOLATIONS ({class})", number(n)),
        _ => format!("{} VIOLATIONS ({why})", number(n)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::live::RateChange;
    use crate::summary::{PushCounts, Second, SocketCounts};

    fn pushing() -> Snapshot {
        let mut snapshot = Snapshot {
            phase: "pushing",
            elapsed: Duration::from_secs(12),
            phase_left: Some(Duration::from_secs(18)),
            sockets: SocketCounts {
                wanted: 1_000,
                connected: 1_000,
                alive: 1_000,
                ..SocketCounts::default()
            },
            pushes: PushCounts {
                scheduled: 6_000,
                sent: 2_400,
                accepted: 2_400,
                ..PushCounts::default()
            },
            second: Second {
                delivered: 19_900,
                expected: Some(20_000),
                push_p99_us: Some(4_210),
                ..Second::default()
            },
            ..Snapshot::default()
        };
        snapshot.counts.delivered = 240_000;
        snapshot
    }

    #[test]
    fn calm_is_one_short_line() {
        assert_eq!(
            line(&pushing()),
            "  12s pushing (18s left)  1,000 sockets, 2,400/6,000 pushes, 19,900 arrivals/s, p99 4.2 ms, ok"
        );
    }

    #[test]
    fn trouble_is_told_with_what_is_lacking() {
        let mut snapshot = pushing();
        snapshot.sockets.alive = 900;
        snapshot.sockets.dropped = 100;
        snapshot.pushes.rejected = 7;
        snapshot.second.delivered = 12_000;
        snapshot.generator.limited = Some("it was late".to_owned());
        snapshot.changes = vec![RateChange {
            at: Duration::from_secs(9),
            factor: 1.5,
        }];
        assert_eq!(
            line(&snapshot),
            "  12s pushing (18s left)  900 of 1,000 sockets, 100 dropped, 2,400/6,000 pushes, at 1.5 × the rate, 7 not accepted, 12,000 of 20,000 arrivals/s, p99 4.2 ms, GENERATOR LIMITED: it was late"
        );
    }

    #[test]
    fn before_the_first_push_there_are_only_sockets() {
        let snapshot = Snapshot {
            phase: "connecting",
            elapsed: Duration::from_secs(1),
            ..Snapshot::default()
        };
        assert_eq!(line(&snapshot), "   1s connecting  0 sockets");
    }
}
