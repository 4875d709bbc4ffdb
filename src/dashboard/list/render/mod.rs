//! The screen of a list: what stands where. One file for each widget.

mod bracket;
mod counts;
mod curve;
mod details;
mod footer;
mod going;
mod header;
mod rows;
mod search;
mod small;
mod step;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

use super::keys::BINDINGS;
use super::{State, Tried, Word, Worth};
use crate::dashboard::render::Page;
use crate::dashboard::theme::Theme;
use crate::dashboard::{help, keys, panel};

/// What a widget is drawn from.
#[derive(Debug, Clone, Copy)]
struct View<'a> {
    /// What is looked at: the newest, or the frozen one.
    shown: &'a Tried,
    /// The newest.
    newest: &'a Tried,
    /// What is shown of it.
    state: &'a State,
    /// How.
    theme: Theme,
}

impl From<View<'_>> for Theme {
    fn from(view: View<'_>) -> Self {
        view.theme
    }
}

/// From this width on the list has the left side, and the rest the right.
const WIDE: u16 = 150;
/// From this height on what is under way has a panel.
const HIGH: u16 = 32;
/// Lines of the panel with details: fewer, and more.
const DETAILS: (u16, u16) = (7, 12);
/// Lines of the panel of what is under way.
const GOING: u16 = 10;

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, newest: &Tried, state: &State, theme: Theme) -> Page {
    let view = View {
        shown: state.around.shown(newest),
        newest,
        state,
        theme,
    };
    let area = frame.area();
    if area.is_empty() {
        return Page::default();
    }
    let page = if let Some(parts) = panel::page(area) {
        all(view, frame, parts)
    } else {
        small::draw(view, frame, area);
        Page::default()
    };
    if state.around.help {
        help::draw(theme, &keys::rows(BINDINGS, false), frame, area);
    }
    page
}

fn all(view: View<'_>, frame: &mut Frame<'_>, parts: [Rect; 4]) -> Page {
    let area = frame.area();
    let [head, counts, body, foot] = parts;
    header::draw(view, frame, head);
    counts::draw(view, frame, counts);
    footer::draw(view, frame, foot);
    if view.state.open {
        return details::draw(view, frame, body);
    }
    if let Some(climb) = &view.shown.climb {
        return search::draw(view, climb, frame, body);
    }
    if area.width >= WIDE {
        let [list, right] =
            Layout::horizontal([Constraint::Percentage(58), Constraint::Percentage(42)])
                .areas(body);
        let [going, details] =
            Layout::vertical([Constraint::Length(GOING + 2), Constraint::Fill(1)]).areas(right);
        going::draw(view, frame, going);
        details::draw(view, frame, details);
        return rows::draw(view, frame, list);
    }
    let high = area.height >= HIGH;
    let (going, details) = if high {
        (GOING, DETAILS.1)
    } else {
        (1, DETAILS.0)
    };
    // The list has their room until there are any.
    let told = view.state.told(view.shown).is_some();
    let details = if told { details } else { 0 };
    let [list, going, details] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(going),
        Constraint::Length(details),
    ])
    .areas(body);
    if high {
        going::draw(view, frame, going);
    } else {
        going::draw_in_a_line(view, frame, going);
    }
    details::draw(view, frame, details);
    rows::draw(view, frame, list)
}

/// How a word looks.
fn style(view: View<'_>, worth: Worth) -> Style {
    let theme = view.theme;
    match worth {
        Worth::Aside => theme.label(),
        Worth::Good => theme.good(),
        Worth::Warning | Worth::Unclear => theme.warning(),
        Worth::Bad => theme.bad(),
    }
}

/// A word with the sign of what it is worth, so that colour is not needed to tell.
fn told(word: Word) -> String {
    let sign = match word.worth {
        Worth::Aside | Worth::Good => "",
        Worth::Warning | Worth::Unclear => "! ",
        Worth::Bad => "!! ",
    };
    format!("{sign}{}", word.word)
}

/// A time in seconds.
fn seconds(span: std::time::Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}
