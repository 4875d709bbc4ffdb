//! The ledger: the pushes of the run that are not settled yet, written by the lanes, read by every shard without a lock.
//!
//! A lane writes a row before the push is sent and completes it when the answer is there; a delivery can only arrive after its row was
//! published (the bytes travelled through the target), so a shard that does not find a row has seen an invention. Rows lie in chunks,
//! which readers hold for themselves: only who meets a chunk for the first time takes a lock. When every judge has judged all rows of a
//! chunk (see [`super::settling`]) it is let go, so that memory grows with the pushes under way and not with the run.
//!
//! The fields of a row are written before the lane's length is stored with `Release`, and read after it was loaded with `Acquire`: who
//! sees the row sees all of it. The answer is one word, so nobody sees half of it; a judge may see it a moment late, which changes
//! nothing that it finds (see [`super::judge`]): refusals are settled with the push, and whoever is compared with an answer (a push
//! sent after it, a socket connected after it) came a journey through the target later.

mod view;
mod writer;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::history::{Outcome, Push};
use crate::ids::{AppId, Audience, EventId, Lane, PushId, Seq, UserId};
use crate::time::Time;

pub(super) use view::View;
pub use writer::LaneWriter;

/// Rows to a chunk: 40 KiB, allocated when its first push is sent.
const CHUNK: u32 = 1024;
const EVERYONE: u32 = u32::MAX;

/// The answer to a push, and when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

type Chunk = Arc<[Row]>;

#[derive(Debug, Default)]
struct LaneRows {
    len: AtomicU32,
    chunks: Mutex<Chunks>,
}

/// The chunks of a lane that have been begun and not been let go.
#[derive(Debug, Default)]
struct Chunks {
    let_go: u32,
    kept: VecDeque<Chunk>,
}

/// The pushes of a run.
#[derive(Debug)]
pub struct Ledger {
    lanes: Box<[LaneRows]>,
    /// Most pushes of a lane.
    room: u32,
    /// A chunk has 2 to the power of this many rows.
    shift: u32,
}

/// Whose pushes make one stream at a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct StreamKey {
    pub(super) app: AppId,
    pub(super) audience: Audience,
}

impl StreamKey {
    pub(super) fn of(push: &Push) -> Self {
        Self {
            app: push.app,
            audience: push.audience,
        }
    }
}

impl Ledger {
    /// A ledger with room for `pushes_per_lane` pushes in each of `lanes` lanes; memory is taken as pushes are sent.
    ///
    /// # Panics
    /// If there are more lanes than a tag can name.
    pub fn new(lanes: u32, pushes_per_lane: u32) -> Self {
        Self::with_chunks(lanes, pushes_per_lane, CHUNK)
    }

    /// A ledger whose rows are taken and let go in chunks of so many.
    ///
    /// # Panics
    /// If there are more lanes than a tag can name, or the size of a chunk is no power of two.
    pub fn with_chunks(lanes: u32, pushes_per_lane: u32, rows: u32) -> Self {
        assert!(lanes <= 1 << 16, "a tag has 16 bits for the lane");
        assert!(rows.is_power_of_two(), "rows are found by shifting");
        let chunks = pushes_per_lane.div_ceil(rows).max(1);
        Self {
            lanes: (0..lanes).map(|_| LaneRows::default()).collect(),
            room: chunks.saturating_mul(rows),
            shift: rows.trailing_zeros(),
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

    /// The push with this id; `None` if it has not been sent, or was let go. Takes a lock.
    pub fn get(&self, id: PushId) -> Option<Entry> {
        self.with_row(id, Row::read)
    }

    /// Every push of one lane that was not let go, in order. Takes a lock for each.
    pub fn entries(&self, lane: Lane) -> impl Iterator<Item = (PushId, Entry)> + '_ {
        (0..self.len(lane)).filter_map(move |seq| {
            let id = PushId {
                lane,
                seq: Seq(seq),
            };
            Some((id, self.get(id)?))
        })
    }

    /// Lets go of the chunks whose rows are all before this one. Readers who hold them keep them until they let go too.
    pub(super) fn let_go(&self, lane: Lane, before: Seq) {
        let mut chunks = self.chunks(lane);
        while chunks.let_go < before.0 >> self.shift {
            chunks.kept.pop_front();
            chunks.let_go += 1;
        }
    }

    /// How many chunks are kept, over all lanes.
    pub fn chunks_kept(&self) -> usize {
        let kept = |lane| self.chunks(Lane(lane)).kept.len();
        (0..self.lanes()).map(kept).sum()
    }

    fn with_row<T>(&self, id: PushId, read: impl FnOnce(&Row) -> T) -> Option<T> {
        if id.seq.0 >= self.len(id.lane) {
            return None;
        }
        let chunk = self.chunk(id.lane, id.seq.0 >> self.shift)?;
        Some(read(&chunk[self.place(id.seq)]))
    }

    fn chunk(&self, lane: Lane, index: u32) -> Option<Chunk> {
        let chunks = self.chunks(lane);
        let place = index.checked_sub(chunks.let_go)?;
        chunks.kept.get(place as usize).cloned()
    }

    /// The place of a row in its chunk.
    fn place(&self, seq: Seq) -> usize {
        seq.index() & ((1 << self.shift) - 1)
    }

    fn chunks(&self, lane: Lane) -> MutexGuard<'_, Chunks> {
        let chunks = &self.lanes[lane.index()].chunks;
        chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Row {
    #[inline]
    fn read(&self) -> Entry {
        let target = self.target.load(Ordering::Relaxed);
        let audience = match target as u32 {
            EVERYONE => Audience::Everyone,
            user => Audience::User(UserId(user)),
        };
        let answer = self.answer.load(Ordering::Acquire);
        let at = Time::from_nanos(answer >> 2);
        let outcome = match answer & 3 {
            1 => Some(Outcome::Accepted),
            2 => Some(Outcome::Rejected),
            3 => Some(Outcome::Unknown),
            _ => None,
        };
        Entry {
            push: Push {
                intended: Time::from_nanos(self.intended.load(Ordering::Relaxed)),
                sent: Time::from_nanos(self.sent.load(Ordering::Relaxed)),
                app: AppId((target >> 48) as u32),
                audience,
                event: EventId((target >> 32) as u32 & 0xffff),
                stream_seq: self.stream_seq.load(Ordering::Relaxed),
            },
            answer: outcome.map(|outcome| Answer { outcome, at }),
        }
    }

    fn write(&self, push: &Push) {
        let narrow = |n: u32| u16::try_from(n).expect("the plan bounds apps and events");
        let audience = match push.audience {
            Audience::Everyone => EVERYONE,
            Audience::User(user) => user.0,
        };
        let target = u64::from(narrow(push.app.0)) << 48
            | u64::from(narrow(push.event.0)) << 32
            | u64::from(audience);
        self.intended
            .store(push.intended.as_nanos(), Ordering::Relaxed);
        self.sent.store(push.sent.as_nanos(), Ordering::Relaxed);
        self.target.store(target, Ordering::Relaxed);
        self.stream_seq.store(push.stream_seq, Ordering::Relaxed);
    }

    fn complete(&self, answer: Answer) {
        let outcome = match answer.outcome {
            Outcome::Accepted => 1,
            Outcome::Rejected => 2,
            Outcome::Unknown => 3,
        };
        let value = answer.at.as_nanos() << 2 | outcome;
        self.answer.store(value, Ordering::Release);
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
        assert_eq!(stream.entries().count(), 3_000);
        for (n, (_, entry)) in stream.entries().enumerate() {
            assert_eq!(entry.push.stream_seq as usize, n);
        }
        assert!(streams.get(Lane(0), AppId(1), Audience::Everyone).is_none());
    }

    #[test]
    fn a_full_lane_takes_no_more() {
        let ledger = Arc::new(Ledger::new(1, 1));
        let mut writer = LaneWriter::new(Arc::clone(&ledger), Lane(0));
        let room = (0..2 * CHUNK)
            .take_while(|n| writer.send(&push(1, Audience::Everyone, *n)).is_some())
            .count();
        assert_eq!(room, CHUNK as usize);
    }

    #[test]
    fn what_is_let_go_is_kept_by_who_holds_it() {
        let ledger = Arc::new(Ledger::with_chunks(1, 100, 4));
        let mut writer = LaneWriter::new(Arc::clone(&ledger), Lane(0));
        let mut view = View::new(Arc::clone(&ledger));
        let id = |n| PushId {
            lane: Lane(0),
            seq: Seq(n),
        };
        for n in 0..20 {
            writer.send(&push(1, Audience::Everyone, n)).unwrap();
        }
        assert!(view.get(id(5)).is_some());
        ledger.let_go(Lane(0), Seq(11));
        assert_eq!(ledger.chunks_kept(), 3);
        assert_eq!(ledger.get(id(7)), None);
        assert!(ledger.get(id(8)).is_some());
        assert_eq!(view.get(id(1)), None);
        assert!(view.get(id(5)).is_some());
        assert!(view.get(id(19)).is_some());
        view.let_go(Lane(0), Seq(11));
        assert_eq!(view.get(id(5)), None);
        assert_eq!(ledger.entries(Lane(0)).count(), 12);
    }
}
