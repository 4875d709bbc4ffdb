//! How a child of the bench is told what to do: a line for each order on its standard input. When that closes the child ends, so none
//! outlives whoever started it, however that ended.

use std::io::{BufRead as _, Write as _};
use std::sync::mpsc::{Receiver, channel};

use mio::Waker;

/// Orders, each a word and numbers behind it. The waker's selector wakes for each.
pub(crate) fn listen(waker: Waker) -> Receiver<String> {
    let (told, orders) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            if told.send(line).is_err() || waker.wake().is_err() {
                break;
            }
        }
        std::process::exit(0);
    });
    orders
}

/// A number of an order.
pub(crate) fn number(order: &str, nth: usize) -> u64 {
    let word = order.split(' ').nth(nth);
    word.and_then(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("number {nth} of the order {order:?}"))
}

/// Answers with a line of JSON, at once. Whoever does not hear it any more has closed standard input too.
pub(crate) fn say(what: &serde_json::Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{what}").and_then(|()| out.flush());
}
