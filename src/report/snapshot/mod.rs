//! A snapshot of a run as JSON, and back: what a display elsewhere is made from.
//!
//! It is for programs of the same version, and changes with them; reports are what other programs rely on. `saved` makes snapshots of a
//! run that is over from its report.

mod form;
mod read;
mod saved;

pub use read::{Unread, read};
pub use saved::Saved;

use crate::summary::Snapshot;

/// What the JSON calls itself.
pub const SCHEMA: &str = "pushproof.snapshot/1";

/// A snapshot as JSON. `since`: only with the seconds from that one on, for who has the others.
///
/// # Panics
/// Never: every snapshot is JSON.
#[must_use]
pub fn render(snapshot: &Snapshot, since: u64) -> String {
    let mut text = serde_json::to_string(&form::Form::of(snapshot, since));
    if let Ok(text) = &mut text {
        text.push('\n');
    }
    text.expect("a snapshot is JSON")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::measure::{Latency, RequestCounts};
    use crate::report::metrics::prometheus::{self, Format};
    use crate::scenario::threshold::{Figure, Threshold};
    use crate::summary::live::{About, HealthNow, LatenciesSoFar, Part, PartKind, RateChange};
    use crate::summary::verdict::Judgement;
    use crate::summary::{Checked, Outcome, PushCounts, Reasons, Second, SocketCounts, Verdict};

    fn latency(ms: u64) -> Latency {
        let mut latency = Latency::default();
        (1..=ms).for_each(|ms| latency.record(Duration::from_millis(ms)));
        latency
    }

    fn checked(expression: &str, outcome: Outcome) -> Checked {
        let triggers = ["few".to_owned()];
        let threshold = Threshold::of(expression, &["news".to_owned()], &triggers).unwrap();
        let figure = Figure {
            value: 60_000.0,
            of: Some(1e6),
        };
        Checked {
            expression: expression.to_owned(),
            metric: threshold.metric.clone(),
            held: threshold.check(figure),
            outcome,
        }
    }

    fn snapshot() -> Snapshot {
        let second = |second| Second {
            second,
            delivered: 9,
            expected: Some(10),
            ..Second::default()
        };
        let mut reasons = Reasons::default();
        reasons.add("it said \"no\"", 3);
        let thresholds = vec![
            checked("latency.push.p99 < 50ms", Outcome::Breached),
            checked("by_event.news.push.max < 1s", Outcome::Kept),
            checked(
                "by_trigger.few.pushes > 3",
                Outcome::Unknown("it is known only when the run is over"),
            ),
        ];
        let mut snapshot = Snapshot {
            about: About {
                scenario: "mine".to_owned(),
                seed: u64::MAX,
                apps: vec!["a".to_owned()],
                events: vec!["news".to_owned()],
                deadline: Some(Duration::from_millis(1_500)),
                push_limits: vec![("latency.push.p99 < 50ms".to_owned(), 50_000)],
                ..About::default()
            }
            .into(),
            phase: "pushing",
            phase_elapsed: Duration::from_millis(2_500),
            phase_left: Some(Duration::from_secs(7)),
            elapsed: Duration::from_secs(4),
            rate: Some(12.5),
            sockets: SocketCounts {
                wanted: 5,
                alive: 4,
                ..SocketCounts::default()
            },
            pushes: PushCounts {
                sent: 30,
                accepted: 27,
                ..PushCounts::default()
            },
            push_failures: reasons.clone(),
            past: (0..20).map(second).collect::<Vec<_>>().into(),
            second: second(19),
            in_flight: 3,
            latencies: LatenciesSoFar {
                push: latency(80),
                fanout: [latency(1), latency(2), latency(3)],
                ..LatenciesSoFar::default()
            }
            .into(),
            parts: vec![
                Part {
                    pushes: Some(5),
                    push_p99_us: Some(70),
                    ..Part::new(PartKind::Event, "news".to_owned())
                },
                Part::new(PartKind::Trigger, "few".to_owned()),
            ]
            .into(),
            generator: HealthNow {
                cpu_percent: Some(12.5),
                limited: Some("it was late".to_owned()),
                shortages: reasons,
                ..HealthNow::default()
            },
            thresholds: thresholds.clone().into(),
            requests: RequestCounts {
                sent: 4,
                wrong: 1,
                ..RequestCounts::default()
            },
            changes: vec![RateChange {
                at: Duration::from_secs(3),
                factor: 1.5,
            }],
            ..Snapshot::default()
        };
        snapshot.ended = Some(
            Judgement {
                verdict: Verdict::Unknown,
                exit_code: 4,
                reasons: vec!["nobody knows".to_owned()],
                limits: Vec::new(),
                thresholds,
            }
            .into(),
        );
        snapshot
    }

    #[test]
    fn what_is_written_is_read() {
        let snapshot = snapshot();
        let text = render(&snapshot, 0);
        let read = read(text.as_bytes()).unwrap();
        assert_eq!(render(&read, 0), text);
        assert_eq!((read.elapsed, read.phase), (snapshot.elapsed, "pushing"));
        assert_eq!(read.thresholds, snapshot.thresholds);
        assert_eq!(read.ended, snapshot.ended);
        assert_eq!(read.parts, snapshot.parts);
        assert_eq!(read.latencies.fanout[2].count(), 3);
        assert_eq!(read.so_far(), snapshot.so_far());
        let page = |of| prometheus::render(of, Format::Prometheus);
        assert_eq!(page(&read), page(&snapshot));
    }

    #[test]
    fn who_has_the_first_seconds_gets_the_others() {
        let read = read(render(&snapshot(), 17).as_bytes()).unwrap();
        let seconds: Vec<_> = read.past.iter().map(|second| second.second).collect();
        assert_eq!(seconds, [17, 18, 19]);
    }

    #[test]
    fn what_is_no_snapshot_is_told_why() {
        let text = render(&snapshot(), 0);
        for (text, wanted) in [
            (
                "<html>".to_owned(),
                "this is no snapshot of a run: expected value",
            ),
            (
                "{}".to_owned(),
                "this is no snapshot of a run: missing field `schema`",
            ),
            (
                text.replace("snapshot/1", "snapshot/2"),
                "it is a \"pushproof.snapshot/2\", and this version reads \"pushproof.snapshot/1\"",
            ),
            (
                text.replace("\"pushing\"", "\"dancing\""),
                "there is no phase \"dancing\"",
            ),
            (
                text.replace("latency.push.p99 <", "latency.pull.p99 <"),
                "\"latency.pull.p99 < 50ms\": there is no metric",
            ),
        ] {
            let told = read(text.as_bytes()).unwrap_err().to_string();
            assert!(told.starts_with(wanted), "{told}");
        }
    }
}
