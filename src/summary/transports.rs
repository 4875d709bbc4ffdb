//! How the sockets of a run travelled.

use serde::{Deserialize, Serialize};

use super::{Reasons, Summary};
use crate::scenario::Transport;

/// How connections fared that began on long-polling to move to a WebSocket.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Upgrades {
    /// Connections that have moved.
    pub done: u64,
    /// Why others stayed on long-polling, with how many.
    pub not: Reasons,
}

impl Summary {
    /// Sockets of the plan by the transport that they were to speak.
    pub fn by_transport(&self) -> [(Transport, u64); 3] {
        let plan = &self.plan;
        plan.clients.transports.count(plan.seed, plan.sockets())
    }
}
