//! Between the lanes of a run and the ledger: no push reaches the ledger and not the journal.

use std::sync::{Arc, Mutex, PoisonError};

use super::fact::Fact;
use super::writer::Log;
use crate::history::Push;
use crate::ids::{AppId, Audience, PushId};
use crate::time::Time;
use crate::verify::{Answer, LaneWriter};

/// The log of the pushes, shared by the lanes: a push is asked for over the network, beside which a lock is nothing.
#[derive(Debug, Clone)]
pub struct PushLog(Arc<Mutex<Option<Pushes>>>);

#[derive(Debug)]
struct Pushes {
    log: Log,
    batches: u32,
}

impl PushLog {
    /// Of all lanes.
    pub fn new(log: Log) -> Self {
        let pushes = Pushes { log, batches: 0 };
        Self(Arc::new(Mutex::new(Some(pushes))))
    }

    /// Hands what there is to the journal.
    pub fn turn(&self, now: Time) {
        self.with(|pushes| pushes.log.turn(now));
    }

    /// The pushes that are over became the next batch; see [`crate::verify::Settling::step`].
    pub fn batch(&self, now: Time) {
        self.with(|pushes| {
            let number = pushes.batches;
            pushes.batches += 1;
            pushes.log.put(now, &Fact::Batch { number, at: now });
        });
    }

    /// The lanes have ended.
    pub fn end(&self, now: Time) {
        let pushes = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(pushes) = pushes {
            pushes.log.end(now);
        }
    }

    fn with(&self, write: impl FnOnce(&mut Pushes)) {
        let mut pushes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pushes) = pushes.as_mut() {
            write(pushes);
        }
    }
}

/// Keeps a copy of the ledger elsewhere: is told of every row before its push is sent, and of every answer.
pub trait Follower: std::fmt::Debug + Send + Sync {
    /// A push is about to be sent.
    fn sent(&self, id: PushId, push: &Push);
    /// A push was answered.
    fn answered(&self, id: PushId, answer: Answer);
}

/// The only writer of one lane's rows in the ledger, with the journal of them.
#[derive(Debug)]
pub struct LaneRecorder {
    writer: LaneWriter,
    log: Option<PushLog>,
    follower: Option<Arc<dyn Follower>>,
}

impl LaneRecorder {
    /// Of this lane. Without a log nothing is written.
    pub fn new(writer: LaneWriter, log: Option<PushLog>) -> Self {
        Self {
            writer,
            log,
            follower: None,
        }
    }

    /// Tells somebody else of every row.
    #[must_use]
    pub fn followed(mut self, by: Arc<dyn Follower>) -> Self {
        self.follower = Some(by);
        self
    }

    /// See [`LaneWriter::next_in_stream`].
    pub fn next_in_stream(&self, app: AppId, audience: Audience) -> u32 {
        self.writer.next_in_stream(app, audience)
    }

    /// See [`LaneWriter::send`].
    pub fn send(&mut self, push: &Push) -> Option<PushId> {
        let id = self.writer.send(push)?;
        if let Some(log) = &self.log {
            log.with(|pushes| pushes.log.put(push.sent, &Fact::Sent(id, *push)));
        }
        if let Some(follower) = &self.follower {
            follower.sent(id, push);
        }
        Some(id)
    }

    /// See [`LaneWriter::answer`].
    pub fn answer(&mut self, push: PushId, answer: Answer) {
        self.writer.answer(push, answer);
        if let Some(log) = &self.log {
            log.with(|pushes| pushes.log.put(answer.at, &Fact::Answered(push, answer)));
        }
        if let Some(follower) = &self.follower {
            follower.answered(push, answer);
        }
    }
}
