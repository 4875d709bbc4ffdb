//! Why things failed, with how many.

use std::collections::BTreeMap;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use super::panel::{left, lines, nothing, panel, right};
use crate::dashboard::text::count;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let area = panel(view, "Why things failed", frame, area);
    let shown = view.shown;
    let kinds = [
        ("generator", shown.generator.shortages.to_map()),
        ("push", shown.push_failures.to_map()),
        ("dropped", shown.drops.to_map()),
        ("refused", shown.refusals.to_map()),
    ];
    let mut rows = Vec::new();
    if let Some(why) = &shown.generator.limited {
        let told = format!("the generator is the limit: {why}");
        let told = left(view, &told, usize::from(area.width));
        rows.push(Line::styled(told, view.theme.warning()));
    }
    for (kind, reasons) in kinds {
        rows.extend(of_kind(view, area.width, kind, &reasons));
    }
    if rows.is_empty() {
        return nothing(view, frame, area, "nothing failed");
    }
    lines(frame, area, rows);
}

/// The most frequent first.
fn of_kind(
    view: View<'_>,
    width: u16,
    kind: &str,
    reasons: &BTreeMap<String, u64>,
) -> Vec<Line<'static>> {
    let mut all: Vec<_> = reasons.iter().collect();
    all.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    let room = usize::from(width).saturating_sub(20);
    let row = |(why, n): (&String, &u64)| {
        Line::from(vec![
            Span::styled(left(view, kind, 10), view.theme.label()),
            Span::styled(right(view, &count(*n), 8), view.theme.warning()),
            Span::raw(format!("  {}", left(view, why, room))),
        ])
    };
    all.into_iter().map(row).collect()
}
