//! A flat reading of valid JSON: where its parts stand. Faults change a payload in one place and leave every other byte as it was,
//! which a parser that builds values could not.

use std::ops::Range;

/// What stands somewhere in a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string that names a member of an object.
    Key,
    /// Any other string.
    Text,
    Number,
    /// `true`, `false` or `null`.
    Literal,
    Open,
    Close,
}

/// One part and its bytes; of a string, its quotes too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

impl Part {
    /// The bytes between a string's quotes.
    pub(super) fn inside(&self) -> Range<usize> {
        self.at.start + 1..self.at.end - 1
    }
}

/// The parts of a valid JSON text, in order.
pub(super) fn scan(json: &str) -> Vec<Part> {
    let bytes = json.as_bytes();
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(byte) = bytes.get(from) {
        let end_of = |is_end: fn(u8) -> bool| {
            let rest = &bytes[from..];
            from + rest.iter().position(|b| is_end(*b)).unwrap_or(rest.len())
        };
        let (kind, end) = match byte {
            b'"' => {
                let end = end_of_string(bytes, from);
                let next = bytes[end..].iter().find(|b| !b.is_ascii_whitespace());
                let key = next == Some(&b':');
                (if key { Kind::Key } else { Kind::Text }, end)
            }
            b'{' | b'[' => (Kind::Open, from + 1),
            b'}' | b']' => (Kind::Close, from + 1),
            b't' | b'f' | b'n' => (Kind::Literal, end_of(|b| !b.is_ascii_lowercase())),
            b'-' | b'0'..=b'9' => {
                let end = end_of(|b| !matches!(b, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'));
                (Kind::Number, end)
            }
            _ => {
                from += 1;
                continue;
            }
        };
        parts.push(Part {
            kind,
            at: from..end,
        });
        from = end;
    }
    parts
}

/// The place behind the quote that ends the string beginning at `from`.
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Characters of a word from which on it is taken for an identifier of somebody's, which no fault changes.
pub(super) const OPAQUE: usize = 40;

/// The words of a part of a JSON text, with their places in it; those that are too long for words are left out.
pub(super) fn words(json: &str, within: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    all_words(json, within).filter(|word| json[word.clone()].chars().count() < OPAQUE)
}

/// Whether some word of a part is too long for one.
pub(super) fn has_opaque(json: &str, within: Range<usize>) -> bool {
    all_words(json, within).any(|word| json[word].chars().count() >= OPAQUE)
}

fn all_words(json: &str, within: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut from = within.start;
    json[within].split(' ').map(move |word| {
        let place = from..from + word.len();
        from = place.end + 1;
        place
    })
}

/// The characters of a word of a JSON string with their places, escapes left out. Escapes hold no space, so a word holds them whole.
pub(super) fn plain_chars(json: &str, word: Range<usize>) -> impl Iterator<Item = (usize, char)> {
    let start = word.start;
    let mut chars = json[word].char_indices();
    std::iter::from_fn(move || {
        loop {
            let (at, char) = chars.next()?;
            if char != '\\' {
                return Some((start + at, char));
            }
            if let Some((_, 'u')) = chars.next() {
                chars.nth(3);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, plain_chars, scan, words};

    #[test]
    fn parts_are_found_where_they_stand() {
        let json = r#"{"a" : -1.5e3,"b\"}":["x\\",null ]}"#;
        let found: Vec<_> = scan(json)
            .into_iter()
            .map(|part| (part.kind, &json[part.at]))
            .collect();
        assert_eq!(
            found,
            [
                (Kind::Open, "{"),
                (Kind::Key, "\"a\""),
                (Kind::Number, "-1.5e3"),
                (Kind::Key, r#""b\"}""#),
                (Kind::Open, "["),
                (Kind::Text, r#""x\\""#),
                (Kind::Literal, "null"),
                (Kind::Close, "]"),
                (Kind::Close, "}"),
            ]
        );
    }

    #[test]
    fn words_are_those_of_people() {
        let long = "x".repeat(40);
        let json = format!("\"one {long} tw\\u2014o\\n3\"");
        let found: Vec<_> = words(&json, 1..json.len() - 1).collect();
        assert_eq!(&json[found[0].clone()], "one");
        assert_eq!(found.len(), 2);
        let chars: String = plain_chars(&json, found[1].clone()).map(|c| c.1).collect();
        assert_eq!(chars, "two3");
    }
}
