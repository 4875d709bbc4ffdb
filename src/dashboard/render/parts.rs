//! The run in parts: by event name, audience, trigger and node.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::panel::{Tone, left, lines, nothing, panel, right};
use super::{Page, View};
use crate::dashboard::text::{NONE, count, maybe_micros};
use crate::summary::live::{Part, PartKind};

/// Kinds with what their names are headed by.
const KINDS: [(PartKind, &str); 4] = [
    (PartKind::Event, "by event name"),
    (PartKind::Audience, "by audience"),
    (PartKind::Trigger, "by trigger"),
    (PartKind::Node, "by node"),
];
/// A column: its title, its cells, and what stands in it.
type Column = (&'static str, usize, fn(View<'_>, &Part) -> String);

/// All columns; those at the end are left out first.
const COLUMNS: [Column; 9] = [
    ("pushes", 9, |_, part| number(part.pushes)),
    ("failed", 9, |_, part| number(part.failed)),
    ("delivered", 11, |_, part| number(part.delivered)),
    ("p99 now", 10, |view, part| {
        maybe_micros(part.push_p99_now_us, view.theme)
    }),
    ("p99", 10, |view, part| {
        maybe_micros(part.push_p99_us, view.theme)
    }),
    ("p50", 10, |view, part| {
        maybe_micros(part.push_p50_us, view.theme)
    }),
    ("max", 10, |view, part| {
        maybe_micros(part.push_max_us, view.theme)
    }),
    ("delivered/s", 13, |_, part| number(part.delivered_now)),
    ("sockets", 9, |_, part| number(part.sockets)),
];
/// Cells of a name, at least.
const LEAST_NAME: usize = 14;

fn number(n: Option<u64>) -> String {
    n.map_or_else(|| NONE.to_owned(), count)
}

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) -> Page {
    let area = panel(view, "Parts of the run", frame, area);
    let rows = all(view, usize::from(area.width));
    if rows.is_empty() {
        nothing(view, frame, area, "nothing is known of any part yet");
        return Page::default();
    }
    let seen = usize::from(area.height);
    let page = Page {
        lines: rows.len().saturating_sub(seen) + 1,
        seen,
    };
    let from = view.state.line(page.lines);
    lines(
        frame,
        area,
        rows.into_iter().skip(from).take(seen).collect(),
    );
    page
}

fn all(view: View<'_>, width: usize) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    for (kind, title) in KINDS {
        let parts = view.shown.parts.iter().filter(|part| part.kind == kind);
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            continue;
        }
        if !rows.is_empty() {
            rows.push(Line::raw(""));
        }
        // A column of which nothing is told takes no room.
        let told: Vec<_> = parts.clone().collect();
        let mut used = LEAST_NAME;
        let columns: Vec<_> = COLUMNS
            .iter()
            .filter(|(_, _, of)| told.iter().any(|part| of(view, part) != NONE))
            .take_while(|(_, cells, _)| {
                used += cells;
                used <= width
            })
            .collect();
        let figures: usize = columns.iter().map(|(_, cells, _)| cells).sum();
        let name = width.saturating_sub(figures);
        let mut head = vec![Span::styled(left(view, title, name), view.theme.title())];
        head.extend(
            columns.iter().map(|(title, cells, _)| {
                Span::styled(right(view, title, *cells), view.theme.label())
            }),
        );
        rows.push(Line::from(head));
        for part in parts {
            let mut spans = vec![Span::raw(left(view, &part.name, name))];
            spans.extend(columns.iter().map(|(title, cells, of)| {
                let failed = *title == "failed" && part.failed.is_some_and(|n| n > 0);
                let tone = Tone::Warning.when(failed);
                let told = format!("{}{}", tone.sign(), of(view, part));
                Span::styled(right(view, &told, *cells), tone.style(view))
            }));
            rows.push(Line::from(spans));
        }
    }
    rows
}
