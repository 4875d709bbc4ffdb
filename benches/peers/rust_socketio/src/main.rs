//! Sockets of `rust_socketio` (async), all in one process, as its own examples have them.
//!
//! `pushproof-bench-rust-socketio URL [--timed]`; the orders on standard input and the answers are those that
//! `benches/peers/README.md` has for every client. It ends when its standard input does.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{FutureExt as _, StreamExt as _, stream};
use rust_socketio::asynchronous::{Client, ClientBuilder};
use rust_socketio::{Payload, TransportType};
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// Connects under way at once: the library waits for each, and one after the other would measure the wait.
const UNDER_WAY: usize = 64;

/// What all sockets share.
struct Tally {
    timed: bool,
    wanted: AtomicU64,
    connected: AtomicU64,
    expected: AtomicU64,
    came: AtomicU64,
    took_ns: Mutex<Vec<u64>>,
}

static TALLY: Tally = Tally::new(false);
static TIMED: Tally = Tally::new(true);

impl Tally {
    const fn new(timed: bool) -> Self {
        Self {
            timed,
            wanted: AtomicU64::new(u64::MAX),
            connected: AtomicU64::new(0),
            expected: AtomicU64::new(u64::MAX),
            came: AtomicU64::new(0),
            took_ns: Mutex::new(Vec::new()),
        }
    }

    fn open(&self) {
        let connected = self.connected.fetch_add(1, Ordering::SeqCst) + 1;
        if connected == self.wanted.load(Ordering::SeqCst) {
            println!(r#"{{"connected":{connected}}}"#);
        }
    }

    fn event(&self, payload: &Payload) {
        if self.timed {
            self.time(payload);
        }
        let came = self.came.fetch_add(1, Ordering::Relaxed) + 1;
        if came == self.expected.load(Ordering::Relaxed) {
            println!(r#"{{"reached":{came},"at":{}}}"#, now_ns());
        }
    }

    fn time(&self, payload: &Payload) {
        let now = now_ns();
        let Payload::Text(values) = payload else {
            return;
        };
        let stamp = values
            .first()
            .and_then(|message| message.get("t")?.as_str());
        if let Some(sent) = stamp.and_then(|stamp| stamp.parse::<u64>().ok()) {
            let mut took = self.took_ns.lock().expect("no panic");
            took.push(now.saturating_sub(sent));
        }
    }

    fn latency(&self) -> String {
        let mut took = self.took_ns.lock().expect("no panic").clone();
        took.sort_unstable();
        let at = |q: f64| {
            let nth = (q * took.len() as f64).ceil() as usize;
            took.get(nth.saturating_sub(1)).map_or(0, |ns| ns / 1_000)
        };
        let (count, p50, p99) = (took.len(), at(0.5), at(0.99));
        format!(r#"{{"latency":{{"count":{count},"p50_us":{p50},"p99_us":{p99}}}}}"#)
    }
}

/// The machine's monotonic clock, which the sender's stamps are of too.
fn now_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

async fn connect(url: &str, tally: &'static Tally) -> Option<Client> {
    let built = ClientBuilder::new(url)
        .transport_type(TransportType::Websocket)
        .reconnect(false)
        .on("open", move |_, _| async move { tally.open() }.boxed())
        .on("message", move |payload, _| {
            async move { tally.event(&payload) }.boxed()
        })
        .on("error", |error, _| {
            async move { eprintln!("a socket: {error:?}") }.boxed()
        })
        .connect()
        .await;
    match built {
        Ok(client) => Some(client),
        Err(error) => {
            println!("{}", serde_json::json!({"failed": error.to_string()}));
            None
        }
    }
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let url = args.next().expect("URL [--timed]");
    let timed = args.next().is_some_and(|arg| arg == "--timed");
    let tally = if timed { &TIMED } else { &TALLY };
    let mut held: Vec<Client> = Vec::new();
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    println!(r#"{{"ready":true}}"#);
    while let Ok(Some(order)) = orders.next_line().await {
        let (name, number) = order.split_once(' ').unwrap_or((&order, "0"));
        let number: u64 = number.parse().expect("a number");
        match name {
            "connect" => {
                tally.wanted.store(number, Ordering::SeqCst);
                let sockets = stream::iter(0..number).map(|_| connect(&url, tally));
                let sockets = sockets.buffer_unordered(UNDER_WAY);
                held.extend(
                    sockets
                        .filter_map(std::future::ready)
                        .collect::<Vec<_>>()
                        .await,
                );
            }
            "expect" => tally.expected.store(number, Ordering::Relaxed),
            "count" => println!(r#"{{"events":{}}}"#, tally.came.load(Ordering::Relaxed)),
            "latency" => println!("{}", tally.latency()),
            _ => panic!("no such order: {order}"),
        }
    }
    // Half a second of goodbyes from thousands of sockets would be nobody's figure.
    std::process::exit(0);
}
