//! The overview: panels in a grid, as many as there is room for, in the order of what matters.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{
    Page, View, deliveries, examples, fanout, generator, histogram, latency, messages, over_time,
    pushes, sockets, thresholds, violations,
};

type Draw = fn(View<'_>, &mut Frame<'_>, Rect);

/// Cells of a column from which on four stand beside each other.
const WIDE: u16 = 150;
/// The same for three.
const MIDDLE: u16 = 75;
/// Lines of the first row of panels, at least and at most, and of the second.
const FIRST: (u16, u16) = (7, 10);
const SECOND: (u16, u16) = (11, 12);
/// Lines from which on a plot tells anything.
const PLOT: u16 = 8;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) -> Page {
    if area.width < MIDDLE {
        narrow(view, frame, area);
        return Page::default();
    }
    // Room beyond the least goes to the panels first, then to plots.
    let spare = area.height.saturating_sub(FIRST.0 + SECOND.0);
    let first = FIRST.0 + spare.min(FIRST.1 - FIRST.0);
    let second = (area.height - first).min(SECOND.1);
    let [one, two, rest] = Layout::vertical([
        Constraint::Length(first),
        Constraint::Length(second),
        Constraint::Fill(1),
    ])
    .areas(area);
    if area.width >= WIDE {
        row(
            view,
            frame,
            one,
            &[
                sockets::draw,
                pushes::draw,
                deliveries::draw,
                generator::draw,
            ],
        );
        row(
            view,
            frame,
            two,
            &[
                violations::draw,
                latency::draw,
                fanout::draw,
                thresholds::draw,
            ],
        );
    } else {
        row(
            view,
            frame,
            one,
            &[sockets::draw, pushes::draw, deliveries::draw],
        );
        row(
            view,
            frame,
            two,
            &[violations::draw, latency::draw, generator::draw],
        );
    }
    below(view, frame, rest);
    Page::default()
}

/// Plots, and below them what is worth a list.
fn below(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    if area.height < 3 {
        return;
    }
    let lists = match area.height {
        0..PLOT => area.height,
        h if h < PLOT + 4 => 0,
        h => (h / 3).max(4),
    };
    let [plots, lists] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(lists)]).areas(area);
    if !plots.is_empty() {
        let [left, right] =
            Layout::horizontal([Constraint::Percentage(60), Constraint::Percentage(40)])
                .areas(plots);
        over_time::draw(view, frame, left);
        histogram::draw(view, frame, right);
    }
    if lists.is_empty() {
        return;
    }
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(60), Constraint::Percentage(40)]).areas(lists);
    examples::draw_newest(view, frame, left);
    if area.width >= WIDE {
        messages::draw(view, frame, right);
    } else {
        thresholds::draw(view, frame, right);
    }
}

fn row(view: View<'_>, frame: &mut Frame<'_>, area: Rect, panels: &[Draw]) {
    let each = vec![Constraint::Fill(1); panels.len()];
    let places = Layout::horizontal(each).split(area);
    for (draw, place) in panels.iter().zip(places.iter()) {
        draw(view, frame, *place);
    }
}

/// Two columns.
fn narrow(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let rows = Layout::vertical([3, 2, 2].map(Constraint::Fill)).split(area);
    let panels: [[Draw; 2]; 3] = [
        [violations::draw, deliveries::draw],
        [sockets::draw, pushes::draw],
        [latency::draw, generator::draw],
    ];
    for (panels, place) in panels.iter().zip(rows.iter()) {
        row(view, frame, *place, panels);
    }
}
