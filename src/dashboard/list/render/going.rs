//! What is under way, and for how long.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{View, seconds};
use crate::dashboard::panel::{left, lines, nothing, panel, right};
use crate::dashboard::text::fit;

/// Cells of a name and of a time.
const NAME: usize = 18;
const TIME: usize = 8;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let going = &view.shown.going;
    let title = match going.len() {
        0 => "Under way".to_owned(),
        n => format!("Under way: {n}"),
    };
    let within = panel(view, &title, frame, area);
    let (width, height) = (usize::from(within.width), usize::from(within.height));
    if going.is_empty() {
        return nothing(view, frame, within, "nothing at this moment");
    }
    let name = going.iter().map(|one| one.name.chars().count()).max();
    let name = name.unwrap_or(0).min(NAME);
    // Where they are more than there is room for, the last line says so.
    let hidden = if going.len() > height {
        going.len() + 1 - height
    } else {
        0
    };
    let mut rows: Vec<_> = going[..going.len() - hidden]
        .iter()
        .map(|one| {
            let room = width.saturating_sub(name + TIME + 4);
            Line::from(vec![
                Span::raw(left(view, &one.name, name)),
                Span::raw(right(view, &seconds(one.lasts), TIME + 1)),
                Span::styled(
                    format!("  {}", fit(one.title, room, view.theme)),
                    view.theme.label(),
                ),
            ])
        })
        .collect();
    if hidden > 0 {
        let told = format!("and {hidden} more");
        rows.push(Line::styled(told, view.theme.label()));
    }
    lines(frame, within, rows);
}

pub(super) fn draw_in_a_line(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    lines(frame, area, vec![line(view, usize::from(area.width))]);
}

/// As many as there is room for, in a line.
pub(super) fn line(view: View<'_>, width: usize) -> Line<'static> {
    let theme = view.theme;
    let going = &view.shown.going;
    let label = " under way  ";
    if going.is_empty() {
        return Line::styled(format!("{label}nothing at this moment"), theme.label());
    }
    let mut told = String::new();
    for (n, one) in going.iter().enumerate() {
        let gap = if n == 0 { "" } else { ", " };
        let next = format!("{gap}{} {}", one.name, seconds(one.lasts));
        let more = going.len() - n;
        let rest = format!(" and {more} more");
        let room = width.saturating_sub(label.len());
        let used = told.chars().count() + next.chars().count();
        if n > 0 && used + if more > 1 { rest.len() } else { 0 } > room {
            told += &rest;
            break;
        }
        told += &next;
    }
    let told = fit(&told, width.saturating_sub(label.len()), theme);
    Line::from(vec![Span::styled(label, theme.label()), Span::raw(told)])
}
