//! The parts of the report that are about the run itself: its gates, and the generator's health.

use super::about::RateChange;
use super::form::{Aborted, Generator, Threshold};
use super::latency::latency;
use super::tenths;
use crate::summary::verdict::Judgement;
use crate::summary::{self, Checked, Missed, Outcome};

pub(super) fn threshold(checked: &Checked) -> Threshold {
    Threshold {
        expression: checked.expression.clone(),
        observed: checked.held.as_ref().map(|held| held.observed),
        unit: checked.held.as_ref().map(|held| held.unit.into()),
        ok: checked.outcome == Outcome::Kept,
        outcome: checked.outcome.name().into(),
        why: match checked.outcome {
            Outcome::Unknown(why) => Some(why.into()),
            Outcome::Kept | Outcome::Breached => None,
        },
    }
}

pub(super) fn aborted(aborted: &summary::Aborted) -> Aborted {
    Aborted {
        expression: aborted.condition.to_string(),
        observed: aborted.held.observed,
        unit: aborted.held.unit.into(),
        at_ms: aborted.at.as_millis() as u64,
    }
}

pub(super) fn rate_change(change: &summary::live::RateChange) -> RateChange {
    RateChange {
        at_ms: change.at.as_millis() as u64,
        factor: change.factor,
    }
}

pub(super) fn generator(
    health: &summary::Generator,
    unstamped: Option<String>,
    missed: Missed,
    judgement: &Judgement,
) -> Generator {
    Generator {
        unstamped,
        cpu_percent: health.cpu_percent.map(tenths),
        cpu_seconds: health.cpu_seconds,
        busiest_thread_percent: health.busiest_thread_percent.map(tenths),
        schedule_lag_p99_us: health.schedule_lag.quantile_us(0.99),
        loop_delay: latency(&health.loop_delay),
        loop_delay_p99_us: health.loop_delay.quantile_us(0.99),
        missed: missed.by_generator,
        held_up: health.held_up,
        drained: !health.undrained,
        shortages: health.shortages.to_map(),
        open_files: health.open_files,
        rss_bytes: health.rss_bytes,
        bytes_per_socket: health.bytes_per_socket,
        limited: !judgement.limits.is_empty(),
        limited_because: judgement.limits.clone(),
        fanout_left_out: health.fanout_left_out,
        workers: health.workers,
        lost_workers: health.lost_workers.clone(),
    }
}
