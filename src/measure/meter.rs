//! What one shard measures.

use super::latency::Latency;
use crate::history::Push;
use crate::ids::Audience;
use crate::time::Time;

/// The latencies of the deliveries at one shard, split by event name and audience.
#[derive(Debug, Default)]
pub struct Meter {
    /// Two for each event name: targeted, then broadcast.
    push: Vec<Latency>,
    /// From the moment a push was sent, whatever the schedule wanted.
    from_send: Latency,
    window: Window,
}

/// What was measured since the last turn of the window.
#[derive(Debug, Clone, Default)]
pub struct Window {
    /// Deliveries.
    pub delivered: u64,
    /// Their latency from intended time.
    pub push: Latency,
}

impl Meter {
    /// A meter for so many event names.
    pub fn new(events: usize) -> Self {
        Self {
            push: vec![Latency::default(); events * 2],
            from_send: Latency::default(),
            window: Window::default(),
        }
    }

    /// Records the delivery of a push.
    pub fn delivered(&mut self, push: &Push, at: Time) {
        let latency = at - push.intended;
        let broadcast = usize::from(push.audience == Audience::Everyone);
        if let Some(split) = self.push.get_mut(push.event.index() * 2 + broadcast) {
            split.record(latency);
        }
        self.from_send.record(at - push.sent);
        self.window.delivered += 1;
        self.window.push.record(latency);
    }

    /// Hands over the current window and begins the next.
    pub fn turn(&mut self) -> Window {
        let full = self.window.clone();
        self.window.delivered = 0;
        self.window.push.clear();
        full
    }

    /// Adds another meter of the same event names.
    pub fn merge(&mut self, other: &Self) {
        for (sum, part) in self.push.iter_mut().zip(&other.push) {
            sum.merge(part);
        }
        self.from_send.merge(&other.from_send);
    }

    /// All deliveries, from intended time.
    pub fn push(&self) -> Latency {
        sum(&self.push)
    }

    /// All deliveries, from the moment the push was sent.
    pub fn from_send(&self) -> &Latency {
        &self.from_send
    }

    /// The deliveries under one event name, by its place.
    pub fn by_event(&self, event: usize) -> Latency {
        sum(self.push.get(event * 2..event * 2 + 2).unwrap_or_default())
    }

    /// The deliveries of broadcasts, or of targeted pushes.
    pub fn by_broadcast(&self, broadcast: bool) -> Latency {
        let skip = usize::from(broadcast);
        sum(self.push.iter().skip(skip).step_by(2))
    }
}

impl Window {
    /// Adds another shard's window of the same second.
    pub fn merge(&mut self, other: &Self) {
        self.delivered += other.delivered;
        self.push.merge(&other.push);
    }
}

fn sum<'a>(parts: impl IntoIterator<Item = &'a Latency>) -> Latency {
    let mut sum = Latency::default();
    for part in parts {
        sum.merge(part);
    }
    sum
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ids::{AppId, EventId, UserId};

    #[test]
    fn splits_add_up() {
        let mut meter = Meter::new(2);
        let start = Time::from_nanos(5_000_000);
        for (event, audience) in [
            (0, Audience::Everyone),
            (1, Audience::Everyone),
            (1, Audience::User(UserId(3))),
        ] {
            let push = Push {
                intended: start,
                sent: start + Duration::from_micros(100),
                app: AppId(0),
                audience,
                event: EventId(event),
                stream_seq: 0,
            };
            meter.delivered(&push, start + Duration::from_micros(300));
        }
        assert_eq!(meter.push().count(), 3);
        assert_eq!(meter.by_event(0).count(), 1);
        assert_eq!(meter.by_event(1).count(), 2);
        assert_eq!(meter.by_broadcast(true).count(), 2);
        assert_eq!(meter.by_broadcast(false).count(), 1);
        assert_eq!(meter.push().max_us(), Some(300));
        assert_eq!(meter.from_send().max_us(), Some(200));
        assert_eq!(meter.turn().delivered, 3);
        assert_eq!(meter.turn().delivered, 0);
        assert_eq!(meter.push().count(), 3);
    }
}
