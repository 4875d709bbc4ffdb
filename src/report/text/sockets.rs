//! How sockets got in, and how they travel.

use std::fmt::Write as _;

use super::number;
use crate::summary::Summary;

/// Logins that did not go well at once, and who has to be refused.
pub(super) fn getting_in(out: &mut String, summary: &Summary) -> std::fmt::Result {
    let (logins, refused) = (&summary.logins, &summary.must_refuse);
    if logins.retried + logins.failed > 0 {
        writeln!(
            out,
            "  logins      {} requests · {} of them retries · {} logins failed",
            number(logins.attempted),
            number(logins.retried),
            number(logins.failed)
        )?;
    }
    if let Some(of) = summary.plan.refused {
        writeln!(
            out,
            "  to refuse   {} of {} sockets with {} credentials refused · {} let in",
            number(refused.refused),
            number(refused.sockets),
            of.kind.name(),
            number(refused.let_in)
        )?;
    }
    Ok(())
}

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
