//! Lines that a report has only where there is something to say.

use std::fmt::Write as _;

use super::number;
use crate::summary::Summary;

/// How the sockets travel, unless all are `websocket`: one from the first byte on.
pub(super) fn transports(out: &mut String, summary: &Summary) -> std::fmt::Result {
    if summary.plan.clients.transports.is_websocket() {
        return Ok(());
    }
    let spoken = summary.by_transport().into_iter().filter(|(_, n)| *n > 0);
    let mut told: Vec<_> = spoken
        .map(|(one, n)| format!("{} {one}", number(n)))
        .collect();
    if summary.upgrades.done > 0 {
        told.push(format!("{} upgraded", number(summary.upgrades.done)));
    }
    writeln!(out, "  transports  {}", told.join(" · "))?;
    let stayed = summary.upgrades.not.total();
    if stayed > 0 {
        writeln!(
            out,
            "              {} stayed on long-polling: {}",
            number(stayed),
            summary.upgrades.not.most_common()
        )?;
    }
    Ok(())
}

/// What is proved of deliveries that carry no tag, if there are any.
pub(super) fn untagged(out: &mut String, summary: &Summary) -> std::fmt::Result {
    let counts = &summary.findings.counts;
    let (by_name, by_count) = (counts.by_name, counts.by_count);
    if by_name + by_count == 0 {
        return Ok(());
    }
    write!(
        out,
        "  without tag {} each told by its event name",
        number(by_name)
    )?;
    if by_count > 0 {
        write!(out, " · {} by count only", number(by_count))?;
    }
    writeln!(out)
}
