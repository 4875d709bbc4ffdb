//! The ledger: every push of the run, written by the lanes, read by every shard without a lock.
//!
//! Append-only. A lane writes a row before the push is sent and completes it when the answer is there; a delivery can only arrive
//! after its row was published (the bytes travelled through the target), so a shard that does not find a row has seen an invention.
//!
//! The fields of a row are written before the lane's length is stored with `Release`, and read after it was loaded with `Acquire`: who
//! sees the row sees all of it. The answer is one word, so nobody sees half of it; a judge may see it a moment late, which changes
//! nothing that it finds (see [`super::judge`]): refusals are settled when judging ends, and whoever is compared with an answer (a
//! push sent after it, a socket connected after it) came a journey through the target later.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::history::{Outcome, Push};
use crate::ids::{AppId, Audience, EventId, Lane, PushId, Seq, UserId};
use crate::time::Time;

/// Rows to a chunk: 160 KiB, allocated when its first push is sent.
const CHUNK: usize = 4096;
const EVERYONE: u32 = u32::MAX;

/// The answer to a push, and when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// How the asking ended.
    pub outcome: Outcome,
    /// When that was known.
    pub at: Time,
}

/// One push with what is known of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The push as it was sent.
    pub push: Push,
    /// `None` while it is in flight.
    pub answer: Option<Answer>,
}

impl Entry {
    /// The outcome as far as it is known; a push never answered is unknown.
    pub fn outcome(&self) -> Outcome {
        self.answer.map_or(Outcome::Unknown, |a| a.outcome)
    }

    /// When it was accepted, if it was.
    pub fn accepted_at(&self) -> Option<Time> {
        self.answer
            .filter(|a| a.outcome == Outcome::Accepted)
            .map(|a| a.at)
    }
}

#[derive(Debug, Default)]
struct Row {
    intended: AtomicU64,
    sent: AtomicU64,
    /// Nanoseconds × 4 + outcome (1 accepted, 2 rejected, 3 unknown); 0 = in flight.
    answer: AtomicU64,
    /// App (16 bits), event (16), audience (32).
    target: AtomicU64,
    stream_seq: AtomicU32,
}

#[derive(Debug)]
struct LaneRows {
    len: AtomicU32,
    chunks: Box<[OnceLock<Box<[Row]>>]>,
}

/// All pushes of a run.
#[derive(Debug)]
pub struct Ledger {
    lanes: Box<[LaneRows]>,
}

/// Whose pushes make one stream at a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct StreamKey {
    pub(super) app: AppId,
    pub(super) audience: Audience,
}

/// The only writer of one lane's rows.
#[derive(Debug)]
pub struct LaneWriter {
    ledger: std::sync::Arc<Ledger>,
    lane: Lane,
    next_in_stream: HashMap<StreamKey, u32>,
}

impl Ledger {
    /// A ledger with room for `pushes_per_lane` pushes in each of `lanes` lanes; memory is taken as pushes are sent.
    ///
    /// # Panics
    /// If there are more lanes than a tag can name.
    pub fn new(lanes: u32, pushes_per_lane: u32) -> Self {
        assert!(lanes <= 1 << 16, "a tag has 16 bits for the lane");
        let chunks = (pushes_per_lane as usize).div_ceil(CHUNK).max(1);
        let lane = || LaneRows {
            len: AtomicU32::new(0),
            chunks: (0..chunks).map(|_| OnceLock::new()).collect(),
        };
        Self {
            lanes: (0..lanes).map(|_| lane()).collect(),
        }
    }

    /// How many lanes there are.
    pub fn lanes(&self) -> u32 {
        self.lanes.len() as u32
    }

    /// How many pushes a lane has sent so far.
    pub fn len(&self, lane: Lane) -> u32 {
        self.lanes
            .get(lane.index())
            .map_or(0, |l| l.len.load(Ordering::Acquire))
    }

    /// Whether nothing has been sent at all.
    pub fn is_empty(&self) -> bool {
        (0..self.lanes()).all(|lane| self.len(Lane(lane)) == 0)
    }

    /// The push with this id; `None` if it has not been sent.
    pub fn get(&self, id: PushId) -> Option<Entry> {
        let row = self.row(id)?;
        let target = row.target.load(Ordering::Relaxed);
        let audience = match target as u32 {
            EVERYONE => Audience::Everyone,
            user => Audience::User(UserId(user)),
        };
        let answer = row.answer.load(Ordering::Acquire);
        let at = Time::from_nanos(answer >> 2);
        let outcome = match answer & 3 {
            1 => Some(Outcome::Accepted),
            2 => Some(Outcome::Rejected),
            3 => Some(Outcome::Unknown),
            _ => None,
        };
        Some(Entry {
            push: Push {
                intended: Time::from_nanos(row.intended.load(Ordering::Relaxed)),
                sent: Time::from_nanos(row.sent.load(Ordering::Relaxed)),
                app: AppId((target >> 48) as u32),
                audience,
                event: EventId((target >> 32) as u32 & 0xffff),
                stream_seq: row.stream_seq.load(Ordering::Relaxed),
            },
            answer: outcome.map(|outcome| Answer { outcome, at }),
        })
    }

    /// Every push of one lane, in order.
    pub fn entries(&self, lane: Lane) -> impl Iterator<Item = (PushId, Entry)> + '_ {
        (0..self.len(lane)).filter_map(move |seq| {
            let id = PushId {
                lane,
                seq: Seq(seq),
            };
            Some((id, self.get(id)?))
        })
    }

    fn row(&self, id: PushId) -> Option<&Row> {
        let lane = self.lanes.get(id.lane.index())?;
        if id.seq.0 >= lane.len.load(Ordering::Acquire) {
            return None;
        }
        let seq = id.seq.index();
        lane.chunks
            .get(seq / CHUNK)?
            .get()
            .map(|chunk| &chunk[seq % CHUNK])
    }
}

impl LaneWriter {
    /// The writer of a lane. There must be one at most; the caller sees to that by making each once.
    pub fn new(ledger: std::sync::Arc<Ledger>, lane: Lane) -> Self {
        Self {
            ledger,
            lane,
            next_in_stream: HashMap::new(),
        }
    }

    /// The number the next push for this app and audience will have in its stream.
    pub fn next_in_stream(&self, app: AppId, audience: Audience) -> u32 {
        let key = StreamKey { app, audience };
        self.next_in_stream.get(&key).copied().unwrap_or(0)
    }

    /// Enters a push that is about to be sent. `None`: the lane has no room left, and the push must not be sent.
    ///
    /// # Panics
    /// If its `stream_seq` is not [`Self::next_in_stream`], or the app or event is beyond what 16 bits can tell: nothing could be
    /// judged rightly after that.
    pub fn send(&mut self, push: &Push) -> Option<PushId> {
        let next = self.next_in_stream(push.app, push.audience);
        assert_eq!(push.stream_seq, next, "a stream has no gaps");
        let narrow = |n: u32| u16::try_from(n).expect("the plan bounds apps and events");
        let lane = &self.ledger.lanes[self.lane.index()];
        let seq = lane.len.load(Ordering::Relaxed);
        let chunk = lane.chunks.get(seq as usize / CHUNK)?;
        let chunk = chunk.get_or_init(|| (0..CHUNK).map(|_| Row::default()).collect());
        let row = &chunk[seq as usize % CHUNK];
        let audience = match push.audience {
            Audience::Everyone => EVERYONE,
            Audience::User(user) => user.0,
        };
        let target = u64::from(narrow(push.app.0)) << 48
            | u64::from(narrow(push.event.0)) << 32
            | u64::from(audience);
        row.intended
            .store(push.intended.as_nanos(), Ordering::Relaxed);
        row.sent.store(push.sent.as_nanos(), Ordering::Relaxed);
        row.target.store(target, Ordering::Relaxed);
        row.stream_seq.store(push.stream_seq, Ordering::Relaxed);
        let key = StreamKey {
            app: push.app,
            audience: push.audience,
        };
        self.next_in_stream.insert(key, push.stream_seq + 1);
        lane.len.store(seq + 1, Ordering::Release);
        Some(PushId {
            lane: self.lane,
            seq: Seq(seq),
        })
    }

    /// Completes a push with its answer.
    pub fn answer(&self, push: PushId, answer: Answer) {
        let outcome = match answer.outcome {
            Outcome::Accepted => 1,
            Outcome::Rejected => 2,
            Outcome::Unknown => 3,
        };
        if let Some(row) = self.ledger.row(push) {
            let value = answer.at.as_nanos() << 2 | outcome;
            row.answer.store(value, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::verify::Streams;

    fn push(at: u64, audience: Audience, stream_seq: u32) -> Push {
        Push {
            intended: Time::from_nanos(at),
            sent: Time::from_nanos(at + 1),
            app: AppId(1),
            audience,
            event: EventId(2),
            stream_seq,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let ledger = Arc::new(Ledger::new(2, 10_000));
        let mut writer = LaneWriter::new(Arc::clone(&ledger), Lane(1));
        assert!(ledger.is_empty());
        for n in 0..9_000 {
            let audience = Audience::User(UserId(n % 3));
            let stream_seq = writer.next_in_stream(AppId(1), audience);
            assert_eq!(stream_seq, n / 3);
            let push = push(u64::from(n), audience, stream_seq);
            let id = writer.send(&push).unwrap();
            assert_eq!(id.seq, Seq(n));
            let entry = ledger.get(id).unwrap();
            assert_eq!(entry, Entry { push, answer: None });
            assert_eq!(entry.outcome(), Outcome::Unknown);
            let answer = Answer {
                outcome: Outcome::Accepted,
                at: Time::from_nanos(u64::from(n) + 7),
            };
            writer.answer(id, answer);
            assert_eq!(ledger.get(id).unwrap().answer, Some(answer));
        }
        assert_eq!(ledger.len(Lane(1)), 9_000);
        assert_eq!(ledger.len(Lane(0)), 0);
        let beyond = PushId {
            lane: Lane(1),
            seq: Seq(9_000),
        };
        assert_eq!(ledger.get(beyond), None);
        let no_lane = PushId {
            lane: Lane(2),
            seq: Seq(0),
        };
        assert_eq!(ledger.get(no_lane), None);

        let streams = Streams::of(&ledger);
        let stream = streams
            .get(Lane(1), AppId(1), Audience::User(UserId(2)))
            .unwrap();
        assert_eq!(stream.entries().len(), 3_000);
        for (n, (_, entry)) in stream.entries().iter().enumerate() {
            assert_eq!(entry.push.stream_seq as usize, n);
        }
        assert!(streams.get(Lane(0), AppId(1), Audience::Everyone).is_none());
    }

    #[test]
    fn a_full_lane_takes_no_more() {
        let ledger = Arc::new(Ledger::new(1, 1));
        let mut writer = LaneWriter::new(Arc::clone(&ledger), Lane(0));
        let room = (0..2 * CHUNK as u32)
            .take_while(|n| writer.send(&push(1, Audience::Everyone, *n)).is_some())
            .count();
        assert_eq!(room, CHUNK);
    }
}
