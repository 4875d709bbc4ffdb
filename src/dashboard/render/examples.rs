//! Examples of violations: a list, and all of the chosen one.

use std::fmt::Write as _;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::panel::{left, lines, nothing, panel, right};
use super::{Page, View};
use crate::dashboard::text::{fit, plural};
use crate::history::Push;
use crate::ids::{AppId, Audience, UserId};
use crate::time::Time;
use crate::verify::Example;

/// Lines of the panel with the chosen one.
const CHOSEN_LINES: u16 = 6;
/// Most characters of an example that are shown at once.
const MOST: usize = 2_000;

/// The examples that the class chosen leaves, newest first.
fn chosen(view: View<'_>) -> Vec<&Example> {
    let examples = view.shown.examples.iter().rev();
    let class = view.state.class;
    examples
        .filter(|one| class.is_none_or(|class| one.class == class))
        .collect()
}

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) -> Page {
    let [list, below] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(CHOSEN_LINES)]).areas(area);
    let all = chosen(view);
    let of = view.state.class.map_or("all classes", |class| class.name());
    let at = view.state.line(all.len());
    let title = match all.len() {
        0 => format!("Examples of {of}"),
        n => format!(
            "Examples of {of}: {} of {}",
            at + 1,
            plural(n as u64, "kept", "kept")
        ),
    };
    let list = panel(view, &title, frame, list);
    let below = panel(view, "The one chosen", frame, below);
    let seen = usize::from(list.height);
    let page = Page {
        lines: all.len(),
        seen,
    };
    let Some(one) = all.get(at) else {
        nothing(view, frame, list, nothing_there(view));
        return page;
    };
    // The chosen one stays in sight.
    let from = (at + 1).saturating_sub(seen);
    let rows = all.iter().enumerate().skip(from).take(seen);
    let rows = rows.map(|(n, one)| row(view, list.width, one, n == at));
    lines(frame, list, rows.collect());
    let text = fit(&in_full(view, one), MOST, view.theme);
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), below);
    page
}

/// The newest ones without any choice.
pub(super) fn draw_newest(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let area = panel(view, "Newest violations", frame, area);
    let examples = view.shown.examples.iter().rev();
    if view.shown.examples.is_empty() {
        return nothing(view, frame, area, nothing_there(view));
    }
    let rows = examples.take(usize::from(area.height));
    let rows = rows.map(|one| row(view, area.width, one, false));
    lines(frame, area, rows.collect());
}

fn nothing_there(view: View<'_>) -> &'static str {
    let counts = &view.shown.counts;
    match view.state.class {
        None if counts.violations() == 0 => "no violation so far",
        Some(class) if counts.of(class) == 0 => "none of this class so far",
        _ => "no example has come yet",
    }
}

/// When it was seen: when it arrived, or else was sent.
fn seen_at(one: &Example) -> Option<Time> {
    one.arrived
        .or(one.answered)
        .or(one.sent.map(|push| push.sent))
}

fn row(view: View<'_>, width: u16, one: &Example, chosen: bool) -> Line<'static> {
    let theme = view.theme;
    let width = usize::from(width);
    let at = seen_at(one).map_or_else(String::new, seconds);
    let what = format!(
        "{} socket {}  {}  {}",
        user(view, one.user),
        one.socket,
        one.event,
        one.detail
    );
    let mark = if chosen { ">" } else { " " };
    let before = [
        Span::raw(mark),
        Span::styled(left(view, one.class.name(), 13), theme.bad()),
        Span::styled(right(view, &at, 9) + "  ", theme.label()),
    ];
    let room = width.saturating_sub(25);
    let mut spans = before.to_vec();
    spans.push(Span::raw(left(view, &what, room)));
    let line = Line::from(spans);
    if chosen {
        line.style(theme.chosen())
    } else {
        line
    }
}

fn in_full(view: View<'_>, one: &Example) -> String {
    let mut told = format!(
        "{}: {}. At socket {} of {} in app {}, under event name {:?}",
        one.class.name(),
        one.detail,
        one.socket,
        user(view, one.user),
        app(view, one.app),
        one.event,
    );
    if let Some(id) = one.push {
        let (lane, seq) = (id.lane, id.seq);
        let _ = write!(told, "; push {id} (lane {lane}, number {seq})");
    }
    if let Some(push) = &one.sent {
        told += &asked(view, push);
    }
    let times = [("answered", one.answered), ("arrived", one.arrived)];
    for (what, at) in times {
        told += &at.map_or_else(String::new, |at| format!(", {what} {}", seconds(at)));
    }
    told + "."
}

/// What was asked for.
fn asked(view: View<'_>, push: &Push) -> String {
    let whom = match push.audience {
        Audience::Everyone => "everyone (*)".to_owned(),
        Audience::User(id) => user(view, id),
    };
    let events = &view.shown.about.events;
    let event = events.get(push.event.index()).map_or("?", String::as_str);
    format!(
        " for {whom} in app {} as {event:?}, due {}, sent {}",
        app(view, push.app),
        seconds(push.intended),
        seconds(push.sent)
    )
}

/// Most cells of a user's name: what happened stands behind it.
const NAME: usize = 24;

/// By name; by number if nobody knows it.
fn user(view: View<'_>, id: UserId) -> String {
    let name = view.shown.users.get(&id);
    name.map_or_else(
        || format!("user number {id}"),
        |name| fit(name, NAME, view.theme),
    )
}

fn app(view: View<'_>, id: AppId) -> &str {
    let apps = &view.shown.about.apps;
    apps.get(id.index()).map_or("?", String::as_str)
}

fn seconds(at: Time) -> String {
    format!("{:.3} s", at.as_nanos() as f64 / 1e9)
}
