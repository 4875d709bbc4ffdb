//! The list: what has ended, in that order.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{View, style, told};
use crate::dashboard::list::state::Filter;
use crate::dashboard::list::{Column, Item};
use crate::dashboard::panel::{left, lines, nothing, panel, right};
use crate::dashboard::render::Page;
use crate::dashboard::text::count;

/// Cells between two columns.
const GAP: usize = 2;
/// Cells before the first: the mark of the line chosen.
const MARK: usize = 2;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) -> Page {
    let places = view.state.places(view.shown);
    let chosen = view.state.chosen(view.shown).map(|(place, _)| place);
    let at = chosen.and_then(|chosen| places.iter().position(|place| *place == chosen));
    let within = panel(view, &title(view, places.len(), at), frame, area);
    let seen = usize::from(within.height).saturating_sub(1);
    let page = Page {
        lines: places.len(),
        seen,
    };
    if places.is_empty() {
        let why = match view.state.filter {
            Filter::All => "nothing has ended yet",
            _ => "none of these so far; left and right show others",
        };
        nothing(view, frame, within, why);
        return page;
    }
    let width = usize::from(within.width);
    let columns = view.shown.about.columns;
    let columns: Vec<_> = columns.iter().map(|one| (one, shows(one, width))).collect();
    let mut rows = vec![head(view, width, &columns)];
    // The chosen one stays in sight, with what comes after it where there is room.
    let last = at.map_or(places.len(), |at| (at + 1 + seen / 3).min(places.len()));
    let from = last.saturating_sub(seen);
    for place in places.iter().skip(from).take(seen) {
        let item = &view.shown.ended[*place];
        rows.push(row(view, width, &columns, item, chosen == Some(*place)));
    }
    lines(frame, within, rows);
    page
}

fn title(view: View<'_>, lines: usize, at: Option<usize>) -> String {
    let (_, many) = view.shown.about.called;
    let which = match view.state.filter {
        Filter::All => String::new(),
        Filter::Problems => ": problems".to_owned(),
        Filter::Word(word) => format!(": {word}"),
    };
    let of = count(lines as u64);
    match at {
        Some(at) => format!("What {many} came to{which}, {} of {of}", at + 1),
        None => format!("What {many} came to{which}, the newest below"),
    }
}

/// Whether a column is shown in so many cells.
fn shows(column: &Column, width: usize) -> bool {
    width >= usize::from(column.from)
}

/// The cells of a row beside each other; the last takes what is left.
fn beside(
    view: View<'_>,
    width: usize,
    columns: &[(&Column, bool)],
    text: impl Fn(usize) -> String,
) -> Vec<String> {
    let mut used = MARK;
    let last = columns.len().saturating_sub(1);
    let mut cells = Vec::new();
    for (n, (column, shown)) in columns.iter().enumerate() {
        if !shown {
            continue;
        }
        let room = if n == last {
            width.saturating_sub(used)
        } else {
            usize::from(column.width)
        };
        let text = text(n);
        let cell = if column.right {
            right(view, &text, room)
        } else {
            left(view, &text, room)
        };
        used += room + GAP;
        cells.push(format!("{cell}{}", " ".repeat(GAP)));
    }
    cells
}

fn head(view: View<'_>, width: usize, columns: &[(&Column, bool)]) -> Line<'static> {
    let cells = beside(view, width, columns, |n| columns[n].0.title.to_owned());
    let told = format!("{}{}", " ".repeat(MARK), cells.concat());
    Line::styled(told, view.theme.label())
}

fn row(
    view: View<'_>,
    width: usize,
    columns: &[(&Column, bool)],
    item: &Item,
    chosen: bool,
) -> Line<'static> {
    let cell = |n: usize| match n.checked_sub(1) {
        None => told(item.word),
        Some(n) => item.cells.get(n).cloned().unwrap_or_default(),
    };
    let mut cells = beside(view, width, columns, cell).into_iter();
    let mark = if chosen { "> " } else { "  " };
    let word = cells.next().unwrap_or_default();
    let line = Line::from(vec![
        Span::raw(mark),
        Span::styled(word, style(view, item.word.worth)),
        Span::raw(cells.collect::<String>()),
    ]);
    if chosen {
        line.style(view.theme.chosen())
    } else {
        line
    }
}
