//! The last lines: what is asked, or was said last, and a reminder of the keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::View;
use crate::dashboard::panel::{lines, reminder};
use crate::dashboard::text::{clock, fit, plural};

pub(super) fn draw(view: View<'_>, frame: &mut Frame<'_>, area: Rect) {
    let width = usize::from(area.width);
    let keys: &[_] = if view.state.open {
        &[
            ("Enter", "back to the list"),
            ("j/k", "scroll"),
            ("n/N", "problems"),
            ("q", "end early"),
            ("?", "all keys"),
        ]
    } else {
        &[
            ("j/k", "choose"),
            ("Enter", "details"),
            ("n", "problems"),
            ("h/l", "results"),
            ("q", "end early"),
            ("?", "all keys"),
            ("f", "only problems"),
            ("space", "pause view"),
        ]
    };
    let keys = reminder(view, width, keys);
    lines(frame, area, vec![said(view, width), keys]);
}

/// What is asked, or was said last.
pub(super) fn said(view: View<'_>, width: usize) -> Line<'static> {
    let theme = view.theme;
    let around = &view.state.around;
    let room = width.saturating_sub(2);
    if around.asking {
        let told = fit("End early? q or y: yes; any other key: no", room, theme);
        return Line::styled(format!(" {told} "), theme.loud(theme.warning()));
    }
    if around.frozen.is_some() {
        let at = clock(view.shown.elapsed);
        let missed = view.state.missed_meanwhile(view.newest);
        let (told, style) = if missed > 0 {
            let more = plural(missed as u64, "more failure", "more failures");
            (
                format!("view paused at {at}; {more} since then"),
                theme.bad(),
            )
        } else {
            (
                format!("view paused at {at}; space lets it go on"),
                theme.warning(),
            )
        };
        let told = fit(&told, room, theme);
        return Line::styled(format!(" {told} "), theme.loud(style));
    }
    let last = around.last_said().unwrap_or_default();
    Line::raw(format!(" {}", fit(last, room, theme)))
}
