//! The histogram of push latency over the run, on a logarithmic axis, with the thresholds.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::View;
use super::over_time::whole;
use super::panel::{nothing, panel};
use super::plot::{Axis, bar, height, write};
use crate::dashboard::text::{count, fit, micros};
use crate::measure::Latency;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let latency = &view.shown.latencies.push;
    let title = match latency.count() {
        0 => "Over the run".to_owned(),
        n => format!("Over the run: {} deliveries", count(n)),
    };
    let area = panel(view, &title, frame, area);
    if area.width < 16 || area.height < 4 {
        return nothing(view, frame, area, "too little room");
    }
    let ends = [latency.min_us(), latency.max_us()];
    let limits = view.shown.about.push_limits.iter().map(|(_, us)| *us);
    let (true, Some(axis)) = (
        latency.count() > 0,
        Axis::over(ends.into_iter().flatten().chain(limits)),
    ) else {
        return nothing(view, frame, area, "nothing was delivered yet");
    };
    // The words of thresholds stand above the bars.
    let words = u16::from(!view.shown.about.push_limits.is_empty() && area.height > 4);
    let bars = Rect {
        y: area.y + words,
        height: area.height - 1 - words,
        ..area
    };
    let columns = columns(latency, axis, usize::from(area.width));
    let most = columns.iter().copied().max().unwrap_or(0);
    thresholds(view, frame, area, axis);
    for (x, n) in columns.into_iter().enumerate() {
        bar(
            view,
            frame,
            bars,
            x as u16,
            height(n, most, usize::from(bars.height) * 8),
        );
    }
    scale(view, frame, area, axis);
}

/// How many deliveries fall into each column.
fn columns(latency: &Latency, axis: Axis, columns: usize) -> Vec<u64> {
    let mut above = latency.count();
    let one = |n: usize| {
        let upper = axis.value((n + 1) as f64 / columns as f64);
        let left = if n + 1 == columns {
            0
        } else {
            latency.above(upper)
        };
        std::mem::replace(&mut above, left).saturating_sub(left)
    };
    (0..columns).map(one).collect()
}

/// A line for each threshold, from top to bottom, with its words beside it.
fn thresholds(view: View<'_>, frame: &mut Frame<'_>, area: Rect, axis: Axis) {
    let theme = view.theme;
    for (words, us) in &view.shown.about.push_limits {
        let x = (axis.place(*us) * f64::from(area.width - 1)).round() as u16;
        for y in 0..area.height - 1 {
            write(frame, area, x, y, theme.sign("│", "|"), theme.limit());
        }
        let short = words.strip_prefix("latency.push.").unwrap_or(words);
        let room = usize::from(area.width) / 2;
        let words = fit(short, room.saturating_sub(2), theme);
        let len = words.chars().count() as u16;
        let at = if x > area.width / 2 {
            x.saturating_sub(len + 1)
        } else {
            x + 2
        };
        write(frame, area, at, 0, &words, theme.limit());
    }
}

/// Powers of ten below.
fn scale(view: View<'_>, frame: &mut Frame<'_>, area: Rect, axis: Axis) {
    let y = area.height - 1;
    let mut free = 0;
    for us in axis.ticks() {
        let told = if us < 1_000_000_000 {
            whole(view, us)
        } else {
            micros(us, view.theme)
        };
        let len = told.chars().count() as u16;
        let x = (axis.place(us) * f64::from(area.width - 1)).round() as u16;
        let x = x
            .saturating_sub(len / 2)
            .min(area.width.saturating_sub(len));
        if x >= free {
            write(frame, area, x, y, &told, view.theme.label());
            free = x + len + 1;
        }
    }
}
