//! A client that breaks the protocol.

use super::{CloseReason, Engine, Heartbeat};
use crate::platform::mutants::Mutant;
use crate::time::Time;
use std::time::Duration;

impl Engine {
    /// The protocol was broken, so: nothing that follows is handled.
    pub(crate) fn breach(&mut self, now: Time, how: &'static str) {
        if !self.config.mutants.has(Mutant::ProcessAfterError) {
            return self.close(now, CloseReason::Protocol(how));
        }
        // It ends as if a heartbeat were not answered, and is as it was until then.
        self.heartbeat = Heartbeat::Waiting {
            pinged: now,
            until: now + Duration::from_millis(100),
        };
    }
}
