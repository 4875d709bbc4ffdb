//! What the blaster sends: server frames, which are not masked, and the broadcast, which carries the time of its own write.

use crate::machine::now_ns;

/// Length of a broadcast's text.
const TEXT_BYTES: usize = 170;
/// Length of a broadcast on the wire: its text behind a header of four bytes.
pub(crate) const FRAME_BYTES: usize = TEXT_BYTES + 4;
const BEFORE: &str = r#"42["message",{"t":""#;
const BEHIND: &str = r#"","text":"Your order has shipped"#;
const END: &str = r#""}]"#;
/// Where the time of the write stands in a broadcast's bytes.
pub(crate) const STAMP_AT: usize = 4 + BEFORE.len();
/// Digits of the time: nanoseconds of the monotonic clock.
pub(crate) const STAMP_DIGITS: usize = 17;

/// A text frame of a server.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match text.len() {
        short @ 0..126 => frame.push(short as u8),
        long => {
            let long = u16::try_from(long).expect("no text is longer than 64 KiB here");
            frame.push(126);
            frame.extend(long.to_be_bytes());
        }
    }
    frame.extend(text.as_bytes());
    frame
}

/// Some broadcasts that leave in one write, encoded once.
pub(crate) struct Broadcasts(Vec<u8>);

impl Broadcasts {
    pub(crate) fn new(together: usize) -> Self {
        let digits = "0".repeat(STAMP_DIGITS);
        let known = BEFORE.len() + digits.len() + BEHIND.len() + END.len();
        let padding = ".".repeat(TEXT_BYTES - known);
        let one = frame(&format!("{BEFORE}{digits}{BEHIND}{padding}{END}"));
        assert_eq!(one.len(), FRAME_BYTES);
        Self(one.repeat(together))
    }

    /// How many they are.
    pub(crate) fn count(&self) -> usize {
        self.0.len() / FRAME_BYTES
    }

    /// Their bytes, which say that they are written now.
    pub(crate) fn stamped(&mut self) -> &[u8] {
        let mut digits = [b'0'; STAMP_DIGITS];
        let mut left = now_ns();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (left % 10) as u8;
            left /= 10;
        }
        for one in self.0.chunks_exact_mut(FRAME_BYTES) {
            one[STAMP_AT..STAMP_AT + STAMP_DIGITS].copy_from_slice(&digits);
        }
        &self.0
    }
}

/// The time in a broadcast's bytes; `None`: they are none.
pub(crate) fn stamp_of(frame: &[u8]) -> Option<u64> {
    let digits = frame.get(STAMP_AT..STAMP_AT + STAMP_DIGITS)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}
