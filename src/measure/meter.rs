//! What one shard measures.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::latency::Latency;
use super::sketch::Sketch;
use crate::history::{Push, Stamp};
use crate::ids::Audience;
use crate::time::Time;

/// The latencies of the deliveries at one shard, split by event name and audience.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Meter {
    /// Two for each event name: targeted, then broadcast.
    push: Vec<Latency>,
    /// From the moment a push was sent, whatever the schedule wanted.
    from_send: Latency,
    /// From the moment a push was sent to the kernel's receive stamp.
    network: Latency,
    /// From there to when the harness had it.
    generator_delay: Latency,
    /// Deliveries in each app so far.
    by_app: Vec<u64>,
    /// By trigger, where there are several.
    by_trigger: Vec<Latency>,
    /// Deliveries that no latency has: split as `push`, and by trigger, of which there is one at least.
    unmeasured: Vec<u64>,
    unmeasured_by_trigger: Vec<u64>,
    window: Window,
}

/// What was measured since the last turn of the window.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Window {
    /// Deliveries.
    pub delivered: u64,
    /// Their latency from intended time.
    pub push: Latency,
    /// Two for each event name: targeted, then broadcast.
    pub by_event: Vec<Share>,
    /// By trigger; where there is but one, it has only what is left out of latencies.
    pub by_trigger: Vec<Share>,
    /// What those with a receive stamp had waited for the generator.
    pub generator_delay: Sketch,
}

/// A part of a window's deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Deliveries.
    pub delivered: u64,
    /// Their latency from intended time, but for those that are left out of latencies.
    pub push: Sketch,
}

impl Meter {
    /// A meter for so many event names and apps.
    pub fn new(events: usize, apps: usize) -> Self {
        Self {
            push: vec![Latency::default(); events * 2],
            from_send: Latency::default(),
            network: Latency::default(),
            generator_delay: Latency::default(),
            by_app: vec![0; apps],
            by_trigger: Vec::new(),
            unmeasured: vec![0; events * 2],
            unmeasured_by_trigger: vec![0],
            window: Window::new(events * 2, 1),
        }
    }

    /// The same, which tells so many triggers apart.
    #[must_use]
    pub fn with_triggers(self, triggers: usize) -> Self {
        let by_trigger = vec![Latency::default(); triggers];
        let unmeasured_by_trigger = vec![0; triggers.max(1)];
        Self {
            window: Window::new(self.push.len(), triggers.max(1)),
            by_trigger,
            unmeasured_by_trigger,
            ..self
        }
    }

    /// Records by which trigger a push was asked for that was [delivered](Meter::delivered).
    pub fn asked_by(&mut self, trigger: usize, push: &Push, at: Time) {
        if let Some(of) = self.by_trigger.get_mut(trigger) {
            of.record(at - push.intended);
        }
        if let Some(of) = self.window.by_trigger.get_mut(trigger) {
            of.delivered += 1;
            of.push.record(at - push.intended);
        }
    }

    /// Records the delivery of a push.
    pub fn delivered(&mut self, push: &Push, at: Time) {
        let latency = at - push.intended;
        let broadcast = usize::from(push.audience == Audience::Everyone);
        let part = push.event.index() * 2 + broadcast;
        if let Some(split) = self.push.get_mut(part) {
            split.record(latency);
        }
        if let Some(share) = self.window.by_event.get_mut(part) {
            share.delivered += 1;
            share.push.record(latency);
        }
        self.from_send.record(at - push.sent);
        if let Some(app) = self.by_app.get_mut(push.app.index()) {
            *app += 1;
        }
        self.window.delivered += 1;
        self.window.push.record(latency);
    }

    /// Counts the delivery of a push that is left out of latencies; `trigger`: which of several asked for it.
    pub fn unmeasured(&mut self, trigger: Option<u16>, push: &Push) {
        let broadcast = usize::from(push.audience == Audience::Everyone);
        let part = push.event.index() * 2 + broadcast;
        if let Some(split) = self.unmeasured.get_mut(part) {
            *split += 1;
        }
        let trigger = trigger.map_or(0, usize::from);
        if let Some(of) = self.unmeasured_by_trigger.get_mut(trigger) {
            *of += 1;
        }
        let window = &mut self.window;
        let shares = [
            window.by_event.get_mut(part),
            window.by_trigger.get_mut(trigger),
        ];
        for share in shares.into_iter().flatten() {
            share.delivered += 1;
        }
        if let Some(app) = self.by_app.get_mut(push.app.index()) {
            *app += 1;
        }
        self.window.delivered += 1;
    }

    /// Records how long a delivery had waited in the kernel, if that is known.
    pub fn waited(&mut self, push: &Push, stamp: Stamp) {
        if let Some(us) = stamp.waited_us {
            let waited = Duration::from_micros(u64::from(us));
            let from_send = stamp.at - push.sent;
            self.network.record(from_send.saturating_sub(waited));
            self.generator_delay.record(waited);
            self.window.generator_delay.record(waited);
        }
    }

    /// Hands over the current window and begins the next.
    pub fn turn(&mut self) -> Window {
        let window = &self.window;
        let next = Window::new(window.by_event.len(), window.by_trigger.len());
        std::mem::replace(&mut self.window, next)
    }

    /// Adds another meter of the same event names and apps.
    pub fn merge(&mut self, other: &Self) {
        for (sum, part) in self.push.iter_mut().zip(&other.push) {
            sum.merge(part);
        }
        self.from_send.merge(&other.from_send);
        self.network.merge(&other.network);
        self.generator_delay.merge(&other.generator_delay);
        for (sum, part) in self.by_app.iter_mut().zip(&other.by_app) {
            *sum += part;
        }
        for (sum, part) in self.by_trigger.iter_mut().zip(&other.by_trigger) {
            sum.merge(part);
        }
        let own = [&mut self.unmeasured, &mut self.unmeasured_by_trigger];
        let others = [&other.unmeasured, &other.unmeasured_by_trigger];
        for (own, other) in own.into_iter().zip(others) {
            for (sum, part) in own.iter_mut().zip(other) {
                *sum += part;
            }
        }
    }

    /// Deliveries under one event name, by its place, that are left out of latencies.
    pub fn unmeasured_by_event(&self, event: usize) -> u64 {
        let of = self.unmeasured.get(event * 2..event * 2 + 2);
        of.unwrap_or_default().iter().sum()
    }

    /// Deliveries of broadcasts, or of targeted pushes, that are left out of latencies.
    pub fn unmeasured_by_broadcast(&self, broadcast: bool) -> u64 {
        let skip = usize::from(broadcast);
        self.unmeasured.iter().skip(skip).step_by(2).sum()
    }

    /// Deliveries of one trigger, by its place, that are left out of latencies.
    pub fn unmeasured_by_trigger(&self, trigger: usize) -> u64 {
        self.unmeasured_by_trigger
            .get(trigger)
            .copied()
            .unwrap_or(0)
    }

    /// The deliveries of one trigger of several, by its place.
    pub fn by_trigger(&self, trigger: usize) -> Latency {
        self.by_trigger.get(trigger).cloned().unwrap_or_default()
    }

    /// All deliveries, from intended time.
    pub fn push(&self) -> Latency {
        sum(&self.push)
    }

    /// All deliveries, from the moment the push was sent.
    pub fn from_send(&self) -> &Latency {
        &self.from_send
    }

    /// The deliveries with a receive stamp, from the moment the push was sent to that stamp.
    pub fn network(&self) -> &Latency {
        &self.network
    }

    /// The same deliveries, from that stamp to when the harness had them.
    pub fn generator_delay(&self) -> &Latency {
        &self.generator_delay
    }

    /// How many deliveries there were in an app, by its place.
    pub fn in_app(&self, app: usize) -> u64 {
        self.by_app.get(app).copied().unwrap_or(0)
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
    fn new(events: usize, triggers: usize) -> Self {
        Self {
            by_event: vec![Share::default(); events],
            by_trigger: vec![Share::default(); triggers],
            ..Self::default()
        }
    }

    /// Adds another shard's window of the same second.
    pub fn merge(&mut self, other: &Self) {
        self.delivered += other.delivered;
        self.push.merge(&other.push);
        Share::merge_all(&mut self.by_event, &other.by_event);
        Share::merge_all(&mut self.by_trigger, &other.by_trigger);
        self.generator_delay.merge(&other.generator_delay);
    }
}

impl Share {
    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        self.delivered += other.delivered;
        self.push.merge(&other.push);
    }

    /// Adds each of others to the one in its place.
    pub fn merge_all(sum: &mut Vec<Self>, others: &[Self]) {
        sum.resize(sum.len().max(others.len()), Self::default());
        for (sum, other) in sum.iter_mut().zip(others) {
            sum.merge(other);
        }
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
    use super::*;
    use crate::ids::{AppId, EventId, UserId};

    #[test]
    fn splits_add_up() {
        let mut meter = Meter::new(2, 1);
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
        assert_eq!((meter.in_app(0), meter.in_app(1)), (3, 0));
        assert_eq!(meter.push().max_us(), Some(300));
        assert_eq!(meter.from_send().max_us(), Some(200));
        let window = meter.turn();
        assert_eq!(window.delivered, 3);
        let each = window.by_event.iter().map(|share| share.delivered);
        assert_eq!(each.collect::<Vec<_>>(), [0, 1, 1, 1]);
        assert_eq!(window.by_event[3].push.max_us(), Some(300));
        assert_eq!(meter.turn().delivered, 0);
        assert_eq!(meter.push().count(), 3);
    }

    #[test]
    fn what_warms_up_is_counted_and_not_measured() {
        let mut meter = Meter::new(2, 1).with_triggers(2);
        let push = |audience| Push {
            intended: Time::ZERO,
            sent: Time::ZERO,
            app: AppId(0),
            audience,
            event: EventId(1),
            stream_seq: 0,
        };
        for _ in 0..3 {
            meter.unmeasured(Some(1), &push(Audience::Everyone));
        }
        meter.unmeasured(Some(0), &push(Audience::User(UserId(0))));
        let mut sum = Meter::new(2, 1).with_triggers(2);
        sum.merge(&meter);
        sum.merge(&meter);
        assert_eq!((sum.push().count(), sum.in_app(0)), (0, 8));
        assert_eq!([0, 1].map(|n| sum.unmeasured_by_event(n)), [0, 8]);
        assert_eq!(
            [false, true].map(|n| sum.unmeasured_by_broadcast(n)),
            [2, 6]
        );
        assert_eq!([0, 1].map(|n| sum.unmeasured_by_trigger(n)), [2, 6]);
        let mut window = meter.turn();
        window.merge(&meter.turn());
        assert_eq!(window.delivered, 4);
        let shares = [
            &window.by_event[2],
            &window.by_event[3],
            &window.by_trigger[1],
        ];
        assert_eq!(shares.map(|share| share.delivered), [1, 3, 3]);
        assert_eq!(shares.map(|share| share.push.count()), [0; 3]);
    }

    #[test]
    fn what_waited_in_the_kernel_is_the_generators() {
        let mut meter = Meter::new(1, 1);
        let sent = Time::from_nanos(5_000_000);
        let push = Push {
            intended: sent,
            sent,
            app: AppId(0),
            audience: Audience::Everyone,
            event: EventId(0),
            stream_seq: 0,
        };
        let at = sent + Duration::from_micros(900);
        let reached = sent + Duration::from_micros(100);
        meter.waited(&push, Stamp::new(at, Some(reached)));
        meter.waited(&push, Stamp::new(at, None));
        assert_eq!(meter.network().count(), 1);
        assert_eq!(meter.network().max_us(), Some(100));
        assert_eq!(meter.generator_delay().max_us(), Some(800));
        let mut sum = Meter::new(1, 1);
        sum.merge(&meter);
        sum.merge(&meter);
        assert_eq!(sum.network().count(), 2);
        assert_eq!(sum.generator_delay().count(), 2);
    }
}
