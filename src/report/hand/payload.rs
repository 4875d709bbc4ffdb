//! JSON as it was written, made fit for a line or for people. By its text, not by values: numbers, the order of keys and keys that
//! stand twice are kept.

use std::fmt::Write as _;

use serde_json::value::RawValue;

/// What may not stand in a line as it is: control characters, what some programs take for the end of a line, and what makes a terminal
/// show characters in another order than they have.
fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn push_escaped(c: char, out: &mut String) {
    let mut units = [0; 2];
    for unit in c.encode_utf16(&mut units) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// The comma-separated values of a text, each compact. `None`: it is not JSON.
pub(super) fn split(args: &str) -> Option<Vec<String>> {
    let array = format!("[{args}]");
    let values: Vec<&RawValue> = serde_json::from_str(&array).ok()?;
    Some(values.iter().map(|value| compact(value.get())).collect())
}

/// One value, compact. `None`: it is not JSON.
pub(super) fn one(json: &str) -> Option<String> {
    serde_json::from_str::<&RawValue>(json)
        .ok()
        .map(|value| compact(value.get()))
}

/// JSON without white space between its parts, and without characters that are unfit for a line.
fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut within, mut escaped) = (false, false);
    for c in json.chars() {
        if !within {
            within = c == '"';
            if !c.is_ascii_whitespace() {
                out.push(c);
            }
            continue;
        }
        if is_unfit(c) {
            push_escaped(c, &mut out);
        } else {
            out.push(c);
        }
        within = escaped || c != '"';
        escaped = !escaped && c == '\\';
    }
    out
}

/// A text as a JSON string without characters that are unfit for a line.
pub(super) fn quoted(text: &str) -> String {
    compact(&serde_json::Value::from(text).to_string())
}

/// A name as it is, or quoted where it could be taken for something else.
pub(super) fn shown(name: &str) -> String {
    let plain = !name.is_empty()
        && name.trim() == name
        && !name.starts_with('"')
        && !name.contains(is_unfit);
    if plain { name.to_owned() } else { quoted(name) }
}

/// Words on one line.
pub(super) fn printable(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        if is_unfit(c) {
            push_escaped(c, &mut out);
        } else {
            out.push(c);
        }
    }
    out
}

/// Compact JSON, with `<…>` for attachments, over several lines, those after the first indented by so much and by their depth.
pub(super) fn indented(json: &str, margin: usize) -> String {
    /// Deeper than this is not shown any deeper: the target decides how deep, and the lines must stay in bounds.
    const DEEPEST: usize = 32;
    let mut out = String::with_capacity(json.len() * 2);
    let (mut within, mut escaped, mut depth) = (false, false, 0_usize);
    let mut chars = json.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', margin + 2 * depth.min(DEEPEST)));
    };
    while let Some(c) = chars.next() {
        if within {
            out.push(c);
            within = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if let Some(end) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            // What stands for an attachment is no JSON, and stays as it is.
            '<' => {
                out.push(c);
                out.extend(std::iter::from_fn(|| chars.next_if(|c| *c != '>')));
            }
            _ => {
                within = c == '"';
                out.push(c);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_text_and_lose_their_white_space() {
        let check = |args: &str, expected: &[&str]| {
            let found = split(args);
            let found: Option<Vec<_>> = found
                .as_ref()
                .map(|found| found.iter().map(String::as_str).collect());
            assert_eq!(found.as_deref(), Some(expected), "{args}");
        };
        check("", &[]);
        check(
            " 1.0 ,\n 123456789012345678901234567890",
            &["1.0", "123456789012345678901234567890"],
        );
        check(
            "{ \"b\" : 1,\t\"a\": [ ] , \"b\":2 }",
            &["{\"b\":1,\"a\":[],\"b\":2}"],
        );
        check(r#""a, b\" , \\", null"#, &[r#""a, b\" , \\""#, "null"]);
        check("\"\\ud800 é 🇷🇺\"", &["\"\\ud800 é 🇷🇺\""]);
        check(
            "\"\u{9b}31m\u{2028}\u{202e}\"",
            &["\"\\u009b31m\\u2028\\u202e\""],
        );
        for wrong in ["{", "1,", ",", "nul", "\"\n\"", "1]", "],["] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        check(&deep, &[&deep]);
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        for (name, expected) in [
            ("alert", "alert"),
            ("grüße 世界", "grüße 世界"),
            ("", "\"\""),
            (" a", "\" a\""),
            ("\"a", "\"\\\"a\""),
            ("a\tb", "\"a\\tb\""),
            ("\u{1b}[2J", "\"\\u001b[2J\""),
            ("\u{9b}2J", "\"\\u009b2J\""),
        ] {
            assert_eq!(shown(name), expected);
        }
        assert_eq!(printable("a\u{1b}[2J\nb"), "a\\u001b[2J\\u000ab");
    }

    #[test]
    fn long_values_are_spread_over_lines() {
        assert_eq!(
            indented(r#"{"a":[1,"x,{}\"",[]],"b":{}}"#, 2),
            "{\n    \"a\": [\n      1,\n      \"x,{}\\\"\",\n      []\n    ],\n    \"b\": {}\n  }"
        );
        let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
        assert!(indented(&deep, 0).len() < 300_000);
    }
}
