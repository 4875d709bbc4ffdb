//! Deliveries: what comes, beside what should.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::View;
use super::panel::{Tone, lines, pair, panel};
use super::plot::bars;
use super::sockets::rows_and_bars;
use crate::dashboard::text::{NONE, count, rate};

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let area = panel(view, "Deliveries", frame, area);
    let (shown, width) = (view.shown, area.width);
    let second = &shown.second;
    let expected = second.expected;
    // What is sent late in a second comes in the next one, so that only what stays away is told.
    let behind = expected.is_some_and(|n| second.delivered < n / 2);
    let told = expected.map_or_else(|| NONE.to_owned(), |n| rate(n as f64));
    let mut rows = vec![
        pair(
            view,
            width,
            "now",
            &rate(second.delivered as f64),
            Tone::Warning.when(behind),
        ),
        pair(view, width, "expected", &told, Tone::Plain),
        pair(
            view,
            width,
            "in flight",
            &count(shown.in_flight),
            Tone::Plain,
        ),
        pair(
            view,
            width,
            "in all",
            &count(shown.counts.delivered),
            Tone::Plain,
        ),
    ];
    let counts = &shown.counts;
    if counts.held_up > 0 {
        rows.push(pair(
            view,
            width,
            "held up here",
            &count(counts.held_up),
            Tone::Warning,
        ));
    }
    if counts.recovered > 0 {
        rows.push(pair(
            view,
            width,
            "by recovery",
            &count(counts.recovered),
            Tone::Plain,
        ));
    }
    let [above, below] = rows_and_bars(area, rows.len());
    lines(frame, above, rows);
    let past = || shown.past.iter().map(|second| second.delivered);
    let most = past().max().unwrap_or(0);
    bars(view, frame, below, past(), most);
}
