//! What panels share: a frame with a title, and lines of a label with its value.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::text::fit;
use super::theme::Theme;

/// Lines of the header, and of the footer.
const AROUND: (u16, u16) = (3, 2);
/// Below this there is only room for what matters most.
const SMALL: (u16, u16) = (54, 17);

/// Where the header, the line below it, the body and the footer are; `None`: there is only room for what matters most.
pub(super) fn page(area: Rect) -> Option<[Rect; 4]> {
    let parts = Layout::vertical([
        Constraint::Length(AROUND.0),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(AROUND.1),
    ]);
    (area.width >= SMALL.0 && area.height >= SMALL.1).then(|| parts.areas(area))
}

/// What share of a phase is over.
pub(super) fn share(elapsed: Duration, left: Duration) -> f64 {
    let (elapsed, left) = (elapsed.as_secs_f64(), left.as_secs_f64());
    let all = elapsed + left;
    if all > 0.0 { elapsed / all } else { 1.0 }
}

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
    pub(super) fn style(self, theme: impl Into<Theme>) -> Style {
        let theme = theme.into();
        match self {
            Self::Plain => Style::new(),
            Self::Warning => theme.warning(),
            Self::Bad => theme.bad(),
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
pub(super) fn panel(
    theme: impl Into<Theme>,
    title: &str,
    frame: &mut Frame<'_>,
    area: Rect,
) -> Rect {
    toned(theme, title, Tone::Plain, frame, area)
}

/// The same with a title that has a tone.
pub(super) fn toned(
    theme: impl Into<Theme>,
    title: &str,
    tone: Tone,
    frame: &mut Frame<'_>,
    area: Rect,
) -> Rect {
    if area.height < 3 || area.width < 6 {
        return area;
    }
    let theme = theme.into();
    let style = match tone {
        Tone::Plain => theme.title(),
        other => theme.loud(other.style(theme)),
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
pub(super) fn above(
    theme: impl Into<Theme>,
    title: &str,
    frame: &mut Frame<'_>,
    area: Rect,
) -> Rect {
    frame.render_widget(Clear, area);
    panel(theme, title, frame, area)
}

/// Draws lines from the top, as many as there is room for.
pub(super) fn lines(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
    if !area.is_empty() {
        frame.render_widget(Paragraph::new(lines), area);
    }
}

/// A label on the left and its value on the right.
pub(super) fn pair(
    theme: impl Into<Theme>,
    width: u16,
    label: &str,
    value: &str,
    tone: Tone,
) -> Line<'static> {
    let theme = theme.into();
    let width = usize::from(width);
    let value = fit(&format!("{}{value}", tone.sign()), width, theme);
    let taken = Span::raw(value.as_str()).width();
    let label = fit(label, width.saturating_sub(taken + 1), theme);
    let gap = width.saturating_sub(taken + Span::raw(label.as_str()).width());
    Line::from(vec![
        Span::styled(label, theme.label()),
        Span::raw(" ".repeat(gap)),
        Span::styled(value, tone.style(theme)),
    ])
}

/// A text in so many cells, on the left.
pub(super) fn left(theme: impl Into<Theme>, text: &str, cells: usize) -> String {
    let text = fit(text, cells, theme.into());
    let gap = cells.saturating_sub(Span::raw(text.as_str()).width());
    text + &" ".repeat(gap)
}

/// A text in so many cells, on the right.
pub(super) fn right(theme: impl Into<Theme>, text: &str, cells: usize) -> String {
    let text = fit(text, cells, theme.into());
    let gap = cells.saturating_sub(Span::raw(text.as_str()).width());
    " ".repeat(gap) + &text
}

/// What is told where there is nothing else to show.
pub(super) fn nothing(theme: impl Into<Theme>, frame: &mut Frame<'_>, area: Rect, why: &str) {
    let theme = theme.into();
    let told = fit(why, usize::from(area.width), theme);
    lines(frame, area, vec![Line::styled(told, theme.label())]);
}

/// Two texts, the second at the right end; the first is cut where they do not fit.
pub(super) fn ends(
    theme: impl Into<Theme>,
    width: usize,
    left: (&str, Style),
    right: (&str, Style),
) -> Line<'static> {
    let theme = theme.into();
    let told = fit(right.0, width, theme);
    let taken = Span::raw(told.as_str()).width();
    let first = fit(left.0, width.saturating_sub(taken + 1), theme);
    let gap = width.saturating_sub(taken + Span::raw(first.as_str()).width());
    Line::from(vec![
        Span::styled(first, left.1),
        Span::raw(" ".repeat(gap)),
        Span::styled(told, right.1),
    ])
}

/// Least cells of a bar that shows how far something is.
const LEAST_BAR: usize = 6;

/// How far something is: what it is, a bar if the share that is over is known, and that in words.
pub(super) fn progress(
    theme: impl Into<Theme>,
    width: usize,
    what: &str,
    share: Option<f64>,
    told: &str,
) -> Line<'static> {
    let theme = theme.into();
    let start = format!(" {what:<10} ");
    let taken = Span::raw(start.as_str()).width() + Span::raw(told).width();
    let bar = width.saturating_sub(taken);
    let (full, empty) = theme.progress();
    let mut spans = vec![Span::styled(start, theme.title())];
    if let Some(share) = share.filter(|_| bar >= LEAST_BAR) {
        let done = (bar as f64 * share) as usize;
        let done = done.min(bar);
        spans.push(Span::styled(full.repeat(done), theme.plot()));
        spans.push(Span::styled(empty.repeat(bar - done), theme.label()));
    }
    spans.push(Span::raw(told.to_owned()));
    Line::from(spans)
}

/// The keys that matter most, in a line, as many as there is room for.
pub(super) fn reminder(
    theme: impl Into<Theme>,
    width: usize,
    keys: &[(&'static str, &'static str)],
) -> Line<'static> {
    let theme = theme.into();
    let mut spans = vec![Span::raw(" ")];
    let mut used = 1;
    for (key, what) in keys {
        used += key.len() + what.len() + 3;
        if used > width {
            break;
        }
        spans.push(Span::styled(*key, theme.title()));
        spans.push(Span::styled(format!(" {what}  "), theme.label()));
    }
    Line::from(spans)
}
