//! The titles of the pages.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use super::panel::lines;
use crate::dashboard::state::Tab;
use crate::dashboard::text::{clock, count};

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let theme = view.theme;
    let mut spans = Vec::new();
    for (n, tab) in Tab::ALL.into_iter().enumerate() {
        let violations = view.newest.counts.violations();
        let told = match tab {
            Tab::Violations if violations > 0 => format!(" {}", count(violations)),
            _ => String::new(),
        };
        let chosen = tab == view.state.tab;
        // In brackets too: not every terminal shows what is reversed.
        let (open, close) = if chosen { ("[", "]") } else { (" ", " ") };
        let text = format!("{open}{} {}{told}{close}", n + 1, tab.name());
        let style = match (chosen, told.is_empty()) {
            (true, _) => theme.chosen(),
            (false, true) => theme.label(),
            (false, false) => theme.bad(),
        };
        spans.push(Span::styled(text, style));
        spans.push(Span::raw(" "));
    }
    if view.state.frozen.is_some() {
        let at = clock(view.shown.elapsed);
        spans.push(Span::styled(
            format!(" view paused at {at} "),
            theme.loud(theme.warning()),
        ));
    }
    lines(frame, area, vec![Line::from(spans)]);
}
