//! What panels share: a frame with a title, and lines of a label with its value.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::View;
use crate::dashboard::text::fit;

/// How a value is to be taken. Besides its colour it has a sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// A figure.
    Plain,
    /// It takes from the evidence, or may turn bad.
    Warning,
    /// It is wrong.
    Bad,
}

impl Tone {
    /// This tone if something is so, otherwise none.
    pub(super) fn when(self, is_so: bool) -> Self {
        if is_so { self } else { Self::Plain }
    }

    /// The style of a value of this tone.
    pub(super) fn style(self, view: View<'_>) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Warning => view.theme.warning(),
            Self::Bad => view.theme.bad(),
        }
    }

    /// What stands before the value.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Warning => "! ",
            Self::Bad => "!! ",
        }
    }
}

/// Draws the frame of a panel and gives the room within; all of the room where a frame would leave none.
pub(super) fn panel(view: View<'_>, title: &str, frame: &mut Frame<'_>, area: Rect) -> Rect {
    toned(view, title, Tone::Plain, frame, area)
}

/// The same with a title that has a tone.
pub(super) fn toned(
    view: View<'_>,
    title: &str,
    tone: Tone,
    frame: &mut Frame<'_>,
    area: Rect,
) -> Rect {
    if area.height < 3 || area.width < 6 {
        return area;
    }
    let theme = view.theme;
    let style = match tone {
        Tone::Plain => theme.title(),
        other => theme.loud(other.style(view)),
    };
    let title = fit(title, usize::from(area.width) - 4, theme);
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.frame())
        // A title takes its style from the frame too, which is dim.
        .title(Span::styled(
            format!(" {title} "),
            style.remove_modifier(Modifier::DIM),
        ));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    // One column of air on the left and the right.
    let air = u16::from(inner.width > 12);
    Rect {
        x: inner.x + air,
        width: inner.width - 2 * air,
        ..inner
    }
}

/// A panel above all others.
pub(super) fn above(view: View<'_>, title: &str, frame: &mut Frame<'_>, area: Rect) -> Rect {
    frame.render_widget(Clear, area);
    panel(view, title, frame, area)
}

/// Draws lines from the top, as many as there is room for.
pub(super) fn lines(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
    if !area.is_empty() {
        frame.render_widget(Paragraph::new(lines), area);
    }
}

/// A label on the left and its value on the right.
pub(super) fn pair(
    view: View<'_>,
    width: u16,
    label: &str,
    value: &str,
    tone: Tone,
) -> Line<'static> {
    let theme = view.theme;
    let width = usize::from(width);
    let value = fit(&format!("{}{value}", tone.sign()), width, theme);
    let taken = Span::raw(value.as_str()).width();
    let label = fit(label, width.saturating_sub(taken + 1), theme);
    let gap = width.saturating_sub(taken + Span::raw(label.as_str()).width());
    Line::from(vec![
        Span::styled(label, theme.label()),
        Span::raw(" ".repeat(gap)),
        Span::styled(value, tone.style(view)),
    ])
}

/// A text in so many cells, on the left.
pub(super) fn left(view: View<'_>, text: &str, cells: usize) -> String {
    let text = fit(text, cells, view.theme);
    let gap = cells.saturating_sub(Span::raw(text.as_str()).width());
    text + &" ".repeat(gap)
}

/// A text in so many cells, on the right.
pub(super) fn right(view: View<'_>, text: &str, cells: usize) -> String {
    let text = fit(text, cells, view.theme);
    let gap = cells.saturating_sub(Span::raw(text.as_str()).width());
    " ".repeat(gap) + &text
}

/// What is told where there is nothing else to show.
pub(super) fn nothing(view: View<'_>, frame: &mut Frame<'_>, area: Rect, why: &str) {
    let told = fit(why, usize::from(area.width), view.theme);
    lines(frame, area, vec![Line::styled(told, view.theme.label())]);
}
