//! pushproof: a run of its own, with all checks on, which asks the blaster for its pushes.

use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;

use super::{Blaster, Measured, Stats, behind, each, frame_bytes, mib, per_socket, rate};
use crate::clients::{Started, keep};
use crate::figures::Load;
use crate::machine;
use crate::settings::Settings;

const PUSHPROOF: &str = env!("CARGO_BIN_EXE_pushproof");
const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/pushproof.toml");
const REPORT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/peers-run.json");
/// Lanes at a steady rate, and for a flood: a lane waits for the answer to its last push.
const LANES: u64 = 4;
const FLOOD_LANES: u64 = 16;
/// Most sockets of a user where logins are not what is measured.
const MOST_PER_USER: u64 = 100;
/// A part of a second that floating point has exactly: a flood is due at once, and is as many pushes as were meant.
const AT_ONCE_MS: u64 = 125;
const DEADLINE: u64 = 2;
const FLOOD_DEADLINE: u64 = 10;

/// What of a report counts here.
#[derive(Deserialize)]
struct Report {
    verdict: String,
    reasons: Vec<String>,
    deliveries: Deliveries,
    latency: Latencies,
}

#[derive(Deserialize)]
struct Deliveries {
    delivered: u64,
    lost: u64,
    duplicated: u64,
    misdelivered: u64,
    misrouted: u64,
    corrupted: u64,
    reordered: u64,
    late: u64,
    phantom: u64,
    premature: u64,
}

#[derive(Deserialize)]
struct Latencies {
    push_from_send: Quantiles,
    network: Quantiles,
    generator_delay: Quantiles,
}

#[derive(Deserialize)]
struct Quantiles {
    p50_us: Option<f64>,
    p99_us: Option<f64>,
}

/// A run that is going on.
struct Session {
    blaster: Blaster,
    started: Started,
    limit: Duration,
}

pub(super) fn measure(load: Load, settings: &Settings) -> anyhow::Result<Measured> {
    let base = match load {
        Load::Connect { many: true } | Load::Logins => Some(base(settings)?),
        _ => None,
    };
    let sockets = load.sockets(settings);
    let mut session = start(load, sockets, settings)?;
    session.hear("connected")?;
    // It has connected all and sent nothing yet.
    session.hear("trigger")?;
    let full = machine::rss(session.started.pid)?;
    let before = machine::cpu(session.started.pid)?;
    session.hear("pushed")?;
    let read_ns = session.blaster.drained(session.limit)?;
    let used = machine::cpu(session.started.pid)?.saturating_sub(before);
    let (report, stats) = session.finish()?;
    let mut measured = judged(&report, &stats);
    if !matches!(load, Load::Connect { .. } | Load::Logins) {
        measured.notes.extend(verdict(&report, load));
        measured.notes.extend(behind(load, &stats, read_ns));
    }
    let memory = base.map(|base| [mib(base), per_socket(base, full, sockets)]);
    let values = match load {
        Load::Connect { .. } | Load::Logins => vec![session.blaster.connects()?],
        Load::Steady { .. } => vec![each(used, &stats)],
        Load::Flood { .. } => vec![rate(&stats, read_ns)],
        Load::Timed { .. } => timed(&report)?,
    };
    // With a login for each, the process without any socket is the same.
    let memory = memory
        .into_iter()
        .flatten()
        .skip(usize::from(load == Load::Logins));
    let figures = load.figures().iter().copied();
    measured.figures = figures.zip(values.into_iter().chain(memory)).collect();
    Ok(measured)
}

/// Memory of a run of one socket, as it begins to push.
fn base(settings: &Settings) -> anyhow::Result<u64> {
    let mut session = start(Load::Connect { many: false }, 1, settings)?;
    session.hear("trigger")?;
    machine::rss(session.started.pid)
}

fn start(load: Load, sockets: u64, settings: &Settings) -> anyhow::Result<Session> {
    let (rate, pushes, together) = load.blast(settings);
    let blaster = Blaster::start(together, sockets, pushes)?;
    let flooded = matches!(load, Load::Flood { .. });
    let (rate, duration_ms) = if flooded {
        (pushes * 1_000 / AT_ONCE_MS, AT_ONCE_MS)
    } else {
        (rate, pushes * 1_000 / rate)
    };
    let deadline = if flooded { FLOOD_DEADLINE } else { DEADLINE };
    let lanes = if flooded { FLOOD_LANES } else { LANES };
    let per_user = if load == Load::Logins {
        1
    } else {
        per_user(sockets)
    };
    let users = sockets / per_user;
    let args = format!(
        "{PUSHPROOF} run {SCENARIO} --quiet --seed 1 --target {} --users {users} --sockets-per-user {per_user} --lanes {lanes} --rate {rate}/s \
         --duration {duration_ms}ms --deadline {deadline}s --settle {deadline}s --json {REPORT}",
        blaster.url()
    );
    let args: Vec<_> = args.split(' ').filter(|arg| !arg.is_empty()).collect();
    let started = keep("pushproof", &args)?;
    Ok(Session {
        blaster,
        started,
        limit: settings.limit(),
    })
}

/// Sockets of a user, who logs in over HTTP: no other client does, so there are few logins where they are not asked for.
fn per_user(sockets: u64) -> u64 {
    let divides = |n: &u64| sockets.is_multiple_of(*n);
    (1..=MOST_PER_USER).rev().find(divides).unwrap_or(1)
}

impl Session {
    fn hear(&mut self, key: &str) -> anyhow::Result<()> {
        self.blaster.hear(key, &mut self.started.child, self.limit)
    }

    fn finish(&mut self) -> anyhow::Result<(Report, Stats)> {
        let stats = self.blaster.stats()?;
        self.started.child.hear("exited", self.limit)?;
        let report = serde_json::from_slice(&std::fs::read(REPORT)?)?;
        let written = self.blaster.stats()?.frames;
        anyhow::ensure!(
            written == stats.frames,
            "it went on pushing after its last push"
        );
        Ok((report, stats))
    }
}

/// What the run says of its deliveries, beside what the blaster wrote.
fn judged(report: &Report, stats: &Stats) -> Measured {
    let counts = &report.deliveries;
    let mut notes = Vec::new();
    for (count, name) in [
        (counts.lost, "lost"),
        (counts.duplicated, "duplicated"),
        (counts.misdelivered, "misdelivered"),
        (counts.misrouted, "misrouted"),
        (counts.corrupted, "corrupted"),
        (counts.reordered, "reordered"),
        (counts.late, "late"),
        (counts.phantom, "phantom"),
        (counts.premature, "premature"),
    ] {
        if count > 0 {
            notes.push(format!("{count} {name}"));
        }
    }
    Measured {
        written: stats.frames,
        received: Some(counts.delivered),
        gone: stats.gone,
        notes,
        details: details(report, stats),
        ..Measured::default()
    }
}

/// What else it measured, in microseconds: the way from the trigger, with the blaster's fan-out in it.
fn details(report: &Report, stats: &Stats) -> Vec<(&'static str, f64)> {
    let latency = &report.latency;
    let known = [
        ("push_from_send_p50_us", latency.push_from_send.p50_us),
        ("push_from_send_p99_us", latency.push_from_send.p99_us),
        ("network_p50_us", latency.network.p50_us),
        ("network_p99_us", latency.network.p99_us),
        ("generator_delay_p50_us", latency.generator_delay.p50_us),
        ("generator_delay_p99_us", latency.generator_delay.p99_us),
    ];
    let known = known.into_iter().filter_map(|(name, us)| Some((name, us?)));
    known.chain([frame_bytes(stats)]).collect()
}

/// Why it did not pass. No schedule holds in a flood, and the run says so of each.
fn verdict(report: &Report, load: Load) -> Option<String> {
    let flooded = matches!(load, Load::Flood { .. });
    let (verdict, reasons) = (&report.verdict, report.reasons.join("; "));
    (verdict != "pass" && !flooded).then(|| format!("verdict {verdict}: {reasons}"))
}

fn timed(report: &Report) -> anyhow::Result<Vec<f64>> {
    let delay = &report.latency.generator_delay;
    let both = [delay.p50_us, delay.p99_us].into_iter();
    let both: Option<Vec<f64>> = both.collect();
    both.context("the kernel gave it no receive stamps")
}
