//! A delivery that is as it should be allocates nothing between its frame and its place in the figures.
//!
//! Left out: the list of a broadcast's recipients, which is made when the first recipient has it, at its full size.

#[path = "support/delivery.rs"]
#[allow(dead_code)] // the bench and the test of allocations each use a part
mod delivery;

use delivery::{Pushes, Shard};
use pushproof::journal::Journal;

/// Allocations that this thread makes while these deliveries come: a journal's thread does as it likes.
fn allocations(shard: &mut Shard<'_>, deliveries: impl Iterator<Item = usize>) -> u64 {
    let deliver_all = || deliveries.for_each(|n| shard.deliver(n));
    allocation_counter::measure(deliver_all).count_total
}

#[test]
fn an_allocation_is_counted() {
    let one = || drop(std::hint::black_box(Box::new(1_u8)));
    assert_eq!(allocation_counter::measure(one).count_total, 1);
}

#[test]
fn a_delivery_allocates_nothing() {
    let targeted = Pushes::targeted(50, 100);
    let mut shard = targeted.shard();
    let made = allocations(&mut shard, 0..targeted.deliveries());
    assert_eq!(made, 0, "for {} targeted deliveries", targeted.deliveries());
    assert!(shard.is_clean());

    let journal = Journal::start(std::io::sink()).expect("a thread");
    let mut shard = targeted.recorded(Some(journal.pen().sockets(0)));
    // The first of each lane make room for what the next is told from.
    let lanes = 4;
    allocations(&mut shard, 0..lanes);
    let made = allocations(&mut shard, lanes..targeted.deliveries());
    assert_eq!(made, 0, "with a journal");
    assert!(shard.is_clean());
    drop(shard);
    journal.close(b"{}").expect("a sink takes everything");

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
