//! Fan-out: how long a broadcast takes to its first, its median and its last recipient.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use super::latency::columns;
use super::panel::{left, lines, nothing, panel, right};
use crate::dashboard::text::{count, maybe_micros};

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let area = panel(view, "Fan-out of broadcasts", frame, area);
    let fanout = &view.shown.latencies.fanout;
    if fanout[0].count() == 0 {
        return nothing(view, frame, area, "no broadcast is through yet");
    }
    let theme = view.theme;
    let (cells, first) = columns(area.width, 3);
    let row = |name: &str, values: [String; 3]| {
        let mut spans = vec![Span::styled(left(view, name, first), theme.label())];
        spans.extend(
            values
                .iter()
                .map(|value| Span::raw(right(view, value, cells))),
        );
        Line::from(spans)
    };
    let names = ["p50", "p99", "max"].map(str::to_owned);
    let mut rows = vec![row("to its", names).style(theme.label())];
    for (name, latency) in ["first", "median", "last"].into_iter().zip(fanout) {
        let figures = [
            latency.quantile_us(0.5),
            latency.quantile_us(0.99),
            latency.max_us(),
        ];
        rows.push(row(name, figures.map(|us| maybe_micros(us, theme))));
    }
    let told = format!("{} broadcasts", count(fanout[0].count()));
    rows.push(Line::styled(told, theme.label()));
    lines(frame, area, rows);
}
