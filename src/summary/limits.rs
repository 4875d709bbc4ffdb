//! Whether the generator, not the target, was the limit. docs/verification.md states the rules for users.

use std::time::Duration;

use super::Summary;
use super::thresholds::Checked;
use crate::scenario::threshold::Metric;
use crate::scenario::threshold::metric::Timing;

/// Schedule lag (99th percentile) above which the generator, not the target, set the pace. Lanes are due within a millisecond or two.
pub const LAG_LIMIT: Duration = Duration::from_millis(100);
/// Delay of the event loops (99th percentile) above which the generator made latency of its own.
pub const LOOP_DELAY_LIMIT: Duration = Duration::from_millis(100);
/// What deliveries waited in the generator (99th percentile) above which their latency is its own.
pub const DELAY_LIMIT: Duration = Duration::from_millis(100);
/// A single delay of an event loop above which the generator stood still: whatever it measured meanwhile is its own.
pub const STALL_LIMIT: Duration = Duration::from_secs(1);
/// Percent of one processor that the busiest thread may take while pushing: above it, what arrives waits in the generator.
pub const THREAD_LIMIT: f64 = 90.0;

/// Why the generator was the limit, in words, the weightiest first; empty if it was not.
pub(super) fn limits(summary: &Summary, thresholds: &[Checked]) -> Vec<String> {
    let generator = &summary.generator;
    let mut limits = Vec::new();
    if let Some(first) = generator.lost_workers.first() {
        limits.push(format!(
            "{} of its {} workers were lost, and what they had not told is missing: {first}",
            generator.lost_workers.len(),
            generator.workers
        ));
    }
    if generator.failed_parts > 0 {
        limits.push(format!(
            "{} of its threads or lanes failed, and what they saw is missing; this is a fault of pushproof, please report it",
            generator.failed_parts
        ));
    }
    let shortages = generator.shortages.total();
    if shortages > 0 {
        limits.push(format!(
            "{shortages} of its sockets, logins or pushes met a limit of its own machine ({}); raise the limit of open files (ulimit -n), or spread the load over more machines",
            generator.shortages.most_common()
        ));
    }
    if generator.held_up > 0 {
        limits.push(format!(
            "{} deliveries came past the deadline while it may have held them up itself; give it more CPU or lower the load",
            generator.held_up
        ));
    }
    if generator.undrained {
        limits.push(
            "it could not read all that had arrived before judging; give it more CPU or lower the load"
                .to_owned(),
        );
    }
    if summary.missed.by_generator > 0 {
        limits.push(format!(
            "it was so far behind that {} of {} scheduled pushes were never sent; give it more CPU or lower the load",
            summary.missed.by_generator, summary.pushes.scheduled
        ));
    }
    let over =
        |us: Option<u64>, limit: Duration| us.filter(|us| u128::from(*us) > limit.as_micros());
    if let Some(us) = over(generator.schedule_lag.quantile_us(0.99), LAG_LIMIT) {
        limits.push(format!(
            "pushes left {} ms after their time (99th percentile); give it more CPU or lower the load",
            us / 1_000
        ));
    }
    if let Some(us) = over(generator.loop_delay.quantile_us(0.99), LOOP_DELAY_LIMIT) {
        limits.push(format!(
            "its event loops were {} ms late (99th percentile); give it more CPU or lower the load",
            us / 1_000
        ));
    } else if let Some(us) = over(generator.loop_delay.max_us(), STALL_LIMIT) {
        limits.push(format!(
            "it stood still for {:.1} s, and what it measured meanwhile is its own delay",
            us as f64 / 1e6
        ));
    }
    let delay = &summary.latencies.generator_delay;
    if let Some(us) = over(delay.quantile_us(0.99), DELAY_LIMIT) {
        limits.push(format!(
            "deliveries that had come waited {} ms for it (99th percentile); give it more CPU or lower the load",
            us / 1_000
        ));
    }
    if let Some(percent) = generator
        .busiest_thread_percent
        .filter(|p| *p > THREAD_LIMIT)
    {
        limits.push(format!(
            "its busiest thread took {percent:.0} % of a processor while pushing; lower the load, or spread it over more machines"
        ));
    }
    for checked in thresholds {
        let own = is_own(&checked.metric);
        if let Some(held) = checked.held.as_ref().filter(|held| own && !held.holds) {
            limits.push(format!(
                "{} was asked for, and it was {held}",
                checked.expression
            ));
        }
    }
    limits
}

/// Whether a figure says nothing of the target: what is asked of it is asked of the generator.
pub(super) fn is_own(metric: &Metric) -> bool {
    matches!(
        metric,
        Metric::Generator(_) | Metric::Latency(Timing::GeneratorDelay, _)
    )
}
