//! The parts of a run, its thresholds and the generator.

use super::super::{Family, Kind, Samples};
use super::family;
use crate::summary::live::{Part, PartKind};
use crate::summary::{Outcome, Snapshot};

pub(super) const FAMILIES: &[Family] = &[
    family!(
        "pushproof_part_pushes",
        Counter,
        ["by", "part"],
        "Pushes sent, by event name, audience, trigger and node.",
        |s, out| {
            parts(s, out, |part, out, labels| count(out, labels, part.pushes));
        }
    ),
    family!(
        "pushproof_part_push_failures",
        Counter,
        ["by", "part"],
        "Pushes that were not accepted although there was somebody to reach, or that nobody knows of.",
        |s, out| {
            parts(s, out, |part, out, labels| count(out, labels, part.failed));
        }
    ),
    family!(
        "pushproof_part_deliveries",
        Counter,
        ["by", "part"],
        "Deliveries, by event name, audience and trigger.",
        |s, out| {
            parts(s, out, |part, out, labels| {
                count(out, labels, part.delivered);
            });
        }
    ),
    family!(
        "pushproof_part_sockets_connected",
        Gauge,
        ["by", "part"],
        "Sockets connected now, by node.",
        |s, out| {
            parts(s, out, |part, out, labels| count(out, labels, part.sockets));
        }
    ),
    family!(
        "pushproof_part_push_latency_seconds",
        Gauge,
        ["by", "part", "stat"],
        "Push latency so far, by event name, audience and trigger: within 3 %.",
        |s, out| {
            parts(s, out, |part, out, [by, name]| {
                out.us(&[by, name, "p50"], part.push_p50_us);
                out.us(&[by, name, "p99"], part.push_p99_us);
                out.us(&[by, name, "max"], part.push_max_us);
            });
        }
    ),
    family!(
        "pushproof_thresholds_ok",
        Gauge,
        ["expression"],
        "1 for a threshold that holds as it stands, 0 for one that does not; absent where there is no telling yet.",
        |s, out| {
            for checked in s.thresholds.iter() {
                match checked.outcome {
                    Outcome::Kept => out.count(&[&checked.expression], 1),
                    Outcome::Breached => out.count(&[&checked.expression], 0),
                    Outcome::Unknown(_) => {}
                }
            }
        }
    ),
    family!(
        "pushproof_generator_cpu_ratio",
        Gauge,
        [],
        "CPU that the generator used in the last second; 1 is one processor.",
        |s, out| ratio(out, s.generator.cpu_percent)
    ),
    family!(
        "pushproof_generator_busiest_thread_ratio",
        Gauge,
        [],
        "CPU that its busiest thread used in the last second; 1 is one processor.",
        |s, out| ratio(out, s.generator.busiest_thread_percent)
    ),
    family!(
        "pushproof_generator_resident_memory_bytes",
        Gauge,
        [],
        "Resident memory of the generator.",
        |s, out| count(out, [], s.generator.rss_bytes)
    ),
    family!(
        "pushproof_generator_open_files",
        Gauge,
        [],
        "File descriptors that it has open, of its processes the one with the most.",
        |s, out| count(out, [], s.generator.open_files)
    ),
    family!(
        "pushproof_generator_open_files_limit",
        Gauge,
        [],
        "Those that it may have open.",
        |s, out| count(out, [], s.generator.open_files_limit)
    ),
    family!(
        "pushproof_generator_schedule_lag_seconds",
        Gauge,
        ["stat"],
        "How late pushes left that could have, so far.",
        |s, out| out.us(&["p99"], s.generator.schedule_lag_p99_us)
    ),
    family!(
        "pushproof_generator_second_schedule_lag_seconds",
        Gauge,
        [],
        "The same in the last second, at most.",
        |s, out| out.us(&[], s.generator.schedule_lag_now_us)
    ),
    family!(
        "pushproof_generator_loop_delay_seconds",
        Gauge,
        [],
        "How late its event loops were in the last second, at most.",
        |s, out| out.us(&[], s.generator.loop_delay_us)
    ),
    family!(
        "pushproof_generator_shortages",
        Counter,
        ["reason"],
        "Sockets, logins and pushes that met a limit of its own machine.",
        |s, out| {
            for (reason, n) in s.generator.shortages.to_map() {
                out.count(&[&reason], n);
            }
        }
    ),
    family!(
        "pushproof_generator_limited",
        Gauge,
        [],
        "1 if the generator itself is the limit, and nothing is proved of the target's speed.",
        |s, out| {
            out.count(&[], u64::from(s.generator.limited.is_some()));
        }
    ),
];

fn parts(
    snapshot: &Snapshot,
    out: &mut Samples<'_>,
    each: impl Fn(&Part, &mut Samples<'_>, [&str; 2]),
) {
    for part in snapshot.parts.iter() {
        let by = match part.kind {
            PartKind::Event => "event",
            PartKind::Audience => "audience",
            PartKind::Trigger => "trigger",
            PartKind::Node => "node",
        };
        each(part, out, [by, &part.name]);
    }
}

/// A count that is known, or none.
fn count<const N: usize>(out: &mut Samples<'_>, labels: [&str; N], n: Option<u64>) {
    if let Some(n) = n {
        out.count(&labels, n);
    }
}

/// Percent of one processor that are known, or none.
fn ratio(out: &mut Samples<'_>, percent: Option<f64>) {
    if let Some(percent) = percent {
        out.add(&[], percent / 100.0);
    }
}
