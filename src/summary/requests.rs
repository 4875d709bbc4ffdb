//! What the requests of sockets say of the target.

use super::Summary;

fn counted(n: u64, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

/// What the target did wrong with the requests of sockets, in words.
pub(super) fn violations(summary: &Summary) -> Vec<String> {
    let Some(requests) = &summary.plan.requests else {
        return Vec::new();
    };
    let counts = &summary.requests.counts;
    let event = &requests.event;
    let mut told = Vec::new();
    if counts.wrong > 0 {
        told.push(format!(
            "{} of {} had a wrong answer (event {event:?})",
            counts.wrong,
            counted(counts.sent, "request")
        ));
    }
    // What has not been read cannot be called missing.
    if counts.timed_out > 0 && !summary.generator.undrained {
        told.push(format!(
            "{} of {} had no answer within {:?} while the socket stayed connected (event {event:?})",
            counts.timed_out,
            counted(counts.sent, "request"),
            requests.timeout
        ));
    }
    if counts.unasked > 0 {
        told.push(format!(
            "{} that no request explains, or that had come before",
            counted(counts.unasked, "ack")
        ));
    }
    told
}

/// Why nothing is known of the answers.
pub(super) fn not_told(summary: &Summary) -> Option<String> {
    summary.plan.requests.as_ref()?;
    let counts = &summary.requests.counts;
    if counts.sent == 0 {
        return Some("no request was emitted: no socket that asks was connected when its turn came; push for longer, or raise requests.rate".to_owned());
    }
    (counts.sent == counts.unanswered()).then(|| {
        format!(
            "of {} none was answered before its connection or the run ended",
            counted(counts.sent, "request")
        )
    })
}
