//! The run itself, its sockets and its logins.

use super::super::{Family, Kind, Samples};
use super::family;
use crate::summary::{Snapshot, Standing, Verdict};

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

pub(super) const FAMILIES: &[Family] = &[
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
