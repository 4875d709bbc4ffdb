//! The suite as a page: one file that needs nothing else.

use std::fmt::Write as _;

use super::super::html::{Escaped, page};
use super::counted;
use crate::summary::conformance::{Conformance, Outcome, Row};

/// The page, ending in a line break.
#[must_use]
pub fn html(suites: &[Conformance]) -> String {
    let mut main = "<h1>Conformance</h1>\n".to_owned();
    for suite in suites {
        one(&mut main, suite);
    }
    page("pushproof conform", &main)
}

fn one(out: &mut String, suite: &Conformance) {
    let verdict = suite.verdict().name();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<h2>{}</h2>\n<p><strong>{}</strong>: {} cases in {:.1} s: {}</p>",
        Escaped(&suite.name),
        verdict.to_uppercase(),
        suite.counts().total(),
        suite.took.as_secs_f64(),
        counted(suite.counts()),
    );
    out.push_str("<table>\n<thead><tr><th>case</th><th>level</th><th>outcome</th><th>requirement</th></tr></thead>\n<tbody>\n");
    for row in &suite.rows {
        line(out, row);
    }
    out.push_str("</tbody>\n</table>\n");
}

fn line(out: &mut String, row: &Row) {
    let about = row.about;
    let _ = write!(
        out,
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}",
        about.id,
        about.level.name(),
        row.outcome.name(),
        Escaped(about.requirement),
    );
    let detail = row.outcome.detail();
    if !detail.is_empty() {
        let _ = write!(out, "<br><em>{}</em>", Escaped(&detail));
    }
    let is_plain = matches!(
        row.outcome,
        Outcome::Pass | Outcome::Info(_) | Outcome::Skip(_)
    );
    if !is_plain && !row.trace.is_empty() {
        let _ = write!(
            out,
            "<details><summary>what was said ({})</summary><pre>",
            Escaped(about.source)
        );
        for said in &row.trace {
            let _ = writeln!(out, "{}", Escaped(said));
        }
        out.push_str("</pre></details>");
    }
    out.push_str("</td></tr>\n");
}

#[cfg(test)]
mod tests {
    use super::super::tests::suite;
    use super::*;

    #[test]
    fn every_case_is_a_row_and_what_is_missed_has_its_trace() {
        let mut suite = suite();
        suite.name = "http://<t>".to_owned();
        let page = html(&[suite]);
        assert!(page.contains("<h2>http://&lt;t&gt;</h2>\n<p><strong>FAIL</strong>: 5 cases"));
        assert!(page.contains("<td>HS-02</td><td>MUST</td><td>fail</td><td>It does so.<br><em>allowed: HTTP 400; seen: HTTP 200</em><details>"), "{page}");
        assert_eq!(page.matches("<details>").count(), 3);
        assert_eq!(page.matches("<tr><td>").count(), 5);
    }
}
