//! How the generator itself fares.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::View;
use super::panel::{Tone, lines, pair, toned};
use crate::dashboard::text::{NONE, bytes, count, maybe_micros};
use crate::summary::{LAG_LIMIT, LOOP_DELAY_LIMIT, THREAD_LIMIT};

/// Lines of the panel with all that is known.
pub(super) const LINES: u16 = 10;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let health = &view.shown.generator;
    let limited = health.limited.is_some();
    let title = if limited {
        "Generator: the limit"
    } else {
        "Generator"
    };
    let area = toned(view, title, Tone::Warning.when(limited), frame, area);
    let width = area.width;
    let percent = |n: Option<f64>| n.map_or_else(|| NONE.to_owned(), |n| format!("{n:.0} %"));
    let over = |us: Option<u64>, limit: std::time::Duration| {
        us.is_some_and(|us| u128::from(us) > limit.as_micros())
    };
    let row = |label: &str, value: &str, warn: bool| {
        pair(view, width, label, value, Tone::Warning.when(warn))
    };
    let busy = health
        .busiest_thread_percent
        .is_some_and(|p| p > THREAD_LIMIT);
    let memory = health.rss_bytes.map_or_else(|| NONE.to_owned(), bytes);
    let (files, full) = match (health.open_files, health.open_files_limit) {
        (Some(open), Some(limit)) => (
            format!("{} of {}", count(open), count(limit)),
            u128::from(open) * 10 > u128::from(limit) * 9,
        ),
        (Some(open), None) => (count(open), false),
        (None, _) => (NONE.to_owned(), false),
    };
    let micros = |us| maybe_micros(us, view.theme);
    let short = health.shortages.total();
    let mut rows = Vec::new();
    if short > 0 {
        rows.push(row("shortages", &count(short), true));
    }
    rows.extend([
        row("CPU", &percent(health.cpu_percent), false),
        row(
            "busiest thread",
            &percent(health.busiest_thread_percent),
            busy,
        ),
        row(
            "lag p99",
            &micros(health.schedule_lag_p99_us),
            over(health.schedule_lag_p99_us, LAG_LIMIT),
        ),
        row(
            "loop delay",
            &micros(health.loop_delay_us),
            over(health.loop_delay_us, LOOP_DELAY_LIMIT),
        ),
        row("memory", &memory, false),
        row("files", &files, full),
        row(
            "lag now",
            &micros(health.schedule_lag_now_us),
            over(health.schedule_lag_now_us, LAG_LIMIT),
        ),
        row("is the limit", if limited { "yes" } else { "no" }, limited),
    ]);
    lines(frame, area, rows);
}
