//! What was said that would otherwise stand on the terminal.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::panel::{lines, nothing, panel};
use super::{Page, View};
use crate::dashboard::text::fit;

/// The newest first, from the line that was scrolled to.
pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) -> Page {
    let area = panel(view, "Messages, newest first", frame, area);
    let all: Vec<_> = view.state.messages().rev().collect();
    if all.is_empty() {
        nothing(view, frame, area, "none");
        return Page::default();
    }
    let from = view.state.line(all.len());
    let room = usize::from(area.width);
    let rows = all[from..]
        .iter()
        .map(|told| Line::raw(fit(told, room, view.theme)));
    lines(frame, area, rows.take(usize::from(area.height)).collect());
    Page {
        lines: all.len(),
        seen: usize::from(area.height),
    }
}
