//! A delivery that is as it should be allocates nothing between its frame and its place in the figures.
//!
//! Left out: the list of a broadcast's recipients, which is made when the first recipient has it, at its full size.

#[path = "support/delivery.rs"]
#[allow(dead_code)] // the bench and the test of allocations each use a part
mod delivery;

use delivery::{Pushes, Shard};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Allocations made while these deliveries come.
fn allocations(shard: &mut Shard<'_>, deliveries: impl Iterator<Item = usize>) -> u64 {
    let before = dhat::HeapStats::get().total_blocks;
    for n in deliveries {
        shard.deliver(n);
    }
    dhat::HeapStats::get().total_blocks - before
}

// One test: the allocator's figures are the process's.
#[test]
fn a_delivery_allocates_nothing() {
    let _profiler = dhat::Profiler::builder().testing().build();

    let targeted = Pushes::targeted(50, 100);
    let mut shard = targeted.shard();
    let made = allocations(&mut shard, 0..targeted.deliveries());
    assert_eq!(made, 0, "for {} targeted deliveries", targeted.deliveries());
    assert!(shard.is_clean());

    let (sockets, rounds) = (200, 30);
    let broadcast = Pushes::broadcast(sockets, rounds);
    let mut shard = broadcast.shard();
    let (mut first, mut rest) = (0, 0);
    for n in (0..broadcast.deliveries()).step_by(sockets as usize) {
        first += allocations(&mut shard, n..=n);
        rest += allocations(&mut shard, n + 1..n + sockets as usize);
    }
    assert!(shard.is_clean());
    assert_eq!(
        rest, 0,
        "for all recipients of {rounds} broadcasts but the first"
    );
    // A list for each broadcast, and the table of the broadcasts under way, which grows by doubling.
    assert!(
        first <= u64::from(rounds) + 6,
        "{first} for the first recipients"
    );
}
