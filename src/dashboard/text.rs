//! Numbers, times and foreign text, made fit for a few cells of a terminal.

use std::time::Duration;

use ratatui::text::Span;

use super::theme::Theme;

/// Characters that are looked at of a text at most, for each cell that it may take: a letter may carry many marks without any width.
const CHARS_PER_CELL: usize = 4;

/// Whether a character may do more to a terminal than stand there: control it, show others in another order, or take no room.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether it belongs to a script that is written from right to left: some terminals turn a whole line around for it.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// A text in no more than so many cells, with whatever could do harm written as its number. What is cut off ends in a sign that says so.
pub(super) fn fit(text: &str, cells: usize, theme: Theme) -> String {
    let cut = theme.sign("…", "~");
    let mut out = String::new();
    // Where to cut if there turns out to be more.
    let (mut used, mut room_for_cut) = (0, 0);
    for (n, c) in text.chars().enumerate() {
        let before = out.len();
        let foreign = !theme.unicode && !c.is_ascii();
        if is_harmful(c) || is_right_to_left(c) || foreign {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
        used += width(&out[before..]);
        if used > cells || n >= cells * CHARS_PER_CELL {
            out.truncate(room_for_cut);
            if cells > 0 {
                out.push_str(cut);
            }
            return out;
        }
        if used < cells {
            room_for_cut = out.len();
        }
    }
    out
}

/// A text in lines of no more than so many cells, broken between words where that can be, with whatever could do harm written as its
/// number.
pub(super) fn wrapped(text: &str, cells: usize, theme: Theme) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut word = fit(word, MOST, theme);
        loop {
            let own = width(&word);
            let gap = usize::from(used > 0);
            let line = lines.last_mut().unwrap_or_else(|| unreachable!());
            if used + gap + own <= cells {
                line.push_str(&" "[..gap]);
                line.push_str(&word);
                used += gap + own;
                break;
            }
            if used > 0 {
                lines.push(String::new());
                used = 0;
                continue;
            }
            // One that is longer than a line begins it, and goes on in the next.
            let at = cut(&word, cells);
            let rest = word.split_off(at);
            line.push_str(&word);
            if rest.is_empty() || at == 0 {
                break;
            }
            lines.push(String::new());
            word = rest;
        }
    }
    lines
}

/// Most cells of a word that is wrapped: a foreign text may have no spaces.
const MOST: usize = 2_000;

/// Where so many cells of a text end, in bytes.
fn cut(text: &str, cells: usize) -> usize {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    ends.take_while(|end| width(&text[..*end]) <= cells)
        .last()
        .unwrap_or(0)
}

/// A count in full.
pub(super) fn exact(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count in at most seven cells: in full below a million.
pub(super) fn count(n: u64) -> String {
    if n < 1_000_000 {
        return exact(n);
    }
    scaled(n as f64, 1e3, &["", "k", "M", "G", "T", "P", "E"], "")
}

/// Bytes, as `1.50 GiB`.
pub(super) fn bytes(n: u64) -> String {
    if n < 1_024 {
        return format!("{n} B");
    }
    scaled(
        n as f64,
        1_024.0,
        &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"],
        " ",
    ) + "B"
}

fn scaled(n: f64, by: f64, units: &[&str], space: &str) -> String {
    let mut value = n;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < units.len() {
        value /= by;
        unit += 1;
    }
    format!("{}{space}{}", three_digits(value), units[unit])
}

/// Three digits that matter.
fn three_digits(value: f64) -> String {
    if value >= 99.95 {
        format!("{value:.0}")
    } else if value >= 9.995 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A rate a second.
pub(super) fn rate(n: f64) -> String {
    let n = if n.is_finite() { n.max(0.0) } else { 0.0 };
    let whole = (n - n.round()).abs() < 0.05;
    if n >= 1e6 {
        return format!("{}/s", count(n as u64));
    }
    if whole || n >= 100.0 {
        format!("{}/s", exact(n.round() as u64))
    } else {
        format!("{n:.1}/s")
    }
}

/// Microseconds, as `1.24 ms`.
pub(super) fn micros(us: u64, theme: Theme) -> String {
    match us {
        0..1_000 => format!("{us} {}", theme.sign("µs", "us")),
        1_000..999_500 => format!("{} ms", three_digits(us as f64 / 1e3)),
        999_500..9_999_500_000 => format!("{} s", three_digits(us as f64 / 1e6)),
        _ => format!("{} s", count(us / 1_000_000)),
    }
}

/// The same, or that there is none.
pub(super) fn maybe_micros(us: Option<u64>, theme: Theme) -> String {
    us.map_or_else(|| NONE.to_owned(), |us| micros(us, theme))
}

/// What stands where nothing is known.
pub(super) const NONE: &str = "-";

/// A span as a clock shows it: `0:07`, `1:02:03`.
pub(super) fn clock(span: Duration) -> String {
    let s = span.as_secs();
    match s / 3_600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        h => format!("{h}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

/// So many of a thing.
pub(super) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: Theme = Theme {
        colour: true,
        unicode: true,
    };
    const ASCII: Theme = Theme {
        colour: false,
        unicode: false,
    };

    #[test]
    fn counts_keep_to_seven_cells() {
        for (n, told) in [
            (0, "0"),
            (999_999, "999,999"),
            (1_000_000, "1.00M"),
            (12_345_678, "12.3M"),
            (999_949_999, "1.00G"),
            (u64::MAX, "18.4E"),
        ] {
            assert_eq!(count(n), told);
        }
        assert_eq!(exact(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn latencies_have_three_digits_that_matter() {
        for (us, told) in [
            (0, "0 µs"),
            (999, "999 µs"),
            (1_240, "1.24 ms"),
            (12_400, "12.4 ms"),
            (312_000, "312 ms"),
            (999_499, "999 ms"),
            (999_500, "1.00 s"),
            (600_000_000, "600 s"),
            (u64::MAX, "18.4T s"),
        ] {
            assert_eq!(micros(us, UNICODE), told);
        }
        assert_eq!(micros(7, ASCII), "7 us");
    }

    #[test]
    fn rates_and_bytes_and_clocks() {
        assert_eq!(rate(0.25), "0.2/s");
        assert_eq!(rate(50.0), "50/s");
        assert_eq!(rate(1_234.4), "1,234/s");
        assert_eq!(rate(f64::NAN), "0/s");
        assert_eq!(rate(f64::MAX), "18.4E/s");
        assert_eq!(bytes(17), "17 B");
        assert_eq!(bytes(1_500), "1.46 KiB");
        assert_eq!(bytes(3 << 29), "1.50 GiB");
        assert_eq!(clock(Duration::from_secs(7)), "0:07");
        assert_eq!(clock(Duration::from_secs(3_723)), "1:02:03");
    }

    #[test]
    fn texts_are_broken_between_words() {
        for (text, cells, lines) in [
            ("", 5, vec![""]),
            ("one two three", 9, vec!["one two", "three"]),
            ("one two", 7, vec!["one two"]),
            ("abcdefgh ij", 3, vec!["abc", "def", "gh", "ij"]),
            ("a bcdefg", 4, vec!["a", "bcde", "fg"]),
            ("日本語", 3, vec!["日", "本", "語"]),
            ("日本", 1, vec![""]),
            ("x\u{1b}y", 4, vec!["x\\u{", "1b}y"]),
            ("abc", 0, vec![""]),
        ] {
            assert_eq!(wrapped(text, cells, UNICODE), lines, "{text:?} in {cells}");
        }
    }

    #[test]
    fn foreign_text_is_shown_harmlessly() {
        for (text, cells, told) in [
            ("order_created", 20, "order_created"),
            ("order_created", 8, "order_c…"),
            ("order", 5, "order"),
            ("order", 1, "…"),
            ("order", 0, ""),
            ("\u{1b}[2J", 20, "\\u{1b}[2J"),
            ("a\u{202e}b", 20, "a\\u{202e}b"),
            ("\u{200b}", 20, "\\u{200b}"),
            ("שלום", 40, "\\u{5e9}\\u{5dc}\\u{5d5}\\u{5dd}"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
        ] {
            assert_eq!(fit(text, cells, UNICODE), told, "{text:?} in {cells}");
        }
        assert_eq!(fit("é", 20, ASCII), "\\u{e9}");
        assert_eq!(fit("abc", 2, ASCII), "a~");
        let marks = "a".to_owned() + &"\u{301}".repeat(1_000);
        assert!(fit(&marks, 10, UNICODE).chars().count() <= 41);
    }
}
