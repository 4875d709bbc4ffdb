//! Fan-out: how long a broadcast takes to its first, its median and its last recipient.
//!
//! A shard notes the arrivals of each broadcast still under way ([`Fanout`]); when the broadcast is complete or over, its list goes to
//! one place ([`FanoutLatency`]) that joins the shards' lists. Not every shard has recipients of every broadcast, and a broadcast may
//! never be complete, so both ends wait for a bounded time. Lists of broadcasts under way are all the memory there is, and
//! bounded: past `MAX_ARRIVALS` further broadcasts are left out and counted.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::latency::Latency;
use crate::history::Push;
use crate::ids::PushId;
use crate::time::Time;

/// Most arrivals one shard keeps at a time (4 bytes each: 16 MiB).
const MAX_ARRIVALS: usize = 4 << 20;

/// The arrivals of one broadcast at one shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipients {
    /// Which push.
    pub push: PushId,
    /// When it was sent.
    pub sent: Time,
    /// Microseconds from intended time to each arrival, ascending.
    pub arrivals_us: Vec<u32>,
}

/// The broadcasts under way at one shard.
#[derive(Debug)]
pub struct Fanout {
    /// A broadcast sent longer ago is over.
    window: Duration,
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
    /// Broadcasts are over, complete or not, when so long has passed since they were sent.
    pub fn new(window: Duration) -> Self {
        Self {
            window,
            under_way: HashMap::new(),
            arrivals: 0,
            left_out: 0,
        }
    }

    /// Notes an arrival of a broadcast. Gives the full list once `recipients` have it.
    pub fn delivered(
        &mut self,
        id: PushId,
        push: &Push,
        at: Time,
        recipients: usize,
    ) -> Option<Recipients> {
        // Past its window its list has been given away; a second one for the same push would be measured as another broadcast.
        if self.arrivals >= MAX_ARRIVALS || at - push.sent > self.window {
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
            sent: push.sent,
            arrivals_us,
        })
    }

    /// Gives the lists of the broadcasts that are over at `now`: whoever has them not by then is not waited for.
    pub fn over(&mut self, now: Time) -> Vec<Recipients> {
        let over: Vec<_> = self
            .under_way
            .iter()
            .filter(|(_, under_way)| now - under_way.sent > self.window)
            .map(|(id, _)| *id)
            .collect();
        over.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// How many arrivals were left out, for want of room or because their broadcast was over.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn remove(&mut self, push: PushId) -> Option<Recipients> {
        let under_way = self.under_way.remove(&push)?;
        self.arrivals -= under_way.arrivals_us.len();
        (!under_way.given).then_some(Recipients {
            push,
            sent: under_way.sent,
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

#[derive(Debug)]
struct Joining {
    sent: Time,
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
        let joining = self.waiting.entry(list.push).or_insert_with(|| Joining {
            sent: list.sent,
            shards: 0,
            arrivals_us: Vec::new(),
        });
        joining.shards += 1;
        joining.arrivals_us.extend(list.arrivals_us);
        if joining.shards == self.shards {
            let joined = self.waiting.remove(&list.push);
            self.record(joined.map_or_else(Vec::new, |joined| joined.arrivals_us));
        }
    }

    /// Measures the broadcasts sent before `sent_before` with the lists there are: no further list of them can come.
    pub fn over(&mut self, sent_before: Time) {
        let over = self
            .waiting
            .extract_if(|_, joining| joining.sent < sent_before);
        for (_, joined) in over.collect::<Vec<_>>() {
            self.record(joined.arrivals_us);
        }
    }

    fn record(&mut self, mut arrivals: Vec<u32>) {
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

    const WINDOW: Duration = Duration::from_micros(500);

    fn micros(us: u64) -> Time {
        Time::from_nanos(us * 1_000)
    }

    #[test]
    fn joins_the_shards_of_each_broadcast() {
        let (mut left, mut right) = (Fanout::new(WINDOW), Fanout::new(WINDOW));
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
        assert_eq!(left.over(micros(10_000)), []);
    }

    #[test]
    fn an_incomplete_broadcast_is_measured_when_it_is_over() {
        let mut fanout = Fanout::new(WINDOW);
        assert_eq!(
            fanout.delivered(id(1), &push(micros(100)), micros(130), 9),
            None
        );
        assert_eq!(
            fanout.delivered(id(2), &push(micros(900)), micros(930), 9),
            None
        );
        let over = fanout.over(micros(601));
        assert_eq!(over.len(), 1);
        assert_eq!(
            fanout.delivered(id(1), &push(micros(100)), micros(601), 9),
            None,
            "it is over"
        );
        assert_eq!(fanout.left_out(), 1);
        let mut joined = FanoutLatency::new(2);
        for list in over {
            joined.add(list);
        }
        joined.over(micros(100));
        assert_eq!(joined.last.count(), 0);
        joined.over(micros(101));
        assert_eq!(joined.last.max_us(), Some(30));
        assert!(joined.waiting.is_empty());
    }
}
