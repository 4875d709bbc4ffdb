//! The step of a search that is under way, as its run goes.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use crate::dashboard::list::climb::{Climb, load};
use crate::dashboard::panel::{Tone, left, lines, nothing, pair, panel};
use crate::dashboard::text::{NONE, count, maybe_micros, rate};

/// Lines that it takes with its frame, where they have the width.
pub(super) const LINES: u16 = 6;
/// Least cells of a figure with its label.
const LEAST: u16 = 24;
/// Cells between two of them.
const GAP: u16 = 2;

pub(super) fn draw(view: View<'_>, climb: &Climb, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let Some(now) = &climb.now else {
        let within = panel(view, "The step under way", frame, area);
        let why = "none: a rest between two steps, or the target is being started";
        return nothing(view, frame, within, why);
    };
    let of = load(climb.search.settings.vary, now.load);
    let title = format!("Step {}, under way: {of}", now.number);
    let within = panel(view, &title, frame, area);
    let figures = figures(view, climb);
    let (width, height) = (within.width, usize::from(within.height).max(1));
    // Down one column, then down the next.
    let columns = ((width + GAP) / (LEAST + GAP)).max(1);
    let columns = usize::from(columns).min(figures.len().div_ceil(height));
    let wide = (width + GAP) / columns as u16 - GAP;
    let rows = figures.len().div_ceil(columns).min(height);
    let mut told = Vec::new();
    for row in 0..rows {
        let mut spans: Vec<Span<'_>> = Vec::new();
        for column in 0..columns {
            let Some((label, value, tone)) = figures.get(column * rows + row) else {
                continue;
            };
            if column > 0 {
                spans.push(Span::raw(left(view, "", usize::from(GAP))));
            }
            spans.extend(pair(view, wide, label, value, *tone).spans);
        }
        told.push(Line::from(spans));
    }
    lines(frame, within, told);
}

/// What matters most of the run, that first.
fn figures(view: View<'_>, climb: &Climb) -> Vec<(&'static str, String, Tone)> {
    let Some(now) = &climb.now else {
        return Vec::new();
    };
    let (run, theme) = (&now.run, view.theme);
    let (sockets, second) = (&run.sockets, &run.second);
    let expected = second.expected;
    let told = expected.map_or_else(|| NONE.to_owned(), |n| rate(n as f64));
    let behind = expected.is_some_and(|n| second.delivered < n / 2);
    let violations = run.counts.violations();
    let generator = &run.generator;
    let percent = |of: Option<f64>| of.map_or_else(|| NONE.to_owned(), |of| format!("{of:.0} %"));
    let now = &run.latencies.push_now;
    let lost = sockets.refused + sockets.dropped;
    vec![
        (
            "connected",
            format!("{}/{}", count(sockets.alive), count(sockets.wanted)),
            Tone::Plain,
        ),
        (
            "refused, dropped",
            count(lost),
            Tone::Warning.when(lost > 0),
        ),
        ("pushes", count(run.pushes.sent), Tone::Plain),
        (
            "not accepted",
            count(run.pushes.failed()),
            Tone::Warning.when(run.pushes.failed() > 0),
        ),
        (
            "deliveries",
            rate(second.delivered as f64),
            Tone::Warning.when(behind),
        ),
        ("expected", told, Tone::Plain),
        (
            "p99 now",
            maybe_micros(now.quantile_us(0.99), theme),
            Tone::Plain,
        ),
        (
            "p99 so far",
            maybe_micros(run.latencies.push.quantile_us(0.99), theme),
            Tone::Plain,
        ),
        (
            "violations",
            count(violations),
            Tone::Bad.when(violations > 0),
        ),
        (
            "own CPU",
            percent(generator.busiest_thread_percent),
            Tone::Warning.when(generator.limited.is_some()),
        ),
    ]
}
