//! The keys, above everything else.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use super::panel::{above, left, lines};
use crate::dashboard::state::keys::{BINDINGS, Binding};

/// Cells of the names of keys.
const KEYS: usize = 18;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    if !view.state.help {
        return;
    }
    let wanted = BINDINGS.len() as u16 + 4;
    let (width, height) = (area.width.min(100), area.height.min(wanted));
    let place = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    let within = above(view, "Keys", frame, place);
    let room = usize::from(within.width);
    let told = |binding: &Binding| binding.told(view.state.is_watching());
    let mut rows: Vec<_> = BINDINGS
        .iter()
        .map(|binding| {
            Line::from(vec![
                Span::styled(left(view, binding.keys, KEYS.min(room)), view.theme.title()),
                Span::raw(left(view, told(binding), room.saturating_sub(KEYS))),
            ])
        })
        .collect();
    rows.push(Line::raw(""));
    rows.push(Line::styled("Any key closes this.", view.theme.label()));
    lines(frame, within, rows);
}
