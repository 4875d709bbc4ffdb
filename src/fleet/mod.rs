//! The fleet: all sockets of a run, spread over shards.
//!
//! A [`shard`] is one thread with a runtime of its own. Its sockets' engine, its judge, its meter and its fan-out lists live on that
//! thread and nowhere else, so a delivery takes no lock and meets no atomic but the ledger's, and a counter of its lane in a closed loop. Shards talk to the run by messages:
//! [`shard::Command`] and [`shard::Order`] down, [`shard::Note`] up, all bounded.
//!
//! * [`arrive`] logs users in and sends their sockets to the shards at a rate; [`login`] is what they show, and the patience to get it.
//! * `way` is a task for each socket that is on its way in or back; [`life`] decides what comes after the end of a connection.
//! * `hold` is what is kept of a socket that the engine holds: it hears what happens there.
//! * [`emitting`] is what one connection emits: requests, and what lanes have it ask for.
//! * [`nodes`] says where the target's nodes are, and who goes to which.
//! * [`pulse`] is what a thread knows of its own delays, on which the honesty of the stamps rests.

pub mod arrive;
mod asking;
pub mod emitting;
mod hold;
pub mod life;
pub mod login;
pub mod nodes;
pub mod passed;
pub mod pulse;
mod sessions;
pub mod shard;
mod shared;
mod way;
