//! How sockets got in, and how they travel.

use std::fmt::Write as _;

use super::number;
use crate::report::hand::printable;
use crate::report::json::form::Report;
use crate::scenario::Transport;
use crate::summary::Reasons;

/// Logins that did not go well at once, and who has to be refused.
pub(super) fn getting_in(out: &mut String, report: &Report) -> std::fmt::Result {
    let logins = &report.logins;
    if logins.retried + logins.failed > 0 {
        writeln!(
            out,
            "  logins      {} requests · {} of them retries · {} logins failed",
            number(logins.attempted),
            number(logins.retried),
            number(logins.failed)
        )?;
    }
    if let Some(refused) = &report.must_refuse {
        writeln!(
            out,
            "  to refuse   {} of {} sockets with {} credentials refused · {} let in",
            number(refused.refused),
            number(refused.sockets),
            printable(&refused.kind),
            number(refused.let_in)
        )?;
    }
    Ok(())
}

/// How the sockets travel, unless all are `websocket`: one from the first byte on.
pub(super) fn transports(out: &mut String, report: &Report) -> std::fmt::Result {
    let sockets = &report.sockets;
    let spoken = sockets.by_transport.iter().filter(|(_, n)| **n > 0);
    let spoken: Vec<_> = spoken.collect();
    if spoken
        .iter()
        .all(|(one, _)| *one == Transport::WebSocket.name())
    {
        return Ok(());
    }
    // In the order of the enumeration, not of the alphabet.
    let mut told = Vec::new();
    for one in Transport::ALL {
        let of = spoken.iter().filter(|(name, _)| *name == one.name());
        told.extend(of.map(|(_, n)| format!("{} {one}", number(**n))));
    }
    if sockets.upgraded > 0 {
        told.push(format!("{} upgraded", number(sockets.upgraded)));
    }
    writeln!(out, "  transports  {}", told.join(" · "))?;
    let stayed: u64 = sockets.not_upgraded_because.values().sum();
    if stayed > 0 {
        writeln!(
            out,
            "              {} stayed on long-polling: {}",
            number(stayed),
            printable(&Reasons::of_map(&sockets.not_upgraded_because).most_common())
        )?;
    }
    Ok(())
}
