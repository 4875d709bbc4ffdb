//! A reader's own view of the ledger.

use std::sync::Arc;

use super::{Chunk, Entry, Ledger};
use crate::ids::{Lane, PushId, Seq};

/// Reads rows without a lock, but for the first of each chunk.
#[derive(Debug)]
pub(in crate::verify) struct View {
    ledger: Arc<Ledger>,
    lanes: Box<[LaneView]>,
    shift: u32,
}

#[derive(Debug)]
struct LaneView {
    /// How long the lane is, at least.
    len: u32,
    /// The chunks met and not let go, each with its number; the one met last is the last.
    chunks: Vec<(u32, Chunk)>,
}

impl View {
    pub(in crate::verify) fn new(ledger: Arc<Ledger>) -> Self {
        // Room for the chunks that are held at a time, mostly: a delivery allocates nothing.
        let lane = |_| LaneView {
            len: 0,
            chunks: Vec::with_capacity(4),
        };
        let lanes = (0..ledger.lanes()).map(lane).collect();
        let shift = ledger.shift;
        Self {
            ledger,
            lanes,
            shift,
        }
    }

    /// The push with this id; `None` if it has not been sent, or was let go.
    #[inline]
    pub(in crate::verify) fn get(&mut self, id: PushId) -> Option<Entry> {
        let lane = self.lanes.get(id.lane.index())?;
        let index = id.seq.0 >> self.shift;
        let chunk = lane.chunks.iter().rev().find(|(n, _)| *n == index);
        match chunk {
            Some((_, chunk)) if id.seq.0 < lane.len => {
                Some(chunk[id.seq.index() & (chunk.len() - 1)].read())
            }
            _ => self.look(id),
        }
    }

    /// Looks up a push that is new to this view, or whose chunk is.
    #[cold]
    fn look(&mut self, id: PushId) -> Option<Entry> {
        let lane = &mut self.lanes[id.lane.index()];
        lane.len = self.ledger.len(id.lane);
        if id.seq.0 >= lane.len {
            return None;
        }
        let index = id.seq.0 >> self.shift;
        let met = lane.chunks.iter().find(|(n, _)| *n == index);
        let chunk = if let Some((_, chunk)) = met {
            Arc::clone(chunk)
        } else {
            let chunk = self.ledger.chunk(id.lane, index)?;
            lane.chunks.push((index, Arc::clone(&chunk)));
            chunk
        };
        Some(chunk[self.ledger.place(id.seq)].read())
    }

    /// Lets go of the chunks whose rows are all before this one.
    pub(in crate::verify) fn let_go(&mut self, lane: Lane, before: Seq) {
        let before = before.0 >> self.shift;
        let chunks = &mut self.lanes[lane.index()].chunks;
        chunks.retain(|(index, _)| *index >= before);
    }
}
