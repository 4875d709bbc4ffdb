//! The requests that sockets emitted.

use super::{number, seconds};
use crate::report::hand::printable;
use crate::report::json::form::Report;
use crate::report::json::requests::Example;

/// Most examples shown: more are in the JSON report.
const EXAMPLES: usize = 3;

/// Their counts; nothing if no socket emits anything.
pub(super) fn counts(out: &mut String, report: &Report) -> std::fmt::Result {
    use std::fmt::Write as _;
    let Some(counts) = &report.requests else {
        return Ok(());
    };
    writeln!(
        out,
        "  requests    {} of {} sent · {} answered right · {} wrong · {} timed out",
        number(counts.sent),
        number(counts.scheduled),
        number(counts.answered),
        number(counts.wrong),
        number(counts.timed_out)
    )?;
    let rest = [
        (counts.unanswered, "unanswered when their connection ended"),
        (counts.unasked, "acks that no request explains"),
        (counts.late, "answers after the time-out"),
    ];
    let rest = rest.into_iter().filter(|(n, _)| *n > 0);
    let rest: Vec<_> = rest
        .map(|(n, what)| format!("{} {what}", number(n)))
        .collect();
    if !rest.is_empty() {
        writeln!(out, "              {}", rest.join(" · "))?;
    }
    Ok(())
}

/// What went wrong with some.
pub(super) fn examples(out: &mut String, report: &Report) -> std::fmt::Result {
    use std::fmt::Write as _;
    let examples = report.requests.iter().flat_map(|of| &of.examples);
    let examples: Vec<_> = examples.collect();
    if examples.is_empty() {
        return Ok(());
    }
    writeln!(out, "  requests, for example")?;
    for kind in ["wrong", "timed_out", "unasked"] {
        let of_kind = examples.iter().filter(|example| example.what == kind);
        for example in of_kind.take(EXAMPLES) {
            writeln!(out, "    {}", line(example))?;
        }
    }
    writeln!(out)
}

/// What went wrong with one.
pub(in crate::report) fn line(example: &Example) -> String {
    let (user, socket, at) = (
        printable(&example.user),
        example.socket,
        seconds(example.at_us),
    );
    let seq = example.seq.unwrap_or_default();
    let sent = seconds(example.sent_us.unwrap_or_default());
    let answer = shown(example.answer.as_deref().unwrap_or_default());
    match example.what.as_ref() {
        "wrong" => format!(
            "wrong        request {seq} of {user}'s socket {socket}, sent {sent}, answered {at} with {answer}"
        ),
        "timed_out" => format!(
            "timed out    request {seq} of {user}'s socket {socket}, sent {sent}, given up {at}"
        ),
        _ => format!("unasked      an ack at {user}'s socket {socket}, {at}: {answer}"),
    }
}

/// What the target said, with nothing in it that a terminal would act on.
fn shown(answer: &str) -> String {
    if answer.is_empty() {
        return "no argument".to_owned();
    }
    let start: String = answer.chars().take(120).collect();
    printable(&start)
}
