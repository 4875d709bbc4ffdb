//! What the benchmarks of single parts are given.

use std::time::Duration;

use pushproof::protocol::socket::encode_event;

/// Frames to a buffer of [`frames`].
pub(crate) const FRAMES: usize = 20;

/// The argument of an event as pushes are: 150 bytes of JSON.
pub(crate) fn payload() -> String {
    let text = "ordinary words, many of them, more ";
    format!(
        r#"{{"message":"Your order has shipped","id":"{:058}","text":"{text}","n":12.5}}"#,
        7
    )
}

/// The Engine.IO packet of such an event.
pub(crate) fn event() -> String {
    let mut packet = "4".to_owned();
    encode_event("/", None, "message", &payload(), &mut packet);
    packet
}

/// Unmasked text frames of such events, as a server writes them.
pub(crate) fn frames() -> Vec<u8> {
    let text = event();
    assert!((126..1 << 16).contains(&text.len()));
    let mut bytes = Vec::new();
    for _ in 0..FRAMES {
        bytes.extend([0x81, 126]);
        bytes.extend((text.len() as u16).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes
}

/// The same payload twice, its keys in another order: what cannot be compared byte by byte.
pub(crate) fn two_orders() -> (String, String) {
    let one = payload();
    let other = one.replacen(r#"{"message":"Your order has shipped","#, "{", 1);
    let other = other.replacen('}', r#","message":"Your order has shipped"}"#, 1);
    (one, other)
}

/// Latencies of all sizes.
pub(crate) fn took(n: usize) -> Duration {
    Duration::from_micros((n as u64 * 7_919) % 1_000_000)
}
