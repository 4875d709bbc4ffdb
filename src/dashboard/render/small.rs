//! A terminal without much room: the verdict, the violations, and as much else as there are lines.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::panel::{Tone, lines, pair};
use super::{View, footer, header, violations};
use crate::dashboard::text::{clock, count, maybe_micros, rate};

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let (shown, theme, width) = (view.shown, view.theme, area.width);
    let (word, style) = header::verdict(view);
    let mut rows = vec![Line::from(Span::styled(word, style))];
    if view.state.asking {
        rows.push(footer::said(view, usize::from(width)));
    }
    rows.extend(violations::in_a_line(view));
    let row = |label: &str, value: &str, tone: Tone| pair(view, width, label, value, tone);
    let phase = if shown.phase.is_empty() {
        "starting"
    } else {
        shown.phase
    };
    let left = shown.phase_left.map_or_else(
        || clock(shown.elapsed),
        |left| format!("{} left", clock(left)),
    );
    let sockets = &shown.sockets;
    let alive = format!("{} of {}", count(sockets.alive), count(sockets.wanted));
    let failed = shown.pushes.failed();
    let latencies = &shown.latencies;
    rows.extend([
        row(phase, &left, Tone::Plain),
        row("sockets", &alive, Tone::Plain),
        row(
            "dropped",
            &count(sockets.dropped),
            Tone::Warning.when(sockets.dropped > 0),
        ),
        row("pushes sent", &count(shown.pushes.sent), Tone::Plain),
        row(
            "not accepted",
            &count(failed),
            Tone::Warning.when(failed > 0),
        ),
        row(
            "deliveries",
            &rate(shown.second.delivered as f64),
            Tone::Plain,
        ),
        row(
            "p99 now",
            &maybe_micros(latencies.push_now.quantile_us(0.99), theme),
            Tone::Plain,
        ),
        row(
            "p99",
            &maybe_micros(latencies.push.quantile_us(0.99), theme),
            Tone::Plain,
        ),
    ]);
    if view.state.frozen.is_some() {
        let told = format!("view paused at {}", clock(shown.elapsed));
        rows.insert(1, Line::styled(told, theme.warning()));
    }
    if !view.state.asking {
        rows.push(footer::said(view, usize::from(width)));
    }
    rows.push(Line::styled("q end early  ? keys", theme.label()));
    lines(frame, area, rows);
}
