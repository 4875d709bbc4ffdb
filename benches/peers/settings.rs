//! What is asked of the bench on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::clients::Client;

/// Most sockets: past some 14,000 from one address the kernel's search for a free port would be measured.
const MOST_SOCKETS: u64 = 14_000;
/// Frames of a flood with one of them a write, and with several.
const FLOOD: u64 = 800;
const FLOOD_TOGETHER: u64 = 1_600;

/// Clients of a push server side by side, against the same one, in turn.
#[derive(Debug, Parser)]
#[command(name = "peers", bin_name = "cargo bench --bench peers --")]
pub(crate) struct Settings {
    /// Everything: some 20 minutes for three rounds of all clients.
    #[arg(long)]
    full: bool,
    /// One short round with fewer connects: to see that all works; its figures say little.
    #[arg(long, conflicts_with = "full")]
    pub(crate) quick: bool,
    /// Only these clients.
    #[arg(long, value_delimiter = ',', value_name = "CLIENT,…")]
    pub(crate) only: Vec<Client>,
    /// Only figures whose name has this in it, as `flood`.
    #[arg(long, value_name = "WORD")]
    pub(crate) figure: Option<String>,
    /// How often each figure is taken of each client.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    rounds: Option<u32>,
    /// Sockets that get broadcasts.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=MOST_SOCKETS), value_name = "N")]
    pub(crate) sockets: u64,
    /// Sockets for the second figure of connects and for memory; 10,000, or 2,000 for `--quick`.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=MOST_SOCKETS), value_name = "N")]
    many: Option<u64>,
    /// Seconds that one measurement may take.
    #[arg(long, default_value_t = 60, value_name = "N")]
    limit: u64,
    /// Where the figures go as JSON.
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_TARGET_TMPDIR"), "/peers.json"))]
    pub(crate) json: PathBuf,
    /// What cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Settings {
    /// Whether anything was asked for: a plain `cargo bench` runs every bench there is, and did not mean this one.
    pub(crate) fn is_asked(&self) -> bool {
        let chosen = !self.only.is_empty() || self.figure.is_some() || self.rounds.is_some();
        self.full || self.quick || chosen
    }

    pub(crate) fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.quick { 1 } else { 3 })
    }

    pub(crate) fn many(&self) -> u64 {
        self.many.unwrap_or(if self.quick { 2_000 } else { 10_000 })
    }

    /// How long broadcasts go on at a steady rate.
    pub(crate) fn seconds(&self) -> u64 {
        if self.quick { 2 } else { 5 }
    }

    /// Broadcasts of a flood.
    pub(crate) fn flood(&self, together: u64) -> u64 {
        let all = if together == 1 { FLOOD } else { FLOOD_TOGETHER };
        if self.quick { all / 5 } else { all }
    }

    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(self.limit)
    }

    /// Whether this client is to be measured.
    pub(crate) fn takes(&self, client: Client) -> bool {
        self.only.is_empty() || self.only.contains(&client)
    }
}
