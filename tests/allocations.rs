//! A delivery that is as it should be allocates nothing between its frame and its place in the figures.
//!
//! Left out: the list of a broadcast's recipients, which is made when the first recipient has it, at its full size; and the histograms, each
//! of which takes its memory with its first sample.

#[path = "support/delivery.rs"]
#[allow(dead_code)] // the bench and the test of allocations each use a part
mod delivery;

use delivery::{Pushes, Shard};
use pushproof::journal::Journal;
use pushproof::protocol::frame::{Message, Reader};

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
    let histograms = allocations(&mut shard, 0..1);
    assert!((1..=12).contains(&histograms), "{histograms} at first");
    let made = allocations(&mut shard, 1..targeted.deliveries());
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
    allocations(&mut shard, 0..sockets as usize);
    for n in (sockets as usize..broadcast.deliveries()).step_by(sockets as usize) {
        first += allocations(&mut shard, n..=n);
        rest += allocations(&mut shard, n + 1..n + sockets as usize);
    }
    assert!(shard.is_clean());
    assert_eq!(rest, 0, "for all recipients of broadcasts but the first");
    // A list for each broadcast, and the table of the broadcasts under way, which grows by doubling.
    assert!(
        first <= u64::from(rounds) + 6,
        "{first} for the first recipients"
    );
}

#[test]
fn what_a_large_message_took_is_given_back() {
    let large = "x".repeat(20_000);
    let header = |first: u8| [&[first, 126][..], &20_000_u16.to_be_bytes()].concat();
    let whole = [&header(0x81)[..], large.as_bytes()].concat();
    let fragments = [
        &header(0x01)[..],
        large.as_bytes(),
        &header(0x80),
        large.as_bytes(),
    ]
    .concat();
    for (stream, messages) in [(whole, [20_000, 2]), (fragments, [40_000, 2])] {
        let stream = [&stream[..], &[0x81, 2], b"hi"].concat();
        for piece in [1, 1_000, 4_096, stream.len()] {
            let mut reader = Reader::new(1 << 20);
            let mut lengths = Vec::with_capacity(2);
            let kept = allocation_counter::measure(|| {
                for mut bytes in stream.chunks(piece) {
                    while let Some(message) = reader.read(&mut bytes).expect("text") {
                        let Message::Text(text) = message else {
                            panic!("{message:?}");
                        };
                        lengths.push(text.len());
                    }
                }
            });
            assert_eq!(lengths, messages, "in pieces of {piece}");
            assert_eq!(kept.bytes_current, 0, "in pieces of {piece}");
        }
    }
}
