//! What one delivery costs between the WebSocket frame and its event: `Session::handle_text`. The arguments are not parsed, so a large
//! frame should cost hardly more than a small one; beside it, the full parse that a client library does.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pushproof::protocol::session::{Incoming, Session};
use pushproof::time::Time;

/// A session that has been connected.
fn connected() -> Session {
    let mut session = Session::new(Time::ZERO, Duration::from_secs(10));
    for frame in [
        r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
        r#"40{"sid":"s"}"#,
    ] {
        assert!(session.handle_text(Time::ZERO, frame).is_ok());
        while session.poll_transmit().is_some() {}
    }
    session
}

/// The frame of an event, padded to `bytes`.
fn frame(bytes: usize) -> String {
    let head = r#"42["message",{"_pp":"00000000-0000-0000-0000-000000000000:17","text":""#;
    let tail = "\"}]";
    let text = "ordinary words, ".repeat(bytes / 16 + 1);
    format!("{head}{}{tail}", &text[..bytes - head.len() - tail.len()])
}

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("delivery");
    for bytes in [170, 20_000] {
        let frame = frame(bytes);
        assert_eq!(frame.len(), bytes);
        let mut session = connected();
        // Deliveries a second: bytes would flatter what does not look at them.
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("session/{bytes}B"), |bencher| {
            bencher.iter(
                || match session.handle_text(Time::ZERO, black_box(&frame)) {
                    Ok(Incoming::Event { name, args, .. }) => (name.len(), args.len()),
                    other => panic!("{other:?}"),
                },
            );
        });
        group.bench_function(format!("serde_json_value/{bytes}B"), |bencher| {
            bencher.iter(|| serde_json::from_str::<serde_json::Value>(black_box(&frame[2..])));
        });
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
