//! Snapshots made by hand: of a calm run and of one in trouble, of one that only begins, and of whatever a counter can hold.

mod bad;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::measure::Latency;
use crate::scenario::threshold::{Figure, Threshold};
use crate::summary::live::{About, HealthNow, LatenciesSoFar, Part, PartKind};
use crate::summary::{
    Checked, LoginCounts, Outcome, PushCounts, Second, Snapshot, SocketCounts, Target,
};
use crate::verify::Counts;
pub(super) use bad::{extreme, trouble};

/// Numbers that only look as if they were drawn.
struct Drawn(u64);

impl Drawn {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn counts(expected: u64, delivered: u64, violations: [u64; 9]) -> Counts {
    let mut counts = serde_json::to_value(Counts::default()).unwrap();
    counts["expected"] = json!(expected);
    counts["delivered"] = json!(delivered);
    counts["violations"] = json!(violations);
    serde_json::from_value(counts).unwrap()
}

fn latency(n: u64, least_us: u64, spread_us: u64, slow_us: u64) -> Latency {
    let mut drawn = Drawn(n);
    let mut latency = Latency::default();
    for k in 0..n {
        let us = least_us + drawn.next(spread_us) * drawn.next(spread_us) / spread_us;
        let us = if k % 200 == 199 {
            slow_us + drawn.next(slow_us)
        } else {
            us
        };
        latency.record(Duration::from_micros(us));
    }
    latency
}

fn threshold(expression: &str, value: f64) -> Checked {
    let threshold = Threshold::parse(expression, &[]).unwrap();
    let held = threshold.check(Figure { value, of: None });
    let outcome = match &held {
        Some(held) if held.holds => Outcome::Kept,
        _ => Outcome::Breached,
    };
    Checked {
        expression: expression.to_owned(),
        metric: threshold.metric.clone(),
        held,
        outcome,
    }
}

fn about() -> About {
    About {
        scenario: "everyday".to_owned(),
        target: Target {
            url: "http://127.0.0.1:43017".to_owned(),
            nodes: Vec::new(),
            embedded: true,
        },
        seed: 17,
        started_at_unix_ms: 1_700_000_000_000,
        lanes: 8,
        apps: vec!["shop".to_owned(), "bank".to_owned()],
        events: vec!["order_created".to_owned(), "message".to_owned()],
        deadline: Some(Duration::from_secs(2)),
        pushing: Some(Duration::from_secs(60)),
        push_limits: vec![("latency.push.p99 < 50ms".to_owned(), 50_000)],
    }
}

/// A second of pushing: so many connected, and latencies around this.
fn second(second: u64, connected: u64, p50_us: u64, drawn: &mut Drawn) -> Second {
    let p50 = p50_us + drawn.next(p50_us / 3);
    Second {
        second,
        connected,
        sent: 50,
        accepted: 50,
        delivered: 1_230 + drawn.next(60),
        expected: Some(1_250),
        push_p50_us: Some(p50),
        push_p99_us: Some(p50 * 3 + drawn.next(p50)),
        push_max_us: Some(p50 * 6 + drawn.next(p50 * 3)),
        loop_delay_us: Some(300 + drawn.next(900)),
        ..Second::default()
    }
}

fn part(kind: PartKind, name: &str, pushes: u64, p50_us: u64) -> Part {
    let node = kind == PartKind::Node;
    Part {
        kind,
        name: name.to_owned(),
        pushes: (!node).then_some(pushes),
        failed: (kind == PartKind::Trigger).then_some(0),
        delivered: Some(pushes * 25),
        sockets: node.then_some(1_000),
        push_p50_us: Some(p50_us),
        push_p99_us: Some(p50_us * 3),
        push_max_us: Some(p50_us * 9),
        delivered_now: Some(pushes / 2),
        push_p99_now_us: Some(p50_us * 2),
    }
}

/// Half a minute into a run in which all is well.
pub(super) fn calm() -> Snapshot {
    let mut drawn = Drawn(1);
    let mut past: Vec<_> = (0..6)
        .map(|n| Second {
            second: n,
            connected: (n + 1) * 333,
            ..Second::default()
        })
        .collect();
    past.extend((6..42).map(|n| second(n, 2_000, 1_800, &mut drawn)));
    Snapshot {
        about: about().into(),
        phase: "pushing",
        phase_elapsed: Duration::from_secs(36),
        phase_left: Some(Duration::from_secs(24)),
        elapsed: Duration::from_secs(42),
        rate: Some(50.0),
        sockets: SocketCounts {
            wanted: 2_000,
            connected: 2_000,
            alive: 2_000,
            ..SocketCounts::default()
        },
        logins: LoginCounts {
            attempted: 1_000,
            ..LoginCounts::default()
        },
        pushes: PushCounts {
            scheduled: 3_000,
            sent: 1_800,
            accepted: 1_799,
            ..PushCounts::default()
        },
        counts: counts(44_900, 44_870, [0; 9]),
        second: past[past.len() - 1].clone(),
        past: past.into(),
        in_flight: 24,
        latencies: Arc::new(LatenciesSoFar {
            push: latency(4_000, 900, 4_000, 12_000),
            push_now: latency(1_250, 900, 3_000, 9_000),
            login: latency(1_000, 2_000, 4_000, 8_000),
            connect: latency(2_000, 700, 2_000, 6_000),
            trigger: latency(1_799, 500, 1_000, 4_000),
            fanout: [
                latency(180, 600, 900, 2_000),
                latency(180, 2_000, 3_000, 6_000),
                latency(180, 4_000, 9_000, 20_000),
            ],
        }),
        parts: Arc::new(vec![
            part(PartKind::Event, "order_created", 1_200, 1_900),
            part(PartKind::Event, "message", 600, 2_100),
            part(PartKind::Audience, "*", 180, 4_300),
            part(PartKind::Audience, "user", 1_620, 1_700),
            part(PartKind::Trigger, "http", 1_800, 1_900),
            part(PartKind::Node, "http://127.0.0.1:43017", 1_800, 1_900),
        ]),
        generator: HealthNow {
            cpu_percent: Some(34.2),
            busiest_thread_percent: Some(21.0),
            rss_bytes: Some(91 << 20),
            open_files: Some(2_061),
            open_files_limit: Some(1_048_576),
            schedule_lag_p99_us: Some(1_300),
            schedule_lag_now_us: Some(1_100),
            loop_delay_us: Some(870),
            ..HealthNow::default()
        },
        thresholds: Arc::new(vec![
            threshold("latency.push.p99 < 50ms", 5_400.0),
            threshold("deliveries.late == 0", 0.0),
        ]),
        ..Snapshot::default()
    }
}

/// Nothing is pushed yet, for not all are connected.
pub(super) fn connecting() -> Snapshot {
    let calm = calm();
    let past = calm.past[..4].to_vec();
    Snapshot {
        about: calm.about,
        phase: "connecting",
        phase_elapsed: Duration::from_secs(4),
        phase_left: Some(Duration::from_secs(2)),
        elapsed: Duration::from_secs(4),
        sockets: SocketCounts {
            wanted: 2_000,
            connected: 1_332,
            alive: 1_332,
            ..SocketCounts::default()
        },
        pushes: PushCounts {
            scheduled: 3_000,
            ..PushCounts::default()
        },
        second: past[3].clone(),
        past: past.into(),
        generator: calm.generator,
        ..Snapshot::default()
    }
}
