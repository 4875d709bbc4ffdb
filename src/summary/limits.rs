//! Whether the generator, not the target, was the limit. docs/verification.md states the rules for users.

use std::time::Duration;

use super::thresholds::Checked;
use super::{Reasons, Summary};
use crate::measure::Latency;
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

/// What tells whether the generator is the limit, of a run that is over or goes on.
#[derive(Debug, Default)]
pub struct Signs {
    /// Workers that ended before their time, with how, of so many.
    pub lost_workers: (Vec<String>, u64),
    /// Threads and lanes that ended by a fault of pushproof itself.
    pub failed_parts: u64,
    /// What the machine or process ran out of.
    pub shortages: Reasons,
    /// Deliveries past the deadline that the generator itself may have held up.
    pub held_up: u64,
    /// Not all that had arrived could be read before judging.
    pub undrained: bool,
    /// Pushes never sent because the generator was behind, of so many scheduled.
    pub missed: (u64, u64),
    /// How late pushes left that could have: 99th percentile in microseconds.
    pub schedule_lag_p99_us: Option<u64>,
    /// How late event loops were: 99th percentile in microseconds.
    pub loop_delay_p99_us: Option<u64>,
    /// At most.
    pub loop_delay_max_us: Option<u64>,
    /// What deliveries waited for it: 99th percentile in microseconds.
    pub generator_delay_p99_us: Option<u64>,
    /// CPU that the busiest thread took while pushing, in percent of one processor.
    pub busiest_thread_percent: Option<f64>,
}

impl Signs {
    fn of(summary: &Summary) -> Self {
        let generator = &summary.generator;
        let p99 = |latency: &Latency| latency.quantile_us(0.99);
        Self {
            lost_workers: (generator.lost_workers.clone(), generator.workers),
            failed_parts: generator.failed_parts,
            shortages: generator.shortages.clone(),
            held_up: generator.held_up,
            undrained: generator.undrained,
            missed: (summary.missed.by_generator, summary.pushes.scheduled),
            schedule_lag_p99_us: p99(&generator.schedule_lag),
            loop_delay_p99_us: p99(&generator.loop_delay),
            loop_delay_max_us: generator.loop_delay.max_us(),
            generator_delay_p99_us: p99(&summary.latencies.generator_delay),
            busiest_thread_percent: generator.busiest_thread_percent,
        }
    }
}

/// Why the generator was the limit, in words, the weightiest first; empty if it was not.
pub(super) fn limits(summary: &Summary, thresholds: &[Checked]) -> Vec<String> {
    limits_of(&Signs::of(summary), thresholds)
}

/// The same by its signs.
pub(super) fn limits_of(generator: &Signs, thresholds: &[Checked]) -> Vec<String> {
    let mut limits = Vec::new();
    let (lost, workers) = &generator.lost_workers;
    if let Some(first) = lost.first() {
        limits.push(format!(
            "{} of its {workers} workers were lost, and what they had not told is missing: {first}",
            lost.len(),
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
    let (missed, scheduled) = generator.missed;
    if missed > 0 {
        limits.push(format!(
            "it was so far behind that {missed} of {scheduled} scheduled pushes were never sent; give it more CPU or lower the load"
        ));
    }
    let over =
        |us: Option<u64>, limit: Duration| us.filter(|us| u128::from(*us) > limit.as_micros());
    if let Some(us) = over(generator.schedule_lag_p99_us, LAG_LIMIT) {
        limits.push(format!(
            "pushes left {} ms after their time (99th percentile); give it more CPU or lower the load",
            us / 1_000
        ));
    }
    if let Some(us) = over(generator.loop_delay_p99_us, LOOP_DELAY_LIMIT) {
        limits.push(format!(
            "its event loops were {} ms late (99th percentile); give it more CPU or lower the load",
            us / 1_000
        ));
    } else if let Some(us) = over(generator.loop_delay_max_us, STALL_LIMIT) {
        limits.push(format!(
            "it stood still for {:.1} s, and what it measured meanwhile is its own delay",
            us as f64 / 1e6
        ));
    }
    if let Some(us) = over(generator.generator_delay_p99_us, DELAY_LIMIT) {
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
