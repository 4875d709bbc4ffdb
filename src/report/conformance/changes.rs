//! Where a target did otherwise than was expected, in lines.

use std::fmt::Write as _;

use crate::summary::Verdict;
use crate::summary::conformance::Conformance;
use crate::summary::expected::{Change, Expected, verdict};

/// The changes, and what they come to, ending in a line break. `file`: what was expected stands there.
#[must_use]
pub fn changes(suite: &Conformance, expected: &Expected, changes: &[Change], file: &str) -> String {
    let mut out = String::new();
    for change in changes {
        let due = match change.due.as_slice() {
            [] => "is not in the file".to_owned(),
            words => format!("was expected to be {}", words.join(" or ")),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "CHANGED {} {due}, and is {}", change.id, change.came);
    }
    let told = match verdict(changes, suite) {
        Verdict::Pass => "EXPECTED  every case came to what was expected".to_owned(),
        Verdict::Fail => format!("CHANGED  {} cases came to something else", changes.len()),
        Verdict::Unknown => "UNKNOWN  not every case came to a result".to_owned(),
    };
    let _ = writeln!(
        out,
        "\n{told}\n  expected {file} ({}, {} cases)",
        expected.target,
        expected.cases.len()
    );
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::suite;
    use super::*;

    #[test]
    fn what_changed_is_told_case_by_case() {
        let suite = suite();
        let mut expected = Expected::of(&suite, "a server", None);
        let told =
            |expected: &Expected| changes(&suite, expected, &expected.changes(&suite), "e.json");
        assert_eq!(
            told(&expected),
            "\nEXPECTED  every case came to what was expected\n  expected e.json (a server, 5 cases)\n"
        );
        expected.cases.remove("HS-01");
        let pass = crate::summary::expected::Due::Always("pass".to_owned());
        expected.cases.insert("HS-02".to_owned(), pass);
        assert!(told(&expected).starts_with(
            "CHANGED HS-01 is not in the file, and is pass\nCHANGED HS-02 was expected to be pass, and is fail\n\nCHANGED  2 cases"
        ), "{}", told(&expected));
    }
}
