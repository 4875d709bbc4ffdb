//! Clients of a push server side by side, on one machine, in turn, against the same blaster: what connecting, holding and receiving cost
//! in pushproof, in a reader that does nothing else, and in others. `benches/peers/README.md` has the method.
//!
//!   cargo bench --bench peers -- --quick      # one short round
//!   cargo bench --bench peers -- --full       # all of it

mod blaster;
mod child;
mod clients;
mod figures;
mod keeper;
mod machine;
mod measure;
mod orders;
mod raw;
mod rounds;
mod settings;
mod table;

use clap::Parser as _;

use crate::settings::Settings;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // The parts of the bench that are processes of their own are this program too.
    match args.split_first() {
        Some((part, args)) if part == "blaster" => return blaster::run(args),
        Some((part, args)) if part == "raw" => return raw::run(args),
        Some((part, args)) if part == "keeper" => return keeper::run(args),
        _ => {}
    }
    let settings = Settings::parse();
    if settings.is_asked() {
        return rounds::run(&settings);
    }
    println!(
        "peers: measures clients side by side, which takes minutes, so it was not started. Ask for it:\n  \
         cargo bench --bench peers -- --quick   one short round, some two minutes\n  \
         cargo bench --bench peers -- --full    three rounds, some 20 minutes\n  \
         cargo bench --bench peers -- --help    all else"
    );
    Ok(())
}
