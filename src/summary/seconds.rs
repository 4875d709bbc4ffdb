//! A run second by second.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Second;
use super::live::PAST;
use crate::measure::Window;

/// How many seconds back a shard may still add to.
const OPEN: u64 = 10;

/// The seconds so far.
#[derive(Debug, Default)]
pub struct Seconds(BTreeMap<u64, Entry>);

#[derive(Debug, Default)]
struct Entry {
    second: Second,
    /// What the shards measured in it, together, while they may still add to it.
    joined: Option<Box<Window>>,
    /// Shards that have handed their window of it over.
    told: usize,
}

/// What was counted of pushes and sockets in a second.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pushed {
    /// Sockets connected at its end.
    pub connected: u64,
    /// Pushes sent.
    pub sent: u64,
    /// Pushes accepted.
    pub accepted: u64,
    /// Deliveries that the pushes sent should bring.
    pub expected: u64,
}

impl Seconds {
    /// A shard tells what it measured in a second, with how many violations.
    pub fn window(&mut self, second: u64, window: &Window, violations: u64) {
        let entry = self.entry(second);
        entry.told += 1;
        let second = &mut entry.second;
        second.delivered += window.delivered;
        second.violations += violations;
        if let Some(joined) = &mut entry.joined {
            joined.merge(window);
            second.push_p50_us = joined.push.quantile_us(0.5);
            second.push_p99_us = joined.push.quantile_us(0.99);
            second.push_max_us = joined.push.max_us();
            second.push_buckets = joined.push.half_octaves();
        }
    }

    /// How late a thread's loop was in a second, at most.
    pub fn delayed(&mut self, second: u64, by: Duration) {
        let entry = &mut self.entry(second).second;
        let by = by.as_micros() as u64;
        entry.loop_delay_us = entry.loop_delay_us.max(Some(by));
    }

    /// A second is over.
    pub fn over(&mut self, second: u64, pushed: Pushed) {
        let entry = &mut self.entry(second).second;
        entry.connected = pushed.connected;
        entry.sent = pushed.sent;
        entry.accepted = pushed.accepted;
        entry.expected = Some(pushed.expected);
        // No shard is this far behind; a long run must not keep a histogram for each of its seconds.
        if let Some(old) = self.0.get_mut(&second.wrapping_sub(OPEN)) {
            old.joined = None;
        }
    }

    fn entry(&mut self, second: u64) -> &mut Entry {
        self.0.entry(second).or_insert_with(|| Entry {
            second: Second {
                second,
                ..Second::default()
            },
            joined: Some(Box::default()),
            told: 0,
        })
    }

    /// The newest second of which anything is known.
    pub fn newest(&self) -> Option<u64> {
        self.0.keys().next_back().copied()
    }

    /// Whether so many shards have told of a second.
    pub fn is_told(&self, second: u64, shards: usize) -> bool {
        self.0
            .get(&second)
            .is_some_and(|entry| entry.told >= shards)
    }

    /// A second, and what was measured in it if that is kept.
    pub fn get(&self, second: u64) -> Option<(&Second, Option<&Window>)> {
        let entry = self.0.get(&second)?;
        Some((&entry.second, entry.joined.as_deref()))
    }

    /// The seconds up to this one, as many as a snapshot has.
    pub fn past(&self, up_to: u64) -> Vec<Second> {
        let from = (up_to + 1).saturating_sub(PAST as u64);
        let past = self.0.range(from..=up_to);
        past.map(|(_, entry)| entry.second.clone()).collect()
    }

    /// What is still to come of the pushes of so many seconds up to this one.
    pub fn in_flight(&self, up_to: u64, seconds: u64) -> u64 {
        let from = (up_to + 1).saturating_sub(seconds);
        let window = self.0.range(from..=up_to);
        still_to_come(window.map(|(_, entry)| &entry.second))
    }

    /// Lets go of those before this one, for whoever needs no more than the last.
    pub fn forget(&mut self, before: u64) {
        self.0 = self.0.split_off(&before);
    }

    /// All of them.
    pub fn into_timeline(self) -> Vec<Second> {
        self.0.into_values().map(|entry| entry.second).collect()
    }
}

/// For how many seconds a push may be in flight: as long as the run would settle for it.
pub fn in_flight_for(settle: Duration) -> u64 {
    settle.as_secs_f64().ceil() as u64 + 1
}

/// What the pushes of these seconds should bring, less what came in them: an estimate.
pub fn still_to_come<'a>(seconds: impl IntoIterator<Item = &'a Second>) -> u64 {
    let (expected, came) = seconds
        .into_iter()
        .fold((0, 0), |(expected, came), second| {
            (
                expected + second.expected.unwrap_or(0),
                came + second.delivered,
            )
        });
    u64::saturating_sub(expected, came)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(latencies_ms: &[u64]) -> Window {
        let mut window = Window {
            delivered: latencies_ms.len() as u64,
            ..Window::default()
        };
        for ms in latencies_ms {
            window.push.record(Duration::from_millis(*ms));
        }
        window
    }

    fn pushed(expected: u64) -> Pushed {
        Pushed {
            expected,
            ..Pushed::default()
        }
    }

    #[test]
    fn a_second_joins_what_its_shards_tell() {
        let mut seconds = Seconds::default();
        seconds.window(3, &window(&[1, 2]), 0);
        assert!(!seconds.is_told(3, 2));
        seconds.window(3, &window(&[900]), 2);
        seconds.delayed(3, Duration::from_millis(7));
        seconds.delayed(3, Duration::from_millis(5));
        assert!(seconds.is_told(3, 2));
        let (second, joined) = seconds.get(3).unwrap();
        assert_eq!((second.delivered, second.violations), (3, 2));
        assert_eq!(second.push_max_us.map(|us| us / 10_000), Some(90));
        assert_eq!(second.loop_delay_us, Some(7_000));
        assert_eq!(joined.unwrap().push.count(), 3);
    }

    #[test]
    fn what_was_expected_and_has_not_come_is_in_flight() {
        let mut seconds = Seconds::default();
        for (second, expected, came) in [(0, 5, 5), (1, 10, 6), (2, 10, 12), (3, 10, 4)] {
            seconds.over(second, pushed(expected));
            seconds.window(second, &window(&vec![1; came]), 0);
        }
        assert_eq!(seconds.in_flight(3, 2), 4);
        assert_eq!(seconds.in_flight(3, 4), 8);
        assert_eq!(seconds.in_flight(3, 400), 8);
        assert_eq!(seconds.in_flight(2, 1), 0);
    }

    #[test]
    fn a_long_run_keeps_its_seconds_and_few_histograms() {
        let mut seconds = Seconds::default();
        for second in 0..2_000 {
            seconds.window(second, &window(&[1]), 0);
            seconds.over(second, pushed(1));
        }
        assert!(seconds.get(1_980).unwrap().1.is_none());
        assert!(seconds.get(1_995).unwrap().1.is_some());
        let past = seconds.past(1_998);
        assert_eq!((past.len(), past[0].second), (PAST, 1_999 - PAST as u64));
        seconds.forget(1_000);
        assert_eq!(seconds.past(1_998)[0].second, 1_099);
        assert_eq!(seconds.into_timeline().len(), 1_000);
    }
}
