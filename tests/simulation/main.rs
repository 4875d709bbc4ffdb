//! The verifier and the client's session against a model server under virtual time: thousands of short runs, each a function of its
//! seed, with churn, deaths, refusals, unknown outcomes and a generator that is away now and then.
//!
//! A right server must never be blamed for anything, whatever happens around it; what a wrong one does must be counted exactly.

mod clients;
mod lanes;
#[path = "../support/payloads.rs"]
mod payloads;
mod rand;
mod server;
mod serving;
mod world;

use pushproof::verify::Class;
use server::Fault;
use world::{Told, World};

/// Runs of a right server.
const CLEAN_RUNS: u64 = 4_000;
/// Runs of a server with each fault.
const RUNS_PER_FAULT: u64 = 300;
/// Seeds of runs that once were judged wrongly.
const ONCE_WRONG: [u64; 0] = [];

fn of(told: &Told, class: Class) -> u64 {
    told.counts.of(class)
}

/// The violations that there are, by name.
fn violations(told: &Told) -> String {
    let there = Class::ALL.into_iter().filter(|class| of(told, *class) > 0);
    let words: Vec<_> = there
        .map(|class| format!("{} {}", class.name(), of(told, class)))
        .collect();
    words.join(", ")
}

#[test]
fn a_right_server_is_never_blamed() {
    let (mut expected, mut allowed, mut reconnects) = (0, 0, 0);
    for seed in ONCE_WRONG.into_iter().chain(0..CLEAN_RUNS) {
        let told = World::run(seed, None);
        assert_eq!(violations(&told), "", "seed {seed}: {:?}", told.setup);
        expected += told.counts.expected;
        allowed += told.counts.allowed;
        reconnects += told.reconnects;
    }
    // The runs are what they are meant to be.
    assert!(expected > CLEAN_RUNS * 20, "{expected} expected deliveries");
    assert!(allowed > CLEAN_RUNS, "{allowed} allowed deliveries");
    assert!(reconnects > CLEAN_RUNS, "{reconnects} reconnects");
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..50 {
        let (one, two) = (World::run(seed, None), World::run(seed, None));
        assert_eq!(one.counts, two.counts, "seed {seed}");
        assert_eq!(one.reconnects, two.reconnects, "seed {seed}");
    }
}

/// What each fault has to show as, for each time that it was done and could be seen.
fn wanted(told: &Told, fault: Fault) -> String {
    let read = told.read.get(fault.name()).copied().unwrap_or(0);
    let (class, n) = match fault {
        Fault::Drop => (Class::Lost, told.dropped),
        Fault::Duplicate => (Class::Duplicated, read),
        Fault::OtherUser | Fault::OtherApp => (Class::Misdelivered, read),
        Fault::Rename => (Class::Misrouted, read),
        Fault::Corrupt => (Class::Corrupted, read),
        Fault::Reorder => (Class::Reordered, read),
        Fault::Phantom => (Class::Phantom, read),
        Fault::Premature => (Class::Premature, read),
        Fault::Delay => (Class::Late, told.came_late),
    };
    if n == 0 {
        String::new()
    } else {
        format!("{} {n}", class.name())
    }
}

#[test]
fn what_a_wrong_server_does_is_counted_exactly() {
    for fault in Fault::ALL {
        let mut found = 0;
        for seed in 0..RUNS_PER_FAULT {
            let told = World::run(seed, Some(fault));
            if fault == Fault::Delay {
                found += delayed(&told);
                continue;
            }
            let wanted = wanted(&told, fault);
            let what = format!("{fault:?}, seed {seed}: {:?}", told.setup);
            assert_eq!(violations(&told), wanted, "{what}");
            found += told.counts.violations();
        }
        assert!(
            found > RUNS_PER_FAULT / 4,
            "{fault:?} was found {found} times"
        );
    }
}

/// What came too late is late, or may have been held up by the generator; what came in time is never late.
fn delayed(told: &Told) -> u64 {
    let (late, held_up) = (of(told, Class::Late), told.counts.held_up);
    let what = format!("seed {}: {:?}", told.setup.seed, told.setup);
    assert_eq!(told.counts.violations(), late, "{what}");
    assert!(
        late <= told.came_late,
        "{late} of {}: {what}",
        told.came_late
    );
    assert!(late + held_up >= told.came_late, "{what}");
    if told.setup.is_attentive() {
        assert!(late >= told.came_late_for_sure, "{what}");
    }
    late
}
