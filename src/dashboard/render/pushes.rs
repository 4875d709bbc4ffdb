//! Pushes: what was asked for, and what the target said.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::View;
use super::panel::{Tone, lines, pair, panel};
use crate::dashboard::text::{count, maybe_micros, rate};
use crate::summary::LAG_LIMIT;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let area = panel(view, "Pushes", frame, area);
    let (shown, width) = (view.shown, area.width);
    let pushes = &shown.pushes;
    let row =
        |label: &str, n: u64, tone: Tone| pair(view, width, label, &count(n), tone.when(n > 0));
    let sent = if pushes.scheduled > 0 {
        format!("{}/{}", count(pushes.sent), count(pushes.scheduled))
    } else {
        count(pushes.sent)
    };
    let answered = pushes
        .accepted
        .saturating_add(pushes.rejected)
        .saturating_add(pushes.unknown);
    let lag = shown.generator.schedule_lag_now_us;
    let late = lag.is_some_and(|us| u128::from(us) > LAG_LIMIT.as_micros());
    let refused = pushes.rejected.saturating_sub(pushes.rejected_at_nobody);
    let now = match shown.rate {
        Some(asked) => format!("{} of {}", count(shown.second.sent), rate(asked)),
        None => rate(shown.second.sent as f64),
    };
    let mut rows = vec![
        pair(view, width, "sent", &sent, Tone::Plain),
        row("accepted", pushes.accepted, Tone::Plain),
        row("refused", refused, Tone::Warning),
        row("unknown", pushes.unknown, Tone::Warning),
        pair(
            view,
            width,
            "lag",
            &maybe_micros(lag, view.theme),
            Tone::Warning.when(late),
        ),
        pair(view, width, "now", &now, Tone::Plain),
        row(
            "unanswered",
            pushes.sent.saturating_sub(answered),
            Tone::Plain,
        ),
        row("given up", pushes.given_up, Tone::Warning),
    ];
    // What a lag does not tell while it is small, the rate does.
    if !late {
        rows.swap(4, 5);
    }
    if let Some(change) = shown.changes.last() {
        let told = format!("{:.0} %", change.factor * 100.0);
        rows.insert(1, pair(view, width, "rate set to", &told, Tone::Warning));
    }
    lines(frame, area, rows);
}
