//! A run in trouble, and one of whatever there can be.

use std::sync::Arc;
use std::time::Duration;

use super::{Drawn, about, calm, counts, latency, part, second, threshold};
use crate::history::Push;
use crate::ids::{AppId, Audience, EventId, Lane, PushId, Seq, SocketId, UserId};
use crate::summary::live::{HealthNow, Part, PartKind, RateChange};
use crate::summary::{Reasons, Second, Snapshot, SocketCounts};
use crate::time::Time;
use crate::verify::{Class, Example};

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
pub(in super::super) fn trouble() -> Snapshot {
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
    let users = (0..400).map(|n| (UserId(n), format!("user-{}", n / 2)));
    snapshot.users = Arc::new(users.collect());
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

/// Whatever a counter can hold and a name can be.
#[allow(clippy::too_many_lines)] // one field after the other
pub(in super::super) fn extreme() -> Snapshot {
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
        push_buckets: None,
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
    let examples = (1..).zip(&names).map(|(n, name)| Example {
        event: name.clone(),
        app: AppId(u32::MAX),
        user: UserId(n),
        arrived: Some(Time::MAX),
        ..example(Class::Phantom, 3, name)
    });
    snapshot.examples = Arc::new(examples.collect());
    let users = snapshot.examples.iter().zip(names.iter().cycle());
    let users = users.map(|(one, name)| (one.user, name.clone()));
    snapshot.users = Arc::new(users.collect());
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
