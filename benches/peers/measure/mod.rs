//! One measurement: a fresh blaster, a fresh client, one load; what it cost, and whether every frame that was written came.

mod own;
mod plain;

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Map, json};

use crate::child::Child;
use crate::clients::Client;
use crate::figures::{Figure, Load};
use crate::machine;
use crate::settings::Settings;

/// How long a process may take to say that it is there.
const READY: Duration = Duration::from_secs(10);
/// How long it waits before it looks whether a client is still there.
const GLANCE: Duration = Duration::from_millis(500);
/// How often the kernel's queues are looked at.
const LOOK: Duration = Duration::from_millis(5);

/// What a measurement brought.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) figures: Vec<(Figure, f64)>,
    /// Deliveries that were written to sockets.
    pub(crate) written: u64,
    /// Deliveries that the client counted; `None`: it tells no count.
    pub(crate) received: Option<u64>,
    /// Sockets that ended meanwhile.
    pub(crate) gone: u64,
    /// What has to be known besides.
    pub(crate) notes: Vec<String>,
    /// Further figures, for the file only.
    pub(crate) details: Vec<(&'static str, f64)>,
}

impl Measured {
    /// What is wrong with its deliveries, in words.
    pub(crate) fn fault(&self) -> Option<String> {
        let Self { written, gone, .. } = *self;
        if gone > 0 {
            return Some(format!("{gone} sockets dropped"));
        }
        let received = self.received?;
        match written.cmp(&received) {
            std::cmp::Ordering::Greater => {
                Some(format!("LOST {} of {written}", written - received))
            }
            std::cmp::Ordering::Less => {
                Some(format!("{} TOO MANY of {written}", received - written))
            }
            std::cmp::Ordering::Equal => None,
        }
    }
}

/// Measures a client once. An error is what went wrong, for the table.
pub(crate) fn measure(client: Client, load: Load, settings: &Settings) -> anyhow::Result<Measured> {
    match client {
        Client::Pushproof => own::measure(load, settings),
        _ => plain::measure(client, load, settings),
    }
}

/// Whether the load is one for this client at all.
pub(crate) fn concerns(load: Load, client: Client) -> bool {
    load != Load::Logins || client == Client::Pushproof
}

/// Why a client has no such figure.
pub(crate) fn cannot(client: Client, load: Load, settings: &Settings) -> Option<&'static str> {
    match (client, load) {
        (Client::Artillery, Load::Timed { .. }) => {
            Some("it measures nothing of events that it receives")
        }
        (Client::Artillery, Load::Connect { many: true }) if settings.quick => {
            Some("left out of a quick run")
        }
        _ => None,
    }
}

/// What the blaster has done, in its own words.
#[derive(Debug, Deserialize)]
struct Stats {
    frames: u64,
    bytes: u64,
    gone: u64,
    first_arrival_ns: u64,
    last_connect_ns: u64,
    first_write_ns: u64,
    last_write_ns: u64,
}

struct Blaster {
    child: Child,
    port: u16,
    sockets: u64,
}

impl Blaster {
    fn start(together: u64, sockets: u64, pushes: u64) -> anyhow::Result<Self> {
        let args = [together, sockets, pushes].map(|n| n.to_string());
        let child = Child::part("blaster", &args)?;
        let port = child.hear("listening", READY)?;
        let port = u16::try_from(port.as_u64().unwrap_or_default())?;
        Ok(Self {
            child,
            port,
            sockets,
        })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn stats(&mut self) -> anyhow::Result<Stats> {
        Ok(serde_json::from_value(self.child.ask("stats", "stats")?)?)
    }

    /// Connects a second as the blaster saw them: from the first upgrade asked for to the last CONNECT answered.
    fn connects(&mut self) -> anyhow::Result<f64> {
        let stats = self.stats()?;
        let took = stats.last_connect_ns.saturating_sub(stats.first_arrival_ns);
        Ok(self.sockets as f64 * 1e9 / took.max(1) as f64)
    }

    /// Waits until the blaster says this, unless the client ends before.
    fn hear(&mut self, key: &str, client: &mut Child, limit: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + limit;
        loop {
            if self.child.hear(key, GLANCE).is_ok() {
                return Ok(());
            }
            let (name, seconds) = (client.name(), limit.as_secs());
            anyhow::ensure!(Instant::now() < end, "{name}: not {key} within {seconds} s");
            client.is_there()?;
            self.child.is_there()?;
        }
    }

    /// Waits until all that was written has been read. The time of the machine's clock when it had been.
    fn drained(&self, limit: Duration) -> anyhow::Result<u64> {
        let end = Instant::now() + limit;
        while machine::unread(self.port)? > 0 {
            anyhow::ensure!(Instant::now() < end, "it did not read all that was sent");
            std::thread::sleep(LOOK);
        }
        Ok(machine::now_ns())
    }
}

/// Deliveries a second, from the first write to when the last was read.
fn rate(stats: &Stats, read_ns: u64) -> f64 {
    let took = read_ns.saturating_sub(stats.first_write_ns);
    stats.frames as f64 * 1e9 / took.max(1) as f64
}

/// Microseconds of processor time for each delivery.
fn each(cpu: Duration, stats: &Stats) -> f64 {
    cpu.as_secs_f64() * 1e6 / stats.frames.max(1) as f64
}

/// What each socket took above the memory of the process without any, in KiB.
fn per_socket(base: u64, full: u64, sockets: u64) -> f64 {
    full.saturating_sub(base) as f64 / 1_024.0 / sockets as f64
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

/// A client that has not read what was written long before is at its limit, whatever else it shows. In a flood all are.
fn behind(load: Load, stats: &Stats, read_ns: u64) -> Option<String> {
    const MUCH: u64 = 250_000_000;
    let behind = read_ns.saturating_sub(stats.last_write_ns);
    let flooded = matches!(load, Load::Flood { .. });
    (behind > MUCH && !flooded).then(|| format!("{:.1} s behind at the end", behind as f64 / 1e9))
}

/// Bytes of a frame, its header included.
fn frame_bytes(stats: &Stats) -> (&'static str, f64) {
    (
        "frame_bytes",
        stats.bytes as f64 / stats.frames.max(1) as f64,
    )
}

/// For the JSON.
pub(crate) fn as_json(measured: &Measured) -> serde_json::Value {
    let details = measured.details.iter();
    let details: Map<_, _> = details
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    json!({
        "written": measured.written,
        "received": measured.received,
        "gone": measured.gone,
        "notes": measured.notes,
        "details": details,
    })
}
