//! The end of a platform.

use super::Shared;
use crate::platform::conn::{Conn, Session};
use crate::platform::engine::CloseReason;
use crate::platform::wrong;
use std::sync::{Arc, PoisonError};
use tokio::sync::watch;

impl Shared {
    /// Ends every connection.
    pub(super) fn end_all(&self, reason: CloseReason) {
        let conns: Vec<Arc<Conn>> = self.conns().values().cloned().collect();
        let now = self.clock.now();
        for conn in conns {
            conn.change(|session: &mut Session| session.engine.close(now, reason));
        }
    }

    /// Turns true when the platform ends.
    pub(in crate::platform) fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// What a mutant does where a server would crash: from outside, nobody is there any more.
    pub(in crate::platform) fn crash(&self) {
        self.stop.send_replace(true);
        self.end_all(CloseReason::TransportLost);
    }

    /// Ends as a process does that is killed: nothing more is said to anybody.
    pub(in crate::platform) async fn perish(&self) {
        self.stop.send_replace(true);
        loop {
            let mut tasks = {
                let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *tasks)
            };
            if tasks.is_empty() {
                return;
            }
            tasks.shutdown().await;
        }
    }

    /// Stops: nothing new begins, every connection is closed with what waits for it handed out, all tasks are joined.
    pub(crate) async fn shut_down(&self, grace: std::time::Duration) {
        wrong::ends::begins_to_end(self).await;
        self.stop.send_replace(true);
        self.end_all(CloseReason::Shutdown);
        let end = tokio::time::Instant::now() + grace;
        loop {
            // A task may start another one, so the set is taken until it stays empty.
            let mut tasks = {
                let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *tasks)
            };
            if tasks.is_empty() {
                return;
            }
            while let Ok(Some(_)) = tokio::time::timeout_at(end, tasks.join_next()).await {}
            tasks.shutdown().await;
        }
    }
}
