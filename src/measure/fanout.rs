//! Fan-out: how long a broadcast takes to its first, its median and its last recipient.
//!
//! A shard notes the arrivals of each broadcast still under way ([`Fanout`]); when the broadcast is complete or over, its list goes to
//! one place ([`FanoutLatency`]) that joins the shards' lists. Lists of broadcasts under way are all the memory there is, and
//! bounded: past `MAX_ARRIVALS` further broadcasts are left out and counted.

use std::collections::HashMap;
use std::time::Duration;

use super::latency::Latency;
use crate::history::Push;
use crate::ids::PushId;
use crate::time::Time;

/// Most arrivals one shard keeps at a time (4 bytes each: 16 MiB).
const MAX_ARRIVALS: usize = 4 << 20;

/// The arrivals of one broadcast at one shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipients {
    /// Which push.
    pub push: PushId,
    /// Microseconds from intended time to each arrival, ascending.
    pub arrivals_us: Vec<u32>,
}

/// The broadcasts under way at one shard.
#[derive(Debug, Default)]
pub struct Fanout {
    under_way: HashMap<PushId, UnderWay>,
    arrivals: usize,
    left_out: u64,
}

#[derive(Debug)]
struct UnderWay {
    sent: Time,
    arrivals_us: Vec<u32>,
    /// The list was complete and has been given away; what comes after (a socket that joined meanwhile) is not part of it.
    given: bool,
}

impl Fanout {
    /// Notes an arrival of a broadcast. Gives the full list once `recipients` have it.
    pub fn delivered(
        &mut self,
        id: PushId,
        push: &Push,
        at: Time,
        recipients: usize,
    ) -> Option<Recipients> {
        if self.arrivals >= MAX_ARRIVALS {
            self.left_out += 1;
            return None;
        }
        let under_way = self.under_way.entry(id).or_insert_with(|| UnderWay {
            sent: push.sent,
            arrivals_us: Vec::with_capacity(recipients),
            given: false,
        });
        if under_way.given {
            return None;
        }
        let micros = (at - push.intended).as_micros();
        under_way
            .arrivals_us
            .push(u32::try_from(micros).unwrap_or(u32::MAX));
        self.arrivals += 1;
        if under_way.arrivals_us.len() < recipients {
            return None;
        }
        under_way.given = true;
        let arrivals_us = std::mem::take(&mut under_way.arrivals_us);
        self.arrivals -= arrivals_us.len();
        Some(Recipients {
            push: id,
            arrivals_us,
        })
    }

    /// Gives the lists of the broadcasts sent before `sent_before`: whoever has them not by then is not waited for.
    pub fn over(&mut self, sent_before: Time) -> Vec<Recipients> {
        let over: Vec<_> = self
            .under_way
            .iter()
            .filter(|(_, under_way)| under_way.sent < sent_before)
            .map(|(id, _)| *id)
            .collect();
        over.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// How many arrivals were left out for want of room.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn remove(&mut self, push: PushId) -> Option<Recipients> {
        let under_way = self.under_way.remove(&push)?;
        self.arrivals -= under_way.arrivals_us.len();
        (!under_way.given).then_some(Recipients {
            push,
            arrivals_us: under_way.arrivals_us,
        })
    }
}

/// Joins the shards' lists and measures each broadcast.
#[derive(Debug, Default)]
pub struct FanoutLatency {
    shards: usize,
    waiting: HashMap<PushId, Joining>,
    /// To the first recipient of each broadcast, from intended time.
    pub first: Latency,
    /// To the median recipient.
    pub median: Latency,
    /// To the last recipient.
    pub last: Latency,
}

#[derive(Debug, Default)]
struct Joining {
    shards: usize,
    arrivals_us: Vec<u32>,
}

impl FanoutLatency {
    /// Joins the lists of so many shards.
    pub fn new(shards: usize) -> Self {
        Self {
            shards,
            ..Self::default()
        }
    }

    /// Takes one shard's list.
    pub fn add(&mut self, list: Recipients) {
        let joining = self.waiting.entry(list.push).or_default();
        joining.shards += 1;
        joining.arrivals_us.extend(list.arrivals_us);
        if joining.shards == self.shards {
            let joined = self.waiting.remove(&list.push).unwrap_or_default();
            self.record(joined);
        }
    }

    /// Measures the broadcasts that not every shard had recipients of.
    pub fn finish(&mut self) {
        for (_, joined) in std::mem::take(&mut self.waiting) {
            self.record(joined);
        }
    }

    fn record(&mut self, joined: Joining) {
        let mut arrivals = joined.arrivals_us;
        if arrivals.is_empty() {
            return;
        }
        arrivals.sort_unstable();
        let micros = |us: u32| Duration::from_micros(u64::from(us));
        self.first.record(micros(arrivals[0]));
        self.median
            .record(micros(arrivals[(arrivals.len() - 1) / 2]));
        self.last.record(micros(arrivals[arrivals.len() - 1]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AppId, Audience, EventId, Lane, Seq};

    fn id(seq: u32) -> PushId {
        PushId {
            lane: Lane(0),
            seq: Seq(seq),
        }
    }

    fn push(at: Time) -> Push {
        Push {
            intended: at,
            sent: at,
            app: AppId(0),
            audience: Audience::Everyone,
            event: EventId(0),
            stream_seq: 0,
        }
    }

    fn micros(us: u64) -> Time {
        Time::from_nanos(us * 1_000)
    }

    #[test]
    fn joins_the_shards_of_each_broadcast() {
        let (mut left, mut right) = (Fanout::default(), Fanout::default());
        let push = push(micros(100));
        let mut lists = Vec::new();
        for at in [110, 120, 130] {
            lists.extend(left.delivered(id(1), &push, micros(at), 3));
        }
        for at in [115, 150] {
            lists.extend(right.delivered(id(1), &push, micros(at), 2));
        }
        assert_eq!(lists.len(), 2);
        let mut joined = FanoutLatency::new(2);
        for list in lists {
            joined.add(list);
        }
        assert_eq!(joined.first.max_us(), Some(10));
        assert_eq!(joined.median.max_us(), Some(20));
        assert_eq!(joined.last.max_us(), Some(50));
        assert_eq!((left.arrivals, right.arrivals), (0, 0));
        assert_eq!(left.delivered(id(1), &push, micros(160), 3), None);
        assert_eq!(left.over(micros(1_000)), []);
    }

    #[test]
    fn an_incomplete_broadcast_is_measured_when_it_is_over() {
        let mut fanout = Fanout::default();
        assert_eq!(
            fanout.delivered(id(1), &push(micros(100)), micros(130), 9),
            None
        );
        assert_eq!(
            fanout.delivered(id(2), &push(micros(900)), micros(930), 9),
            None
        );
        let over = fanout.over(micros(500));
        assert_eq!(over.len(), 1);
        let mut joined = FanoutLatency::new(2);
        for list in over {
            joined.add(list);
        }
        assert_eq!(joined.last.count(), 0);
        joined.finish();
        assert_eq!(joined.last.max_us(), Some(30));
    }
}
