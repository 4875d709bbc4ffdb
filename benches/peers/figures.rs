//! The figures: what each is called, and which measurement brings it.

use crate::settings::Settings;

/// How the clients are loaded in one measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    /// So many connect, as fast as they can, and are idle.
    Connect { many: bool },
    /// Many connect, each after a login of its own.
    Logins,
    /// So many broadcasts a second.
    Steady { rate: u64 },
    /// The same, with each frame's way timed.
    Timed { rate: u64 },
    /// As fast as they go, so many frames in a write.
    Flood { together: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    Connects,
    ConnectsMany,
    Base,
    PerSocket,
    ConnectsLogins,
    PerSocketLogins,
    CpuSlow,
    CpuFast,
    Flood,
    FloodTogether,
    P50,
    P99,
}

const SLOW: u64 = 20;
const FAST: u64 = 100;
const TIMED: u64 = 50;
const TOGETHER: u64 = 16;

impl Load {
    pub(crate) const ALL: [Self; 8] = [
        Self::Connect { many: false },
        Self::Connect { many: true },
        Self::Logins,
        Self::Steady { rate: SLOW },
        Self::Steady { rate: FAST },
        Self::Flood { together: 1 },
        Self::Flood { together: TOGETHER },
        Self::Timed { rate: TIMED },
    ];

    pub(crate) fn figures(self) -> &'static [Figure] {
        match self {
            Self::Connect { many: false } => &[Figure::Connects],
            Self::Connect { many: true } => {
                &[Figure::ConnectsMany, Figure::Base, Figure::PerSocket]
            }
            Self::Logins => &[Figure::ConnectsLogins, Figure::PerSocketLogins],
            Self::Steady { rate: SLOW } => &[Figure::CpuSlow],
            Self::Steady { .. } => &[Figure::CpuFast],
            Self::Flood { together: 1 } => &[Figure::Flood],
            Self::Flood { .. } => &[Figure::FloodTogether],
            Self::Timed { .. } => &[Figure::P50, Figure::P99],
        }
    }

    /// Broadcasts a second, or 0 for a flood; in all; and in one write.
    pub(crate) fn blast(self, settings: &Settings) -> (u64, u64, u64) {
        match self {
            Self::Connect { .. } | Self::Logins => (1, 1, 1),
            Self::Steady { rate } | Self::Timed { rate } => (rate, rate * settings.seconds(), 1),
            Self::Flood { together } => (0, settings.flood(together), together),
        }
    }

    pub(crate) fn sockets(self, settings: &Settings) -> u64 {
        match self {
            Self::Connect { many: true } | Self::Logins => settings.many(),
            _ => settings.sockets,
        }
    }
}

impl Figure {
    pub(crate) const ALL: [Self; 12] = [
        Self::Connects,
        Self::ConnectsMany,
        Self::Base,
        Self::PerSocket,
        Self::ConnectsLogins,
        Self::PerSocketLogins,
        Self::CpuSlow,
        Self::CpuFast,
        Self::Flood,
        Self::FloodTogether,
        Self::P50,
        Self::P99,
    ];

    /// Its name in the JSON, where a unit is part of it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Connects => "connects_per_s",
            Self::ConnectsMany => "connects_many_per_s",
            Self::Base => "base_rss_mib",
            Self::PerSocket => "rss_per_socket_kib",
            Self::ConnectsLogins => "connects_logins_per_s",
            Self::PerSocketLogins => "rss_per_socket_logins_kib",
            Self::CpuSlow => "cpu_20_us",
            Self::CpuFast => "cpu_100_us",
            Self::Flood => "flood_per_s",
            Self::FloodTogether => "flood_16_per_s",
            Self::P50 => "latency_p50_us",
            Self::P99 => "latency_p99_us",
        }
    }

    /// What it is, for people.
    pub(crate) fn title(self, settings: &Settings) -> String {
        let (sockets, many) = (settings.sockets, settings.many());
        match self {
            Self::Connects => format!("connects/s to {sockets} sockets"),
            Self::ConnectsMany => format!("connects/s to {many} sockets"),
            Self::Base => "memory of the process with no socket, MiB".to_owned(),
            Self::PerSocket => format!("memory for each of {many} idle sockets, KiB"),
            Self::ConnectsLogins => format!("connects/s to {many}, an HTTP login for each"),
            Self::PerSocketLogins => "memory for each of these, KiB".to_owned(),
            Self::CpuSlow => format!("CPU µs a delivery, {SLOW} broadcasts/s to {sockets}"),
            Self::CpuFast => format!("CPU µs a delivery, {FAST} broadcasts/s to {sockets}"),
            Self::Flood => format!("flood, 1 frame a write, deliveries/s to {sockets}"),
            Self::FloodTogether => {
                format!("flood, {TOGETHER} frames a write, deliveries/s to {sockets}")
            }
            Self::P50 => format!("reported latency p50, µs, {TIMED} broadcasts/s to {sockets}"),
            Self::P99 => format!("reported latency p99, µs, {TIMED} broadcasts/s to {sockets}"),
        }
    }
}
