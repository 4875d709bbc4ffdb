//! The requests that sockets emitted.

use super::{number, seconds};
use crate::history::Reply;
use crate::report::hand::printable;
use crate::summary::Summary;

/// Most examples shown: more are in the JSON report.
const EXAMPLES: usize = 3;

/// Their counts; nothing if no socket emits anything.
pub(super) fn counts(out: &mut String, summary: &Summary) -> std::fmt::Result {
    use std::fmt::Write as _;
    if summary.plan.requests.is_none() {
        return Ok(());
    }
    let counts = &summary.requests.counts;
    writeln!(
        out,
        "  requests    {} of {} sent · {} answered right · {} wrong · {} timed out",
        number(counts.sent),
        number(summary.plan.requests_scheduled()),
        number(counts.answered),
        number(counts.wrong),
        number(counts.timed_out)
    )?;
    let rest = [
        (
            counts.unanswered(),
            "unanswered when their connection ended",
        ),
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
pub(super) fn examples(out: &mut String, summary: &Summary) -> std::fmt::Result {
    use std::fmt::Write as _;
    let examples = summary.requests.examples();
    if examples.is_empty() {
        return Ok(());
    }
    writeln!(out, "  requests, for example")?;
    for kind in [Reply::Wrong, Reply::None, Reply::Unasked] {
        let of_kind = examples.iter().filter(|example| example.reply == kind);
        for example in of_kind.take(EXAMPLES) {
            let request = &example.request;
            let (user, at) = (summary.plan.name_of(request.user), seconds(example.at));
            write!(out, "    ")?;
            match kind {
                Reply::Wrong => write!(
                    out,
                    "wrong        request {} of {user}'s socket {}, sent {}, answered {at} with {}",
                    request.number,
                    request.socket,
                    seconds(request.sent),
                    shown(&example.answer)
                )?,
                Reply::None => write!(
                    out,
                    "timed out    request {} of {user}'s socket {}, sent {}, given up {at}",
                    request.number,
                    request.socket,
                    seconds(request.sent)
                )?,
                _ => write!(
                    out,
                    "unasked      an ack at {user}'s socket {}, {at}: {}",
                    request.socket,
                    shown(&example.answer)
                )?,
            }
            writeln!(out)?;
        }
    }
    writeln!(out)
}

/// What the target said, with nothing in it that a terminal would act on.
fn shown(answer: &str) -> String {
    if answer.is_empty() {
        return "no argument".to_owned();
    }
    let start: String = answer.chars().take(120).collect();
    printable(&start)
}
