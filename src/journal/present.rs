//! Who of a shard is there while its journal is judged again, what became of the others, and how broadcasts spread among them: what a run
//! knows for whoever watches it, and its judge does not.

use std::sync::Arc;
use std::time::Duration;

use crate::history::{Leave, Push};
use crate::ids::{AppId, Audience, PushId, UserId};
use crate::measure::{Fanout, Recipients};
use crate::scenario::Plan;
use crate::summary::SocketCounts;
use crate::time::Time;
use crate::verify::There;

/// Who of a shard is there.
pub(super) struct Present {
    /// Of all shards.
    there: Arc<There>,
    /// Sockets connected, by app: whom a broadcast has to reach.
    by_app: Vec<usize>,
    /// What became of those that left, as far as it is known from how.
    counts: SocketCounts,
    /// `None`: nobody asks how broadcasts spread, and nothing is kept of it.
    fanout: Option<Fanout>,
    recipients: Vec<Recipients>,
}

impl Present {
    /// Nobody yet.
    pub(super) fn new(plan: &Plan, there: Arc<There>) -> Self {
        Self {
            there,
            by_app: vec![0; plan.apps.len()],
            counts: SocketCounts::default(),
            fanout: None,
            recipients: Vec::new(),
        }
    }

    /// From now on it is looked at how broadcasts spread; somebody has to ask for that at every [turn](Present::turn).
    pub(super) fn watch(&mut self, settle: Duration) {
        self.fanout = Some(Fanout::new(settle));
    }

    /// What became of its sockets.
    pub(super) fn counts(&self) -> SocketCounts {
        SocketCounts {
            alive: self.by_app.iter().map(|n| *n as u64).sum(),
            ..self.counts
        }
    }

    /// A socket is there from now on.
    pub(super) fn came(&mut self, app: AppId, user: UserId) {
        self.is_there(app, user, true);
    }

    /// A socket is there no more; `None`: it was lost sight of.
    pub(super) fn went(&mut self, app: AppId, user: UserId, cause: Option<Leave>) {
        self.is_there(app, user, false);
        let counts = &mut self.counts;
        match cause {
            Some(Leave::Ours | Leave::OursAbrupt) => counts.left += 1,
            Some(Leave::Stuck) => counts.stuck += 1,
            Some(Leave::Evicted) => counts.evicted += 1,
            Some(Leave::Overdue) => counts.overdue += 1,
            Some(_) => counts.dropped += 1,
            None => {}
        }
    }

    fn is_there(&mut self, app: AppId, user: UserId, there: bool) {
        self.there.is_there(app, user, there);
        if let Some(count) = self.by_app.get_mut(app.index()) {
            *count = if there {
                *count + 1
            } else {
                count.saturating_sub(1)
            };
        }
    }

    /// A push was delivered at a socket of this app.
    pub(super) fn delivered(&mut self, app: AppId, id: PushId, push: &Push, at: Time) {
        if let Some(fanout) = &mut self.fanout
            && push.audience == Audience::Everyone
        {
            let recipients = self.by_app.get(app.index()).copied().unwrap_or(0);
            let complete = fanout.delivered(id, push, at, recipients);
            self.recipients.extend(complete);
        }
    }

    /// The broadcasts that are complete or over by now.
    pub(super) fn turn(&mut self, now: Time) -> Vec<Recipients> {
        let mut recipients = std::mem::take(&mut self.recipients);
        if let Some(fanout) = &mut self.fanout {
            recipients.extend(fanout.over(now));
        }
        recipients
    }
}
