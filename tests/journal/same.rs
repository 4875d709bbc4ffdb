//! A whole journal comes to what the run said.

use proptest::prelude::*;
use pushproof::verify::Class;

use crate::story::{Manners, Story, cases, judged, live};

fn comes_to_the_same(story: &Story) {
    let verified = judged(&story.bytes).unwrap();
    assert_eq!(verified.damage, []);
    let (one, other) = (&verified.summary.findings, &story.said.findings);
    assert_eq!(one.counts, other.counts);
    assert_eq!(one.examples(), other.examples());
    // Made-up runs measure nothing, so only figures of the judge are the same.
    let told = |what: &str| !what.contains("latency") && !what.contains("pushes");
    let differences: Vec<_> = verified
        .differences
        .iter()
        .filter(|d| told(d.what) && d.what != "verdict")
        .collect();
    assert!(differences.is_empty(), "{differences:?}");
    let pushes = verified.summary.pushes;
    assert_eq!(
        pushes.sent,
        pushes.accepted + pushes.rejected + pushes.unknown
    );
    assert_eq!(verified.summary.latencies.trigger.count(), pushes.sent);
}

#[test]
fn every_class_of_violation_is_found_again() {
    let mut seen = [0; Class::ALL.len()];
    for seed in 0..10 {
        let story = live(Manners {
            seed,
            pushes: 60,
            harmed: 8,
            churn: true,
        });
        comes_to_the_same(&story);
        // What had waited in the kernel is told of each.
        let latencies = judged(&story.bytes).unwrap().summary.latencies;
        assert_eq!(latencies.generator_delay.min_us(), Some(7));
        assert_eq!(latencies.generator_delay.max_us(), Some(7));
        assert!(latencies.network.count() == latencies.generator_delay.count());
        for (seen, class) in seen.iter_mut().zip(Class::ALL) {
            *seen += story.said.findings.counts.of(class);
        }
    }
    assert!(seen.iter().all(|n| *n > 0), "{:?} {seen:?}", Class::ALL);
}

#[test]
fn the_same_seed_writes_the_same_bytes() {
    let manners = Manners {
        seed: 5,
        pushes: 40,
        harmed: 10,
        churn: true,
    };
    let blocks = |bytes: &[u8]| {
        // Two shards and the lanes hand over in any order: the blocks are the same, their order may not be.
        let mut blocks: Vec<_> = bytes.split(|b| *b == 0xf1).map(<[u8]>::to_vec).collect();
        blocks.sort();
        blocks
    };
    assert_eq!(blocks(&live(manners).bytes), blocks(&live(manners).bytes));
}

proptest! {
    #![proptest_config(cases(60))]
    #[test]
    fn any_run_comes_to_the_same(seed: u64, pushes in 1..80_u32, harmed in 0..20_u64, churn: bool) {
        comes_to_the_same(&live(Manners { seed, pushes, harmed, churn }));
    }
}
