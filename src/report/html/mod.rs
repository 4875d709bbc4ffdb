//! What HTML reports share: one file that needs nothing else, light or dark as its reader has it. [`run`] alone has scripts.

pub(super) mod chart;
pub(super) mod run;

use std::fmt::{self, Display, Write as _};

const STYLE: &str = include_str!("style.css");

/// A page with this title around what is in it, ending in a line break. The title is text, the rest is HTML.
pub(super) fn page(title: &str, main: &str) -> String {
    page_with(title, "", main, "")
}

/// The same with a style of its own, and with what comes after the page: scripts and their data.
fn page_with(title: &str, style: &str, main: &str, after: &str) -> String {
    let title = Escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"pushproof\">\n<title>{title}</title>\n\
         <style>\n{STYLE}{style}</style>\n</head>\n<body>\n<main>\n{main}</main>\n{after}</body>\n</html>\n"
    )
}

/// Text as HTML shows it. Whatever a target or a scenario names may have anything in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for char in self.0.chars() {
            match char {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // What no document may have; a line break or tab is as good as a space.
                control if control.is_control() => f.write_char(' ')?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// The same of text whose lines count.
struct Preformatted<'a>(&'a str);

impl Display for Preformatted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, line) in self.0.lines().enumerate() {
            if n > 0 {
                f.write_char('\n')?;
            }
            Escaped(line).fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        let page = page("<b>&\"'\u{0}x", "<p>in</p>\n");
        assert!(page.contains("<title>&lt;b&gt;&amp;&quot;&#39; x</title>"));
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    }

    #[test]
    fn a_page_needs_nothing_else() {
        let page = page("t", "");
        for from_elsewhere in [
            "http:", "https:", "src=", "@import", "url(", "<script", "<link",
        ] {
            assert!(!page.contains(from_elsewhere), "{from_elsewhere}");
        }
    }
}
