//! Servers that do not end, or lose a part of themselves, as they should.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::platform::mutants::Mutant;
use crate::platform::shared::Shared;

/// How long pushes are taken that reach nobody.
const DEAF: Duration = Duration::from_millis(300);

/// What known-bad servers have in mind.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Pushes are taken, and reach nobody.
    deaf: AtomicBool,
    /// What connections are made of was used up once.
    used_up: AtomicBool,
}

/// Whether a push is taken that reaches nobody.
pub(in crate::platform) fn is_deaf(shared: &Shared) -> bool {
    shared.config.mutants.any() && shared.ending.deaf.load(Ordering::Relaxed)
}

async fn is_deaf_for_a_while(shared: &Shared) {
    shared.ending.deaf.store(true, Ordering::Relaxed);
    tokio::time::sleep(DEAF).await;
    shared.ending.deaf.store(false, Ordering::Relaxed);
}

/// The platform, or a node of it, begins to end.
pub(in crate::platform) async fn begins_to_end(shared: &Shared) {
    if shared.config.mutants.has(Mutant::DropOnShutdown) {
        is_deaf_for_a_while(shared).await;
    }
}

/// Another node is gone. Whether it is to be forgotten.
pub(in crate::platform) async fn node_is_gone(shared: &Shared) -> bool {
    let mutants = shared.config.mutants;
    if mutants.has(Mutant::DropBeyondGap) {
        is_deaf_for_a_while(shared).await;
    }
    !mutants.has(Mutant::GhostNode)
}

/// Whether there is nothing left to make a connection of, the platform being as full as this.
pub(in crate::platform) fn is_used_up(shared: &Shared, is_full: bool) -> bool {
    if !shared.config.mutants.has(Mutant::FdExhaustion) {
        return is_full;
    }
    shared.ending.used_up.fetch_or(is_full, Ordering::Relaxed) || is_full
}
