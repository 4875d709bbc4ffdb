//! Violations: each class with its count.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::View;
use super::panel::{Tone, lines, pair, toned};
use crate::dashboard::text::{count, exact};
use crate::verify::Class;

/// Lines of the wide panel.
pub(super) const WIDE_LINES: u16 = 5;

/// x where there is no room for all.
pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let area = framed(view, frame, area);
    let height = usize::from(area.height);
    let mut classes = Class::ALL.to_vec();
    if height < classes.len() {
        classes.sort_by_key(|class| std::cmp::Reverse(view.shown.counts.of(*class)));
    }
    let mut rows: Vec<_> = classes
        .into_iter()
        .map(|class| row(view, area.width, class, &count(view.shown.counts.of(class))))
        .collect();
    let left_out = rows.len().saturating_sub(height);
    if left_out > 0 && height > 1 {
        rows.truncate(height - 1);
        let told = format!("and {} classes more", left_out + 1);
        rows.push(Line::styled(told, view.theme.label()));
    }
    lines(frame, area, rows);
}

/// All classes in three columns, with counts in full.
pub(super) fn draw_wide(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let area = framed(view, frame, area);
    let columns = Layout::horizontal([Constraint::Ratio(1, 3); 3])
        .spacing(3)
        .split(area);
    let per_column = Class::ALL.len() / columns.len();
    for (column, classes) in columns.iter().zip(Class::ALL.chunks(per_column)) {
        let rows = classes.iter().map(|class| {
            let n = view.shown.counts.of(*class);
            let told = exact(n);
            let told = if told.len() > 12 { count(n) } else { told };
            row(view, column.width, *class, &told)
        });
        lines(frame, *column, rows.collect());
    }
}

/// All classes that there are, one after the other, for where there is hardly any room.
pub(super) fn in_a_line(view: View<'_>) -> Vec<Line<'static>> {
    let there = Class::ALL
        .into_iter()
        .map(|class| (class, view.newest.counts.of(class)));
    let there = there.filter(|(_, n)| *n > 0);
    let told: Vec<_> = there
        .map(|(class, n)| {
            let text = format!("!! {} {}", count(n), class.name());
            Line::from(Span::styled(text, view.theme.bad()))
        })
        .collect();
    if told.is_empty() {
        return vec![Line::styled("no violation", view.theme.label())];
    }
    told
}

fn framed(view: View<'_>, frame: &mut Frame<'_>, area: Rect) -> Rect {
    let n = view.shown.counts.violations();
    let title = match n {
        0 => "Violations: none".to_owned(),
        n => format!("Violations: {}", count(n)),
    };
    toned(view, &title, Tone::Bad.when(n > 0), frame, area)
}

fn row(view: View<'_>, width: u16, class: Class, told: &str) -> Line<'static> {
    let n = view.shown.counts.of(class);
    let mut line = pair(view, width, class.name(), told, Tone::Bad.when(n > 0));
    if view.state.class == Some(class) && view.state.tab == crate::dashboard::state::Tab::Violations
    {
        line = line.style(view.theme.chosen());
    }
    line
}
