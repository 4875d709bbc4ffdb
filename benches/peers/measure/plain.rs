//! Clients that hold sockets and count, while the blaster makes the load.

use std::time::Duration;

use super::{Blaster, Measured, behind, each, frame_bytes, mib, per_socket, rate};
use crate::clients::{Client, Started};
use crate::figures::{Figure, Load};
use crate::machine;
use crate::settings::Settings;

/// Rest between connecting and all else.
const REST: Duration = Duration::from_millis(500);
/// How long deliveries that are not expected may take to come.
const LINGER: Duration = Duration::from_millis(100);

/// A client whose sockets are connected.
struct Session {
    // In the order in which they are dropped: the blaster's end resets all connections, so that none stays behind in TIME_WAIT.
    blaster: Blaster,
    started: Started,
    obeys: bool,
    base: u64,
}

pub(super) fn measure(client: Client, load: Load, settings: &Settings) -> anyhow::Result<Measured> {
    let timed = matches!(load, Load::Timed { .. });
    let mut session = connect(client, load.sockets(settings), timed, settings.limit())?;
    std::thread::sleep(REST);
    match load {
        Load::Connect { many } => session.idle(many),
        _ => session.blast(load, settings),
    }
}

fn connect(client: Client, sockets: u64, timed: bool, limit: Duration) -> anyhow::Result<Session> {
    let mut blaster = Blaster::start(1, sockets, 0)?;
    let mut started = client.start(&blaster.url(), sockets, timed)?;
    let obeys = client.obeys();
    if !obeys {
        blaster.hear("arrived", &mut started.child, limit)?;
    }
    let base = machine::rss(started.pid)?;
    if obeys {
        started.child.order(&format!("connect {sockets}"))?;
        started.child.hear("connected", limit)?;
    }
    blaster.hear("connected", &mut started.child, limit)?;
    Ok(Session {
        blaster,
        started,
        obeys,
        base,
    })
}

impl Session {
    fn idle(&mut self, many: bool) -> anyhow::Result<Measured> {
        let connects = self.blaster.connects()?;
        let which = if many {
            Figure::ConnectsMany
        } else {
            Figure::Connects
        };
        let mut figures = vec![(which, connects)];
        if many {
            let full = machine::rss(self.started.pid)?;
            let each = per_socket(self.base, full, self.blaster.sockets);
            figures.extend([(Figure::Base, mib(self.base)), (Figure::PerSocket, each)]);
        }
        Ok(Measured {
            figures,
            gone: self.blaster.stats()?.gone,
            ..Measured::default()
        })
    }

    fn blast(&mut self, load: Load, settings: &Settings) -> anyhow::Result<Measured> {
        let (rate_per_s, count, together) = load.blast(settings);
        let expected = count * self.blaster.sockets;
        if self.obeys {
            self.started.child.order(&format!("expect {expected}"))?;
        }
        let before = machine::cpu(self.started.pid)?;
        let order = format!("blast {count} {rate_per_s} {together}");
        self.blaster.child.order(&order)?;
        let client = &mut self.started.child;
        self.blaster.hear("blasted", client, settings.limit())?;
        let read = self.read_all(settings.limit());
        let used = machine::cpu(self.started.pid)?.saturating_sub(before);
        let stats = self.blaster.stats()?;
        let received = self.received()?;
        let mut measured = Measured {
            written: stats.frames,
            received,
            gone: stats.gone,
            details: vec![frame_bytes(&stats)],
            ..Measured::default()
        };
        // What is missing is told by the counts.
        let Ok(read_ns) = read else {
            return if measured.fault().is_some() {
                Ok(measured)
            } else {
                read.map(|_| measured)
            };
        };
        measured.notes.extend(behind(load, &stats, read_ns));
        if received.is_none() {
            let uncounted = "it tells no count; the kernel says that all was read";
            measured.notes.push(uncounted.to_owned());
        }
        measured.figures = match load {
            Load::Connect { .. } | Load::Logins => Vec::new(),
            Load::Timed { .. } => self.latencies()?,
            Load::Steady { .. } => vec![(load.figures()[0], each(used, &stats))],
            Load::Flood { .. } => vec![(load.figures()[0], rate(&stats, read_ns))],
        };
        Ok(measured)
    }

    /// Waits until the client has had everything, and gives when.
    fn read_all(&self, limit: Duration) -> anyhow::Result<u64> {
        if !self.obeys {
            return self.blaster.drained(limit);
        }
        loop {
            let reached = self.started.child.hear("at", limit)?;
            if let Some(at) = reached.as_u64() {
                return Ok(at);
            }
        }
    }

    fn received(&mut self) -> anyhow::Result<Option<u64>> {
        if !self.obeys {
            return Ok(None);
        }
        std::thread::sleep(LINGER);
        Ok(self.started.child.ask("count", "events")?.as_u64())
    }

    fn latencies(&mut self) -> anyhow::Result<Vec<(Figure, f64)>> {
        let told = self.started.child.ask("latency", "latency")?;
        let us = |key: &str| told[key].as_f64().unwrap_or_default();
        Ok(vec![
            (Figure::P50, us("p50_us")),
            (Figure::P99, us("p99_us")),
        ])
    }
}
