//! The newest snapshot of whichever run goes on, for what tells of it while it does.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::summary::Snapshot;

/// Clones look at the same.
#[derive(Debug, Clone)]
pub(super) struct Newest(Arc<Mutex<watch::Receiver<Snapshot>>>);

impl Newest {
    /// Of no run yet.
    pub(super) fn none() -> Self {
        Self(Arc::new(Mutex::new(watch::channel(Snapshot::default()).1)))
    }

    /// From now on of this run.
    pub(super) fn of(&self, snapshots: watch::Receiver<Snapshot>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = snapshots;
    }

    /// How it stands now.
    pub(super) fn get(&self) -> Snapshot {
        let snapshots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        snapshots.borrow().clone()
    }
}
