//! What verification costs: a delivery from its frame to the figures, and the end of judging.
//!
//! `delivery/*` goes frame → session → judge → meter → fan-out, one element a delivery; `judge/*` is the judge's part of it, and
//! `re-encoded` is what a target costs that writes JSON anew, so that every payload has to be parsed and made again to compare.
//! `finish/*` is the end of judging, one element a (push, socket) pair.

#[path = "../tests/support/delivery.rs"]
#[allow(dead_code)] // the bench and the test of allocations each use a part
mod delivery;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use delivery::{FRAME_BYTES, Pushes, Shard};
use pushproof::journal::Journal;

/// Runs deliveries, each of them the first of its push at its socket, on as many fresh shards as that takes.
fn run<'a>(
    pushes: &'a Pushes,
    shard: impl Fn() -> Shard<'a>,
    iterations: u64,
    deliver: impl Fn(&mut Shard<'_>, usize),
) -> Duration {
    let (mut left, mut took) = (iterations as usize, Duration::ZERO);
    while left > 0 {
        let mut shard = shard();
        let now = left.min(pushes.deliveries());
        let begun = Instant::now();
        for n in 0..now {
            deliver(&mut shard, n);
        }
        took += begun.elapsed();
        assert_eq!(shard.counts().delivered, now as u64);
        assert_eq!(shard.counts().violations(), 0);
        left -= now;
    }
    took
}

fn deliveries(criterion: &mut Criterion) {
    for (name, pushes) in [
        ("targeted", Pushes::targeted(1_000, 20)),
        ("broadcast", Pushes::broadcast(1_000, 20)),
        ("re-encoded", Pushes::targeted(1_000, 20).re_encoded()),
    ] {
        for whole in [true, false] {
            let mut group = criterion.benchmark_group(if whole { "delivery" } else { "judge" });
            group.throughput(Throughput::Elements(1));
            group.bench_function(format!("{name}/{FRAME_BYTES}B"), |bencher| {
                bencher.iter_custom(|iterations| {
                    run(
                        &pushes,
                        || pushes.shard(),
                        iterations,
                        |shard, n| {
                            if whole {
                                shard.deliver(black_box(n));
                            } else {
                                black_box(shard.judge(black_box(n)));
                            }
                        },
                    )
                });
            });
        }
    }
    // The same with a journal: the disk is left out, its thread is not.
    let journal = Journal::start(std::io::sink()).expect("a thread");
    for (name, pushes) in [
        ("targeted", Pushes::targeted(1_000, 20)),
        ("broadcast", Pushes::broadcast(1_000, 20)),
    ] {
        let mut group = criterion.benchmark_group("journal");
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{name}/{FRAME_BYTES}B"), |bencher| {
            bencher.iter_custom(|iterations| {
                let shard = || pushes.recorded(Some(journal.pen().sockets(0)));
                run(&pushes, shard, iterations, |shard, n| {
                    shard.deliver(black_box(n));
                })
            });
        });
    }
}

/// Ends judging when every third push is lost at every socket: 500 sockets, 3,000 broadcasts.
fn finish(criterion: &mut Criterion) {
    let (sockets, rounds) = (500, 3_000);
    let pushes = Pushes::broadcast(sockets, rounds);
    let mut group = criterion.benchmark_group("finish");
    group.sample_size(10);
    group.throughput(Throughput::Elements(u64::from(sockets) * u64::from(rounds)));
    group.bench_function("a_third_lost", |bencher| {
        bencher.iter_custom(|iterations| {
            (0..iterations)
                .map(|_| pushes.time_to_finish(|push| push % 3 > 0))
                .sum()
        });
    });
    group.finish();
}

criterion_group!(benches, deliveries, finish);
criterion_main!(benches);
