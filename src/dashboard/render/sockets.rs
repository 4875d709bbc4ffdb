//! Sockets: how many are wanted and there, and who was lost.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Span;

use super::View;
use super::panel::{Tone, lines, pair, panel};
use super::plot::{bars, write};
use crate::dashboard::text::{count, rate};
use crate::summary::Second;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let area = panel(view, "Sockets", frame, area);
    let sockets = &view.shown.sockets;
    let width = area.width;
    let row =
        |label: &str, n: u64, tone: Tone| pair(view, width, label, &count(n), tone.when(n > 0));
    let missing = view.shown.phase == "pushing" && sockets.alive < sockets.wanted;
    let connected = format!("{}/{}", count(sockets.alive), count(sockets.wanted));
    let joined = joined(&view.shown.past);
    let mut rows = vec![
        pair(
            view,
            width,
            "connected",
            &connected,
            Tone::Warning.when(missing),
        ),
        row("dropped", sockets.dropped, Tone::Warning),
        row("reconnected", sockets.reconnected, Tone::Plain),
        row("refused", sockets.refused, Tone::Warning),
    ];
    let let_in = view.shown.must_refuse.let_in;
    if let_in > 0 {
        rows.insert(1, row("let in wrongly", let_in, Tone::Bad));
    }
    let planned = [
        ("left as planned", sockets.left),
        ("stuck as planned", sockets.stuck),
        ("recovered", sockets.recovered),
        ("logins retried", view.shown.logins.retried),
    ];
    let failed = view.shown.logins.failed;
    rows.push(row("logins failed", failed, Tone::Warning));
    // What is none is told only where it would be trouble.
    let planned = planned.into_iter().filter(|(_, n)| *n > 0);
    rows.extend(planned.map(|(label, n)| row(label, n, Tone::Plain)));
    let [above, below] = rows_and_bars(area, rows.len());
    lines(frame, above, rows);
    joining(view, frame, below, joined);
}

/// Room for rows, and below them for bars: a line at least, unless that would leave no more than one row.
pub(super) fn rows_and_bars(area: Rect, rows: usize) -> [Rect; 2] {
    const LEAST: u16 = 3;
    let bars = if area.height < LEAST {
        0
    } else {
        area.height.saturating_sub(rows as u16).max(1)
    };
    Layout::vertical([Constraint::Fill(1), Constraint::Length(bars)]).areas(area)
}

/// Sockets that joined in the last second, less those that went.
fn joined(past: &[Second]) -> Option<u64> {
    let last = past.last()?;
    let before = past.len().checked_sub(2).map_or(0, |at| past[at].connected);
    Some(last.connected.saturating_sub(before))
}

/// How many were connected, second by second, with how many joined in the last one.
fn joining(view: View<'_>, frame: &mut Frame<'_>, area: Rect, joined: Option<u64>) {
    let told = joined.map_or_else(String::new, |n| format!(" +{}", rate(n as f64)));
    let taken = (Span::raw(told.as_str()).width() as u16).min(area.width);
    let [left, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(taken)]).areas(area);
    let past = view.shown.past.iter().map(|second| second.connected);
    bars(view, frame, left, past, view.shown.sockets.wanted);
    let last = right.height.saturating_sub(1);
    write(frame, right, 0, last, &told, Style::new());
}
