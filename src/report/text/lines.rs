//! What is proved, in the lines of a report that has something to say of it.

use std::fmt::Write as _;

use super::number;
use crate::report::json::form::{Deliveries, Report};

/// What is proved of deliveries that carry no tag, if there are any.
pub(super) fn untagged(out: &mut String, report: &Report) -> std::fmt::Result {
    let counts = &report.deliveries;
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

/// That somebody changed the rate while the run went on.
pub(super) fn rate_changes(out: &mut String, report: &Report) -> std::fmt::Result {
    let changes = &report.rate_changes;
    let Some(last) = changes.last() else {
        return Ok(());
    };
    let at = last.at_ms as f64 / 1e3;
    let times = match changes.len() {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    };
    writeln!(
        out,
        "              the rate was changed by hand {times}, to {} × the schedule's after {at:.1} s",
        last.factor
    )
}

/// That a run was a closed loop, and what its latencies hide for that.
pub(super) fn closed(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.pushes.mode != "closed" {
        return Ok(());
    }
    writeln!(
        out,
        "              closed loop: each lane sent its next push when its last one had arrived · {} not waited for any longer at the deadline",
        number(report.pushes.given_up)
    )?;
    writeln!(
        out,
        "              latencies count from sending, and hide what pushes would have waited for (coordinated omission)"
    )
}

/// That the pushes of a warm-up are in no latency.
pub(super) fn warm_up(out: &mut String, report: &Report) -> std::fmt::Result {
    let plan = report.scenario.plan.known();
    let Some(lasts) = plan.and_then(|plan| plan.phases.ramp) else {
        return Ok(());
    };
    let parts = report.by_event.values();
    let deliveries = parts.map(|part| part.delivered.saturating_sub(part.push.count));
    let recovered = report.deliveries.recovered;
    writeln!(
        out,
        "  warm-up     {} deliveries of the first {} are verified and left out of latencies",
        number(deliveries.sum::<u64>().saturating_sub(recovered)),
        lasts
    )
}

/// What sockets had missed and got when they were back, if there is any.
pub(super) fn recovered(out: &mut String, report: &Report) -> std::fmt::Result {
    let (sockets, counts) = (&report.sockets, &report.deliveries);
    if sockets.recovered == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "  recovered   {} connections went on where the last had ended · {} deliveries made up for what was missed, in no latency",
        number(sockets.recovered),
        number(counts.recovered)
    )
}

/// What was expected nowhere and did not come, if there is any.
pub(super) fn missed(out: &mut String, deliveries: &Deliveries) -> std::fmt::Result {
    if deliveries.missed_at_neglect > 0 {
        writeln!(
            out,
            "  neglected   {} missed by sockets that stopped reading, or were ended for what they neglected",
            number(deliveries.missed_at_neglect)
        )?;
    }
    if deliveries.missed_at_death + deliveries.missed_at_churn + deliveries.away > 0 {
        writeln!(
            out,
            "  not there   {} missed at a death · {} at coming or leaving · {} while away",
            number(deliveries.missed_at_death),
            number(deliveries.missed_at_churn),
            number(deliveries.away)
        )?;
    }
    Ok(())
}
