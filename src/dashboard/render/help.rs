//! The keys, above everything else.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::View;
use crate::dashboard::help;
use crate::dashboard::keys;
use crate::dashboard::state::keys::BINDINGS;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    if view.state.help {
        let rows = keys::rows(BINDINGS, view.state.is_watching());
        help::draw(view, &rows, frame, area);
    }
}
