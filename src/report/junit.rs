//! A run as `JUnit` XML: one `testsuite`, with a `testcase` for the verdict, each class of violations, each threshold, whatever else the
//! scenario asks for, the sockets and the generator. What cannot be told is an error or skipped: a gate that is green for want of evidence
//! proves nothing.

use std::fmt::Write as _;

use super::json::form::{Report, Threshold};
use super::text::requests;
use super::text::thresholds::observed;
use super::text::{in_short, line, number};
use super::xml::{Attribute, Text};
use crate::verify::Class;

/// Most examples in the text of a failure.
const EXAMPLES: usize = 5;

/// A test case.
struct Case {
    name: String,
    outcome: Outcome,
}

/// What it came to.
enum Outcome {
    Pass,
    /// Why it proves nothing.
    Skipped(&'static str),
    /// In a line, and all of it.
    Failure(String, Vec<String>),
    /// The same of what cannot be told.
    Error(String, Vec<String>),
}

/// The XML, ending in a line break.
#[must_use]
pub fn render(report: &Report) -> String {
    let cases = cases(report);
    let failed = |case: &&Case| matches!(case.outcome, Outcome::Failure(..));
    let errors = |case: &&Case| matches!(case.outcome, Outcome::Error(..));
    let skipped = |case: &&Case| matches!(case.outcome, Outcome::Skipped(_));
    let time = report.duration_ms as f64 / 1e3;
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\"",
        cases.len(),
        cases.iter().filter(failed).count(),
        cases.iter().filter(errors).count()
    );
    let skipped = cases.iter().filter(skipped).count();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let suite = format!(
        "{} at {} (seed {})",
        report.scenario.name, report.target.url, report.seed
    );
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"pushproof run\" {counts} time=\"{time:.3}\">\n  \
         <testsuite name=\"{}\" {counts} skipped=\"{skipped}\" time=\"{time:.3}\">",
        Attribute(&suite)
    );
    for (n, case) in cases.iter().enumerate() {
        // The whole run is the first's.
        one(&mut out, case, if n == 0 { time } else { 0.0 });
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn one(out: &mut String, case: &Case, time: f64) {
    let _ = write!(
        out,
        "    <testcase classname=\"pushproof.run\" name=\"{}\" time=\"{time:.3}\"",
        Attribute(&case.name)
    );
    let (tag, message, body) = match &case.outcome {
        Outcome::Pass => {
            out.push_str("/>\n");
            return;
        }
        Outcome::Skipped(why) => {
            let _ = writeln!(
                out,
                ">\n      <skipped message=\"{}\"/>\n    </testcase>",
                Attribute(why)
            );
            return;
        }
        Outcome::Failure(message, body) => ("failure", message, body),
        Outcome::Error(message, body) => ("error", message, body),
    };
    let _ = writeln!(
        out,
        ">\n      <{tag} message=\"{}\">{}</{tag}>\n    </testcase>",
        Attribute(message),
        Text(&body.join("\n"))
    );
}

fn cases(report: &Report) -> Vec<Case> {
    let mut cases = vec![verdict(report)];
    cases.extend(Class::ALL.map(|class| of_class(report, class)));
    cases.extend(must_refuse(report));
    cases.extend(answers(report));
    cases.extend(report.thresholds.iter().map(threshold));
    cases.push(sockets(report));
    cases.push(generator(report));
    cases
}

fn case(name: impl Into<String>, outcome: Outcome) -> Case {
    Case {
        name: name.into(),
        outcome,
    }
}

fn verdict(report: &Report) -> Case {
    let told = in_short(report);
    case(
        "the verdict is pass",
        match report.verdict.as_ref() {
            "pass" => Outcome::Pass,
            "fail" => Outcome::Failure(told, report.reasons.clone()),
            _ => Outcome::Error(told, report.reasons.clone()),
        },
    )
}

fn of_class(report: &Report, class: Class) -> Case {
    let (n, deliveries) = (report.deliveries.wrong.of(class), &report.deliveries);
    let name = class.name();
    let outcome = if n > 0 {
        let examples = report.violations.iter().filter(|one| one.class == name);
        let told = examples.take(EXAMPLES).map(line).collect();
        let message = format!(
            "{} {name} of {} deliveries",
            number(n),
            number(deliveries.delivered)
        );
        Outcome::Failure(message, told)
    } else if deliveries.delivered + deliveries.expected == 0 {
        Outcome::Skipped("nothing had to arrive and nothing did, so nothing is proved")
    } else {
        Outcome::Pass
    };
    case(format!("no delivery is {name}"), outcome)
}

fn must_refuse(report: &Report) -> Option<Case> {
    let of = report.must_refuse.as_ref()?;
    let told = |map: &std::collections::BTreeMap<String, u64>| {
        map.iter().map(|(why, n)| format!("{n}: {why}")).collect()
    };
    let outcome = if of.let_in > 0 {
        let message = format!("{} of {} were let in", of.let_in, of.sockets);
        Outcome::Failure(message, Vec::new())
    } else if of.refused < of.sockets {
        let message = format!(
            "only {} of {} are known to be refused",
            of.refused, of.sockets
        );
        Outcome::Error(message, told(&of.untried_because))
    } else {
        Outcome::Pass
    };
    Some(case(
        format!("sockets with {} credentials are refused", of.kind),
        outcome,
    ))
}

fn answers(report: &Report) -> Option<Case> {
    let of = report.requests.as_ref()?;
    let outcome = if of.wrong + of.timed_out + of.unasked > 0 {
        let message = format!(
            "{} wrong, {} timed out, {} unasked, of {} sent",
            of.wrong, of.timed_out, of.unasked, of.sent
        );
        Outcome::Failure(
            message,
            of.examples
                .iter()
                .take(EXAMPLES)
                .map(requests::line)
                .collect(),
        )
    } else if of.answered == 0 {
        Outcome::Error("no request was answered".to_owned(), Vec::new())
    } else {
        Outcome::Pass
    };
    Some(case(
        format!("requests ({}) get the right answer", of.event),
        outcome,
    ))
}

fn threshold(one: &Threshold) -> Case {
    let outcome = match one.outcome.as_ref() {
        "kept" => Outcome::Pass,
        "breached" => Outcome::Failure(format!("it was {}", observed(one)), Vec::new()),
        _ => Outcome::Error(
            one.why.as_deref().unwrap_or("unknown").to_owned(),
            Vec::new(),
        ),
    };
    case(format!("threshold {}", one.expression), outcome)
}

fn sockets(report: &Report) -> Case {
    let sockets = &report.sockets;
    let because = |map: &std::collections::BTreeMap<String, u64>| -> Vec<String> {
        map.iter().map(|(why, n)| format!("{n}: {why}")).collect()
    };
    let outcome = if let Some(why) = &report.not_begun {
        Outcome::Error(why.clone(), Vec::new())
    } else if sockets.connected < sockets.wanted {
        let message = format!("{} of {} connected", sockets.connected, sockets.wanted);
        Outcome::Error(message, because(&sockets.refused_because))
    } else {
        Outcome::Pass
    };
    case("every socket connects", outcome)
}

fn generator(report: &Report) -> Case {
    let generator = &report.generator;
    let outcome = if generator.limited {
        let message = "the generator was the limit".to_owned();
        Outcome::Error(message, generator.limited_because.clone())
    } else {
        Outcome::Pass
    };
    case("the generator is not the limit", outcome)
}
