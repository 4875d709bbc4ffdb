//! Names and payloads, changed. Pure functions of JSON texts; `None`: this one offers no place for the change.
//!
//! A changed payload is valid JSON of another value, and words of [`scan::OPAQUE`] characters or more stay whole: whatever a message
//! carries to be told apart by is still there.

use super::catalogue::Fault;
use super::scan::{self, Kind, Part};
use crate::protocol::socket::RESERVED_EVENTS;

/// Bytes that a truncated payload has at most.
pub(super) const CUT: usize = 64 * 1024;

/// The payload as this fault leaves it, and what was done to it.
pub(super) fn payload(fault: Fault, json: &str) -> Option<(String, String)> {
    let parts = scan::scan(json);
    match fault {
        Fault::CorruptDigit => digit(json, &parts),
        Fault::CorruptType => Some(kind(json, &parts)),
        Fault::CorruptTruncate => truncate(json, &parts),
        Fault::CorruptUnicode => unicode(json, &parts),
        Fault::CorruptKey => key(json, &parts),
        _ => None,
    }
}

fn replaced(json: &str, at: std::ops::Range<usize>, by: &str) -> String {
    let mut changed = json.to_owned();
    changed.replace_range(at, by);
    changed
}

/// The places of a payload's plain characters, part by part.
fn chars_of<'a>(json: &'a str, parts: &'a [Part]) -> impl Iterator<Item = (usize, char)> {
    parts
        .iter()
        .filter(|part| part.kind == Kind::Text)
        .flat_map(|part| scan::words(json, part.inside()))
        .flat_map(|word| scan::plain_chars(json, word))
}

/// The last digit before the point of the first number, or else the first digit in a text.
fn digit(json: &str, parts: &[Part]) -> Option<(String, String)> {
    let number = parts.iter().find(|part| part.kind == Kind::Number);
    let at = match number {
        Some(part) => {
            let number = json[part.at.clone()].bytes().enumerate();
            let whole = number.take_while(|(at, b)| b.is_ascii_digit() || (*at == 0 && *b == b'-'));
            part.at.start + whole.last()?.0
        }
        None => chars_of(json, parts).find(|(_, c)| c.is_ascii_digit())?.0,
    };
    let old = json.as_bytes()[at];
    // Never a zero in front of other digits.
    let new = if old == b'9' { b'8' } else { old + 1 };
    let (old, new) = (char::from(old), char::from(new));
    let changed = replaced(json, at..at + 1, &new.to_string());
    Some((changed, format!("byte {at}: {old} became {new}")))
}

/// The first number or literal as a string; without any, all of it in an array.
fn kind(json: &str, parts: &[Part]) -> (String, String) {
    let scalar = |part: &&Part| matches!(part.kind, Kind::Number | Kind::Literal);
    match parts.iter().find(scalar) {
        Some(part) => {
            let old = &json[part.at.clone()];
            let changed = replaced(json, part.at.clone(), &format!("\"{old}\""));
            (changed, format!("{old} became a string"))
        }
        None => (format!("[{json}]"), "wrapped in an array".to_owned()),
    }
}

/// The end of the longest text cut off, so that [`CUT`] bytes are left in all.
fn truncate(json: &str, parts: &[Part]) -> Option<(String, String)> {
    let excess = json.len().checked_sub(CUT).filter(|excess| *excess > 0)?;
    let texts = parts.iter().filter(|part| part.kind == Kind::Text);
    let inside = texts.map(Part::inside).max_by_key(ExactSizeIterator::len)?;
    if inside.len() <= excess {
        return None;
    }
    let latest = inside.end - excess;
    // Behind a whole character, and never inside of an escape.
    let plain = scan::plain_chars(json, inside.clone()).take_while(|(at, _)| *at <= latest);
    let cut = plain.last()?.0;
    let word = json[inside.start..cut].rfind(' ');
    let word = word.map_or(inside.start, |space| inside.start + space + 1);
    if scan::has_opaque(json, word..inside.end) {
        return None;
    }
    let changed = replaced(json, cut..inside.end, "");
    let detail = format!("{} bytes became {}", json.len(), changed.len());
    Some((changed, detail))
}

/// The first character beyond ASCII as the one that stands for none.
fn unicode(json: &str, parts: &[Part]) -> Option<(String, String)> {
    let none = char::REPLACEMENT_CHARACTER;
    let (at, old) = chars_of(json, parts).find(|(_, c)| !c.is_ascii() && *c != none)?;
    let changed = replaced(json, at..at + old.len_utf8(), &none.to_string());
    Some((changed, format!("byte {at}: {old} became U+FFFD")))
}

/// The first member of an object that holds no opaque word, taken out.
fn key(json: &str, parts: &[Part]) -> Option<(String, String)> {
    let keys = || parts.iter().filter(|part| part.kind == Kind::Key);
    let mut members = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| part.kind == Kind::Key);
    let (name, value_end) = members.find_map(|(place, name)| {
        let value = value(&parts[place + 1..])?;
        let texts = [name].into_iter().chain(value);
        let mut texts = texts.filter(|part| matches!(part.kind, Kind::Key | Kind::Text));
        let text = |part: &Part| &json[part.at.clone()];
        // Where a key stands twice, readers may not miss one of them.
        let twice = keys().filter(|other| text(other) == text(name)).count() > 1;
        let opaque = texts.any(|part| scan::has_opaque(json, part.inside()));
        (!twice && !opaque).then_some((name, value.last()?.at.end))
    })?;
    let comma = |byte: Option<&u8>| byte == Some(&b',');
    let is_space = |b: &&u8| b.is_ascii_whitespace();
    let mut behind = json.as_bytes()[value_end..].iter();
    let spaces = behind.clone().take_while(is_space).count();
    let mut before = json.as_bytes()[..name.at.start].iter().rev();
    let spaces_before = before.clone().take_while(is_space).count();
    let taken = if comma(behind.nth(spaces)) {
        name.at.start..value_end + spaces + 1
    } else if comma(before.nth(spaces_before)) {
        name.at.start - spaces_before - 1..value_end
    } else {
        name.at.start..value_end
    };
    let detail = format!("without {}", &json[name.at.clone()]);
    Some((replaced(json, taken, ""), detail))
}

/// The parts of the value at the head of these.
fn value(parts: &[Part]) -> Option<&[Part]> {
    let mut depth = 0;
    for (place, part) in parts.iter().enumerate() {
        match part.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(&parts[..=place]);
        }
    }
    None
}

/// The event's name, as JSON, as this fault leaves it. `known` are the names that the app has seen.
pub(super) fn name(fault: Fault, json: &str, known: &[String]) -> Option<String> {
    let name: String = serde_json::from_str(json).ok()?;
    let changed = match fault {
        Fault::RenameCase => {
            let at = name.find(|c: char| c.is_ascii_alphabetic())?;
            let mut bytes = name.clone().into_bytes();
            bytes[at] ^= b' ';
            String::from_utf8(bytes).ok()?
        }
        Fault::RenameSpace if name.trim() != name => name.trim().to_owned(),
        Fault::RenameSpace => format!("{name} "),
        Fault::RenameOther => known.iter().find(|other| **other != name)?.clone(),
        _ => return None,
    };
    let usable = !changed.is_empty() && !RESERVED_EVENTS.contains(&changed.as_str());
    usable.then(|| serde_json::Value::from(changed).to_string())
}

#[cfg(test)]
mod tests {
    use super::{CUT, Fault, name, payload};
    use serde_json::Value;

    /// As long as what a run tells its pushes apart by, and as hard to read.
    const TAG: &str = "pp1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUm1";

    fn check(fault: Fault, json: &str, expected: Option<&str>) {
        let json = json.replace("TAG", TAG);
        let expected = expected.map(|e| e.replace("TAG", TAG));
        let changed = payload(fault, &json).map(|(changed, _)| changed);
        assert_eq!(changed, expected, "{fault} of {json}");
        if let Some(changed) = changed {
            let value = |json: &str| serde_json::from_str::<Value>(json).unwrap();
            assert_ne!(value(&changed), value(&json), "{fault} of {json}");
        }
    }

    #[test]
    fn digits() {
        let digit = |json, expected| check(Fault::CorruptDigit, json, expected);
        digit(r#"{"pp":"TAG","n":19.5}"#, Some(r#"{"pp":"TAG","n":18.5}"#));
        digit("[-0]", Some("[-1]"));
        digit("10", Some("11"));
        digit("[1e40]", Some("[2e40]"));
        digit(r#""TAG 15分 2""#, Some(r#""TAG 25分 2""#));
        digit(r#""TAG \u2014 \\3""#, Some(r#""TAG \u2014 \\4""#));
        digit(r#"{"k1":"TAG","t":"\u0031"}"#, None);
    }

    #[test]
    fn types() {
        let kind = |json, expected| check(Fault::CorruptType, json, Some(expected));
        kind(r#"["TAG",true,2]"#, r#"["TAG","true",2]"#);
        kind(r#"{"n" : -1.5e3 }"#, r#"{"n" : "-1.5e3" }"#);
        kind(r#""TAG x""#, r#"["TAG x"]"#);
        kind("null", r#""null""#);
    }

    #[test]
    fn characters() {
        let unicode = |json, expected| check(Fault::CorruptUnicode, json, expected);
        unicode(r#"["TAG","Zoë é"]"#, Some("[\"TAG\",\"Zo\u{fffd} é\"]"));
        unicode(r#""TAG 🇷🇺""#, Some("\"TAG \u{fffd}🇺\""));
        unicode(r#"{"ключ":"TAG \u2014"}"#, None);
        unicode("\"\u{fffd}\"", None);
    }

    #[test]
    fn keys() {
        let key = |json, expected| check(Fault::CorruptKey, json, expected);
        key(r#"{"a":1,"pp":"TAG"}"#, Some(r#"{"pp":"TAG"}"#));
        key(
            r#"{"pp":"TAG" , "a" : [1,{"b":2}] }"#,
            Some(r#"{"pp":"TAG"  }"#),
        );
        key(r#"["TAG",{"id":5}]"#, Some(r#"["TAG",{}]"#));
        key(r#"{"o":{"pp":"TAG","x":0}}"#, Some(r#"{"o":{"pp":"TAG"}}"#));
        key(r#"{"a":1,"a":2,"b":3}"#, Some(r#"{"a":1,"a":2}"#));
        key(r#"{"pp":"TAG"}"#, None);
        key(r#""TAG""#, None);
        key("{}", None);
    }

    #[test]
    fn long_ones_are_cut_to_64_kib_at_a_whole_character() {
        let small = format!("\"{}\"", "x ".repeat(100));
        assert_eq!(payload(Fault::CorruptTruncate, &small), None);
        for (before, filler, after) in [
            ("{\"pp\":\"TAG\",\"t\":\"", "ab \\u0041ë ", "\",\"n\":1}"),
            ("\"TAG ", "word ", "\""),
            ("[\"", "会議 ", "\",\"TAG\"]"),
        ] {
            for more in 0..12 {
                let long = format!(
                    "{before}{}{}{after}",
                    filler.repeat(66_000 / filler.len()),
                    "y".repeat(more)
                );
                let long = long.replace("TAG", TAG);
                let (cut, _) = payload(Fault::CorruptTruncate, &long).unwrap();
                assert!(cut.len() <= CUT && cut.len() > CUT - 16, "{}", cut.len());
                assert!(cut.contains(TAG));
                serde_json::from_str::<Value>(&cut).unwrap();
            }
        }
        let only_opaque = format!("\"{}\"", "x".repeat(70_000));
        assert_eq!(payload(Fault::CorruptTruncate, &only_opaque), None);
        let tag_at_the_end = format!("\"{} {TAG}\"", "word ".repeat(14_000));
        assert_eq!(payload(Fault::CorruptTruncate, &tag_at_the_end), None);
    }

    #[test]
    fn names() {
        let known = ["alert".to_owned(), "redirect".to_owned()];
        let name = |fault, json| name(fault, json, &known);
        let is = |json: &str| Some(json.to_owned());
        assert_eq!(name(Fault::RenameCase, "\"alert\""), is("\"Alert\""));
        assert_eq!(name(Fault::RenameCase, "\"é-Ab\""), is("\"é-ab\""));
        assert_eq!(name(Fault::RenameCase, "\"42\""), None);
        assert_eq!(name(Fault::RenameCase, "\"Connect\""), None);
        assert_eq!(name(Fault::RenameSpace, "\"alert\""), is("\"alert \""));
        assert_eq!(name(Fault::RenameSpace, "\" alert\""), is("\"alert\""));
        assert_eq!(name(Fault::RenameSpace, "\" \""), None);
        assert_eq!(name(Fault::RenameOther, "\"alert\""), is("\"redirect\""));
        assert_eq!(name(Fault::RenameOther, "\"redirect\""), is("\"alert\""));
    }
}
