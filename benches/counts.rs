//! What the hot path costs in instructions, counted by callgrind: the same on a busy machine and on a quiet one.
//!
//! `ci/count` runs it and compares with `benches/counts.json`. Each benchmark does what its name says [`MANY`] times, so that what happens
//! once does not count.

#![allow(missing_docs)] // of the modules that `library_benchmark` makes

#[path = "../tests/support/delivery.rs"]
#[allow(dead_code)] // each user of it needs a part
mod delivery;
#[path = "support/samples.rs"]
mod samples;

use std::hint::black_box;

use delivery::{Pushes, Shard};
use gungraun::{library_benchmark, library_benchmark_group, main};
use pushproof::measure::Latency;
use pushproof::protocol::frame::{Message, Reader};
use pushproof::protocol::{engine, socket};
use pushproof::verify::json_equal;

/// How often each benchmark does its work.
const MANY: usize = 2_000;

/// Shards are made of pushes that live as long as they do. The first delivery makes the histograms.
fn shard(pushes: Pushes) -> Shard<'static> {
    let pushes: &'static Pushes = Box::leak(Box::new(pushes));
    let mut shard = pushes.shard();
    shard.deliver(0);
    shard
}

fn latency() -> Latency {
    let mut latency = Latency::default();
    latency.record(samples::took(0));
    latency
}

fn targeted() -> Shard<'static> {
    shard(Pushes::targeted(100, 20))
}

fn broadcast() -> Shard<'static> {
    shard(Pushes::broadcast(100, 20))
}

fn rewritten() -> Shard<'static> {
    shard(Pushes::targeted(100, 20).re_encoded())
}

#[library_benchmark]
#[bench::targeted(setup = targeted)]
#[bench::broadcast(setup = broadcast)]
#[bench::rewritten(setup = rewritten)]
fn deliver(mut shard: Shard<'static>) -> Shard<'static> {
    for n in 1..MANY {
        shard.deliver(black_box(n));
    }
    assert!(shard.is_clean());
    shard
}

#[library_benchmark]
#[bench::targeted(setup = targeted)]
#[bench::broadcast(setup = broadcast)]
fn judge(mut shard: Shard<'static>) -> Shard<'static> {
    for n in 1..MANY {
        black_box(shard.judge(black_box(n)));
    }
    shard
}

#[library_benchmark]
#[bench::whole(setup = samples::frames)]
fn frames(bytes: Vec<u8>) -> usize {
    let mut found = 0;
    for _ in 0..MANY / samples::FRAMES {
        let mut reader = Reader::new(1 << 20);
        let mut rest = black_box(&*bytes);
        while let Ok(Some(Message::Text(text))) = reader.read(&mut rest) {
            found += text.len();
        }
    }
    found
}

#[library_benchmark]
#[bench::event(setup = samples::event)]
fn decode(packet: String) -> usize {
    let mut found = 0;
    for _ in 0..MANY {
        let Ok(engine::Packet::Message(data)) = engine::decode(black_box(&packet)) else {
            panic!("a message");
        };
        let packet = socket::decode(data).expect("a packet");
        found += socket::event(packet.data).map_or(0, |event| event.args.len());
    }
    found
}

#[library_benchmark]
#[bench::event(setup = samples::payload)]
fn encode(payload: String) -> String {
    let mut out = String::new();
    for _ in 0..MANY {
        out.clear();
        socket::encode_event("/", None, black_box("message"), &payload, &mut out);
    }
    out
}

#[library_benchmark]
#[bench::latency(setup = latency)]
fn record(mut latency: Latency) -> Latency {
    for n in 0..MANY {
        latency.record(black_box(samples::took(n)));
    }
    latency
}

#[library_benchmark]
#[bench::reordered(setup = samples::two_orders)]
fn compare((one, other): (String, String)) -> usize {
    (0..MANY)
        .filter(|_| json_equal(black_box(&one), black_box(&other)))
        .count()
}

library_benchmark_group!(
    name = hot,
    benchmarks = [deliver, judge, frames, decode, encode, record, compare]
);
main!(library_benchmark_groups = hot);
