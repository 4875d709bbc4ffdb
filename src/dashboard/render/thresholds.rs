//! Thresholds as they stand.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use super::panel::{Tone, left, lines, nothing, panel};
use crate::summary::{Checked, Outcome};

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
    let seen = one.held.as_ref().map(|held| format!(" it is {held}"));
    let told = format!(
        "{}{}",
        one.expression,
        seen.map_or_else(String::new, |seen| format!(":{seen}"))
    );
    let style = match one.outcome {
        Outcome::Kept => view.theme.good(),
        _ => tone.style(view),
    };
    Line::from(vec![
        Span::styled(left(view, word, 12.min(width)), style),
        Span::raw(left(view, &told, width.saturating_sub(12))),
    ])
}
