//! The screen: what stands where. One file for each widget; each draws from a `View` into its part of a frame, whatever room that has.

mod deliveries;
mod examples;
mod fanout;
mod footer;
mod generator;
mod header;
mod help;
mod histogram;
mod latency;
mod messages;
mod over_time;
mod overview;
mod parts;
mod pushes;
mod reasons;
mod small;
mod sockets;
mod tabs;
mod thresholds;
mod violations;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::state::{State, Tab};
use super::theme::Theme;
use super::{panel, plot};
use crate::summary::Snapshot;

/// What a widget is drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// What is looked at: the newest, or the frozen one.
    pub(crate) shown: &'a Snapshot,
    /// The newest.
    pub(crate) newest: &'a Snapshot,
    /// What is shown of it.
    pub(crate) state: &'a State,
    /// How.
    pub(crate) theme: Theme,
}

impl From<View<'_>> for Theme {
    fn from(view: View<'_>) -> Self {
        view.theme
    }
}

/// What a page turned out to be, for keys that scroll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Page {
    /// Lines that it has.
    pub lines: usize,
    /// Of these, how many are seen at a time.
    pub seen: usize,
}

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, newest: &Snapshot, state: &State, theme: Theme) -> Page {
    let view = View {
        shown: state.shown(newest),
        newest,
        state,
        theme,
    };
    let area = frame.area();
    if area.is_empty() {
        return Page::default();
    }
    let Some([head, tabs, body, foot]) = panel::page(area) else {
        small::draw(view, frame, area);
        help::draw(view, frame, area);
        return Page::default();
    };
    header::draw(view, frame, head);
    tabs::draw(view, frame, tabs);
    let page = match state.tab {
        Tab::Overview => overview::draw(view, frame, body),
        Tab::Latency => latency_page(view, frame, body),
        Tab::Violations => violations_page(view, frame, body),
        Tab::Parts => parts::draw(view, frame, body),
        Tab::Generator => generator_page(view, frame, body),
    };
    footer::draw(view, frame, foot);
    help::draw(view, frame, area);
    page
}

fn latency_page(view: View<'_>, frame: &mut Frame<'_>, area: Rect) -> Page {
    let limits = view.shown.thresholds.len().min(6) as u16;
    let [table, plots, thresholds] = Layout::vertical([
        Constraint::Length(latency::LINES),
        Constraint::Fill(1),
        Constraint::Length(if limits > 0 && area.height > 26 {
            limits + 2
        } else {
            0
        }),
    ])
    .areas(area);
    latency::draw_all(view, frame, table);
    let split = if area.width >= 100 || plots.height < 14 {
        Layout::horizontal([Constraint::Percentage(60), Constraint::Percentage(40)])
    } else {
        Layout::vertical([Constraint::Percentage(55), Constraint::Percentage(45)])
    };
    let [left, right] = split.areas(plots);
    over_time::draw(view, frame, left);
    histogram::draw(view, frame, right);
    thresholds::draw(view, frame, thresholds);
    Page::default()
}

fn violations_page(view: View<'_>, frame: &mut Frame<'_>, area: Rect) -> Page {
    let [top, rest] = Layout::vertical([
        Constraint::Length(violations::WIDE_LINES),
        Constraint::Fill(1),
    ])
    .areas(area);
    violations::draw_wide(view, frame, top);
    examples::draw(view, frame, rest)
}

fn generator_page(view: View<'_>, frame: &mut Frame<'_>, area: Rect) -> Page {
    let [top, middle, bottom] = Layout::vertical([
        Constraint::Length(generator::LINES),
        Constraint::Fill(1),
        Constraint::Fill(1),
    ])
    .areas(area);
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(top);
    generator::draw(view, frame, left);
    thresholds::draw(view, frame, right);
    reasons::draw(view, frame, middle);
    messages::draw(view, frame, bottom)
}

/// A widget, by what it is called.
#[cfg(test)]
pub(crate) type Named = (&'static str, fn(View<'_>, &mut Frame<'_>, Rect));

/// All widgets, so that each can be looked at by itself.
#[cfg(test)]
pub(crate) const WIDGETS: [Named; 18] = [
    ("header", header::draw),
    ("tabs", tabs::draw),
    ("footer", footer::draw),
    ("sockets", sockets::draw),
    ("pushes", pushes::draw),
    ("deliveries", deliveries::draw),
    ("violations", violations::draw),
    ("violations-wide", violations::draw_wide),
    ("examples", examples::draw_newest),
    ("latency", latency::draw),
    ("latency-all", latency::draw_all),
    ("over-time", over_time::draw),
    ("histogram", histogram::draw),
    ("fan-out", fanout::draw),
    ("thresholds", thresholds::draw),
    ("generator", generator::draw),
    ("reasons", reasons::draw),
    ("small", small::draw),
];
