//! The keys, above everything else that a dashboard shows.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::panel::{above, left, lines};
use super::theme::Theme;

/// Cells of the names of keys.
const KEYS: usize = 18;

/// Draws rows of keys with what they do.
pub(super) fn draw(
    theme: impl Into<Theme>,
    keys: &[(&str, &str)],
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let theme = theme.into();
    let wanted = keys.len() as u16 + 4;
    let (width, height) = (area.width.min(100), area.height.min(wanted));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let within = above(theme, "Keys", frame, place);
    let room = usize::from(within.width);
    let mut rows: Vec<_> = keys
        .iter()
        .map(|(keys, what)| {
            Line::from(vec![
                Span::styled(left(theme, keys, KEYS.min(room)), theme.title()),
                Span::raw(left(theme, what, room.saturating_sub(KEYS))),
            ])
        })
        .collect();
    rows.push(Line::raw(""));
    rows.push(Line::styled("Any key closes this.", theme.label()));
    lines(frame, within, rows);
}
