//! The dashboard without a terminal: what keys do, and what is drawn.

mod any;
mod golden;
mod keys;
mod list;
mod made;
mod screens;
mod widgets;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;

use super::board::Board;
use super::render::{self, Page, View};
use super::state::State;
use super::theme::Theme;
use crate::summary::Snapshot;

/// As on most terminals.
const UNICODE: Theme = Theme {
    colour: true,
    unicode: true,
};
/// As on the least of them.
const ASCII: Theme = Theme {
    colour: false,
    unicode: false,
};

/// A screen as text, and the page that was drawn.
fn screen(
    (width, height): (u16, u16),
    snapshot: &Snapshot,
    state: &State,
    theme: Theme,
) -> (String, Page) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let mut page = Page::default();
    terminal
        .draw(|frame| page = render::draw(frame, snapshot, state, theme))
        .unwrap();
    (text(terminal.backend()), page)
}

/// A screen of any dashboard as text.
fn board<B: Board>(
    (width, height): (u16, u16),
    board: &mut B,
    newest: &B::Snapshot,
    theme: Theme,
) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| board.draw(frame, newest, theme))
        .unwrap();
    text(terminal.backend())
}

/// One widget as text.
fn widget(
    (width, height): (u16, u16),
    snapshot: &Snapshot,
    theme: Theme,
    draw: fn(View<'_>, &mut ratatui::Frame<'_>, Rect),
) -> String {
    let state = State::default();
    let view = View {
        shown: snapshot,
        newest: snapshot,
        state: &state,
        theme,
    };
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| draw(view, frame, frame.area()))
        .unwrap();
    text(terminal.backend())
}

/// The lines of a screen, without what is blank at their ends.
fn text(backend: &TestBackend) -> String {
    let buffer = backend.buffer();
    let width = usize::from(buffer.area.width);
    let lines = buffer.content.chunks(width).map(|cells| {
        let mut line = String::new();
        let mut hidden = 0;
        for cell in cells {
            // The second cell of a wide character is behind it.
            if hidden == 0 {
                line.push_str(cell.symbol());
                hidden = ratatui::text::Span::raw(cell.symbol()).width();
            }
            hidden = hidden.saturating_sub(1);
        }
        line.trim_end().to_owned() + "\n"
    });
    lines.collect()
}
