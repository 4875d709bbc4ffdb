//! Thresholds as they stand.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use super::panel::{Tone, left, lines, nothing, panel, right};
use crate::dashboard::text::NONE;
use crate::summary::{Checked, Outcome};

/// Cells of how a threshold stands, and of what was observed.
const WORD: usize = 11;
const SEEN: usize = 11;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let area = panel(view, "Thresholds", frame, area);
    let mut all: Vec<_> = view.shown.thresholds.iter().collect();
    if all.is_empty() {
        return nothing(view, frame, area, "the scenario has none");
    }
    all.sort_by_key(|one| one.outcome != Outcome::Breached);
    let rows = all.into_iter().map(|one| row(view, area.width, one));
    lines(frame, area, rows.collect());
}

fn row(view: View<'_>, width: u16, one: &Checked) -> Line<'static> {
    let tone = Tone::Bad.when(one.outcome == Outcome::Breached);
    let width = usize::from(width);
    let word = match one.outcome {
        Outcome::Kept => "kept",
        Outcome::Breached => "!! breached",
        Outcome::Unknown(_) => "unknown",
    };
    let seen = one.held.as_ref().map(ToString::to_string);
    let seen = seen.unwrap_or_else(|| NONE.to_owned());
    let style = match one.outcome {
        Outcome::Kept => view.theme.good(),
        _ => tone.style(view),
    };
    let room = width.saturating_sub(WORD + SEEN + 2);
    Line::from(vec![
        Span::styled(left(view, word, WORD.min(width)), style),
        Span::raw(right(view, &seen, SEEN.min(width.saturating_sub(WORD)))),
        Span::raw(format!("  {}", left(view, &one.expression, room))),
    ])
}
