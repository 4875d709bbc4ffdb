//! Pushes one after the other, while something happens to the target.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::{Publisher, To};
use crate::conform::case::{missed, silence};
use crate::conform::probe::packet::Packet;
use crate::history;
use crate::summary::conformance::Outcome;

/// Between a push's answer and the next push.
const PAUSE: Duration = Duration::from_millis(4);
/// Most pushes of one stream.
const MOST: u64 = 10_000;

/// One push of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// What it says.
    pub message: String,
    /// When it was asked for.
    pub asked: Duration,
    /// When the answer was there.
    pub answered: Duration,
    /// The target accepted it.
    pub accepted: bool,
}

/// What others have to know of a stream while it goes on.
#[derive(Debug, Default)]
pub struct Flow {
    over: AtomicBool,
    /// When the last push that was accepted was asked for, in microseconds.
    accepted: AtomicU64,
}

impl Flow {
    /// Ends the stream.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Whether a push that was asked for behind this moment has been accepted.
    pub fn accepted_since(&self, then: Duration) -> bool {
        Duration::from_micros(self.accepted.load(Ordering::Relaxed)) > then
    }
}

impl Publisher {
    /// Pushes until the flow is ended, or, if it is `brittle`, a push is not accepted.
    pub async fn stream(
        &mut self,
        to: To<'_>,
        event: &str,
        flow: &Flow,
        brittle: bool,
    ) -> Vec<Pushed> {
        let mut all = Vec::new();
        for n in 0..MOST {
            let message = self.probe().message(n);
            let asked = self.probe().elapsed();
            let outcome = self.ask(to, event, &message).await.outcome;
            let accepted = outcome == history::Outcome::Accepted;
            if accepted {
                let us = asked.as_micros() as u64;
                flow.accepted.store(us, Ordering::Relaxed);
            }
            all.push(Pushed {
                message,
                asked,
                answered: self.probe().elapsed(),
                accepted,
            });
            if flow.over.load(Ordering::Relaxed) || (brittle && !accepted) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        all
    }
}

/// The events among these packets.
pub(in crate::conform) fn events_of(heard: Vec<Packet>) -> Vec<Packet> {
    let events = heard.into_iter().filter(|packet| packet.event().is_some());
    events.collect()
}

/// What of a stream came at a socket: each push once and in turn, and each that was accepted unless it may be missed.
pub(in crate::conform) fn came_of(
    what: &str,
    heard: &[Packet],
    stream: &[Pushed],
    may_miss: impl Fn(&Pushed) -> bool,
) -> Result<(), Outcome> {
    let numbers: HashMap<_, _> = stream.iter().map(|push| &*push.message).zip(0..).collect();
    let mut next = 0;
    for packet in heard {
        let args = packet.event().map_or("", |(_, args)| args);
        let Some(&n) = numbers.get(args) else {
            return Err(missed(format!("{what}: nothing else"), packet.told()));
        };
        if n < next {
            let seen = format!("push {n} again, or behind push {}", next - 1);
            return Err(missed(format!("{what}: each push once, and in turn"), seen));
        }
        let skipped = stream[next..n].iter().zip(next..);
        lost(what, skipped, &may_miss)?;
        next = n + 1;
    }
    lost(what, stream[next..].iter().zip(next..), &may_miss)
}

fn lost<'a>(
    what: &str,
    skipped: impl Iterator<Item = (&'a Pushed, usize)>,
    may_miss: &impl Fn(&Pushed) -> bool,
) -> Result<(), Outcome> {
    let lost: Vec<_> = skipped
        .filter(|(push, _)| push.accepted && !may_miss(push))
        .collect();
    match lost.first() {
        None => Ok(()),
        Some((push, n)) => Err(silence(
            format!("{what}: every push that was accepted"),
            format!(
                "{} of them did not come, the first of them push {n}, asked for at {:.3} s",
                lost.len(),
                push.asked.as_secs_f64()
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Vec<Pushed> {
        let push = |n: u64| Pushed {
            message: format!("{{\"n\":{n}}}"),
            asked: Duration::from_millis(n),
            answered: Duration::from_millis(n),
            accepted: n != 2,
        };
        (0..5).map(push).collect()
    }

    fn came(numbers: &[u64], may_miss: impl Fn(&Pushed) -> bool) -> Option<String> {
        let packet = |n: &u64| {
            let text = format!("2[\"e\",{{\"n\":{n}}}]");
            Packet::read(&text, false, Duration::ZERO).unwrap().0
        };
        let heard: Vec<_> = numbers.iter().map(packet).collect();
        let came = came_of("here", &heard, &stream(), may_miss);
        came.err().map(|outcome| outcome.detail())
    }

    #[test]
    fn each_that_was_accepted_comes_once_and_in_turn() {
        let none = |_: &Pushed| false;
        assert_eq!(came(&[0, 1, 3, 4], none), None);
        // Of one that was not accepted nobody knows.
        assert_eq!(came(&[0, 1, 2, 3, 4], none), None);
        for (numbers, says) in [
            (
                &[0, 1, 3][..],
                "1 of them did not come, the first of them push 4",
            ),
            (
                &[1, 3, 4],
                "1 of them did not come, the first of them push 0",
            ),
            (&[0, 0, 1, 3, 4], "push 0 again"),
            (
                &[0, 3, 1, 4],
                "1 of them did not come, the first of them push 1",
            ),
            (&[0, 1, 3, 4, 9], "{\"n\":9}"),
        ] {
            let told = came(numbers, none).unwrap();
            assert!(told.contains(says), "{numbers:?}: {told}");
        }
        let early = |push: &Pushed| push.asked < Duration::from_millis(3);
        assert_eq!(came(&[3, 4], early), None);
        assert_eq!(came(&[0, 3, 4], early), None);
        assert!(came(&[0, 3], early).is_some());
    }
}
