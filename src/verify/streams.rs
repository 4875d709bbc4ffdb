//! Pushes by stream, made when they have settled, or when judging ends.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use super::ledger::{Entry, Ledger, StreamKey};
use crate::history::Outcome;
use crate::ids::{AppId, Audience, Lane, PushId, Seq, UserId};
use crate::time::Time;

/// Successive pushes of each lane, by stream: those that settled together, or all that are left.
#[derive(Debug)]
pub struct Streams {
    lanes: Vec<LaneStreams>,
    /// Every push that was sent before this is in here or in what came before.
    pub(super) until: Time,
    /// When the last of those that were accepted was over; zero if none was.
    pub(super) over: Time,
    /// How many judges have taken them.
    taken: AtomicU32,
}

#[derive(Debug)]
pub(super) struct LaneStreams {
    lane: Lane,
    /// The number of the first push in its lane.
    pub(super) from: u32,
    pub(super) entries: Vec<Entry>,
    streams: HashMap<StreamKey, Places>,
}

/// The places of a stream's pushes.
#[derive(Debug)]
struct Places {
    /// The number of the first push in its stream.
    base: u32,
    /// The numbers of the pushes in their lane.
    seqs: Vec<u32>,
    /// How many of the first `n` were accepted, and how many ended with an unknown outcome; one longer than `seqs`, or empty if all were
    /// accepted.
    before: Vec<(u32, u32)>,
}

/// The pushes of one lane for one app and audience, in order, by their number in the stream.
///
/// A lane sends its next push only once the last one was answered, so times ascend along a stream: sent, answered, sent, answered, …
#[derive(Debug, Clone, Copy)]
pub struct Stream<'a> {
    lane: &'a LaneStreams,
    places: &'a Places,
}

impl Streams {
    /// Sorts a whole ledger that nobody writes to any more, and of which nothing was let go.
    pub fn of(ledger: &Ledger) -> Self {
        let lanes = (0..ledger.lanes()).map(|lane| (0, ledger.entries(Lane(lane)).map(|(_, e)| e)));
        Self::new(lanes, Time::MAX, Time::MAX)
    }

    /// Sorts the pushes of each lane, given with the number of the first.
    pub(super) fn new<E: Iterator<Item = Entry>>(
        lanes: impl Iterator<Item = (u32, E)>,
        until: Time,
        over: Time,
    ) -> Self {
        let lanes = lanes.enumerate();
        Self {
            lanes: lanes
                .map(|(lane, (from, entries))| LaneStreams::new(Lane(lane as u32), from, entries))
                .collect(),
            until,
            over,
            taken: AtomicU32::new(0),
        }
    }

    /// The pushes of a lane for an app and audience.
    pub fn get(&self, lane: Lane, app: AppId, audience: Audience) -> Option<Stream<'_>> {
        let lane = self.lanes.get(lane.index())?;
        let places = lane.streams.get(&StreamKey { app, audience })?;
        Some(Stream { lane, places })
    }

    /// The pushes that a socket of this user is in the audience of, lane after lane.
    pub(super) fn of_socket(
        &self,
        app: AppId,
        user: UserId,
    ) -> impl Iterator<Item = (Lane, Audience, Stream<'_>)> {
        let lanes = (0..self.lanes.len() as u32).map(Lane);
        let audiences = [Audience::Everyone, Audience::User(user)];
        let pairs = lanes.flat_map(move |lane| audiences.map(|audience| (lane, audience)));
        pairs.filter_map(move |(lane, audience)| {
            let stream = self.get(lane, app, audience)?;
            Some((lane, audience, stream))
        })
    }

    /// Every push with what became of it, lane after lane.
    pub fn entries(&self) -> impl Iterator<Item = (PushId, &Entry)> {
        self.lanes.iter().flat_map(LaneStreams::entries)
    }

    pub(super) fn lanes(&self) -> &[LaneStreams] {
        &self.lanes
    }

    /// The push with this id, if it is in here.
    pub(super) fn find(&self, id: PushId) -> Option<&Entry> {
        let lane = self.lanes.get(id.lane.index())?;
        let place = id.seq.0.checked_sub(lane.from)?;
        lane.entries.get(place as usize)
    }

    /// A judge says that it will ask the ledger for none of them any more.
    pub(super) fn take(&self) {
        self.taken.fetch_add(1, Ordering::Release);
    }

    pub(super) fn taken(&self) -> u32 {
        self.taken.load(Ordering::Acquire)
    }
}

impl LaneStreams {
    fn new(lane: Lane, from: u32, entries: impl Iterator<Item = Entry>) -> Self {
        let entries: Vec<_> = entries.collect();
        let mut streams: HashMap<StreamKey, Places> = HashMap::new();
        for (seq, entry) in (from..).zip(&entries) {
            let places = streams
                .entry(StreamKey::of(&entry.push))
                .or_insert_with(|| Places {
                    base: entry.push.stream_seq,
                    seqs: Vec::new(),
                    before: Vec::new(),
                });
            places.push(seq, entry.outcome());
        }
        Self {
            lane,
            from,
            entries,
            streams,
        }
    }

    /// The number after the last push.
    pub(super) fn to(&self) -> u32 {
        self.from + self.entries.len() as u32
    }

    fn entries(&self) -> impl Iterator<Item = (PushId, &Entry)> {
        let id = |seq| PushId {
            lane: self.lane,
            seq: Seq(seq),
        };
        (self.from..).map(id).zip(self.entries.iter())
    }
}

impl Places {
    fn push(&mut self, seq: u32, outcome: Outcome) {
        let all = self.seqs.len() as u32;
        self.seqs.push(seq);
        if self.before.is_empty() {
            if outcome == Outcome::Accepted {
                return;
            }
            self.before.extend((0..=all).map(|n| (n, 0)));
        }
        let (accepted, unknown) = self.before[all as usize];
        self.before.push(match outcome {
            Outcome::Accepted => (accepted + 1, unknown),
            Outcome::Unknown => (accepted, unknown + 1),
            Outcome::Rejected => (accepted, unknown),
        });
    }

    /// How many of the first `n` have an outcome.
    fn before(&self, n: u32, outcome: Outcome) -> u32 {
        if self.before.is_empty() {
            return if outcome == Outcome::Accepted { n } else { 0 };
        }
        let (accepted, unknown) = self.before[n as usize];
        match outcome {
            Outcome::Accepted => accepted,
            Outcome::Unknown => unknown,
            Outcome::Rejected => n - accepted - unknown,
        }
    }
}

impl<'a> Stream<'a> {
    /// Each push with what became of it.
    pub fn entries(self) -> impl Iterator<Item = (PushId, &'a Entry)> {
        self.places.seqs.iter().map(move |seq| self.at(*seq))
    }

    fn at(self, seq: u32) -> (PushId, &'a Entry) {
        let id = PushId {
            lane: self.lane.lane,
            seq: Seq(seq),
        };
        (id, &self.lane.entries[(seq - self.lane.from) as usize])
    }

    /// The push with this number in the stream.
    pub(super) fn entry(self, n: u32) -> (PushId, &'a Entry) {
        self.at(self.places.seqs[(n - self.places.base) as usize])
    }

    /// The numbers of the pushes.
    pub(super) fn range(self) -> Range<u32> {
        self.places.base..self.places.base + self.places.seqs.len() as u32
    }

    /// Whether every push was accepted.
    pub(super) fn all_accepted(self) -> bool {
        self.places.before.is_empty()
    }

    /// The pushes in a range with one outcome, in order.
    pub(super) fn with(
        self,
        outcome: Outcome,
        range: Range<u32>,
    ) -> impl Iterator<Item = (PushId, &'a Entry)> {
        let n = self.count(outcome, range.clone());
        (0..n).map(move |k| self.nth(outcome, range.start, k))
    }

    /// Of the pushes at or after a place, number `k` of those with an outcome, from zero; there must be as many.
    pub(super) fn nth(self, outcome: Outcome, from: u32, k: u64) -> (PushId, &'a Entry) {
        let base = self.places.base;
        let wanted = u64::from(self.places.before(from - base, outcome)) + k;
        let (mut low, mut high) = (from - base, self.places.seqs.len() as u32);
        while low < high {
            let middle = low + (high - low) / 2;
            if u64::from(self.places.before(middle + 1, outcome)) > wanted {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        self.entry(base + low)
    }

    /// How many pushes in a range have an outcome; without looking at each.
    pub(super) fn count(self, outcome: Outcome, range: Range<u32>) -> u64 {
        if range.is_empty() {
            return 0;
        }
        let base = self.places.base;
        let before = |n: u32| self.places.before(n - base, outcome);
        u64::from(before(range.end) - before(range.start))
    }

    /// The number of the first push that fails a test which those before it pass, and those after it fail too.
    pub(super) fn first(self, test: impl Fn(&Entry) -> bool) -> u32 {
        let entry = |seq: &u32| &self.lane.entries[(seq - self.lane.from) as usize];
        self.places.base + self.places.seqs.partition_point(|seq| test(entry(seq))) as u32
    }
}
