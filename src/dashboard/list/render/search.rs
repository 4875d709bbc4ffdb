//! What stands where of a search for the capacity, below the counts: between which loads it is, the steps, the one under way, the curve.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{DETAILS, View, WIDE, bracket, curve, details, rows, step};
use crate::dashboard::list::climb::Climb;
use crate::dashboard::render::Page;

/// From this height of the room on there are the curve, and details of a step that nobody chose.
const HIGH: u16 = 26;
/// Lines of the curve at most, with its frame.
const CURVE: u16 = 10;

pub(super) fn draw(view: View<'_>, climb: &Climb, frame: &mut Frame<'_>, area: Rect) -> Page {
    let [above, body] =
        Layout::vertical([Constraint::Length(bracket::LINES), Constraint::Fill(1)]).areas(area);
    bracket::draw(view, climb, frame, above);
    if area.width >= WIDE {
        let [list, right] =
            Layout::horizontal([Constraint::Percentage(58), Constraint::Percentage(42)])
                .areas(body);
        let [now, plot, told] = Layout::vertical([
            Constraint::Length(step::LINES),
            Constraint::Fill(1),
            Constraint::Fill(1),
        ])
        .areas(right);
        step::draw(view, climb, frame, now);
        curve::draw(view, climb, frame, plot);
        details::draw(view, frame, told);
        return rows::draw(view, frame, list);
    }
    let high = area.height >= HIGH;
    let told = view.state.told(view.shown).is_some();
    let chosen = view.state.chosen(view.shown).is_some();
    let lines = if chosen || high && told { DETAILS.0 } else { 0 };
    let plot = if high { CURVE } else { 0 };
    // With little room the step that was chosen takes that of the one under way.
    let now = if chosen && !high { 0 } else { step::LINES };
    let [list, now, plot, told] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(now),
        Constraint::Length(plot),
        Constraint::Length(lines),
    ])
    .areas(body);
    step::draw(view, climb, frame, now);
    curve::draw(view, climb, frame, plot);
    details::draw(view, frame, told);
    rows::draw(view, frame, list)
}
