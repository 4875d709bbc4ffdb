//! Fan-out of broadcasts, server beside server: pushproof's own platform, socketioxide, and Node's socket.io, each a process of its own,
//! in turn, in one run, with the same raw reader at the other end. A server that only writes ready-made frames (`raw`) shows
//! what the reader and the system allow at most.
//!
//! For each round and server: it is started, sockets connect, it is left alone for a moment to see what an idle connection costs, and
//! then it broadcasts under two loads. `closed`: several callers ask for the next broadcast as soon as their last one was answered, but
//! never for more than so many that some socket still waits for, so the server is saturated without unbounded queues. `one`: the next
//! broadcast only when every socket has the last, so nothing can be written together. Every frame is counted: lost or extra ones fail the run.
//!
//!   cargo bench --bench fanout [-- --sockets 10000]      # --help has all; the first run builds the socketioxide server

#[path = "fanout/args.rs"]
mod args;
#[path = "fanout/blaster.rs"]
mod blaster;
#[path = "fanout/frames.rs"]
mod frames;
#[path = "fanout/load.rs"]
mod load;
#[path = "fanout/process.rs"]
mod process;
#[path = "fanout/server.rs"]
mod server;
#[path = "fanout/sockets.rs"]
mod sockets;
#[path = "fanout/table.rs"]
mod table;
#[path = "fanout/trigger.rs"]
mod trigger;

use anyhow::{Context as _, bail};
use args::{Args, Wanted};
use load::Load;
use process::{Places, Usage};
use server::{Command, Kind, Server};
use sockets::{Net, Sockets};
use std::process::ExitCode;
use std::time::Duration;
use table::{Round, Row};
use trigger::Trigger;

/// Files of this process that are not sockets.
const OTHER_FILES: u64 = 100;
/// How long a server is left alone before its memory is looked at.
const REST: Duration = Duration::from_millis(400);

fn main() -> ExitCode {
    let done = match Args::from_command_line() {
        Ok(Wanted::Help(help)) => {
            println!("{help}");
            return ExitCode::SUCCESS;
        }
        Ok(Wanted::Blaster) => blaster::run().map(|()| true),
        Ok(Wanted::Bench(args)) => bench(&args),
        Err(wrong) => Err(wrong),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// False: a server did not do what it was asked to.
fn bench(args: &Args) -> anyhow::Result<bool> {
    allow_files(args.sockets)?;
    let mut rows: Vec<Row> = args.servers.iter().map(|kind| Row::new(*kind)).collect();
    let mut commands = Vec::new();
    for (row, kind) in rows.iter_mut().zip(&args.servers) {
        match server::prepare(*kind) {
            Ok(command) => {
                row.title.clone_from(&command.title);
                commands.push(Some(command));
            }
            Err(missing) => {
                row.left_out = Some(missing.to_string());
                commands.push(None);
            }
        }
    }
    // From here on: building is not to be held on one processor.
    let places = Places::new(args.server_cpus)?;
    for round in 0..args.rounds {
        let mut turn: Vec<usize> = (0..rows.len()).collect();
        // Back and forth, so that no server always runs after the same one.
        if round % 2 == 1 {
            turn.reverse();
        }
        for n in turn {
            let (row, Some(command)) = (&mut rows[n], &commands[n]) else {
                continue;
            };
            eprintln!(
                "round {} of {}: {}",
                round + 1,
                args.rounds,
                row.kind.name()
            );
            row.rounds.push(one_round(args, &places, command));
        }
    }
    println!("{}", table::words(args, &places, &rows));
    Ok(rows.iter().all(Row::is_good))
}

/// Sockets are files, here and at the servers, which inherit the limit.
fn allow_files(sockets: usize) -> anyhow::Result<()> {
    let wanted = sockets as u64 + OTHER_FILES;
    let allowed = rlimit::increase_nofile_limit(wanted).context("cannot ask for more files")?;
    if allowed < wanted {
        bail!(
            "{sockets} sockets need {wanted} open files, and this process may have {allowed}: raise the hard limit (ulimit -Hn) or \
             ask for fewer with --sockets"
        );
    }
    Ok(())
}

/// One server from its start to its end.
fn one_round(args: &Args, places: &Places, command: &Command) -> anyhow::Result<Round> {
    let server = Server::start(command, places)?;
    let session = trigger::login(server.address)?;
    // A push that nobody gets: what a first one allocates is not a connection's.
    trigger::push_once(server.address)?;
    std::thread::sleep(REST);
    let base = Usage::of(server.id())?.resident;
    let mut net = Net::new()?;
    let (mut sockets, took) = Sockets::connect(&mut net, server.address, &session, args.sockets)?;
    sockets.rest(&mut net, REST)?;
    let resident = Usage::of(server.id())?.resident;
    let mut triggers = Trigger::several(&mut net, server.address, args.triggers)?;
    let mut run = |load: &Load| load.run(&mut net, &mut sockets, &mut triggers, server.id());
    // Whoever is not in yet would be missed by the first broadcast.
    run(&Load::FIRST).context("the first broadcast")?;
    let closed = run(&Load::closed(args)).context("load `closed`")?;
    let one = run(&Load::one(args)).context("load `one`")?;
    let (sockets, grown) = (args.sockets as f64, resident as f64 - base as f64);
    Ok(Round {
        accepts: sockets / took.as_secs_f64(),
        base: base as f64,
        each: grown / sockets,
        closed,
        one,
    })
}

impl Kind {
    /// As the table calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Pushproof => "pushproof",
            Self::Socketioxide => "socketioxide",
            Self::Node => "node",
            Self::Raw => "raw",
        }
    }
}
