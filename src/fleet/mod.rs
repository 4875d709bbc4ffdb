//! The fleet: all sockets of a run, spread over shards.
//!
//! A [`shard`] is one thread with a runtime of its own. Its sockets' tasks, its judge, its meter and its fan-out lists live on that
//! thread and nowhere else, so a delivery takes no lock and meets no atomic but the ledger's. Shards talk to the run by messages:
//! [`shard::Command`] down, [`shard::Note`] up, both bounded.
//! [`arrive`] logs users in and sends their sockets to the shards at a rate.

pub mod arrive;
pub mod shard;
