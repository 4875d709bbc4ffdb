//! What events say at known-bad servers.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::platform::frame::Frame;
use crate::platform::mutants::{Mutant, Mutants};
use crate::protocol::binary::ONLY_PLACEHOLDER;

/// Longest text that is left whole by the mutant that cuts.
const LONGEST: usize = 64 * 1024;
/// Deepest nesting that the mutant that drops lets through.
const DEEPEST: usize = 90;

/// The name of an event, as JSON.
pub(in crate::platform) fn name(mutants: Mutants, name: &str) -> Cow<'_, str> {
    let text = serde_json::from_str::<String>(name);
    match text {
        Ok(text) if mutants.has(Mutant::NameTrim) => Value::from(text.trim()).to_string().into(),
        _ => name.into(),
    }
}

/// The arguments of an event that stand in `args`, comma-separated; `attached`: how many attachments come with it. None: nothing is sent.
pub(in crate::platform) fn args(mutants: Mutants, args: &str, attached: usize) -> Option<String> {
    if mutants.has(Mutant::SilentDepthDrop) && depth(args) > DEEPEST {
        return None;
    }
    let array = format!("[{args}]");
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(&array) else {
        return Some(args.to_owned());
    };
    let items = items.iter().map(|item| item.get());
    let items = items.filter(|item| !(mutants.has(Mutant::NullDropped) && *item == "null"));
    let items = items.map(|item| argument(mutants, item, attached));
    let mut items: Vec<String> = items.collect();
    if mutants.has(Mutant::PadWithNull) && items.is_empty() {
        items.push("null".to_owned());
    }
    if mutants.has(Mutant::ArgsWrapped) && items.len() > 1 {
        items = vec![format!("[{}]", items.join(","))];
    }
    if mutants.has(Mutant::ArraySpread)
        && let [one] = &items[..]
        && let Some(inner) = one.strip_prefix('[').and_then(|one| one.strip_suffix(']'))
    {
        items = vec![inner.to_owned()];
    }
    let mut args = items.join(",");
    if mutants.has(Mutant::BinaryByPosition) {
        args = renumbered(&args);
    }
    if mutants.has(Mutant::DupNumLost) {
        let mut parts = args.split(ONLY_PLACEHOLDER);
        let first = parts.next().unwrap_or_default().to_owned();
        let rest: Vec<_> = parts.collect();
        if !rest.is_empty() {
            args = format!("{first}{ONLY_PLACEHOLDER}{}", rest.join("null"));
        }
    }
    Some(args)
}

fn argument(mutants: Mutants, item: &str, attached: usize) -> String {
    let mut text = item.to_owned();
    if mutants.has(Mutant::MangleUnicode) {
        let mangled = |letter| {
            if letter > '\u{ffff}' {
                '\u{fffd}'
            } else {
                letter
            }
        };
        text = text.chars().map(mangled).collect();
    }
    if mutants.has(Mutant::RawRs) {
        text = text
            .replace("\\u001e", "\u{1e}")
            .replace("\\u001E", "\u{1e}");
    }
    if mutants.has(Mutant::Infinity) {
        text = text.replace("1e400", "Infinity");
    }
    if mutants.has(Mutant::PlaceholderConfusion) && attached == 0 {
        text = text.replace(ONLY_PLACEHOLDER, "null");
    }
    if mutants.has(Mutant::Truncate64k) && text.starts_with('"') && text.len() > LONGEST {
        text = text.chars().take(LONGEST).collect();
        text.push('"');
    }
    let remade = mutants.has(Mutant::SortKeys) || mutants.has(Mutant::ProtoPollution);
    if remade && let Ok(mut value) = serde_json::from_str::<Value>(&text) {
        if mutants.has(Mutant::ProtoPollution) {
            without_prototypes(&mut value);
        }
        text = value.to_string();
    }
    text
}

/// The same with every large whole number as a floating-point one.
pub(in crate::platform) fn drifted(args: &str) -> String {
    let mut out = String::new();
    let mut rest = args;
    while let Some(at) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|letter: char| !letter.is_ascii_digit());
        let (digits, behind) = from.split_at(end.unwrap_or(from.len()));
        out += before;
        match digits.parse::<f64>() {
            Ok(number) if digits.len() > 15 => out.extend([format!("{number:.0}")]),
            _ => out += digits,
        }
        rest = behind;
    }
    out + rest
}

fn without_prototypes(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("__proto__");
            map.values_mut().for_each(without_prototypes);
        }
        Value::Array(items) => items.iter_mut().for_each(without_prototypes),
        _ => {}
    }
}

/// Placeholders numbered in the order of the text.
fn renumbered(args: &str) -> String {
    const NUM: &str = "\"num\":";
    let mut parts = args.split(NUM);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (n, part) in parts.enumerate() {
        let behind = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        out.extend([NUM, &n.to_string(), behind]);
    }
    out
}

/// How deep brackets are nested, those in texts among them.
fn depth(args: &str) -> usize {
    let (mut deepest, mut now) = (0_usize, 0_usize);
    for byte in args.bytes() {
        match byte {
            b'[' | b'{' => now += 1,
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(now);
    }
    deepest
}

/// The packets of an answer in the order in which they go out: the first has the text, the others are attached.
pub(in crate::platform) fn attached(mutants: Mutants, frames: &mut [Frame]) {
    if mutants.has(Mutant::BinarySwap) && frames.len() > 1 {
        frames[1..].reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_does_what_its_name_says() {
        let with = |mutant: Mutant, text| args([mutant].into_iter().collect(), text, 0);
        for (mutant, text, wrong) in [
            (Mutant::NullDropped, "null,1", "1"),
            (Mutant::PadWithNull, "", "null"),
            (Mutant::ArgsWrapped, "1,[2]", "[1,[2]]"),
            (Mutant::ArraySpread, "[1,2]", "1,2"),
            (Mutant::MangleUnicode, "\"\u{1f600}é\"", "\"\u{fffd}é\""),
            (Mutant::RawRs, r#""a\u001eb""#, "\"a\u{1e}b\""),
            (Mutant::Infinity, "[1e400]", "[Infinity]"),
            (Mutant::SortKeys, r#"{"b":1,"a":2}"#, r#"{"a":2,"b":1}"#),
            (
                Mutant::ProtoPollution,
                r#"{"__proto__":{"a":1},"b":2}"#,
                r#"{"b":2}"#,
            ),
            (Mutant::PlaceholderConfusion, ONLY_PLACEHOLDER, "null"),
            (
                Mutant::BinaryByPosition,
                r#"{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}"#,
                r#"{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#,
            ),
        ] {
            assert_eq!(with(mutant, text).as_deref(), Some(wrong), "{mutant}");
            assert_eq!(
                args(Mutants::default(), text, 0).as_deref(),
                Some(text),
                "{text}"
            );
        }
        let twice = format!("{ONLY_PLACEHOLDER},{ONLY_PLACEHOLDER}");
        assert_eq!(
            with(Mutant::DupNumLost, &twice),
            Some(format!("{ONLY_PLACEHOLDER},null"))
        );
        let deep = format!("{}{}", "[".repeat(91), "]".repeat(91));
        assert_eq!(with(Mutant::SilentDepthDrop, &deep), None);
        let long = format!("\"{}\"", "x".repeat(LONGEST));
        let cut = with(Mutant::Truncate64k, &long).unwrap();
        assert!(cut.len() < long.len() && cut.ends_with('"'));
        assert_eq!(drifted("[9007199254740993,12]"), "[9007199254740992,12]");
    }
}
