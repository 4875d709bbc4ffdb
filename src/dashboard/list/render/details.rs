//! All there is to say of one: the one chosen, or else the newest of those that are worst.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{View, style, told};
use crate::dashboard::list::{Item, Worth};
use crate::dashboard::panel::{left, lines, nothing, panel};
use crate::dashboard::render::Page;
use crate::dashboard::text::wrapped;

/// Cells of what something is.
const LABEL: usize = 10;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) -> Page {
    if area.is_empty() {
        return Page::default();
    }
    let chosen = view.state.chosen(view.shown).is_some();
    let told = view.state.told(view.shown);
    let title = match told {
        None => "Problems".to_owned(),
        Some(item) if chosen => item.name.clone(),
        Some(item) => format!("The newest {}: {}", item.word.word, item.name),
    };
    let within = panel(view, &title, frame, area);
    let seen = usize::from(within.height);
    let Some(item) = told else {
        nothing(view, frame, within, "none so far");
        return Page::default();
    };
    let mut rows = rows(view, usize::from(within.width), item);
    let page = Page {
        lines: rows.len(),
        seen,
    };
    if view.state.open {
        let from = view.state.scroll.min(rows.len().saturating_sub(seen));
        rows.drain(..from);
    } else if rows.len() > seen && seen > 0 {
        rows.truncate(seen - 1);
        let more = if chosen {
            "(Enter shows the rest)"
        } else {
            "(n and Enter show the rest)"
        };
        rows.push(Line::styled(more, view.theme.label()));
    }
    lines(frame, within, rows);
    page
}

fn rows(view: View<'_>, width: usize, item: &Item) -> Vec<Line<'static>> {
    let mut rows = Vec::new();
    let looks = style(view, item.word.worth);
    for (n, (label, text)) in item.details.iter().enumerate() {
        // What it came to stands first, with a sign.
        let lead = if n == 0 && item.word.worth != Worth::Aside {
            format!("{}  ", told(item.word))
        } else {
            String::new()
        };
        let room = width.saturating_sub(LABEL + 1 + Span::raw(lead.as_str()).width());
        let lines = wrapped(text, room, view.theme);
        for (at, text) in lines.into_iter().enumerate() {
            let label = if at == 0 { *label } else { "" };
            let mut spans = vec![Span::styled(
                format!("{} ", left(view, label, LABEL)),
                view.theme.label(),
            )];
            if at == 0 && !lead.is_empty() {
                spans.push(Span::styled(lead.clone(), looks));
            }
            spans.push(Span::raw(text));
            rows.push(Line::from(spans));
        }
    }
    rows
}
