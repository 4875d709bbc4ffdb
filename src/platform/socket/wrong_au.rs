//! Joining namespaces, as mutants of connecting and authentication have it.

use super::{Slot, Sockets};
use crate::platform::config::PlatformConfig;
use crate::platform::mutants::Mutant;
use crate::time::Time;

impl Sockets {
    /// Keeps a namespace from being joined, for a mutant.
    pub(in crate::platform) fn bar(&mut self, namespace: usize) {
        self.set(namespace, Slot::Kicked);
    }

    /// Whether a namespace is kept from being joined.
    pub(in crate::platform) fn is_barred(&self, namespace: usize) -> bool {
        self.slot(namespace) == Slot::Kicked
    }

    /// Lets the connection stay though it joins nothing, for a mutant.
    pub(in crate::platform) fn stay(&mut self) {
        self.join_by = Time::MAX;
    }
}

/// When a connection that joins no namespace from now on must end.
pub(super) fn join_by(config: &PlatformConfig, now: Time) -> Time {
    if config.mutants.has(Mutant::NoConnectTimeout) {
        return Time::MAX;
    }
    now + config.connect_timeout
}

/// Whether a namespace that is joined may be asked for again.
pub(super) fn joins_again(config: &PlatformConfig) -> bool {
    let mutants = config.mutants;
    mutants.has(Mutant::ReconnectAsOtherUser) || mutants.has(Mutant::IdentityMerge)
}
