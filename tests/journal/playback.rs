//! A journal that is played back comes to what `verify` says, whatever it is of and whatever was done to it.

use std::io::Cursor;

use proptest::prelude::*;
use pushproof::journal::Playback;
use pushproof::summary::Snapshot;

use crate::story::{Manners, Story, cases, judged, live};

/// Every second of a journal, and how it ends.
fn played(bytes: &[u8]) -> Option<Vec<Snapshot>> {
    let verified = judged(bytes);
    let Ok(mut playback) = Playback::open(Cursor::new(bytes)) else {
        assert!(verified.is_err(), "only verify can judge it");
        return None;
    };
    let mut all = Vec::new();
    while let Some(snapshot) = playback.next_second().expect("memory can be read") {
        all.push(snapshot);
    }
    let (end, again) = playback.end().expect("memory can be read");
    let verified = verified.expect("it was played back");
    let (one, other) = (&again.summary, &verified.summary);
    assert_eq!(one.findings.counts, other.findings.counts);
    assert_eq!(one.findings.examples(), other.findings.examples());
    assert_eq!(one.pushes, other.pushes);
    assert_eq!(one.judge(), other.judge());
    assert_eq!(again.damage, verified.damage);
    assert_eq!(again.differences, verified.differences);
    assert_eq!(end.counts, other.findings.counts);
    assert_eq!(end.pushes, other.pushes);
    assert_eq!(end.ended.as_deref(), Some(&other.judge()));
    all.push(end);
    Some(all)
}

fn story(seed: u64, harmed: u64, churn: bool) -> Story {
    live(Manners {
        seed,
        pushes: 60,
        harmed,
        churn,
    })
}

#[test]
fn its_seconds_add_up() {
    for seed in 0..5 {
        let story = story(seed, 0, false);
        let all = played(&story.bytes).expect("a journal");
        let (end, seconds) = all.split_last().expect("an end");
        let last = seconds.last().expect("a second");
        let counts = &story.said.findings.counts;
        assert_eq!(last.counts.delivered, counts.delivered);
        assert_eq!(last.latencies.push.count(), counts.delivered);
        let delivered: u64 = last.past.iter().map(|second| second.delivered).sum();
        assert_eq!(delivered, counts.delivered);
        let expected = last.past.iter().filter_map(|second| second.expected);
        assert_eq!(expected.sum::<u64>(), counts.expected);
        assert_eq!((last.in_flight, last.sockets.alive), (0, 6));
        assert_eq!(last.pushes.sent, end.pushes.sent);
        let parts = last.parts.iter().filter_map(|part| part.delivered);
        // By event name, by audience and by trigger.
        assert_eq!(parts.sum::<u64>(), counts.delivered * 3);
        assert!(end.elapsed >= last.elapsed);
    }
}

#[test]
fn violations_are_seen_in_the_second_they_happen_in() {
    let story = story(3, 8, true);
    let all = played(&story.bytes).expect("a journal");
    let (_, seconds) = all.split_last().expect("an end");
    let seen = seconds.iter().find(|second| second.counts.violations() > 0);
    let seen = seen.expect("a violation");
    assert!(!seen.examples.is_empty());
    assert!(seen.second.violations > 0);
}

#[test]
fn cut_short_it_comes_to_what_verify_says() {
    let story = story(5, 10, true);
    let length = story.bytes.len();
    let shown = (0..length)
        .step_by(1_009)
        .filter_map(|at| played(&story.bytes[..at]));
    for all in shown {
        let (end, seconds) = all.split_last().expect("an end");
        // What its run did not get to say is what was seen of it.
        if let Some(last) = seconds.last() {
            assert!(!end.past.is_empty() && end.sockets.wanted == last.sockets.wanted);
        }
    }
}

proptest! {
    #![proptest_config(cases(60))]
    #[test]
    fn any_journal_comes_to_what_verify_says(
        seed: u64, harmed in 0..20_u64, churn: bool, flips in prop::collection::vec((any::<u16>(), any::<u8>()), 0..4)
    ) {
        let mut bytes = story(seed, harmed, churn).bytes;
        for (at, bit) in flips {
            let at = usize::from(at) % bytes.len();
            bytes[at] ^= 1 << (bit % 8);
        }
        played(&bytes);
    }
}
