//! Snapshots made by hand: of a calm run and of one in trouble, of one that only begins, and of whatever a counter can hold.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::history::Push;
use crate::ids::{AppId, Audience, EventId, Lane, PushId, Seq, SocketId, UserId};
use crate::measure::Latency;
use crate::scenario::threshold::{Figure, Threshold};
use crate::summary::live::{About, HealthNow, LatenciesSoFar, Part, PartKind, RateChange};
use crate::summary::{
    Checked, LoginCounts, Outcome, PushCounts, Reasons, Second, Snapshot, SocketCounts, Target,
};
use crate::time::Time;
use crate::verify::{Class, Counts, Example};

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

fn example(class: Class, n: u32, detail: &str) -> Example {
    let at = Time::from_nanos(30_000_000_000 + u64::from(n) * 371_000_000);
    let sent = Time::from_nanos(at.as_nanos() - 4_200_000);
    Example {
        class,
        push: Some(PushId {
            lane: Lane(n % 8),
            seq: Seq(100 + n),
        }),
        sent: Some(Push {
            intended: sent,
            sent,
            app: AppId(0),
            audience: if n.is_multiple_of(2) {
                Audience::Everyone
            } else {
                Audience::User(UserId(n))
            },
            event: EventId(0),
            stream_seq: n,
        }),
        answered: Some(at),
        socket: SocketId(700 + n),
        user: UserId(350 + n / 2),
        app: AppId(0),
        event: "order_created".to_owned(),
        arrived: (class != Class::Lost).then_some(at),
        detail: detail.to_owned(),
    }
}

fn reasons(all: &[(&str, u64)]) -> Reasons {
    let mut reasons = Reasons::default();
    for (why, n) in all {
        reasons.add(why, *n);
    }
    reasons
}

/// The same run in trouble: of every kind at once.
pub(super) fn trouble() -> Snapshot {
    let mut snapshot = calm();
    let mut drawn = Drawn(2);
    let mut past = (*snapshot.past).clone();
    for (n, one) in past.iter_mut().enumerate().skip(30) {
        let slow = 1_800 << ((n - 30) / 2).min(6);
        *one = second(n as u64, 2_000 - 40 * (n as u64 - 29), slow, &mut drawn);
        one.delivered = 1_200 - 90 * (n as u64 - 29);
        one.violations = 3;
    }
    snapshot.second = past[past.len() - 1].clone();
    snapshot.past = past.into();
    snapshot.sockets = SocketCounts {
        wanted: 2_000,
        connected: 1_988,
        refused: 12,
        dropped: 493,
        reconnected: 13,
        alive: 1_520,
        ..SocketCounts::default()
    };
    snapshot.logins.failed = 6;
    snapshot.logins.retried = 31;
    snapshot.refusals = reasons(&[("the login was answered with 503 Service Unavailable", 12)]);
    snapshot.drops = reasons(&[
        ("the connection was lost (Connection reset by peer)", 480),
        ("no ping came in time", 13),
    ]);
    snapshot.pushes.accepted = 1_611;
    snapshot.pushes.rejected = 120;
    snapshot.pushes.unknown = 44;
    snapshot.push_failures = reasons(&[
        ("429 Too Many Requests", 120),
        ("no answer within 10 s", 44),
    ]);
    snapshot.counts = counts(44_900, 40_211, [17, 3, 1, 0, 2, 0, 31, 1, 0]);
    snapshot.in_flight = 890;
    let mut latencies = (*snapshot.latencies).clone();
    latencies
        .push
        .merge(&latency(900, 80_000, 600_000, 1_900_000));
    latencies.push_now = latency(260, 90_000, 700_000, 2_100_000);
    snapshot.latencies = latencies.into();
    let details = [
        (
            Class::Late,
            "came 2,313 ms after it was sent; the deadline is 2,000 ms",
        ),
        (Class::Lost, "it did not come before the end of settling"),
        (Class::Duplicated, "it had come 12 ms before"),
        (Class::Misdelivered, "it was for user 12 alone"),
        (Class::Corrupted, "at $.total: 17.5 was sent, 175 came"),
        (Class::Phantom, "no push explains it"),
    ];
    let all = (0..26).map(|n| {
        let (class, detail) = details[n as usize % details.len()];
        example(class, n, detail)
    });
    snapshot.examples = Arc::new(all.collect());
    snapshot.generator.limited = Some(
        "pushes left 312 ms after their time (99th percentile); give it more CPU or lower the load"
            .to_owned(),
    );
    snapshot.generator.schedule_lag_now_us = Some(404_000);
    snapshot.generator.schedule_lag_p99_us = Some(312_000);
    snapshot.generator.busiest_thread_percent = Some(97.0);
    snapshot.generator.cpu_percent = Some(188.0);
    snapshot.generator.open_files = Some(1_010);
    snapshot.generator.open_files_limit = Some(1_024);
    snapshot.generator.shortages = reasons(&[("Too many open files (os error 24)", 12)]);
    snapshot.thresholds = Arc::new(vec![
        threshold("deliveries.duplicated < 10", 3.0),
        threshold("latency.push.p99 < 50ms", 742_000.0),
        threshold("deliveries.late == 0", 31.0),
    ]);
    snapshot.changes = vec![RateChange {
        at: Duration::from_secs(31),
        factor: 1.5,
    }];
    snapshot
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

/// Whatever a counter can hold and a name can be.
pub(super) fn extreme() -> Snapshot {
    const MOST: u64 = u64::MAX;
    let names = [
        "",
        "\u{1b}[2J\u{1b}[31mred\r\nnext\t\u{7}\u{9b}31m",
        "אבגד \u{202e}desrever\u{202c}",
        "日本語のとても長いイベント名、とてもとても長い",
        "a\u{301}\u{301}\u{301}\u{301}👩‍👩‍👧‍👦\u{200b}\u{feff}",
        "\0",
    ];
    let long = "x".repeat(100_000);
    let mut snapshot = trouble();
    let names = names.into_iter().chain([long.as_str()]).map(str::to_owned);
    let names: Vec<_> = names.collect();
    let mut about = about();
    about.scenario.clone_from(&names[1]);
    about.target.url.clone_from(&names[2]);
    about.target.embedded = false;
    about.target.nodes.clone_from(&names);
    about.events.clone_from(&names);
    about.seed = MOST;
    about.push_limits = vec![
        (names[3].clone(), 0),
        (long.clone(), MOST),
        (String::new(), 1),
    ];
    snapshot.about = about.into();
    snapshot.elapsed = Duration::MAX;
    snapshot.phase_elapsed = Duration::MAX;
    snapshot.phase_left = Some(Duration::MAX);
    snapshot.rate = Some(f64::INFINITY);
    snapshot.sockets = SocketCounts {
        wanted: MOST,
        connected: MOST,
        refused: MOST,
        dropped: MOST,
        left: MOST,
        reconnected: MOST,
        alive: MOST,
        ..SocketCounts::default()
    };
    snapshot.pushes.scheduled = MOST;
    snapshot.pushes.sent = MOST;
    snapshot.pushes.accepted = MOST;
    snapshot.pushes.rejected = MOST;
    // Of counts that are added up to tell what failed, none comes near what they can hold.
    snapshot.pushes.unknown = 0;
    snapshot.counts = counts(MOST, MOST, [MOST / 9; 9]);
    snapshot.in_flight = MOST;
    let most = Second {
        second: MOST,
        connected: MOST,
        sent: MOST,
        accepted: MOST,
        delivered: MOST,
        expected: Some(MOST),
        violations: MOST,
        push_p50_us: Some(0),
        push_p99_us: Some(MOST),
        push_max_us: Some(MOST),
        loop_delay_us: Some(MOST),
    };
    snapshot.second = most.clone();
    snapshot.past = vec![Second::default(), most.clone(), Second::default(), most].into();
    let latencies = Arc::make_mut(&mut snapshot.latencies);
    latencies.push.record(Duration::MAX);
    latencies.push.record(Duration::ZERO);
    let kinds = [
        PartKind::Event,
        PartKind::Audience,
        PartKind::Trigger,
        PartKind::Node,
    ];
    let parts = names.iter().enumerate().map(|(n, name)| Part {
        failed: Some(MOST),
        pushes: Some(MOST),
        push_max_us: Some(MOST),
        ..part(kinds[n % 4], name, 0, 0)
    });
    snapshot.parts = Arc::new(parts.collect());
    let examples = names.iter().map(|name| Example {
        event: name.clone(),
        app: AppId(u32::MAX),
        arrived: Some(Time::MAX),
        ..example(Class::Phantom, 3, name)
    });
    snapshot.examples = Arc::new(examples.collect());
    snapshot.drops = reasons(&[(&names[1], 7), (&names[2], 7), (&long, 8)]);
    snapshot.generator = HealthNow {
        cpu_percent: Some(f64::NAN),
        busiest_thread_percent: Some(f64::INFINITY),
        rss_bytes: Some(MOST),
        open_files: Some(MOST),
        open_files_limit: Some(MOST),
        schedule_lag_p99_us: Some(MOST),
        schedule_lag_now_us: Some(MOST),
        loop_delay_us: Some(MOST),
        limited: Some(names[1].clone()),
        ..HealthNow::default()
    };
    snapshot.changes = vec![RateChange {
        at: Duration::MAX,
        factor: f64::NAN,
    }];
    snapshot
}
