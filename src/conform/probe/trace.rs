//! What was said to and by a target in one case, for whoever wants to see why it ended as it did.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Lines kept from the beginning and from the end; what lies between is counted.
const FIRST: usize = 12;
const LAST: usize = 48;
/// Most letters of what was said in one line.
const SHOWN: usize = 240;
/// What stands where a secret stood.
const HIDDEN: &str = "…";

/// A trace that a case and whoever runs it share: it is there however the case ends.
#[derive(Debug, Clone, Default)]
pub struct Trace(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    first: Vec<String>,
    last: VecDeque<String>,
    left_out: u64,
    /// What is shown to nobody.
    hidden: Vec<String>,
}

impl Lines {
    fn push(&mut self, line: String) {
        if self.first.len() < FIRST {
            self.first.push(line);
            return;
        }
        if self.last.len() == LAST {
            self.last.pop_front();
            self.left_out += 1;
        }
        self.last.push_back(line);
    }
}

impl Trace {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has this shown nowhere in the trace, if it is long enough to be a secret.
    pub(in crate::conform) fn hide(&self, secret: &str) {
        const SHORTEST: usize = 6;
        let mut lines = self.lines();
        if secret.len() >= SHORTEST && !lines.hidden.iter().any(|known| known == secret) {
            lines.hidden.push(secret.to_owned());
        }
    }

    /// Adds what the suite has to say itself.
    pub(in crate::conform) fn note(&self, what: &str) {
        self.lines().push(format!("          {what}"));
    }

    /// Adds a line: when, on which of the case's connections, and what. `what` may have anything in it.
    pub(super) fn add(&self, at: Duration, connection: u32, arrow: &str, what: &str) {
        let mut lines = self.lines();
        let mut what = Cow::Borrowed(what);
        for secret in &lines.hidden {
            if what.contains(secret) {
                what = what.replace(secret, HIDDEN).into();
            }
        }
        let line = format!(
            "{:>8.3}s #{connection} {arrow} {}",
            at.as_secs_f64(),
            escaped(&what)
        );
        lines.push(line);
    }

    /// All that was kept, in order.
    pub fn told(&self) -> Vec<String> {
        let lines = self.lines();
        let mut told = lines.first.clone();
        if lines.left_out > 0 {
            told.push(format!("          … {} more …", lines.left_out));
        }
        told.extend(lines.last.iter().cloned());
        told
    }
}

/// In one line that does nothing to a terminal, and is not too long.
pub(in crate::conform) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (n, letter) in text.chars().enumerate() {
        if n == SHOWN {
            out.extend(["… (", &text.len().to_string(), " bytes)"]);
            break;
        }
        match letter {
            // Quotes and backslashes are frequent in JSON, and harmless.
            '"' | '\'' | '\\' => out.push(letter),
            // It separates packets.
            '\u{1e}' => out.push('␞'),
            // These order text anew, or hide in it.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.extend(letter.escape_unicode());
            }
            letter => out.extend(letter.escape_debug()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_target_says_does_nothing_to_a_terminal() {
        assert_eq!(escaped("0{\"a\":'b'}\u{1e}2"), "0{\"a\":'b'}␞2");
        assert_eq!(
            escaped("\u{1b}[31m\r\n\0\u{202e}"),
            "\\u{1b}[31m\\r\\n\\0\\u{202e}"
        );
        let long = escaped(&"x".repeat(1000));
        assert!(long.ends_with("x… (1000 bytes)"), "{long}");
    }

    #[test]
    fn a_secret_is_shown_nowhere() {
        let trace = Trace::default();
        trace.hide("s3cr3t-id");
        trace.hide("a");
        trace.add(Duration::ZERO, 1, "→", "40{\"a\":\"s3cr3t-id\"}");
        assert!(
            trace.told()[0].ends_with("40{\"a\":\"…\"}"),
            "{:?}",
            trace.told()
        );
    }

    #[test]
    fn a_long_trace_keeps_its_beginning_and_its_end() {
        let trace = Trace::default();
        for n in 0..200 {
            trace.add(Duration::from_millis(n), 1, "→", &format!("line {n}"));
        }
        let told = trace.told();
        assert_eq!(told.len(), FIRST + 1 + LAST);
        assert!(told[FIRST - 1].ends_with("line 11"));
        assert_eq!(told[FIRST], "          … 140 more …");
        assert!(told[FIRST + 1].ends_with("line 152"));
        assert!(told[FIRST + LAST].ends_with("line 199"));
    }
}
