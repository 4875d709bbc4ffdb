//! The last lines: what was said last, or what is asked, and a reminder of the keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::View;
use super::panel::{lines, reminder};
use crate::dashboard::text::{count, fit};
use crate::summary::Standing;

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    lines(frame, area, vec![said(view, width), keys(view, width)]);
}

/// What is asked, or was said last, or how the run stands.
pub(super) fn said(view: View<'_>, width: usize) -> Line<'static> {
    let theme = view.theme;
    let room = width.saturating_sub(2);
    if view.state.asking {
        let told = fit(
            "End the run early? q or y: yes; any other key: no",
            room,
            theme,
        );
        return Line::styled(format!(" {told} "), theme.loud(theme.warning()));
    }
    if view.state.frozen.is_some() {
        let (then, now) = (&view.shown.counts, &view.newest.counts);
        let more = now.violations().saturating_sub(then.violations());
        if more > 0 {
            let told = format!("{} more violations since the view was paused", count(more));
            let told = fit(&told, room, theme);
            return Line::styled(format!(" {told} "), theme.loud(theme.bad()));
        }
    }
    if let Some(last) = view.state.messages().next_back() {
        return Line::raw(format!(" {}", fit(last, room, theme)));
    }
    let so_far = view.newest.so_far();
    let style = match so_far.standing {
        Standing::Violations => theme.bad(),
        Standing::Breached | Standing::Limited => theme.warning(),
        _ => theme.label(),
    };
    Line::styled(format!(" {}", fit(&so_far.why, room, theme)), style)
}

fn keys(view: View<'_>, width: usize) -> Line<'static> {
    const KEYS: [(&str, &str); 6] = [
        ("1-5", "pages"),
        ("space", "pause view"),
        ("j/k", "scroll"),
        ("q", "end early"),
        ("?", "all keys"),
        ("+/-", "rate"),
    ];
    let watching = view.state.is_watching();
    let keys = KEYS.iter().filter(|(key, _)| *key != "+/-" || !watching);
    let keys = keys.map(|(key, what)| match *key {
        "q" if watching => (*key, "leave"),
        _ => (*key, *what),
    });
    reminder(view, width, &keys.collect::<Vec<_>>())
}
