//! The single parts of the receive path: packets, frames, the histogram, the comparison of JSON. One element is one packet, frame, sample or
//! comparison.

#[path = "support/samples.rs"]
mod samples;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pushproof::measure::Latency;
use pushproof::protocol::frame::Reader;
use pushproof::protocol::{engine, socket};
use pushproof::verify::json_equal;

fn packets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("packet");
    group.throughput(Throughput::Elements(1));
    let packet = samples::event();
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            let Ok(engine::Packet::Message(data)) = engine::decode(black_box(&packet)) else {
                panic!("a message");
            };
            let packet = socket::decode(data).expect("a packet");
            socket::event(packet.data).map(|event| event.args.len())
        });
    });
    let (payload, mut out) = (samples::payload(), String::new());
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            out.clear();
            socket::encode_event("/", None, black_box("message"), &payload, &mut out);
            out.len()
        });
    });
    group.finish();
}

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame");
    group.throughput(Throughput::Elements(samples::FRAMES as u64));
    let bytes = samples::frames();
    group.bench_function("read", |bencher| {
        let mut reader = Reader::new(1 << 20);
        bencher.iter(|| {
            let (mut rest, mut found) = (black_box(&*bytes), 0);
            while let Ok(Some(_)) = reader.read(&mut rest) {
                found += 1;
            }
            assert_eq!(found, samples::FRAMES);
        });
    });
    group.finish();
}

fn histogram(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("histogram");
    group.throughput(Throughput::Elements(1));
    let (mut latency, mut n) = (Latency::default(), 0);
    group.bench_function("record", |bencher| {
        bencher.iter(|| {
            n += 1;
            latency.record(black_box(samples::took(n)));
        });
    });
    group.finish();
}

fn json(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("json");
    group.throughput(Throughput::Elements(1));
    let (one, other) = samples::two_orders();
    assert!(json_equal(&one, &other));
    for (name, with) in [("same bytes", &one), ("other order", &other)] {
        group.bench_with_input(BenchmarkId::new("equal", name), with, |bencher, with| {
            bencher.iter(|| json_equal(black_box(&one), black_box(with)));
        });
    }
    group.finish();
}

criterion_group!(benches, packets, frames, histogram, json);
criterion_main!(benches);
