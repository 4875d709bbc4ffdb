//! The metrics, one row each.

use super::{Family, Kind, Samples};
use crate::summary::live::{Part, PartKind};
use crate::summary::{Outcome, Snapshot, Standing, Verdict};
use crate::verify::Class;

macro_rules! family {
    ($name:literal, $kind:ident, [$($label:literal),*], $help:literal, $samples:expr) => {
        Family {
            name: $name,
            kind: Kind::$kind,
            help: $help,
            labels: &[$($label),*],
            samples: $samples,
        }
    };
}

/// The phases of a run.
const PHASES: [&str; 4] = ["connecting", "pushing", "settling", "over"];
/// How a run can stand.
const STANDINGS: [Standing; 8] = [
    Standing::Unknown,
    Standing::Ok,
    Standing::Limited,
    Standing::Breached,
    Standing::Violations,
    Standing::Over(Verdict::Pass),
    Standing::Over(Verdict::Fail),
    Standing::Over(Verdict::Unknown),
];

/// Every metric, in the order of the page.
pub const FAMILIES: &[Family] = &[
    family!(
        "pushproof",
        Info,
        ["version", "scenario", "seed", "target"],
        "What runs.",
        |s, out| {
            let seed = s.about.seed.to_string();
            let version = env!("CARGO_PKG_VERSION");
            out.count(&[version, &s.about.scenario, &seed, &s.about.target.url], 1);
        }
    ),
    family!(
        "pushproof_start_time_seconds",
        Gauge,
        [],
        "When the run began, in seconds since 1970.",
        |s, out| {
            out.add(&[], s.about.started_at_unix_ms as f64 / 1e3);
        }
    ),
    family!(
        "pushproof_elapsed_seconds",
        Gauge,
        [],
        "How long the run has lasted.",
        |s, out| {
            out.add(&[], s.elapsed.as_secs_f64());
        }
    ),
    family!(
        "pushproof_phase",
        Gauge,
        ["phase"],
        "1 for the phase that the run is in, 0 for the others.",
        |s, out| {
            out.one_of(&PHASES, s.phase);
        }
    ),
    family!(
        "pushproof_phase_remaining_seconds",
        Gauge,
        [],
        "How long the phase will still last at most; absent where nobody knows.",
        |s, out| {
            if let Some(left) = s.phase_left {
                out.add(&[], left.as_secs_f64());
            }
        }
    ),
    family!(
        "pushproof_verdict",
        Gauge,
        ["verdict"],
        "1 for how the run stands, or what it has come to, 0 for the others.",
        |s, out| {
            let words = STANDINGS.map(Standing::name);
            out.one_of(&words, s.so_far().standing.name());
        }
    ),
    family!(
        "pushproof_sockets_wanted",
        Gauge,
        [],
        "Sockets of the scenario that are to be connected.",
        |s, out| out.count(&[], s.sockets.wanted)
    ),
    family!(
        "pushproof_sockets_connected",
        Gauge,
        [],
        "Sockets connected now, without those that have stopped reading.",
        |s, out| out.count(&[], s.sockets.alive)
    ),
    family!(
        "pushproof_sockets_stuck",
        Gauge,
        [],
        "Sockets that have stopped reading because the scenario says so.",
        |s, out| out.count(&[], s.sockets.stuck)
    ),
    family!(
        "pushproof_socket_events",
        Counter,
        ["event"],
        "What happened to sockets.",
        socket_events
    ),
    family!(
        "pushproof_sockets_must_refuse",
        Gauge,
        ["outcome"],
        "Sockets that the target has to refuse, by what became of them.",
        |s, out| {
            let of = &s.must_refuse;
            out.count(&["refused"], of.refused);
            out.count(&["let_in"], of.let_in);
            out.count(&["untried"], of.untried);
        }
    ),
    family!(
        "pushproof_login_requests",
        Counter,
        [],
        "Requests of logins.",
        |s, out| out.count(&[], s.logins.attempted)
    ),
    family!(
        "pushproof_logins_failed",
        Counter,
        [],
        "Logins that gave no session in the end.",
        |s, out| out.count(&[], s.logins.failed)
    ),
    family!(
        "pushproof_pushes_scheduled",
        Gauge,
        [],
        "Pushes that the whole run is to have.",
        |s, out| out.count(&[], s.pushes.scheduled)
    ),
    family!(
        "pushproof_pushes_sent",
        Counter,
        [],
        "Pushes that were asked for.",
        |s, out| out.count(&[], s.pushes.sent)
    ),
    family!(
        "pushproof_pushes_answered",
        Counter,
        ["outcome"],
        "Pushes by how asking for them ended.",
        |s, out| {
            out.count(&["accepted"], s.pushes.accepted);
            out.count(&["rejected"], s.pushes.rejected);
            out.count(&["unknown"], s.pushes.unknown);
        }
    ),
    family!(
        "pushproof_push_failures",
        Counter,
        ["reason"],
        "Pushes that were not accepted, by why: a bounded number of reasons.",
        |s, out| {
            for (reason, n) in s.push_failures.to_map() {
                out.count(&[&reason], n);
            }
        }
    ),
    family!(
        "pushproof_push_rate",
        Gauge,
        [],
        "Pushes a second that are asked for now; absent in a closed loop and while nothing is pushed.",
        |s, out| {
            if let Some(rate) = s.rate {
                out.add(&[], rate);
            }
        }
    ),
    family!(
        "pushproof_push_rate_factor",
        Gauge,
        [],
        "How many times as fast as written the schedule goes on.",
        |s, out| {
            out.add(&[], s.changes.last().map_or(1.0, |change| change.factor));
        }
    ),
    family!(
        "pushproof_deliveries",
        Counter,
        [],
        "Deliveries: each pair of a push and a socket once.",
        |s, out| out.count(&[], s.counts.delivered)
    ),
    family!(
        "pushproof_deliveries_judged",
        Counter,
        [],
        "Deliveries that had to happen, of pushes that have settled.",
        |s, out| out.count(&[], s.counts.expected)
    ),
    family!(
        "pushproof_deliveries_in_flight",
        Gauge,
        [],
        "Deliveries that are still to come: an estimate.",
        |s, out| out.count(&[], s.in_flight)
    ),
    family!(
        "pushproof_violations",
        Counter,
        ["class"],
        "Violations. Losses are known when a push has settled.",
        |s, out| {
            for class in Class::ALL {
                out.count(&[class.name()], s.counts.of(class));
            }
        }
    ),
    family!(
        "pushproof_second_pushes",
        Gauge,
        [],
        "Pushes sent in the last whole second.",
        |s, out| out.count(&[], s.second.sent)
    ),
    family!(
        "pushproof_second_deliveries",
        Gauge,
        [],
        "Deliveries in the last whole second.",
        |s, out| out.count(&[], s.second.delivered)
    ),
    family!(
        "pushproof_second_deliveries_expected",
        Gauge,
        [],
        "Deliveries that the pushes sent in the last whole second should bring: an estimate.",
        |s, out| {
            if let Some(expected) = s.second.expected {
                out.count(&[], expected);
            }
        }
    ),
    family!(
        "pushproof_second_push_latency_seconds",
        Gauge,
        ["quantile"],
        "Push latency in the last whole second, from the time the schedule wanted the push.",
        |s, out| {
            out.us(&["0.5"], s.second.push_p50_us);
            out.us(&["0.99"], s.second.push_p99_us);
            out.us(&["1"], s.second.push_max_us);
        }
    ),
    family!(
        "pushproof_push_latency_seconds",
        Histogram,
        [],
        "Push latency, from the time the schedule wanted the push to its delivery.",
        |s, out| out.histogram(&[], &s.latencies.push)
    ),
    family!(
        "pushproof_trigger_duration_seconds",
        Histogram,
        [],
        "From asking for a push to the answer.",
        |s, out| out.histogram(&[], &s.latencies.trigger)
    ),
    family!(
        "pushproof_login_duration_seconds",
        Histogram,
        [],
        "Logins that gave a session, from the first request to the last answer.",
        |s, out| out.histogram(&[], &s.latencies.login)
    ),
    family!(
        "pushproof_connect_duration_seconds",
        Histogram,
        [],
        "From the first byte of a socket's connection to the answer to CONNECT.",
        |s, out| out.histogram(&[], &s.latencies.connect)
    ),
    family!(
        "pushproof_fanout_latency_seconds",
        Histogram,
        ["recipient"],
        "Broadcasts, to their first, median and last recipient.",
        |s, out| {
            let recipients = ["first", "median", "last"].iter().zip(&s.latencies.fanout);
            for (recipient, latency) in recipients {
                out.histogram(&[recipient], latency);
            }
        }
    ),
    family!(
        "pushproof_requests_sent",
        Counter,
        [],
        "Requests that sockets emitted.",
        |s, out| out.count(&[], s.requests.sent)
    ),
    family!(
        "pushproof_requests_answered",
        Counter,
        ["outcome"],
        "What came of them; unasked: acks that nobody had asked for.",
        |s, out| {
            let of = &s.requests;
            out.count(&["right"], of.answered);
            out.count(&["wrong"], of.wrong);
            out.count(&["timed_out"], of.timed_out);
            out.count(&["unasked"], of.unasked);
            out.count(&["late"], of.late);
        }
    ),
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
                count(out, labels, part.delivered)
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
        ["by", "part", "quantile"],
        "Push latency so far, by event name, audience and trigger: within 3 %.",
        |s, out| {
            parts(s, out, |part, out, [by, name]| {
                out.us(&[by, name, "0.5"], part.push_p50_us);
                out.us(&[by, name, "0.99"], part.push_p99_us);
                out.us(&[by, name, "1"], part.push_max_us);
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
        ["quantile"],
        "How late pushes left that could have, so far.",
        |s, out| out.us(&["0.99"], s.generator.schedule_lag_p99_us)
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

fn socket_events(snapshot: &Snapshot, out: &mut Samples<'_>) {
    let of = &snapshot.sockets;
    for (event, n) in [
        ("connected", of.connected),
        ("refused", of.refused),
        ("dropped", of.dropped),
        ("left", of.left),
        ("reconnected", of.reconnected),
        ("recovered", of.recovered),
        ("evicted", of.evicted),
        ("overdue", of.overdue),
    ] {
        out.count(&[event], n);
    }
}

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
