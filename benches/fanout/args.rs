//! What is asked for on the command line.

use crate::server::Kind;
use anyhow::{Context as _, bail};
use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

const HELP: &str = "\
cargo bench --bench fanout [-- OPTIONS]

  --sockets N        sockets that get each broadcast (1000)
  --rounds N         rounds, each with every server in turn (3)
  --seconds S        measured seconds of each load (1.5)
  --triggers N       callers of the load `closed` (4)
  --window N         most broadcasts that some socket still waits for (16)
  --server-cpus N    processors for the server alone; the reader has the others (1); 0: no processor is given to anyone
  --only A,B         servers: pushproof, socketioxide, node, raw (all)";

/// How the bench is to run.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) sockets: usize,
    pub(crate) rounds: usize,
    /// What is measured of each load.
    pub(crate) span: Duration,
    pub(crate) triggers: usize,
    pub(crate) window: u32,
    pub(crate) server_cpus: usize,
    pub(crate) servers: Vec<Kind>,
}

/// What the program was started for.
#[derive(Debug)]
pub(crate) enum Wanted {
    Help(&'static str),
    Bench(Args),
    /// This process is to be the raw server.
    Blaster,
}

impl Args {
    pub(crate) fn from_command_line() -> anyhow::Result<Wanted> {
        let mut args = Self {
            sockets: 1_000,
            rounds: 3,
            span: Duration::from_millis(1_500),
            triggers: 4,
            window: 16,
            server_cpus: 1,
            servers: Kind::ALL.to_vec(),
        };
        let mut given = std::env::args().skip(1);
        while let Some(flag) = given.next() {
            let mut value = || given.next();
            match flag.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--help" | "-h" => return Ok(Wanted::Help(HELP)),
                "--blaster" => return Ok(Wanted::Blaster),
                "--sockets" => args.sockets = parsed(&flag, value())?,
                "--rounds" => args.rounds = parsed(&flag, value())?,
                "--triggers" => args.triggers = parsed(&flag, value())?,
                "--window" => args.window = parsed(&flag, value())?,
                "--server-cpus" => args.server_cpus = parsed(&flag, value())?,
                "--seconds" => {
                    let seconds = parsed(&flag, value())?;
                    args.span = Duration::try_from_secs_f64(seconds).context(flag)?;
                }
                "--only" => {
                    let names: String = parsed(&flag, value())?;
                    args.servers = names
                        .split(',')
                        .map(Kind::named)
                        .collect::<Result<_, _>>()?;
                }
                _ => bail!("unknown option {flag}; --help has all"),
            }
        }
        let least = [
            args.sockets,
            args.rounds,
            args.triggers,
            args.window as usize,
        ];
        if least.contains(&0) || args.span.is_zero() {
            bail!("sockets, rounds, seconds, triggers and window must be at least one");
        }
        Ok(Wanted::Bench(args))
    }
}

fn parsed<T>(flag: &str, value: Option<String>) -> anyhow::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let value = value.with_context(|| format!("{flag} needs a value; --help has all options"))?;
    value.parse().with_context(|| format!("{flag} {value}"))
}
