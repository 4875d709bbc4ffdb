//! Latency in figures.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use super::panel::{left, lines, panel, right};
use crate::dashboard::text::{count, maybe_micros};
use crate::measure::Latency;

/// The percentiles of the dashboard.
const PERCENTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];
/// Lines of the panel with all latencies.
pub(super) const LINES: u16 = 11;

/// Push latency now and over the run, and how fan-out fares.
pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let area = panel(view, "Push latency", frame, area);
    let latencies = &view.shown.latencies;
    let (now, run) = (&latencies.push_now, &latencies.push);
    let (cells, first) = columns(area.width, 2);
    let mut rows = vec![line(
        view,
        first,
        cells,
        "",
        &["now".to_owned(), "run".to_owned()],
    )];
    let told = |us| maybe_micros(us, view.theme);
    for (name, q) in PERCENTILES {
        let both = [told(now.quantile_us(q)), told(run.quantile_us(q))];
        rows.push(line(view, first, cells, name, &both));
    }
    let both = [told(now.max_us()), told(run.max_us())];
    rows.push(line(view, first, cells, "max", &both));
    let [to_first, _, to_last] = &latencies.fanout;
    if to_first.count() > 0 {
        let median = |latency: &Latency| told(latency.quantile_us(0.5));
        let p99 = |latency: &Latency| told(latency.quantile_us(0.99));
        rows.push(line(
            view,
            first,
            cells,
            "to all",
            &["p50".to_owned(), "p99".to_owned()],
        ));
        rows.push(line(
            view,
            first,
            cells,
            "first",
            &[median(to_first), p99(to_first)],
        ));
        rows.push(line(
            view,
            first,
            cells,
            "last",
            &[median(to_last), p99(to_last)],
        ));
    }
    for row in rows.iter_mut().take(1) {
        *row = std::mem::take(row).style(view.theme.label());
    }
    lines(frame, area, rows);
}

/// Every latency that is measured, over the run.
pub(super) fn draw_all(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let area = panel(view, "Latency over the run", frame, area);
    let latencies = &view.shown.latencies;
    let [to_first, to_median, to_last] = &latencies.fanout;
    let all: [(&str, &Latency); 8] = [
        ("push, now", &latencies.push_now),
        ("push", &latencies.push),
        ("fan-out, first", to_first),
        ("fan-out, median", to_median),
        ("fan-out, last", to_last),
        ("trigger", &latencies.trigger),
        ("login", &latencies.login),
        ("connect", &latencies.connect),
    ];
    let (cells, first) = columns(area.width, PERCENTILES.len() + 2);
    let names = PERCENTILES.iter().map(|(name, _)| *name);
    let names = ["count"].into_iter().chain(names).chain(["max"]);
    let names: Vec<_> = names.map(str::to_owned).collect();
    let mut rows = vec![line(view, first, cells, "", &names).style(view.theme.label())];
    for (name, latency) in all {
        let quantiles = PERCENTILES.iter().map(|(_, q)| latency.quantile_us(*q));
        let figures = quantiles.chain([latency.max_us()]);
        let figures = figures.map(|us| maybe_micros(us, view.theme));
        let values: Vec<_> = [count(latency.count())]
            .into_iter()
            .chain(figures)
            .collect();
        rows.push(line(view, first, cells, name, &values));
    }
    lines(frame, area, rows);
}

/// The cells of so many columns of figures, and of the names before them.
pub(super) fn columns(width: u16, figures: usize) -> (usize, usize) {
    // The widest figure takes seven cells, and there is one between two of them.
    const LEAST: usize = 8;
    const MOST: usize = 11;
    let width = usize::from(width);
    let each = |names: usize| (width.saturating_sub(names) / figures).min(MOST);
    let each = if each(16) < LEAST {
        each(6).min(LEAST)
    } else {
        each(16)
    };
    (each, width.saturating_sub(each * figures))
}

/// A name with its figures below each other.
fn line(
    view: View<'_>,
    first: usize,
    cells: usize,
    name: &str,
    values: &[String],
) -> Line<'static> {
    let mut spans = vec![Span::styled(left(view, name, first), view.theme.label())];
    for value in values {
        spans.push(Span::raw(right(view, value, cells)));
    }
    Line::from(spans)
}
