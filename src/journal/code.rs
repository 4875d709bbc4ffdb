//! The numbers that stand for facts, and what a fact leaves behind for the next one.

use crate::history::Leave;
use crate::ids::{Lane, PushId};
use crate::time::Time;

pub(super) const OPENED: u8 = 0;
pub(super) const CONNECTING: u8 = 1;
pub(super) const CONNECTED: u8 = 2;
pub(super) const LEFT: u8 = 3;
pub(super) const CAME: u8 = 4;
pub(super) const CAME_OTHERWISE: u8 = 5;
pub(super) const CAME_CUT: u8 = 6;
pub(super) const SENT: u8 = 7;
pub(super) const ANSWERED: u8 = 8;
pub(super) const HEARD: u8 = 9;
pub(super) const LEAVING: u8 = 10;
pub(super) const PLANNED: u8 = 11;
pub(super) const BATCH: u8 = 12;
pub(super) const SETTLED: u8 = 13;
pub(super) const CAME_LATE: u8 = 14;
pub(super) const REQUEST: u8 = 15;

// Of CONNECTED, LEFT and PLANNED: the connection goes on where another ended, may be gone on with, or never is.
pub(super) const GOES_ON: u8 = 0x10;
// Of CAME.
pub(super) const SAME_PUSH: u8 = 0x10;
pub(super) const NEXT_SLOT: u8 = 0x20;
pub(super) const NOT_BEFORE: u8 = 0x40;
// Of all four.
pub(super) const REFUSED: u8 = 0x80;
// Of CAME_OTHERWISE and CAME_CUT.
pub(super) const PREMATURE: u8 = 0x10;
pub(super) const BINARY: u8 = 0x20;
pub(super) const ELSEWHERE: u8 = 0x40;

/// What the fact before left behind, which the next one is told from.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    pub(super) time: u64,
    pub(super) slot: u32,
    pub(super) push: Option<PushId>,
    pub(super) not_before: Time,
    /// The last push told of each lane.
    pub(super) seqs: Vec<u32>,
}

impl Context {
    pub(super) fn begin(&mut self, from: Time) {
        self.time = from.as_nanos();
        self.slot = 0;
        self.push = None;
        self.not_before = from;
        self.seqs.clear();
    }

    pub(super) fn seq(&mut self, lane: Lane) -> &mut u32 {
        if self.seqs.len() <= lane.index() {
            self.seqs.resize(lane.index() + 1, 0);
        }
        &mut self.seqs[lane.index()]
    }
}

/// By their codes.
pub(super) const CAUSES: [Leave; 11] = [
    Leave::Ours,
    Leave::OursAbrupt,
    Leave::ServerDisconnect,
    Leave::ServerClose,
    Leave::ConnectionLost,
    Leave::PingTimeout,
    Leave::Overload,
    Leave::ProtocolError,
    Leave::Stuck,
    Leave::Evicted,
    Leave::Overdue,
];

pub(super) fn code(cause: Leave) -> u8 {
    let code = CAUSES.iter().position(|c| *c == cause);
    code.expect("every cause has a code") as u8
}
