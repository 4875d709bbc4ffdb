//! Text in XML. Whatever a target says may have anything in it, and what no XML 1.0 document may have is left out.

use std::fmt::{self, Display, Write as _};

/// Text between tags.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a>(pub(super) &'a str);

/// Text between the quotes of an attribute, in one line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a>(pub(super) &'a str);

/// What XML 1.0 lets a document have (section 2.2).
fn is_allowed(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn write(f: &mut fmt::Formatter<'_>, char: char) -> fmt::Result {
    match char {
        '&' => f.write_str("&amp;"),
        '<' => f.write_str("&lt;"),
        '>' => f.write_str("&gt;"),
        char if is_allowed(char) => f.write_char(char),
        _ => f.write_char('\u{fffd}'),
    }
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| write(f, char))
    }
}

impl Display for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|char| match char {
            '"' => f.write_str("&quot;"),
            '\n' | '\r' | '\t' => f.write_char(' '),
            char => write(f, char),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        assert_eq!(
            Text("a<b>&\"\n\0").to_string(),
            "a&lt;b&gt;&amp;\"\n\u{fffd}"
        );
        assert_eq!(
            Attribute("a\"\n<\u{ffff}").to_string(),
            "a&quot; &lt;\u{fffd}"
        );
    }
}
