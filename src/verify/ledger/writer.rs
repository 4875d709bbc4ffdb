//! The writer of one lane's rows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Answer, Chunk, Ledger, Row, StreamKey};
use crate::history::Push;
use crate::ids::{AppId, Audience, Lane, PushId, Seq};

/// The only writer of one lane's rows.
#[derive(Debug)]
pub struct LaneWriter {
    ledger: Arc<Ledger>,
    lane: Lane,
    /// The chunk that the last push went into, with its number.
    chunk: Option<(u32, Chunk)>,
    streams: NextInStream,
}

/// The next number of each stream. Nearly every user has pushes in one app only: eight bytes, where a map takes thirty.
#[derive(Debug, Default)]
struct NextInStream {
    users: Vec<(AppId, u32)>,
    others: HashMap<StreamKey, u32>,
}

impl LaneWriter {
    /// The writer of a lane. There must be one at most; the caller sees to that by making each once.
    pub fn new(ledger: Arc<Ledger>, lane: Lane) -> Self {
        Self {
            ledger,
            lane,
            chunk: None,
            streams: NextInStream::default(),
        }
    }

    /// The number the next push for this app and audience will have in its stream.
    pub fn next_in_stream(&self, app: AppId, audience: Audience) -> u32 {
        self.streams.get(StreamKey { app, audience })
    }

    /// Enters a push that is about to be sent. `None`: the lane has no room left, and the push must not be sent.
    ///
    /// # Panics
    /// If its `stream_seq` is not [`Self::next_in_stream`], or the app or event is beyond what 16 bits can tell: nothing could be
    /// judged rightly after that.
    pub fn send(&mut self, push: &Push) -> Option<PushId> {
        let next = self.next_in_stream(push.app, push.audience);
        assert_eq!(push.stream_seq, next, "a stream has no gaps");
        let len = &self.ledger.lanes[self.lane.index()].len;
        let seq = Seq(len.load(Ordering::Relaxed));
        if seq.0 == self.ledger.room {
            return None;
        }
        let index = seq.0 >> self.ledger.shift;
        if self.chunk.as_ref().is_none_or(|(n, _)| *n != index) {
            self.chunk = Some((index, self.new_chunk()));
        }
        let (_, chunk) = self.chunk.as_ref()?;
        chunk[self.ledger.place(seq)].write(push);
        self.streams.set(StreamKey::of(push), push.stream_seq + 1);
        len.store(seq.0 + 1, Ordering::Release);
        Some(PushId {
            lane: self.lane,
            seq,
        })
    }

    fn new_chunk(&self) -> Chunk {
        let rows = 1 << self.ledger.shift;
        let chunk: Chunk = (0..rows).map(|_| Row::default()).collect();
        let mut chunks = self.ledger.chunks(self.lane);
        chunks.kept.push_back(Arc::clone(&chunk));
        chunk
    }

    /// Completes a push with its answer.
    pub fn answer(&self, push: PushId, answer: Answer) {
        let index = push.seq.0 >> self.ledger.shift;
        match &self.chunk {
            Some((n, chunk)) if *n == index && push.lane == self.lane => {
                chunk[self.ledger.place(push.seq)].complete(answer);
            }
            _ => drop(self.ledger.with_row(push, |row| row.complete(answer))),
        }
    }
}

impl NextInStream {
    fn get(&self, key: StreamKey) -> u32 {
        match key.audience {
            Audience::User(user) => match self.users.get(user.index()) {
                Some((app, next)) if *app == key.app => *next,
                Some((_, next)) if *next > 0 => self.other(key),
                _ => 0,
            },
            Audience::Everyone => self.other(key),
        }
    }

    fn other(&self, key: StreamKey) -> u32 {
        self.others.get(&key).copied().unwrap_or(0)
    }

    fn set(&mut self, key: StreamKey, next: u32) {
        if let Audience::User(user) = key.audience {
            if user.index() >= self.users.len() {
                self.users.resize(user.index() + 1, (key.app, 0));
            }
            let first = &mut self.users[user.index()];
            if first.1 == 0 || first.0 == key.app {
                *first = (key.app, next);
                return;
            }
        }
        self.others.insert(key, next);
    }
}
