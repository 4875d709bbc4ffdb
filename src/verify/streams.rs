//! The pushes of a run by stream, made once when judging ends.

use std::collections::HashMap;
use std::ops::Range;

use super::ledger::{Entry, Ledger, StreamKey};
use crate::history::Outcome;
use crate::ids::{AppId, Audience, Lane, PushId};

/// The pushes of each stream in order.
#[derive(Debug, Default)]
pub struct Streams {
    lanes: Vec<HashMap<StreamKey, Stream>>,
}

/// The pushes of one lane for one app and audience, in order: entry `n` has `stream_seq` n.
///
/// A lane sends its next push only once the last one was answered, so times ascend along a stream: sent, answered, sent, answered, …
#[derive(Debug)]
pub struct Stream {
    entries: Vec<(PushId, Entry)>,
    /// How many of the first `n` entries were accepted, and how many ended with an unknown outcome; one longer than `entries`.
    before: Vec<(u32, u32)>,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            before: vec![(0, 0)],
        }
    }
}

impl Streams {
    /// Sorts a ledger that nobody writes to any more.
    pub fn of(ledger: &Ledger) -> Self {
        let lane = |lane| {
            let mut streams: HashMap<StreamKey, Stream> = HashMap::new();
            for (id, entry) in ledger.entries(Lane(lane)) {
                let key = StreamKey {
                    app: entry.push.app,
                    audience: entry.push.audience,
                };
                streams.entry(key).or_default().push(id, entry);
            }
            streams
        };
        Self {
            lanes: (0..ledger.lanes()).map(lane).collect(),
        }
    }

    /// The pushes of a lane for an app and audience.
    pub fn get(&self, lane: Lane, app: AppId, audience: Audience) -> Option<&Stream> {
        self.lanes
            .get(lane.index())?
            .get(&StreamKey { app, audience })
    }
}

impl Stream {
    fn push(&mut self, id: PushId, entry: Entry) {
        let (accepted, unknown) = self.before[self.entries.len()];
        self.before.push(match entry.outcome() {
            Outcome::Accepted => (accepted + 1, unknown),
            Outcome::Unknown => (accepted, unknown + 1),
            Outcome::Rejected => (accepted, unknown),
        });
        self.entries.push((id, entry));
    }

    /// Each push with what became of it.
    pub fn entries(&self) -> &[(PushId, Entry)] {
        &self.entries
    }

    /// How many pushes there are.
    pub(super) fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// The pushes in a range with one outcome, in order.
    pub(super) fn with(
        &self,
        outcome: Outcome,
        range: Range<u32>,
    ) -> impl Iterator<Item = (PushId, Entry)> + '_ {
        let range = range.start as usize..range.end.max(range.start) as usize;
        let entries = self.entries[range].iter().copied();
        entries.filter(move |(_, entry)| entry.outcome() == outcome)
    }

    /// How many pushes in a range have an outcome; without looking at each.
    pub(super) fn count(&self, outcome: Outcome, range: Range<u32>) -> u64 {
        if range.is_empty() {
            return 0;
        }
        let from = self.before[range.start as usize];
        let to = self.before[range.end as usize];
        let (accepted, unknown) = (to.0 - from.0, to.1 - from.1);
        u64::from(match outcome {
            Outcome::Accepted => accepted,
            Outcome::Unknown => unknown,
            Outcome::Rejected => range.end - range.start - accepted - unknown,
        })
    }

    /// How many pushes at the beginning pass a test that those after them fail.
    pub(super) fn first(&self, test: impl Fn(&Entry) -> bool) -> u32 {
        self.entries.partition_point(|(_, entry)| test(entry)) as u32
    }
}
