//! Pushes without a tag are told by their event name, so those of one name in one app are asked for one after the other, whatever
//! their lanes: what a socket awaits is then promised or refused, but for the last.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::ids::{AppId, EventId};
use crate::scenario::Plan;

/// One turn at a time for each app and event name.
#[derive(Debug)]
pub struct Turns {
    apps: usize,
    all: Vec<Arc<Mutex<()>>>,
}

impl Turns {
    /// For the pushes of a plan.
    pub fn new(plan: &Plan) -> Self {
        let all = plan.apps.len() * plan.events.len();
        Self {
            apps: plan.apps.len(),
            all: (0..all).map(|_| Arc::default()).collect(),
        }
    }

    fn of(&self, app: AppId, event: EventId) -> Arc<Mutex<()>> {
        Arc::clone(&self.all[event.index() * self.apps + app.index()])
    }

    /// The turn, if nobody has it.
    pub fn at_once(&self, app: AppId, event: EventId) -> Option<OwnedMutexGuard<()>> {
        self.of(app, event).try_lock_owned().ok()
    }

    /// The turn, once whoever asked for it before has had it.
    pub async fn wait(&self, app: AppId, event: EventId) -> OwnedMutexGuard<()> {
        self.of(app, event).lock_owned().await
    }
}
