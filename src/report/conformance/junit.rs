//! The suite as `JUnit` XML: a `testsuite` for each target, a `testcase` for each case. What a target should do and does not is no failure there
//! either; it stands in the output of its case.

use std::fmt::Write as _;

use super::super::xml::{Attribute, Text};
use crate::summary::conformance::{Conformance, Outcome, Row};

/// The XML, ending in a line break.
#[must_use]
pub fn junit(suites: &[Conformance]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let all: u64 = suites.iter().map(|suite| suite.counts().total()).sum();
    let failed: u64 = suites.iter().map(|suite| suite.counts().failed).sum();
    let errors: u64 = suites.iter().map(errors).sum();
    let time: f64 = suites.iter().map(|suite| suite.took.as_secs_f64()).sum();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"pushproof conform\" tests=\"{all}\" failures=\"{failed}\" errors=\"{errors}\" time=\"{time:.3}\">"
    );
    for suite in suites {
        one(&mut out, suite);
    }
    out.push_str("</testsuites>\n");
    out
}

/// Cases without a result are errors: a gate that is green for want of evidence proves nothing.
fn errors(suite: &Conformance) -> u64 {
    let counts = suite.counts();
    counts.unknown + counts.errors
}

fn one(out: &mut String, suite: &Conformance) {
    let counts = suite.counts();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        Attribute(&suite.name),
        counts.total(),
        counts.failed,
        errors(suite),
        counts.skipped,
        suite.took.as_secs_f64(),
    );
    for row in &suite.rows {
        case(out, row);
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, row: &Row) {
    let about = row.about;
    let _ = write!(
        out,
        "    <testcase classname=\"conformance.{}\" name=\"{} {}\" time=\"{:.3}\"",
        about.topic(),
        about.id,
        Attribute(about.requirement),
        row.took.as_secs_f64(),
    );
    let detail = row.outcome.detail();
    let body = match &row.outcome {
        Outcome::Pass => None,
        Outcome::Skip(why) => Some(format!("      <skipped message=\"{}\"/>\n", Attribute(why))),
        Outcome::Fail(missed) => Some(format!(
            "      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
            about.level.name(),
            Attribute(&detail),
            Text(&format!(
                "allowed: {}\nseen: {}\nsource: {}\n{}",
                missed.allowed,
                missed.seen,
                about.source,
                row.trace.join("\n")
            )),
        )),
        Outcome::Unknown(why) | Outcome::Error(why) => Some(format!(
            "      <error type=\"{}\" message=\"{}\">{}</error>\n",
            row.outcome.name(),
            Attribute(why),
            Text(&row.trace.join("\n")),
        )),
        Outcome::NonStrict(_) | Outcome::Info(_) => Some(format!(
            "      <system-out>{}: {}</system-out>\n",
            row.outcome.name(),
            Text(&detail)
        )),
    };
    match body {
        None => out.push_str("/>\n"),
        Some(body) => {
            let _ = writeln!(out, ">\n{body}    </testcase>");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::suite;
    use super::*;

    #[test]
    fn every_case_is_there_with_what_it_came_to() {
        let mut suite = suite();
        suite.name = "http://t/?a=\"1\"&b".to_owned();
        let xml = junit(&[suite.clone(), suite]);
        for part in [
            "<testsuites name=\"pushproof conform\" tests=\"10\" failures=\"2\" errors=\"2\" time=\"3.000\">\n",
            "  <testsuite name=\"http://t/?a=&quot;1&quot;&amp;b\" tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"0\" time=\"1.500\">\n",
            "    <testcase classname=\"conformance.HS\" name=\"HS-01 It does so.\" time=\"0.012\"/>\n",
            "      <failure type=\"MUST\" message=\"allowed: HTTP 400; seen: HTTP 200\">allowed: HTTP 400\nseen: HTTP 200\nsource: a document\nline 0\n",
            "      <system-out>non-strict: allowed: HTTP 400; seen: HTTP 200</system-out>\n",
            "      <error type=\"unknown\" message=\"slow\">",
            "      <system-out>info: served</system-out>\n",
        ] {
            assert!(xml.contains(part), "{part}: {xml}");
        }
    }
}
