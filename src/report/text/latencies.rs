//! The table of latencies.

use std::fmt::Write as _;

use super::{duration, number};
use crate::report::hand::printable;
use crate::report::json::form::Report;
use crate::report::json::latency::LatencyUs;

/// A table of the latencies that there are samples of.
pub(super) fn all(out: &mut String, report: &Report) -> std::fmt::Result {
    let latencies = &report.latency;
    let rows = [
        ("push, from due", &latencies.push),
        ("push, from sent", &latencies.push_from_send),
        ("  to the kernel", &latencies.network),
        ("  then waiting", &latencies.generator_delay),
        ("* to the first", &latencies.fanout_first),
        ("* to the median", &latencies.fanout_median),
        ("* to the last", &latencies.fanout_last),
        ("trigger, answered", &latencies.trigger),
        ("request, from due", &latencies.request),
        ("  from sent", &latencies.request_from_send),
        ("login", &latencies.login),
        ("  each request", &latencies.login_attempt),
        ("connect", &latencies.connect),
    ];
    // Without a retry, a login is one request.
    let is_shown = |name: &str| match name {
        "  each request" => report.logins.retried > 0,
        "push, from due" => report.pushes.mode != "closed",
        _ => true,
    };
    let rows = rows.into_iter().filter(|(name, _)| is_shown(name));
    let rows: Vec<_> = rows.collect();
    if rows.iter().all(|(_, latency)| latency.count == 0) {
        return Ok(());
    }
    writeln!(
        out,
        "  {:<17}{:>9}{:>9}{:>9}{:>9}{:>9}{:>12}",
        "latency", "p50", "p90", "p99", "p99.9", "max", "samples"
    )?;
    for (name, latency) in rows {
        if latency.count > 0 {
            writeln!(out, "  {}", row(name, latency))?;
        }
    }
    if let Some(why) = &report.generator.unstamped {
        writeln!(out, "  {}", printable(why))?;
    }
    writeln!(out)
}

fn row(name: &str, latency: &LatencyUs) -> String {
    let mut row = format!("{name:<17}");
    for us in [
        latency.p50_us,
        latency.p90_us,
        latency.p99_us,
        latency.p999_us,
    ] {
        let _ = write!(row, "{:>9}", duration(us));
    }
    let _ = write!(
        row,
        "{:>9}{:>12}",
        duration(latency.max_us),
        number(latency.count)
    );
    row
}
